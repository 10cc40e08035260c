"""Configurations in one folder, whose states must be apart.

A state is named after its stack, so that a file can be renamed and an output folder deleted. Two
files that build a stack of one name would have one state, and each would destroy what the other has
made.
"""

from pathlib import Path

from athena_gate.modules.findings import Mistake
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import Configuration, load
from athena_gate.stacks.places import earlier


def shared_states(configuration: Configuration) -> list[Mistake]:
    """Return a mistake for each block of ``configuration`` whose state is that of a block in a file
    beside it. Of two files one is at fault: gate.hcl never, else the one that comes later by its
    name."""
    backend = configuration.backend
    mistakes = []
    for file in earlier(Path(configuration.file)):
        try:
            other = load(file, configuration.environment)
        except ConfigurationError:
            continue
        taken = {other.backend.place(block.stack): block for block in other.blocks}
        for block in configuration.blocks:
            place = backend.place(block.stack)
            if place in taken:
                problem = (
                    f"its state is {place}, which is that of {taken[place].title} in {file.name}, "
                    "so that each would destroy what the other has made; choose another name, or "
                    "give this file a folder of its own"
                )
                mistakes.append(Mistake(block.line, block.title, "", problem, "GATE409"))
    return mistakes
