"""gate prove and gate explain on synthesized JSON, as a reviewer uses them."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from tests.conftest import DOT, Project, make_project
from tests.gate.test_cli import gate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scoped(tmp_path_factory: pytest.TempPathFactory, pgp_key: pysequoia.Tsk) -> Project:
    """A project whose Dot block is synthesized; tests read it, and change a copy."""
    project = make_project(tmp_path_factory.mktemp("scoped"), pgp_key, DOT)
    project.synth()
    return project


@pytest.fixture
def copy(scoped: Project, tmp_path: Path) -> Project:
    """A copy of ``scoped``."""
    return Project(shutil.copytree(scoped.folder, tmp_path / "copy"), scoped.key)


def change(project: Project, alter: Callable[[list[dict[str, Any]]], object]) -> None:
    """Let ``alter`` change the statements of the user's policy in the synthesized JSON."""
    file = project.out / "stacks" / "dot-reporting" / "cdk.tf.json"
    document = json.loads(file.read_text())
    (policy,) = document["resource"]["aws_iam_policy"].values()
    content = json.loads(policy["policy"])
    alter(content["Statement"])
    policy["policy"] = json.dumps(content)
    file.write_text(json.dumps(document))


def broken(project: Project) -> list[str]:
    """Return the names of the claims that `gate prove` finds broken, and check that its exit code
    and its text say the same."""
    done = gate(project.folder, "prove", "--json")
    (proof,) = json.loads(done.stdout)["proofs"]
    found = [result for result in proof["results"] if not result["holds"]]
    assert all(result["failures"] for result in found)
    assert done.returncode == (1 if found else 0)
    shown = gate(project.folder, "prove")
    # One for each, and one for the sum.
    told = shown.stdout.count("✗ ")
    assert (shown.returncode, told) == (done.returncode, len(found) + bool(found))
    return [result["name"] for result in found]


def test_every_claim_on_a_scoped_block_holds(scoped: Project) -> None:
    done = subprocess.run(
        ["gate", "prove"],
        cwd=scoped.folder,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("✓ 1 stack: all ")
    assert broken(scoped) == []


def test_without_synthesized_json_the_way_to_it_is_told(project: Project) -> None:
    done = gate(project.folder, "prove")
    assert done.returncode == 2
    assert "cdktf synth" in done.stderr


def by_sid(statements: list[dict[str, Any]], sid: str) -> dict[str, Any]:
    (found,) = (statement for statement in statements if statement["Sid"] == sid)
    return found


# Broken by every edit of a policy.
EDITED = "policies"

WIDENED: dict[str, tuple[Callable[[list[dict[str, Any]]], object], list[str]]] = {
    "an action of IAM": (lambda s: s[0]["Action"].append("iam:CreateUser"), ["takes-effect"]),
    "an action of IAM on every resource": (
        lambda s: s.append(
            {"Effect": "Allow", "Action": ["iam:CreateUser"], "Resource": ["*"], "Sid": "More"}
        ),
        ["no-iam", "no-other-service"],
    ),
    "every action": (
        lambda s: s[0].update(Action=["*"]),
        ["no-iam", "no-other-service", "queries-only"],
    ),
    "another workgroup": (
        lambda s: s[0].update(Resource=["arn:aws:athena:eu-central-1:111122223333:workgroup/*"]),
        ["one-workgroup"],
    ),
    "every table": (lambda s: by_sid(s, "GlueRead").update(Resource=["*"]), ["no-other-database"]),
    "no condition on Glue": (
        lambda s: by_sid(s, "GlueRead").pop("Condition"),
        ["only-through-athena"],
    ),
    "a sibling prefix": (
        lambda s: by_sid(s, "SourceObjects").update(Resource=["arn:aws:s3:::acme-lake/sales*"]),
        ["no-other-bucket"],
    ),
    "writing to source data": (
        lambda s: by_sid(s, "SourceObjects").update(Action=["s3:GetObject", "s3:PutObject"]),
        ["sources-read-only"],
    ),
    "another bucket": (
        lambda s: by_sid(s, "SourceObjects").update(Resource=["arn:aws:s3:::acme-lake*/sales/*"]),
        ["no-other-bucket"],
    ),
    "keys that work anywhere": (lambda s: s.pop(), ["vendor-addresses"]),
}


@pytest.mark.parametrize("what", WIDENED)
def test_what_is_wider_than_claimed_breaks_the_claim_on_it(copy: Project, what: str) -> None:
    widen, claims = WIDENED[what]
    change(copy, widen)
    assert broken(copy) == [*claims, EDITED]


NEEDED: dict[str, list[str]] = {
    "AthenaQuery": ["run-queries", "read-results", "stream-results", "earlier-queries"],
    "AthenaCatalog": ["browse-catalog"],
    "AthenaAccountLists": ["list-account"],
    "GlueRead": ["describe-tables"],
    "GlueDefaultDb": ["default-database"],
    "SourceBucket": ["read-data"],
    "SourceObjects": ["read-data"],
    "ResultsBucket": ["write-results"],
    "ResultsObjects": ["write-results"],
}


@pytest.mark.parametrize("sid", NEEDED)
def test_a_statement_that_is_missing_breaks_what_needs_it(copy: Project, sid: str) -> None:
    change(copy, lambda statements: statements.remove(by_sid(statements, sid)))
    assert broken(copy) == [*NEEDED[sid], EDITED]


def test_the_documented_policy_neither_suffices_nor_keeps_to_the_block(project: Project) -> None:
    project.write(DOT.replace("  databases", '  grants = "documented"\n  databases'))
    project.synth()
    assert broken(project) == [
        "run-queries",
        "stream-results",
        "earlier-queries",
        "browse-catalog",
        "list-account",
        "describe-tables",
        "read-data",
        "write-results",
        "no-other-database",
        "no-other-bucket",
        "only-through-athena",
        "vendor-addresses",
    ]


VIA_ATHENA = ("--context", "aws:CalledVia=athena.amazonaws.com")
BY_AWS = (*VIA_ATHENA, "--context", "aws:ViaAWSService=true")


@pytest.mark.parametrize(
    ("request_", "context", "answer"),
    [
        ("s3:PutObject arn:aws:s3:::acme-lake/sales/x", BY_AWS, "no"),
        ("s3:GetObject arn:aws:s3:::acme-lake/sales/x", BY_AWS, "yes"),
        ("s3:GetObject arn:aws:s3:::acme-lake/finance/x", BY_AWS, "no"),
        ("s3:GetObject arn:aws:s3:::acme-lake/sales/x", (), "unknown"),
    ],
)
def test_explain_answers_whether_a_request_is_allowed(
    scoped: Project, request_: str, context: tuple[str, ...], answer: str
) -> None:
    done = gate(scoped.folder, "explain", "reporting", "--can", request_, *context)
    assert done.stdout.startswith(f"user dot-reporting: {answer} ")
