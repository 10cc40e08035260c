"""Whether the backend can be reached, and keeps states as they deserve."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from athena_gate.gate.doctor import aws, hcp
from athena_gate.gate.doctor.finding import Finding
from athena_gate.stacks.backends import Backend, CloudBackend, S3Backend

_NO_CONFIGURATION = {
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchBucketPolicy",
}


def backend(settings: Backend) -> list[Finding]:
    """Return whether the backend that ``settings`` describe would serve a deploy."""
    match settings:
        case S3Backend():
            return bucket(settings)
        case CloudBackend():
            return [hcp.host(settings, os.environ)]
    if os.access(Path.cwd(), os.W_OK):
        return [Finding('backend "local"', "ok", f"states lie in {Path.cwd()}")]
    return [
        Finding(
            'backend "local"',
            "stop",
            f"states cannot be written to {Path.cwd()}",
            "work in a folder of your own",
        )
    ]


def bucket(settings: S3Backend) -> list[Finding]:
    """Return whether the bucket of states is there, in its region, versioned, encrypted and
    private, with the credentials Terraform would use."""
    check, name = 'backend "s3"', settings.bucket
    try:
        caller = aws.caller(settings.region, settings.assume_role)
        s3 = aws.client(caller.session, "s3", settings.region)
        region = s3.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPHeaders"].get(
            "x-amz-bucket-region", settings.region
        )
    except aws.Refused as refused:
        return [Finding(check, "stop", refused.found, refused.next)]
    except ClientError as error:
        return [_unreachable(settings, caller.arn, error)]
    except BotoCoreError as error:
        return [Finding(check, "stop", str(error), "look at the network, VPN or proxy")]
    if region != settings.region:
        return [
            Finding(
                check,
                "stop",
                f"the bucket {name} is in {region}, gate.hcl says {settings.region}",
                f'write region = "{region}"',
            )
        ]
    kept, findings = _keeps(s3, name)
    return [Finding(check, "ok", ", ".join([f"{name} in {region}", *kept])), *findings]


def _unreachable(settings: S3Backend, arn: str, error: ClientError) -> Finding:
    status = error.response["ResponseMetadata"].get("HTTPStatusCode")
    if status == 404:
        return Finding(
            'backend "s3"',
            "stop",
            f"there is no bucket {settings.bucket}",
            f"`aws s3 mb s3://{settings.bucket} --region {settings.region}`, and turn its "
            "versioning on",
        )
    return Finding(
        'backend "s3"',
        "stop",
        f"{arn} may not list the bucket {settings.bucket} ({status})",
        "allow s3:ListBucket on it and s3:GetObject, s3:PutObject, s3:DeleteObject on "
        f"{settings.prefix}*, or look whose bucket it is",
    )


def _keeps(s3: Any, name: str) -> tuple[list[str], list[Finding]]:
    """Return what is good about the bucket, in words, and a finding for all that is not."""
    good: list[str] = []
    findings: list[Finding] = []
    put = f"`aws s3api put-{{}} --bucket {name} {{}}`"

    def look(word: str, answer: bool | None, found: str, next_step: str) -> None:
        if answer is None:
            good.append(f"{word}: may not look")
        elif answer:
            good.append(word)
        else:
            findings.append(Finding('backend "s3"', "note", found, next_step))

    look(
        "versioned",
        _told(lambda: s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled"),
        f"{name} keeps no earlier versions: a state that is broken stays broken",
        put.format("bucket-versioning", "--versioning-configuration Status=Enabled"),
    )
    look(
        "encrypted",
        _told(lambda: bool(s3.get_bucket_encryption(Bucket=name))),
        f"{name} has no default encryption; states are encrypted nevertheless",
        put.format(
            "bucket-encryption",
            "--server-side-encryption-configuration "
            "'Rules=[{ApplyServerSideEncryptionByDefault={SSEAlgorithm=AES256}}]'",
        ),
    )
    blocks = put.format(
        "public-access-block",
        "--public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,"
        "BlockPublicPolicy=true,RestrictPublicBuckets=true",
    )
    if _told(lambda: bool(s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"]["IsPublic"])):
        findings.append(Finding('backend "s3"', "stop", f"{name} is open to the public", blocks))
    else:
        blocked = _told(
            lambda: all(
                s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values()
            )
        )
        look("not public", blocked, f"{name} may be made public", blocks)
    return good, findings


def _told(ask: Callable[[], bool]) -> bool | None:
    """Return the answer, ``False`` when nothing is configured, ``None`` when it may not be asked
    or does not come."""
    try:
        return ask()
    except ClientError as error:
        return False if error.response["Error"]["Code"] in _NO_CONFIGURATION else None
    except BotoCoreError:
        return None
