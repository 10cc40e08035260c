"""The JSON of stacks that gate.hcl no longer has, kept for as long as their states may need it.

Terraform destroys a stack from its JSON. When a block is deleted, `gate synth` leaves the
stack's old folder among the others, where it looks as if it were still built, and `cdktf synth`
deletes it (@cdktf/cli-core 0.21.0, synth-stack.js; measured 2026-11).
"""

import json
import shutil
from collections.abc import Collection
from pathlib import Path

from athena_gate.modules.files import write_whole

FILE = "cdk.tf.json"
EJECTED = "ejected.json"


def set_aside(output: Path, stacks: Collection[str], ejected: Collection[str] = ()) -> list[Path]:
    """Move what is no longer built from ``<output>/stacks`` to ``<output>/removed``.

    ``stacks`` are the names of those that are built; one that is back is no longer kept, nor one
    of ``ejected``, which are listed in ``<output>/ejected.json`` for whoever plans what is left.
    Returns the folders that were moved. The new place is as deep as the old one, so that the
    relative path of a local state still leads there.
    """
    write_whole(output / EJECTED, json.dumps(sorted(ejected)))
    moved = []
    for folder in sorted(output.glob("stacks/*/")):
        if folder.name in {*stacks, *ejected} or not (folder / FILE).is_file():
            continue
        kept = output / "removed" / folder.name
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        # The folder itself stays: cdktf deletes it after this and fails if it is gone.
        for item in folder.iterdir():
            item.rename(kept / item.name)
        moved.append(kept)
    for name in (*stacks, *ejected):
        shutil.rmtree(output / "removed" / name, ignore_errors=True)
    return moved
