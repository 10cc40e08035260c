"""`gate synth` as a program: what cdktf runs, and main.py of a clone."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from athena_gate.gate.synth.output import DEFAULT_OUTPUT, Shared, output_folder
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
        _tell(
            f"{error.filename or output}: {error.strerror}; name another folder with CDKTF_OUTDIR"
        )
        return 2
    if synthesis is None:
        return 2
    for kept in synthesis.kept:
        _tell(
            f"{kept.name} is not in {file} any more; {os.path.relpath(kept)} keeps "
            f"what destroys it: gate check --against {os.path.relpath(output)}"
        )
    return 0


def _synthesized(file: Path, output: Path) -> "Synthesis | None":
    from athena_gate.gate.synth import engine_ahead, synthesize

    engine_ahead()
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks.configuration import load

    try:
        configuration = load(file)
    except ConfigurationError as error:
        _tell(str(error))
        return None
    return synthesize(configuration, output)


def _tell(text: str) -> None:
    print(wrapped(visible_lines(text), sys.stderr), file=sys.stderr)
