"""The example repositories are what a company would have after `gate init` and `gate pipeline`. The
commands of their READMEs (check, synth, prove; of the first, a deploy) are run by test_docs.py."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.gate.test_cli import gate

EXAMPLES = sorted(folder.parent for folder in (ROOT / "examples").glob("*/gate.hcl"))
each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda folder: folder.name)


@each
def test_check_finds_no_mistake_in_it(example: Path) -> None:
    assert json.loads(gate(example, "check", "--json").stdout)["mistakes"] == []


@each
def test_its_lock_is_the_one_that_is_tested(example: Path) -> None:
    lock = ".terraform.lock.hcl"
    assert (example / lock).read_text() == (ROOT / lock).read_text()


@each
def test_its_pipeline_is_the_one_that_is_written_today(example: Path, tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    shutil.copytree(example, folder)
    platform = "gitlab" if (folder / ".gitlab-ci.yml").exists() else "github"
    gate(folder, "pipeline", platform, "--force")
    assert files(folder) == files(example)


def files(folder: Path) -> dict[str, str]:
    """Return the text of every file in ``folder`` that a repository would have."""
    return {
        name: file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not (name := file.relative_to(folder).as_posix()).startswith(".gate/")
    }
