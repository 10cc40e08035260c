"""`gate diff`: who may do what they could not before, and the other way round; what is made, what
goes, what is replaced.

Rights are compared as what the policies mean: a policy in another order is no difference.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Literal

from athena_gate.gate.stack.model import Stack
from athena_gate.modules.command_line import to_run
from athena_gate.modules.iam.attached import Identity, ResourcePolicy, statements_of
from athena_gate.modules.iam.conditions import UnknownOperator
from athena_gate.modules.iam.difference import Right, more
from athena_gate.modules.iam.patterns import PatternsTooComplex
from athena_gate.modules.iam.policy import EVERYONE, Condition, Principal, Statement
from athena_gate.modules.iam.resource_policies import all_denies, meant, same
from athena_gate.modules.lake_formation import LakeGrant

What = Literal["more", "fewer"]
Fate = Literal["made", "gone", "replaced", "changed", "kept"]

# Attributes whose change makes the provider delete a resource and make another, as the provider's
# pages have them ("Forces new resource", or "Changing this ..."), and for the rest its source:
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs (2026-11). Whatever ties two
# resources together has no other life than that.
_REPLACES: Mapping[str, frozenset[str]] = {
    "aws_athena_data_catalog": frozenset({"name"}),
    "aws_athena_workgroup": frozenset({"name"}),
    "aws_cloudwatch_log_group": frozenset({"name"}),
    "aws_cloudwatch_metric_alarm": frozenset({"alarm_name"}),
    "aws_iam_access_key": frozenset({"user", "pgp_key"}),
    "aws_iam_instance_profile": frozenset({"name", "path"}),
    "aws_iam_openid_connect_provider": frozenset({"url"}),
    "aws_iam_policy": frozenset({"name", "path", "description"}),
    "aws_iam_role": frozenset({"name", "path"}),
    "aws_iam_role_policy": frozenset({"name", "role"}),
    "aws_iam_role_policy_attachment": frozenset({"role", "policy_arn"}),
    "aws_iam_user_policy_attachment": frozenset({"user", "policy_arn"}),
    "aws_lakeformation_permissions": frozenset(
        {
            *("catalog_resource", "data_location", "database", "lf_tag_policy", "permissions"),
            *("principal", "table", "table_with_columns"),
        }
    ),
    "aws_lambda_function": frozenset({"function_name", "package_type"}),
    "aws_lambda_permission": frozenset(
        {"action", "function_name", "principal", "source_account", "source_arn", "statement_id"}
    ),
    "aws_s3_bucket": frozenset({"bucket"}),
    "aws_s3_bucket_lifecycle_configuration": frozenset({"bucket"}),
    "aws_s3_bucket_ownership_controls": frozenset({"bucket"}),
    "aws_s3_bucket_policy": frozenset({"bucket"}),
    "aws_s3_bucket_public_access_block": frozenset({"bucket"}),
    "aws_s3_bucket_server_side_encryption_configuration": frozenset({"bucket"}),
    "aws_serverlessapplicationrepository_cloudformation_stack": frozenset({"name"}),
    "aws_sns_topic": frozenset({"name"}),
    "aws_sns_topic_policy": frozenset({"arn"}),
}
# Policies, which are compared as what they mean.
_POLICIES = ("policy", "assume_role_policy")


@dataclass(frozen=True, slots=True)
class Rights:
    """Requests that are allowed on one side and not on the other: those for ``actions`` on
    ``resources``, if ``conditions`` are met. ``otherwise`` are the conditions under which some of
    them are allowed on the other side, empty ones among them for a part of them. ``by`` is the name
    of the statement that allows them, or that denies them on the other side."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]
    otherwise: tuple[tuple[Condition, ...], ...]
    by: str


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody whose rights differ: an identity of the stack (``arn``), or whoever ``principal`` is
    in the policy of the resource ``arn``. With ``denied``, ``more`` is what that policy denies no
    longer, and ``fewer`` what it now denies. ``doubts`` says what could not be compared."""

    arn: str
    principal: Principal | None
    denied: bool
    more: tuple[Rights, ...]
    fewer: tuple[Rights, ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A resource that differs, by its Terraform address; ``name`` is what AWS calls it, and
    ``attributes`` are those that differ."""

    fate: Fate
    address: str
    name: str
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two syntheses of one stack. ``other`` are what else does: the account,
    where the state lies, what is handed over."""

    stack: str
    fate: Fate
    parties: tuple[Party, ...]
    parts: tuple[Part, ...]
    other: tuple[str, ...]


def compare(new: Iterable[Stack], old: Iterable[Stack]) -> tuple[Difference, ...]:
    """Return the stacks that differ, by name, and how."""
    now = {stack.name: stack for stack in new}
    before = {stack.name: stack for stack in old}
    found = (_stack(now.get(name), before.get(name)) for name in sorted({*now, *before}))
    return tuple(one for one in found if one.parties or one.parts or one.other)


def _stack(new: Stack | None, old: Stack | None) -> Difference:
    name, fate = (new or old).name, "changed"  # type: ignore[union-attr]
    if new is None or old is None:
        fate = "made" if old is None else "gone"
    parties = [*_identities(new, old), *_places(new, old)]
    parts, other = tuple(_parts(new, old)), tuple(_other(new, old))
    return Difference(name, fate, tuple(parties), parts, other)  # type: ignore[arg-type]


# -- rights --------------------------------------------------------------------------------------


def _identities(new: Stack | None, old: Stack | None) -> Iterator[Party]:
    now = {one.arn: one for one in new.identities} if new else {}
    before = {one.arn: one for one in old.identities} if old else {}
    given, gave = _lake(new), _lake(old)
    for arn in dict.fromkeys((*now, *before, *given, *gave)):
        found = party(arn, None, _granted(new, now.get(arn)), _granted(old, before.get(arn)))
        more, fewer = ({**some.get(arn, {})} for some in (given, gave))
        gained = _lake_rights(one for one in more if one not in fewer)
        lost = _lake_rights(one for one in fewer if one not in more)
        if gained or lost:
            found = found or Party(arn, None, False, (), ())
            found = replace(found, more=(*found.more, *gained), fewer=(*found.fewer, *lost))
        if found:
            yield found


def _lake(stack: Stack | None) -> dict[str, dict[LakeGrant, None]]:
    """Return what Lake Formation gives in ``stack``, each permission by itself, by whom."""
    found: dict[str, dict[LakeGrant, None]] = {}
    for grant in stack.lake_grants if stack else ():
        found.setdefault(grant.principal, {}).update(dict.fromkeys(grant.each()))
    return found


def _lake_rights(grants: Iterable[LakeGrant]) -> tuple[Rights, ...]:
    """Return grants of Lake Formation as rights, those on one thing together."""
    permissions: dict[str, list[str]] = {}
    for grant in grants:
        permissions.setdefault(str(grant.on), []).extend(grant.permissions)
    return tuple(
        Rights(tuple(f"Lake Formation: {one}" for one in some), (on,), (), (), "Lake Formation")
        for on, some in permissions.items()
    )


def _granted(stack: Stack | None, identity: Identity | None) -> list[Statement]:
    """Return the statements that say what ``identity`` may; of a policy that stands elsewhere
    nothing is known but its name."""
    if stack is None or identity is None:
        return []
    elsewhere = (
        Statement("Allow", (f"(what {arn} allows)",), ("*",)) for arn in identity.aws_managed
    )
    return [*statements_of(identity.policies), *elsewhere, *all_denies(stack)]


def _places(new: Stack | None, old: Stack | None) -> Iterator[Party]:
    now = {(one.kind, one.arn): one for one in new.resource_policies} if new else {}
    before = {(one.kind, one.arn): one for one in old.resource_policies} if old else {}
    for key in dict.fromkeys((*now, *before)):
        one, other = now.get(key), before.get(key)
        mine, theirs = _meant(one), _meant(other)
        named = [who for statement in (*mine, *theirs) for who in statement.principals]
        for principal in dict.fromkeys(_known(who, named) for who in named):
            found = party(key[1], principal, _of(principal, mine), _of(principal, theirs))
            if found:
                yield found
            denied = party(
                key[1], principal, _denied(principal, theirs), _denied(principal, mine), denied=True
            )
            # A resource that is new or gone denies nothing that was allowed.
            if denied and one and other:
                yield denied


def _meant(place: ResourcePolicy | None) -> list[Statement]:
    return [meant(place, one) for one in place.policy.statements] if place else []


def _known(who: Principal, named: Sequence[Principal]) -> Principal:
    """Return the first of ``named`` that is the same as ``who``."""
    return next(one for one in named if same(one, who))


def _of(principal: Principal, statements: Sequence[Statement]) -> list[Statement]:
    """Return the statements that speak of ``principal``, as an identity's own."""
    return [
        replace(one, principals=())
        for one in statements
        if any(same(principal, who) or who == EVERYONE for who in one.principals)
    ]


