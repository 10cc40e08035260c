"""A block beside its vendor's guide."""

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from typer.testing import CliRunner

from athena_gate.gate.cli import app
from athena_gate.gate.parity import Parity, Row, Section, Side, parity
from athena_gate.gate.parity.comparison import Cell, compare
from athena_gate.gate.parity.text import as_text
from athena_gate.modules.access import guide as pages
from athena_gate.modules.access.policies import access
from athena_gate.modules.athena.beside import BESIDE
from athena_gate.modules.iam.guide import Drop, Guide
from athena_gate.modules.iam.policy import Condition, Grant, Policy, Principal, Statement
from athena_gate.stacks.configuration import ConfiguredBlock, load
from athena_gate.stacks.integrations import INTEGRATIONS
from tests.conftest import ROOT, Project
from tests.gate.test_cli import gate
from tests.modules.access.vendors import GOOGLE, KEYS, dot, maximal_dot, vendor
from tests.modules.dbt import conftest as dbt
from tests.modules.dynamodb_connector import conftest as connector

TOKEN = {
    "provider": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
    "subject": "repo:acme/dbt:ref:refs/heads/main",
    "audience": "sts.amazonaws.com",
}
VIA_ATHENA = Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("athena.amazonaws.com",))

# What the guides have, and what a block can add to it.
BLOCKS = {
    "dot": ("dot", dot()),
    "dot, everything": ("dot", maximal_dot("aws-cn")),
    "dot, full_access": ("dot", dot(grants="full_access")),
    "metronome": ("metronome", vendor("metronome")),
    "metronome, keys": ("metronome", vendor("metronome", web_identity=None, keys=KEYS)),
    "metronome, everything": (
        "metronome",
        vendor(
            "metronome",
            "aws-cn",
            web_identity={**GOOGLE, "audience": "a"},
            workgroup={},
            results_folder="results",
        ),
    ),
    "metronome, one claim": (
        "metronome",
        vendor("metronome", web_identity={"subject": GOOGLE["subject"]}),
    ),
    "immuta": ("immuta", vendor("immuta")),
    "immuta, role": ("immuta", vendor("immuta", keys=None, runs_on={"on": "ec2"})),
    "datadog, no sources": (
        "datadog",
        vendor("datadog", keys=None, sources=(), assumed_by={"external_id": "x-4711"}),
    ),
    "dbt": ("dbt", dbt.minimal()),
    "dbt, everything": ("dbt", dbt.maximal(mode="run")),
    "dbt, other accounts": (
        "dbt",
        dbt.minimal(trusted=["arn:aws:iam::444455556666:role/ci"]),
    ),
    "dbt, token": ("dbt", dbt.minimal(trusted=[], web_identity=TOKEN)),
    "connector": ("dynamodb_connector", connector.minimal()),
    "connector, everything": ("dynamodb_connector", connector.maximal()),
    "connector, documented": ("dynamodb_connector", connector.documented()),
    "connector, application": (
        "dynamodb_connector",
        connector.minimal(deployment="application"),
    ),
    "connector, one account": ("dynamodb_connector", connector.one_account()),
}


PAGE = Guide("Acme", "Connect", "https://docs.example.com", "2026-11-26", None)


def compared(kind: str, settings: Any) -> Parity:
    return parity(ConfiguredBlock(kind, settings, 1, INTEGRATIONS[kind]))


def allow(action: str, resource: str = "*", **more: Any) -> Statement:
    return Statement("Allow", actions=(action,), resources=(resource,), **more)


def statuses(guide: Statement, ours: Statement) -> set[str]:
    return {cell.status for cell in compare(Policy((guide,)), PAGE, Policy((ours,)))}


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
    sections = compared("metronome", vendor("metronome")).documents[0].sections
    reads = ("athena:GetDataCatalog", "athena:GetDatabase", "athena:GetTableMetadata")
    workgroup = "arn:aws:athena:*:111122223333:workgroup/primary"
    catalog = "arn:aws:athena:eu-central-1:111122223333:datacatalog/AwsDataCatalog"
    assert [
        *rows(sections, "athena:GetDatabase", "ineffective"),
        *rows(sections, "athena:GetDatabase", "added"),
    ] == [
        *(
            Row(
                "ineffective",
                "Allow",
                Side((read,), (), (workgroup,), ()),
                None,
                (f"{read} does not work on such a resource.",),
                True,
            )
            for read in sorted(reads)
            if read == "athena:GetDatabase"
        ),
        Row(
            "added",
            "Allow",
            None,
            Side(reads, (), (catalog,), ()),
            ("Look up the schema and its tables through Athena.",),
            True,
        ),
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
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ),
                (),
                ("arn:aws:s3:::dot-reporting-results-111122223333/dot-reporting/*",),
                (VIA_ATHENA,),
            ),
            (
                "Write query results, in parts when they are large, and read them back.",
                "Results are written in parts when they are large; without this every query fails.",
            ),
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


