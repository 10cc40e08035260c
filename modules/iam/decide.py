"""Decides one request against IAM policies, the way AWS documents it.

The answer is allowed, denied, or unknown: where a condition key is not known, or AWS does not
document the outcome, nothing is guessed. Taken into account are identity-based policies, one
resource-based policy (a role's trust policy is one) and a permissions boundary. Session policies,
service and resource control policies and KMS grants are not; a role session is taken to have no
session policy. Rules, all 2026-11:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Literal, Self

from athena_gate.modules.iam import patterns
from athena_gate.modules.iam.beyond_policies import is_free, nobody_may
from athena_gate.modules.iam.condition_keys import GLOBAL_KEYS, Sent
from athena_gate.modules.iam.conditions import (
    Context,
    Truth,
    all_of,
    any_of,
    holds,
    negated,
    parsed_operator,
    resolved,
)
from athena_gate.modules.iam.patterns import action_matches
from athena_gate.modules.iam.policy import MalformedPolicy, Policy, Principal, Statement

CallerKind = Literal["root", "user", "role session", "federated user", "service", "federated"]
Answer = Literal["allowed", "denied", "unknown"]

# How a Principal element can name a caller: itself, the role or user its session was issued by,
# its account, or its account by a canonical user id, which only S3 can translate.
_Naming = Literal["itself", "issuer", "account", "canonical"]
# Those that policies can be attached to, themselves or by their issuer.
IDENTITIES = ("user", "role session", "federated user")
_PRINCIPAL_KINDS = ("*", "AWS", "Service", "Federated", "CanonicalUser")
# The requests of one proof are about few resources, and meet the same patterns each time.
arn_matches = lru_cache(maxsize=16384)(patterns.arn_matches)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends the request.

    ``name`` is an ARN, or for a service its principal (``glue.amazonaws.com``), or for someone
    from an identity provider (``federated``, who can only take a role) that provider's. ``issuer``
    is the ARN of the role of a role session, or of the user of a GetFederationToken session.
    """

    kind: CallerKind
    name: str
    account: str | None = None
    issuer: str | None = None

    @classmethod
    def of(cls, arn: str, issuer: str | None = None) -> Self:
        """Return the caller with this ARN of a root user, user, role session or federated user.

        ``issuer`` is needed where a role or user has a path, which its session's ARN lacks:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (2026-11).
        Raises ``ValueError`` for any other ARN; a role sends no requests, its sessions do.
        """
        match arn.split(":"):
            case ["arn", _, "iam", _, account, "root"]:
                return cls("root", arn, account)
            case ["arn", _, "iam", _, account, name] if name.startswith("user/"):
                return cls("user", arn, account)
            case ["arn", partition, "sts", _, account, name] if name.startswith("assumed-role/"):
                role = f"arn:{partition}:iam::{account}:role/{name.split('/')[1]}"
                return cls("role session", arn, account, issuer or role)
            case ["arn", partition, "sts", _, account, name] if name.startswith("federated-user/"):
                user = f"arn:{partition}:iam::{account}:user/{name.split('/')[1]}"
                return cls("federated user", arn, account, issuer or user)
        raise ValueError(
            f"{arn!r} sends no requests: expected the ARN of a root user, a user, a role session "
            "(arn:aws:sts::...:assumed-role/name/session) or a federated user"
        )

    @classmethod
    def session_of(cls, role: str) -> Self:
        """Return a session of the role with this ARN."""
        _, partition, _, _, account, resource = role.split(":", 5)
        name = resource.rpartition("/")[2]
        return cls.of(f"arn:{partition}:sts::{account}:assumed-role/{name}/session", issuer=role)


