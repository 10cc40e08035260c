"""Changing a text file that somebody else has laid out."""

import codecs
import re
from collections.abc import Callable

_END = re.compile(r"\r\n|\r|\n")


def edited(content: bytes, edit: Callable[[str], str]) -> bytes:
    """Return ``content``, a text in UTF-8, as ``edit`` makes it, which is given it as
    `athena_gate.modules.files.read_text` returns it. A byte order mark stays, and so does the end
    of each line; a new line ends as the one above it."""
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    text = content.decode("utf-8-sig")
    ends = _END.findall(text) or ["\n"]
    before = _END.split(text)
    after = edit("\n".join(before)).split("\n")
    short = min(len(before), len(after))
    same = next((n for n in range(short) if before[n] != after[n]), short)
    rest = next((n for n in range(short - same) if before[-1 - n] != after[-1 - n]), short - same)
    changed = len(before) - rest
    made = []
    for at, line in enumerate(after[:-1]):
        was = at - len(after) + len(before) if at >= len(after) - rest else min(at, changed - 1)
        made += [line, ends[min(max(was, 0), len(ends) - 1)]]
    return mark + "".join([*made, after[-1]]).encode()
