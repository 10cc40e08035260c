"""The ids of access keys in the state of a stack, wherever it lies."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import MEBIBYTE, Unreadable, parse_json, visible

_LARGEST = 64 * MEBIBYTE
# The address of a generation's key: see athena_gate.modules.resources.logical_id.
_KEY = re.compile(r"_key-(?P<generation>[A-Za-z0-9][A-Za-z0-9_-]*)_[0-9A-F]{8}")


class NoState(Exception):
    """The state cannot be read; the message says why and what to do."""


def key_ids(stack: str, folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the id of each access key in the state of the stack in ``folder``, by its generation;
    none when nothing is applied. Raises ``NoState``."""
    if not (folder / "cdk.tf.json").exists():
        raise NoState(f"{stack} was not synthesized yet; run: {to_run(f'plan {stack}')}")
    pulled = _terraform(folder, environment, "state", "pull")
    if pulled.returncode != 0:
        begun = _terraform(folder, environment, "init", "-input=false")
        pulled = _terraform(folder, environment, "state", "pull") if not begun.returncode else begun
    if pulled.returncode != 0:
        lines = [line.strip("╷╵│ ") for line in pulled.stderr.splitlines()]
        why = next(
            (line for line in lines if line.startswith("Error")), "terraform gives no reason"
        )
        raise NoState(
            f"the state of {stack} cannot be read: {visible(why, 200)}; see {to_run('doctor')}"
        )
    return parse(stack, pulled.stdout)


def parse(stack: str, text: str) -> dict[str, str]:
    """Return the ids of access keys in ``text``, what ``terraform state pull`` printed of
    ``stack``. Raises ``NoState``."""
    if not text.strip():
        return {}
    if len(text) > _LARGEST:
        raise NoState(f"the state of {stack} is too large to be one of ours")
    try:
        content = parse_json(text, f"the state of {stack}")
    except Unreadable as error:
        raise NoState(str(error)) from None
    resources = content.get("resources") if isinstance(content, dict) else None
    if not isinstance(resources, list):
        raise NoState(f"the state of {stack} is none of Terraform's; see {to_run('doctor')}")
    found = {}
    for one in resources:
        match one:
            case {
                "mode": "managed",
                "type": "aws_iam_access_key",
                "name": str(name),
                "instances": [{"attributes": {"id": str(id_)}}],
            } if generation := generation_of(name):
                found[generation] = id_
    return found


def generation_of(name: str) -> str:
    """Return the generation of the access key that Terraform calls ``name``; an empty text for
    another name."""
    found = _KEY.search(name)
    return found["generation"] if found else ""


def _terraform(
    folder: Path, environment: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", f"-chdir={folder}", *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
    )
