"""What cdktf runs: gate.hcl in, Terraform JSON out."""

import os
import sys
from pathlib import Path

from athena_gate.modules.files import Unreadable
from athena_gate.modules.reading import ConfigurationError
from athena_gate.modules.terminal import wrapped
from athena_gate.stacks.configuration import DEFAULT_FILE, Configuration, load
from athena_gate.stacks.providers import LOCK, place_lock
from athena_gate.stacks.removed import set_aside


def main() -> int:
    """Synthesize every stack; return 2 when gate.hcl has mistakes, which go to standard error."""
    try:
        configuration = load(Path(os.environ.get("GATE_FILE") or DEFAULT_FILE))
    except ConfigurationError as error:
        print(wrapped(str(error), sys.stderr), file=sys.stderr)
        return 2
    try:
        return synthesize(configuration)
    except Unreadable as error:
        print(wrapped(str(error), sys.stderr), file=sys.stderr)
        return 2


def synthesize(configuration: Configuration, outdir: str | None = None) -> int:
    """Write the stacks of ``configuration`` into ``outdir``, or where cdktf says; return 0.

    Raises ``Unreadable`` when the lock of the provider cannot be read.
    """
    # Imported late: a mistake in gate.hcl is told without starting Node.
    from athena_gate.modules.bindings import App
    from athena_gate.stacks.stack import build

    app = App(outdir=outdir)
    build(configuration, app)
    app.synth()
    output = Path(app.outdir)
    place_lock(LOCK, [output / "stacks" / stack for stack in configuration.stacks])
    for kept in set_aside(output, configuration.stacks, configuration.ejected):
        print(
            f"{kept.name} is not in {configuration.file} any more; {os.path.relpath(kept)} keeps "
            f"what destroys it: gate check --against {os.path.relpath(output)}",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
