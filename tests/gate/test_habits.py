"""What people try on a command they don't know yet, and where they start it."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from athena_gate.gate.cli import app
from athena_gate.gate.schema import schema
from tests.conftest import DOT, ROOT, Project
from tests.gate.test_cli import gate

COMMANDS = sorted(
    command.name or command.callback.__name__
    for command in app.registered_commands
    if command.callback
)


def test_it_says_its_version() -> None:
    done = gate(ROOT, "--version")
    assert (done.returncode, done.stdout) == (0, f"gate {version('athena-gate')}\n")


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_h_is_help_everywhere(command: list[str]) -> None:
    short, long = gate(ROOT, *command, "-h"), gate(ROOT, *command, "--help")
    assert (short.returncode, short.stdout) == (0, long.stdout)
    assert [line for line in short.stdout.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o default -F _gate_completion gate"),
        ("zsh", "compdef _gate_completion gate"),
        ("fish", "complete --command gate "),
    ],
)
def test_a_shell_is_told_how_to_complete(shell: str, line: str) -> None:
    done = gate(ROOT, "completion", shell)
    assert done.returncode == 0
    assert line in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("gate che", "check"),
        ("gate check --str", "--strict"),
        ("gate sandbox --with", "--with-roles"),
    ],
)
def test_bash_is_offered_commands_and_options(words: str, offered: str) -> None:
    program = "from athena_gate.gate.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={
            **os.environ,
            "_GATE_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.split(), done.stderr) == ([offered], "")


def test_the_configuration_is_found_in_the_folders_above(project: Project) -> None:
    below = project.folder / "docs" / "access"
    below.mkdir(parents=True)
    done = gate(below, "check")
    assert (done.returncode, done.stdout) == (0, "✓ gate.hcl: 1 block (dot-reporting)\n")
    # What it keeps is beside gate.hcl, and paths in it are relative to it.
    assert (project.folder / ".gate" / "check.json").exists()
    assert not (below / ".gate").exists()


def test_a_path_is_that_of_the_folder_it_is_typed_in(project: Project) -> None:
    below = project.folder / "docs"
    below.mkdir()
    done = gate(below, "policy-set", "--output", "policies")
    assert done.returncode == 0
    assert (below / "policies").is_dir()


def test_it_is_not_looked_for_outside_of_the_repository(project: Project) -> None:
    other = project.folder / "other"
    (other / ".git").mkdir(parents=True)
    done = gate(other, "check")
    assert (done.returncode, done.stderr.partition(";")[0]) == (2, "gate.hcl:1: no such file")


def test_a_configuration_that_is_named_is_that_of_this_folder(project: Project) -> None:
    below = project.folder / "docs"
    below.mkdir()
    assert gate(below, "--file", "gate.hcl", "check").returncode == 2
    assert gate(below, "--file", "../gate.hcl", "check").returncode == 0
    assert gate(below, "check", GATE_FILE="../gate.hcl").returncode == 0


def test_a_message_is_wrapped_between_words(project: Project) -> None:
    lines = gate(project.folder, "rule").stdout.splitlines()
    assert [line for line in lines if len(line) > 80] == []


AS_JSON = {
    "account": {"analytics": {"id": "111122223333", "region": "eu-central-1"}},
    "dot": {
        "reporting": [
            {
                "account": "analytics",
                "databases": ["sales"],
                "source": {"acme-lake": {"prefixes": ["sales/"]}, "acme-other": {}},
                "keys": {"pgp_key_file": "keys/ops.asc", "generations": ["2026-11"]},
                "accept": {"GATE703": {"reason": "it holds sales alone"}},
            }
        ]
    },
    "backend": {"s3": {"bucket": "acme-states", "region": "eu-central-1"}},
}


@pytest.fixture(scope="module")
def validator() -> Any:
    # Its formats take a second to import.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(ROOT))


@pytest.mark.slow
def test_gate_hcl_as_json_fits_its_schema(validator: Any) -> None:
    type(validator).check_schema(validator.schema)
    assert list(validator.iter_errors(AS_JSON)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"databases"', '"database"'),
        ('"eu-central-1"', '"europe"'),
        ('["sales"]', '"sales"'),
        ('"dot"', '"dott"'),
        ('"111122223333"', "111122223333"),
        ('"reporting"', '"Reporting"'),
        ('"bucket": "acme-states", ', ""),
    ],
)
def test_what_does_not_fit_gate_hcl_does_not_fit_its_schema(
    validator: Any, old: str, new: str
) -> None:
    text = json.dumps(AS_JSON)
    assert old in text
    wrong = json.loads(text.replace(old, new))
    assert list(validator.iter_errors(wrong)) != []


def test_the_schema_is_printed(project: Project) -> None:
    done = gate(project.folder, "schema")
    assert json.loads(done.stdout) == schema(project.folder)


def test_the_hooks_of_pre_commit_run_commands_that_are_there(project: Project) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [hook["id"] for hook in hooks] == ["gate-check", "gate-fmt"]
    project.write(DOT)
    for hook in hooks:
        program, *words = hook["entry"].split()
        files = [] if hook.get("pass_filenames") is False else ["gate.hcl"]
        assert program == "gate"
        assert gate(project.folder, *words, *files).returncode == 0


def test_a_hook_takes_the_files_it_is_about() -> None:
    import re

    check, fmt = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    for name in ("gate.hcl", "data/gate.hcl", "vendors/acme/profile.hcl"):
        assert re.search(check["files"], name)
        assert re.search(fmt["files"], name)
    assert re.search(check["files"], "keys/team.asc")
    assert not re.search(fmt["files"], ".terraform.lock.hcl")


def test_the_folder_of_a_command_is_not_changed_by_the_one_before(project: Project) -> None:
    below = project.folder / "docs"
    below.mkdir()
    assert gate(below, "check").returncode == 0
    done = gate(project.folder, "policy-set", "--output", "policies")
    assert done.returncode == 0
    assert (project.folder / "policies").is_dir()
    assert not Path(below / "policies").exists()
