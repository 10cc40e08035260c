"""A Python environment for each pair of engine and provider package, from the lock files here."""

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.process import Failed

ROOT = Path(__file__).resolve().parents[2]
LOCKS = Path(__file__).parent
# The first is what requirements.lock installs; the others are compared with it.
PAIRS = ("cdktf-0.21-aws-5.100", "cdktf-0.21-aws-6.25", "cdktn-0.24-aws-6.69")


@dataclass(frozen=True, slots=True)
class Installed:
    """What `development.matrix.installed` finds in an environment."""

    engine: str
    engine_version: str
    binding: str
    binding_version: str
    schema: str


def python(pair: str, folder: Path, progress: Console) -> Path:
    """Return the Python of an environment with ``pair``: this one if it has the same packages,
    else ``folder``/venv, which is made on first use.

    Raises ``Failed`` when pip does; what it said is in ``folder``/install.log.
    """
    lock = LOCKS / f"{pair}.txt"
    pins = dict(re.findall(r"^(cdkt[^=]+)==(\S+)", lock.read_text(), re.MULTILINE))
    distributions = importlib.metadata.distributions()
    here = {d.name: d.version for d in distributions if d.name.startswith("cdkt")}
    if here == pins:
        return Path(sys.executable)
    environment = folder / "venv"
    made = environment / "bin" / "python"
    complete = environment / ".complete"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if complete.exists() and complete.read_text() == digest:
        return made
    log = folder / "install.log"
    progress.print(
        f"installing {pair} (a minute or two, once; log: {log.relative_to(ROOT)})", soft_wrap=True
    )
    shutil.rmtree(environment, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    pip = [str(made), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    steps = (
        [sys.executable, "-m", "venv", str(environment)],
        [*pip, "--require-hashes", "--requirement", str(lock)],
    )
    with log.open("w") as output:
        for step in steps:
            if subprocess.run(step, stdout=output, stderr=subprocess.STDOUT).returncode:
                said = log.read_text().strip().splitlines()[-5:]
                raise Failed("\n".join([f"cannot install {lock.name}, see {log}:", *said]))
    complete.write_text(digest)
    return made


def variables(kept: Path) -> dict[str, str]:
    """Return the variables for a synth: this process's without those that steer Python, Node, the
    engine or gate; packages that jsii unpacks go into ``kept``."""
    steering = ("CDKTF_", "GATE_", "JSII_", "NODE_OPTIONS", "PYTHON")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(steering)},
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(kept / "jsii"),
    }


def installed(python: Path, kept: Path) -> Installed:
    """Return what the bindings pick with the interpreter ``python``.

    Raises ``Failed`` when they cannot be imported or synthesize nothing.
    """
    command = [str(python), "-m", "development.matrix.installed"]
    done = subprocess.run(command, cwd=ROOT, env=variables(kept), capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{python} cannot use its bindings:\n{done.stderr.strip()[-2000:]}")
    return Installed(**json.loads(done.stdout))
