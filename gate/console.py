"""What all commands do: read gate.hcl, find the synth, print, and end with a code.

Each command imports what it needs when it runs, so that `gate check` stays as quick as the check
itself; so does this file.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from athena_gate.gate.text import counted
from athena_gate.modules.files import Unreadable, visible, visible_lines
from athena_gate.modules.terminal import wrapped

if TYPE_CHECKING:
    from athena_gate.stacks.configuration import Configuration, ConfiguredBlock

# Where everything that can be made again is kept.
_BUILD = Path(".gate")
# Beside --output-format, where something prints in more ways than as text and JSON.
AsJson = Annotated[bool, typer.Option("--json", help="The same as --output-format json.")]


def chosen_format(output_format: str | None, as_json: bool) -> str:
    """Return how to print: as text unless one is chosen. Two that differ end the command with code
    2."""
    if as_json and output_format not in (None, "json"):
        fail(2, f"--json and --output-format {output_format} print different things; choose one")
    return "json" if as_json else output_format or "text"


def load(file: Path) -> "Configuration":
    """Return the configuration in ``file``; its mistakes end the command with code 2."""
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks import configuration

    try:
        return configuration.load(file)
    except ConfigurationError as error:
        tell(str(error), sys.stderr)
        fail(2, f"{counted(len(error.mistakes), 'mistake')} in {visible(error.file)}")


def block_called(configuration: "Configuration", name: str) -> "ConfiguredBlock":
    """Return the block that ``name`` names; another name ends the command with code 2."""
    found = [
        block
        for block in configuration.blocks
        if name in (block.name, f"{block.kind}.{block.name}", block.stack)
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{block.kind}.{block.name}" for block in found or configuration.blocks)
    if found:
        fail(2, f"several blocks are called {visible(name)}; allowed: {names}")
    import difflib

    close = difflib.get_close_matches(name[:100], [block.name for block in configuration.blocks], 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return fail(2, f"no block is called {visible(name)}{hint}; allowed: {names}")


def output_folder() -> Path:
    """Return where the stacks are synthesized: CDKTF_OUTDIR, else as cdktf.json says."""
    from athena_gate.gate.synth.output import Shared
    from athena_gate.gate.synth.output import output_folder as found

    try:
        return found(os.environ)
    except (Shared, Unreadable) as error:
        fail(2, str(error))


def terraform_variables() -> dict[str, str]:
    """Return the environment that Terraform is run with; without Terraform, or its provider, the
    command ends with code 2."""
    from athena_gate.gate.terraform import (
        NoProvider,
        NoTerraform,
        require_terraform,
        terraform_environment,
    )

    try:
        require_terraform(os.environ)
        return terraform_environment(_BUILD, os.environ)
    except (NoProvider, NoTerraform) as error:
        fail(2, str(error))


def tick() -> str:
    """Return the mark of what is fine, in what the terminal can show."""
    return "✓" if "utf" in (sys.stdout.encoding or "").lower() else "ok"


def cross() -> str:
    """Return the mark of what is not."""
    return "✗" if "utf" in (sys.stdout.encoding or "").lower() else "no"


def dash() -> str:
    """Return the mark of what is neither."""
    return "\N{EN DASH}" if "utf" in (sys.stdout.encoding or "").lower() else "--"


def say(text: str, stream: TextIO | None = None) -> None:
    """Print ``text``, of one or more lines; what is in it cannot write to the terminal otherwise,
    nor to the log of a pipeline."""
    print(visible_lines(text), file=stream)


def tell(text: str, stream: TextIO) -> None:
    """Print messages, a line each, as ``say`` does, and wrapped at a terminal."""
    print(wrapped(visible_lines(text), stream), file=stream)


def fail(code: int, message: str) -> NoReturn:
    """End the command with ``code`` and say why on standard error."""
    tell(f"gate: {message}", sys.stderr)
    raise typer.Exit(code)
