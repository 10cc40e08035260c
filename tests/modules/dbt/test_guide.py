"""The guide's role as data, and our deviations from it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from modules.dbt.guide import (
    GUIDE,
    expected_grants,
    expected_trust_grants,
    values,
)
from modules.dbt.policies import access, trust
from modules.dbt.settings import DbtSettings
from modules.iam.arn import partition_of
from modules.iam.policy import Grant, Policy, Principal, Statement
from tests.modules.dbt.conftest import REGIONS, key, maximal, minimal

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
        lake_formation=False,
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
@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("region", REGIONS)
def test_a_mode_differs_from_the_guide_by_exactly_the_stated_deviations(
    region: str, block: str, mode: str
) -> None:
    settings = BLOCKS[block](region, mode=mode)
    assert access(settings).grants() == expected_grants(settings)
    assert trust(settings).grants() == expected_trust_grants(settings)


# What each setting adds alone, so that none hides behind another.
ALONE: dict[str, dict[str, Any]] = {
    "external_id": {"external_id": "agreed"},
    "source_databases": {"source_databases": ["sales"]},
    "source": {"sources": [{"bucket": "acme-lake"}]},
    "source_key": {"sources": [{"bucket": "acme-lake", "kms_key": key("eu-central-1", 1)}]},
    "drop_schemas": {"drop_schemas": True},
    "lake_formation": {"lake_formation": True},
    "results_key": {"results": {"kms_key": key("eu-central-1", 2)}},
    "data_key": {"data": {"kms_key": key("eu-central-1", 3)}},
    "existing_workgroup": {"existing_workgroup": "shared"},
    "workgroup": {"workgroup": {}},
    "source_in_the_data_bucket": {
        "sources": [{"bucket": "acme-dbt"}],
        "data": {"bucket": "acme-dbt", "create": False},
    },
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("setting", ALONE)
def test_each_setting_alone_brings_its_own_deviation(setting: str, mode: str) -> None:
    settings = minimal(mode=mode, **ALONE[setting])
    assert access(settings).grants() == expected_grants(settings)
    assert trust(settings).grants() == expected_trust_grants(settings)


@pytest.mark.parametrize("mode", [*MODES, "documented"])
def test_an_added_permission_makes_the_comparison_fail(mode: str) -> None:
    settings = minimal(mode=mode)
    expected = GUIDE.documented.grants() if mode == "documented" else expected_grants(settings)
    for resource in ("*", "arn:aws:s3:::dbt-ci-data-111122223333"):
        added = Statement("Allow", actions=("s3:PutBucketPolicy",), resources=(resource,))
        wider = Policy((*access(settings).statements, added))
        assert wider.grants() ^ expected == {
            Grant("Allow", "", "s3:PutBucketPolicy", resource, frozenset())
        }


@pytest.mark.parametrize("mode", MODES)
def test_a_lost_condition_or_a_wider_resource_makes_the_comparison_fail(mode: str) -> None:
    settings = minimal(mode=mode)
    granted = access(settings).statements
    for number, statement in enumerate(granted):
        others = granted[:number] + granted[number + 1 :]
        if statement.conditions:
            assert Policy((*others, replace(statement, conditions=()))).grants() != (
                expected_grants(settings)
            )
        if statement.resources != ("*",):
            assert Policy((*others, replace(statement, resources=("*",)))).grants() != (
                expected_grants(settings)
            )


def test_one_more_trusted_principal_makes_the_comparison_fail() -> None:
    settings = minimal()
    (statement,) = trust(settings).statements
    root = Principal("AWS", "arn:aws:iam::111122223333:root")
    wider = replace(statement, principals=(*statement.principals, root))
    assert Policy((wider,)).grants() ^ expected_trust_grants(settings) == {
        Grant("Allow", f"AWS:{root.id}", "sts:AssumeRole", "", frozenset())
    }


def test_every_deviation_says_why_in_a_sentence_and_changes_something() -> None:
    for deviation in (*GUIDE.deviations, *GUIDE.trust_deviations):
        assert deviation.reason[-1] == "."
        assert " " in deviation.reason
        assert deviation.dropped or deviation.added


def test_what_a_deviation_drops_was_granted_before_it() -> None:
    settings = maximal(mode="run")
    granted = GUIDE.documented_for(values(settings)).grants()
    for deviation in GUIDE.deviations:
        dropped = Policy(deviation.dropped).grants()
        assert dropped <= granted
        granted -= dropped


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