def _denied(principal: Principal, statements: Sequence[Statement]) -> list[Statement]:
    """Return what is denied to ``principal`` by its name, as if it were allowed."""
    return [
        replace(one, effect="Allow", principals=())
        for one in statements
        if one.effect == "Deny" and any(same(principal, who) for who in one.principals)
    ]


def party(
    arn: str,
    principal: Principal | None,
    new: Sequence[Statement],
    old: Sequence[Statement],
    denied: bool = False,
) -> Party | None:
    """Return what differs for the identity ``arn``, or for ``principal`` by the policy of the
    resource ``arn``, between the statements ``new`` and ``old``; ``None`` for nothing."""
    doubts: list[str] = []
    gained, lost = _rights(new, old, doubts), _rights(old, new, doubts)
    if not (gained or lost or doubts):
        return None
    return Party(arn, principal, denied, gained, lost, tuple(dict.fromkeys(doubts)))


def _rights(
    new: Sequence[Statement], old: Sequence[Statement], doubts: list[str]
) -> tuple[Rights, ...]:
    """Return what ``new`` allows and ``old`` does not, what is alike together."""
    try:
        found = list(more(new, old))
    except (PatternsTooComplex, UnknownOperator) as error:
        doubts.append(str(error))
        return ()
    actions: dict[tuple[Any, ...], dict[str, None]] = {}
    for one in found:
        actions.setdefault(_but_action(one), {})[one.action] = None
    resources: dict[tuple[Any, ...], dict[str, None]] = {}
    for (resource, *rest), some in actions.items():
        resources.setdefault((tuple(some), *rest), {})[resource] = None
    return tuple(
        Rights(some, tuple(where), conditions, otherwise, by)
        for (some, conditions, otherwise, by), where in resources.items()
    )


