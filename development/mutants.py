"""Small changes of the policies of a stack, each of which gives a right or takes one away."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam import actions as aws
from athena_gate.modules.iam.attached import Document, Identity, ResourcePolicy
from athena_gate.modules.iam.policy import EVERYONE, Condition, Policy, Principal, Statement

Kind = Literal["wider", "narrower"]
KINDS: tuple[Kind, ...] = ("wider", "narrower")

# What a policy might be given beside what it says, on everything.
_STRAY_ACTIONS = (
    "iam:PassRole",
    "sts:AssumeRole",
    "ec2:RunInstances",
    "secretsmanager:GetSecretValue",
    "s3:GetObject",
    "s3:DeleteObject",
    "glue:GetTable",
    "glue:DeleteTable",
    "athena:StartQueryExecution",
    "athena:CreateNamedQuery",
    "dynamodb:Scan",
    "kms:Decrypt",
    "lambda:InvokeFunction",
    "*",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A stack in which one statement was changed: ``before`` is it as it was (None for a statement
    that was added) and ``after`` as it is (None for one that was dropped), ``beside`` are the
    others that whoever has its policy has, in whichever policy, and ``place`` is the resource whose
    policy it is, if any."""

    kind: Kind
    what: str
    stack: Stack
    before: Statement | None
    after: Statement | None
    beside: tuple[Statement, ...]
    place: ResourcePolicy | None

    @property
    def title(self) -> str:
        """Return where the change was made, and which."""
        sid = self.before.sid if self.before else "a new statement"
        return f"{self.stack.name} {sid}: {self.what}"


def mutants(stack: Stack) -> Iterator[Mutant]:
    """Yield each change of each statement of each policy of ``stack``."""
    places: dict[Document, ResourcePolicy | None] = {
        document: None for identity in stack.identities for document in identity.policies
    }
    places |= {document: place for place in stack.resource_policies for document in place.documents}
    for document, place in places.items():
        every = document.policy.statements
        elsewhere = _elsewhere(stack, document)
        for number, before in enumerate(every):
            head, tail = every[:number], every[number + 1 :]
            for kind, what, after in _changes(before, stack):
                statements = (*head, *((after,) if after else ()), *tail)
                changed = _with(stack, document, statements)
                yield Mutant(kind, what, changed, before, after, (*head, *tail, *elsewhere), place)
        for action in _STRAY_ACTIONS if place is None else ():
            stray = Statement("Allow", actions=(action,), resources=("*",))
            changed = _with(stack, document, (*every, stray))
            beside = (*every, *elsewhere)
            yield Mutant("wider", f"{action} on *", changed, None, stray, beside, place)


def _elsewhere(stack: Stack, document: Document) -> tuple[Statement, ...]:
    """Return the statements of the other policies that everybody has who has ``document``: a long
    policy is made in parts."""
    held = [one.policies for one in stack.identities if document in one.policies]
    return tuple(
        statement
        for other in (held[0] if held else ())
        if other != document and all(other in policies for policies in held)
        for statement in other.policy.statements
    )


def _with(stack: Stack, document: Document, statements: tuple[Statement, ...]) -> Stack:
    """Return ``stack`` with other statements in ``document``, wherever that counts."""
    other = replace(document, policy=Policy(statements, document.policy.version))

    def put(documents: tuple[Document, ...]) -> tuple[Document, ...]:
        return tuple(other if one == document else one for one in documents)

    def changed(one: Identity) -> Identity:
        trust = other if one.trust == document else one.trust
        return replace(one, policies=put(one.policies), trust=trust)

    return replace(
        stack,
        identities=tuple(changed(one) for one in stack.identities),
        resource_policies=tuple(
            replace(place, documents=put(place.documents)) for place in stack.resource_policies
        ),
    )


_Change = tuple[Kind, str, Statement | None]


def _changes(one: Statement, stack: Stack) -> Iterator[_Change]:
    if one.effect == "Deny":
        yield from _weaker_denies(one)
        return
    for action in _more_actions(one):
        yield "wider", f"also {action}", replace(one, actions=(*one.actions, action))
    everything_else = replace(one, actions=(), not_actions=one.actions)
    yield "wider", "all actions but these", everything_else
    for resource in _more_resources(one):
        yield "wider", f"also {resource}", replace(one, resources=(*one.resources, resource))
    if one.resources and one.resources != ("*",):
        elsewhere = replace(one, resources=(), not_resources=one.resources)
        yield "wider", "all resources but these", elsewhere
    for condition in one.conditions:
        rest = tuple(other for other in one.conditions if other != condition)
        yield "wider", f"without {condition.key}", replace(one, conditions=rest)
        for weaker in _weaker(condition):
            what = f"{weaker.operator} {weaker.key} {', '.join(weaker.values)}"
            yield "wider", what, replace(one, conditions=(*rest, weaker))
    for principal in _others(stack) if one.principals else ():
        if principal not in one.principals:
            named = f"{principal.kind} {principal.id}"
            yield "wider", f"for {named} instead", replace(one, principals=(principal,))
            both = (*one.principals, principal)
            yield "wider", f"also for {named}", replace(one, principals=both)
    yield from _narrower(one)


