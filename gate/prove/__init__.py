"""`gate prove`: whether a synthesized stack grants what its integration needs, and nothing that
its claims forbid."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from gate import counter_example
from gate.counter_example import Asker
from gate.findings import Failure, Result
from gate.prove.checks import checks
from gate.resource_policies import (
    STRANGER,
    all_denies,
    allows,
    denies,
    policy_elsewhere,
    same,
    somebody,
)
from gate.stack.consists import consists
from gate.stack.model import Document, Identity, ResourcePolicy, Stack, caller_with, statements_of
from gate.stack.plan import differences
from modules.iam.claims import Anyone, Call, Need, Never, Strangers
from modules.iam.decide import Caller, Policies, Request, decide
from modules.iam.inclusion import escaped
from modules.iam.patterns import PatternsTooComplex
from modules.iam.policy import EVERYONE, Policy, Statement
from stacks.backends import Backend
from stacks.configuration import ConfiguredBlock
from stacks.expected import expected

_EVERYTHING = Statement("Allow", actions=("*",), resources=("*",))
_MOST_FAILURES = 10


@dataclass(frozen=True, slots=True)
class Proof:
    """The claims on one stack; ``block`` is its title in gate.hcl (``dot "reporting"``) or None
    when it has none. ``notes`` are what a reader should know; with ``checks_only`` there are no
    claims among ``results``."""

    stack: str
    file: str
    block: str | None
    line: int | None
    results: tuple[Result, ...]
    notes: tuple[str, ...]
    checks_only: bool = False

    @property
    def holds(self) -> bool:
        return all(result.holds for result in self.results)


def prove_stack(stack: Stack, block: ConfiguredBlock, backend: Backend) -> Proof:
    """Return what holds of ``stack``: that it is what ``block`` asks for, with its state kept in
    ``backend``, and what it grants."""
    if stack.problems:
        return prove_grants(stack, block)
    parts = consists(stack, expected(block, backend))
    proof = prove_grants(stack, block)
    return replace(proof, results=(*proof.results, *parts))


def prove_grants(stack: Stack, block: ConfiguredBlock) -> Proof:
    """Return what holds of the grants of ``stack`` alone: needs, nevers, and the checks."""
    results, notes = list(checks(stack)), list(_notes(stack))
    if not results[0].holds:
        notes.append(
            "nothing else was proved: a part that is not understood may do anything. Synthesize "
            "again (cdktf synth, or python main.py); for a stack of somebody else there is "
            "--checks-only"
        )
    else:
        integration = block.integration
        needs, nevers = integration.needs(block.settings), integration.never(block.settings)
        proved = [prove_need(stack, need) for need in needs]
        proved += [prove_never(stack, never) for never in nevers]
        results = [*proved, *results, _claimed(stack, needs, nevers)]
    return Proof(stack.name, str(stack.file), block.title, block.line, tuple(results), tuple(notes))


def prove_plan(
    plan: Mapping[str, Any], file: Path, stack: Stack, block: ConfiguredBlock, backend: Backend
) -> Proof:
    """Return what holds of ``plan``, which stands in ``file``: that it is ``stack``, what was
    synthesized of ``block``, and what holds of that."""
    proof = prove_stack(stack, block, backend)
    parts = [result for result in proof.results if result.kind == "resource"]
    unsound = Failure("the stack it came from is not what its block asks for")
    failures: tuple[Failure, ...] = (unsound,)
    # A list of what a plan may consist of can be made of a sound stack only.
    if parts and all(result.holds for result in parts):
        failures = tuple(
            Failure(one.says, by=(one.address,) if one.address else ())
            for one in differences(plan, stack.content)
        )
    says = "the plan is the stack that was synthesized, and changes nothing else"
    result = Result("check", "plan-is-stack", says, stack.name, failures)
    return replace(proof, file=str(file), results=(result, *proof.results))


def prove_unclaimed(stack: Stack) -> Proof:
    """Return that nothing is proved of ``stack``, which no block of gate.hcl asks for."""
    reason = (
        f"gate.hcl has no block whose stack is {stack.name!r}, so there is nothing to prove; give "
        "the gate.hcl it is of with --file, or --checks-only for a stack of somebody else"
    )
    return no_claims(stack.name, str(stack.file), reason)


def prove_missing(block: ConfiguredBlock, folder: str) -> Proof:
    """Return that nothing is proved of ``block``, whose stack is not in ``folder``."""
    reason = f"{folder} has no stack of it; run: cdktf synth (or python main.py)"
    proof = no_claims(block.stack, folder, reason)
    return replace(proof, block=block.title, line=block.line)


def no_claims(name: str, file: str, reason: str) -> Proof:
    """Return that nothing is proved of the stack ``name`` in ``file``, and why."""
    result = Result("check", "has-claims", "its claims were proved", name, (Failure(reason),))
    return Proof(name, file, None, None, (result,), ())


def check_only(stack: Stack) -> Proof:
    """Return whether AWS would take the policies of ``stack`` as far as it is understood, and
    nothing else; ``notes`` say what is not understood."""
    understood = replace(stack, problems=())
    notes = [f"not looked at: {one.address}: {one.text}" for one in stack.problems]
    return Proof(
        stack.name,
        str(stack.file),
        None,
        None,
        tuple(checks(understood)),
        (*_notes(stack), *notes),
        checks_only=True,
    )


def _notes(stack: Stack) -> Iterator[str]:
    for identity in stack.identities:
        if identity.boundary:
            yield (
                f"{identity.kind} {identity.name}: what the permissions boundary "
                f"{identity.boundary} takes away is not in the stack and not counted"
            )


def _claimed(stack: Stack, needs: Sequence[Need], nevers: Sequence[Never]) -> Result:
    """Return whether the claims speak of everyone whom the stack grants anything."""
    holders = {n.holder for n in needs} | {n.of for n in nevers if isinstance(n.of, str)}
    known = [_identity(stack, holder) for holder in holders if holder]
    failures = tuple(
        Failure(f"no claim speaks of the {one.kind} {one.name}", by=(one.address,))
        for one in stack.identities
        if one not in known and (one.policies or one.aws_managed)
    )
    return Result("check", "claimed", "nobody is granted anything unclaimed", stack.name, failures)


def prove_need(stack: Stack, need: Need) -> Result:
    """Return whether ``stack`` allows every call of ``need``."""
    identity = _identity(stack, need.holder) if need.holder else None
    if need.holder and identity is None:
        failures: tuple[Failure, ...] = (Failure(f"the stack has no {need.holder}"),)
    else:
        failures = tuple(
            failure
            for call in need.calls
            for resource in call.resources
            if (failure := _refused(stack, need, identity, call, resource))
        )
    of = _shown(need.holder) if need.holder else _called(need.caller)
    return Result("need", need.name, need.says, of, failures)


def _refused(
    stack: Stack, need: Need, identity: Identity | None, call: Call, resource: str
) -> Failure | None:
    place = stack.policy_of(resource)
    if place is not None and resource != "*" and "*" in resource:
        resource = place.arn
    own = _policies(identity.policies) if identity else (Policy((_EVERYTHING,)),)
    identities = need.caller.kind not in ("service", "federated", "root")
    request = Request(
        need.caller,
        call.action,
        resource,
        call.account or _owner(resource) or need.caller.account,
        call.context,
        call.unknown,
    )
    decision = decide(
        request,
        Policies(own if identities else (), place.policy if place else _needed(resource)),
    )
    if decision.answer == "allowed":
        return None
    reason = f"{decision.answer}: {decision.reason.removeprefix('implicit deny: ')}"
    if identity and identity.aws_managed and decision.reason != "explicit deny":
        reason = _not_provable(identity.aws_managed)
    return Failure(
        reason,
        _called(need.caller),
        call.action,
        resource,
        call.context,
        _places((identity.policies if identity else ()), place, decision.by),
    )


def _needed(resource: str) -> Policy | None:
    """Return the policy of a resource that is not in the stack, as far as it is known."""
    policy, doubt = policy_elsewhere(resource)
    return None if doubt else policy


def _policies(documents: Sequence[Document]) -> tuple[Policy, ...]:
    return tuple(document.policy for document in documents)


def _owner(resource: str) -> str | None:
    """Return the account in an ARN, which that of a bucket does not have."""
    owner = (resource.split(":") + [""] * 5)[4]
    return owner if owner.isdigit() else None


def _not_provable(arns: Sequence[str]) -> str:
    names = " and ".join(arn.rsplit("/", 1)[-1] for arn in arns)
    if all(":iam::aws:" in arn or ":serverlessrepo:" in arn for arn in arns):
        verb = "are" if len(arns) > 1 else "is"
        return f"not provable: {names} {verb} AWS's and may change"
    return f"not provable: what {names} grants is not in the stack"


def prove_never(stack: Stack, never: Never) -> Result:
    """Return whether ``stack`` allows no request that ``never`` forbids."""
    if isinstance(never.of, str):
        found = _of_identity(stack, never, never.of)
    elif isinstance(never.of, Strangers):
        found = _of_strangers(stack, never, never.of)
    else:
        found = _of_anyone(stack, never)
    try:
        failures = tuple(islice(found, _MOST_FAILURES))
        if next(found, None):
            failures += (Failure("further statements allow such requests"),)
    except PatternsTooComplex as error:
        failures = (Failure(f"not provable: {error}"),)
    return Result("never", never.name, never.says, _shown(never.of), failures)


def _of_identity(stack: Stack, never: Never, arn: str) -> Iterator[Failure]:
    identity = _identity(stack, arn)
    if identity is None:
        yield Failure(f"the stack has no {arn}")
        return
    statements = statements_of(identity.policies)
    asker = Asker(caller_with(identity.kind, arn), _policies(identity.policies))
    denied = [s for s in statements if s.effect == "Deny"] + all_denies(stack)
    for document in identity.policies:
        for allow in document.policy.statements:
            if allow.effect == "Allow":
                yield from _allowed(stack, never, document, allow, denied, asker, None)
    # Across accounts, and where the account is named, its own policies must allow the request too.
    for place in stack.resource_policies:
        for document, allow in allows(place) if place.account == asker.caller.account else ():
            if any(one.id in (arn, "*") for one in allow.principals or (EVERYONE,)):
                yield from _allowed(stack, never, document, allow, denied, asker, place)
    if identity.aws_managed and escaped(never.requests, never.when, _EVERYTHING, denied):
        yield Failure(_not_provable(identity.aws_managed), by=(identity.address,))


def _of_strangers(stack: Stack, never: Never, strangers: Strangers) -> Iterator[Failure]:
    for place in stack.resource_policies:
        denied = list(denies(place))
        for document, allow in allows(place):
            for principal in allow.principals or (EVERYONE,):
                if not any(same(but, principal) for but in strangers.but):
                    asker = Asker(somebody(principal, place.account), (Policy((_EVERYTHING,)),))
                    yield from _allowed(stack, never, document, allow, denied, asker, place)


def _of_anyone(stack: Stack, never: Never) -> Iterator[Failure]:
    anyone = Caller.of(f"arn:aws:iam::{stack.accounts[0] if stack.accounts else STRANGER}:user/any")
    asker = Asker(anyone, (Policy((_EVERYTHING,)),))
    yield from _allowed(stack, never, None, _EVERYTHING, all_denies(stack), asker, None)


def _allowed(
    stack: Stack,
    never: Never,
    document: Document | None,
    allow: Statement,
    denied: Sequence[Statement],
    asker: Asker,
    place: ResourcePolicy | None,
) -> Iterator[Failure]:
    """Yield the failure when ``allow``, which stands in ``document``, allows a request that
    ``never`` forbids and none of ``denied`` denies."""
    region = escaped(never.requests, never.when, allow, denied)
    if region is None:
        return
    by = (document.place(allow),) if document else ()
    found = counter_example.find(stack, never, region, allow, denied, asker, place)
    if found is None:
        reason = "not provable: no request was found that shows it"
        caller = _called(asker.caller)
        yield Failure(reason, caller, region.action, region.resource, None, by)
        return
    request, answer = found
    yield Failure(
        "is allowed" if answer == "allowed" else "may be allowed",
        _called(request.caller),
        request.action,
        request.resource,
        request.context,
        by,
    )


def _identity(stack: Stack, arn: str) -> Identity | None:
    """Return the user, role or policy with this ARN; one from elsewhere is known without path."""
    for identity in stack.identities:
        if identity.arn == arn:
            return identity
    _, _, _, _, account, resource = (arn.split(":", 5) + [""] * 6)[:6]
    kind, name = resource.split("/", 1)[0], resource.rsplit("/", 1)[-1]
    return next(
        (
            one
            for one in stack.identities
            if not one.here and (one.kind, one.account, one.name) == (kind, account, name)
        ),
        None,
    )


def _places(
    documents: Sequence[Document], place: ResourcePolicy | None, by: Sequence[Statement]
) -> tuple[str, ...]:
    every = (*documents, *(place.documents if place else ()))
    return tuple(
        dict.fromkeys(
            document.place(statement)
            for document in every
            for statement in document.policy.statements
            if statement in by
        )
    )


def _shown(of: str | Strangers | Anyone) -> str:
    """Return ``user dot-reporting`` for its ARN."""
    if not isinstance(of, str):
        return "anyone else" if isinstance(of, Strangers) else "anyone"
    kind, _, path = of.rsplit(":", 1)[1].partition("/")
    return f"{kind} {path.rsplit('/', 1)[-1]}" if path else of


def _called(caller: Caller) -> str:
    return caller.issuer or caller.name
