"""The first table of the report: who may read, write and delete what."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.diff.sides import asked_for
from athena_gate.gate.parity import parity
from athena_gate.gate.report.principals import Item, Row, columns_of, principals
from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam.attached import Document
from athena_gate.modules.iam.policy import Policy
from athena_gate.stacks.configuration import load
from tests.conftest import ACCOUNT, DOT, Project, make_project

Rows = Callable[..., tuple[Row, ...]]
MORE, NOT, ALL = "more than the page", "not on the page", "not limited here"


@pytest.fixture
def rows(tmp_path: Path, pgp_key: Any) -> Rows:
    """Return the rows of the only block of a configuration, whose stack a function may change."""

    def of(text: str, change: Callable[[Stack], Stack] = lambda stack: stack) -> tuple[Row, ...]:
        project: Project = make_project(tmp_path, pgp_key, text)
        configuration = load(project.file)
        (stack,), (block,) = asked_for(configuration), configuration.blocks
        return principals(change(stack), block, parity(block))

    return of


def minor(what: str, care: str = "") -> Item:
    return Item(what, care=care, minor=True)


RESULTS = "s3://dot-reporting-results-111122223333/dot-reporting/"
DOT_ROW = Row(
    "Dot",
    "outside, with a key",
    True,
    "user dot-reporting",
    "111122223333",
    (
        Item("queries in workgroup dot-reporting", care=MORE),
        Item("Glue database sales and its tables", care=MORE),
        Item("s3://acme-lake/sales/"),
        Item(RESULTS, care=NOT),
        minor("Glue database default"),
        minor("data catalog AwsDataCatalog", NOT),
        minor("names in Athena", NOT),
        minor("names in bucket acme-lake", MORE),
        minor("names in bucket dot-reporting-results-111122223333", NOT),
    ),
    (Item(RESULTS, care=NOT),),
    (),
    (
        "with 1 access key",
        "only from 3.122.135.165, 3.229.110.216",
        "Glue and S3 only through Athena",
    ),
)


def test_a_vendor_outside_reads_tables_and_writes_results(rows: Rows) -> None:
    assert rows(DOT) == (DOT_ROW,)


def test_what_lake_formation_allows_is_everything(rows: Rows) -> None:
    (row,) = rows(
        DOT.replace(
            'account   = "analytics"',
            'account = "analytics"\nlake_formation {\n grants = false\n}',
        )
    )
    governed = Item("everything that Lake Formation allows it", care=ALL)
    assert [item for item in row.reads if item not in DOT_ROW.reads] == [governed]
    assert row.writes == (governed, *DOT_ROW.writes)
    assert row.deletes == (governed,)


def test_what_lake_formation_is_made_to_give_is_that_and_no_more(rows: Rows) -> None:
    (row,) = rows(
        DOT.replace('account   = "analytics"', 'account = "analytics"\nlake_formation {}')
    )
    assert [item for item in row.reads if item not in DOT_ROW.reads] == [
        Item("all tables of sales, by Lake Formation"),
        Item("database default, by Lake Formation", minor=True),
        Item("database sales, by Lake Formation", minor=True),
    ]
    assert (row.writes, row.deletes) == (DOT_ROW.writes, DOT_ROW.deletes)
    assert row.conditions == (
        *DOT_ROW.conditions,
        "Lake Formation as far as it grants here; what others grant is not known",
    )


def test_what_an_own_policy_of_aws_allows_is_everything(rows: Rows) -> None:
    (row,) = rows(
        DOT.replace('account   = "analytics"', 'account = "analytics"\ngrants = "full_access"')
    )
    assert row.deletes == (
        Item("what AWS's AWSGlueConsoleFullAccess allows", care=ALL),
        Item("what AWS's AmazonAthenaFullAccess allows", care=ALL),
    )


def test_a_role_of_ones_own_is_no_vendor_outside(rows: Rows) -> None:
    (row,) = rows(
        ACCOUNT
        + """
dbt "ci" {
  account   = "analytics"
  mode      = "via_athena"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_ci"]
}
"""
    )
    data, tables = (
        "s3://dbt-ci-data-111122223333/dbt-ci-tables/",
        "Glue database dbt_ci and its tables",
    )
    assert row == Row(
        "role ci",
        "your own",
        False,
        "role dbt-ci",
        "111122223333",
        (
            Item("queries in workgroup primary"),
            Item(tables, care=MORE),
            Item(data),
            Item("s3://dbt-ci-results-111122223333/dbt-ci/"),
            minor("Glue database default"),
            minor("data catalog AwsDataCatalog", MORE),
            minor("names in Athena"),
            minor("names in bucket dbt-ci-data-111122223333"),
            minor("names in bucket dbt-ci-results-111122223333"),
        ),
        (Item(tables, care=MORE), Item(data), Item("s3://dbt-ci-results-111122223333/dbt-ci/")),
        (Item(tables, care=MORE), Item(data)),
        ("Glue and S3 only through Athena",),
    )


CONNECTOR = """
account "partner" {
  id          = "444455556666"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::444455556666:role/terraform"
}