def test_an_addition_says_what_its_statement_says() -> None:
    # Keys, spill buckets and catalogs of all kinds.
    for block in load(ROOT / "development" / "modes.hcl").blocks:
        policies = block.integration.documents(block.settings)
        if block.name not in ("catalogs", "connectors", "elsewhere"):
            continue
        for document in parity(block).documents:
            whys: dict[Grant, set[str]] = {}
            for statement in policies[document.name].statements if document.deployed else ():
                for grant in statement.grants():
                    whys.setdefault(grant, set()).add(statement.why)
            added = [row for one in document.sections for row in one.rows if row.status == "added"]
            for row in added if document.policy == "access" else ():
                for grant in grants([row], "ours"):
                    assert set(row.reasons) >= whys[grant] != {""}, (block.title, grant)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("dot", dot(grants="documented")),
        (
            "metronome",
            vendor(
                "metronome",
                grants="documented",
                web_identity={"subject": GOOGLE["subject"]},
            ),
        ),
        ("immuta", vendor("immuta", grants="documented")),
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
            pages.documented(maximal_dot("aws")),
            access(maximal_dot("aws")),
            "dot",
            maximal_dot("aws"),
        ),
        (
            pages.documented(vendor("metronome")),
            access(vendor("metronome")),
            "metronome",
            vendor("metronome"),
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
                    ("These may take the role, and nobody else of their accounts.",),
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
    settings = vendor("immuta", keys=None, runs_on={"on": "ec2"})
    assert compared("immuta", settings).documents[1].sections == (
        Section(
            "Not in the guide",
            (
                Row(
                    "added",
                    "Allow",
                    None,
                    Side(("sts:AssumeRole",), ("Service:ec2.amazonaws.com",), (), ()),
                    (
                        "The instances that the product runs on; iam:PassRole decides which.",
                        "Whoever acts takes the role first.",
                    ),
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
    root = "arn:aws:iam::111122223333:root"
    assert statuses(trusting("111122223333"), trusting(root)) == {"same"}
    assert statuses(trusting(root), trusting("111122223333")) == {"same"}


def test_an_action_that_aws_does_not_have_grants_nothing_in_the_guide() -> None:
    assert compare(Policy((allow("dynamodb:ListSchemas"),)), PAGE, Policy(())) == [
        Cell(
            "ineffective",
            Grant("Allow", "", "dynamodb:ListSchemas", "*", frozenset()),
            frozenset(),
            ("AWS has no such action.",),
            True,
        )
    ]


def explained(page: Guide, documented: Policy, ours: Policy) -> list[tuple[str, bool]]:
    return [(cell.status, cell.explained) for cell in compare(documented, page, ours)]


def test_what_is_left_out_needs_a_reason() -> None:
    documented = Policy((allow("s3:GetObject", "arn:aws:s3:::b/*"),))
    dropped = replace(PAGE, drops=(Drop("Nobody reads it.", ("s3:Get*",)),))
    assert explained(PAGE, documented, Policy(())) == [("dropped", False)]
    assert explained(dropped, documented, Policy(())) == [("dropped", True)]


def test_an_action_that_the_page_does_not_name_needs_a_reason_beside_that_of_its_statement() -> (
    None
):
    slipped = Policy((allow("athena:DeleteWorkGroup", "arn:aws:s3:::b", why="For queries."),))
    named = replace(PAGE, beside={"athena:DeleteWorkGroup": "It cleans up."})
    assert explained(PAGE, Policy(()), slipped) == [("added", False)]
    assert explained(named, Policy(()), slipped) == [("added", True)]
    silent = Policy((allow("athena:DeleteWorkGroup", "arn:aws:s3:::b"),))
    assert explained(named, Policy(()), silent) == [("added", False)]


def test_a_difference_without_a_reason_is_pointed_out_and_exits_with_1(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = {action: why for action, why in BESIDE.items() if action != "athena:GetWorkGroup"}
    monkeypatch.setattr("athena_gate.gate.parity.comparison.BESIDE", left)
    done = CliRunner().invoke(app, ["--file", str(project.file), "parity", "reporting"])
    assert done.exit_code == 1
    assert "added       athena:GetWorkGroup\n" in done.stdout
    assert "why         Unexplained: nothing says why.\n" in done.stdout
    assert done.stdout.endswith(
        'dot "reporting": 4 same, 5 narrower, 33 added, 2 ineffective\n'
        "1 unexplained: say why an action is left out (dropped, in the vendor's profile)\n"
        "or granted beside the page (beside)\n"
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
