"""Stacks as the engine writes them, made without it; ``test_understood`` holds that they are the
same."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from athena_gate.modules.iam.policy import Policy
from athena_gate.stacks.backends import Backend
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load
from athena_gate.stacks.expected import expected
from development.examples import text

_NO_LIMIT = 10**9


def written(block: ConfiguredBlock, backend: Backend) -> dict[str, Any]:
    """Return the stack of ``block`` in Terraform's JSON syntax."""
    content: dict[str, Any] = _plain(expected(block, backend))
    for kind, some in content["resource"].items():
        for name, body in some.items():
            body["//"] = {"metadata": {"path": f"{block.stack}/{kind}", "uniqueId": name}}
    if local := content["terraform"].get("backend", {}).get("local"):
        local["path"] = f"../../../{local['path']}"
    return {"//": {"metadata": {"stackName": block.stack, "version": "0.21.0"}}, **content}


def _plain(value: Any) -> Any:
    """Return ``value`` with the text of each policy in its place."""
    if isinstance(value, Policy):
        return value.terraform_json(_NO_LIMIT)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


@cache
def examples(partition: str = "aws", backend: str = "local") -> Configuration:
    """Return the blocks of every mode, from development/examples.py."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gate.hcl"
        file.write_text(text(partition, backend))
        return load(file)
