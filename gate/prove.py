"""`gate prove`: whether a synthesized stack grants what its integration needs, and nothing that
its claims forbid; and whether AWS would take its policies and each grant takes effect.
"""

import importlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, product
from typing import Any, Literal, Protocol

from gate.synthesized import (
    Document,
    Identity,
    ResourcePolicy,
    Stack,
    caller_with,
    session_of,
)
from modules.iam import actions as aws
from modules.iam.arn import partition_of
from modules.iam.claims import AnyBut, Anyone, Call, Need, Never, Strangers, When
from modules.iam.conditions import Context, UnknownOperator, holds
from modules.iam.decide import Caller, Policies, Request, decide
from modules.iam.inclusion import Region, candidates, contains, escaped, example
from modules.iam.patterns import PatternsTooComplex, arn_example
from modules.iam.policy import (
    ATTACHED_POLICIES_LIMIT,
    BUCKET_POLICY_LIMIT,
    EVERYONE,
    MANAGED_POLICY_LIMIT,
    TRUST_POLICY_LIMIT,
    MalformedPolicy,
    Policy,
    Principal,
    Statement,
)
from stacks.configuration import ConfiguredBlock

Kind = Literal["need", "never", "check"]

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11): all inline
# policies of a user, role or group together, white space not counted.
INLINE_LIMITS = {"user": 2048, "role": 10_240, "group": 5120}
# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html (2026-11)
KEY_POLICY_LIMIT = 32 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (2026-11)
FUNCTION_POLICY_LIMIT = 20 * 1024

_EVERYTHING = Statement("Allow", actions=("*",), resources=("*",))
# Somebody outside of all accounts of a stack.
_STRANGER = "999999999999"
# What a counter-example shows rather than the first action in the alphabet.
_TELLING = (
    "s3:DeleteObject",
    "s3:PutObject",
    "s3:GetObject",
    "s3:ListBucket",
    "glue:GetTable",
    "glue:DeleteTable",
    "athena:StartQueryExecution",
    "athena:GetQueryResults",
    "iam:CreateAccessKey",
    "sts:AssumeRole",
    "kms:Decrypt",
    "dynamodb:Scan",
    "lambda:InvokeFunction",
)
_MOST_TRIES = 400
# A policy variable: ${aws:username}, also with a default behind a comma.
_VARIABLE = re.compile(r"\$\{([^},]+)")
_MOST_FAILURES = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a claim does not hold: a request that shows it, where there is one, and the statements
    (as ``address`` or ``address Sid``) that make it so."""

    reason: str
    caller: str = ""
    action: str = ""
    resource: str = ""
    context: Mapping[str, tuple[str, ...]] | None = None
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """A claim and whether it holds; ``of`` is whom or what it speaks of."""

    kind: Kind
    name: str
    says: str
    of: str
    failures: tuple[Failure, ...]

    @property
    def holds(self) -> bool:
        return not self.failures


@dataclass(frozen=True, slots=True)
class Proof:
    """The claims on one stack; ``block`` is its title in gate.hcl (``dot "reporting"``) or None
    when it has none, and only the checks were made. ``notes`` are what a reader should know."""

    stack: str
    file: str
    block: str | None
    line: int | None
    results: tuple[Result, ...]
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return all(result.holds for result in self.results)


class _Claims(Protocol):
    """An integration's claims.py."""

    def needs(self, settings: Any) -> tuple[Need, ...]: ...

    def never(self, settings: Any) -> tuple[Never, ...]: ...


def claims_of(kind: str) -> _Claims:
    """Return the claims of the integration ``kind``."""
    module: _Claims = importlib.import_module(f"modules.{kind}.claims")
    return module


