"""Messages as a terminal shows them."""

import textwrap
from typing import TextIO

WIDTH = 80


def wrapped(text: str, stream: TextIO) -> str:
    """Return ``text``, of messages with a line each, as it is printed to ``stream``: at a terminal
    what is longer than ``WIDTH`` goes on in lines that are indented. A log keeps a line for each
    message, and so does whatever reads it."""
    if not stream.isatty():
        return text
    return "\n".join(
        "\n".join(
            textwrap.wrap(
                line,
                WIDTH,
                subsequent_indent="  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
        for line in text.split("\n")
    )
