"""What a pipeline has to plan, as a job matrix: `python3 -m athena_gate.gate.pipeline.stacks NEW
[OLD]`.

Prints a list of ``{"stack", "folder", "account", "region", "action"}``: every stack of the synth
in NEW to ``apply``, and every stack that only an earlier synth in OLD has, to ``destroy`` from
there. Account (an id) and region are those a job needs credentials for.
"""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from athena_gate.gate.pipeline.program import Usage, run
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_json, visible

MANIFEST = "manifest.json"
FILE = "cdk.tf.json"
EJECTED = "ejected.json"

MANIFEST_LIMIT = MEBIBYTE
# The largest stacks have 30 KB.
STACK_LIMIT = 8 * MEBIBYTE

# What a synth calls its stacks, regions and accounts; all of it goes into shells and names of jobs.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


def stacks(new: Path, old: Path | None = None) -> list[dict[str, str]]:
    """Return the entries of the matrix. Folders that no manifest names are not planned, except
    those that a synth has set aside in ``removed``; those that gate.hcl calls ejected never.
    Raises ``Unreadable``."""
    built = listed(new / MANIFEST)
    entries = [entry_of(name, folder, "apply") for name, folder in built.items()]
    # A stack set aside in NEW was synthesized there before, such as by an earlier commit.
    kept = set_aside(new)
    if old:
        kept |= set_aside(old) | listed(old / MANIFEST)
    looked_after = {*built, *_ejected(new)}
    return entries + [
        entry_of(name, folder, "destroy")
        for name, folder in kept.items()
        if name not in looked_after
    ]


def listed(manifest: Path) -> dict[str, Path]:
    """Return the folders of the stacks that the ``manifest`` of a synth lists, by their names.
    Raises ``Unreadable``."""
    match read_json(manifest, MANIFEST_LIMIT):
        case {"stacks": dict(found)}:
            return {name: manifest.parent / _folder(manifest, name, found[name]) for name in found}
    problem = "is not the manifest of a synth"
    raise Unreadable(str(manifest), problem)


def unlisted(output: Path) -> str:
    """Return what is wrong with the manifest of the synth in ``output``, which says what is planned
    and deployed; empty when it lists every stack there."""
    try:
        known = listed(output / MANIFEST)
    except Unreadable as error:
        return str(error)
    there = {file.parent.name for file in output.glob(f"stacks/*/{FILE}")}
    if missing := sorted(there - known.keys()):
        return f"it does not list {', '.join(missing)}, which nobody would plan; synthesize again"
    return ""


def _folder(manifest: Path, name: str, stack: object) -> PurePosixPath:
    match stack:
        case {"workingDirectory": str(text)} if text and NAME.fullmatch(name):
            # Another folder would be planned without `gate prove` having seen it.
            if text == f"stacks/{name}":
                return PurePosixPath(text)
    problem = (
        f'the stack "{visible(name, 100)}" has another name or folder than a synth gives; allowed: '
        "letters, digits and - _ . in its name, and the folder stacks/NAME"
    )
    raise Unreadable(str(manifest), problem)


def set_aside(output: Path) -> dict[str, Path]:
    """Return the folders of the stacks that synths into ``output`` have set aside."""
    folders = sorted(output.glob("removed/*/"))
    return {folder.name: folder for folder in folders if NAME.fullmatch(folder.name)}


def _ejected(output: Path) -> list[str]:
    file = output / EJECTED
    try:
        found = read_json(file, MANIFEST_LIMIT)
    except Unreadable as error:
        if error.missing:
            return []
        raise
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return found
    raise Unreadable(str(file), "is not the list of ejected stacks that gate synth writes")


def entry_of(name: str, folder: Path, action: str) -> dict[str, str]:
    """Return the entry of the stack ``name`` in ``folder``. Raises ``Unreadable``."""
    content: Any = read_json(folder / FILE, STACK_LIMIT)
    # The first is the block's own account; the connector's consumer comes second, by its role.
    match content:
        case {
            "provider": {
                "aws": [{"allowed_account_ids": [str(account)], "region": str(region)}, *_]
            }
        } if _ACCOUNT.fullmatch(account) and _REGION.fullmatch(region):
            return {
                "stack": name,
                "folder": folder.as_posix(),
                "account": account,
                "region": region,
                "action": action,
            }
    problem = "names no account and region of its provider; synthesize it anew"
    raise Unreadable(str(folder / FILE), problem)


def main(arguments: Sequence[str]) -> int:
    """Print the matrix of the folders in ``arguments``; the second may be missing."""
    if len(arguments) not in (1, 2):
        raise Usage
    new, *old = map(Path, arguments)
    print(json.dumps(stacks(new, next((one for one in old if one.is_dir()), None))))
    return 0


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
