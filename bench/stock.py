"""The environment of the peer that cannot share ours: cdktn."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from bench.process import Failed

PROGRAMS = Path(__file__).parent / "peers"
LOCK = PROGRAMS / "requirements.lock"


def installed(folder: Path) -> Path | None:
    """Return the Python of the environment ``folder`` if it is complete and as locked."""
    try:
        complete = (folder / ".complete").read_text() == _digest()
    except OSError:
        return None
    return folder / "bin" / "python" if complete else None


def install(folder: Path) -> Path:
    """Make the environment ``folder`` as locked, in about a minute, and return its Python.

    Raises ``Failed`` when pip does; what it said is in ``install.log`` beside the folder.
    """
    shutil.rmtree(folder, ignore_errors=True)
    python = folder / "bin" / "python"
    log = folder.with_name("install.log")
    make = [sys.executable, "-m", "venv", str(folder)]
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    fill = [*pip, "--require-hashes", "--requirement", str(LOCK)]
    with log.open("w") as output:
        for step in (make, fill):
            if subprocess.run(step, stdout=output, stderr=subprocess.STDOUT).returncode:
                said = log.read_text().strip().splitlines()[-5:]
                raise Failed("\n".join([f"cannot install {LOCK.name}, see {log}:", *said]))
    (folder / ".complete").write_text(_digest())
    return python


def _digest() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()
