"""The page of the commands, from what the command line says of itself."""

from collections.abc import Iterator
from typing import Any

import typer

from athena_gate.gate.cli import app


def page() -> str:
    """Return the page."""
    root: Any = typer.main.get_command(app)
    lines = [
        "# Commands",
        "",
        "Exit codes: 0 fine, 1 a finding or a failed run, 2 wrong usage or configuration.",
        "",
        "```",
        "gate [OPTIONS] COMMAND [ARGUMENTS]",
        "```",
        "",
        *_options(root),
    ]
    for name, command in sorted(root.commands.items()):
        if not command.hidden:
            lines += ["", *_command(name, command)]
    return "\n".join(lines).rstrip() + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    with typer.Context(command, info_name=f"gate {name}") as context:
        usage = " ".join(command.collect_usage_pieces(context))
    yield from (f"## gate {name}", "", "```", f"gate {name} {usage}".rstrip(), "```", "")
    yield from (line.strip() for line in (command.help or "").strip().splitlines())
    if options := list(_options(command)):
        yield from ("", *options)


def _options(command: Any) -> Iterator[str]:
    rows = []
    for one in command.params:
        about = (getattr(one, "help", None) or "").replace("|", "\\|")
        if one.name == "help" or not about:
            continue
        shown = ", ".join(f"`{word}`" for word in one.opts + one.secondary_opts)
        rows.append(
            f"| {shown if one.param_type_name == 'option' else f'`{one.name.upper()}`'} | {about} |"
        )
    if rows:
        yield from ("| | |", "|---|---|", *rows)
