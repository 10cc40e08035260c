"""What a proof says of one claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["need", "never", "resource", "check"]


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
    """A claim and whether it holds; ``of`` is whom or what it speaks of."""

    kind: Kind
    name: str
    says: str
    of: str
    failures: tuple[Failure, ...]

    @property
    def holds(self) -> bool:
        return not self.failures
