"""`gate synth`: gate.hcl in, Terraform JSON out.

Nothing here imports the engine until there is something to build: a mistake in gate.hcl is told
without starting Node.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from athena_gate.stacks.providers import LOCK, place_lock
from athena_gate.stacks.removed import set_aside

# Every command imports this package, and the parser and pydantic take 0.3 s.
if TYPE_CHECKING:
    from athena_gate.stacks.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What a synth left: the folder it wrote, the names of the stacks in it, and the folders of
    stacks that are not built any more, kept for their destroy."""

    output: Path
    stacks: tuple[str, ...]
    kept: tuple[Path, ...]


def synthesize(configuration: "Configuration", output: Path) -> Synthesis:
    """Write the stacks of ``configuration`` into the folder ``output``.

    Raises ``Unreadable`` when the lock of the provider cannot be read.
    """
    from athena_gate.stacks.stack import synthesize as written

    written(configuration, output)
    place_lock(LOCK, [output / "stacks" / stack for stack in configuration.stacks])
    kept = set_aside(output, configuration.stacks, configuration.ejected)
    return Synthesis(output, tuple(configuration.stacks), tuple(kept))
