"""The command lines that messages name, which one copies: on the same file, in the same
environment, of the same stacks."""

import re
from pathlib import Path

import pytest

from athena_gate.modules.command_line import given, to_run, to_synthesize
from tests.conftest import ROOT, Project
from tests.gate.test_cli import gate

BEFORE = ("--file", "other file.hcl", "--env", "prod")
SAID = "gate --file 'other file.hcl' --env prod "


@pytest.fixture
def prod(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an environment, under a name that is not the default."""
    # The command sets it for what it starts.
    monkeypatch.setenv("GATE_ENV", "")
    project.file.rename(project.folder / "other file.hcl")
    (project.folder / "environments").mkdir()
    (project.folder / "environments" / "prod.hcl").write_text(
        'dot "reporting" { databases = ["sales_prod"] }\n'
    )
    return project.folder


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("apply", ["plan", "apply --yes"]),
        ("apply reporting", ["plan reporting", "apply --yes reporting"]),
        ("destroy", ["plan", "destroy --yes"]),
        ("destroy reporting", ["plan", "destroy --yes reporting"]),
        ("prove", ["synth"]),
        ("prove reporting", ["synth"]),
        ("explain reporting", ["synth"]),
        ("report", ["synth"]),
        ("eject reporting", ["synth"]),
        ("sheet reporting", ["apply dot-reporting"]),
        ("todo reporting", []),
        ("parity reporting", []),
        ("check", []),
    ],
)
def test_a_message_names_the_command_with_the_file_and_environment_it_was_run_on(
    prod: Path, command: str, told: list[str]
) -> None:
    done = gate(prod, *BEFORE, *command.split())
    lines = re.findall(r"\bgate (?!rule\b|vendors\b)[^:;,\n]+", f"{done.stdout}\n{done.stderr}")
    assert [line.strip() for line in lines] == [SAID + one for one in told]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("apply reporting", "look at gate plan reporting, then run: gate apply --yes reporting"),
        ("destroy reporting", "look at gate plan, then run: gate destroy --yes reporting"),
        ("destroy", "look at gate plan, then run: gate destroy --yes"),
        ("destroy $(x)", "look at gate plan, then run: gate destroy --yes '$(x)'"),
    ],
)
def test_what_is_to_be_run_without_a_question_names_the_same_stacks(
    project: Project, command: str, told: str
) -> None:
    done = gate(project.folder, *command.split())
    assert (done.returncode, done.stderr) == (2, f"gate: nobody can be asked here; {told}\n")


def test_a_line_has_the_options_of_the_command_that_runs_and_no_longer() -> None:
    with given({"--file": "a.hcl", "--env": "prod"}):
        assert to_run("synth") == "gate --file a.hcl --env prod synth"
        assert to_run("keys x", environment="test") == "gate --file a.hcl --env test keys x"
        assert to_run("keys x", environment="") == "gate --file a.hcl keys x"
        assert to_run("doctor", file="FILE") == "gate --file FILE --env prod doctor"
        assert to_synthesize() == "gate --file a.hcl --env prod synth"
    assert to_run("synth") == "gate synth"
    assert to_synthesize() == "gate synth (or cdktf synth)"


# In the pipelines' own jobs nothing stands before a command.
BY_HAND = {"gate/pipeline/examine.py": ["run gate lock"]}


def test_every_command_line_in_a_message_is_made_in_one_place() -> None:
    written = re.compile(r"(?:run:? |see |look at )gate [a-z-]+|\bgate (?:--?\S+ \S+ )?[a-z]+ \{")
    found = {
        file.relative_to(ROOT).as_posix(): hits
        for room in ("gate", "modules", "stacks")
        for file in sorted((ROOT / room).rglob("*.py"))
        if (hits := written.findall(file.read_text()))
    }
    assert found == BY_HAND


@pytest.mark.parametrize(("named", "told"), [("gate.hcl", ""), ("x.hcl", "--file x.hcl ")])
def test_a_file_that_a_variable_names_is_told_unless_it_is_the_default(
    project: Project, named: str, told: str
) -> None:
    (project.folder / "x.hcl").write_text(project.file.read_text())
    done = gate(project.folder, "destroy", GATE_FILE=named, GATE_ENV="")
    assert done.stderr == (
        f"gate: nobody can be asked here; look at gate {told}plan, then run: "
        f"gate {told}destroy --yes\n"
    )
