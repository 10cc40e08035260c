"""Messages as a terminal shows them."""

import textwrap
from typing import TextIO

WIDTH = 80


def folded(text: str, first: int = 0, rest: int = 0) -> list[str]:
    """Return ``text`` as lines of ``WIDTH`` columns: the first indented by ``first`` columns, those
    after it by ``rest``. A word that is longer than a line stays whole."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * first,
        subsequent_indent=" " * rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def wrapped(text: str, stream: TextIO) -> str:
    """Return ``text``, of messages with a line each, as it is printed to ``stream``: at a terminal
    what is longer than ``WIDTH`` goes on in lines that are indented. A log keeps a line for each
    message, and so does whatever reads it."""
    if not stream.isatty():
        return text
    return "\n".join("\n".join(folded(line, rest=2)) for line in text.split("\n"))
