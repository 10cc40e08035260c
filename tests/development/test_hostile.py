"""A few of the hostile inputs of `python -m development.hostile`, in this process."""

import importlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from development.hostile import KINDS, Case, Kind, Originals, case, outcome, prepare
from tests.conftest import DOT, ROOT, tries

COUNT = tries(320)

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": "arn:aws:s3:::acme-lake/sales/*",
            "Condition": {"StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}},
        }
    ],
}

STACK: dict[str, Any] = {
    "//": {"metadata": {"stackName": "dot-reporting", "version": "0.21.0"}},
    "provider": {
        "aws": [
            {
                "region": "eu-central-1",
                "allowed_account_ids": ["111122223333"],
                "default_tags": [{"tags": {"athena-gate": "dot/reporting"}}],
            }
        ]
    },
    "resource": {
        "aws_iam_user": {"user": {"name": "dot-reporting", "path": "/"}},
        "aws_iam_policy": {"access": {"name": "dot-reporting", "policy": json.dumps(POLICY)}},
        "aws_iam_user_policy_attachment": {
            "attachment": {
                "user": "${aws_iam_user.user.name}",
                "policy_arn": "${aws_iam_policy.access.arn}",
            }
        },
    },
    "terraform": {"backend": {"local": {"path": "terraform.dot-reporting.tfstate"}}},
}

ORIGINALS = Originals(
    {"dot-reporting": DOT.replace("keys/ops.asc", "keys/example.asc")},
    {"dot-reporting": STACK},
    (ROOT / "keys" / "example.asc").read_bytes(),
)


@pytest.mark.slow
def test_nothing_hostile_gives_a_trace_or_writes_to_the_terminal(tmp_path: Path) -> None:
    prepare(ORIGINALS, tmp_path / "case")
    wrong = {
        number: found.wrong
        for number in range(COUNT)
        if (found := outcome(case(ORIGINALS, number), ORIGINALS, tmp_path / "case")).wrong
    }
    assert wrong == {}


def test_a_case_is_always_the_same_and_there_are_some_of_each_kind() -> None:
    cases = [case(ORIGINALS, number) for number in range(COUNT)]
    assert cases == [case(ORIGINALS, number) for number in range(COUNT)]
    assert Counter(one.kind for one in cases) == dict.fromkeys(KINDS, COUNT // len(KINDS))


@pytest.mark.parametrize(
    ("wrong", "called"),
    [
        ("prints '\\x1b'", lambda _: print("\x1b[2J")),
        ("exit code 3", lambda _: 3),
        ("says nothing of what is wrong", lambda _: 2),
    ],
)
def test_what_should_not_be_is_noticed(
    wrong: str, called: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(ORIGINALS, tmp_path / "case")
    monkeypatch.setattr(importlib.import_module("athena_gate.gate.pipeline.review"), "main", called)
    kind: Kind = "review"
    one = Case(
        kind,
        "dot-reporting",
        b"",
        "changes/one.json",
        ("python", "athena_gate.gate.pipeline.review"),
    )
    assert outcome(one, ORIGINALS, tmp_path / "case").wrong == wrong
