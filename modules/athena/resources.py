"""What integrations share of what their stacks must consist of: users, roles, policies, buckets and
workgroups, with the arguments of the AWS provider
(https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs, 2026-11).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from athena_gate.modules.account import Account
from athena_gate.modules.athena.alarm import Watched
from athena_gate.modules.athena.settings import BUCKET_MADE_WITHIN, Keys, Results, Workgroup
from athena_gate.modules.athena.statements import deny_plain_http
from athena_gate.modules.iam.policy import MANAGED_POLICY_LIMIT, Policy, Statement
from athena_gate.modules.lake_formation import (
    Catalog,
    Database,
    LakeGrant,
    Location,
    Tables,
    Tagged,
)
from athena_gate.modules.resources import Resource

Path = tuple[str, ...]
# Arguments that every resource of a block's second account has.
Arguments = Mapping[str, Any]


def managed_policies(
    path: Path,
    policy: Policy,
    *,
    name: str,
    iam_path: str,
    description: str,
    also: Arguments | None = None,
) -> tuple[Resource, ...]:
    """Return the managed policies that together say what ``policy`` says, under ``path``."""
    parts = policy.split(MANAGED_POLICY_LIMIT)
    suffixes = ["", *(f"-{number}" for number in range(2, len(parts) + 1))]
    return tuple(
        Resource(
            "aws_iam_policy",
            (*path, f"access{suffix}"),
            {
                "name": f"{name}{suffix}",
                "path": iam_path,
                "description": description,
                "policy": part,
                **(also or {}),
            },
        )
        for suffix, part in zip(suffixes, parts, strict=True)
    )


def user(
    path: Path,
    *,
    name: str,
    iam_path: str,
    boundary: str | None,
    policies: Iterable[Resource],
    elsewhere: Iterable[str] = (),
) -> tuple[Resource, ...]:
    """Return the user ``name`` and the attachments of its policies, first the user; ``elsewhere``
    are the ARNs of managed policies that are not in the stack."""
    made = Resource(
        "aws_iam_user",
        (*path, "user"),
        {"name": name, "path": iam_path, "force_destroy": True, **_boundary(boundary)},
    )
    attached = {policy.path[-1]: policy.ref("arn") for policy in policies}
    attached |= {arn.rsplit("/", 1)[1]: arn for arn in elsewhere}
    return (
        made,
        *(
            Resource(
                "aws_iam_user_policy_attachment",
                (*path, f"attach-{part}"),
                {"user": made.ref("name"), "policy_arn": arn},
            )
            for part, arn in attached.items()
        ),
    )


def role(
    path: Path,
    trust: Policy,
    *,
    name: str,
    iam_path: str,
    description: str,
    boundary: str | None = None,
    policies: Iterable[Resource] = (),
    max_session_duration: int | None = None,
    also: Arguments | None = None,
    elsewhere: Iterable[str] = (),
) -> tuple[Resource, ...]:
    """Return the role ``name`` and the attachments of its policies, first the role;
    ``max_session_duration`` is in seconds."""
    arguments = {
        "name": name,
        "path": iam_path,
        "description": description,
        "assume_role_policy": trust,
        "force_detach_policies": True,
        **_boundary(boundary),
        **(also or {}),
    }
    if max_session_duration is not None:
        arguments["max_session_duration"] = max_session_duration
    made = Resource("aws_iam_role", (*path, "role"), arguments)
    return (made, *attachments(path, made.ref("name"), policies, also=also, elsewhere=elsewhere))


def attachments(
    path: Path,
    role: str,
    policies: Iterable[Resource],
    suffix: str = "",
    also: Arguments | None = None,
    elsewhere: Iterable[str] = (),
) -> tuple[Resource, ...]:
    """Return the attachments of ``policies`` to ``role``, a name or a reference to one;
    ``elsewhere`` are the ARNs of managed policies that are not in the stack."""
    attached = {policy.path[-1]: policy.ref("arn") for policy in policies}
    attached |= {arn.rsplit("/", 1)[1]: arn for arn in elsewhere}
    return tuple(
        Resource(
            "aws_iam_role_policy_attachment",
            (*path, f"attach-{part}{suffix}"),
            {"role": role, "policy_arn": arn, **(also or {})},
        )
        for part, arn in attached.items()
    )


def access_keys(path: Path, user: Resource, keys: Keys) -> tuple[Resource, ...]:
    """Return an access key of ``user`` for each generation, encrypted to the key of ``keys``."""
    return tuple(
        Resource(
            "aws_iam_access_key",
            (*path, f"key-{generation}"),
            {
                "user": user.ref("name"),
                "pgp_key": keys.public_key,
                "lifecycle": {"ignore_changes": ["pgp_key"]},
            },
        )
        for generation in keys.generations
    )


def private_bucket(
    path: Path,
    account: Account,
    *,
    name: str,
    kms_key: str | None,
    statements: tuple[Statement, ...] = (),
    expire_after_days: int | None = None,
    expire_prefix: str = "",
    force_destroy: bool = False,
    adopted: bool = False,
    also: Arguments | None = None,
) -> tuple[Resource, ...]:
    """Return the bucket ``name`` of ``account`` under ``path``.

    It is encrypted with ``kms_key`` (an ARN, a reference to one, or ``None`` for S3's own
    encryption), closed to the public by all four flags, without ACLs, with one policy that says
    ``statements`` and refuses plain HTTP, and with an end for uploads never completed: in one that
    was ``adopted``, under ``expire_prefix`` alone.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html (2026-11).
    """
    more = dict(also or {})
    made = Resource(
        "aws_s3_bucket",
        (*path, "bucket"),
        {
            "bucket": name,
            "force_destroy": force_destroy,
            "timeouts": {"create": BUCKET_MADE_WITHIN},
            **more,
        },
    )
    of_it = {"bucket": made.ref("id"), **more}
    encryption = (
        {"sse_algorithm": "aws:kms", "kms_master_key_id": kms_key}
        if kms_key
        else {"sse_algorithm": "AES256"}
    )
    rules: list[dict[str, Any]] = [
        {
            "id": "abort-uploads",
            "status": "Enabled",
            "filter": [{"prefix": expire_prefix if adopted else ""}],
            "abort_incomplete_multipart_upload": [{"days_after_initiation": 1}],
        }
    ]
    if expire_after_days is not None:
        rules.append(
            {
                "id": "expire",
                "status": "Enabled",
                "filter": [{"prefix": expire_prefix}],
                "expiration": [{"days": expire_after_days}],
            }
        )
    closed = Resource(
        "aws_s3_bucket_public_access_block",
        (*path, "public_access_block"),
        {
            **of_it,
            "block_public_acls": True,
            "block_public_policy": True,
            "ignore_public_acls": True,
            "restrict_public_buckets": True,
        },
    )
    return (
        made,
        Resource(
            "aws_s3_bucket_server_side_encryption_configuration",
            (*path, "encryption"),
            {
                **of_it,
                "rule": [
                    {
                        "apply_server_side_encryption_by_default": encryption,
                        "bucket_key_enabled": kms_key is not None,
                    }
                ],
            },
        ),
        closed,
        Resource(
            "aws_s3_bucket_ownership_controls",
            (*path, "ownership"),
            {**of_it, "rule": {"object_ownership": "BucketOwnerEnforced"}},
        ),
        Resource(
            "aws_s3_bucket_lifecycle_configuration", (*path, "lifecycle"), {**of_it, "rule": rules}
        ),
        Resource(
            "aws_s3_bucket_policy",
            (*path, "policy"),
            {
                **of_it,
                "policy": Policy((*statements, deny_plain_http(account.arns.partition, name))),
                "depends_on": [closed.address],
            },
        ),
    )


def results_bucket(
    path: Path,
    account: Account,
    name: str,
    results: Results,
    also: Arguments | None = None,
    kept_but: str | None = None,
) -> tuple[Resource, ...]:
    """Return the bucket that results go to, under ``path``; nothing for one that exists, or where
    Athena keeps them.

    Results are copies: they expire, by default after 30 days, and go with the block. A bucket that
    was adopted may hold more: what is not under ``kept_but`` stays.
    """
    if not results.create or results.managed:
        return ()
    return private_bucket(
        path,
        account,
        name=name,
        kms_key=results.kms_key,
        expire_after_days=results.expire_after_days or 30,
        expire_prefix=kept_but or "",
        force_destroy=kept_but is None,
        adopted=kept_but is not None,
        also=also,
    )


def workgroup(
    path: Path,
    limits: Workgroup,
    *,
    name: str,
    description: str,
    location: str | None,
    account: Account,
    owner: str | None,
    kms_key: str | None,
    enforced: bool = True,
    also: Arguments | None = None,
) -> Resource:
    """Return the workgroup ``name`` of ``account``, whose results go to ``location``, an S3 URI, in
    a bucket of the account with the id ``owner``, by default of its own; to another account they
    are handed over. ``enforced`` means that clients cannot say otherwise."""
    whose = owner or account.id
    acl = {"acl_configuration": {"s3_acl_option": "BUCKET_OWNER_FULL_CONTROL"}}
    encryption = (
        {"encryption_option": "SSE_KMS", "kms_key_arn": kms_key}
        if kms_key
        else {"encryption_option": "SSE_S3"}
    )
    return Resource(
        "aws_athena_workgroup",
        (*path, "workgroup"),
        {
            "name": name,
            "description": description,
            "force_destroy": True,
            "configuration": {
                "enforce_workgroup_configuration": enforced,
                "publish_cloudwatch_metrics_enabled": True,
                "bytes_scanned_cutoff_per_query": limits.bytes_scanned_cutoff,
                "engine_version": {"selected_engine_version": limits.engine_version},
                "result_configuration": {
                    "output_location": location,
                    "expected_bucket_owner": whose,
                    "encryption_configuration": encryption,
                    **(acl if whose != account.id else {}),
                },
            },
            **(also or {}),
        },
    )


def lake_formation(
    path: Path, grants: Iterable[LakeGrant], to: Resource | None
) -> tuple[Resource, ...]:
    """Return Lake Formation's ``grants``, each to ``to``, a user or role of the stack, or to one
    that is not in it."""
    found = []
    for grant in grants:
        place, on = _given_on(grant)
        arguments = {"principal": grant.principal, "permissions": sorted(grant.permissions), **on}
        if to is not None:
            arguments["depends_on"] = [to.address]
        found.append(
            Resource("aws_lakeformation_permissions", (*path, "lake_formation", *place), arguments)
        )
    return tuple(found)


def _given_on(grant: LakeGrant) -> tuple[Path, dict[str, Any]]:
    """Return the ids of the grant below ``lake_formation``, and the argument that says on what it
    is: https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/lakeformation_permissions
    (2026-11)."""
    on = grant.on
    if isinstance(on, Catalog):
        return ("catalog",), {"catalog_resource": True}
    if isinstance(on, Database):
        return ("database", on.name), {"database": {"name": on.name}}
    if isinstance(on, Location):
        return ("location",), {"data_location": {"arn": on.arn}}
    if isinstance(on, Tagged):
        tags = [{"key": key, "values": sorted(values)} for key, values in sorted(on.tags)]
        kind = {"databases": "DATABASE", "tables": "TABLE"}[on.what]
        policy = {"expression": tags, "resource_type": kind}
        return (f"{on.what}_tagged",), {"lf_tag_policy": policy}
    of_it: dict[str, Any] = {"database_name": on.database}
    if isinstance(on, Tables) and not on.name:
        return ("tables", on.database), {"table": {**of_it, "wildcard": True}}
    if isinstance(on, Tables):
        return ("table", on.database, on.name), {"table": {**of_it, "name": on.name}}
    columns: dict[str, Any] = {"column_names": sorted(on.names)}
    if on.but:
        columns = {"excluded_column_names": sorted(on.names), "wildcard": True}
    place = ("table", on.database, on.table)
    return place, {"table_with_columns": {**of_it, "name": on.table, **columns}}


def alarms(path: Path, watched: Watched | None) -> tuple[Resource, ...]:
    """Return the alarms on what all queries of a workgroup scan, and the topic they tell unless it
    exists; nothing without a limit.

    https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html
    (2026-11): the sum of ProcessedBytes in an hour, or in a day.
    """
    if watched is None:
        return ()
    topic: tuple[Resource, ...] = ()
    if watched.alarm.topic is None:
        key = watched.alarm.kms_key
        made = Resource(
            "aws_sns_topic",
            (*path, "topic"),
            {"name": watched.topic_name, **({"kms_master_key_id": key} if key else {})},
        )
        policy = {"arn": made.ref("arn"), "policy": watched.publish()}
        topic = (made, Resource("aws_sns_topic_policy", (*path, "topic_policy"), policy))
    return (
        *topic,
        *(
            Resource(
                "aws_cloudwatch_metric_alarm",
                (*path, f"alarm-{word}"),
                {
                    "alarm_name": watched.alarm_name(word),
                    "alarm_description": f"All queries in {watched.workgroup} together, "
                    f"in one {word}.",
                    "namespace": "AWS/Athena",
                    "metric_name": "ProcessedBytes",
                    "dimensions": {"WorkGroup": watched.workgroup},
                    "statistic": "Sum",
                    "period": seconds,
                    "evaluation_periods": 1,
                    "threshold": limit,
                    "comparison_operator": "GreaterThanThreshold",
                    "treat_missing_data": "notBreaching",
                    "alarm_actions": [watched.topic],
                },
            )
            for word, seconds, limit in watched.alarm.limits
        ),
    )


def _boundary(arn: str | None) -> dict[str, str]:
    return {} if arn is None else {"permissions_boundary": arn}
