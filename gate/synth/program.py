"""`gate synth` as a program: what cdktf runs, and main.py of a clone."""

import gc
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from athena_gate.gate.quoting import shell
from athena_gate.gate.synth.output import DEFAULT_OUTPUT, Shared, output_folder
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable, visible_lines
from athena_gate.modules.terminal import wrapped
from athena_gate.stacks.places import named

if TYPE_CHECKING:
    from athena_gate.gate.synth import Synthesis

# stacks.configuration has the same word; importing it would cost every command its speed.
DEFAULT_FILE = "gate.hcl"


def main(file: Path | None = None) -> int:
    """Synthesize every stack of ``file``, or of what ``GATE_FILE`` names, or of gate.hcl, in the
    environment that ``GATE_ENV`` names. Return 2 when it has mistakes, which go to standard
    error."""
    from athena_gate.gate.synth import OutputOfAnother, unchanged

    file = file or Path(os.environ.get("GATE_FILE") or DEFAULT_FILE)
    output = Path(DEFAULT_OUTPUT)
    try:
        output = output_folder(os.environ)
        synthesis = unchanged(output, file, named(os.environ)) or _synthesized(file, output)
    except (OutputOfAnother, Shared, Unreadable) as error:
        _tell(str(error))
        return 2
    except OSError as error:
        place, variable = Path(error.filename or output), "CDKTF_OUTDIR"
        if not place.resolve().is_relative_to(output.resolve()):
            variable = "TMPDIR" if place == Path(tempfile.gettempdir()) else ""
        other = f"; name another folder with {variable}" if variable else ""
        _tell(f"{place}: {error.strerror}{other}. What was synthesized before stays as it was")
        return 2
    if synthesis is None:
        return 2
    against = f"check --against {shell([os.path.relpath(output)])}"
    for kept in synthesis.kept:
        _tell(
            f"{kept.name} is not in {file} any more; {os.path.relpath(kept)} keeps "
            f"what destroys it: {to_run(against, environment=named(os.environ))}"
        )
    return 0


def _synthesized(file: Path, output: Path) -> "Synthesis | None":
    from athena_gate.gate.synth import engine_ahead, synthesize

    # Little of what is made here is garbage before the end, and to look for it takes a fifth of the
    # processor time in Python (measured 2026-11).
    gc.disable()
    engine_ahead()
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks.configuration import load
    from athena_gate.stacks.neighbours import neighbours, shared_states

    try:
        configuration = load(file)
        if mistakes := shared_states(configuration, neighbours(configuration)):
            raise ConfigurationError(str(file), mistakes)
        return synthesize(configuration, output)
    except ConfigurationError as error:
        _tell(str(error))
        return None
    finally:
        gc.enable()


def _tell(text: str) -> None:
    print(wrapped(visible_lines(text), sys.stderr), file=sys.stderr)
