"""Changing a text file that somebody else has laid out."""

import codecs
import os
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

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


def write(place: Path, content: bytes) -> None:
    """Write ``content`` into the file ``place``, which exists, whole or not at all: what was there
    stays when the disk is full. A link stays one, and so do the file's rights and, as far as may
    be, its owner. The ``OSError`` names ``place``."""
    target = place.resolve()
    made = None
    try:
        descriptor, made = tempfile.mkstemp(dir=target.parent, prefix=".gate-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        was = target.stat()
        if hasattr(os, "chown"):
            # Of root in a container, the file stays that of whoever edits it.
            with suppress(OSError):
                os.chown(made, was.st_uid, was.st_gid)
        Path(made).chmod(was.st_mode)
        Path(made).replace(target)
    except OSError as error:
        if made:
            Path(made).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, os.fspath(place)) from None
