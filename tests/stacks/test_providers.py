"""The lock of the provider: in every stack, and binding."""

import json
import subprocess
from pathlib import Path

import pytest

from athena_gate.stacks.providers import LOCK, place_lock
from tests.conftest import ROOT, Project

OURS = (ROOT / LOCK).read_text()
OLDER = OURS.replace('"5.100.0"', '"5.99.1"')
ADDED = OURS.replace("  hashes = [\n", '  hashes = [\n    "h1:added by Terraform",\n')


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, OURS), (OLDER, OURS), (ADDED, ADDED)],
    ids=["none", "another", "ours with a checksum more"],
)
def test_a_stack_gets_the_lock_unless_terraform_only_added_to_it(
    tmp_path: Path, before: str | None, after: str
) -> None:
    stack = tmp_path / "stack"
    stack.mkdir()
    if before:
        (stack / LOCK).write_text(before)
    place_lock(ROOT / LOCK, [stack])
    assert (stack / LOCK).read_text() == after


def test_a_project_without_a_lock_is_built_all_the_same(tmp_path: Path) -> None:
    place_lock(tmp_path / LOCK, [tmp_path / "stack"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_every_stack_is_built_with_the_lock_and_is_otherwise_the_same(project: Project) -> None:
    project.write(project.file.read_text().replace('dot "reporting"', 'dot "second"') + DBT)
    without = project.synth()
    (project.folder / LOCK).write_text(OURS)
    assert project.synth() == without
    locks = project.folder.glob(f"cdktf.out/stacks/*/{LOCK}")
    assert {lock.parent.name: lock.read_text() for lock in locks} == {
        "dbt-ci": OURS,
        "dot-second": OURS,
    }


DBT = """
dbt "ci" {
  account   = "analytics"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_ci"]
}
"""


@pytest.mark.slow
def test_terraform_takes_the_locked_provider_and_no_other_package(
    project: Project, whole_terraform_variables: dict[str, str]
) -> None:
    (project.folder / LOCK).write_text(OURS)
    project.synth()
    stack = project.folder / "cdktf.out" / "stacks" / "dot-reporting"

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", f"-chdir={stack}", *arguments],
            env=whole_terraform_variables,
            capture_output=True,
            text=True,
            check=False,
        )

    init = ("init", "-backend=false", "-lockfile=readonly", "-no-color")
    done = terraform(*init)
    assert (done.returncode, done.stderr) == (0, "")
    selected = json.loads(terraform("version", "-json").stdout)["provider_selections"]
    assert selected == {"registry.terraform.io/hashicorp/aws": "5.100.0"}
    assert (stack / LOCK).read_text() == OURS

    (stack / LOCK).write_text(OURS.replace('"h1:', '"h1:A'))
    refused = terraform(*init)
    assert refused.returncode == 1
    assert "doesn't match any of the\nchecksums" in refused.stderr
