"""A release: its version, its changelog, its wheel and what is said of that."""

import importlib.metadata
import json
import re
import zipfile
from pathlib import Path

import pytest

from development.release import (
    LOCK,
    ROOT,
    bill_of_materials,
    checksums,
    notes,
    version,
    wheel,
)
from development.release.__main__ import main

HEADING = re.compile(r"## \[(Unreleased|\d+\.\d+\.\d+)\]( - \d{4}-\d{2}-\d{2})?")
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_the_version_stands_in_one_place() -> None:
    assert importlib.metadata.version("athena-gate") == version()
    elsewhere = [
        file.name
        for folder in ("gate", "modules", "stacks")
        for file in (ROOT / folder).rglob("*.py")
        if version() in file.read_text()
    ]
    assert elsewhere == []


def test_the_changelog_keeps_its_form() -> None:
    """https://keepachangelog.com/en/1.1.0/ (2026-11)"""
    lines = (ROOT / "CHANGELOG.md").read_text().splitlines()
    versions = [line for line in lines if line.startswith("## ")]
    assert versions[0] == "## [Unreleased]"
    assert [line for line in versions if not HEADING.fullmatch(line)] == []
    assert f"## [{version()}]" in "\n".join(versions)
    assert {line[4:] for line in lines if line.startswith("### ")} <= set(KINDS)


def test_a_release_needs_its_tag_and_its_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "release"), "v9.9.9"]) == 1
    assert capsys.readouterr().err == f"the tag is v9.9.9, pyproject.toml says {version()}\n"
    dated = re.search(
        rf"^## \[{re.escape(version())}\] - ", (ROOT / "CHANGELOG.md").read_text(), re.M
    )
    if dated is None:
        with pytest.raises(LookupError):
            notes()


@pytest.mark.slow
def test_two_builds_of_a_commit_are_the_same_bytes(tmp_path: Path) -> None:
    built = wheel(tmp_path)
    names = zipfile.ZipFile(built).namelist()
    assert {name.split("/")[0] for name in names} == {
        "athena_gate",
        f"athena_gate-{version()}.dist-info",
    }
    assert re.fullmatch(rf"[0-9a-f]{{64}}  {re.escape(built.name)}\n", checksums([built]))


@pytest.mark.slow
def test_the_bill_of_materials_names_all_that_is_brought_along_with_its_hashes(
    tmp_path: Path,
) -> None:
    bill = json.loads(bill_of_materials(tmp_path).read_text())
    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == ("CycloneDX", version())
    locked = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", LOCK.read_text(), re.MULTILINE)
    assert sorted(one["name"] for one in bill["components"]) == sorted(locked)
    assert [
        one["name"] for one in bill["components"] if not one["externalReferences"][0]["hashes"]
    ] == []
