"""The evaluator and the independent simulator give the same answers, but for what AWS's pages
explain."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "development" / "iam-differential"


@pytest.fixture(scope="module")
def simulator() -> Path:
    """The folder in which the simulator is installed, which is never imported."""
    folder = ROOT / ".gate" / "iam-differential"
    folder.mkdir(parents=True, exist_ok=True)
    (ROOT / ".gate" / ".gitignore").write_text("*\n")
    for name in ("package.json", "package-lock.json", "simulate.mjs"):
        shutil.copyfile(SOURCE / name, folder / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    problem = "npm was not found"
    if shutil.which("npm"):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        problem = done.stderr.strip() if done.returncode else ""
    if problem and os.environ.get("CI") == "true":
        pytest.fail(f"the simulator cannot be installed: {problem}")
    if problem:
        pytest.skip(f"the simulator cannot be installed: {problem}")
    return folder


def test_no_answer_differs_from_the_simulators_without_a_reason(simulator: Path) -> None:
    command = [sys.executable, "compare.py", "--seed", "2026", "--cases", "20000"]
    done = subprocess.run(
        [*command, "--simulator", str(simulator)],
        cwd=SOURCE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\n0 differ for no known reason\n" in f"{done.stdout}\n"
    assert done.stdout.startswith("20,000 cases of seed 2026: ")
