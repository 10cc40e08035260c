"""What a synth was made from, and what makes it stale."""

import os
from pathlib import Path

import pytest

from athena_gate.gate.synth import record
from athena_gate.gate.synth.record import Made
from tests.conftest import Project

FILE = Path("gate.hcl")
OUT = Path("cdktf.out")


@pytest.fixture(autouse=True)
def _made(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose output says that it was made from it, with a vendor of its own."""
    monkeypatch.chdir(project.folder)
    vendor = project.folder / "vendors" / "acme"
    vendor.mkdir(parents=True)
    (vendor / "profile.hcl").write_text("# not read here\n")
    project.out.mkdir()
    project.remember()


def test_a_new_synth_is_not_stale() -> None:
    assert record.is_stale(OUT, FILE, "") == ""


def test_a_time_makes_no_synth_stale() -> None:
    for file in (FILE, Path("keys/ops.asc"), OUT / record.RECORD):
        os.utime(file)
    assert record.is_stale(OUT, FILE, "") == ""


@pytest.mark.parametrize("name", ["gate.hcl", "keys/ops.asc", "vendors/acme/profile.hcl"])
def test_a_changed_file_makes_a_synth_stale_whatever_its_time(name: str) -> None:
    before = Path(name).stat()
    Path(name).write_text(Path(name).read_text() + "\n")
    os.utime(name, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert record.is_stale(OUT, FILE, "") == f"cdktf.out was made before {name} changed"


@pytest.mark.parametrize("name", ["gate.d/more.hcl", "vendors/other/profile.hcl"])
def test_a_file_that_was_not_there_makes_a_synth_stale(name: str) -> None:
    Path(name).parent.mkdir()
    Path(name).write_text("")
    assert record.is_stale(OUT, FILE, "") == f"cdktf.out was made before {name} changed"


def test_a_deleted_file_makes_a_synth_stale() -> None:
    Path("keys/ops.asc").unlink()
    assert record.is_stale(OUT, FILE, "") == "cdktf.out was made before keys/ops.asc changed"


def test_a_synth_of_another_configuration_is_none_of_this_one() -> None:
    said = "cdktf.out was made from gate.hcl, not"
    assert record.is_stale(OUT, FILE, "prod") == f"{said} gate.hcl for prod"
    assert record.is_stale(OUT, Path("other.hcl"), "") == f"{said} other.hcl"


def test_a_synth_of_another_version_of_this_program_is_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(record, "program", lambda: "another")
    assert record.is_stale(OUT, FILE, "") == "cdktf.out was made by another athena-gate"


def test_the_options_that_cdktf_hands_over_are_part_of_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def program(context: str) -> str:
        monkeypatch.setenv("CDKTF_CONTEXT_JSON", context)
        return record.program.__wrapped__()

    plain = program("")
    assert program('{"cdktfRelativeModules": []}') == program("{}") == plain
    assert program('{"excludeStackIdFromLogicalIds": "true"}') != plain


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"stacks": {"x": {}}}', "x"])
def test_a_record_that_says_nothing_makes_a_synth_stale(text: str) -> None:
    (OUT / record.RECORD).write_text(text)
    assert record.read(OUT) is None
    assert record.is_stale(OUT, FILE, "") == "cdktf.out does not say what it was made from"


def test_a_record_is_read_as_it_was_written() -> None:
    found = record.record_of(OUT, FILE, "")
    stacks = {"dot-reporting": Made("a", "b")}
    written = record.Record("../gate.hcl", "", found.program, found.inputs, stacks, ("dot-other",))
    record.write(OUT, written)
    assert record.read(OUT) == written
    record.remove(OUT)
    assert record.read(OUT) is None
