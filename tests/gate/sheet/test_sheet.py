"""What `gate sheet` makes of what Terraform has printed."""

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from athena_gate.gate.sheet import sheet
from athena_gate.gate.sheet.outputs import NotDeployed, parse_outputs, read_outputs
from athena_gate.gate.sheet.text import as_markdown, as_text
from athena_gate.stacks.configuration import load
from tests.conftest import Project

HANDOFF = {"access_key_id_2026-11": "AKIA", "region": "eu-central-1"}


def outputs(handoff: object = HANDOFF, secret: str = "2026-11") -> dict[str, Any]:
    return {"handoff": {"value": handoff}, f"encrypted_secret_{secret}": {"value": "wcBM"}}


def test_the_outputs_of_a_stack_are_read_as_terraform_prints_them() -> None:
    assert parse_outputs("dot-a", json.dumps(outputs())) == outputs()


@pytest.mark.parametrize(
    ("status", "made", "said"),
    [
        (None, ("user", "key"), None),
        (
            "tainted",
            ("user", "key"),
            "dot-a is half applied: 1 resource tainted (aws_iam_access_key.key), which the next "
            "apply makes anew; gate apply dot-a first",
        ),
        (
            None,
            ("key",),
            "dot-a is half applied: 1 resource is not in its state (aws_iam_user.user); gate "
            "recover dot-a says what a run has left, gate apply dot-a makes the rest",
        ),
    ],
)
def test_a_key_that_the_next_apply_makes_anew_is_not_handed_over(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: str | None,
    made: tuple[str, ...],
    said: str | None,
) -> None:
    types = {"user": "aws_iam_user", "key": "aws_iam_access_key"}
    stack: dict[str, Any] = {"resource": {kind: {name: {}} for name, kind in types.items()}}
    (tmp_path / "cdk.tf.json").write_text(json.dumps(stack))
    instance = {"attributes": {}, **({"status": status} if status else {})}
    instances = {"user": [{}], "key": [instance]}
    resources = [
        {"mode": "managed", "type": types[name], "name": name, "instances": instances[name]}
        for name in made
    ]
    printed = {
        ("output", "-json"): json.dumps(outputs()),
        ("state", "pull"): json.dumps({"version": 4, "resources": resources}),
    }

    def run(words: list[str], **_: object) -> CompletedProcess[str]:
        return CompletedProcess(words, 0, printed[words[2], words[3]], "")

    monkeypatch.setattr("subprocess.run", run)
    if said is None:
        assert read_outputs("dot-a", tmp_path, {}) == outputs()
        return
    with pytest.raises(NotDeployed) as refused:
        read_outputs("dot-a", tmp_path, {})
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "dot-a has no outputs (a\\x1b)"),
        ("{}", "dot-a has no outputs (a\\x1b)"),
        ("[]", "the outputs of dot-a are those of something else"),
        ('{"handoff": 1}', "the outputs of dot-a are those of something else"),
        (json.dumps(outputs([])), "the outputs of dot-a are those of something else"),
        (json.dumps(outputs({"region": 1})), "the outputs of dot-a are those of something else"),
        (json.dumps(outputs({})), "the outputs of dot-a are those of something else"),
        (json.dumps(outputs(secret="x")), "the outputs of dot-a are those of something else"),
        ("{", "the outputs of dot-a: line 1, column 2 is not JSON: Expecting property name "
        "enclosed in double quotes"),
        ("[" * 5000, "the outputs of dot-a: is nested too deeply; allowed: 100 levels"),
        ("[" + "1," * 600_000, "the outputs of dot-a are too large"),
    ],
)  # fmt: skip
def test_outputs_of_something_else_are_not_those_of_a_deploy(text: str, said: str) -> None:
    with pytest.raises(NotDeployed) as refused:
        parse_outputs("dot-a", text, "a\\x1b")
    assert str(refused.value) == f"{said}; run: gate apply dot-a"


def test_what_stands_in_outputs_cannot_leave_its_place(project: Project) -> None:
    block = load(project.file).blocks[0]
    region = "`x` | y\x1b[2J"
    generation = "$(id)"
    handoff = {"region": region, f"access_key_id_{generation}": "AKIA"}
    content = sheet(block, outputs(handoff, generation), Path("cdktf.out/a b"))
    command = (
        "terraform '-chdir=cdktf.out/a b' output -raw 'encrypted_secret_$(id)' | base64 --decode "
        "| gpg --decrypt"
    )
    assert [key["decrypt"] for key in content["keys"]] == [command]
    markdown, text = as_markdown(content).splitlines(), as_text(content).splitlines()
    assert [line for line in markdown if "x1b" in line] == [
        r"| AWS region | `` `x` \| y\x1b[2J `` |",
    ]
    assert [line for line in text if "x1b" in line] == [r"  AWS region             `x` | y\x1b[2J"]