def prove_stack(stack: Stack, block: ConfiguredBlock | None) -> Proof:
    """Return what holds of ``stack``; without its ``block`` only the checks are made, and where a
    policy cannot be read."""
    results, notes = list(_checks(stack)), list(_notes(stack))
    unread = not results[0].holds
    if block is not None and unread:
        notes.append("the claims were not proved: they would be about what could be read only")
    elif block is not None:
        claims = claims_of(block.kind)
        needs, nevers = claims.needs(block.settings), claims.never(block.settings)
        proved = [prove_need(stack, need) for need in needs]
        proved += [prove_never(stack, never) for never in nevers]
        results = [*proved, *results, _claimed(stack, needs, nevers)]
    return Proof(
        stack.name,
        str(stack.file),
        block.title if block else None,
        block.line if block else None,
        tuple(results),
        tuple(notes),
    )


def _notes(stack: Stack) -> Iterator[str]:
    for identity in stack.identities:
        if identity.boundary:
            yield (
                f"{identity.kind} {identity.name}: what the permissions boundary "
                f"{identity.boundary} takes away is not in the stack and not counted"
            )


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
    place = next((p for p in stack.resource_policies if p.governs(resource)), None)
    if place is not None and resource != "*" and "*" in resource:
        resource = place.arn
    own = _policy(identity.policies) if identity else Policy((_EVERYTHING,))
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
        Policies((own,) if identities else (), place.policy if place else _default(resource)),
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


def _owner(resource: str) -> str | None:
    """Return the account in an ARN, which that of a bucket does not have."""
    owner = (resource.split(":") + [""] * 5)[4]
    return owner if owner.isdigit() else None


def _default(resource: str) -> Policy | None:
    """Return the policy of a resource that is not in the stack.

    That of a key is taken to be the default, which leaves it to the account's own policies:
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html (2026-11).
    """
    owner = _owner(resource)
    if owner is None or ":kms:" not in resource:
        return None
    return Policy((replace(_EVERYTHING, principals=(Principal("AWS", owner),)),))


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
    caller = caller_with(identity.kind, arn)
    denies = [*_statements("Deny", identity.policies), *_denied_to_all(stack)]
    own = _policy(identity.policies)
    for document in identity.policies:
        for allow in _statements("Allow", (document,)):
            if region := escaped(never.requests, never.when, allow, denies):
                where = (_place(document, allow),)
                yield _counter_example(
                    stack, never, region, allow, denies, caller, own, None, where
                )
    # Across accounts, and where the account is named, its own policies must allow the request too.
    own_account = (p for p in stack.resource_policies if p.account == caller.account)
    for place in own_account:
        for document, allow in _opened(place):
            if not any(p.id in (arn, "*") for p in allow.principals or (EVERYONE,)):
                continue
            if region := escaped(never.requests, never.when, allow, denies):
                where = (_place(document, allow),)
                yield _counter_example(
                    stack, never, region, allow, denies, caller, own, place, where
                )
    if identity.aws_managed and escaped(never.requests, never.when, _EVERYTHING, denies):
        yield Failure(_not_provable(identity.aws_managed), by=(identity.address,))


def _of_strangers(stack: Stack, never: Never, strangers: Strangers) -> Iterator[Failure]:
    for place in stack.resource_policies:
        denies = list(_denied_by(place))
        for document, allow in _opened(place):
            principals = allow.principals or (EVERYONE,)
            for principal in principals:
                if any(same(but, principal) for but in strangers.but):
                    continue
                if region := escaped(never.requests, never.when, allow, denies):
                    caller = _caller(principal, place.account)
                    everything = Policy((_EVERYTHING,))
                    where = (_place(document, allow),)
                    yield _counter_example(
                        stack, never, region, allow, denies, caller, everything, place, where
                    )


