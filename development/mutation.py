"""How much the claims notice: ``python -m development.mutation``.

Each policy of modes.hcl is made wider in many small ways, and each must break a never-claim; and
narrower, and each must break a need. What gives no right, or takes none away, is told apart by
comparing the policies as patterns; what else breaks nothing stands in HARMLESS with its reason.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from gate.prove import claims_of, on_its_resource, prove_need, prove_never, same
from gate.synthesized import Document, Identity, ResourcePolicy, Stack, files, read
from modules.iam import actions as aws
from modules.iam.claims import Requests
from modules.iam.inclusion import escaped
from modules.iam.policy import EVERYONE, Condition, Policy, Principal, Statement
from stacks.configuration import ConfiguredBlock, load

ROOT = Path(__file__).resolve().parent.parent
MODES = Path(__file__).with_name("modes.hcl")

Kind = Literal["wider", "narrower"]

# Why a change breaks nothing, by integration, Sid, and the start of what was changed.
HARMLESS: Mapping[tuple[str, str, str], str] = {}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A stack in which one statement was changed; ``what`` says how."""

    kind: Kind
    integration: str
    stack: str
    sid: str
    what: str
    changed: Stack
    before: Statement
    after: Statement | None
    beside: tuple[Statement, ...]
    place: ResourcePolicy | None


@dataclass(slots=True)
class Score:
    """What became of the mutants of one integration; ``survived`` are those that break nothing and
    are not listed."""

    caught: dict[Kind, int] = field(default_factory=lambda: {"wider": 0, "narrower": 0})
    harmless: dict[Kind, int] = field(default_factory=lambda: {"wider": 0, "narrower": 0})
    same: list[str] = field(default_factory=list)
    listed: dict[str, str] = field(default_factory=dict)
    survived: dict[Kind, list[str]] = field(default_factory=lambda: {"wider": [], "narrower": []})

    def total(self, kind: Kind) -> int:
        """Return how many mutants gave or took a right."""
        return self.caught[kind] + len(self.survived[kind])


def score(integrations: Iterable[str] | None = None) -> dict[str, Score]:
    """Return the score of each integration, or of those named.

    Synthesizes modes.hcl, which takes some seconds and starts Node.
    """
    blocks = {block.stack: block for block in load(MODES).blocks if proved(block)}
    scores: dict[str, Score] = {}
    with tempfile.TemporaryDirectory() as folder:
        synthesize(Path(folder))
        for file in files(Path(folder)):
            stack = read(file)
            block = blocks.get(stack.name)
            if block and (integrations is None or block.kind in integrations):
                own = scores.setdefault(block.kind, Score())
                for mutant in mutants(stack, block):
                    judge(mutant, block, own)
    return scores


def proved(block: ConfiguredBlock) -> bool:
    """Return whether the claims on a block of modes.hcl hold: not on what vendors document."""
    return block.name not in ("documented", "full", "application")


def synthesize(folder: Path) -> None:
    """Write the stacks of modes.hcl into ``folder``."""
    subprocess.run(
        [sys.executable, str(ROOT / "main.py")],
        cwd=folder,
        env={**os.environ, "GATE_FILE": str(MODES), "CDKTF_OUTDIR": str(folder / "cdktf.out")},
        check=True,
    )


def judge(mutant: Mutant, block: ConfiguredBlock, own: Score) -> None:
    """Add what becomes of ``mutant`` to ``own``."""
    claims = claims_of(block.kind)
    if mutant.kind == "wider":
        broken = any(not prove_never(mutant.changed, n).holds for n in claims.never(block.settings))
    else:
        broken = any(not prove_need(mutant.changed, n).holds for n in claims.needs(block.settings))
    if broken:
        own.caught[mutant.kind] += 1
        return
    text = f"{mutant.stack} {mutant.sid}: {mutant.what}"
    if not changes_rights(mutant):
        own.harmless[mutant.kind] += 1
        own.same.append(text)
        return
    for (integration, sid, what), reason in HARMLESS.items():
        if (integration, sid) == (mutant.integration, mutant.sid) and mutant.what.startswith(what):
            own.listed[text] = reason
            own.harmless[mutant.kind] += 1
            return
    own.survived[mutant.kind].append(text)


