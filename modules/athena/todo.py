"""What others must do, in the parts that several integrations share: what the policies of buckets
and keys of other accounts must say, who must be allowed to take a role, and how a workgroup must be
set that is not made here.

Both sides must allow a request across accounts:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
(2026-11).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from athena_gate.modules.account import Account
from athena_gate.modules.athena import alarm
from athena_gate.modules.athena.alarm import Watched
from athena_gate.modules.athena.governed import Data, governed, tagged
from athena_gate.modules.athena.settings import Results, Source
from athena_gate.modules.iam.arn import account_of
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from athena_gate.modules.iam.todo import Rests, ToDo, sid_of
from athena_gate.modules.lake_formation import (
    Catalog,
    Columns,
    Database,
    LakeGrant,
    Location,
    On,
    Tables,
    Tagged,
    sorted_tags,
)

# What a bucket of another account must say, and a key of one (2026-11).
BUCKETS = "https://docs.aws.amazon.com/athena/latest/ug/cross-account-permissions.html"
KEYS = "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html"
RESULTS = (
    "https://docs.aws.amazon.com/athena/latest/ug/query-results-specify-location-workgroup.html"
)
ROLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html"
# How a workgroup is set, and what a topic and its key must say (2026-11).
MANAGED = "https://docs.aws.amazon.com/athena/latest/ug/managed-results.html"
WORKGROUPS = (
    "https://docs.aws.amazon.com/athena/latest/ug/workgroups-manage-queries-control-costs.html"
)
GRANTS = "https://docs.aws.amazon.com/lake-formation/latest/dg/granting-catalog-permissions.html"
# "Can access only Data Catalog resources ... that are assigned" the tags (2026-11).
LF_TAGS = "https://docs.aws.amazon.com/lake-formation/latest/dg/lf-tag-considerations.html"
ACCESS_POINTS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html"
TOPIC = "https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html"
TOPIC_KEY = "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"


def called(arn: str) -> str:
    """Return ``the role dot-reporting`` for its ARN, or ``account 111122223333`` for an account."""
    if arn.isdigit():
        return f"account {arn}"
    kind, _, name = arn.split(":", 5)[5].partition("/")
    return f"the {kind} {name.rpartition('/')[2]}"


def owner_of(account: str) -> str:
    """Return who must do what is to be done in the account with this id."""
    return f"account {account}"


def elsewhere(
    account: Account,
    owners: Mapping[str, str],
    keys: Iterable[str | None],
    policy: Policy,
    who: Iterable[str],
) -> Iterator[ToDo]:
    """Yield what the policies of those buckets and keys must say that are not ``account``'s:
    ``owners`` are their accounts by bucket, and of ``keys`` the ARNs say whose they are.

    It is what ``policy`` grants on them, given to ``who`` (ARNs of users and roles, or the id of an
    account) from the other side.
    """
    who = tuple(who)
    names = " and ".join(map(called, who))
    for bucket, owner in owners.items():
        arn = account.arns.bucket(bucket)
        theirs = other_side(policy, arn, who)
        if not theirs.statements:
            continue
        writes = any("s3:PutObject" in one.actions for one in theirs.statements)
        verb = "read and write it" if writes else "read it"
        says = f"the policy of bucket {bucket} lets {names} {verb}"
        yield ToDo("bucket", owner_of(owner), says, BUCKETS, owner, arn, theirs)
    for key in dict.fromkeys(key for key in keys if key and account_of(key) != account.id):
        theirs = other_side(policy, key, who)
        if not theirs.statements:
            continue
        encrypts = any("kms:GenerateDataKey" in one.actions for one in theirs.statements)
        verb = "encrypt and decrypt" if encrypts else "decrypt"
        says = f"the policy of key {key.rpartition('/')[2]} lets {names} {verb} with it"
        yield ToDo("key", owner_of(account_of(key)), says, KEYS, account_of(key), key, theirs)


def shared_workgroup(
    name: str, owner: str | None, account: Account, bucket: str
) -> tuple[ToDo, ...]:
    """Return what must be so of a workgroup that is not made here where results go to ``bucket`` of
    ``owner``, the id of another account; nothing where they stay in ``account``."""
    if owner in (None, account.id):
        return ()
    says = (
        f"the workgroup {name} of account {account.id} expects no other owner of the results' "
        f"bucket than {owner}, and gives that one full control of them"
    )
    arn = account.arns.bucket(bucket)
    rests = (Rests(("s3:*",), (arn, f"{arn}/*"), by_services=True),)
    return (ToDo("results-owner", "you", says, RESULTS, rests=rests),)


def other_side(policy: Policy, resource: str, who: Iterable[str]) -> Policy:
    """Return what the policy of ``resource``, an ARN, must say so that what ``policy`` allows on it
    is allowed to ``who`` across accounts.

    In the policy of a key a star is that key:
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html (2026-11).
    """
    who, place = tuple(who), ToDo("", "", "", "", resource=resource)
    service = resource.split(":")[2]
    found = []
    for one in policy.statements:
        resources = tuple(pattern for pattern in one.resources if place.governs(pattern))
        if one.effect != "Allow" or not resources:
            continue
        found.append(
            replace(
                one,
                sid=f"{sid_of(who)}{one.sid}",
                actions=tuple(a for a in one.actions if a.startswith(f"{service}:")),
                resources=("*",) if service == "kms" else resources,
                principals=tuple(Principal("AWS", arn) for arn in who),
            )
        )
    return Policy(tuple(found))


def take_role(role: str, account: str, taken: str) -> tuple[ToDo, ...]:
    """Return that ``role``, an ARN, must be allowed to take the role ``taken`` by its own policies;
    nothing where it is in ``account``, whose trust policy is enough."""
    owner = account_of(role)
    if owner == account:
        return ()
    says = f"the policies of {called(role)} let it take {called(taken)}: sts:AssumeRole on {taken}"
    return (ToDo("take-role", owner_of(owner), says, ROLES, owner, by=role),)


def lake_formation(
    grants: tuple[LakeGrant, ...], account: Account, data: Data, left: bool
) -> Iterator[ToDo]:
    """Yield what whoever administers Lake Formation in ``account`` must do for ``grants``: make
    them, where they are ``left`` to others, and assign the LF-tags that they are by. ``data`` are
    the databases that are read and written, and where their tables may lie."""
    who = f"a data lake administrator of account {account.id}"
    for grant in grants if left else ():
        yield ToDo(
            "lake-formation",
            who,
            f"Lake Formation gives {called(grant.principal)} {grant.says}",
            GRANTS,
            account.id,
            run=_granting(grant, account.region),
            rests=governed(grant, grants, account.arns, data),
        )
    for grant in grants:
        says, rests = tagged(grant, grants, account.arns, data)
        if rests:
            yield ToDo("lake-formation-tags", who, says, LF_TAGS, account.id, rests=rests)


def workgroup_of_others(
    account: Account, name: str, results: Results, location: str | None, watched: Watched | None
) -> tuple[ToDo, ...]:
    """Return how the workgroup ``name`` of ``account`` must be set, which is not made here."""
    if results.managed:
        set_to = "keeps results in Athena (managed query results)"
        if results.kms_key:
            set_to += f", encrypted with {results.kms_key}"
    else:
        set_to = f"writes results to {location}, or does not override where clients say they go"
    metrics = ", and publishes its metrics to CloudWatch" if watched else ""
    says = f"the workgroup {name} exists in account {account.id}, {set_to}{metrics}"
    page = MANAGED if results.managed else WORKGROUPS
    places = (location,) if location else ()
    return (
        ToDo("workgroup", "you", says, page, rests=in_workgroup(account, name, places, watched)),
    )


def in_workgroup(
    account: Account, name: str, places: Iterable[str], watched: Watched | None = None
) -> tuple[Rests, ...]:
    """Return the requests that rest on how the workgroup ``name`` is set: those to it, what Athena
    writes for it to ``places`` (S3 URIs), and what its alarms tell."""
    arns = account.arns
    objects = tuple(f"{arns.bucket(place.removeprefix('s3://'))}*" for place in places)
    return (
        Rests(("athena:*",), (arns.workgroup(name),)),
        *((Rests(("s3:*",), objects, by_services=True),) if objects else ()),
        *((Rests(("sns:Publish",), (watched.topic,)),) if watched else ()),
    )


def managed_results(
    account: Account, workgroup: str, key: str | None, client: str
) -> tuple[ToDo, ...]:
    """Return what managed results ask of the ``client``, and of the policy of their ``key``."""
    says = f"{client} names no location of results: Athena refuses one beside managed results"
    arn = account.arns.workgroup(workgroup)
    started = (Rests(("athena:StartQueryExecution",), (arn,)),)
    found = (ToDo("results-location", client, says, MANAGED, rests=started),)
    if not key:
        return found
    used = (Rests(("kms:Decrypt", "kms:GenerateDataKey"), (key,), about=arn),)
    owner = account_of(key)
    statement = Statement(
        "Allow",
        sid=f"{sid_of([workgroup])}AthenaManagedResults",
        why="Athena encrypts what it keeps, for this workgroup.",
        principals=(Principal("Service", "encryption.athena.amazonaws.com"),),
        actions=("kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"),
        resources=("*",),
        conditions=(
            Condition("ArnLike", "kms:EncryptionContext:aws:athena:arn", (arn,)),
            Condition("ArnLike", "aws:SourceArn", (arn,)),
            Condition("StringEquals", "aws:SourceAccount", (account.id,)),
        ),
    )
    named = key.rpartition("/")[2]
    says = f"the policy of key {named} lets Athena encrypt the results of workgroup {workgroup}"
    policy = Policy((statement,))
    who = owner_of(owner)
    return (*found, ToDo("results-key", who, says, MANAGED, owner, key, policy, rests=used))


def told(watched: Watched | None) -> tuple[ToDo, ...]:
    """Return what the topic of alarms needs that is not made here, and the key of one that is."""
    if watched is None:
        return ()
    topic, key = watched.topic, watched.alarm.kms_key
    if watched.alarm.topic:
        says = f"the policy of {topic} lets CloudWatch tell it of {watched.name}'s alarms"
        owner, policy = account_of(topic), watched.publish()
        return (ToDo("topic", owner_of(owner), says, TOPIC, owner, topic, policy),)
    says, rests = f"somebody subscribes to {topic}", (Rests(("sns:Publish",), (topic,)),)
    found = (ToDo("subscribers", "you", says, alarm.PAGE, by=topic, rests=rests),)
    if not key:
        return found
    says = f"the policy of key {key.rpartition('/')[2]} lets CloudWatch use it for {topic}"
    owner, policy = account_of(key), watched.encrypt()
    return (*found, ToDo("topic-key", owner_of(owner), says, TOPIC_KEY, owner, key, policy))


def access_points(account: Account, sources: Iterable[Source]) -> tuple[ToDo, ...]:
    """Return what the buckets behind access points must say, whose names are not known here."""
    return tuple(
        ToDo(
            "access-point",
            "you",
            f"the policy of the bucket behind {source.access_point} leaves who is let in to access "
            f"points of account {account.id} (s3:DataAccessPointAccount)",
            ACCESS_POINTS,
            by=source.access_point,
            rests=(Rests(("s3:*",), (source.access_point, f"{source.access_point}/object/*")),),
            alias=account.arns.bucket(source.bucket),
        )
        for source in sources
        if source.access_point
    )


def _granting(grant: LakeGrant, region: str) -> str:
    """Return the command that makes ``grant``:
    https://docs.aws.amazon.com/cli/latest/reference/lakeformation/grant-permissions.html (2026-11).
    """
    lines = (
        f"aws lakeformation grant-permissions --region {region}",
        f"--principal DataLakePrincipalIdentifier={grant.principal}",
        f"--permissions {' '.join(sorted(grant.permissions))}",
        f"--resource '{json.dumps(_resource(grant.on))}'",
    )
    return " \\\n  ".join(lines)


def _resource(on: On) -> dict[str, Any]:
    """Return what is granted on as the API has it:
    https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_Resource.html (2026-11)."""
    match on:
        case Catalog():
            return {"Catalog": {}}
        case Database():
            return {"Database": {"Name": on.name}}
        case Location():
            return {"DataLocation": {"ResourceArn": on.arn}}
        case Tables():
            which: dict[str, Any] = {"Name": on.name} if on.name else {"TableWildcard": {}}
            return {"Table": {"DatabaseName": on.database, **which}}
        case Columns():
            names = sorted(on.names)
            columns: dict[str, Any] = {"ColumnNames": names}
            if on.but:
                columns = {"ColumnWildcard": {"ExcludedColumnNames": names}}
            table = {"DatabaseName": on.database, "Name": on.table, **columns}
            return {"TableWithColumns": table}
        case Tagged():
            kind = "DATABASE" if on.what == "databases" else "TABLE"
            tags = [
                {"TagKey": key, "TagValues": sorted(values)} for key, values in sorted_tags(on.tags)
            ]
            return {"LFTagPolicy": {"ResourceType": kind, "Expression": tags}}
