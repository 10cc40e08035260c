"""What is synthesized: gate.hcl files of Dot blocks, and the resources in what comes out."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from athena_gate.modules.athena.settings import read_public_key

KEY = Path("keys") / "example.asc"

_ACCOUNT = """\
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
  tags   = { owner = "data-platform" }
}
"""
_DOT = """
dot "%s" {
  account   = "analytics"
  databases = ["sales"]

  source "acme-lake" {
    prefixes = ["sales/"]
  }

  keys {
    pgp_key_file = "keys/example.asc"
    generations  = ["2026-11"]
  }
}
"""


def write(folder: Path, root: Path, counts: tuple[int, ...]) -> dict[int, Path]:
    """Write a gate.hcl for each of ``counts`` Dot blocks into a folder of its own in ``folder``,
    with the key they name, and return count -> file; the key into ``folder`` too, and as
    ``key.b64``, for the peers.

    ``root`` is the project's folder. The first block is called "reporting" as in the peers.
    """
    files = {count: folder / f"blocks-{count}" / "gate.hcl" for count in counts}
    for place in (folder, *(file.parent for file in files.values())):
        (place / KEY.parent).mkdir(parents=True)
        shutil.copy(root / KEY, place / KEY)
    (folder / "key.b64").write_text(read_public_key(folder / KEY))
    for count, file in files.items():
        names = ["reporting", *(f"reporting-{number}" for number in range(2, count + 1))]
        file.write_text(_ACCOUNT + "".join(_DOT % name for name in names))
    return files


def stacks(output: Path) -> list[dict[str, Any]]:
    """Return the Terraform JSON of each stack in the folder ``output``."""
    return [json.loads(file.read_text()) for file in sorted(output.glob("stacks/*/cdk.tf.json"))]


def resources(output: Path) -> int:
    """Return how many resources the stacks in the folder ``output`` have."""
    return sum(len(some) for stack in stacks(output) for some in stack["resource"].values())


def differences(ours: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return what two stacks don't share: ``provider``, or a type of resource or output's name.

    Compared are providers, resources and outputs with all their arguments; metadata, logical ids
    and the ``terraform`` part, which has the provider's version and source, are not.
    """
    left, right = _comparable(ours), _comparable(other)
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))


def _comparable(stack: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps({part: stack[part] for part in ("provider", "resource", "output")})
    for kind, some in stack["resource"].items():
        for logical_id in some:
            text = re.sub(rf"\b{re.escape(f'{kind}.{logical_id}')}\b", kind, text)
    parts = json.loads(text)
    return {
        "provider": parts["provider"],
        **parts["output"],
        **{
            kind: sorted(
                json.dumps({k: v for k, v in body.items() if k != "//"}, sort_keys=True)
                for body in some.values()
            )
            for kind, some in parts["resource"].items()
        },
    }
