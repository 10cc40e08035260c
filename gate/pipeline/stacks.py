"""`python3 -m gate.pipeline.stacks NEW [OLD]`: what a pipeline has to plan, as a job matrix.

Prints a list of ``{"stack", "folder", "account", "region", "action"}``: every stack of the synth
in NEW to ``apply``, and every stack that only an earlier synth in OLD has, to ``destroy`` from
there. Account (an id) and region are those a job needs credentials for.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
FILE = "cdk.tf.json"
EJECTED = "ejected.json"


def stacks(new: Path, old: Path | None = None) -> list[dict[str, str]]:
    """Return the entries of the matrix. Folders that no manifest names are not planned, except
    those that a synth has set aside in ``removed``; those that gate.hcl calls ejected never."""
    built = dict(_listed(new))
    entries = [_entry(name, folder, "apply") for name, folder in built.items()]
    # A stack set aside in NEW was synthesized there before, such as by an earlier commit.
    kept = dict([*_aside(new), *(_aside(old) if old else ()), *(_listed(old) if old else ())])
    looked_after = {*built, *_ejected(new)}
    return entries + [
        _entry(name, folder, "destroy") for name, folder in kept.items() if name not in looked_after
    ]


def _listed(output: Path) -> Iterator[tuple[str, Path]]:
    manifest = json.loads((output / MANIFEST).read_text(encoding="utf-8"))
    for name, stack in manifest["stacks"].items():
        yield name, output / stack["workingDirectory"]


def _aside(output: Path) -> Iterator[tuple[str, Path]]:
    for folder in sorted(output.glob("removed/*/")):
        yield folder.name, folder


def _ejected(output: Path) -> list[str]:
    file = output / EJECTED
    found: list[str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return found


def _entry(name: str, folder: Path, action: str) -> dict[str, str]:
    content: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    # The first is the block's own account; the connector's consumer comes second, by its role.
    provider = content["provider"]["aws"][0]
    (account,) = provider["allowed_account_ids"]
    return {
        "stack": name,
        "folder": folder.as_posix(),
        "account": account,
        "region": provider["region"],
        "action": action,
    }


def main(arguments: Sequence[str]) -> int:
    """Print the matrix of the folders in ``arguments``; the second may be missing."""
    new, *old = map(Path, arguments)
    print(json.dumps(stacks(new, next((one for one in old if one.is_dir()), None))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
