"""What cdktf runs: gate.hcl in, Terraform JSON out."""

import os
import sys
from pathlib import Path

from stacks.configuration import DEFAULT_FILE, ConfigurationError, load


def main() -> int:
    """Synthesize every stack; return 2 when gate.hcl has mistakes, which go to standard error."""
    try:
        configuration = load(Path(os.environ.get("GATE_FILE", DEFAULT_FILE)))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    # Imported late: a mistake in gate.hcl is told without starting Node.
    from modules.bindings import App
    from stacks.stack import build

    app = App()
    build(configuration, app)
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
