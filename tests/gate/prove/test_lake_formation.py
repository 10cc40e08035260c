"""Whether what a stack makes Lake Formation give is proved, and what `gate explain` says of it."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.explain import can
from athena_gate.gate.prove import prove_stack
from athena_gate.gate.stack.reader import read_content
from athena_gate.stacks.configuration import Configuration, load
from athena_gate.stacks.expected import expected_json

TEXT = """
account "a" {
  id     = "111122223333"
  region = "eu-central-1"
}
immuta "x" {
  account   = "a"
  databases = ["sales", "hr"]
  runs_on { on = "ec2" }
  lake_formation {
    default_database = false
    table "sales.orders" { columns = ["id"] }
    table "hr.staff" {}
  }
}
"""
PAGE = "https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html"
GLUE = "arn:aws:glue:eu-central-1:111122223333"


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    file = tmp_path_factory.mktemp("lake") / "gate.hcl"
    file.write_text(TEXT)
    return load(file)


@pytest.fixture
def content(configuration: Configuration) -> dict[str, Any]:
    (block,) = configuration.blocks
    return deepcopy(expected_json(block, configuration.backend))


def grant(content: dict[str, Any], word: str) -> dict[str, Any]:
    grants = content["resource"]["aws_lakeformation_permissions"]
    (found,) = [body for name, body in grants.items() if word in name]
    assert isinstance(found, dict)
    return found


def broken(configuration: Configuration, content: dict[str, Any]) -> dict[str, list[str]]:
    """Return the claims that do not hold of ``content``, each with its reasons."""
    (block,) = configuration.blocks
    proof = prove_stack(read_content(content, Path("x")), block, configuration.backend)
    return {
        result.name: [failure.reason for failure in result.failures]
        for result in proof.results
        if not result.holds
    }


def test_what_the_block_asks_for_holds(
    configuration: Configuration, content: dict[str, Any]
) -> None:
    assert broken(configuration, content) == {}


def test_a_wider_grant_is_a_claim_that_fails_and_names_it(
    configuration: Configuration, content: dict[str, Any]
) -> None:
    columns = grant(content, "orders")
    del columns["table_with_columns"]
    columns["table"] = {"database_name": "sales", "wildcard": True}
    grant(content, "staff")["permissions"].append("INSERT")
    found = broken(configuration, content)
    assert found["no-other-lake-formation-grant"] == [
        "Lake Formation gives SELECT on all tables of sales",
        "Lake Formation gives INSERT on table hr.staff",
    ]
    assert found["lake-formation-grants"] == [
        "nothing in the stack gives SELECT on table sales.orders, columns id"
    ]
    assert sorted(found) == [
        "lake-formation",
        "lake-formation-grants",
        "no-other-lake-formation-grant",
    ]


def test_a_grant_to_somebody_else_is_a_claim_that_fails(
    configuration: Configuration, content: dict[str, Any]
) -> None:
    grant(content, "staff")["principal"] = "arn:aws:iam::111122223333:role/guest"
    (block,) = configuration.blocks
    proof = prove_stack(read_content(content, Path("x")), block, configuration.backend)
    assert [
        (one.of, one.name, [failure.reason for failure in one.failures])
        for one in proof.results
        if not one.holds and one.kind in ("need", "never")
    ] == [
        (
            "role immuta-x",
            "lake-formation-grants",
            ["nothing in the stack gives SELECT on table hr.staff"],
        ),
        (
            "role guest",
            "no-other-lake-formation-grant",
            ["Lake Formation gives SELECT on table hr.staff"],
        ),
    ]


def test_a_grant_that_may_be_passed_on_is_not_understood_and_named(
    configuration: Configuration, content: dict[str, Any]
) -> None:
    grant(content, "staff")["permissions_with_grant_option"] = ["SELECT"]
    (reasons,) = broken(configuration, content).values()
    (reason,) = reasons
    assert "staff" in reason
    assert "permissions_with_grant_option is an argument that is not understood" in reason


@pytest.mark.parametrize(
    ("action", "resource", "answer", "reason", "conditions"),
    [
        (
            "glue:GetTable",
            f"{GLUE}:table/sales/orders",
            "yes",
            "and Lake Formation gives it SELECT on table sales.orders, columns id",
            (),
        ),
        (
            "glue:GetDatabase",
            f"{GLUE}:database/hr",
            "yes",
            "and Lake Formation gives it DESCRIBE on database hr",
            (),
        ),
        (
            "glue:GetTable",
            f"{GLUE}:table/hr/salaries",
            "yes, if",
            "allowed by IAM",
            (
                "Lake Formation gives it SELECT or DESCRIBE on table hr.salaries, where it governs "
                f"that: {PAGE}",
            ),
        ),
        (
            "lakeformation:GetDataAccess",
            "*",
            "yes",
            "for what Lake Formation gives it: DESCRIBE on database sales, SELECT on table "
            "sales.orders, columns id, DESCRIBE on database hr and SELECT on table hr.staff",
            (),
        ),
    ],
)
def test_explain_says_which_grant_a_request_rests_on(
    content: dict[str, Any],
    action: str,
    resource: str,
    answer: str,
    reason: str,
    conditions: tuple[str, ...],
) -> None:
    (said,) = can(read_content(content, Path("x")), action, resource, {})
    assert (said.answer, said.reason.endswith(reason), said.conditions) == (
        answer,
        True,
        conditions,
    ), said.reason
