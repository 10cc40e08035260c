"""A block beside its vendor's guide."""

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from typer.testing import CliRunner

from gate.cli import app
from gate.comparison import Cell, compare
from gate.parity import Parity, Row, Section, Side, parity
from gate.parity_text import as_text
from modules.dot import guide as dot_guide
from modules.dot.policies import access as dot_access
from modules.iam.guide import Deviation
from modules.iam.policy import Condition, Grant, Policy, Principal, Statement
from modules.metronome import guide as metronome_guide
from modules.metronome.policies import access as metronome_access
from stacks.configuration import ConfiguredBlock
from tests.conftest import Project
from tests.gate.test_cli import gate
from tests.modules.dbt import conftest as dbt
from tests.modules.dot.test_guide import dot
from tests.modules.dot.test_guide import maximal as maximal_dot
from tests.modules.dynamodb_connector import conftest as connector
from tests.modules.immuta import conftest as immuta
from tests.modules.metronome import conftest as metronome

VIA_ATHENA = Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("athena.amazonaws.com",))

# What the guides have, and what a block can add to it.
BLOCKS = {
    "dot": ("dot", dot()),
    "dot, everything": ("dot", maximal_dot("aws-cn")),
    "dot, full_access": ("dot", dot(grants="full_access")),
    "metronome": ("metronome", metronome.minimal()),
    "metronome, keys": ("metronome", metronome.with_keys()),
    "metronome, everything": ("metronome", metronome.maximal("cn-north-1")),
    "metronome, one claim": (
        "metronome",
        metronome.minimal(organization_identifier="org-4711"),
    ),
    "immuta": ("immuta", immuta.minimal()),
    "immuta, everything": ("immuta", immuta.maximal("us-gov-west-1")),
    "immuta, role": (
        "immuta",
        immuta.minimal(authentication="instance_role", keys=None),
    ),
    "dbt": ("dbt", dbt.minimal()),
    "dbt, everything": ("dbt", dbt.maximal(mode="run")),
    "connector": ("dynamodb_connector", connector.minimal()),
    "connector, everything": ("dynamodb_connector", connector.maximal()),
    "connector, documented": ("dynamodb_connector", connector.documented()),
    "connector, application": (
        "dynamodb_connector",
        connector.minimal(deployment="application"),
    ),
    "connector, one account": ("dynamodb_connector", connector.one_account()),
}


def compared(kind: str, settings: Any) -> Parity:
    return parity(ConfiguredBlock(kind, settings, line=1))


def allow(action: str, resource: str = "*", **more: Any) -> Statement:
    return Statement("Allow", actions=(action,), resources=(resource,), **more)


def statuses(guide: Statement, ours: Statement) -> set[str]:
    return {cell.status for cell in compare(Policy((guide,)), (), Policy((ours,)))}


def grants(rows: Iterable[Row], side: str) -> set[Grant]:
    """Return what the rows say that the guide, or ours, grants."""
    return {
        Grant(row.effect, principal, action, resource, frozenset(found.conditions))
        for row in rows
        if (found := getattr(row, side)) is not None
        for action, principal, resource in product(
            found.actions, found.principals or ("",), found.resources or ("",)
        )
    }


def rows(sections: Iterable[Section], action: str, status: str) -> list[Row]:
    return [
        row
        for section in sections
        for row in section.rows
        if row.status == status
        and action in (row.guide or row.ours or Side((), (), (), ())).actions
    ]


def test_metronomes_guide_grants_three_catalog_reads_where_they_do_nothing() -> None:
    sections = compared("metronome", metronome.minimal()).documents[0].sections
    reads = ("athena:GetDataCatalog", "athena:GetDatabase", "athena:GetTableMetadata")
    reason = (
        "These three read the data catalog; on a workgroup, where the guide has them, they grant "
        "nothing."
    )
    workgroup = "arn:aws:athena:*:111122223333:workgroup/primary"
    catalog = "arn:aws:athena:eu-central-1:111122223333:datacatalog/AwsDataCatalog"
    assert [
        *rows(sections, "athena:GetDatabase", "ineffective"),
        *rows(sections, "athena:GetDatabase", "added"),
    ] == [
        Row("ineffective", "Allow", Side(reads, (), (workgroup,), ()), None, (reason,), True),
        Row("added", "Allow", None, Side(reads, (), (catalog,), ()), (reason,), True),
    ]


