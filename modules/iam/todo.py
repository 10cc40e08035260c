"""What others must do before a need holds: things outside of the stack, as data."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from athena_gate.modules.iam.patterns import action_matches, arn_matches
from athena_gate.modules.iam.policy import Policy


@dataclass(frozen=True, slots=True)
class Rests:
    """Requests that come to nothing before something is done, whatever policies allow: those for
    one of ``actions`` on one of ``resources``, which are patterns.

    ``by`` is the ARN of the user, role or policy that makes them, where it is not whoever does;
    with ``by_services`` they are those only that AWS services make on its behalf. ``about`` is what
    a key encrypts for them, as the encryption context has it: the ARN of a bucket or a workgroup.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    by: str = ""
    by_services: bool = False
    about: str = ""

    def holds(
        self, action: str, resource: str, by: str, context: Mapping[str, tuple[str, ...]]
    ) -> bool:
        """Return whether it speaks of the request for ``action`` on ``resource`` that ``by``, an
        ARN, makes with the condition keys ``context``."""
        known = {key.lower(): values for key, values in context.items()}
        return (
            any(action_matches(one, action) for one in self.actions)
            and any(arn_matches(one, resource) for one in self.resources)
            and (not self.by or same_name(self.by, by))
            and not (self.by_services and known.get("aws:viaawsservice") == ("false",))
            and (
                not self.about
                or any(self.about in known[key] for key in known if key.startswith(_ABOUT))
            )
        )


_ABOUT = "kms:encryptioncontext:"


def same_name(one: str, other: str) -> bool:
    """Return whether both are ARNs of the same user, role or policy, with its path or without: of
    each kind an account has one of a name."""
    return _without_path(one) == _without_path(other)


def _without_path(arn: str) -> tuple[str, str]:
    return arn.partition("/")[0], arn.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class ToDo:
    """Something outside of the stack that its needs take for granted.

    ``who`` must do it (``account 999999999999``, a vendor, ``you``), and ``says`` is what must be
    so, as it follows "if": "the policy of bucket acme-lake lets the role dot-reporting read it".
    ``page`` is the address of the page that asks for it, if there is one. Where the policy of a
    resource must allow something, ``resource`` is its ARN, ``policy`` the statements to add to it
    and ``account`` the id of the account it is in. ``by`` is the ARN of the one resource or
    identity that is meant, where there are several, and ``run`` the command that does it, where it
    is one. ``rests`` are requests that come to nothing before it is done, beside those that a
    ``policy`` must allow; ``alias`` is another name of ``by``, as an ARN.
    """

    name: str
    who: str
    says: str
    page: str
    account: str = ""
    resource: str = ""
    policy: Policy | None = None
    by: str = ""
    run: str = ""
    rests: tuple[Rests, ...] = ()
    alias: str = ""

    def governs(self, resource: str) -> bool:
        """Return whether the policy of ``self.resource`` is that of ``resource``: of a bucket's
        objects it is the bucket's, of what lies in a Glue catalog that of the catalog.

        https://docs.aws.amazon.com/glue/latest/dg/security_iam_resource-based-policy-examples.html
        (2026-11): an account has one for all of Glue in a region.
        """
        mine = self.resource.split(":", 5)
        if len(mine) < 6:
            return False
        if mine[2] == "glue":
            return resource.split(":", 5)[:5] == mine[:5]
        if mine[2] == "kms" and mine[5] == "key/*":
            # Of a key to be made the id is not known.
            return arn_matches(self.resource, resource)
        return resource == self.resource or (
            mine[2] == "s3" and resource.startswith(f"{self.resource}/")
        )

    def stops(
        self, action: str, resource: str, by: str, context: Mapping[str, tuple[str, ...]]
    ) -> bool:
        """Return whether the request of ``by`` for ``action`` on ``resource`` comes to nothing
        before it is done, though policies allow it."""
        return any(one.holds(action, resource, by, context) for one in self.rests)


def enough(todos: Iterable[ToDo], allowed: Callable[[Policy], bool]) -> tuple[ToDo, ...]:
    """Return the one of ``todos``, which all speak of the policy of one resource, whose statements
    are enough for a request to be ``allowed``, and all of them where none is."""
    todos = tuple(todos)
    for one in todos:
        if one.policy and allowed(one.policy):
            return (one,)
    return todos


def statements(todos: Iterable[ToDo]) -> Policy:
    """Return what ``todos`` add to the policy of a resource, together."""
    return Policy(tuple(one for todo in todos if todo.policy for one in todo.policy.statements))


def sid_of(who: Iterable[str]) -> str:
    """Return ``DotReporting`` for the role or user dot-reporting: a sid has letters and digits
    only, and those of one policy must differ."""
    name = re.split(r"[:/]", next(iter(who), ""))[-1]
    return "".join(part.title() for part in re.findall("[A-Za-z0-9]+", name))
