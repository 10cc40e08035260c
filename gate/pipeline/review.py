"""`python3 -m gate.pipeline.review FOLDER`: the plans of all stacks in one page of Markdown.

FOLDER holds what `gate.pipeline.changes` printed of each stack, as `*.json`. With `--changed` it
prints the job matrix of those that would change instead, with their digests.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Finds the comment again that is to be updated.
MARKER = "<!-- athena-gate: plan -->"
# A comment has 65,536 characters at most (GitHub answers "body is too long"); the rest is left
# for what stands around the plans.
_LIMIT = 60_000
_SIGNS = {"create": "+", "update": "~", "delete": "-"}


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the reviewed stacks, by name."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in folder.rglob("*.json")]
    return sorted(found, key=lambda one: str(one["stack"]))


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
    for one in reviewed:
        what = "**destroy**: " if one["action"] == "destroy" else ""
        lines.append(f"- `{one['stack']}` ({one['account']}): {what}{_count(one['changes'])}")
    share = _LIMIT // max(len(changing), 1)
    for one in changing:
        text = one["text"].strip()
        if len(text) > share:
            text = f"{text[:share]}\n... cut; the job's log has all of it"
        # Longer than any fence in the plan: a value cannot end the block.
        fence = "`" * max(3, 1 + max(map(len, _fences(text)), default=0))
        lines += [
            "",
            f"<details><summary>{one['stack']}</summary>",
            "",
            fence,
            text,
            fence,
            "</details>",
        ]
    return "\n".join(lines)


def _fences(text: str) -> list[str]:
    runs, run = [], ""
    for character in [*text, " "]:
        if character == "`":
            run += character
        elif run:
            runs.append(run)
            run = ""
    return runs


def _count(changes: Sequence[dict[str, Any]]) -> str:
    if not changes:
        return "no changes"
    signs = ["".join(_SIGNS.get(action, action) for action in one["actions"]) for one in changes]
    return ", ".join(f"`{sign} {one['address']}`" for sign, one in zip(signs, changes, strict=True))


def main(arguments: Sequence[str]) -> int:
    """Print the page, or the matrix; see the module."""
    *options, folder = arguments
    reviewed = read(Path(folder))
    print(json.dumps(changed(reviewed)) if options else as_markdown(reviewed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
