"""Who may write exports, what that is worth, and what a reviewer is told of it."""

from typing import Any

import pytest

from modules.iam.arn import partition_of
from modules.iam.policy import MANAGED_POLICY_LIMIT, TRUST_POLICY_LIMIT
from modules.metronome.policies import access, remarks, trust
from stacks.integrations import INTEGRATIONS
from tests.modules.metronome.conftest import (
    REGIONS,
    SERVICE_ACCOUNT,
    key,
    maximal,
    minimal,
    with_keys,
)


def granted(region: str, workgroup: str) -> list[dict[str, Any]]:
    """The statements of a block without a KMS key."""
    partition = partition_of(region)
    athena = f"arn:{partition}:athena:{region}:111122223333"
    glue = f"arn:{partition}:glue:{region}:111122223333"
    bucket = f"arn:{partition}:s3:::acme-metronome"
    return [
        {
            "Sid": "AllowAthenaAccess",
            "Effect": "Allow",
            "Action": [
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetWorkGroup",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            "Resource": [f"{athena}:workgroup/{workgroup}"],
        },
        {
            "Sid": "AllowAthenaCatalogReads",
            "Effect": "Allow",
            "Action": [
                "athena:GetDataCatalog",
                "athena:GetDatabase",
                "athena:GetTableMetadata",
            ],
            "Resource": [f"{athena}:datacatalog/AwsDataCatalog"],
        },
        {
            "Sid": "AllowGlueAccessToDestinationDatabaseAndTables",
            "Effect": "Allow",
            "Action": [
                "glue:BatchCreatePartition",
                "glue:BatchDeletePartition",
                "glue:BatchGetPartition",
                "glue:CreateDatabase",
                "glue:CreatePartition",
                "glue:CreateTable",
                "glue:DeletePartition",
                "glue:DeleteTable",
                "glue:GetDatabase",
                "glue:GetDatabases",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:GetTable",
                "glue:GetTables",
                "glue:UpdatePartition",
                "glue:UpdateTable",
            ],
            "Resource": [
                f"{glue}:catalog",
                f"{glue}:database/metronome",
                f"{glue}:table/metronome/*",
            ],
        },
        {
            "Sid": "GlueDefaultDb",
            "Effect": "Allow",
            "Action": ["glue:GetDatabase"],
            "Resource": [f"{glue}:catalog", f"{glue}:database/default"],
        },
        {
            "Sid": "AllowS3AccessToBucket",
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": [bucket],
        },
        {
            "Sid": "AllowS3AccessToObjects",
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            "Resource": [f"{bucket}/*"],
        },
    ]


@pytest.mark.parametrize("region", REGIONS)
def test_a_role_writes_one_schema_in_one_bucket_through_primary(region: str) -> None:
    assert access(minimal(region)).document() == {
        "Version": "2012-10-17",
        "Statement": granted(region, "primary"),
    }


def test_a_user_is_granted_what_a_role_is() -> None:
    assert access(with_keys()) == access(minimal())
    assert access(with_keys(grants="documented")) == access(minimal(grants="documented"))


VIA_S3 = {
    "eu-central-1": ["s3.eu-central-1.amazonaws.com"],
    "cn-north-1": ["s3.cn-north-1.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn"],
    "us-gov-west-1": ["s3.us-gov-west-1.amazonaws.com"],
}


@pytest.mark.parametrize("region", REGIONS)
def test_a_workgroup_and_a_key_of_its_own_take_the_place_of_the_shared_ones(region: str) -> None:
    assert access(maximal(region)).document() == {
        "Version": "2012-10-17",
        "Statement": [
            *granted(region, "webflow-billing"),
            {
                "Sid": "AllowKeyOfBucket",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": [key(region)],
                "Condition": {"StringEquals": {"kms:ViaService": VIA_S3[region]}},
            },
        ],
    }


def test_every_statement_says_why_it_is_there_in_a_line() -> None:
    statements = (*access(maximal()).statements, *trust(maximal()).statements)
    assert [s.sid for s in statements if not 0 < len(s.why) <= 100 or "\n" in s.why] == []


def trusting(**claims: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AllowServiceAccount",
                "Effect": "Allow",
                "Principal": {"Federated": ["accounts.google.com"]},
                "Action": ["sts:AssumeRoleWithWebIdentity"],
                "Condition": {
                    "StringEquals": {
                        f"accounts.google.com:{claim}": [value] for claim, value in claims.items()
                    }
                },
            }
        ],
    }


