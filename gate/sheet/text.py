"""The sheet in a terminal, and in a ticket or a wiki."""

from collections.abc import Mapping
from typing import Any

from athena_gate.gate.quoting import markdown_cell, markdown_code, markdown_fence
from athena_gate.gate.text import wrapped
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import visible, visible_lines
from athena_gate.modules.terminal import WIDTH, folded


def as_text(content: Mapping[str, Any]) -> str:
    """Return the sheet for a terminal."""
    rows = [(visible(label), visible_lines(value)) for label, value in _rows(content)]
    width = max((len(label) for label, value in rows if "\n" not in value), default=0)
    lines = [*wrapped(f"{content['vendor']}: {content['block']}"), *wrapped(content["form"]), ""]
    for label, value in rows:
        if "\n" not in value:
            lines += _row(label, value, width)
    for label, value in rows:
        if "\n" in value:
            # Unindented: it is there to be pasted.
            lines += ["", f"  {label}:", "", value.rstrip("\n")]
    for key in content["keys"]:
        lines += ["", f"  Secret access key ({key['generation']}), decrypted with:"]
        lines += _command(key["decrypt"])
    if content["todo"]:
        lines += ["", f"  To do outside of the stack ({to_run('todo')} has the statements):"]
    for one in content["todo"]:
        lines += wrapped(f"- {one['who']}: {one['says']}", 4, 6)
    return "\n".join(lines)


def _row(label: str, value: str, width: int) -> list[str]:
    """Return the lines of a field: its value beside the label, below it when that is too long."""
    beside = f"  {label.ljust(width)}  {value}"
    return [beside] if len(beside) <= WIDTH else [*folded(label, 2, 2), *folded(value, 4, 4)]


def _command(text: str) -> list[str]:
    """Return the command ``text``, which decrypts a key, as lines to paste."""
    first, _, rest = visible(text, None).rpartition(" | base64 ")
    if len(f"    {first} \\") > WIDTH:
        program, _, output = first.rpartition(" output ")
        first = f"{program} \\\n      output {output}"
    return [*f"    {first} \\".split("\n"), f"      | base64 {rest}"]


def as_markdown(content: Mapping[str, Any]) -> str:
    """Return the sheet as Markdown, for a ticket or a wiki."""
    lines = [f"# {content['vendor']}: {content['block']}", "", content["form"], ""]
    lines += ["| Field | Value |", "|---|---|"]
    rows = _rows(content)
    lines += [f"| {label} | {markdown_cell(value)} |" for label, value in rows if "\n" not in value]
    for label, value in rows:
        if "\n" in value:
            fence = markdown_fence(value)
            lines += ["", f"{label}:", "", fence, visible_lines(value.rstrip("\n")), fence]
    for key in content["keys"]:
        fence = markdown_fence(key["decrypt"])
        lines += ["", f"Secret access key ({markdown_code(key['generation'])}):", "", f"{fence}sh"]
        lines += [key["decrypt"], fence]
    if content["todo"]:
        lines += ["", f"To do outside of the stack (`{to_run('todo')}` has the statements):", ""]
    lines += [f"- {markdown_code(one['who'])}: {visible(one['says'])}" for one in content["todo"]]
    return "\n".join(lines)


def _rows(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(field["label"], field["value"]) for field in content["fields"]] + [
        (f"Access key ID ({key['generation']})", key["access_key_id"]) for key in content["keys"]
    ]
