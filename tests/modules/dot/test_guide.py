"""Dot's policy against Dot's page."""

from dataclasses import replace
from typing import Any

import pytest

from modules.account import Account
from modules.athena.settings import Keys, Results, Source
from modules.dot.guide import GUIDE, expected_grants, values
from modules.dot.policies import access
from modules.dot.settings import DotSettings
from modules.iam.policy import Grant, Policy, Statement

PUBLIC_KEY = "xjMEawJusRYJKwYBBAHaRw8BAQdAxVc7zs0/ustEAddx/vtxmPe2KKH7JvRCKQ/k"
KMS = "arn:{}:kms:{}:111122223333:key/11111111-2222-3333-4444-55555555555{}"
REGIONS = {"aws": "eu-central-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def dot(partition: str = "aws", **settings: Any) -> DotSettings:
    """Return a Dot block with one database and one bucket."""
    account = Account(name="analytics", id="111122223333", region=REGIONS[partition])
    return DotSettings(
        **{
            "name": "reporting",
            "account": account,
            "databases": ("sales",),
            "sources": (Source(bucket="acme-lake", prefixes=("sales/",)),),
            "keys": Keys(pgp_key=PUBLIC_KEY, generations=("2026-11",)),
            **settings,
        }
    )


def maximal(partition: str) -> DotSettings:
    """Return a Dot block with everything that can be switched on."""
    region = REGIONS[partition]
    return dot(
        partition,
        databases=("sales", "finance"),
        lake_formation=True,
        reads_results_directly=True,
        sources=(
            Source(bucket="acme-lake", prefixes=("sales/", "finance/")),
            Source(bucket="acme-vault", kms_key=KMS.format(partition, region, 5)),
        ),
        results=Results(path="dot/", kms_key=KMS.format(partition, region, 6)),
    )


@pytest.mark.parametrize("partition", REGIONS)
def test_documented_grants_are_those_of_the_page(partition: str) -> None:
    arn = f"arn:{partition}:athena:{REGIONS[partition]}:111122223333:workgroup/dot-reporting"
    s3 = f"arn:{partition}:s3:::acme-lake"
    expected = {
        Grant("Allow", "", action, resource, frozenset())
        for actions, resources in (
            (
                (
                    "athena:StartQueryExecution",
                    "athena:StopQueryExecution",
                    "athena:GetQueryExecution",
                    "athena:GetQueryResults",
                ),
                (arn,),
            ),
            (("glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"), ("*",)),
            (("s3:GetObject", "s3:ListBucket"), (s3, f"{s3}/*")),
        )
        for action in actions
        for resource in resources
    }
    assert access(dot(partition, grants="documented")).grants() == expected


@pytest.mark.parametrize("partition", REGIONS)
def test_least_privilege_differs_from_the_page_by_exactly_the_stated_deviations(
    partition: str,
) -> None:
    for settings in (
        dot(partition),
        dot(partition, restrict_to_vendor_ips=False),
        maximal(partition),
        dot(partition, sources=(), lake_formation=True),
    ):
        assert access(settings).grants() == expected_grants(settings)


def test_a_grant_that_is_no_stated_deviation_is_noticed() -> None:
    settings = dot()
    widened = Policy(
        (
            *access(settings).statements,
            Statement("Allow", actions=("s3:PutBucketPolicy",), resources=("*",)),
        )
    )
    assert widened.grants() != expected_grants(settings)


@pytest.mark.parametrize("index", range(len(access(maximal("aws")).statements)))
def test_a_condition_that_is_lost_is_noticed(index: int) -> None:
    settings = maximal("aws")
    statements = list(access(settings).statements)
    if not statements[index].conditions:
        statements.pop(index)
    else:
        statements[index] = replace(statements[index], conditions=())
    assert Policy(tuple(statements)).grants() != expected_grants(settings)


def test_every_deviation_has_a_reason_and_changes_something() -> None:
    settings = maximal("aws")
    assert [
        deviation.reason
        for deviation in GUIDE.deviations
        if not deviation.reason.endswith(".") or not (deviation.added or deviation.dropped)
    ] == []
    without = [
        deviation.reason
        for deviation in GUIDE.deviations
        if replace(
            GUIDE, deviations=tuple(d for d in GUIDE.deviations if d is not deviation)
        ).expected_grants(values(settings), lambda _: True)
        == expected_grants(settings)
    ]
    # The statement that reads result files directly grants, without a condition, what the one for
    # results grants with it; every other deviation is the only one to bring its grants.
    assert without == []
