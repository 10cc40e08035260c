"""What a never-claim asks of the policies of a stack: who they speak of, and which count together.

How policies are put together: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
and across accounts: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
(2026-11).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam.attached import Document, Identity, ResourcePolicy
from athena_gate.modules.iam.claims import AnyBut, Never, Requests, Strangers, When
from athena_gate.modules.iam.policy import EVERYONE, Principal, Statement

_EVERYTHING = Statement("Allow", actions=("*",), resources=("*",))


# What a prover can do otherwise than AWS's pages say; see explanations.py.
Departure = Literal[
    "variables are left open",
    "the caller's own policy is enough",
    "a resource's policy can speak of others",
    "an action works on all of a pattern or on none",
    "an open outcome is another for each condition",
    "a key that no page describes is of any type",
    "letters beyond ASCII without case are too much",
]


class NotInStack(Exception):
    """A claim speaks of somebody whom the stack does not have."""


@dataclass(frozen=True, slots=True)
class Deny:
    """A Deny of a policy that speaks of the caller: of all resources, or in a resource's policy of
    those ``within`` alone."""

    statement: Statement
    within: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """Resources whose own policy must allow the request, and its statements that may."""

    resources: tuple[str, ...]
    allows: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Whether ``allow`` allows a request of ``requests``, when ``when`` holds, that no Deny denies
    and all gates let pass.

    ``within`` are the only resources that ``allow`` can speak of; ``facts`` is what AWS sends of
    the caller, whom ``caller`` names.
    """

    requests: tuple[Requests, ...]
    when: When
    allow: Statement
    denies: tuple[Deny, ...] = ()
    gates: tuple[Gate, ...] = ()
    within: tuple[str, ...] | None = None
    facts: When = field(default_factory=dict)
    caller: str = ""


def questions(
    stack: Stack, never: Never, departures: frozenset[Departure] = frozenset()
) -> Iterator[Question]:
    """Yield what must all be answered with no for ``never`` to hold of ``stack``.

    Raises ``NotInStack``.
    """
    if isinstance(never.of, str):
        found = _of_identity(stack, never, never.of)
    elif isinstance(never.of, Strangers):
        found = _of_strangers(stack, never, never.of)
    else:
        denies = tuple(_resource_denies(stack, None))
        found = iter([Question(never.requests, never.when, _EVERYTHING, denies, caller="anyone")])
    for question in found:
        if "the caller's own policy is enough" in departures:
            question = replace(question, gates=())
        if "a resource's policy can speak of others" in departures and not _is_role(question):
            question = replace(question, within=None)
        yield question


def _is_role(question: Question) -> bool:
    """Return whether the Allow stands in a trust policy, or a key's, and names no resource."""
    return question.allow.resources == ("*",) and len(question.within or ()) == 1


def _of_identity(stack: Stack, never: Never, arn: str) -> Iterator[Question]:
    identity = _identity(stack, arn)
    if identity is None:
        raise NotInStack(f"the stack has no {arn}")
    account = identity.account
    facts = _facts(identity.kind, arn, account)
    me = Principal("AWS", arn) if identity.kind in ("user", "role") else None
    statements = [s for document in identity.policies for s in _statements(document)]
    denies = tuple(Deny(statement) for statement in statements if statement.effect == "Deny")
    denies += tuple(_resource_denies(stack, me))
    gates = tuple(_gates(stack, me, account))
    allows = [statement for statement in statements if statement.effect == "Allow"]
    if identity.aws_managed:
        # Policies that are not in the stack may allow anything.
        allows.append(_EVERYTHING)
    of_it = Question(never.requests, never.when, _EVERYTHING, denies, facts=facts, caller=arn)
    for allow in allows:
        yield replace(of_it, allow=allow, gates=gates)
    for place in stack.resource_policies:
        # Within an account the policy of a resource that names the caller is enough; across
        # accounts the caller's own must allow too, and those were asked above.
        for allow in _allows(place) if place.account == account else ():
            if any(one == me or _everyone(one) for one in allow.principals or (EVERYONE,)):
                yield replace(of_it, allow=allow, within=_within(place))


def _of_strangers(stack: Stack, never: Never, strangers: Strangers) -> Iterator[Question]:
    known = {_normal(principal) for principal in strangers.but}
    for place in stack.resource_policies:
        for allow in _allows(place):
            for principal in allow.principals or (EVERYONE,):
                if _normal(principal) not in known:
                    yield Question(
                        never.requests,
                        never.when,
                        allow,
                        tuple(_denies_of(place, principal)),
                        within=_within(place),
                        facts=_facts_of(principal),
                        caller=principal.id,
                    )


def _allows(place: ResourcePolicy) -> Iterator[Statement]:
    """Yield the Allow statements of a resource's policy, each with the resources it means: a trust
    policy names none, and in a key's policy a star is the key."""
    for document in place.documents:
        for statement in _statements(document):
            if statement.effect == "Allow":
                yield _meant(statement)


