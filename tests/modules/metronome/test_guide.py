"""Metronome's policies against Metronome's page."""

from dataclasses import replace
from typing import Any

import pytest

from modules.iam.guide import fill
from modules.iam.policy import Grant, Policy, Statement
from modules.metronome.guide import GUIDE, expected_grants, expected_trust_grants, values
from modules.metronome.policies import access, trust
from modules.metronome.settings import MetronomeSettings
from tests.modules.metronome.conftest import REGIONS, maximal, minimal, with_keys

# What GUIDE.source has on GUIDE.date, its placeholders included.
PAGE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "AllowAthenaAccess",
            "Effect": "Allow",
            "Action": [
                "athena:GetQueryResults",
                "athena:StartQueryExecution",
                "athena:StartSession",
                "athena:GetDatabase",
                "athena:GetDataCatalog",
                "athena:GetWorkGroup",
                "athena:GetTableMetadata",
                "athena:GetQueryExecution",
            ],
            "Resource": ["arn:aws:athena:*:ACCOUNT_ID:workgroup/WORKGROUP"],
        },
        {
            "Sid": "AllowGlueAccessToDestinationDatabaseAndTables",
            "Effect": "Allow",
            "Action": [
                "glue:GetDatabases",
                "glue:GetDatabase",
                "glue:GetTables",
                "glue:GetTable",
                "glue:GetPartitions",
                "glue:CreateTable",
                "glue:CreateDatabase",
                "glue:UpdateTable",
                "glue:DeleteTable",
            ],
            "Resource": [
                "arn:aws:glue:*:ACCOUNT_ID:catalog",
                "arn:aws:glue:*:ACCOUNT_ID:database/SCHEMA",
                "arn:aws:glue:*:ACCOUNT_ID:database/default",
                "arn:aws:glue:*:ACCOUNT_ID:table/SCHEMA/*",
            ],
        },
        {
            "Sid": "AllowS3AccessToBucket",
            "Effect": "Allow",
            "Action": [
                "s3:PutObject",
                "s3:ListBucket",
                "s3:GetBucketLocation",
                "s3:GetObject",
                "s3:DeleteObject",
            ],
            "Resource": ["arn:aws:s3:::BUCKET_NAME", "arn:aws:s3:::BUCKET_NAME/*"],
        },
    ],
}
PAGE_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Principal": {"Federated": "accounts.google.com"},
            "Condition": {
                "StringEquals": {"accounts.google.com:sub": "<some_service_account_identifier>"}
            },
        }
    ],
}
PLACEHOLDERS = {
    "partition": ("aws",),
    "account": ("ACCOUNT_ID",),
    "workgroup": ("WORKGROUP",),
    "schema": ("SCHEMA",),
    "bucket": ("BUCKET_NAME",),
    "service_account_id": ("<some_service_account_identifier>",),
}

BLOCKS = [minimal, maximal, with_keys]


def test_the_access_policy_is_that_of_the_page() -> None:
    page = Policy.from_document(PAGE)
    assert fill(GUIDE.documented, PLACEHOLDERS).document() == page.document()


def test_the_trust_policy_is_that_of_the_page() -> None:
    page = Policy.from_document(PAGE_TRUST)
    assert GUIDE.documented_trust is not None
    assert fill(GUIDE.documented_trust, PLACEHOLDERS).document() == page.document()


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("block", BLOCKS)
def test_documented_grants_what_the_page_grants_and_nothing_else(block: Any, region: str) -> None:
    settings: MetronomeSettings = block(region, grants="documented")
    text = {
        "arn:aws:": f"arn:{settings.account.arns.partition}:",
        "ACCOUNT_ID": "111122223333",
        "WORKGROUP": settings.workgroup_name,
        "SCHEMA": "metronome",
        "BUCKET_NAME": "acme-metronome",
    }

    def filled(resource: str) -> str:
        for placeholder, value in text.items():
            resource = resource.replace(placeholder, value)
        return resource

    assert access(settings).grants() == {
        replace(grant, resource=filled(grant.resource))
        for grant in Policy.from_document(PAGE).grants()
    }


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("block", BLOCKS)
def test_least_privilege_differs_from_the_page_by_exactly_the_stated_deviations(
    block: Any, region: str
) -> None:
    settings: MetronomeSettings = block(region)
    assert access(settings).grants() == expected_grants(settings)