def test_dots_restricted_policy_cannot_write_query_results() -> None:
    sections = compared("dot", dot()).documents[0].sections
    assert rows(sections, "s3:PutObject", "added") == [
        Row(
            "added",
            "Allow",
            None,
            Side(
                (
                    "s3:AbortMultipartUpload",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ),
                (),
                ("arn:aws:s3:::dot-reporting-results-111122223333/dot-reporting/*",),
                (VIA_ATHENA,),
            ),
            ("The guide grants no way to write query results, without which every query fails.",),
            True,
        )
    ]


@pytest.mark.parametrize("name", BLOCKS)
def test_every_difference_from_a_guide_has_a_stated_reason(name: str) -> None:
    unexplained = {
        (document.name, document.policy): [
            row for section in document.sections for row in section.rows if not row.explained
        ]
        for document in compared(*BLOCKS[name]).documents
        if document.unexplained
    }
    assert unexplained == {}


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("dot", dot(grants="documented")),
        ("metronome", metronome.minimal(grants="documented")),
        ("immuta", immuta.minimal(grants="documented")),
        ("dbt", dbt.minimal(mode="documented")),
    ],
)
def test_what_is_built_as_documented_is_the_same(kind: str, settings: Any) -> None:
    assert list(compared(kind, settings).counts) == ["same"]


def test_what_the_guide_opens_across_accounts_is_the_same_when_built_as_documented() -> None:
    found = compared("dynamodb_connector", connector.documented())
    assert {
        (document.name, document.policy): set(document.counts)
        for document in found.documents
        if document.name in ("spill_bucket", "invocation", "sharing")
    } == {
        ("spill_bucket", "access"): {"same"},
        ("invocation", "access"): {"same"},
        ("sharing", "access"): {"same"},
        ("sharing", "trust"): {"same"},
    }


def test_the_rows_say_exactly_what_both_sides_grant() -> None:
    for documented, ours, kind, settings in (
        (
            dot_guide.GUIDE.documented_for(dot_guide.values(maximal_dot("aws"))),
            dot_access(maximal_dot("aws")),
            "dot",
            maximal_dot("aws"),
        ),
        (
            metronome_guide.GUIDE.documented_for(metronome_guide.values(metronome.maximal())),
            metronome_access(metronome.maximal()),
            "metronome",
            metronome.maximal(),
        ),
    ):
        sections = compared(kind, settings).documents[0].sections
        every = [row for section in sections for row in section.rows]
        assert grants(every, "guide") == documented.grants()
        assert grants(every, "ours") == ours.grants()


def test_a_trust_in_the_whole_account_is_narrowed_to_the_role_named() -> None:
    document = compared("dbt", dbt.minimal()).documents[1]
    assert document.sections == (
        Section(
            "Statement 1: sts",
            (
                Row(
                    "narrower",
                    "Allow",
                    Side(("sts:AssumeRole",), ("AWS:arn:aws:iam::111122223333:root",), (), ()),
                    Side(("sts:AssumeRole",), ("AWS:arn:aws:iam::111122223333:role/ci",), (), ()),
                    (
                        "The guide trusts the account: whoever its administrators let take roles "
                        "can take this one. Ours trusts the roles and users named.",
                    ),
                    True,
                ),
            ),
        ),
    )


def test_a_policy_that_the_block_does_not_have_is_named_and_not_compared() -> None:
    found = compared("dynamodb_connector", connector.minimal())
    assert [
        (document.name, document.policy, document.sections)
        for document in found.documents
        if not document.deployed
    ] == [("sharing", "access", ()), ("sharing", "trust", ()), ("key", "access", ())]


