"""pipelines/hcp-cli/hcp.sh with a Terraform that only writes down what it is asked."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPT = ROOT / "pipelines" / "hcp-cli" / "hcp.sh"
TERRAFORM = """#!/usr/bin/env bash
echo "terraform $*" >> "$ASKED"
[ "$2" != plan ] || [ "$1" != "-chdir=${FAILS:-}" ]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a synth of two stacks, and one stack that was removed."""
    for name in ("stacks/dbt-ci", "stacks/dot-reporting", "removed/immuta-governed"):
        stack = tmp_path / "cdktf.out" / name
        stack.mkdir(parents=True)
        (stack / "cdk.tf.json").write_text("{}")
    manifest: dict[str, dict[str, dict[str, str]]] = {"stacks": {"dbt-ci": {}, "dot-reporting": {}}}
    (tmp_path / "cdktf.out" / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "terraform").write_text(TERRAFORM)
    (tmp_path / "bin" / "terraform").chmod(0o755)
    return tmp_path


def hcp(folder: Path, *arguments: str, **environment: str) -> tuple[int, list[str], str]:
    """Return the exit code, what Terraform was asked, and what went to standard error."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    asked = folder / "asked"
    done = subprocess.run(
        ["bash", str(SCRIPT), *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path, "ASKED": str(asked), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, asked.read_text().splitlines() if asked.exists() else [], done.stderr


def test_every_stack_of_the_manifest_is_planned(folder: Path) -> None:
    # As gate synth leaves it; what it locks does not change.
    (folder / "cdktf.out/stacks/dbt-ci/.terraform.lock.hcl").write_text("")
    assert hcp(folder, "plan") == (
        0,
        [
            "terraform -chdir=cdktf.out/stacks/dbt-ci init -input=false -lockfile=readonly",
            "terraform -chdir=cdktf.out/stacks/dbt-ci plan",
            "terraform -chdir=cdktf.out/stacks/dot-reporting init -input=false",
            "terraform -chdir=cdktf.out/stacks/dot-reporting plan",
        ],
        "",
    )


def test_named_stacks_are_applied_with_the_options_given(folder: Path) -> None:
    assert hcp(folder, "apply", "dot-reporting", "--", "-auto-approve") == (
        0,
        [
            "terraform -chdir=cdktf.out/stacks/dot-reporting init -input=false",
            "terraform -chdir=cdktf.out/stacks/dot-reporting apply -auto-approve",
        ],
        "",
    )


def test_a_removed_stack_is_destroyed_from_what_was_kept_of_it(folder: Path) -> None:
    assert hcp(folder, "destroy", "immuta-governed") == (
        0,
        [
            "terraform -chdir=cdktf.out/removed/immuta-governed init -input=false",
            "terraform -chdir=cdktf.out/removed/immuta-governed destroy",
        ],
        "",
    )


def test_a_failed_plan_ends_it(folder: Path) -> None:
    assert hcp(folder, "plan", FAILS="cdktf.out/stacks/dbt-ci") == (
        1,
        [
            "terraform -chdir=cdktf.out/stacks/dbt-ci init -input=false",
            "terraform -chdir=cdktf.out/stacks/dbt-ci plan",
        ],
        "",
    )


USAGE = (
    "hcp.sh plan|apply [STACK...] [-- OPTION...]      all stacks, or those named\n"
    "hcp.sh destroy STACK... [-- OPTION...]\n"
)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], USAGE),
        (["refresh"], USAGE),
        (["destroy"], USAGE),
        (["plan", "dot"], "hcp.sh: no stack dot in cdktf.out; run: gate synth\n"),
        (
            ["apply", "immuta-governed"],
            "hcp.sh: no stack immuta-governed in cdktf.out; run: gate synth\n",
        ),
    ],
    ids=["nothing", "another-command", "destroy-all", "unknown", "removed"],
)
def test_wrong_usage_is_refused(folder: Path, arguments: list[str], said: str) -> None:
    assert hcp(folder, *arguments) == (2, [], said)


def test_without_a_synth_it_says_how_to_make_one(folder: Path) -> None:
    said = "hcp.sh: other/manifest.json is missing; run: gate synth\n"
    assert hcp(folder, "plan", CDKTF_OUTDIR="other") == (2, [], said)
