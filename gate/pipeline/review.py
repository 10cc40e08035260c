"""The plans of all stacks in one page of Markdown.

    # the page; DIFFERENCE: what `gate diff --output-format markdown` printed, if there is the file
    python3 -m athena_gate.gate.pipeline.review page FOLDER [DIFFERENCE]
    # the job matrix of those that would change, with their digests
    python3 -m athena_gate.gate.pipeline.review changed FOLDER
    # by account, the stacks among these that are to be applied, for `gate recover`
    python3 -m athena_gate.gate.pipeline.review accounts FOLDER
    # DIFFERENCE alone
    python3 -m athena_gate.gate.pipeline.review difference DIFFERENCE

FOLDER holds what `pipeline.changes` printed of each stack, as `*.json`. Where the variable ENTRIES
has what `pipeline.stacks` printed, FOLDER must hold exactly these stacks, each in the folder and
file `changes-STACK`: another job might have put something else beside. CHECKSUMS, the outputs of
the jobs that planned, has the SHA-256 of each such file: another job might have written it anew.
PLANNED has the names of the stacks that the last run on the main branch kept: each is kept or
destroyed now, or the configuration names it as ejected; the first job might have left it out.
"""

import hashlib
import html
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from athena_gate.gate.pipeline.changes import PLAN_LIMIT
from athena_gate.gate.pipeline.program import Usage, run
from athena_gate.gate.quoting import markdown_code, markdown_fence
from athena_gate.modules.files import (
    MEBIBYTE,
    Unreadable,
    parse_json,
    read_bytes,
    read_json,
    read_text,
    visible,
    visible_lines,
)
from athena_gate.stacks.places import FIRST, environment_file, environments, parts

# Finds the comment again that is to be updated.
MARKER = "<!-- athena-gate: plan -->"
# A comment has 65,536 characters at most (GitHub answers "body is too long"); the rest is left
# for what stands around the plans.
_LIMIT = 60_000
# In the lists above the plans, and of each address this much.
_MOST_CHANGES = 300
_LONGEST_ADDRESS = 100
# Of the page, for who may do what.
_LONGEST_DIFFERENCE = 20_000
# What `gate diff --output-format markdown` prints, with nothing of anybody's outside of its code.
_DIFFERENCE = re.compile(
    r"### Who may do what\n\n"
    r"Compared with (?P<ticks>`+)[^`\n]+(?P=ticks): [a-z0-9 ,:]+\.\n"
    r"(?:\n(?P<fence>`{3,})diff\n(?:(?! {0,3}`{3})[^\n]*\n)*(?P=fence)\n)*"
)
_SIGNS = {"create": "+", "update": "~", "delete": "-"}


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the reviewed stacks, by name. Raises ``Unreadable``."""
    found = [_reviewed(file) for file in folder.rglob("*.json")]
    return sorted(found, key=lambda one: str(one["stack"]))


def _reviewed(file: Path) -> dict[str, Any]:
    """Return what ``athena_gate.gate.pipeline.changes`` printed into ``file``."""
    one = read_json(file, 2 * PLAN_LIMIT)
    texts = ("stack", "folder", "account", "region", "action", "digest", "text")
    match one:
        case {"changes": [*changes], **others} if all(
            isinstance(others.get(name), str) for name in texts
        ):
            for change in changes:
                match change:
                    case {"address": str(), "actions": [*actions]} if all(
                        isinstance(action, str) for action in actions
                    ):
                        continue
                break
            else:
                return dict(one)
    raise Unreadable(str(file), "is not what gate.pipeline.changes prints of a stack")


def require(
    entries: Sequence[Mapping[str, str]], folder: Path, checksums: Sequence[str] | None = None
) -> None:
    """Raise ``Unreadable`` unless ``folder`` has what ``read`` reads of each of ``entries`` where
    the job of its plan has put it, each with one of ``checksums``, and of nothing else."""
    places = {f"changes-{one['stack']}/changes-{one['stack']}.json": one for one in entries}
    found = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*.json")}
    for name in sorted(places.keys() | found.keys()):
        if name not in places:
            raise Unreadable(str(found[name]), "is of no stack that was planned in this run")
        if name not in found:
            raise Unreadable(str(folder / name), "no such file", missing=True)
        one = _reviewed(found[name])
        if any(one[key] != value for key, value in places[name].items()):
            raise Unreadable(str(found[name]), "is not of the stack that was planned in this run")
        content = read_bytes(found[name], 2 * PLAN_LIMIT)
        if checksums is not None and hashlib.sha256(content).hexdigest() not in checksums:
            problem = "is not what the job of its plan has written; run all jobs again"
            raise Unreadable(str(found[name]), problem)


def difference(printed: str) -> str:
    """Return what `gate diff` ``printed`` as Markdown. It comes from a job that had installed
    packages: what is not as `gate diff` prints it, or too long, becomes code as a whole."""
    text = visible_lines(printed)
    if len(text) <= _LONGEST_DIFFERENCE and _DIFFERENCE.fullmatch(text):
        return text
    if len(text) > _LONGEST_DIFFERENCE:
        text = f"{text[:_LONGEST_DIFFERENCE]}\n... cut; gate diff has all of it\n"
    fence = markdown_fence(text)
    return f"### Who may do what\n\n{fence}\n{text}{fence}\n"


def changed(reviewed: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the entries of the matrix that would change something, each with its digest."""
    return [
        {key: value for key, value in one.items() if key not in ("changes", "text")}
        for one in reviewed
        if one["changes"]
    ]