@dataclass(frozen=True, slots=True)
class Request:
    """One request for one action on one resource.

    ``resource`` is an ARN, or ``*`` for an action that has none. ``resource_account`` is who owns
    it, by default the account in the ARN. ``context`` holds the condition keys of the request, with
    no values for one that it lacks. Of those that AWS sends with every such request
    (``condition_keys``) what ``context`` lacks is what the caller says, else not known; any other
    key that is in neither ``context`` nor ``unknown`` is absent from the request.
    """

    caller: Caller
    action: str
    resource: str
    resource_account: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies that bear on a request: those of the caller (for a session: of its issuer),
    that of the resource, and the caller's permissions boundary."""

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundary: Policy | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, the statements that made it, and why in words.

    ``by`` holds the Deny statements of an explicit deny, the Allow statements of an allow, or the
    statements on which an unknown answer hangs; it is empty for an implicit deny.
    """

    answer: Answer
    by: tuple[Statement, ...]
    reason: str


def decide(request: Request, policies: Policies) -> Decision:
    """Return whether AWS would allow ``request`` under ``policies``.

    Raises ``MalformedPolicy`` for a statement that IAM would not take, ``UnknownOperator`` for a
    condition operator it does not have, and ``ValueError`` for a request that cannot be.
    """
    names = request.action.split(":")
    if len(names) != 2 or not all(names) or "*" in request.action or "?" in request.action:
        raise ValueError(f"{request.action!r}: expected one action, such as s3:GetObject")
    if (policies.identity or policies.boundary) and request.caller.kind not in IDENTITIES:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html (2026-11).
        raise ValueError(
            f"a {request.caller.kind} has neither identity-based policies nor boundary"
        )
    sources = _sources(request, policies)
    denies = sources["deny"]
    if is_free(request.action, request.caller.kind):
        return Decision("allowed", (), "no permission is needed, and no policy can deny it")
    if reason := nobody_may(request.action, request.resource):
        return Decision("denied", (), reason)
    certain = [statement for statement, truth in denies if truth]
    if certain:
        return Decision("denied", _once(certain), "explicit deny")
    if request.caller.kind == "root" and request.action.lower() == "sts:assumerole":
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (2026-11).
        return Decision("denied", (), "a root user cannot call sts:AssumeRole")
    accounts = _same_account(request)
    ways = [_ways(sources, request, same_account) for same_account in accounts]
    granted = {any_of(map(_open, alternatives)) for alternatives in ways}
    if granted == {False}:
        return Decision("denied", (), _missing(sources, request, accounts[0]))
    supporting = [
        (statement, truth)
        for way in chain(*ways)
        if _open(way) is not False
        for statement, truth in chain(*way)
    ]
    if granted == {True} and not denies:
        return Decision("allowed", _once(s for s, truth in supporting if truth), "allowed")
    if granted == {True}:
        return Decision("unknown", _once(s for s, _ in denies), "a Deny may apply")
    reason = (
        "caller and resource may share an account" if len(granted) > 1 else "an Allow may apply"
    )
    return Decision("unknown", _once(s for s, _ in chain(supporting, denies)), reason)


# Statements that apply or may; where AWS asks for none, or for one that is not given, None.
_Source = list[tuple[Statement | None, Truth]]
# A request is allowed if each source of one way has an Allow that applies.
_Way = tuple[_Source, ...]


def _sources(request: Request, policies: Policies) -> dict[str, _Source]:
    """Return what applies to the request: the Deny statements, and the Allow statements of the
    identity-based policies, of the boundary and, by how they name the caller, of the resource."""
    caller, context = request.caller, context_of(request)
    boundary = policies.boundary
    sources: dict[str, _Source] = {
        "deny": [],
        # "All requests are implicitly denied with the exception of the AWS account root user."
        "identity": [(None, True)] if caller.kind == "root" else [],
        "boundary": [] if boundary else [(None, True)],
        # What a GetFederationToken session may do is also up to its session policy:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html
        "session": [(None, None if caller.kind == "federated user" else True)],
        "itself": [],
        "issuer": [],
        "account": [],
    }
    given = [(policy, "identity") for policy in policies.identity]
    given += [(boundary, "boundary")] if boundary else []
    given += [(policies.resource, "resource")] if policies.resource else []
    for policy, kind in given:
        # Variables came with this version:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
        variables = policy.version == "2012-10-17"
        for statement in policy.statements:
            _check(statement, kind == "resource")
            names: Iterable[str] = [kind]
            truth = all_of(_parts(statement, request, context, variables))
            if kind == "resource":
                named, names = _named(statement, caller, boundary is not None)
                truth = all_of((truth, named))
            if truth is not False:
                for name in names if statement.effect == "Allow" else ("deny",):
                    sources[name].append((statement, truth))
    return sources


def context_of(request: Request) -> Context:
    """Return the condition keys of ``request`` with those that AWS adds.

    Raises ``ValueError`` for keys that are given twice and values that are no tuples.
    """
    given = Context.of(request.context, request.unknown)
    values = {name: listed for name, listed in given.values.items() if listed}
    unknown = set(given.unknown)
    for name, sent in _SENT.items():
        if name in values or name in unknown:
            continue
        known = _said(name, request.caller, given)
        if known:
            values[name] = (known,)
        elif _is_sent(sent, request.caller, given, name in given.values):
            unknown.add(name)
    return Context(values, frozenset(unknown))


_SENT = {key.name.lower(): key.sent for key in GLOBAL_KEYS if key.sent != "some requests"}
VPC_KEYS = ("aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
# (2026-11); what services have there is not said.
_TYPES = {
    "root": "Account",
    "user": "User",
    "role session": "AssumedRole",
    "federated user": "FederatedUser",
}


def _said(name: str, caller: Caller, given: Context) -> str:
    """Return the value of a key, in lower case, that follows from who calls and how, or an empty
    string."""
    if caller.kind == "federated":
        return ""
    match name:
        case "aws:principalarn" if caller.kind != "service":
            return (caller.issuer or "") if caller.kind == "role session" else caller.name
        case "aws:principalaccount":
            return caller.account or ""
        case "aws:principaltype":
            return _TYPES.get(caller.kind, "")
        case "aws:principalisawsservice":
            return "true" if caller.kind == "service" else "false"
        case "aws:userid" if caller.kind == "root":
            return caller.account or ""
        case "aws:username" if caller.kind == "user":
            return caller.name.rpartition("/")[2]
        case "aws:viaawsservice" if given.values.get("aws:calledvia"):
            return "true"
    return ""


def _is_sent(sent: Sent, caller: Caller, given: Context, without: bool) -> bool:
    """Return whether a key that is ``sent`` with some requests may be part of this one; ``without``
    is whether the request says that it is not."""
    match sent:
        case "every request of an IAM user and no other":
            # What a user is called is known.
            return False
        case "every request with temporary credentials and no other":
            # Users and root users get them by GetSessionToken.
            return not (without and caller.kind in ("user", "root"))
        case "every request but those through a VPC endpoint":
            return not without and not any(map(given.values.get, VPC_KEYS))
    return True


def _ways(sources: dict[str, _Source], request: Request, same_account: bool) -> list[_Way]:
    """Return the ways in which the request can be allowed.

    Within an account: a resource-based policy that names a user or session itself is enough and no
    boundary limits it; one that names the role is limited by a boundary. Everyone as principal is
    enough too, an account only lets identity-based policies grant:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    Role trust policies and KMS key policies "must explicitly allow access". Across accounts both
    sides must allow:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    """
    itself, issuer, account = (sources[name] for name in ("itself", "issuer", "account"))
    limits = (sources["boundary"], sources["session"])
    of_identity = (sources["identity"], *limits)
    if request.caller.kind in ("service", "federated"):
        return [(itself,)]
    if not same_account:
        return [(named, *of_identity) for named in (itself, issuer, account)]
    if _must_grant_itself(request):
        return [(itself,), (issuer, *limits), (account, *of_identity)]
    return [(itself,), (issuer, *limits), of_identity]


def _missing(sources: dict[str, _Source], request: Request, same_account: bool) -> str:
    """Return in words why no way is open."""
    if not (sources["itself"] or sources["issuer"] or sources["account"]):
        if not sources["identity"]:
            return "implicit deny: no statement allows it"
        if not same_account or _must_grant_itself(request):
            return "implicit deny: the resource's own policy must allow it too"
    if not sources["boundary"]:
        return "implicit deny: the permissions boundary does not allow it"
    return "implicit deny: an identity-based policy must allow it too"


def _open(way: _Way) -> Truth:
    return all_of(any_of(truth for _, truth in source) for source in way)


def _once(found: Iterable[Statement | None]) -> tuple[Statement, ...]:
    return tuple(dict.fromkeys(statement for statement in found if statement is not None))


def _same_account(request: Request) -> tuple[bool, ...]:
    """Return whether caller and resource share an account: both answers when that is open."""
    account = request.resource_account
    if account is None and request.resource != "*":
        account = "".join(request.resource.split(":")[4:5])
        if not account.isdigit():
            # Such as the ARN of a bucket, which names no account.
            return (True, False)
    return (account is None or account == request.caller.account,)


def _must_grant_itself(request: Request) -> bool:
    """Return whether the resource's own policy must allow the request, also within an account.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html (2026-11).
    """
    # Segment by segment: an object s3:::b/x:kms:y:z:key/k is no key.
    form = "iam::*:role/*" if request.action.lower().startswith("sts:") else "kms:*:*:key/*"
    return bool(patterns.arn_like(f"arn:*:{form}", request.resource))


def _parts(
    statement: Statement, request: Request, context: Context, variables: bool
) -> Iterator[Truth]:
    patterns = statement.actions or statement.not_actions
    action = any(action_matches(pattern, request.action) for pattern in patterns)
    yield action if statement.actions else not action
    substituted = context if variables else None
    if statement.resources:
        yield any_of(_resource(p, request.resource, substituted) for p in statement.resources)
    if statement.not_resources:
        yield negated(
            any_of(_resource(p, request.resource, substituted) for p in statement.not_resources)
        )
    for condition in statement.conditions:
        yield holds(condition, context, variables)


def _resource(pattern: str, resource: str, context: Context | None) -> Truth:
    """Return whether ``pattern`` matches, its variables replaced after the fifth colon only.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement
    (2026-11); one without a value "will not match any resource", so NotResource excludes nothing.
    """
    *head, rest = pattern.split(":", 5)
    if len(head) == 5:
        known, rest = resolved(rest, context)
        return known and arn_matches(":".join([*head, rest]), resource)
    if arn_matches(pattern, resource):
        return True
    # What a shorter ARN matches is documented only where it ends in a star.
    padded = ":".join([*head, rest, *["*"] * (5 - len(head))])
    return None if arn_matches(padded, resource) else False


def _namings(principals: Iterable[Principal], caller: Caller) -> Iterator[_Naming]:
    """Yield each way in which ``principals`` name the caller.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    (2026-11): a wildcard is everyone or nothing, and an account can be its id or its root's ARN.
    """
    kind = {"service": "Service", "federated": "Federated"}.get(caller.kind, "AWS")
    for principal in principals:
        if principal.id == "*" and principal.kind in ("*", "AWS"):
            yield "itself"
        elif principal.kind == "CanonicalUser" and caller.account:
            yield "canonical"
        elif principal.kind != kind:
            pass
        elif caller.account and (
            principal.id == caller.account or principal.id.endswith(f":iam::{caller.account}:root")
        ):
            yield "itself" if caller.kind == "root" else "account"
        elif principal.id == caller.name:
            yield "itself"
        elif principal.id == caller.issuer:
            yield "issuer"


def _named(statement: Statement, caller: Caller, bounded: bool) -> tuple[Truth, set[_Naming]]:
    """Return whether a statement of a resource-based policy speaks of the caller, and how.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    (2026-11): a Deny with NotPrincipal always does if the caller has a permissions boundary. To be
    spared, a user must be listed with its account and a session with its role and account; to be
    listed in part "might" not be enough. NotPrincipal with Allow is not supported.
    """
    if statement.principals:
        named = set(_namings(statement.principals, caller))
        return (
            (None, {"account"}) if named == {"canonical"} else (bool(named), named - {"canonical"})
        )
    listed = set(_namings(statement.not_principals, caller))
    needed = {"itself", *(["issuer"] if caller.issuer else [])}
    if caller.kind != "root" and caller.account:
        needed.add("account")
    speaks: Truth = None if listed - {"account"} or statement.effect == "Allow" else True
    if needed <= listed:
        speaks = False
    return (bounded and statement.effect == "Deny") or speaks, {"itself"}


def _check(statement: Statement, of_resource: bool) -> None:
    """Raise ``MalformedPolicy`` or ``UnknownOperator`` for what IAM would not take.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html (2026-11).
    """
    problem = ""
    principals = statement.principals or statement.not_principals
    if bool(statement.actions) == bool(statement.not_actions):
        problem = "expected either Action or NotAction"
    elif statement.resources and statement.not_resources:
        problem = "expected Resource or NotResource, not both"
    elif not of_resource and principals:
        problem = "an identity-based policy has no Principal"
    elif not of_resource and not statement.resources and not statement.not_resources:
        problem = "expected either Resource or NotResource"
    elif of_resource and bool(statement.principals) == bool(statement.not_principals):
        problem = "a resource-based policy needs either Principal or NotPrincipal"
    elif {principal.kind for principal in principals} - set(_PRINCIPAL_KINDS):
        problem = f"a principal is one of {', '.join(_PRINCIPAL_KINDS)}"
    if problem:
        raise MalformedPolicy(f"statement {statement.sid or statement.document()}: {problem}")
    for condition in statement.conditions:
        parsed_operator(condition.operator)
