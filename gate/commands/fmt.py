"""The command `gate fmt`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from athena_gate.gate.console import fail, say, tell


def fmt(
    context: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Files to format, or - for standard input; without any, gate.hcl."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; end with 1 when something would be.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; print the differences.")
    ] = False,
) -> None:
    """Write gate.hcl as terraform fmt would, and print the names of files that changed.

    Exit code 0 when that was done, 1 with --check when it is to be, 2 for a file with mistakes.
    """
    import difflib

    from athena_gate.gate.editing import edited, write
    from athena_gate.gate.fmt import formatted
    from athena_gate.gate.project import from_here
    from athena_gate.modules.files import Unreadable, read_bytes, read_text, visible
    from athena_gate.modules.hcl import SIZE_LIMIT, parse
    from athena_gate.modules.reading import as_lines

    changed = False
    for name in files or [str(context.obj)]:
        file = from_here(Path(name)) if files else Path(name)
        try:
            text = sys.stdin.read() if name == "-" else read_text(file, SIZE_LIMIT)
        except Unreadable as error:
            fail(2, str(error))
        if mistakes := sorted(parse(text)[1]):
            tell("\n".join(as_lines(name, mistakes)), sys.stderr)
            fail(2, f"{visible(name)} has mistakes and stays as it is")
        result = formatted(text)
        changed |= result != text
        if diff:
            before, after = text.splitlines(), result.splitlines()
            for line in difflib.unified_diff(
                before, after, f"old/{name}", f"new/{name}", lineterm=""
            ):
                say(line)
        elif name == "-" and not check:
            print(result, end="")
        elif result != text:
            print(visible(name))
            if not check:
                write(file, edited(read_bytes(file, SIZE_LIMIT), formatted))
    raise typer.Exit(1 if check and changed else 0)