def test_a_trust_policy_the_guide_has_no_word_of_is_explained_by_its_own_statement() -> None:
    settings = immuta.minimal(authentication="instance_role", keys=None)
    assert compared("immuta", settings).documents[1].sections == (
        Section(
            "Not in the guide",
            (
                Row(
                    "added",
                    "Allow",
                    None,
                    Side(("sts:AssumeRole",), ("Service:ec2.amazonaws.com",), (), ()),
                    ("The instances that Immuta runs on.",),
                    True,
                ),
            ),
        ),
    )


def test_aws_managed_policies_are_wider_than_the_guides_restricted_one() -> None:
    sections = compared("dot", dot(grants="full_access")).documents[0].sections
    assert {
        row.ours.actions
        for section in sections
        for row in section.rows
        if row.status == "wider" and row.ours
    } == {("athena:*",), ("glue:*",)}


@pytest.mark.parametrize(
    ("ours", "status"),
    [
        (allow("s3:GetObject", "arn:aws:s3:::b/p/*"), "same"),
        (allow("s3:GetObject", "arn:aws:s3:::b/p/q/*"), "narrower"),
        (allow("s3:GetObject", "arn:aws:s3:::b/*"), "wider"),
        (allow("s3:Get*", "arn:aws:s3:::b/p/*"), "wider"),
        (allow("S3:getobject", "arn:aws:s3:::b/p/x"), "narrower"),
        (allow("s3:GetObject", "arn:aws:s3:::b/p/*", conditions=(VIA_ATHENA,)), "narrower"),
    ],
)
def test_a_grant_is_narrower_or_wider_by_what_it_includes(ours: Statement, status: str) -> None:
    assert statuses(allow("s3:GetObject", "arn:aws:s3:::b/p/*"), ours) == {status}


@pytest.mark.parametrize(
    "ours",
    [
        allow("s3:PutObject", "arn:aws:s3:::b/p/*"),
        allow("s3:GetObject", "arn:aws:s3:::c/*"),
        Statement("Deny", actions=("s3:GetObject",), resources=("arn:aws:s3:::b/*",)),
        Statement("Allow", not_actions=("s3:PutObject",), resources=("arn:aws:s3:::b/*",)),
    ],
)
def test_a_grant_that_neither_includes_nor_is_included_is_added(ours: Statement) -> None:
    assert statuses(allow("s3:GetObject", "arn:aws:s3:::b/p/*"), ours) == {"dropped", "added"}


def test_a_condition_that_takes_fewer_values_narrows_and_a_negated_one_does_not() -> None:
    def given(operator: str, *values: str) -> Statement:
        return allow("s3:GetObject", conditions=(Condition(operator, "aws:SourceIp", values),))

    both = ("192.0.2.0/24", "198.51.100.0/24")
    assert statuses(given("IpAddress", *both), given("IpAddress", both[0])) == {"narrower"}
    assert statuses(given("NotIpAddress", *both), given("NotIpAddress", both[0])) == {"wider"}


def test_an_account_includes_its_roles_and_nobody_elses() -> None:
    def trusting(*names: str) -> Statement:
        principals = tuple(Principal("AWS", name) for name in names)
        return Statement("Allow", actions=("sts:AssumeRole",), principals=principals)

    role = "arn:aws:iam::111122223333:role/ci"
    assert statuses(trusting("111122223333"), trusting(role)) == {"narrower"}
    assert statuses(trusting("arn:aws:iam::111122223333:root"), trusting(role)) == {"narrower"}
    assert statuses(trusting("444455556666"), trusting(role)) == {"dropped", "added"}


def test_an_action_that_aws_does_not_have_grants_nothing_in_the_guide() -> None:
    assert compare(Policy((allow("dynamodb:ListSchemas"),)), (), Policy(())) == [
        Cell(
            "ineffective",
            Grant("Allow", "", "dynamodb:ListSchemas", "*", frozenset()),
            frozenset(),
            (),
            False,
        )
    ]


