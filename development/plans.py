"""Plans of every stack of a configuration, against the embedded AWS: nothing is applied."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.terraform import terraform_environment
from athena_gate.stacks.configuration import load

ROOT = Path(__file__).resolve().parent.parent
_LIMIT = 300


class Failed(Exception):
    """A command ended with an error; the message is its output's end."""


def plans(configuration: Path, folder: Path) -> dict[str, Path]:
    """Write the plan of each stack of ``configuration`` (a gate.hcl) into ``folder``, as
    `terraform show -json` prints it; return the files by the stacks' names.

    Takes some seconds a stack. Raises ``Failed``, ``ConfigurationError`` for a mistake in the
    configuration, ``NoProvider`` and ``SandboxError``.
    """
    account = next(iter(load(configuration).accounts.values())).id
    output = folder / "cdktf.out"
    _run(
        [sys.executable, str(ROOT / "main.py")],
        {**os.environ, "GATE_FILE": str(configuration), "CDKTF_OUTDIR": str(output)},
        folder,
    )
    variables = terraform_environment(ROOT / ".gate", os.environ)
    with Sandbox(account) as sandbox, ThreadPoolExecutor(2) as pool:
        environment = sandbox.environment(variables)
        stacks = sorted((output / "stacks").iterdir())
        files = pool.map(lambda stack: _plan(stack, environment, folder), stacks)
        return {stack.name: file for stack, file in zip(stacks, files, strict=True)}


def _plan(stack: Path, environment: Mapping[str, str], folder: Path) -> Path:
    terraform = ["terraform", f"-chdir={stack}"]
    _run([*terraform, "init", "-input=false", "-no-color"], environment, folder)
    _run(
        [*terraform, "plan", "-out=plan", "-input=false", "-lock=false", "-no-color"],
        environment,
        folder,
    )
    shown = _run([*terraform, "show", "-json", "plan"], environment, folder)
    file = folder / f"{stack.name}.json"
    file.write_text(shown)
    return file


def read(files: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """Return the plans in ``files``, as ``plans`` returns them."""
    return {name: json.loads(file.read_text()) for name, file in files.items()}


def _run(command: list[str], environment: Mapping[str, str], folder: Path) -> str:
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = "\n".join((error.stdout + error.stderr).strip().splitlines()[-10:])
        raise Failed(f"{command[0]} {command[1]} ended with {error.returncode}:\n{said}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{command[0]}: {error}") from None
    return done.stdout