def _of_anyone(stack: Stack, never: Never) -> Iterator[Failure]:
    denies = _denied_to_all(stack)
    if region := escaped(never.requests, never.when, _EVERYTHING, denies):
        account = stack.accounts[0] if stack.accounts else _STRANGER
        caller = Caller.of(f"arn:aws:iam::{account}:user/anyone")
        yield _counter_example(
            stack, never, region, _EVERYTHING, denies, caller, Policy((_EVERYTHING,)), None, ()
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


def _checks(stack: Stack) -> Iterator[Result]:
    """Yield what can be said of any stack, first whether all of it could be read: whether AWS
    would take it, and each grant counts."""
    unreadable = [Failure(problem.text, by=(problem.address,)) for problem in stack.problems]
    unreadable += list(_malformed(stack))
    missing, useless = [], []
    for document in _documents(stack):
        for statement in document.policy.statements:
            where = (_place(document, statement),)
            missing += [
                Failure(f"AWS has no action {action}", action=action, by=where)
                for action in (*statement.actions, *statement.not_actions)
                if not aws.exists(action)
            ]
            useless += [replace(failure, by=where) for failure in _useless(statement)]
    for name, says, failures in (
        ("readable", "every policy can be read", unreadable),
        ("within-limits", "every policy is within AWS's limits", list(_too_large(stack))),
        ("actions-exist", "every action exists", missing),
        ("takes-effect", "every grant takes effect", useless),
    ):
        yield Result("check", name, says, stack.name, tuple(failures))


def _malformed(stack: Stack) -> Iterator[Failure]:
    """Yield the policies that IAM's grammar does not allow."""
    somebody = Caller.of(f"arn:aws:iam::{_STRANGER}:user/x")
    request = Request(somebody, "s3:GetObject", "arn:aws:s3:::x/x")
    for document in _documents(stack):
        resource = document.policy if document.kind == "resource" else None
        own = () if resource else (document.policy,)
        try:
            decide(request, Policies(own, resource))
        except (MalformedPolicy, UnknownOperator) as error:
            yield Failure(str(error), by=(document.address,))


def _useless(statement: Statement) -> Iterator[Failure]:
    """Yield the actions and resources of an Allow that fit nothing else in it."""
    if statement.effect != "Allow" or not statement.resources:
        return
    actions = [action for action in statement.actions if aws.exists(action)]
    for action in actions:
        if all(aws.grants_nothing(action, resource) for resource in statement.resources):
            yield Failure(
                f"{action} does not work on {', '.join(statement.resources)}",
                action=action,
                resource=statement.resources[0],
            )
    for resource in statement.resources if actions and not statement.not_actions else ():
        if all(aws.grants_nothing(action, resource) for action in actions):
            yield Failure(f"no action of the statement works on {resource}", resource=resource)


def _too_large(stack: Stack) -> Iterator[Failure]:
    def over(what: str, size: int, limit: int, *where: str) -> Iterator[Failure]:
        if size > limit:
            yield Failure(f"{what} has {size:,} characters, AWS takes {limit:,}", by=where)

    for identity in stack.identities:
        for document in identity.policies:
            if document.kind == "managed":
                size = document.policy.size()
                yield from over("the policy", size, MANAGED_POLICY_LIMIT, document.address)
        inline = [d for d in identity.policies if d.kind == "inline"]
        yield from over(
            f"the inline policies of {identity.kind} {identity.name} together",
            sum(document.policy.size() for document in inline),
            INLINE_LIMITS.get(identity.kind, MANAGED_POLICY_LIMIT),
            *(document.address for document in inline),
        )
        attached = len(identity.policies) - len(inline) + len(identity.aws_managed)
        if attached > ATTACHED_POLICIES_LIMIT:
            yield Failure(
                f"{attached} policies are attached to {identity.kind} {identity.name}, AWS takes "
                f"{ATTACHED_POLICIES_LIMIT}",
                by=(identity.address,),
            )
    limits = {
        "trust": TRUST_POLICY_LIMIT,
        "bucket": BUCKET_POLICY_LIMIT,
        "key": KEY_POLICY_LIMIT,
        "function": FUNCTION_POLICY_LIMIT,
    }
    for place in stack.resource_policies:
        if place.kind in limits:
            size = place.policy.size()
            yield from over(f"the {place.kind} policy", size, limits[place.kind], place.address)


def _counter_example(
    stack: Stack,
    never: Never,
    region: Region,
    allow: Statement,
    denies: Sequence[Statement],
    caller: Caller,
    own: Policy,
    place: ResourcePolicy | None,
    where: tuple[str, ...],
) -> Failure:
    """Return the failure with a request that shows it, and that AWS would not deny."""
    identities = caller.kind not in ("service", "federated", "root")
    known = [action for action in allow.actions if _telling(action) < len(_TELLING)]
    if known:
        first = replace(allow, actions=tuple(sorted(allow.actions, key=_telling)))
        region = escaped(never.requests, never.when, first, denies) or region
    for action, resource in islice(_pairs(region, stack, caller), _MOST_TRIES):
        governing = place or next((p for p in stack.resource_policies if p.governs(resource)), None)
        opened = governing.policy if governing else _opened_by_default(resource, caller)
        policies = Policies((own,) if identities else (), opened)
        account = governing.account if governing else caller.account
        for context, unknown in islice(_contexts(never.when, allow, denies), _MOST_TRIES):
            request = Request(caller, action, resource, account, context, unknown)
            answer = decide(request, policies).answer
            if answer != "denied":
                reason = "is allowed" if answer == "allowed" else "may be allowed"
                return Failure(reason, _called(caller), action, resource, context, where)
    return Failure(
        "not provable: no request was found that shows it",
        _called(caller),
        region.action,
        region.resource,
        None,
        where,
    )


def _opened_by_default(resource: str, caller: Caller) -> Policy | None:
    """Return what a role or key that is not in the stack may say: that its account decides."""
    if caller.account != _owner(resource):
        return None
    return Policy((replace(_EVERYTHING, principals=(Principal("AWS", caller.account or ""),)),))


def _pairs(region: Region, stack: Stack, caller: Caller) -> Iterator[tuple[str, str]]:
    """Yield requests of ``region``, the ones a person knows first."""
    plain = example(region)
    if plain is None:
        return
    account = caller.account or (stack.accounts[0] if stack.accounts else "")
    own = dict(zip(stack.accounts, stack.regions, strict=True)).get(account) or "us-east-1"
    likely = [one for one in (arn_example(region.resource), plain[1]) if one]
    for action in sorted(aws.matching(region.action), key=_telling):
        forms = (
            form
            for region_name in (own, "us-east-1" if own != "us-east-1" else "us-west-2")
            for form in aws.example_resources(action, partition_of(own), region_name, account)
        )
        for resource in (*forms, *likely):
            if contains(region, action, resource) and not aws.grants_nothing(action, resource):
                yield action, resource
    # Only in patterns may a service or action be one that AWS does not have yet.
    yield plain[0] if ":" in plain[0] else "service:Action", plain[1]


def _telling(action: str) -> int:
    return _TELLING.index(action) if action in _TELLING else len(_TELLING)


def _contexts(
    when: When, allow: Statement, denies: Sequence[Statement]
) -> Iterator[tuple[dict[str, tuple[str, ...]], frozenset[str]]]:
    """Yield condition keys of requests that ``allow`` allows when ``when`` holds."""
    every = list(chain(allow.conditions, *(deny.conditions for deny in denies)))
    given = {key.lower(): some for key, some in when.items()}
    names = {key.lower(): key for key in (*(condition.key for condition in every), *when)}
    asked = dict.fromkeys([condition.key.lower() for condition in allow.conditions] + list(given))
    choices = []
    for key in asked:
        about = [condition for condition in every if condition.key.lower() == key]
        own = [condition for condition in allow.conditions if condition.key.lower() == key]
        values = candidates(given.get(key, AnyBut()), about)
        choices.append([v for v in values if all(_may_hold(c, v) for c in own)])
    others = {name for key, name in names.items() if key not in asked}
    others |= {name for pattern in allow.resources for name in _VARIABLE.findall(pattern)}
    for values in product(*choices):
        context = {names[key]: value for key, value in zip(asked, values, strict=True) if value}
        yield context, frozenset()
        yield context, frozenset(others)


def _may_hold(condition: Any, values: tuple[str, ...]) -> bool:
    if any("${" in value for value in condition.values):
        return True
    context = Context.of({condition.key: values} if values else {})
    return holds(condition, context, variables=True) is not False


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


def _caller(principal: Principal, account: str) -> Caller:
    """Return somebody whom ``principal`` names."""
    if principal.kind in ("Service", "Federated"):
        kind: Literal["service", "federated"] = (
            "service" if principal.kind == "Service" else "federated"
        )
        return Caller(kind, principal.id)
    if principal.id == "*" or principal.kind == "CanonicalUser":
        return session_of(f"arn:aws:iam::{_STRANGER}:role/x")
    whole = _account_of(principal)
    if whole is not None:
        return session_of(f"arn:aws:iam::{whole}:role/x")
    if ":role/" in principal.id:
        return session_of(principal.id)
    try:
        return Caller.of(principal.id)
    except ValueError:
        return session_of(f"arn:aws:iam::{account or _STRANGER}:role/x")


def _account_of(principal: Principal) -> str | None:
    """Return the account that ``principal`` stands for as a whole, or None."""
    if principal.kind != "AWS":
        return None
    if principal.id.isdigit():
        return principal.id
    if principal.id.endswith(":root") and principal.id.count(":") == 5:
        return principal.id.split(":")[4]
    return None


def same(one: Principal, other: Principal) -> bool:
    """Return whether both name the same: an account has two names."""
    whole = _account_of(one)
    return one == other or (whole is not None and whole == _account_of(other))


def _opened(place: ResourcePolicy) -> Iterator[tuple[Document, Statement]]:
    """Yield the Allow statements of a resource's policy, with the resource filled in."""
    for document in place.documents:
        for statement in document.policy.statements:
            if statement.effect == "Allow":
                yield document, on_its_resource(place, statement)


def _denied_by(place: ResourcePolicy) -> Iterator[Statement]:
    """Yield the Deny statements of a resource's policy that hold for everyone."""
    for statement in place.policy.statements:
        everyone = any(p.id == "*" and p.kind in ("*", "AWS") for p in statement.principals)
        if statement.effect == "Deny" and everyone:
            yield on_its_resource(place, statement)


def _denied_to_all(stack: Stack) -> list[Statement]:
    return [s for place in stack.resource_policies for s in _denied_by(place)]


def on_its_resource(place: ResourcePolicy, statement: Statement) -> Statement:
    """Return a statement of a resource's policy with the resource it means filled in."""
    # A trust policy names no resource, and in a key's policy a star is the key.
    if place.kind == "trust" or (place.kind == "key" and "*" in statement.resources):
        return replace(statement, resources=(place.arn,), not_resources=())
    return statement


def _documents(stack: Stack) -> tuple[Document, ...]:
    own = (document for identity in stack.identities for document in identity.policies)
    opened = (document for place in stack.resource_policies for document in place.documents)
    return tuple(dict.fromkeys(chain(own, opened)))


def _statements(effect: str, documents: Iterable[Document]) -> Iterator[Statement]:
    for document in documents:
        yield from (s for s in document.policy.statements if s.effect == effect)


def _policy(documents: Iterable[Document]) -> Policy:
    return Policy(tuple(s for document in documents for s in document.policy.statements))


def _place(document: Document, statement: Statement) -> str:
    return f"{document.address} {statement.sid}".rstrip()


def _places(
    documents: Sequence[Document], place: ResourcePolicy | None, by: Sequence[Statement]
) -> tuple[str, ...]:
    every = (*documents, *(place.documents if place else ()))
    return tuple(
        dict.fromkeys(
            _place(document, statement)
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
