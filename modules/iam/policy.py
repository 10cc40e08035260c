"""IAM policies as plain, comparable values.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html (2026-11).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

Effect = Literal["Allow", "Deny"]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11):
# characters, white space not counted.
MANAGED_POLICY_LIMIT = 6144
TRUST_POLICY_LIMIT = 2048
# The same page: managed policies attached to one user or role, before a quota increase.
ATTACHED_POLICIES_LIMIT = 10
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html (2026-11): 20 KB.
BUCKET_POLICY_LIMIT = 20 * 1024
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-key-concepts.html (2026-11)
TOPIC_POLICY_LIMIT = 30 * 1024

# A policy variable: ${aws:username}, also with a default behind a comma.
_VARIABLE = re.compile(r"\$\{([^},]+)")


class PolicyTooLarge(ValueError):
    """A policy document is longer than AWS accepts."""


class MalformedPolicy(ValueError):
    """A JSON document is not an IAM policy."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a statement: ``operator`` compares ``key`` with any of ``values``."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a resource or trust policy speaks of: ``kind`` is AWS, Federated, Service,
    CanonicalUser, or ``*`` (with ``id`` ``*``) for everyone."""

    kind: str
    id: str


EVERYONE = Principal("*", "*")


@dataclass(frozen=True, slots=True)
class Grant:
    """The smallest thing a policy says: one effect for one principal, action and resource under
    one set of conditions. ``Not...`` elements keep their prefix in the text."""

    effect: Effect
    principal: str
    action: str
    resource: str
    conditions: frozenset[Condition]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy.

    ``why`` says in a line why the statement is there; it is for readers and never leaves for AWS.
    Exactly one of ``actions`` and ``not_actions`` is given, and at most one of ``resources`` and
    ``not_resources`` (none in a trust policy), at most one of ``principals`` and
    ``not_principals`` (none in an identity policy).
    """

    effect: Effect
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    principals: tuple[Principal, ...] = ()
    sid: str = ""
    why: str = ""
    not_actions: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    not_principals: tuple[Principal, ...] = ()

    def grants(self) -> frozenset[Grant]:
        """Return every (principal, action, resource) combination this statement speaks of."""
        principals = [f"{p.kind}:{p.id}" for p in self.principals]
        principals += [f"Not {p.kind}:{p.id}" for p in self.not_principals]
        actions = [*self.actions, *(f"Not {action}" for action in self.not_actions)]
        resources = [*self.resources, *(f"Not {resource}" for resource in self.not_resources)]
        conditions = frozenset(
            replace(condition, values=tuple(sorted(set(condition.values))))
            for condition in self.conditions
        )
        return frozenset(
            Grant(self.effect, principal, action, resource, conditions)
            for principal in principals or [""]
            for action in actions
            for resource in resources or [""]
        )

    def document(self) -> dict[str, Any]:
        """Return the statement as IAM's JSON, every list sorted, so that equal means equal."""
        document: dict[str, Any] = {}
        if self.sid:
            document["Sid"] = self.sid
        document["Effect"] = self.effect
        for name, principals in (
            ("Principal", self.principals),
            ("NotPrincipal", self.not_principals),
        ):
            if principals:
                document[name] = _principals_document(principals)
        for name, values in (
            ("Action", self.actions),
            ("NotAction", self.not_actions),
            ("Resource", self.resources),
            ("NotResource", self.not_resources),
        ):
            if values:
                document[name] = sorted(set(values))
        if self.conditions:
            block: dict[str, dict[str, list[str]]] = {}
            for condition in sorted(self.conditions, key=lambda c: (c.operator, c.key)):
                keys = block.setdefault(condition.operator, {})
                keys[condition.key] = sorted(set(condition.values))
            document["Condition"] = block
        return document


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document: what an identity may do, who may touch a resource, or who may take a
    role."""

    statements: tuple[Statement, ...]
    version: str = "2012-10-17"

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Return the policy that ``document`` (parsed JSON) describes.

        Raises ``MalformedPolicy`` with the place and what was expected there.
        """
        if not isinstance(document, Mapping):
            raise MalformedPolicy("a policy is a JSON object with Version and Statement")
        unknown = set(document) - {"Version", "Id", "Statement"}
        if unknown:
            raise MalformedPolicy(f"a policy has no element {sorted(unknown)[0]!r}")
        statements = document.get("Statement")
        if isinstance(statements, Mapping):
            statements = [statements]
        if not isinstance(statements, list) or not statements:
            raise MalformedPolicy("Statement: expected an object or a list of objects")
        version = document.get("Version", "2008-10-17")
        if version not in ("2012-10-17", "2008-10-17"):
            raise MalformedPolicy(f"Version: {version!r} is neither 2012-10-17 nor 2008-10-17")
        found = tuple(_statement(f"Statement[{i}]", item) for i, item in enumerate(statements))
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
        # (2026-11): "the Sid value must be unique within a JSON policy".
        first: dict[str, int] = {}
        for number, statement in enumerate(found):
            if statement.sid and first.setdefault(statement.sid, number) != number:
                place = f"Statement[{number}].Sid"
                raise MalformedPolicy(
                    f"{place}: {statement.sid!r} is the Sid of Statement[{first[statement.sid]}] "
                    "too; AWS takes each once in a policy"
                )
        return cls(found, version=version)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the policy that the JSON ``text`` is.

        Raises ``MalformedPolicy`` as ``from_document`` does, and for a key that stands twice in an
        object, of which some readers see the first and some the last
        (https://www.rfc-editor.org/rfc/rfc8259#section-4, 2026-11); ``ValueError`` for a text that
        is no JSON, and ``RecursionError`` for one that is nested too deep.
        """
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
        for place, twice in _twice("", document):
            raise MalformedPolicy(f"{place}: the key stands twice, and {twice}")
        return cls.from_document(document)

    def grants(self) -> frozenset[Grant]:
        """Return all grants of all statements: what two policies are compared by."""
        return frozenset[Grant]().union(*(statement.grants() for statement in self.statements))

    def document(self) -> dict[str, Any]:
        """Return the policy as IAM's JSON."""
        return {
            "Version": self.version,
            "Statement": [statement.document() for statement in self.statements],
        }

    def json(self) -> str:
        """Return the canonical JSON text, without white space."""
        return json.dumps(self.document(), separators=(",", ":"), ensure_ascii=False)

    def terraform_json(self, limit: int) -> str:
        """Return ``json()`` as a Terraform string literal, in which nothing is a template.

        IAM's own policy variables (``${aws:username}``) look like Terraform interpolations, so
        they are escaped: https://developer.hashicorp.com/terraform/language/expressions/strings
        (2026-11). ``limit`` is the most characters that AWS takes for this kind of policy.

        Raises ``PolicyTooLarge`` over ``limit`` and ``ValueError`` for a CDKTF token, which the
        escape would turn into text.
        """
        text = self.json()
        if "${TfToken[" in text:
            raise ValueError("a policy is computed from names and never holds a CDKTF token")
        if self.size() > limit:
            raise PolicyTooLarge(
                f"the policy has {self.size():,} characters, AWS takes {limit:,} at most"
            )
        return text.replace("${", "$${").replace("%{", "%%{")

    def size(self) -> int:
        """Return the length in characters as IAM counts it: white space is free."""
        return len("".join(self.json().split()))

    def split(self, limit: int) -> tuple["Policy", ...]:
        """Return policies of at most ``limit`` characters each that together say the same.

        Statements keep their order. A statement that alone is too long is divided by its
        resources, which IAM reads as an or; a Deny with NotResource cannot be divided so.

        Raises ``PolicyTooLarge`` when a statement with a single resource is still too long.
        """
        parts: list[list[Statement]] = [[]]
        for statement in self._divided(limit):
            candidate = [*parts[-1], statement]
            if parts[-1] and Policy(tuple(candidate), self.version).size() > limit:
                parts.append([statement])
            else:
                parts[-1] = candidate
        return tuple(Policy(tuple(part), self.version) for part in parts)

    def _divided(self, limit: int) -> Iterable[Statement]:
        waiting = list(self.statements)
        while waiting:
            statement = waiting.pop(0)
            size = Policy((statement,), self.version).size()
            if size <= limit:
                yield statement
            elif len(statement.resources) > 1:
                half = len(statement.resources) // 2
                waiting[:0] = [
                    replace(statement, resources=statement.resources[:half]),
                    # A Sid may stand once in a policy, and both halves can land in one.
                    replace(statement, resources=statement.resources[half:], sid=""),
                ]
            else:
                raise PolicyTooLarge(
                    f"statement {statement.sid or statement.actions} has {size:,} characters, "
                    f"AWS takes {limit:,} at most"
                )


def variables(text: str) -> list[str]:
    """Return the names of the policy variables in ``text``, a resource or a condition's value."""
    return _VARIABLE.findall(text)


class _Object(dict[str, Any]):
    """A JSON object that knows which of its keys stood twice."""

    twice: str | None = None


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        found.twice = next(key for n, key in enumerate(keys) if key in keys[:n])
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _twice(place: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield the place of each key that stands twice, and what to do."""
    if isinstance(value, _Object):
        if value.twice is not None:
            yield f"{place}.{value.twice}".lstrip("."), "readers take the one or the other"
        for key, item in value.items():
            yield from _twice(f"{place}.{key}".lstrip("."), item)
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from _twice(f"{place}[{n}]", item)


def _principals_document(principals: tuple[Principal, ...]) -> str | dict[str, list[str]]:
    if principals == (EVERYONE,):
        return "*"
    kinds: dict[str, list[str]] = {}
    for principal in sorted(set(principals), key=lambda p: (p.kind, p.id)):
        kinds.setdefault(principal.kind, []).append(principal.id)
    return kinds


_ELEMENTS = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}


def _statement(place: str, document: object) -> Statement:
    if not isinstance(document, Mapping):
        raise MalformedPolicy(f"{place}: expected an object")
    unknown = set(document) - _ELEMENTS
    if unknown:
        raise MalformedPolicy(f"{place}: a statement has no element {sorted(unknown)[0]!r}")
    effect = document.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise MalformedPolicy(f"{place}.Effect: expected Allow or Deny, found {effect!r}")
    if ("Action" in document) == ("NotAction" in document):
        raise MalformedPolicy(f"{place}: expected either Action or NotAction")
    for one, other in (("Resource", "NotResource"), ("Principal", "NotPrincipal")):
        if one in document and other in document:
            raise MalformedPolicy(f"{place}: expected {one} or {other}, not both")
    sid = document.get("Sid", "")
    if not isinstance(sid, str):
        raise MalformedPolicy(f"{place}.Sid: expected a string")

    def strings(name: str) -> tuple[str, ...]:
        found = _strings(f"{place}.{name}", document[name]) if name in document else ()
        if "" in found:
            raise MalformedPolicy(f"{place}.{name}: expected a name, found an empty text")
        return found

    def principals(name: str) -> tuple[Principal, ...]:
        return _principals(f"{place}.{name}", document[name]) if name in document else ()

    return Statement(
        effect=effect,
        actions=strings("Action"),
        not_actions=strings("NotAction"),
        resources=strings("Resource"),
        not_resources=strings("NotResource"),
        principals=principals("Principal"),
        not_principals=principals("NotPrincipal"),
        conditions=_conditions(f"{place}.Condition", document.get("Condition", {})),
        sid=sid,
    )


def _strings(place: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise MalformedPolicy(f"{place}: expected a string or a list of strings")


def _principals(place: str, value: object) -> tuple[Principal, ...]:
    if value == "*":
        return (EVERYONE,)
    if not isinstance(value, Mapping) or not value:
        raise MalformedPolicy(f'{place}: expected "*" or an object such as {{"AWS": "..."}}')
    return tuple(
        Principal(kind, name)
        for kind, names in value.items()
        for name in _strings(f"{place}.{kind}", names)
    )


def _conditions(place: str, value: object) -> tuple[Condition, ...]:
    if not isinstance(value, Mapping):
        raise MalformedPolicy(f"{place}: expected an object of operators")
    conditions = []
    for operator, keys in value.items():
        if not isinstance(keys, Mapping) or not keys:
            raise MalformedPolicy(f"{place}.{operator}: expected an object of condition keys")
        lower = [key.lower() for key in keys if isinstance(key, str)]
        for key, values in keys.items():
            if lower.count(key.lower()) > 1:
                raise MalformedPolicy(
                    f"{place}.{operator}.{key}: the key stands twice, for its name has no case"
                )
            # IAM takes JSON booleans and numbers where it documents strings.
            listed = values if isinstance(values, list) else [values]
            texts = [json.dumps(v) if isinstance(v, bool | int | float) else v for v in listed]
            conditions.append(
                Condition(operator, key, _strings(f"{place}.{operator}.{key}", texts))
            )
    return tuple(conditions)
