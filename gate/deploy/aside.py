"""A stack's folder aside, to run Terraform in with import blocks.

They stand in a copy that is deleted, whatever happens: nothing of them is there for a later plan.
A state that the backend would not take is kept: it alone has what was made.
https://developer.hashicorp.com/terraform/language/import (2026-11)
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from athena_gate.gate.stack.state import ERRORED

_STACK, _LOCK = "cdk.tf.json", ".terraform.lock.hcl"
IMPORTS = "import.tf.json"


@contextmanager
def copy_of(
    folder: Path, content: Mapping[str, Any], state: Path | None, build: Path
) -> Iterator[Path]:
    """Give a copy, in ``build``, of the stack's ``folder`` with the JSON ``content``; ``state`` is
    the file of its state where that is local, and the copy's as well."""
    with tempfile.TemporaryDirectory(prefix=f"aside-{folder.name}-", dir=build) as name:
        copy = Path(name)
        for file in (_STACK, _LOCK):
            if (folder / file).is_file():
                shutil.copyfile(folder / file, copy / file)
        if state is not None:
            moved = {**content["terraform"], "backend": {"local": {"path": str(state.absolute())}}}
            (copy / _STACK).write_text(json.dumps({**content, "terraform": moved}))
        try:
            yield copy
        finally:
            if (copy / ERRORED).is_file():
                # Moved, not copied: the disk may be full.
                shutil.move(copy / ERRORED, folder / ERRORED)


def write_imports(copy: Path, imports: Mapping[str, str]) -> None:
    """Write an import block for each address of ``imports`` and its id into ``copy``."""
    blocks = [{"to": address, "id": one} for address, one in imports.items()]
    (copy / IMPORTS).write_text(json.dumps({"import": blocks}))
