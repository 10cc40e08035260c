"""Writes a step of a rotation into the file that its block's generations stand in."""

import os
import tempfile
from pathlib import Path

from athena_gate.gate.rotate import Step
from athena_gate.gate.rotate.edit import NotEdited, added, removed
from athena_gate.modules.files import Unreadable, read_bytes
from athena_gate.modules.findings import file_of
from athena_gate.modules.hcl import SIZE_LIMIT
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks import places, sources
from athena_gate.stacks.configuration import ConfiguredBlock, load


def change(file: Path, block: ConfiguredBlock, step: Step) -> Path:
    """Do what ``step`` says in ``file`` or the file beside it that has the generations of
    ``block``, and return which. Raises ``NotEdited``; then nothing is changed."""
    line = _line(file, block)
    place = Path(file_of(line) or file)
    try:
        before = read_bytes(place, SIZE_LIMIT)
        text = before.decode()
    except (Unreadable, UnicodeDecodeError) as error:
        raise NotEdited(f"{place} cannot be read: {error}") from None
    edit = added if step.do == "add" else removed
    _write(place, edit(text, line, step.generation).encode())
    old = block.settings.keys.generations
    wanted = {*old, step.generation} if step.do == "add" else {*old} - {step.generation}
    try:
        now = next(b for b in load(file).blocks if b.stack == block.stack)
        kept = set(now.settings.keys.generations) == wanted
    except ConfigurationError:
        kept = False
    if not kept:
        _write(place, before)
        raise NotEdited(f"{place}:{line}: change generations by hand: {step.says}")
    return place


def _line(file: Path, block: ConfiguredBlock) -> int:
    body, _ = sources.read(file, places.named(os.environ))
    for one in body.blocks:
        if (one.type, one.labels) != (block.kind, (block.name,)):
            continue
        for nested in one.blocks:
            if nested.type == "keys":
                for attribute in nested.attributes:
                    if attribute.name == "generations":
                        return attribute.line
    raise NotEdited(f"{block.title} has no generations that could be changed; change them by hand")


def _write(place: Path, content: bytes) -> None:
    """Write ``content`` whole or not at all."""
    place = place.resolve()
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".gate-", delete=False) as made:
        made.write(content)
    written = Path(made.name)
    written.chmod(place.stat().st_mode)
    written.replace(place)
