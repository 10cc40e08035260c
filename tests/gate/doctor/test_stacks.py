"""What `gate doctor` says of what runs that were cut short have left."""

from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.doctor import stacks
from athena_gate.gate.doctor.aws import Refused
from athena_gate.gate.doctor.finding import Finding
from athena_gate.gate.recover import Left, Recovery
from athena_gate.gate.stack.state import State
from athena_gate.stacks.configuration import load
from tests.conftest import DOT, Project

TWO = DOT + DOT[DOT.index('\ndot "reporting"') :].replace("reporting", "finance")
FINE = State("terraform.x.tfstate")
LEFT = Left("aws_iam_user.user", "dot-finance", "import")


def found(
    project: Project, monkeypatch: pytest.MonkeyPatch, second: Recovery | Refused
) -> list[Finding]:
    """Return the findings on two stacks, of which the first is fine."""
    monkeypatch.chdir(project.folder)
    project.write(TWO)

    def examine(stack: str, folder: Path, *_: Any) -> Recovery:
        if stack == "dot-reporting":
            return Recovery(stack, folder, FINE)
        if isinstance(second, Refused):
            raise second
        return second

    monkeypatch.setattr(stacks, "account_of", lambda _: None)
    monkeypatch.setattr(stacks, "examine", examine)
    return stacks.stacks(load(Path("gate.hcl")))


ONE = Finding("stacks", "ok", "1 stack: no run has left what would stop the next")


def test_what_stands_in_the_way_stops_a_deploy(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = Recovery("dot-finance", Path("x"), FINE, (LEFT,))
    assert found(project, monkeypatch, second) == [
        ONE,
        Finding(
            'stack "dot-finance"',
            "stop",
            "a run has left 1 thing that its state does not have",
            "run `gate recover dot-finance`",
        ),
    ]


def test_what_is_tainted_and_what_could_not_be_seen_is_a_note(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = Finding("stacks", "ok", "2 stacks: no run has left what would stop the next")
    tainted = Recovery("dot-finance", Path("x"), State("x", tainted=("aws_iam_user.user",)))
    assert found(project, monkeypatch, tainted) == [
        two,
        Finding(
            'stack "dot-finance"',
            "note",
            "1 resource will be made anew: a run could not finish them",
        ),
    ]
    unseen = Recovery("dot-finance", Path("x"), FINE, unseen=("a: no", "b: no"))
    assert found(project, monkeypatch, unseen) == [
        ONE,
        Finding('stack "dot-finance"', "note", "not all could be looked at: a: no and 1 more"),
    ]


def test_a_stack_that_cannot_be_asked_about_is_left_to_the_other_checks(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(project, monkeypatch, Refused("no", "")) == [ONE]