@pytest.mark.parametrize("region", REGIONS)
def test_the_role_is_taken_by_the_service_account_with_google_s_plain_name(region: str) -> None:
    assert trust(minimal(region)).document() == trusting(sub=SERVICE_ACCOUNT)


def test_the_trust_asks_for_every_claim_that_the_block_names() -> None:
    assert trust(minimal(organization_identifier="org-4711")).document() == trusting(
        oaud="org-4711", sub=SERVICE_ACCOUNT
    )
    assert trust(minimal(audience="108000002380243782159")).document() == trusting(
        aud="108000002380243782159", sub=SERVICE_ACCOUNT
    )
    assert trust(maximal()).document() == trusting(
        aud="108000002380243782159", oaud="org-4711", sub=SERVICE_ACCOUNT
    )


def test_the_longest_names_that_aws_takes_fit_one_policy() -> None:
    settings = maximal(
        "us-gov-west-1",
        vendor="metronome",
        name="n" * 54,
        bucket="b" * 63,
        schema="s" * 255,
        organization_identifier="o" * 255,
        audience="a" * 255,
    )
    assert INTEGRATIONS["metronome"].attached_policies(settings) == 1
    assert access(settings).size() <= MANAGED_POLICY_LIMIT
    assert trust(settings).size() <= TRUST_POLICY_LIMIT


PRIMARY = (
    "workgroup: primary is shared by the whole account and its limits are not set here; where it "
    "enforces a results location outside 'acme-metronome', every export fails; workgroup {} makes "
    "one for Metronome"
)
ORGANIZATION = (
    "organization_identifier: recommended; Metronome's service account works for all its "
    "customers, so another one who enters your role's ARN as a destination could reach your data "
    "through it; ask Metronome for the identifier that ties the role to you"
)
KEYS = (
    "authentication: access keys work from anywhere until they are removed; web_identity leaves "
    "no secret with Metronome, and the guide prefers it"
)
DOCUMENTED = (
    "grants: documented opens every region, lets the database named default be created, has three "
    "catalog reads on a workgroup, where they take no effect, and lacks what partitions and "
    "uploads in parts need"
)


def test_a_role_tied_to_the_organization_with_a_workgroup_of_its_own_has_no_remarks() -> None:
    assert remarks(maximal()) == ()


def test_the_organization_identifier_is_recommended_and_the_reason_given() -> None:
    assert remarks(minimal(workgroup={})) == (ORGANIZATION,)
    assert remarks(minimal(workgroup={}, organization_identifier="org-4711")) == ()


def test_the_remarks_name_the_product_that_delivers() -> None:
    assert remarks(minimal(vendor="logrocket")) == (
        ORGANIZATION.replace("Metronome", "LogRocket"),
        PRIMARY.replace("Metronome", "LogRocket"),
    )


def test_access_keys_are_pointed_out() -> None:
    assert remarks(with_keys(workgroup={})) == (KEYS,)


def test_what_documented_lacks_is_pointed_out() -> None:
    settings = maximal(grants="documented", kms_key=None)
    assert remarks(settings) == (DOCUMENTED,)
    assert remarks(maximal(grants="documented")) == (
        DOCUMENTED,
        "kms_key: documented grants no use of KMS keys, so every export fails",
    )


def test_a_bucket_that_may_hold_other_things_is_pointed_out() -> None:
    assert remarks(maximal(create_bucket=False)) == (
        "bucket: Webflow may read, overwrite and delete everything in 'acme-metronome', not only "
        "its own folders; better give it a bucket that holds nothing else",
    )


def test_that_google_s_identity_is_untested_in_china_is_pointed_out() -> None:
    assert remarks(maximal("cn-north-1")) == (
        "authentication: AWS in China does not take every web identity; whether it takes Google's "
        "was not tested, and access_key is the alternative",
    )
    assert remarks(maximal("us-gov-west-1")) == ()
