"""What a proof says of one claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["need", "never", "resource", "check"]
Answer = Literal["holds", "holds if", "fails"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a claim does not hold: a request that shows it, where there is one, and the statements
    (as ``address`` or ``address Sid``) that make it so."""

    reason: str
    caller: str = ""
    action: str = ""
    resource: str = ""
    context: Mapping[str, tuple[str, ...]] | None = None
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """A claim and whether it holds; ``of`` is whom or what it speaks of. ``conditions`` are what
    must be so outside of the stack for it to hold, each as it follows "if"."""

    kind: Kind
    name: str
    says: str
    of: str
    failures: tuple[Failure, ...]
    conditions: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Return whether it holds, on its ``conditions`` where it has some."""
        return not self.failures

    @property
    def answer(self) -> Answer:
        """Return which of the three it is."""
        if self.failures:
            return "fails"
        return "holds if" if self.conditions else "holds"
