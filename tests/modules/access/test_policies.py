"""What vendors of each class are granted, and who may take their roles."""

from typing import Any

import pytest

from athena_gate.modules.access.handoff import handoff
from athena_gate.modules.access.policies import access, managed, remarks, trust, trusts
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from tests.modules.access.vendors import KEYS, dot, maximal_dot, vendor

VIA_ATHENA = (Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("athena.amazonaws.com",)),)


def said(settings: Any) -> tuple[str, ...]:
    return tuple(map(str, remarks(settings)))


def sids(policy: Policy) -> list[str]:
    return [statement.sid for statement in policy.statements]


def test_a_vendor_that_queries_gets_these_statements() -> None:
    assert sids(access(dot())) == [
        "AthenaQuery",
        "AthenaCatalog",
        "AthenaAccountLists",
        "GlueRead",
        "GlueDefaultDb",
        "SourceBucket",
        "SourceObjects",
        "ResultsBucket",
        "ResultsObjects",
        "DenyDirectCallsOutsideVendorIps",
    ]


def test_everything_that_can_be_switched_on_adds_a_statement() -> None:
    assert [sid for sid in sids(access(maximal_dot())) if sid not in sids(access(dot()))] == [
        "ResultsDirect",
        "KmsSource",
        "KmsResults",
        "LakeFormationAccess",
    ]


def test_glue_and_s3_are_open_through_athena_only_unless_the_vendor_calls_them_itself() -> None:
    def conditions(kind: str) -> set[tuple[Condition, ...]]:
        return {
            statement.conditions
            for statement in access(vendor(kind)).statements
            if statement.effect == "Allow" and statement.actions[0].startswith(("glue:", "s3:"))
        }

    assert conditions("dot") == {VIA_ATHENA}
    assert conditions("immuta") == {()}


def test_a_vendor_that_writes_tables_gets_these_statements() -> None:
    assert sids(access(vendor("metronome"))) == [
        "AllowAthenaAccess",
        "AllowAthenaCatalogReads",
        "AllowGlueAccessToDestinationDatabaseAndTables",
        "GlueDefaultDb",
        "AllowS3AccessToBucket",
        "AllowS3AccessToObjects",
    ]


def actions(policy: Policy) -> dict[str, tuple[str, ...]]:
    return {statement.sid: statement.actions for statement in policy.statements}


def test_a_vendor_that_reads_metadata_is_granted_what_its_page_asks_for_and_no_more() -> None:
    assumed = {"principals": ["999988887777"], "external_id": "x-4711"}
    assert actions(access(vendor("datadog", keys=None, assumed_by=assumed))) == {
        "GlueDescribe": (
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:GetTable",
            "glue:GetTables",
        ),
        "MetadataBucket": ("s3:ListBucket",),
        "MetadataObjects": ("s3:GetObject",),
    }
    assert actions(access(vendor("elementary"))) == {
        "GlueDescribe": ("glue:GetTable", "glue:GetTables"),
        "MetadataObjects": ("s3:GetObject",),
    }


def test_a_role_that_the_vendor_takes_already_is_not_made_and_keeps_its_trust() -> None:
    settings = vendor("datadog", keys=None, assumed_by={"role_name": "DatadogIntegrationRole"})
    assert (settings.makes_role, trusts(settings)) == (False, {})
    assert handoff(settings)["role"] == "DatadogIntegrationRole"
    assert [one for one in said(settings) if not one.startswith("to do")] == [
        "assumed_by: everything that uses the role 'DatadogIntegrationRole' gets this access, and "
        "the policies it has count towards the 10 that AWS attaches to a role"
    ]


def test_a_reason_names_athena_only_where_athena_asks() -> None:
    def read(kind: str) -> str:
        return next(s.why for s in access(vendor(kind)).statements if "glue:GetTable" in s.actions)

    assert read("dot") == (
        "Athena needs the tables' columns, locations and partitions to plan a query."
    )
    assert read("immuta") == (
        "Athena needs the tables' columns, locations and partitions to plan a query, and the "
        "vendor looks them up in Glue itself."
    )
    assert read("elementary") == (
        "The vendor asks Glue itself what its page lists, of these databases only."
    )


def test_every_statement_says_why_it_is_there() -> None:
    for settings in (maximal_dot(), vendor("immuta"), vendor("metronome")):
        assert [s.sid for s in access(settings).statements if not s.why.endswith(".")] == []


def test_full_access_attaches_the_policies_that_the_page_names() -> None:
    settings = dot("aws-cn", grants="full_access")
    assert managed(settings) == (
        "arn:aws-cn:iam::aws:policy/AmazonAthenaFullAccess",
        "arn:aws-cn:iam::aws:policy/AWSGlueConsoleFullAccess",
    )
    assert managed(dot()) == ()


TRUSTS: dict[str, tuple[dict[str, Any], Statement]] = {
    "a token of Google's": (
        {},
        Statement(
            "Allow",
            principals=(Principal("Federated", "accounts.google.com"),),
            actions=("sts:AssumeRoleWithWebIdentity",),
            conditions=(
                Condition("StringEquals", "accounts.google.com:sub", ("123456789012345678901",)),
                Condition("StringEquals", "accounts.google.com:oaud", ("org-4711",)),
            ),
        ),
    ),
}


@pytest.mark.parametrize("what", TRUSTS)
def test_a_role_opens_to_this_and_nothing_else(what: str) -> None:
    given, expected = TRUSTS[what]
    assert trust(vendor("metronome", **given)).grants() == Policy((expected,)).grants()


def test_an_instance_role_opens_to_ec2_under_the_name_of_its_partition() -> None:
    def principal(partition: str) -> str:
        settings = vendor("immuta", partition, keys=None, runs_on={"on": "ec2"})
        return trust(settings).statements[0].principals[0].id

    assert principal("aws") == "ec2.amazonaws.com"
    assert principal("aws-cn") == "ec2.amazonaws.com.cn"


def test_what_widens_access_is_pointed_out() -> None:
    assert [one.partition(":")[0] for one in said(dot(restrict_to_vendor_ips=False))] == [
        "restrict_to_vendor_ips"
    ]
    assert [one.partition(":")[0] for one in said(dot(grants="full_access"))] == ["grants"]
    assert [one.partition(":")[0] for one in said(dot(sources=[{"bucket": "acme-lake"}]))] == [
        "source 'acme-lake'"
    ]
    alone = {"subject": "123456789012345678901"}
    assert [one.partition(":")[0] for one in said(vendor("metronome", web_identity=alone))] == [
        "web_identity",
        "workgroup",
    ]
    keys = vendor("metronome", web_identity=None, keys=KEYS)
    assert [one.partition(":")[0] for one in said(keys)] == ["keys", "workgroup"]