def _narrower(one: Statement) -> Iterator[_Change]:
    yield "narrower", "the statement is gone", None
    for action in one.actions if len(one.actions) > 1 else ():
        actions = tuple(other for other in one.actions if other != action)
        yield "narrower", f"without {action}", replace(one, actions=actions)
    for resource in one.resources if len(one.resources) > 1 else ():
        resources = tuple(other for other in one.resources if other != resource)
        yield "narrower", f"without {resource}", replace(one, resources=resources)
    for principal in one.principals if len(one.principals) > 1 else ():
        principals = tuple(other for other in one.principals if other != principal)
        yield "narrower", f"without {principal.id}", replace(one, principals=principals)


def _weaker_denies(one: Statement) -> Iterator[_Change]:
    yield "wider", "the Deny is gone", None
    further = Condition("StringEquals", "aws:RequestedRegion", ("us-east-1",))
    yield "wider", "one more condition", replace(one, conditions=(*one.conditions, further))
    some = tuple(f"{action.partition(':')[0]}:Get*" for action in one.actions)
    yield "wider", "reading only", replace(one, actions=some)
    for resource in one.resources if len(one.resources) > 1 else ():
        resources = tuple(other for other in one.resources if other != resource)
        yield "wider", f"without {resource}", replace(one, resources=resources)
    for condition in one.conditions:
        if "Not" in condition.operator:
            rest = tuple(other for other in one.conditions if other != condition)
            more = replace(condition, values=(*condition.values, "198.51.100.0/24"))
            yield "wider", f"one more {condition.key}", replace(one, conditions=(*rest, more))


def _more_actions(one: Statement) -> Iterator[str]:
    """Yield an action of each level that the statement's services have beside its own, the
    actions around its own, and some of other services."""
    for service in dict.fromkeys(action.partition(":")[0] for action in one.actions):
        every = aws.matching(f"{service}:*") if service != "*" else ()
        levels = set()
        for action in every:
            fits = any(not aws.grants_nothing(action, r) for r in one.resources or ("*",))
            if action not in one.actions and fits and aws.level(action) not in levels:
                levels.add(aws.level(action))
                yield action
        if every:
            yield f"{service}:*"
    for action in one.actions:
        service, _, name = action.partition(":")
        if name and name != "*":
            yield f"{service}:{name[: len(name) // 2]}*"
            yield f"{service}:{name[:-1]}*"
    yield from ("*", "iam:PassRole", "s3:DeleteBucket", "ec2:RunInstances")


def _more_resources(one: Statement) -> Iterator[str]:
    """Yield wildcards around the statement's resources, and others like them."""
    if not one.resources or one.resources == ("*",):
        return
    yield "*"
    for resource in one.resources:
        *head, name = resource.split(":", 5)
        stem = name.rstrip("*")
        names = [f"{name}*", "*", f"{stem[: len(stem) // 2]}*", f"other-{name}"]
        names.append(f"{stem.partition('/')[0]}/*")
        yield from (":".join([*head, other]) for other in names)
        if head[4]:
            yield ":".join([*head[:4], "999999999999", name])
            yield ":".join([*head[:4], "*", name])
        if head[3]:
            yield ":".join([*head[:3], "*", head[4], name])


def _weaker(condition: Condition) -> Iterator[Condition]:
    if condition.operator.startswith("Date"):
        # Every request has a time, so IfExists would change nothing.
        yield replace(condition, values=("9999-01-01T00:00:00Z",))
        yield replace(condition, operator="DateNotEquals")
        return
    if condition.operator.startswith("ForAnyValue:"):
        every = condition.operator.replace("ForAnyValue", "ForAllValues")
        yield replace(condition, operator=every)
    else:
        yield replace(condition, operator=f"{condition.operator}IfExists")
    # With an ARN's operator, what is no ARN matches nothing.
    arn = condition.operator.startswith("Arn")
    another = "arn:aws:iam::999999999999:role/x" if arn else "another.example.com"
    yield replace(condition, values=(*condition.values, another))
    like = condition.operator.replace("StringEquals", "StringLike")
    yield replace(condition, operator=like, values=("*",))
    half = f"{condition.values[0][: len(condition.values[0]) // 2]}*"
    yield replace(condition, operator=like, values=(half,))


def _others(stack: Stack) -> tuple[Principal, ...]:
    own = stack.accounts[0]
    return (
        EVERYONE,
        Principal("AWS", "*"),
        Principal("AWS", f"arn:aws:iam::{own}:root"),
        Principal("AWS", "999999999999"),
        Principal("AWS", "arn:aws:iam::999999999999:role/x"),
        Principal("AWS", f"arn:aws:iam::{own}:user/other"),
        Principal("Service", "ec2.amazonaws.com"),
        Principal("Service", "lambda.amazonaws.com"),
        Principal("Federated", "cognito-identity.amazonaws.com"),
    )
