"""The plans of all stacks in one page of Markdown: `python3 -m athena_gate.gate.pipeline.review
FOLDER`.

FOLDER holds what `pipeline.changes` printed of each stack, as `*.json`. With `--changed` it
prints the job matrix of those that would change instead, with their digests.
"""

import html
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from athena_gate.gate.pipeline.changes import PLAN_LIMIT
from athena_gate.gate.pipeline.program import Usage, run
from athena_gate.gate.quoting import markdown_code, markdown_fence
from athena_gate.modules.files import Unreadable, read_json, visible, visible_lines

# Finds the comment again that is to be updated.
MARKER = "<!-- athena-gate: plan -->"
# A comment has 65,536 characters at most (GitHub answers "body is too long"); the rest is left
# for what stands around the plans.
_LIMIT = 60_000
# In the lists above the plans, and of each address this much.
_MOST_CHANGES = 300
_LONGEST_ADDRESS = 100
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


def changed(reviewed: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the entries of the matrix that would change something, each with its digest."""
    return [
        {key: value for key, value in one.items() if key not in ("changes", "text")}
        for one in reviewed
        if one["changes"]
    ]


def as_markdown(reviewed: Sequence[dict[str, Any]]) -> str:
    """Return the page. Plans that do not fit are cut, each to its share."""
    changing = [one for one in reviewed if one["changes"]]
    lines = [MARKER, "### athena-gate", ""]
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
    """Print the page, or the matrix; see the module."""
    match arguments:
        case ["--changed", folder]:
            print(json.dumps(changed(read(Path(folder)))))
        case [folder]:
            print(as_markdown(read(Path(folder))))
        case _:
            raise Usage
    return 0


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
