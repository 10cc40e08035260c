"""A request that shows why a claim does not hold: one that AWS would not deny."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from athena_gate.modules.iam import actions as aws
from athena_gate.modules.iam.arn import partition_of
from athena_gate.modules.iam.attached import AttachedPolicies, ResourcePolicy
from athena_gate.modules.iam.claims import Never
from athena_gate.modules.iam.condition_keys import condition_key
from athena_gate.modules.iam.decide import IDENTITIES, Answer, Caller, Policies, Request, decide
from athena_gate.modules.iam.inclusion import Region, asks, contains, escaped, escapes, example
from athena_gate.modules.iam.patterns import arn_example
from athena_gate.modules.iam.policy import Policy, Statement, variables
from athena_gate.modules.iam.resource_policies import policy_elsewhere

# What a person knows, rather than the first action in the alphabet.
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


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, with the policies that count beside that of the resource."""

    caller: Caller
    own: tuple[Policy, ...]


def find(
    attached: AttachedPolicies,
    never: Never,
    region: Region,
    allow: Statement,
    denies: Sequence[Statement],
    asker: Asker,
    place: ResourcePolicy | None,
) -> tuple[Request, Answer] | None:
    """Return a request of ``asker`` that ``never`` forbids and ``allow`` allows, and what AWS
    answers (``allowed`` or ``unknown``); None when none was found.

    ``region`` holds such requests as far as patterns can tell, and ``place`` is the policy that
    ``allow`` stands in when that is a resource's.
    """
    caller = asker.caller
    if any(_telling(action) < len(_TELLING) for action in allow.actions):
        first = replace(allow, actions=tuple(sorted(allow.actions, key=_telling)))
        region = escaped(never.requests, never.when, first, denies) or region
    pairs = (pair for pair in _pairs(region, attached, caller) if asks(never.requests, *pair))
    identities = caller.kind in IDENTITIES
    contexts = tuple(islice(_contexts(never, allow, denies), _MOST_TRIES))
    doubtful: tuple[Request, Answer] | None = None
    for action, resource in islice(pairs, _MOST_TRIES):
        governing = place or attached.policy_of(resource)
        opened, doubt = (governing.policy, "") if governing else policy_elsewhere(resource)
        policies = Policies(asker.own if identities else (), opened)
        account = governing.account if governing else caller.account
        for context, unknown in contexts:
            request = Request(caller, action, resource, account, context, unknown)
            answer = decide(request, policies).answer
            if answer == "allowed" and not (doubt and action.lower().startswith("sts:")):
                return _told(request, policies, never), answer
            if answer != "denied":
                doubtful = doubtful or (request, "unknown")
        if doubtful:
            return doubtful
    return None


def _told(request: Request, policies: Policies, never: Never) -> Request:
    """Return ``request`` without the condition keys that nothing hangs on."""
    claimed = {key.lower() for key in never.when}
    for key in request.context:
        fewer = {name: v for name, v in request.context.items() if name != key}
        shorter = replace(request, context=fewer)
        if key.lower() not in claimed and decide(shorter, policies).answer == "allowed":
            request = shorter
    return request


def _pairs(region: Region, attached: AttachedPolicies, caller: Caller) -> Iterator[tuple[str, str]]:
    """Yield requests of ``region``, the ones a person knows first."""
    plain = example(region)
    if plain is None:
        return
    account = caller.account or (attached.accounts[0] if attached.accounts else "")
    own = dict(zip(attached.accounts, attached.regions, strict=True)).get(account) or "us-east-1"
    other = "us-east-1" if own != "us-east-1" else "us-west-2"
    parts = region.resource.split(":", 5)
    if len(parts) == 6:
        wild = {1: partition_of(own), 3: other, 4: account}
        parts = [wild.get(n, part) if part == "*" else part for n, part in enumerate(parts)]
    likely = [one for one in (arn_example(":".join(parts)), plain[1]) if one]
    for action in sorted(aws.matching(region.action), key=_telling):
        forms = (
            form
            for region_name in (own, other)
            for form in aws.example_resources(action, partition_of(own), region_name, account)
        )
        for resource in (*forms, *likely):
            if contains(region, action, resource) and not aws.grants_nothing(action, resource):
                yield action, resource
    # A pattern may match what AWS does not have yet.
    service, _, name = plain[0].partition(":")
    yield f"{service or 'x'}:{name or 'x'}", plain[1]


def _telling(action: str) -> int:
    return _TELLING.index(action) if action in _TELLING else len(_TELLING)


def _contexts(
    never: Never, allow: Statement, denies: Sequence[Statement]
) -> Iterator[tuple[dict[str, tuple[str, ...]], frozenset[str]]]:
    """Yield condition keys of requests that ``allow`` may allow, and those that are not known."""
    named = {name for pattern in allow.resources for name in variables(pattern)}
    names = {key.lower(): key for key in never.when}
    names |= {c.key.lower(): c.key for s in (allow, *denies) for c in s.conditions}
    for _, values in escapes(never.requests, never.when, allow, denies):
        # That a request lacks a key goes without saying, but where AWS sends it to most.
        context = {
            names[key]: listed
            for key, listed in values.items()
            if listed or condition_key(key).sent != "some requests"
        }
        yield context, frozenset(name for name in named if name.lower() not in values)
