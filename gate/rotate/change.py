"""Writes a step of a rotation into the file that its block's generations stand in."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from athena_gate.gate.editing import edited, write
from athena_gate.gate.rotate import Step
from athena_gate.gate.rotate.edit import NotEdited, added, removed
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable, read_bytes
from athena_gate.modules.findings import file_of
from athena_gate.modules.hcl import SIZE_LIMIT
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks import places, sources
from athena_gate.stacks.configuration import ConfiguredBlock, load


def change(file: Path, block: ConfiguredBlock, step: Step) -> Path:
    """Do what ``step`` says in ``file`` or the file beside it that has the generations of
    ``block``, and return which. Raises ``NotEdited``; then nothing is changed."""
    line = _line(file, block, places.named(os.environ))
    place = Path(file_of(line) or file)
    edit = added if step.do == "add" else removed
    try:
        before = read_bytes(place, SIZE_LIMIT)
        after = edited(before, lambda text: edit(text, line, step.generation))
    except (Unreadable, UnicodeDecodeError) as error:
        raise NotEdited(f"{place} cannot be read: {error}") from None
    write(place, after)
    old = block.settings.keys.generations
    wanted = {*old, step.generation} if step.do == "add" else {*old} - {step.generation}
    try:
        now = next(b for b in load(file).blocks if b.stack == block.stack)
        kept = set(now.settings.keys.generations) == wanted
    except ConfigurationError:
        kept = False
    if not kept:
        write(place, before)
        raise NotEdited(f"{place}:{line}: change generations by hand: {step.says}")
    return place


def shared(file: Path, block: ConfiguredBlock, step: Step) -> Step:
    """Return ``step``, or what is to be done instead, where the generations of ``block`` are those
    of other environments too: a new one is new in each, with its next apply, and what the vendor
    uses there nobody has asked. Raises ``NotEdited``."""
    here = places.named(os.environ)
    line = _line(file, block, here)
    stands = (file_of(line), line)
    others = []
    for one in ("", *places.environments(file)):
        with suppress(NotEdited):
            theirs = _line(file, block, one)
            if one != here and (file_of(theirs), theirs) == stands:
                others.append(one)
    if not others:
        return step
    place = file_of(line) or file
    names = " and ".join(one or f"{file} without an environment" for one in others)
    mine = f"{places.environment_file(file, here)}" if here else "environments/NAME.hcl"
    if step.do == "add":
        return replace(
            step,
            says=f"{step.says}; {place}:{line} is read by {names} as well, so each makes a new key "
            f"with its next apply; keys {{}} of the block in {mine} would be of one alone",
        )
    asks = [to_run(f"keys {block.stack}", environment=one) for one in others]
    return Step(
        "refused",
        f"{place}:{line} is read by {names} as well, where generation {step.generation} may be in "
        "use",
        (
            *asks,
            f"where nobody uses it either, take {step.generation} out of {place}:{line} by hand",
            f"or write keys {{}} of the block into {mine}, which is of one environment alone",
        ),
    )


def _line(file: Path, block: ConfiguredBlock, environment: str) -> int:
    body, _ = sources.read(file, environment)
    for one in body.blocks:
        if (one.type, one.labels) != (block.kind, (block.name,)):
            continue
        for nested in one.blocks:
            if nested.type == "keys":
                for attribute in nested.attributes:
                    if attribute.name == "generations":
                        return attribute.line
    raise NotEdited(f"{block.title} has no generations that could be changed; change them by hand")
