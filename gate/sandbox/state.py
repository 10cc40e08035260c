"""Where a configuration keeps its states, which in a sandbox is a file or the sandbox's own S3."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from athena_gate.gate.stack.reader import STACK_LIMIT
from athena_gate.gate.text import counted
from athena_gate.modules import hcl
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import (
    MEBIBYTE,
    Unreadable,
    parse_json,
    read_json,
    read_text,
    visible,
)
from athena_gate.stacks.backends import CloudBackend, LocalBackend
from athena_gate.stacks.configuration import Configuration

# The S3 backend follows AWS_ENDPOINT_URL; every other one has a server of its own.
# https://developer.hashicorp.com/terraform/language/backend (2026-11)
ALLOWED = ("local", "s3")
_LARGEST_STATE = 64 * MEBIBYTE


class StateElsewhere(Exception):
    """States lie where no sandbox is; the message says where, and what to do."""


def require_state_inside(configuration: Configuration) -> None:
    """Raise ``StateElsewhere`` when ``configuration`` keeps its states in HCP Terraform, or a state
    of its stacks in this folder lists resources: in the sandbox's AWS none of them exists, so
    Terraform would drop them from the state, and whatever still stands would be nobody's.
    """
    if isinstance(configuration.backend, CloudBackend):
        raise StateElsewhere(
            f'{visible(configuration.file)} has backend "cloud": Terraform would ask HCP '
            "Terraform, which is not in the sandbox. Copy the file without that block (and without "
            "hcp_credentials) "
            f"and name the copy: {to_run('sandbox -- COMMAND', file='COPY')}"
        )
    if isinstance(configuration.backend, LocalBackend):
        for stack in configuration.stacks:
            file = Path(configuration.backend.file(stack))
            if number := _resources(file):
                raise StateElsewhere(
                    f"{file} lists {counted(number, 'resource')}, and a new sandbox "
                    "has none of them: Terraform would take them for deleted and forget them. Work "
                    "in a copy of the folder without that file; if an earlier sandbox left it, "
                    "delete it"
                )


def require_folders_inside(command: Sequence[str]) -> None:
    """Raise ``StateElsewhere`` when a folder that ``command`` works in, this one or what a
    ``-chdir=`` names, holds Terraform configuration with its state anywhere else."""
    folders = [word.removeprefix("-chdir=") for word in command if word.startswith("-chdir=")]
    for folder in (Path(), *map(Path, folders)):
        for file in sorted([*folder.glob("*.tf"), *folder.glob("*.tf.json")]):
            for kind in _states(file):
                if kind not in ALLOWED:
                    raise StateElsewhere(
                        f"{file} keeps its state elsewhere ({kind}), which is not in the sandbox; "
                        "synthesize it from a gate.hcl without that backend: "
                        f"{to_run('sandbox -- gate synth', file='COPY')}"
                    )


def _resources(file: Path) -> int:
    """Return how many resources the state in ``file`` lists; none when there is no state."""
    try:
        state = read_json(file, _LARGEST_STATE)
    except Unreadable:
        return 0
    resources = state.get("resources") if isinstance(state, dict) else None
    return len(resources) if isinstance(resources, list) else 0


def _states(file: Path) -> Iterator[str]:
    """Yield ``cloud`` and the types of the backends in ``file``.

    What cannot be read yields nothing: Terraform will say what is wrong, and has no token.
    """
    try:
        text = read_text(file, STACK_LIMIT)
        if file.suffix == ".json":
            yield from _in_json(parse_json(text, str(file)))
        elif "backend" in text or "cloud" in text:
            body, _ = hcl.parse(text)
            for block in body.blocks:
                for inner in block.blocks if block.type == "terraform" else ():
                    if inner.type in ("backend", "cloud"):
                        yield "".join(inner.labels) or inner.type
    except Unreadable:
        return


def _in_json(document: Any) -> Iterator[str]:
    # Each level may be one block or a list of them:
    # https://developer.hashicorp.com/terraform/language/syntax/json#nested-block-mapping (2026-11)
    for terraform in _blocks(document, "terraform"):
        if "cloud" in terraform:
            yield "cloud"
        for backends in _blocks(terraform, "backend"):
            yield from backends


def _blocks(parent: Any, name: str) -> list[dict[str, Any]]:
    found = parent.get(name, []) if isinstance(parent, dict) else []
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
