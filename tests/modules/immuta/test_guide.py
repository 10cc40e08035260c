"""The guide's policy as data, and our deviations from it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from modules.iam.guide import fill
from modules.iam.policy import Grant, Policy, Statement
from modules.immuta.guide import GUIDE, expected_grants, values
from modules.immuta.policies import access
from modules.immuta.settings import ImmutaSettings
from tests.modules.immuta.conftest import REGIONS, maximal, minimal

# The policy of GUIDE.source as it stands there on GUIDE.date.
PAGE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "athena:BatchGetNamedQuery",
                "athena:BatchGetQueryExecution",
                "athena:CancelQueryExecution",
                "athena:CreateNamedQuery",
                "athena:DeleteNamedQuery",
                "athena:GetCatalogs",
                "athena:GetExecutionEngine",
                "athena:GetExecutionEngines",
                "athena:GetNamedQuery",
                "athena:GetNamespace",
                "athena:GetNamespaces",
                "athena:GetQueryExecution",
                "athena:GetQueryExecutions",
                "athena:GetQueryResults",
                "athena:GetQueryResultsStream",
                "athena:GetTable",
                "athena:GetTables",
                "athena:ListNamedQueries",
                "athena:ListQueryExecutions",
                "athena:RunQuery",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
                "glue:GetDatabase",
                "glue:GetDatabases",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:GetTable",
                "glue:GetTableVersions",
                "glue:GetTables",
            ],
            "Resource": ["*"],
        },
        {
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            "Resource": ["arn:aws:s3:::your-bucket-query-results/your-results-path*"],
        },
        {
            "Effect": "Allow",
            "Action": [
                "s3:GetBucketLocation",
                "s3:ListBucket",
                "s3:ListBucketMultipartUploads",
            ],
            "Resource": [
                "arn:aws:s3:::your-bucket-query-results",
                "arn:aws:s3:::your-source-bucket",
            ],
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListMultipartUploadParts"],
            "Resource": ["arn:aws:s3:::your-source-bucket/your-source-path/*"],
        },
    ],
}


def test_with_the_names_of_the_page_documented_is_the_page_and_nothing_else() -> None:
    settings = minimal(
        grants="documented",
        sources=[{"bucket": "your-source-bucket", "prefixes": ["your-source-path/"]}],
        results={"bucket": "your-bucket-query-results", "path": "your-results-path/"},
    )
    assert access(settings).document() == PAGE
    assert access(settings).grants() == Policy.from_document(PAGE).grants()


@pytest.mark.parametrize("region", REGIONS)
def test_documented_repeats_the_source_in_several_buckets_as_the_page_says(region: str) -> None:
    settings = minimal(
        region,
        grants="documented",
        sources=[
            {"bucket": "acme-lake", "prefixes": ["sales/", "crm/"]},
            {"bucket": "acme-archive"},
        ],
        results={"bucket": "acme-immuta-results", "path": "teams/a/"},
    )
    partition = settings.account.arns.partition
    s3 = f"arn:{partition}:s3:::"
    every, results, buckets, sources = access(settings).document()["Statement"]
    assert every == PAGE["Statement"][0]
    assert results["Resource"] == [f"{s3}acme-immuta-results/teams/a*"]
    assert buckets["Resource"] == [
        f"{s3}acme-archive",
        f"{s3}acme-immuta-results",
        f"{s3}acme-lake",
    ]
    assert sources["Resource"] == [
        f"{s3}acme-archive/*",
        f"{s3}acme-lake/crm/*",
        f"{s3}acme-lake/sales/*",
    ]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("make", [minimal, maximal])
def test_least_privilege_is_the_guide_less_what_is_dropped_and_with_what_is_added(
    make: Callable[[str], ImmutaSettings], region: str
) -> None:
    settings = make(region)
    assert access(settings).grants() == expected_grants(settings)


@pytest.mark.parametrize("prefixes", [[], ["sales/"], ["queries/"]])
def test_results_may_lie_in_a_bucket_that_is_a_source(prefixes: list[str]) -> None:
    settings = minimal(
        sources=[{"bucket": "acme-lake", "prefixes": prefixes}],
        results={"bucket": "acme-lake", "create": False, "path": "queries/"},
    )
    assert access(settings).grants() == expected_grants(settings)


def test_without_sources_lake_formation_alone_opens_the_tables() -> None:
    settings = minimal(lake_formation=True, sources=[])
    assert access(settings).grants() == expected_grants(settings)


@pytest.mark.parametrize(
    "extra",
    [
        Statement(
            "Allow",
            actions=("s3:PutBucketPolicy",),
            resources=("arn:aws:s3:::acme-immuta-results",),
        ),
        Statement("Allow", actions=("s3:GetObject",), resources=("arn:aws:s3:::acme-lake/*",)),
    ],
)
def test_a_grant_that_nobody_stated_makes_the_comparison_fail(extra: Statement) -> None:
    settings = maximal()
    policy = access(settings)
    assert Policy((*policy.statements, extra)).grants() != expected_grants(settings)


def test_a_grant_or_a_condition_that_is_missing_makes_the_comparison_fail() -> None:
    settings = maximal()
    statements = access(settings).statements
    for number, statement in enumerate(statements):
        rest = (*statements[:number], *statements[number + 1 :])
        assert Policy(rest).grants() != expected_grants(settings), statement.sid
        if statement.conditions:
            bare = replace(statement, conditions=())
            assert Policy((*rest, bare)).grants() != expected_grants(settings), statement.sid


def changed(settings: ImmutaSettings) -> tuple[list[Grant], list[Grant]]:
    """Return the grants that the deviations drop, and those they add."""
    filled = values(settings)
    dropped = [
        grant
        for deviation in GUIDE.deviations
        for grant in fill(Policy(deviation.dropped), filled).grants()
    ]
    added = [
        grant
        for deviation in GUIDE.deviations
        for grant in fill(Policy(deviation.added), filled).grants()
    ]
    return dropped, added


def test_every_dropped_grant_is_one_of_the_guide_and_dropped_once() -> None:
    dropped, _ = changed(maximal())
    assert sorted(map(repr, set(dropped))) == sorted(map(repr, dropped))
    assert set(dropped) - GUIDE.documented_for(values(maximal())).grants() == set()


def test_every_added_grant_is_new() -> None:
    _, added = changed(maximal())
    assert set(added) & GUIDE.documented_for(values(maximal())).grants() == set()


def test_every_deviation_has_a_reason_of_its_own_and_a_setting_that_exists() -> None:
    reasons = [deviation.reason for deviation in GUIDE.deviations]
    assert sorted(set(reasons)) == sorted(reasons)
    assert [reason for reason in reasons if len(reason) < 20 or not reason.endswith(".")] == []
    assert {deviation.when for deviation in GUIDE.deviations} == {
        "",
        "source_key",
        "results_key",
        "lake_formation",
    }


def test_the_guide_says_where_and_when_it_was_read() -> None:
    assert (GUIDE.vendor, GUIDE.title, GUIDE.source, GUIDE.date, GUIDE.documented_trust) == (
        "Immuta",
        "Amazon Athena Data Source Considerations",
        "https://documentation.immuta.com/2.5/storage-technologies/storage-technology-guides/athena/",
        "2026-11-22",
        None,
    )
