"""Configurations in one folder, whose states must be apart.

A state is named after its stack, so that a file can be renamed and an output folder deleted. Two
files that build a stack of one name would have one state, and each would destroy what the other has
made.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable, read_text
from athena_gate.modules.findings import Mistake
from athena_gate.modules.hcl import SIZE_LIMIT
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load, outline
from athena_gate.stacks.places import earlier, files

Neighbours = Mapping[Path, Configuration | None]


def neighbours(configuration: Configuration) -> Neighbours:
    """Return the configurations in the files beside that of ``configuration`` which come before it,
    None for one with mistakes."""
    found: dict[Path, Configuration | None] = {}
    for file in earlier(Path(configuration.file)):
        try:
            found[file] = load(file, configuration.environment)
        except ConfigurationError:
            found[file] = None
    return found


def shared_states(configuration: Configuration, others: Neighbours) -> list[Mistake]:
    """Return a mistake for each block of ``configuration`` whose state is that of a block of
    ``others``, its neighbours, or may be, where one has mistakes. Of two files one is at fault:
    gate.hcl never, else the one that comes later by its name."""
    return [
        Mistake(block.line, block.title, "", problem, "GATE409")
        for file, other in others.items()
        for block, problem in _shared(configuration, file, other)
    ]


def _shared(
    configuration: Configuration, file: Path, other: Configuration | None
) -> Iterator[tuple[ConfiguredBlock, str]]:
    if other is not None:
        taken = {other.backend.place(block.stack): block.title for block in other.blocks}
    else:
        backend, _, whole = outline(file, configuration.environment)
        # What the environment alone gives it is that of this configuration: it may be a file of
        # another program.
        titles = outline(file, "")[1]
        if backend is None or not whole:
            yield from _unclear(configuration, file, titles, whole)
            return
        taken = {backend.place(stack): title for stack, title in titles.items()}
    for block in configuration.blocks:
        place = configuration.backend.place(block.stack)
        if place in taken:
            yield (
                block,
                f"its state is {place}, which is that of {taken[place]} in {file.name}, so that "
                "each would destroy what the other has made; choose another name, or give this "
                "file a folder of its own",
            )


def _unclear(
    configuration: Configuration, file: Path, titles: dict[str, str], whole: bool
) -> Iterator[tuple[ConfiguredBlock, str]]:
    """Yield the blocks that ``file`` may have too: by name, and by kind where it is not whole."""
    text = "" if whole else _text(file)
    line = to_run("check", file=shlex.quote(file.name))
    for block in configuration.blocks:
        of_kind = text is None or re.search(rf"(?m)^\s*{re.escape(block.kind)}\b", text)
        if block.stack in titles or of_kind:
            place = configuration.backend.place(block.stack)
            yield (
                block,
                f"whether its state, {place}, is that of a block in {file.name} cannot be told "
                f"before that file reads; mend what {line} says, or give this file a folder of "
                "its own",
            )


def _text(file: Path) -> str | None:
    """Return what ``file`` is read from in any environment, ``None`` where that is unreadable."""
    try:
        return "\n".join(read_text(one, SIZE_LIMIT) for one in files(file, ""))
    except Unreadable:
        return None
