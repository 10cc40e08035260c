"""A folder of one's own, from nothing to what the vendor's form asks for: `python -m
development.own_folder`.

Builds the wheel, installs it with its sandbox into a virtual environment from the index that pip is
configured with, and runs the first commands of a company's repository, which has a modules/, a
stacks/ and a gate/ of its own: once with gate alone, once with cdktf where that is on the PATH.
Prints how long each took; ends with 1 when one failed. The install is 40 to 75 s of processor time
(measured 2026-11).
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Whoever took these for the package's would end at once.
THEIRS = ("gate/__init__.py", "modules/__init__.py", "stacks/__init__.py", "main.py")
INIT = (
    *("gate", "init", "--vendor", "elementary", "--name", "lineage", "--way-in", "assumed_by"),
    *("--account", "111122223333", "--region", "eu-central-1", "--database", "sales"),
    *("--principal", "999988887777", "--external-id", "x-4711"),
)
STEPS = (
    INIT,
    ("gate", "synth"),
    ("gate", "prove"),
    ("gate", "sandbox", "--with-roles", "--", "gate", "apply", "--yes"),
    ("gate", "sheet", "lineage"),
)
WITH_CDKTF = (
    INIT,
    ("cdktf", "synth"),
    ("gate", "prove"),
    ("gate", "sandbox", "--with-roles", "--", "cdktf", "deploy", "--auto-approve", "*"),
    ("gate", "sheet", "lineage"),
)


class Failed(Exception):
    """A command failed; the message is the command and what it said."""


def company(folder: Path) -> None:
    """Make ``folder`` a repository that has programs of its own."""
    for name in THEIRS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text('raise SystemExit("this is the company\'s")\n')


def run(
    steps: Sequence[Sequence[str]], folder: Path, environment: Mapping[str, str]
) -> list[tuple[str, float, str]]:
    """Run ``steps`` in ``folder``; return of each the command, its seconds, and what it printed.
    Raises ``Failed``."""
    done = []
    for step in steps:
        began = time.monotonic()
        ended = subprocess.run(
            step,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        command = " ".join(step)
        if ended.returncode:
            raise Failed(f"{command}: exit code {ended.returncode}\n{ended.stdout}")
        done.append((command, time.monotonic() - began, ended.stdout))
    return done


def build(folder: Path) -> Path:
    """Build the wheel of this working tree in ``folder`` and return it."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def main() -> int:
    """Install and run all of it; return 1 when something failed."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        wheel, programs = build(place), place / "venv" / "bin"
        venv.create(place / "venv", with_pip=True)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        environment["PATH"] = os.pathsep.join([str(programs), os.environ["PATH"]])
        install = ["pip", "install", "--quiet", f"{wheel}[sandbox]"]
        try:
            shown = run([install], place, environment)
            for title, steps in (("own", STEPS), ("own-cdktf", WITH_CDKTF)):
                if title == "own" or shutil.which("cdktf"):
                    company(place / title)
                    shown += run(steps, place / title, environment)
        except Failed as error:
            print(error, file=sys.stderr)
            return 1
    for command, seconds, _ in shown:
        print(f"{seconds:6.1f} s  {command[:80]}")
    print(f"{sum(seconds for _, seconds, _ in shown):6.1f} s  in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
