"""What of a stack is not there yet is told, so that nobody hands over half of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.stack.applied import half_applied, in_local_state, missing
from tests.conftest import Project
from tests.gate.prove.test_closed_world import synthesized
from tests.gate.test_cli import gate

STACK = {
    "terraform": {"backend": {"local": {"path": "../../../terraform.x.tfstate"}}},
    "resource": {"aws_iam_user": {"user": {}}, "aws_iam_policy": {"access": {}, "own": {}}},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "cdktf.out" / "stacks" / "x" / "cdk.tf.json"
    found.parent.mkdir(parents=True)
    found.write_text(json.dumps(STACK))
    return found


@pytest.mark.parametrize(
    ("state", "left"),
    [
        ([], []),
        (["data.aws_region.here"], []),
        (["aws_iam_user.user"], ["aws_iam_policy.access", "aws_iam_policy.own"]),
        (["aws_iam_user.user", "aws_iam_policy.access[0]"], ["aws_iam_policy.own"]),
        (["aws_iam_user.user", "aws_iam_policy.access", "aws_iam_policy.own", "x.gone"], []),
    ],
)
def test_a_stack_of_which_some_is_applied_lacks_the_rest(
    file: Path, state: list[str], left: list[str]
) -> None:
    assert missing(file, state) == left


def managed(kind: str, name: str, instances: int = 1) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "name": name, "instances": [{}] * instances}


def test_a_local_state_is_read_from_where_the_stack_says_it_is(file: Path) -> None:
    assert in_local_state(file) == []
    resources = [
        managed("aws_iam_user", "user"),
        managed("aws_iam_policy", "own", 0),
        {**managed("aws_region", "here"), "mode": "data"},
    ]
    state = file.parents[3] / "terraform.x.tfstate"
    state.write_text(json.dumps({"resources": resources}))
    assert in_local_state(file) == ["aws_iam_user.user"]


@pytest.mark.parametrize("state", ["", "[]", "{}", '{"resources": [1]}', '{"resources": null}'])
def test_a_state_that_is_none_says_nothing(file: Path, state: str) -> None:
    (file.parents[3] / "terraform.x.tfstate").write_text(state)
    assert in_local_state(file) == []


def test_the_first_of_what_is_missing_are_named() -> None:
    assert half_applied("dot-x", ["a.b"]) == (
        "dot-x is half applied: 1 resource is not in its state (a.b); "
        "gate recover dot-x says what a run has left, gate apply dot-x makes the rest"
    )
    assert half_applied("dot-x", ["a", "b", "c", "d", "e"]) == (
        "dot-x is half applied: 5 resources are not in its state (a, b, c and 2 more); "
        "gate recover dot-x says what a run has left, gate apply dot-x makes the rest"
    )


def test_who_is_explained_a_stack_is_told_that_half_of_it_is_there(project: Project) -> None:
    synthesized(project)
    done = gate(project.folder, "explain", "reporting")
    assert (done.returncode, done.stderr) == (0, "")
    (place,) = project.folder.glob("cdktf.out/stacks/*/cdk.tf.json")
    content = json.loads(place.read_text())
    (user,) = content["resource"]["aws_iam_user"]
    wanted = [f"{kind}.{name}" for kind, named in content["resource"].items() for name in named]
    left = [one for one in wanted if one != f"aws_iam_user.{user}"]
    state = place.parent / content["terraform"]["backend"]["local"]["path"]
    state.write_text(json.dumps({"resources": [managed("aws_iam_user", user)]}))
    again = gate(project.folder, "explain", "reporting")
    assert (again.returncode, again.stdout, again.stderr) == (
        0,
        done.stdout,
        f"gate: {half_applied('dot-reporting', left)}\n",
    )