def accounts(reviewed: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the entries of a matrix of accounts, each with a region and the names of the stacks
    that would be changed there, with spaces between."""
    found: dict[str, dict[str, str]] = {}
    for one in reviewed:
        if one["changes"] and one["action"] == "apply":
            new = {"account": one["account"], "region": one["region"], "stacks": one["stack"]}
            known = found.setdefault(one["account"], new)
            if known is not new:
                known["stacks"] += f" {one['stack']}"
    return [*found.values()]


def as_markdown(reviewed: Sequence[dict[str, Any]], above: str = "") -> str:
    """Return the page, with the Markdown ``above`` at its top. Plans that do not fit are cut, each
    to its share."""
    changing = [one for one in reviewed if one["changes"]]
    lines = [MARKER, *([above] if above else []), "### athena-gate", ""]
    most = max(1, _MOST_CHANGES // max(len(reviewed), 1))
    for one in reviewed:
        what = "**destroy**: " if one["action"] == "destroy" else ""
        name, account = markdown_code(one["stack"]), markdown_code(one["account"])
        lines.append(f"- {name} ({account}): {what}{_count(one['changes'], most)}")
    share = max(0, _LIMIT - sum(map(len, lines))) // max(len(changing), 1)
    for one in changing:
        text = visible_lines(one["text"].strip())
        if len(text) > share:
            text = f"{text[:share]}\n... cut; the job's log has all of it"
        fence = markdown_fence(text)
        lines += [
            "",
            f"<details><summary>{html.escape(visible(one['stack']))}</summary>",
            "",
            fence,
            text,
            fence,
            "</details>",
        ]
    return "\n".join(lines)


def _count(changes: Sequence[dict[str, Any]], most: int) -> str:
    if not changes:
        return "no changes"
    signs = ["".join(_SIGNS.get(action, action) for action in one["actions"]) for one in changes]
    shown = [
        markdown_code(f"{sign} {visible(one['address'], _LONGEST_ADDRESS)}")
        for sign, one in zip(signs[:most], changes, strict=False)
    ]
    left = len(changes) - len(shown)
    return ", ".join([*shown, f"and {left:,} more"] if left else shown)


def main(arguments: Sequence[str]) -> int:
    """Print the page, the matrix or the difference; see the module."""
    match arguments:
        case ["changed", folder]:
            print(json.dumps(changed(_required(Path(folder)))))
        case ["accounts", folder]:
            print(json.dumps(accounts(_required(Path(folder)))))
        case ["page", folder, *file] if len(file) < 2:
            print(as_markdown(_required(Path(folder)), "".join(map(_difference, file))))
        case ["difference", file]:
            print(_difference(file), end="")
        case _:
            raise Usage
    return 0


def _required(folder: Path) -> list[dict[str, Any]]:
    if entries := os.environ.get("ENTRIES"):
        checksums = os.environ.get("CHECKSUMS")
        found = None if checksums is None else [*parse_json(checksums, "CHECKSUMS").values()]
        expected = parse_json(entries, "ENTRIES")
        require(expected, folder, found)
        _nothing_less({one["stack"] for one in expected}, os.environ.get("PLANNED", "").split())
    return read(folder)


def _nothing_less(stacks: Set[str], kept: Sequence[str]) -> None:
    """Raise ``Unreadable`` unless each of ``kept`` is one of ``stacks`` or stands in the
    configuration, by the whole name that an ejected stack has there."""
    missing = [name for name in kept if name not in stacks]
    if not missing:
        return
    file = Path(os.environ.get("GITHUB_WORKSPACE", "")) / os.environ.get("GATE_FILE", FIRST)
    beside = (environment_file(file, name) for name in environments(file))
    text = "".join(read_text(one, MEBIBYTE) for one in (file, *parts(file), *beside))
    for name in missing:
        if f'"{name}"' not in text:
            problem = (
                f"{visible(name)} was planned by the last run of main that went through, and is "
                "now neither planned nor ejected; look at what the first job installed"
            )
            raise Unreadable("ENTRIES", problem)


def _difference(file: str) -> str:
    try:
        printed = read_text(Path(file), PLAN_LIMIT)
    except Unreadable as error:
        if error.missing:
            return ""
        raise
    return difference(printed) if printed else ""


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
