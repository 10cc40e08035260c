"""The result of a check in a terminal."""

from collections.abc import Mapping
from typing import Any

from athena_gate.gate.text import counted
from athena_gate.modules.files import visible


def mistakes(result: Mapping[str, Any]) -> str:
    """Return a line or more for each mistake."""
    from athena_gate.modules.hcl import Mistake
    from athena_gate.modules.reading import as_lines

    found = [Mistake(m["line"], m["block"], m["field"], m["problem"]) for m in result["mistakes"]]
    return "\n".join(as_lines(result["file"], found))


def as_text(result: Mapping[str, Any], tick: str) -> str:
    """Return the remarks of a ``result`` without mistakes, then what was checked."""
    file = visible(result["file"])
    lines = [
        f"{file}:{remark['line']}: {remark['block']}: {remark['text']}"
        for remark in result["remarks"]
    ]
    blocks = ", ".join(block["stack"] for block in result["blocks"])
    remarks = f", {counted(len(lines), 'remark')}" if lines else ""
    lines.append(f"{tick} {file}: {counted(len(result['blocks']), 'block')} ({blocks}){remarks}")
    return "\n".join(lines)


def left_behind(compared: Mapping[str, Any], file: str) -> str:
    """Return the findings of ``orphans.compare`` as lines; empty when there are none."""
    lines = []
    for one in compared["removed"]:
        lines += [
            f"{one['stack']} is not in {file} any more, its resources stay and nobody watches them",
            f"  its state: {one['state']}",
            "  destroy it, or put the block back:",
            *(f"    {step}" for step in one["destroy"]),
        ]
    for one in compared["moved"]:
        lines += [
            f"{one['stack']} would not find its state and be made a second time",
            f"  its state was at: {one['state']}",
            f"  and is now at:    {one['now']}",
            "  move it, or keep the backend as it was:",
            *(f"    {step}" for step in one["migrate"]),
        ]
    return "\n".join(lines)