# A resource's policy speaks of its own service; S3 refuses another, the rest take no notice.
_SPEAKS_OF = {"trust": "sts:*", "bucket": "s3:*", "key": "kms:*", "function": "lambda:*"}


def changes_rights(mutant: Mutant) -> bool:
    """Return whether the change gives or takes a right, whatever the claims say of it."""
    larger, smaller = mutant.before, mutant.after
    if mutant.kind == "wider":
        if mutant.after is None or mutant.after.effect == "Deny":
            return True
        larger, smaller = mutant.after, mutant.before
    others = [*mutant.beside, *([smaller] if smaller else [])]
    return any(
        _more(larger, [o for o in others if _names(o, principal)], mutant.place)
        for principal in larger.principals or (EVERYONE,)
    )


def _names(statement: Statement, principal: Principal) -> bool:
    return not statement.principals or any(same(principal, p) for p in statement.principals)


def _more(larger: Statement, others: Iterable[Statement], place: ResourcePolicy | None) -> bool:
    """Return whether ``larger`` allows something that no statement of ``others`` does, whose
    conditions it shares."""
    covering = [
        replace(other, conditions=())
        for other in others
        if other.effect == "Allow" and set(other.conditions) <= set(larger.conditions)
    ]
    actions = larger.actions
    if place is not None:
        larger = on_its_resource(place, larger)
        covering = [on_its_resource(place, other) for other in covering]
        actions = (_SPEAKS_OF[place.kind],)
    return escaped([Requests(actions, larger.resources)], {}, larger, covering) is not None


def mutants(stack: Stack, block: ConfiguredBlock) -> Iterator[Mutant]:
    """Yield each change of each statement of each policy of ``stack``."""
    places: dict[Document, ResourcePolicy | None] = {
        document: None for one in stack.identities for document in one.policies
    }
    places |= {document: place for place in stack.resource_policies for document in place.documents}
    for document, place in places.items():
        for number, statement in enumerate(document.policy.statements):
            rest = document.policy.statements
            beside = (*rest[:number], *rest[number + 1 :])
            for kind, what, changed in _changes(statement, stack):
                after = tuple([changed] if changed else [])
                policy = replace(
                    document.policy, statements=(*rest[:number], *after, *rest[number + 1 :])
                )
                yield Mutant(
                    kind,
                    block.kind,
                    stack.name,
                    statement.sid,
                    what,
                    _with(stack, document, policy),
                    statement,
                    changed,
                    beside,
                    place,
                )


def _with(stack: Stack, document: Document, policy: Policy) -> Stack:
    """Return ``stack`` with another policy in ``document``, wherever that stands."""
    other = replace(document, policy=policy)

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


def _changes(one: Statement, stack: Stack) -> Iterator[tuple[Kind, str, Statement | None]]:
    if one.effect == "Deny":
        yield "wider", "the Deny is gone", None
        for condition in one.conditions:
            for value in condition.values if len(condition.values) > 1 else ():
                rest = tuple(v for v in condition.values if v != value)
                if "Not" not in condition.operator:
                    other = replace(condition, values=rest)
                    yield "wider", f"without {value}", _with_condition(one, condition, other)
            if "Not" in condition.operator:
                other = replace(condition, values=(*condition.values, "198.51.100.0/24"))
                yield "wider", f"one more {condition.key}", _with_condition(one, condition, other)
        narrow = Condition("StringEquals", "aws:RequestedRegion", ("us-east-1",))
        yield "wider", "one more condition", replace(one, conditions=(*one.conditions, narrow))
        for resource in one.resources if len(one.resources) > 1 else ():
            rest = tuple(r for r in one.resources if r != resource)
            yield "wider", f"without {resource}", replace(one, resources=rest)
        return
    for action in _more_actions(one):
        yield "wider", f"also {action}", replace(one, actions=(*one.actions, action))
    for resource in _more_resources(one):
        yield "wider", f"also {resource}", replace(one, resources=(*one.resources, resource))
    for condition in one.conditions:
        fewer = tuple(c for c in one.conditions if c != condition)
        yield "wider", f"without {condition.key}", replace(one, conditions=fewer)
        for what, other in _weaker(condition):
            yield "wider", what, _with_condition(one, condition, other)
    for principal in _other_principals(stack) if one.principals else ():
        if principal not in one.principals:
            yield (
                "wider",
                f"to {principal.kind} {principal.id}",
                replace(one, principals=(principal,)),
            )
            both = (*one.principals, principal)
            yield "wider", f"also to {principal.kind} {principal.id}", replace(one, principals=both)
    yield "narrower", "the statement is gone", None
    for action in one.actions if len(one.actions) > 1 else ():
        some = tuple(a for a in one.actions if a != action)
        yield "narrower", f"without {action}", replace(one, actions=some)
    for resource in one.resources if len(one.resources) > 1 else ():
        some = tuple(r for r in one.resources if r != resource)
        yield "narrower", f"without {resource}", replace(one, resources=some)
    for principal in one.principals if len(one.principals) > 1 else ():
        others = tuple(p for p in one.principals if p != principal)
        yield "narrower", f"without {principal.id}", replace(one, principals=others)