def test_a_difference_is_explained_by_the_deviations_that_mention_it_on_both_sides() -> None:
    guide, ours = allow("s3:GetObject"), allow("s3:GetObject", "arn:aws:s3:::b/*")
    narrowed = Deviation("Only the bucket.", dropped=(guide,), added=(ours,))
    half = Deviation("Only the bucket.", dropped=(guide,))

    def explained(*deviations: Deviation) -> list[tuple[tuple[str, ...], bool]]:
        cells = compare(Policy((guide,)), deviations, Policy((ours,)))
        return [(cell.reasons, cell.explained) for cell in cells]

    assert explained(narrowed) == [(("Only the bucket.",), True)]
    assert explained(half) == [(("Only the bucket.",), False)]
    assert explained() == [((), False)]


def test_a_difference_without_a_reason_is_pointed_out_and_exits_with_1(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [d for d in dot_guide.GUIDE.deviations if not d.reason.startswith("Drivers check")]
    changed = replace(dot_guide.GUIDE, deviations=tuple(kept))
    monkeypatch.setattr(dot_guide, "GUIDES", {"access": changed})
    done = CliRunner().invoke(app, ["--file", str(project.file), "parity", "reporting"])
    assert done.exit_code == 1
    assert (
        "added       athena:BatchGetQueryExecution, GetQueryResultsStream, GetWorkGroup,\n"
        "            ListQueryExecutions\n"
        "on          arn:aws:athena:eu-central-1:111122223333:workgroup/dot-reporting\n"
        "why         Unexplained: no stated deviation from the guide mentions this.\n"
    ) in done.stdout
    assert done.stdout.endswith(
        'dot "reporting": 4 same, 5 narrower, 33 added, 2 ineffective\n'
        "4 unexplained: state what was added or dropped, and why, as a Deviation in the\n"
        "integration's guide.py\n"
    )


def test_parity_is_read_at_80_columns_without_colours(project: Project) -> None:
    project.write(
        project.file.read_text().replace("  databases", '  grants = "documented"\n  databases')
    )
    done = gate(project.folder, "parity", "reporting")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        """\
dot "reporting" beside the guide: Dot


AWS Athena, step 2: restricted policy
https://docs.getdot.ai (read 2026-11-22)

Statement 1: athena
-------------------

same        athena:GetQueryExecution, GetQueryResults, StartQueryExecution,
            StopQueryExecution
on          arn:aws:athena:eu-central-1:111122223333:workgroup/dot-reporting

Statement 2: glue
-----------------

same        glue:GetDatabase, GetPartitions, GetTable
on          *

Statement 3: s3
---------------

same        s3:GetObject, ListBucket
on          arn:aws:s3:::acme-lake
            arn:aws:s3:::acme-lake/*


dot "reporting": 11 same
""",
        "",
    )


@pytest.mark.parametrize("name", BLOCKS)
def test_no_line_is_wider_than_80_columns(name: str) -> None:
    text = as_text(compared(*BLOCKS[name]))
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_parity_answers_in_json(project: Project) -> None:
    done = gate(project.folder, "parity", "dot.reporting", "--json")
    answer = json.loads(done.stdout)
    assert {key: answer[key] for key in ("block", "vendor", "counts", "unexplained")} == {
        "block": 'dot "reporting"',
        "vendor": "Dot",
        "counts": {"same": 4, "narrower": 5, "added": 33, "ineffective": 2},
        "unexplained": 0,
    }
    assert answer["documents"][0]["sections"][0]["rows"] == [
        {
            "status": "same",
            "effect": "Allow",
            **{
                side: {
                    "actions": [
                        "athena:GetQueryExecution",
                        "athena:GetQueryResults",
                        "athena:StartQueryExecution",
                        "athena:StopQueryExecution",
                    ],
                    "principals": [],
                    "resources": [
                        "arn:aws:athena:eu-central-1:111122223333:workgroup/dot-reporting"
                    ],
                    "conditions": [],
                }
                for side in ("guide", "ours")
            },
            "reasons": [],
            "explained": True,
        }
    ]


def test_a_block_that_does_not_exist_exits_with_2(project: Project) -> None:
    done = gate(project.folder, "parity", "report")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: no block is called report; did you mean reporting?; allowed: dot.reporting\n",
    )