def test_the_trust_is_the_page_s_where_the_block_says_no_more() -> None:
    settings = minimal()
    assert GUIDE.documented_trust is not None
    documented = fill(GUIDE.documented_trust, values(settings))
    assert trust(settings).grants() == documented.grants()


@pytest.mark.parametrize("grants", ["least_privilege", "documented"])
def test_a_grant_that_is_no_stated_deviation_is_noticed(grants: str) -> None:
    settings = minimal(grants=grants)
    expected = expected_grants(settings)
    if grants == "documented":
        expected = GUIDE.documented_for(values(settings)).grants()
    widened = Statement(
        "Allow", actions=("s3:PutBucketPolicy",), resources=("arn:aws:s3:::acme-metronome",)
    )
    assert access(settings).grants() == expected
    assert Policy((*access(settings).statements, widened)).grants() - expected == {
        Grant("Allow", "", "s3:PutBucketPolicy", "arn:aws:s3:::acme-metronome", frozenset())
    }


def test_a_statement_or_a_condition_that_is_lost_is_noticed() -> None:
    settings = maximal()
    statements = access(settings).statements
    for index, statement in enumerate(statements):
        before, after = statements[:index], statements[index + 1 :]
        assert Policy((*before, *after)).grants() != expected_grants(settings)
        if statement.conditions:
            bare = replace(statement, conditions=())
            assert Policy((*before, bare, *after)).grants() != expected_grants(settings)


def test_every_deviation_changes_something_and_has_a_reason() -> None:
    settings = maximal()
    idle = [
        deviation.reason
        for deviation in GUIDE.deviations
        if replace(
            GUIDE, deviations=tuple(d for d in GUIDE.deviations if d is not deviation)
        ).expected_grants(values(settings), lambda _: True)
        == expected_grants(settings)
    ]
    assert idle == []
    assert [d.reason for d in GUIDE.deviations if not d.reason.endswith(".")] == []


def test_what_a_deviation_drops_is_on_the_page() -> None:
    documented = GUIDE.documented.grants()
    assert [d.reason for d in GUIDE.deviations if Policy(d.dropped).grants() - documented] == []


def test_of_the_page_s_own_grants_only_these_are_dropped() -> None:
    settings = minimal()
    kept_elsewhere = {
        (grant.action, grant.resource.replace(":eu-central-1:", ":*:"))
        for grant in access(settings).grants()
    }
    dropped = {
        (grant.action, grant.resource)
        for grant in GUIDE.documented_for(values(settings)).grants()
        if (grant.action, grant.resource) not in kept_elsewhere
    }
    workgroup = "arn:aws:athena:*:111122223333:workgroup/primary"
    default = "arn:aws:glue:*:111122223333:database/default"
    bucket = "arn:aws:s3:::acme-metronome"
    assert dropped == {
        ("athena:StartSession", workgroup),
        ("athena:GetDatabase", workgroup),
        ("athena:GetDataCatalog", workgroup),
        ("athena:GetTableMetadata", workgroup),
        ("glue:GetDatabases", default),
        ("glue:GetTables", default),
        ("glue:GetTable", default),
        ("glue:GetPartitions", default),
        ("glue:CreateTable", default),
        ("glue:CreateDatabase", default),
        ("glue:UpdateTable", default),
        ("glue:DeleteTable", default),
        ("s3:PutObject", bucket),
        ("s3:GetObject", bucket),
        ("s3:DeleteObject", bucket),
        ("s3:ListBucket", f"{bucket}/*"),
        ("s3:GetBucketLocation", f"{bucket}/*"),
    }


@pytest.mark.parametrize("organization_identifier", [None, "org-4711"])
@pytest.mark.parametrize("audience", [None, "108000002380243782158"])
def test_the_trust_differs_from_the_page_by_exactly_the_stated_deviations(
    organization_identifier: str | None, audience: str | None
) -> None:
    settings = minimal(organization_identifier=organization_identifier, audience=audience)
    assert trust(settings).grants() == expected_trust_grants(settings)
