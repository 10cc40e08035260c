"""Which claims hold of policies, and where one does not, the request that shows it.

A need is decided call by call; of a never, it is proved that no request escapes, over all actions
and resources as patterns, or a request is looked for that does.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from athena_gate.modules.iam import counter_example
from athena_gate.modules.iam.arn import account_of
from athena_gate.modules.iam.attached import (
    AttachedPolicies,
    Document,
    Identity,
    ResourcePolicy,
    caller_with,
    statements_of,
)
from athena_gate.modules.iam.claims import Anyone, Call, Need, Never, Strangers
from athena_gate.modules.iam.counter_example import Asker
from athena_gate.modules.iam.decide import IDENTITIES, Caller, Policies, Request, decide
from athena_gate.modules.iam.inclusion import escaped
from athena_gate.modules.iam.patterns import PatternsTooComplex
from athena_gate.modules.iam.policy import EVERYONE, Policy, Statement
from athena_gate.modules.iam.resource_policies import (
    STRANGER,
    all_denies,
    allows,
    denies,
    policy_elsewhere,
    same,
    somebody,
)
from athena_gate.modules.iam.result import Failure, Result
from athena_gate.modules.iam.todo import ToDo, enough, statements

_EVERYTHING = Statement("Allow", actions=("*",), resources=("*",))
_MOST_FAILURES = 10


def prove(
    attached: AttachedPolicies, needs: Sequence[Need], nevers: Sequence[Never]
) -> tuple[Result, ...]:
    """Return whether each claim holds of ``attached``."""
    return (
        *(prove_need(attached, need) for need in needs),
        *(prove_never(attached, never) for never in nevers),
    )


def unclaimed(
    attached: AttachedPolicies, needs: Sequence[Need], nevers: Sequence[Never]
) -> tuple[Failure, ...]:
    """Return those to whom ``attached`` grant anything and no claim speaks of."""
    holders = {n.holder for n in needs} | {n.of for n in nevers if isinstance(n.of, str)}
    known = [_identity(attached, holder) for holder in holders if holder]
    return tuple(
        Failure(f"no claim speaks of the {one.kind} {one.name}", by=(one.address,))
        for one in attached.identities
        if one not in known and (one.policies or one.aws_managed)
    )


def prove_need(attached: AttachedPolicies, need: Need) -> Result:
    """Return whether ``attached`` allow every call of ``need``, and on what conditions."""
    identity = _identity(attached, need.holder) if need.holder else None
    failures: list[Failure] = []
    given = [todo.says for todo in need.given]
    if need.holder and identity is None:
        failures.append(Failure(f"the stack has no {need.holder}"))
    else:
        for call in need.calls:
            for resource in call.resources:
                found, conditions = _asked(attached, need, identity, call, resource)
                given += [todo.says for todo in conditions]
                if found:
                    failures.append(found)
    of = _shown(need.holder) if need.holder else _called(need.caller)
    return Result("need", need.name, need.says, of, tuple(failures), tuple(dict.fromkeys(given)))


def _asked(
    attached: AttachedPolicies, need: Need, identity: Identity | None, call: Call, resource: str
) -> tuple[Failure | None, tuple[ToDo, ...]]:
    """Return why ``call`` on ``resource`` is not allowed, None where it is, and what others must do
    for it."""
    refused = partial(_refused, attached, need, identity, call, resource)
    by = need.holder or need.caller.name
    stops = tuple(t for t in call.given if t.stops(call.action, resource, by, call.context))
    found = refused()
    theirs: tuple[ToDo, ...] = ()
    if found:
        says = (todo for todo in call.given if todo.policy and todo.governs(resource))
        theirs = enough(says, lambda policy: not refused(policy))
        found = refused(statements(theirs)) if theirs else found
    return found, (*stops, *theirs)


def _refused(
    attached: AttachedPolicies,
    need: Need,
    identity: Identity | None,
    call: Call,
    resource: str,
    given: Policy | None = None,
) -> Failure | None:
    """Return why ``call`` on ``resource`` is not allowed, None where it is; ``given`` is what the
    policy of ``resource`` is taken to say where that is not in the stack."""
    place = attached.policy_of(resource)
    if place is not None and resource != "*" and "*" in resource:
        resource = place.arn
    own = _policies(identity.policies) if identity else (Policy((_EVERYTHING,)),)
    identities = need.caller.kind in IDENTITIES
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
        Policies(own if identities else (), place.policy if place else given or _needed(resource)),
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
    """Return the policy of a resource whose own is not among those attached, as far as it is
    known."""
    policy, doubt = policy_elsewhere(resource)
    return None if doubt else policy


def _policies(documents: Sequence[Document]) -> tuple[Policy, ...]:
    return tuple(document.policy for document in documents)


def _owner(resource: str) -> str | None:
    """Return the account in an ARN, which that of a bucket does not have."""
    owner = account_of(resource)
    return owner if owner.isdigit() else None


def _not_provable(arns: Sequence[str]) -> str:
    names = " and ".join(arn.rsplit("/", 1)[-1] for arn in arns)
    if all(":iam::aws:" in arn or ":serverlessrepo:" in arn for arn in arns):
        verb = "are" if len(arns) > 1 else "is"
        return f"not provable: {names} {verb} AWS's and may change"
    return f"not provable: what {names} grants is not in the stack"


def prove_never(attached: AttachedPolicies, never: Never) -> Result:
    """Return whether ``attached`` allow no request that ``never`` forbids."""
    if isinstance(never.of, str):
        found = _of_identity(attached, never, never.of)
    elif isinstance(never.of, Strangers):
        found = _of_strangers(attached, never, never.of)
    else:
        found = _of_anyone(attached, never)
    try:
        failures = tuple(islice(found, _MOST_FAILURES))
        if next(found, None):
            failures += (Failure("further statements allow such requests"),)
    except PatternsTooComplex as error:
        failures = (Failure(f"not provable: {error}"),)
    return Result("never", never.name, never.says, _shown(never.of), failures)


def _of_identity(attached: AttachedPolicies, never: Never, arn: str) -> Iterator[Failure]:
    identity = _identity(attached, arn)
    if identity is None:
        yield Failure(f"the stack has no {arn}")
        return
    statements = statements_of(identity.policies)
    asker = Asker(caller_with(identity.kind, arn), _policies(identity.policies))
    denied = [s for s in statements if s.effect == "Deny"] + all_denies(attached)
    for document in identity.policies:
        for allow in document.policy.statements:
            if allow.effect == "Allow":
                yield from _allowed(attached, never, document, allow, denied, asker, None)
    # Across accounts, and where the account is named, its own policies must allow the request too.
    for place in attached.resource_policies:
        for document, allow in allows(place) if place.account == asker.caller.account else ():
            if any(one.id in (arn, "*") for one in allow.principals or (EVERYONE,)):
                yield from _allowed(attached, never, document, allow, denied, asker, place)
    if identity.aws_managed and escaped(never.requests, never.when, _EVERYTHING, denied):
        yield Failure(_not_provable(identity.aws_managed), by=(identity.address,))


def _of_strangers(
    attached: AttachedPolicies, never: Never, strangers: Strangers
) -> Iterator[Failure]:
    for place in attached.resource_policies:
        denied = list(denies(place))
        for document, allow in allows(place):
            for principal in allow.principals or (EVERYONE,):
                if not any(same(but, principal) for but in strangers.but):
                    asker = Asker(somebody(principal, place.account), (Policy((_EVERYTHING,)),))
                    yield from _allowed(attached, never, document, allow, denied, asker, place)


def _of_anyone(attached: AttachedPolicies, never: Never) -> Iterator[Failure]:
    account = attached.accounts[0] if attached.accounts else STRANGER
    anyone = Caller.of(f"arn:aws:iam::{account}:user/any")
    asker = Asker(anyone, (Policy((_EVERYTHING,)),))
    yield from _allowed(attached, never, None, _EVERYTHING, all_denies(attached), asker, None)


def _allowed(
    attached: AttachedPolicies,
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
    found = counter_example.find(attached, never, region, allow, denied, asker, place)
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


def _identity(attached: AttachedPolicies, arn: str) -> Identity | None:
    """Return the user, role or policy with this ARN; one from elsewhere is known without path."""
    for identity in attached.identities:
        if identity.arn == arn:
            return identity
    _, _, _, _, account, resource = (arn.split(":", 5) + [""] * 6)[:6]
    kind, name = resource.split("/", 1)[0], resource.rsplit("/", 1)[-1]
    return next(
        (
            one
            for one in attached.identities
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