def _with_condition(one: Statement, old: Condition, new: Condition) -> Statement:
    return replace(one, conditions=tuple(new if c == old else c for c in one.conditions))


def _more_actions(one: Statement) -> Iterator[str]:
    """Yield an action of each level that fits the statement, some that don't, and wildcards."""
    services = dict.fromkeys(action.partition(":")[0] for action in one.actions)
    for service in services:
        if service == "*":
            continue
        yield f"{service}:*"
        seen = set()
        for action in aws.matching(f"{service}:*"):
            fits = any(not aws.grants_nothing(action, r) for r in one.resources or ("*",))
            if action not in one.actions and fits and aws.level(action) not in seen:
                seen.add(aws.level(action))
                yield action
    for action in one.actions:
        service, _, name = action.partition(":")
        for length in (len(name) // 2, len(name) - 1):
            if name != "*":
                yield f"{service}:{name[:length]}*"
    yield from ("*", "iam:PassRole", "sts:AssumeRole", "s3:DeleteBucket", "ec2:RunInstances")


def _more_resources(one: Statement) -> Iterator[str]:
    """Yield wildcards around the statement's resources, and others like them."""
    if not one.resources or one.resources == ("*",):
        return
    yield "*"
    for resource in one.resources:
        parts = resource.split(":", 5)
        base = parts[5].rstrip("*")
        yield f"{resource}*"
        yield ":".join([*parts[:5], "*"])
        yield ":".join([*parts[:5], f"{base[: len(base) // 2]}*"])
        yield ":".join([*parts[:5], f"other-{parts[5]}"])
        if parts[4]:
            yield ":".join([*parts[:4], "999999999999", parts[5]])
            yield ":".join([*parts[:3], "*", *parts[4:]])
        if parts[2] == "s3" and "/" in base:
            yield ":".join([*parts[:5], f"{base.partition('/')[0]}/*"])


def _weaker(condition: Condition) -> Iterator[tuple[str, Condition]]:
    key, values = condition.key, condition.values
    if condition.operator.startswith("ForAnyValue:"):
        forall = condition.operator.replace("ForAnyValue", "ForAllValues")
        yield f"ForAllValues of {key}", replace(condition, operator=forall)
    else:
        yield f"{key} if it exists", replace(condition, operator=f"{condition.operator}IfExists")
    yield f"{key} also another", replace(condition, values=(*values, "another.example.com"))
    like = condition.operator.replace("StringEquals", "StringLike")
    yield f"{key} like *", replace(condition, operator=like, values=("*",))
    half = f"{values[0][: len(values[0]) // 2]}*"
    yield f"{key} like half", replace(condition, operator=like, values=(half,))


def _other_principals(stack: Stack) -> tuple[Principal, ...]:
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


def as_text(scores: Mapping[str, Score]) -> str:
    """Return a line for each integration and kind, and every mutant that survived."""
    lines = []
    for name, own in sorted(scores.items()):
        kinds: tuple[Kind, ...] = ("wider", "narrower")
        for kind in kinds:
            lines.append(
                f"{name:20} {kind:9} {own.caught[kind]:5} of {own.total(kind):5} caught, "
                f"{own.harmless[kind]} harmless"
            )
            lines += [f"  survived: {text}" for text in own.survived[kind]]
        lines += [f"  harmless: {text}: {reason}" for text, reason in own.listed.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    found = score(sys.argv[1:] or None)
    print(as_text(found))
    sys.exit(any(own.survived[kind] for own in found.values() for kind in own.survived))