dynamodb_connector "orders" {
  owner    = "analytics"
  consumer = "partner"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::444455556666:role/analyst"]
}
"""


def test_a_function_and_a_role_from_elsewhere_are_ones_own(rows: Rows) -> None:
    found = rows(ACCOUNT + CONNECTOR)
    assert [(r.who, r.kind, r.outside, r.becomes, r.account, r.conditions) for r in found] == [
        (
            "Lambda function dynamodb_connector_orders",
            "your own",
            False,
            "role dynamodb-connector-orders",
            "111122223333",
            (),
        ),
        (
            "role analyst",
            "your own role",
            False,
            "",
            "444455556666",
            ("whoever its own trust policy lets take it", "Lambda only through Athena"),
        ),
    ]


VENDOR = 'grafana "x" {{\n account = "analytics"\n databases = ["a"]\n source "lake" {{}}\n {}\n}}'


@pytest.mark.parametrize(
    ("way", "who"),
    [
        (
            'assumed_by {\n principals = ["999988887777"]\n external_id = "abcd-1234"\n }',
            (
                "Grafana",
                "outside",
                True,
                ("as whoever account 999988887777 lets", "with the external id abcd-1234"),
            ),
        ),
        (
            'runs_on { on = "ec2" }',
            ("Grafana", "your own, on EC2", False, ("instance profile grafana-x",)),
        ),
        (
            'trusted { principals = ["arn:aws:iam::111122223333:role/a"] }',
            ("role a", "your own", False, ()),
        ),
        (
            'runs_on {\n on = "eks"\n provider = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.'
            'eu-central-1.amazonaws.com/id/EXAMPLE"\n namespace = "a"\n service_account = "b"\n }',
            (
                "Grafana",
                "your own cluster",
                False,
                (
                    "vouched for by oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE",
                    "where oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE:aud is "
                    "sts.amazonaws.com, where "
                    "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE:sub is "
                    "system:serviceaccount:a:b",
                ),
            ),
        ),
    ],
)
def test_who_comes_and_whether_from_outside(rows: Rows, way: str, who: Any) -> None:
    (row,) = rows(ACCOUNT + VENDOR.format(way))
    common = "Glue and S3 only through Athena"
    assert (row.who, row.kind, row.outside, row.conditions) == (*who[:3], (*who[3], common))


def test_a_page_that_names_no_permissions_says_so_once(rows: Rows) -> None:
    text = VENDOR.format('trusted { principals = ["arn:aws:iam::111122223333:role/a"] }')
    (row,) = rows(ACCOUNT + text.replace("grafana", "superset"))
    assert row.care == "the vendor's page names no permissions"
    assert {item.care for item in (*row.reads, *row.writes, *row.deletes)} == {""}


def more(*statements: dict[str, Any]) -> Callable[[Stack], Stack]:
    """Return what adds statements to the first identity of a stack."""
    added = Policy.from_document({"Version": "2012-10-17", "Statement": list(statements)})

    def change(stack: Stack) -> Stack:
        first, *others = stack.identities
        policies = (*first.policies, Document("aws_iam_policy.x", "managed", added))
        return replace(stack, identities=(replace(first, policies=policies), *others))

    return change


def test_nothing_that_a_policy_allows_is_left_out(rows: Rows) -> None:
    """Whatever stands in a stack is in the table, also what no block asks for."""
    lake = "arn:aws:s3:::other/*"
    changed = more(
        {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::1:role/x"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": lake},
        {
            "Effect": "Allow",
            "NotAction": "s3:GetObject",
            "Resource": "arn:aws:sqs:eu-central-1:1:q",
        },
        {
            "Effect": "Allow",
            "Action": "glue:DeleteTable",
            "NotResource": "arn:aws:glue:*:*:catalog",
        },
        {"Effect": "Allow", "Action": "tag:GetResources", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-lake/secret/*"},
    )
    (row,) = rows(DOT, changed)
    anything = (
        Item("everything in S3: s3://other/", care=ALL),
        Item("everything in tag", care=ALL),
        Item("everything: q in account 1", care=ALL),
    )
    assert [item for item in row.reads if item not in DOT_ROW.reads and not item.when] == [
        *anything
    ]
    assert [item for item in row.writes if item not in DOT_ROW.writes and not item.when] == [
        *anything,
        Item("role x in account 1", care=NOT),
    ]
    assert [item for item in row.deletes if not item.when] == [
        Item("everything but the Glue catalog in every region", care=ALL),
        *anything,
    ]
    assert row.conditions[2:] == ("never may read: objects of acme-lake under secret/",)
    assert {item.when for item in row.reads} == {"", "only through Athena"}


def test_whom_only_a_bucket_lets_in_has_a_row(rows: Rows) -> None:
    opened = Policy.from_document(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam::999988887777:role/x", "111122223333"]},
                "Action": ["s3:GetObject", "s3:DeleteObject"],
                "Resource": "arn:aws:s3:::b/*",
            },
        }
    )

    def change(stack: Stack) -> Stack:
        (bucket,) = stack.resource_policies
        document = Document(bucket.address, "resource", opened)
        return replace(stack, resource_policies=(replace(bucket, documents=(document,)),))

    assert rows(DOT, change)[1:] == (
        Row(
            "Dot",
            "outside",
            True,
            "",
            "111122223333",
            (Item("s3://b/", care=NOT),),
            (),
            (Item("s3://b/", care=NOT),),
            (
                "as role x of account 999988887777",
                "by the policy of bucket dot-reporting-results-111122223333",
            ),
        ),
    )


@pytest.mark.parametrize(
    ("action", "columns"),
    [
        ("s3:GetObject", ("reads",)),
        ("s3:PutObject", ("writes",)),
        ("s3:DeleteObject", ("deletes",)),
        ("s3:Put*", ("writes",)),
        ("s3:*Object", ("reads", "writes", "deletes")),
        ("glue:BatchDeletePartition", ("deletes",)),
        ("athena:StartQueryExecution", ("reads",)),
        ("kms:GenerateDataKey", ("writes",)),
        ("lakeformation:GetDataAccess", ("reads", "writes", "deletes")),
        ("made:Up", ("reads", "writes", "deletes")),
        ("*", ("reads", "writes", "deletes")),
    ],
)
def test_what_an_action_does(action: str, columns: tuple[str, ...]) -> None:
    assert columns_of(action) == columns
