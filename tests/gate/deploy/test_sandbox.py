"""Five stacks in an AWS of their own: applied, unchanged, destroyed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

STACKS = [
    "dot-reporting",
    "metronome-billing",
    "immuta-governed",
    "dbt-ci",
    "dynamodb-connector-orders",
]


@pytest.mark.slow
def test_five_stacks_are_applied_unchanged_and_destroyed(
    tmp_path: Path, terraform_variables: dict[str, str]
) -> None:
    for name in ("gate.hcl", "keys", "cdktf.json"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    gate = f"'{Path(sys.executable).with_name('gate')}'"
    steps = f"{gate} apply --yes --json && {gate} plan --json && {gate} destroy --yes --json"
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("gate")),
            "sandbox",
            "--with-roles",
            "--",
            "sh",
            "-c",
            steps,
        ],
        cwd=tmp_path,
        env={**os.environ, **terraform_variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    decoder, at, printed = json.JSONDecoder(), 0, []
    while at < len(done.stdout.rstrip()):
        content, at = decoder.raw_decode(done.stdout, at)
        printed.append({one["stack"]: one for one in content})
        at += 1
    applied, planned, destroyed = printed
    assert [*applied] == STACKS
    assert {one["state"] for one in applied.values()} == {"applied"}
    assert {one["state"] for one in planned.values()} == {"no changes"}
    assert {one["state"] for one in destroyed.values()} == {"applied"}
    assert {name: one["add"] for name, one in applied.items()} == {
        name: one["destroy"] for name, one in destroyed.items()
    }
    assert [*(tmp_path / ".gate").glob("plans-*")] == []
    for name in STACKS:
        state = json.loads((tmp_path / f"terraform.{name}.tfstate").read_text())
        assert state["resources"] == []