def _but_action(right: Right) -> tuple[Any, ...]:
    return right.resource, right.conditions, right.otherwise, right.sid


# -- resources -----------------------------------------------------------------------------------


def _parts(new: Stack | None, old: Stack | None) -> Iterator[Part]:
    now, before = _resources(new), _resources(old)
    for address in sorted({*now, *before}):
        one, other = now.get(address), before.get(address)
        if one is None or other is None:
            body: Mapping[str, Any] = one or other or {}
            yield Part("made" if other is None else "gone", address, _called(body))
            continue
        differs = tuple(
            name
            for name in sorted({*one, *other})
            if name not in _POLICIES and one.get(name) != other.get(name)
        )
        if differs:
            replaces = _REPLACES.get(address.partition(".")[0], frozenset())
            ignored = set(one.get("lifecycle", {}).get("ignore_changes", ()))
            fate: Fate = "replaced" if replaces & (set(differs) - ignored) else "changed"
            if set(differs) <= ignored:
                fate = "kept"
            yield Part(fate, address, _called(one), differs)


def _resources(stack: Stack | None) -> dict[str, Mapping[str, Any]]:
    """Return the resources by their Terraform addresses."""
    by_type = stack.content.get("resource", {}) if stack else {}
    return {
        f"{kind}.{name}": {key: value for key, value in body.items() if key != "//"}
        for kind, some in by_type.items()
        for name, body in some.items()
    }


def _called(body: Mapping[str, Any]) -> str:
    """Return what AWS calls a resource, or an empty text for one that it gives no name."""
    names = (body.get(key) for key in ("name", "bucket", "function_name", "url"))
    return next((one for one in names if isinstance(one, str) and "${" not in one), "")


def _other(new: Stack | None, old: Stack | None) -> Iterator[str]:
    if new is None or old is None:
        return
    for before, now in zip(old.accounts, new.accounts, strict=False):
        if before != now:
            yield f"account {before} becomes {now}: everything is made anew there"
    for before, now in zip(old.regions, new.regions, strict=False):
        if before != now:
            yield f"region {before} becomes {now}: everything of it is made anew there"
    changed = _of_providers(new, old)
    if changed:
        yield f"the provider changes: {', '.join(changed)}"
    if _state(new) != _state(old):
        yield f"the state lies elsewhere: {to_run('check --against')} says how to move it"
    changed = _handed(new, old)
    if changed:
        yield f"what is handed over changes: {', '.join(changed)}"


def _of_providers(new: Stack, old: Stack) -> list[str]:
    """Return the arguments of providers that differ but account and region."""
    now, before = (stack.content.get("provider", {}).get("aws", []) for stack in (new, old))
    changed: dict[str, None] = {}
    nothing: Mapping[str, Any] = {}
    for one, other in zip_longest(now, before, fillvalue=nothing):
        differs = (name for name in (*one, *other) if one.get(name) != other.get(name))
        changed |= dict.fromkeys(differs)
    return [name for name in changed if name not in ("region", "allowed_account_ids")]


def _state(stack: Stack) -> Any:
    terraform = stack.content.get("terraform", {})
    local = terraform.get("backend", {}).get("local")
    # Its folder is that of the synthesis.
    return (
        local["path"].rpartition("/")[2]
        if local
        else (terraform.get("backend"), terraform.get("cloud"))
    )


def _handed(new: Stack, old: Stack) -> list[str]:
    now, before = (
        stack.content.get("output", {}).get("handoff", {}).get("value", {}) for stack in (new, old)
    )
    named = dict.fromkeys((*now, *before))
    return [name for name in named if _unordered(now.get(name)) != _unordered(before.get(name))]


def _unordered(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, list) else value
