"""The result of a check in a terminal."""

from collections.abc import Mapping
from typing import Any

from athena_gate.gate.text import counted
from athena_gate.modules.files import visible


def mistakes(result: Mapping[str, Any]) -> str:
    """Return a line or more for each mistake."""
    from athena_gate.modules.findings import Line, Mistake
    from athena_gate.modules.reading import as_lines

    found = [
        Mistake(
            Line(one["line"], one.get("file", "")),
            one["block"],
            one["field"],
            one["problem"],
            one["code"],
            one.get("column", 0),
            one.get("source", ""),
        )
        for one in result["mistakes"]
    ]
    return "\n".join(as_lines(result["file"], found))


def as_text(result: Mapping[str, Any], tick: str) -> str:
    """Return the remarks of a ``result`` without mistakes, warnings with that word, then what was
    checked."""
    file = visible(result["file"])
    lines = [_remark(result["file"], one) for one in result["remarks"]]
    blocks = ", ".join(block["stack"] for block in result["blocks"])
    severities = [one["severity"] for one in result["remarks"]]
    counts = [
        f", {counted(severities.count(severity), severity)}"
        for severity in ("warning", "note")
        if severity in severities
    ]
    if result["accepted"]:
        counts.append(f", {len(result['accepted'])} accepted")
    number = counted(len(result["blocks"]), "block")
    named = f" ({blocks})" if blocks else ""
    lines.append(f"{tick} {file}: {number}{named}{''.join(counts)}")
    return "\n".join(lines)


def _remark(file: str, one: Mapping[str, Any]) -> str:
    file = visible(one.get("file", file))
    parts = (f"{file}:{one['line']}", one["severity"], one["block"], one["field"], one["text"])
    return f"{': '.join(part for part in parts if part)} [{one['code']}]"


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
