"""What Dot's user may do."""

import pytest

from modules.athena.settings import Results, Source
from modules.dot.policies import (
    access,
    managed,
    remarks,
)
from modules.iam.policy import MANAGED_POLICY_LIMIT
from stacks.integrations import INTEGRATIONS
from tests.modules.dot.test_guide import KMS, dot

EXAMPLE = "arn:aws:s3:::acme-lake"
RESULTS = "arn:aws:s3:::dot-reporting-results-111122223333"


def test_full_access_attaches_the_managed_policies_and_grants_the_buckets() -> None:
    settings = dot(grants="full_access")
    assert managed(settings) == (
        "arn:aws:iam::aws:policy/AmazonAthenaFullAccess",
        "arn:aws:iam::aws:policy/AWSGlueConsoleFullAccess",
    )
    assert [statement.document() for statement in access(settings).statements] == [
        {
            "Sid": "SourceBucket",
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
            "Resource": [EXAMPLE],
        },
        {
            "Sid": "SourceObjects",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [f"{EXAMPLE}/sales/*"],
        },
        {
            "Sid": "ResultsBucket",
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": [RESULTS],
        },
        {
            "Sid": "ResultsObjects",
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            "Resource": [f"{RESULTS}/dot-reporting/*"],
        },
        {
            "Sid": "DenyDirectCallsOutsideVendorIps",
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": {
                "Bool": {"aws:ViaAWSService": ["false"]},
                "NotIpAddress": {"aws:SourceIp": ["3.122.135.165/32", "3.229.110.216/32"]},
            },
        },
    ]


def test_managed_policies_are_those_of_the_partition() -> None:
    assert managed(dot("aws-cn", grants="full_access")) == (
        "arn:aws-cn:iam::aws:policy/AmazonAthenaFullAccess",
        "arn:aws-cn:iam::aws:policy/AWSGlueConsoleFullAccess",
    )


@pytest.mark.parametrize("grants", ["least_privilege", "documented"])
def test_only_full_access_attaches_managed_policies(grants: str) -> None:
    assert managed(dot(grants=grants)) == ()


def test_every_statement_says_why_it_is_there_in_a_line() -> None:
    statements = access(dot()).statements
    assert [s.sid for s in statements if not 0 < len(s.why) <= 100 or "\n" in s.why] == []


def test_twenty_databases_and_ten_buckets_fit() -> None:
    settings = dot(
        databases=tuple(f"warehouse_{n:02}" for n in range(20)),
        sources=tuple(
            Source(bucket=f"acme-lake-{n}", prefixes=("sales/", "finance/")) for n in range(10)
        ),
    )
    assert INTEGRATIONS["dot"].attached_policies(settings) == 1
    assert access(settings).size() <= MANAGED_POLICY_LIMIT


def test_what_does_not_fit_one_policy_is_divided() -> None:
    settings = dot(databases=tuple(f"a_warehouse_with_a_long_name_{n:02}" for n in range(40)))
    parts = access(settings).split(MANAGED_POLICY_LIMIT)
    assert [part.size() <= MANAGED_POLICY_LIMIT for part in parts] == [True, True]
    assert INTEGRATIONS["dot"].attached_policies(settings) == 2
    assert parts[0].grants() | parts[1].grants() == access(settings).grants()


FULL = (
    "grants: full_access attaches AmazonAthenaFullAccess and AWSGlueConsoleFullAccess: every "
    "workgroup, every Glue table, write access included"
)
DOCUMENTED = (
    "grants: documented cannot write query results (no s3:PutObject, no s3:GetBucketLocation), so "
    "queries fail"
)


def test_a_scoped_block_has_no_remarks() -> None:
    assert remarks(dot()) == ()


def test_what_is_wider_than_need_be_or_cannot_work_is_pointed_out() -> None:
    key = KMS.format("aws", "eu-central-1", 5)
    assert remarks(dot(grants="full_access")) == (FULL,)
    assert remarks(dot(grants="documented")) == (DOCUMENTED,)
    assert remarks(dot(grants="documented", results=Results(kms_key=key))) == (
        DOCUMENTED,
        "kms_key: documented grants no use of KMS keys, so reading data fails",
    )
    assert remarks(dot(restrict_to_vendor_ips=False)) == (
        "restrict_to_vendor_ips: with false, Dot's keys work from any address on the internet",
    )
    assert remarks(dot(sources=(Source(bucket="acme-lake"),))) == (
        "source 'acme-lake': without prefixes, Dot may read the whole bucket",
    )
