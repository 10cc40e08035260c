"""`gate synth` with the engine: what is made anew, and where."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from athena_gate.gate.synth import OutputOfAnother, synthesize, unchanged
from athena_gate.gate.synth.program import main
from athena_gate.gate.synth.record import RECORD
from athena_gate.stacks.configuration import load
from tests.conftest import DOT, Project

pytestmark = pytest.mark.slow

FILE, OUT = Path("gate.hcl"), Path("cdktf.out")
SECOND = DOT[DOT.index('\ndot "reporting"') :].replace("reporting", "finance")


@pytest.fixture(autouse=True)
def _folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def synth() -> tuple[str, ...]:
    """Return the stacks that a synth makes anew."""
    return synthesize(load(FILE), OUT).made


def test_a_stack_is_made_anew_when_what_it_comes_from_has_changed(project: Project) -> None:
    project.write(DOT + SECOND)
    assert synth() == ("dot-reporting", "dot-finance")
    assert unchanged(OUT, FILE, "") is not None
    assert synth() == ()
    project.write(DOT + SECOND.replace('"sales"]', '"billing"]'))
    assert unchanged(OUT, FILE, "") is None
    assert synth() == ("dot-finance",)
    project.write(DOT.replace("reporting", "board") + (DOT + SECOND).split("}\n", 1)[1])
    assert synth() == ("dot-board", "dot-finance")
    partly = contents(OUT)
    for name in ("stacks", RECORD, "manifest.json", "ejected.json"):
        (OUT / name).rename(f"old-{name}")
    synth()
    assert contents(OUT) == partly


def test_a_stack_whose_json_has_changed_is_made_anew() -> None:
    synth()
    file = OUT / "stacks" / "dot-reporting" / "cdk.tf.json"
    text = file.read_text()
    file.write_text(text + " ")
    assert unchanged(OUT, FILE, "") is None
    assert synth() == ("dot-reporting",)
    assert file.read_text() == text
    (OUT / "manifest.json").write_text("{}")
    assert synth() == ("dot-reporting",)


def test_a_synth_that_is_unchanged_starts_neither_engine_nor_parser() -> None:
    synth()
    program = (
        "import sys; from athena_gate.gate.synth.program import main; code = main(); "
        "print(code, sorted({'jsii', 'hcl2', 'pydantic', 'lark'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("0 []\n", "")


def test_a_stack_without_a_block_is_set_aside_by_a_synth_that_makes_nothing(
    project: Project,
) -> None:
    project.write(DOT + SECOND)
    synth()
    project.write(DOT)
    synthesis = synthesize(load(FILE), OUT)
    assert (synthesis.made, synthesis.kept) == ((), (OUT / "removed" / "dot-finance",))
    assert [*json.loads((OUT / "manifest.json").read_text())["stacks"]] == ["dot-reporting"]


def test_a_second_file_does_not_take_the_place_of_the_first(project: Project) -> None:
    synth()
    other = Path("staging.hcl")
    other.write_text(DOT.replace("reporting", "staging"))
    before = contents(OUT)
    with pytest.raises(OutputOfAnother) as raised:
        synthesize(load(other), OUT)
    assert str(raised.value) == (
        "cdktf.out holds the stacks of gate.hcl; name another folder with CDKTF_OUTDIR=FOLDER, or "
        "with cdktf --output FOLDER, or delete cdktf.out, where no state lies"
    )
    assert contents(OUT) == before
    # Renamed, it is the same configuration.
    project.file.rename(other)
    assert synthesize(load(other), OUT).stacks == ("dot-reporting",)


def test_an_environment_has_an_output_and_a_state_of_its_own(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folder / "environments").mkdir()
    Path("environments/prod.hcl").write_text('account "analytics" { id = "444455556666" }\n')
    assert main(FILE) == 0
    monkeypatch.setenv("GATE_ENV", "prod")
    assert main(FILE) == 0

    def stack(output: Path) -> dict[str, object]:
        content = json.loads((output / "stacks" / "dot-reporting" / "cdk.tf.json").read_text())
        path = content["terraform"]["backend"]["local"]["path"]
        (provider,) = content["provider"]["aws"]
        state = os.path.relpath(output / "stacks" / "dot-reporting" / path)
        return {"state": state, "accounts": provider["allowed_account_ids"]}

    assert stack(OUT) == {
        "state": "terraform.dot-reporting.tfstate",
        "accounts": ["111122223333"],
    }
    assert stack(OUT / "environments" / "prod") == {
        "state": "terraform.prod.dot-reporting.tfstate",
        "accounts": ["444455556666"],
    }
