"""What was made by hand, as AWS answers, and what adopting it would do."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from athena_gate.gate.adopt import Adoption, Identity, Import, Old
from athena_gate.gate.diff import Party, party
from athena_gate.gate.explain import words
from athena_gate.gate.recover import KEYS_OF_A_USER
from athena_gate.gate.recover.account import (
    Account,
    Standing,
    bucket_there,
    looks_for,
)
from athena_gate.gate.recover.wanted import TAG, Wanted, wanted
from athena_gate.gate.stack.state import State
from athena_gate.gate.text import counted
from athena_gate.modules.command_line import to_run
from athena_gate.modules.iam.arn import Arns
from athena_gate.modules.iam.policy import (
    ATTACHED_POLICIES_LIMIT,
    MalformedPolicy,
    Policy,
    Statement,
)
from athena_gate.stacks.configuration import ConfiguredBlock

_IDENTITIES = {"aws_iam_user": "user", "aws_iam_role": "role"}
_HOUR = 3600
# 2026-11: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
# and aws-attribute-deletionpolicy.html
_CLOUDFORMATION = "aws:cloudformation:stack-name"


def user(account: Account, name: str) -> Identity | None:
    """Return the user ``name``, if there is one. Raises ``NotAllowed``."""
    found = account.ask("iam", "get_user", UserName=name)
    if found is None:
        return None
    of = {"UserName": name}
    inline = account.listed("list_user_policies", "PolicyNames", **of)
    documents = {
        one: account.still("iam", "get_user_policy", **of, PolicyName=one)["PolicyDocument"]
        for one in inline
    }
    groups = account.listed("list_groups_for_user", "Groups", **of)
    attached = account.listed("list_attached_user_policies", "AttachedPolicies", **of)
    return Identity(
        "user",
        *(name, found["User"]["Arn"], found["User"]["Path"]),
        boundary=_boundary(found["User"]),
        attached=_arns(attached),
        inline=documents,
        groups=tuple(one["GroupName"] for one in groups),
        keys=tuple(account.access_keys(name)),
        tags=_tags(found["User"]),
    )


def role(account: Account, name: str) -> Identity | None:
    """Return the role ``name``, if there is one. Raises ``NotAllowed``."""
    found = account.ask("iam", "get_role", RoleName=name)
    if found is None:
        return None
    of = {"RoleName": name}
    inline = account.listed("list_role_policies", "PolicyNames", **of)
    documents = {
        one: account.still("iam", "get_role_policy", **of, PolicyName=one)["PolicyDocument"]
        for one in inline
    }
    attached = account.listed("list_attached_role_policies", "AttachedPolicies", **of)
    return Identity(
        "role",
        *(name, found["Role"]["Arn"], found["Role"]["Path"]),
        boundary=_boundary(found["Role"]),
        attached=_arns(attached),
        inline=documents,
        tags=_tags(found["Role"]),
        trust=_policy(found["Role"]["AssumeRolePolicyDocument"]),
        session=found["Role"].get("MaxSessionDuration", _HOUR),
    )


def examine(
    block: ConfiguredBlock,
    content: Mapping[str, Any],
    state: State | None,
    account: Account,
    others: Iterable[ConfiguredBlock] = (),
) -> Adoption:
    """Return what stands of what ``block`` adopts, and what is to be done; ``content`` is its
    stack's JSON, ``others`` are the other blocks of gate.hcl. Without a ``state``, what has the tag
    of the block counts as known to it. Raises ``NotAllowed``."""
    settings, asked = block.settings, wanted(content)
    adopted = settings.adopted
    kept = {
        "aws_iam_user": adopted.user,
        "aws_iam_role": adopted.role,
        "aws_athena_workgroup": adopted.workgroup,
        "aws_s3_bucket": settings.made_buckets[0] if adopted.bucket else None,
    }
    imports: dict[str, Import] = {}
    stops: list[str] = []
    notes: list[str] = []
    for one in asked:
        name, known = kept.get(one.type), _known(one, state, account)
        if name is None:
            if known is None and looks_for(one.type) and (found := account.stands(one)):
                stops.append(_in_the_way(block, one, found))
        elif known is None:
            imports[one.type] = Import(one.address, name)
        elif not one.is_known(known):
            other = known.get("name", known.get("bucket", known.get("id")))
            stops.append(
                f"the stack is deployed with {other!r} in the place of {name!r}: run "
                f"{to_run(f'destroy {block.stack}')} before the names are kept, or keep {other!r}"
            )
    identity = _identity(adopted, account)
    required = _attached(block, asked)
    if identity is None and (name := adopted.user or adopted.role):
        kind = "user" if adopted.user else "role"
        stops.append(f"no {kind} is called {name!r} in account {settings.account.id}")
    elif identity is not None and f"aws_iam_{identity.kind}" in imports:
        stops += _of_identity(block, identity, asked, required)
        notes += _changes(block, identity)
    for kind, look in (("aws_athena_workgroup", _of_workgroup), ("aws_s3_bucket", _of_bucket)):
        if kind in imports:
            name = imports[kind].id
            called = f"the {kind.rpartition('_')[2]} {name!r}"
            tagged = _of_tags(block, called, _tags_of(account, kind, name))
            for wrong, said in (tagged, look(account, settings, name)):
                stops, notes = [*stops, *wrong], [*notes, *said]
    attached = identity.attached if identity else ()
    mine = required | _of_others(others, settings) if identity else required
    return Adoption(
        block.title,
        block.stack,
        identity,
        tuple(key for key in identity.keys if key.id not in state.keys)
        if identity and state
        else (),
        tuple(imports.values()),
        Old(
            tuple(one for one in attached if one not in mine),
            tuple(identity.inline),
            identity.groups,
        )
        if identity
        else Old(),
        required.intersection(attached),
        required,
        tuple(stops),
        tuple(notes),
    )


def _known(one: Wanted, state: State | None, account: Account) -> Mapping[str, Any] | None:
    """Return the attributes of what the state has at the address of ``one``."""
    if state is not None:
        return state.resources.get(one.address)
    found = account.stands(one) if looks_for(one.type) else None
    return one.arguments if found and found.tag == one.tag else None


def _in_the_way(block: ConfiguredBlock, one: Wanted, found: Standing) -> str:
    what = one.type.removeprefix("aws_").replace("_", " ")
    if found.tag == one.tag:
        return f"{what} {found.id} is left of an earlier run: {to_run(f'recover {block.stack}')}"
    return (
        f"{what} {found.id} exists, and the apply would fail at it: adopt it as well where gate "
        "adopt has an option for it, or have the block name or make another"
    )


def given_up(found: Adoption, account: Account) -> tuple[Party | None, list[str]]:
    """Return what is allowed by what was attached by hand and not by the block's policies; and in
    words what of it does more than allow, or could not be read. Raises ``NotAllowed``."""
    identity = found.identity
    assert identity is not None
    texts = [(f"the inline policy {name}", identity.inline[name]) for name in found.old.inline]
    for name in found.old.groups:
        texts += [(f"the group {name}", text) for text in _of_group(name, account)]
    texts += [(arn, _document(arn, account)) for arn in found.old.attached]
    kept = [_policy(_document(arn, account)) for arn in sorted(found.new)]
    new = [one for policy in kept if policy for one in policy.statements]
    old: list[Statement] = []
    more: list[str] = []
    for name, text in texts:
        if (policy := _policy(text)) is None:
            more.append(f"{name} cannot be read here: what only it allows or refuses is not shown")
            continue
        old += policy.statements
        if any(one.effect == "Deny" for one in policy.statements):
            more.append(f"{name} refuses something; without it more may be allowed")
    # A group has several.
    return party(identity.arn, None, new, [*new, *old]), [*dict.fromkeys(more)]


def _document(arn: str, account: Account) -> Any:
    policy = account.still("iam", "get_policy", PolicyArn=arn)
    version = policy["Policy"]["DefaultVersionId"]
    found = account.still("iam", "get_policy_version", PolicyArn=arn, VersionId=version)
    return found["PolicyVersion"]["Document"]


def _of_group(name: str, account: Account) -> list[Any]:
    of = {"GroupName": name}
    attached = account.listed("list_attached_group_policies", "AttachedPolicies", **of)
    inline = account.listed("list_group_policies", "PolicyNames", **of)
    return [
        *(_document(one["PolicyArn"], account) for one in attached),
        *(
            account.still("iam", "get_group_policy", **of, PolicyName=one)["PolicyDocument"]
            for one in inline
        ),
    ]


def _identity(adopted: Any, account: Account) -> Identity | None:
    if adopted.user:
        return user(account, adopted.user)
    return role(account, adopted.role) if adopted.role else None


def _attached(block: ConfiguredBlock, asked: Sequence[Wanted]) -> frozenset[str]:
    """Return the ARNs of the policies that the stack of ``block`` attaches."""
    arns = block.settings.account.arns
    made = (one.arguments for one in asked if one.type == "aws_iam_policy")
    return frozenset(
        (
            *(_policy_arn(arns, of["name"], of.get("path", "/")) for of in made),
            *block.integration.managed(block.settings),
        )
    )


def _policy_arn(arns: Arns, name: str, path: str) -> str:
    return f"arn:{arns.partition}:iam::{arns.account}:policy{path}{name}"


def _of_others(blocks: Iterable[ConfiguredBlock], settings: Any) -> frozenset[str]:
    """Return the ARNs of the policies that other blocks may have attached to what ``settings``
    adopt: those that they make in its account, and those of AWS that they attach to a role of that
    name."""
    found: set[str] = set()
    for block in blocks:
        if settings.account.id not in {account.id for account in block.settings.accounts}:
            continue
        for one in block.integration.resources(block.settings):
            if one.type == "aws_iam_policy":
                of = one.arguments
                found.add(_policy_arn(settings.account.arns, of["name"], of.get("path", "/")))
            elif one.arguments.get("role") == settings.identity_name:
                found.add(str(one.arguments.get("policy_arn")))
    return frozenset(found)


def _of_identity(
    block: ConfiguredBlock, found: Identity, asked: Sequence[Wanted], policies: frozenset[str]
) -> Iterator[str]:
    """Yield what keeps a user or role from being adopted."""
    settings = block.settings
    what = f"the {found.kind} {found.name!r}"
    if found.path != settings.path:
        # Of a role it is replaced, of a user it moves, and the ARN that others name with it.
        path = json.dumps(found.path)
        yield f"{what} has the path {path}, which its ARN has in it: set path = {path} in the block"
    if found.boundary != settings.permissions_boundary and found.boundary:
        yield (
            f"{what} is bounded by {found.boundary}, which would be taken off: set "
            f"permissions_boundary = {json.dumps(found.boundary)} in the block"
        )
    yield from _of_tags(block, what, found.tags)[0]
    count = len(policies.union(found.attached))
    if count > ATTACHED_POLICIES_LIMIT:
        yield (
            f"{what} would have {count} managed policies until the old ones are detached, and AWS "
            f"attaches {ATTACHED_POLICIES_LIMIT} at most: detach some that its work does not need"
        )
    keys = sum(one.type == "aws_iam_access_key" for one in asked)
    if len(found.keys) + keys > KEYS_OF_A_USER:
        yield (
            f"{what} has {counted(len(found.keys), 'access key')} and the block makes "
            f"{keys} more, where IAM takes {KEYS_OF_A_USER}: delete one that nobody uses"
        )


def _changes(block: ConfiguredBlock, found: Identity) -> Iterator[str]:
    settings = block.settings
    what = f"the {found.kind} {found.name!r}"
    if settings.restricted_to_vendor_ips:
        addresses = ", ".join(settings.profile.addresses)
        yield (
            f"from the apply on {what} is refused anywhere but at {addresses}, before anything is "
            "detached; restrict_to_vendor_ips = false leaves it as it was"
        )
    if settings.only_from is not None:
        places = ", ".join((*settings.only_from.addresses, *settings.only_from.vpc_endpoints))
        yield (
            f"from the apply on {what} is refused anywhere but at {places}, before anything is "
            "detached; leave only_from out until then"
        )
    if settings.until is not None:
        yield f"{what} ends with {settings.until}, whatever is attached by hand"
    if settings.permissions_boundary is not None and found.boundary is None:
        yield (
            f"from the apply on {what} is bounded by {settings.permissions_boundary}, before "
            "anything is detached"
        )
    yield from _of_tags(block, what, found.tags)[1]
    if found.kind == "role":
        if found.session != _HOUR:
            yield f"sessions of {what} last {_HOUR} s at most after the apply, not {found.session}"
        (trust,) = block.integration.trusts(settings).values()
        now, then = _takers(found.trust), _takers(trust)
        if now != then:
            yield (
                f"from the apply on, before anything is detached, {what} may be taken by {then}; "
                f"until then by {now}"
            )


def _takers(trust: Policy | None) -> str:
    """Return who may take the role that ``trust`` opens, in words."""
    if trust is None:
        return "nobody that could be read"
    found = []
    for one in trust.statements:
        who = words.joined(map(words.principal, one.principals))
        where = words.conditions(one.conditions)
        deny = "" if one.effect == "Allow" else "not "
        found.append(f"{deny}{who}{f', {where}' if where else ''}")
    return "; or ".join(found)


def _of_workgroup(account: Account, settings: Any, name: str) -> tuple[list[str], list[str]]:
    found = account.ask("athena", "get_work_group", WorkGroup=name) or {}
    if not found.get("WorkGroup"):
        return [f"no workgroup is called {name!r} in {settings.account.region}"], []
    configuration = found["WorkGroup"].get("Configuration", {})
    before = (
        configuration.get("ResultConfiguration", {}).get("OutputLocation") or "nowhere of its own"
    )
    return [], [
        f"whoever queries in the workgroup {name!r} gets the block's limits, and results go where "
        f"the block says, not to {before}"
    ]


def _of_bucket(account: Account, settings: Any, name: str) -> tuple[list[str], list[str]]:
    there, whose = bucket_there(account, name)
    if not there:
        return [f"no bucket of yours is called {name!r}"], []
    if whose:
        return [f"the bucket {name!r} is {whose}"], []
    theirs = "keep it as it is: set create = false (create_bucket = false) and remove bucket = true"
    stops = []
    where = account.ask("s3", "get_bucket_location", Bucket=name) or {}
    region = where.get("LocationConstraint") or "us-east-1"
    if region != settings.account.region:
        stops.append(f"the bucket {name!r} is in {region}, not in {settings.account.region}")
    if account.ask("s3", "get_bucket_policy", Bucket=name) is not None:
        stops.append(f"the bucket {name!r} has a policy, which would be replaced: {theirs}")
    if account.ask("s3", "get_bucket_lifecycle_configuration", Bucket=name) is not None:
        stops.append(f"the bucket {name!r} has lifecycle rules, which would be replaced: {theirs}")
    found = account.ask("s3", "get_bucket_encryption", Bucket=name) or {}
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    keys = {
        one.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID") for one in rules
    }
    asked = settings.results.kms_key if hasattr(settings, "results") else settings.kms_key
    for key in sorted(filter(None, keys - {asked})):
        stops.append(f"the bucket {name!r} is encrypted with {key}: set kms_key to it")
    return stops, [
        f"the bucket {name!r} is closed to the public and to plain HTTP from the apply on"
    ]


def _tags_of(account: Account, kind: str, name: str) -> dict[str, str]:
    """Return the tags of the workgroup or bucket ``name``, none of one that is not there."""
    if kind == "aws_s3_bucket":
        if bucket_there(account, name) != (True, ""):
            return {}
        answer = account.ask("s3", "get_bucket_tagging", Bucket=name)
        return _tags({"Tags": (answer or {}).get("TagSet", ())})
    arn = account.arn("athena", f"workgroup/{name}")
    return _tags(account.ask("athena", "list_tags_for_resource", ResourceARN=arn) or {})


def _of_tags(
    block: ConfiguredBlock, what: str, tags: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Return what the ``tags`` of ``what`` are to its adoption: what keeps it from being adopted,
    and what changes."""
    kept = {*block.settings.account.tags, TAG}
    # Those of AWS's own stay.
    gone = sorted(name for name in tags if name not in kept and not name.startswith("aws:"))
    other, stack = tags.get(TAG), tags.get(_CLOUDFORMATION)
    managed = [
        f"{what} is of the CloudFormation stack {stack}, which goes on changing it until it lets "
        "go of it (DeletionPolicy: Retain)"
    ]
    return (
        [f"{what} belongs to the block {other}, as its tag athena-gate says"]
        if other not in (None, block.tag)
        else [],
        [
            f"the tag {name!r} of {what} is removed; tags in the account's block are kept"
            for name in gone
        ]
        + (managed if stack else []),
    )


def _boundary(found: Mapping[str, Any]) -> str | None:
    boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return None if boundary is None else str(boundary)


def _arns(attached: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(one["PolicyArn"] for one in attached)


def _tags(found: Mapping[str, Any]) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in found.get("Tags", ())}


def _policy(document: object) -> Policy | None:
    try:
        return Policy.from_json(document if isinstance(document, str) else json.dumps(document))
    except (MalformedPolicy, ValueError):
        return None