def _statements(document: Document) -> Iterator[Statement]:
    """Yield the statements of a policy. One of version 2008-10-17 has no variables: ``${$}`` is the
    dollar that its texts begin them with.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    (2026-11)
    """
    for statement in document.policy.statements:
        if document.policy.version == "2012-10-17" or "${" not in str(statement):
            yield statement
            continue

        def plain(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(text.replace("${", "${$}{") for text in texts)

        yield replace(
            statement,
            resources=plain(statement.resources),
            not_resources=plain(statement.not_resources),
            conditions=tuple(replace(c, values=plain(c.values)) for c in statement.conditions),
        )


def _meant(statement: Statement) -> Statement:
    if statement.resources or statement.not_resources:
        return statement
    return replace(statement, resources=("*",))


def _within(place: ResourcePolicy) -> tuple[str, ...] | None:
    """Return the resources that a resource's policy can speak of; None where its ARN is unknown."""
    if place.arn == "*":
        return None
    if place.kind == "bucket":
        return (place.arn, f"{place.arn}/*")
    if place.kind == "function":
        return (place.arn, f"{place.arn}:*")
    return (place.arn,)


def _resource_denies(stack: Stack, me: Principal | None) -> Iterator[Deny]:
    for place in stack.resource_policies:
        yield from _denies_of(place, me)


def _denies_of(place: ResourcePolicy, caller: Principal | None) -> Iterator[Deny]:
    """Yield the Deny statements of a resource's policy that are sure to speak of ``caller``, or of
    whoever it is."""
    within = _within(place)
    every = (statement for document in place.documents for statement in _statements(document))
    for statement in every if within else ():
        if statement.effect == "Deny" and any(
            _everyone(one) or (caller is not None and _normal(one) == _normal(caller))
            for one in statement.principals
        ):
            yield Deny(replace(_meant(statement), principals=(), sid="", why=""), within)


def _gates(stack: Stack, me: Principal | None, account: str) -> Iterator[Gate]:
    """Yield the resources of the stack whose own policy must allow too: all of other accounts, and
    of the own the keys and roles, whose policies "must explicitly allow".

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html (2026-11)
    """
    for place in stack.resource_policies:
        within = _within(place)
        if within is None:
            continue
        if place.account == account and place.kind not in ("trust", "key"):
            continue
        allows = tuple(
            replace(allow, principals=(), sid="", why="")
            for allow in _allows(place)
            if me is None
            or not allow.principals
            or any(
                _everyone(one)
                or one.kind == "CanonicalUser"
                or _normal(one) in (_normal(me), ("AWS", account))
                for one in allow.principals
            )
        )
        if place.kind == "trust":
            # Any other action on a role, such as iam:DeleteRole, asks its account's policies.
            allows += (Statement("Allow", not_actions=("sts:*",), resources=("*",)),)
        yield Gate(within, allows)


def _everyone(principal: Principal) -> bool:
    return principal.id == "*" and principal.kind in ("*", "AWS")


def _normal(principal: Principal) -> tuple[str, str]:
    """Return kind and id; an account's id, and the ARN of its root, name the same.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    (2026-11)
    """
    if _everyone(principal):
        return "*", "*"
    parts = principal.id.split(":")
    if principal.kind == "AWS" and len(parts) == 6 and parts[5] == "root":
        return "AWS", parts[4]
    return principal.kind, principal.id


def _facts(kind: str, arn: str, account: str) -> When:
    """Return what AWS sends of a caller with the policies of the identity ``arn``.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    (2026-11): the properties of the principal.
    """
    facts: dict[str, tuple[str, ...] | AnyBut] = {"aws:principalaccount": (account,)}
    if kind in ("user", "role"):
        facts["aws:principalarn"] = (arn,)
        facts["aws:principalisawsservice"] = ("false",)
    if kind == "user":
        facts["aws:username"] = (arn.rsplit("/", 1)[-1],)
    if kind == "role":
        facts["aws:username"] = ()
    return facts


def _facts_of(principal: Principal) -> When:
    kind, name = _normal(principal)
    if kind == "AWS" and name.isdigit():
        return {"aws:principalaccount": (name,)}
    for what in ("user", "role"):
        if kind == "AWS" and ":iam::" in name and f":{what}/" in name:
            return _facts(what, name, name.split(":")[4])
    return {}


def _identity(stack: Stack, arn: str) -> Identity | None:
    """Return the identity with this ARN; of one from elsewhere the path is not known."""
    for identity in stack.identities:
        if identity.arn == arn:
            return identity
    account, resource = (arn.split(":", 5) + [""] * 6)[4:6]
    kind, name = resource.split("/", 1)[0], resource.rsplit("/", 1)[-1]
    for identity in stack.identities:
        if not identity.here and (identity.kind, identity.account, identity.name) == (
            kind,
            account,
            name,
        ):
            return identity
    return None
