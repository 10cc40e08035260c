"""What the texts of all commands are made of: lines of 80 columns, and numbers with their nouns."""

from athena_gate.modules.files import visible
from athena_gate.modules.terminal import folded


def counted(number: int, word: str) -> str:
    """Return a number with its noun: ``2 blocks``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def wrapped(text: str, first: int = 0, rest: int = 0) -> list[str]:
    """Return ``text``, which may come from outside, as lines of a terminal: the first indented by
    ``first`` columns, those after it by ``rest``. What is longer than a line stays whole."""
    return folded(visible(text, None), first, rest)
