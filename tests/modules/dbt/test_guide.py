"""The guide's role as data, and our deviations from it."""

from collections.abc import Callable
from typing import Any

import pytest

from athena_gate.modules.dbt.guide import (
    GUIDE,
)
from athena_gate.modules.dbt.policies import access, trust
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.iam.arn import partition_of
from athena_gate.modules.iam.policy import Policy
from tests.modules.dbt.conftest import REGIONS, maximal, minimal

VIA_ATHENA = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}

# The policy DbtRestrictive of GUIDE.source as it stands there on GUIDE.date.
TEMPLATE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "AthenaPermissions",
            "Effect": "Allow",
            "Action": [
                "athena:BatchGetQueryExecution",
                "athena:GetDataCatalog",
                "athena:GetDatabase",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetWorkGroup",
                "athena:ListDataCatalogs",
                "athena:ListDatabases",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            "Resource": ["*"],
        },
        {
            "Sid": "GlueViaAthenaPermissions",
            "Effect": "Allow",
            "Action": [
                "glue:CreateTable",
                "glue:DeleteTable",
                "glue:GetDatabase",
                "glue:GetDatabases",
                "glue:GetTable",
                "glue:GetTables",
                "glue:UpdateTable",
            ],
            "Resource": ["*"],
            "Condition": VIA_ATHENA,
        },
        {
            "Sid": "S3ViaAthenaPermissions",
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetBucketLocation",
                "s3:GetObject",
                "s3:ListBucket",
                "s3:ListBucketMultipartUploads",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            "Resource": ["*"],
            "Condition": VIA_ATHENA,
        },
    ],
}

MODES = ("via_athena", "run")
BLOCKS: dict[str, Callable[..., DbtSettings]] = {"minimal": minimal, "maximal": maximal}


@pytest.mark.parametrize("region", REGIONS)
def test_documented_is_the_guides_policy_to_the_letter(region: str) -> None:
    assert access(minimal(region, mode="documented")).document() == TEMPLATE


@pytest.mark.parametrize("region", REGIONS)
def test_documented_grants_are_the_guides_whatever_else_the_block_says(region: str) -> None:
    settings = maximal(
        region,
        mode="documented",
        trusted=[],
        external_id=None,
        drop_schemas=False,
        lake_formation=None,
    )
    assert access(settings).grants() == Policy.from_document(TEMPLATE).grants()


@pytest.mark.parametrize("region", REGIONS)
def test_documented_trusts_the_root_of_the_account_and_nothing_else(region: str) -> None:
    assert trust(minimal(region, mode="documented")).document() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:{partition_of(region)}:iam::111122223333:root"]},
                "Action": ["sts:AssumeRole"],
            }
        ],
    }


@pytest.mark.parametrize("mode", MODES)
def test_nothing_but_lists_and_lake_formation_is_granted_on_every_resource(mode: str) -> None:
    everywhere = {g.action for g in access(maximal(mode=mode)).grants() if g.resource == "*"}
    assert everywhere == {"athena:ListDataCatalogs", "lakeformation:GetDataAccess"}


def test_the_guides_source_is_pinned_to_the_commit_that_was_read() -> None:
    assert (GUIDE.source, GUIDE.date) == (
        "https://github.com/dbt-labs/dbt-athena/blob/5fd1d8cf70f1aa392b84bc67a141600a54640f86/"
        "tests/restrictive_role_cf.yaml",
        "2026-11-22",
    )
