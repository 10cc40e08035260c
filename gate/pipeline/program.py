"""How the programs of a pipeline end when something is wrong."""

import sys
from collections.abc import Callable, Sequence

from athena_gate.modules.files import Unreadable


class Usage(Exception):
    """The arguments are not those the program takes."""


def run(main: Callable[[Sequence[str]], int], usage: str | None) -> int:
    """Return what ``main`` returns of the command line; 2 and a sentence for arguments or a file
    that it cannot use."""
    try:
        return main(sys.argv[1:])
    except Unreadable as error:
        print(error, file=sys.stderr)
    except Usage:
        print(usage, file=sys.stderr)
    return 2
