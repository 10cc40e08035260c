"""gate prove and gate explain on synthesized JSON, as a reviewer uses them."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DOT, Project

pytestmark = pytest.mark.slow


def gate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["gate", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def synthesized(project: Project) -> Project:
    """A project whose Dot block is synthesized."""
    project.synth()
    return project


def change(project: Project, alter: Callable[[list[dict[str, Any]]], None]) -> None:
    """Let ``alter`` change the statements of the user's policy in the synthesized JSON."""
    file = project.folder / "cdktf.out" / "stacks" / "dot-reporting" / "cdk.tf.json"
    document = json.loads(file.read_text())
    (policy,) = document["resource"]["aws_iam_policy"].values()
    content = json.loads(policy["policy"])
    alter(content["Statement"])
    policy["policy"] = json.dumps(content)
    file.write_text(json.dumps(document))


def test_every_claim_on_a_scoped_block_holds(synthesized: Project) -> None:
    done = gate(synthesized.folder, "prove")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("✓ 1 stack: all ")


def test_without_synthesized_json_the_way_to_it_is_told(project: Project) -> None:
    done = gate(project.folder, "prove")
    assert done.returncode == 2
    assert "cdktf synth" in done.stderr


WIDENED = {
    "an action of IAM": lambda s: s[0]["Action"].append("iam:CreateUser"),
    "every action": lambda s: s[0].update(Action=["*"]),
    "another workgroup": lambda s: s[0].update(
        Resource=["arn:aws:athena:eu-central-1:111122223333:workgroup/*"]
    ),
    "every table": lambda s: next(x for x in s if x["Sid"] == "GlueRead").update(Resource=["*"]),
    "no condition on Glue": lambda s: next(x for x in s if x["Sid"] == "GlueRead").pop("Condition"),
    "a sibling prefix": lambda s: next(x for x in s if x["Sid"] == "SourceObjects").update(
        Resource=["arn:aws:s3:::acme-lake/sales*"]
    ),
    "writing to source data": lambda s: next(x for x in s if x["Sid"] == "SourceObjects").update(
        Action=["s3:GetObject", "s3:PutObject"]
    ),
    "another bucket": lambda s: next(x for x in s if x["Sid"] == "SourceObjects").update(
        Resource=["arn:aws:s3:::acme-lake*/sales/*"]
    ),
    "keys that work anywhere": lambda s: s.pop(),
}


@pytest.mark.parametrize("what", WIDENED)
def test_what_is_wider_than_claimed_is_found_with_a_request(
    synthesized: Project, what: str
) -> None:
    change(synthesized, WIDENED[what])
    done = gate(synthesized.folder, "prove", "--json")
    assert done.returncode == 1
    json.loads(done.stdout)
    shown = gate(synthesized.folder, "prove").stdout
    assert "✗" in shown


@pytest.mark.parametrize(
    "sid",
    [
        "AthenaQuery",
        "AthenaCatalog",
        "AthenaAccountLists",
        "GlueRead",
        "GlueDefaultDb",
        "SourceBucket",
        "SourceObjects",
        "ResultsBucket",
        "ResultsObjects",
    ],
)
def test_a_statement_that_is_missing_breaks_a_need(synthesized: Project, sid: str) -> None:
    change(synthesized, lambda s: s.remove(next(x for x in s if x["Sid"] == sid)))
    assert gate(synthesized.folder, "prove").returncode == 1


def test_the_documented_policy_cannot_write_results(project: Project) -> None:
    project.write(DOT.replace("  databases", '  grants = "documented"\n  databases'))
    project.synth()
    done = gate(project.folder, "prove")
    assert done.returncode == 1
    assert "✗ let Athena write results" in done.stdout


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
    synthesized: Project, request_: str, context: tuple[str, ...], answer: str
) -> None:
    done = gate(synthesized.folder, "explain", "reporting", "--can", request_, *context)
    assert done.stdout.startswith(f"user dot-reporting: {answer} ")
