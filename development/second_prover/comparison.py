"""Compares z3's answers with `gate prove`'s: every never-claim of every block of modes.hcl, as it
is and with each change of development/mutants.py."""

import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Protocol

from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam.claims import Never
from athena_gate.modules.iam.proof import prove_never
from athena_gate.stacks.configuration import ConfiguredBlock
from development.mutants import mutants
from development.mutation import synthesize
from development.second_prover.explanations import of_claim
from development.second_prover.prover import Answer, Prover

_PROCESSES = 2
_WORK: list[tuple[ConfiguredBlock, Stack, int]] = []


@dataclass(frozen=True, slots=True)
class Difference:
    """A claim on which the provers differ, in a stack as it is or (``change``) as it was changed;
    ``reason`` is the explanation that is known of it, if any."""

    block: str
    change: str
    claim: str
    gate_holds: bool
    z3: Answer
    example: str
    reason: str | None

    def __str__(self) -> str:
        gate = "proved" if self.gate_holds else "not proved"
        return (
            f"{self.block}, {self.change}, {self.claim}: the gate says {gate}, z3 {self.z3}"
            f"{self.example and f' ({self.example})'}"
        )


@dataclass(slots=True)
class Outcome:
    """How many claims were asked of both, how many of them the provers agreed on, and where they
    differ. ``unchanged`` are claims on policies that a change does not touch, asked once."""

    asked: int = 0
    unchanged: int = 0
    held: int = 0
    broken: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Add what ``other`` counted."""
        self.asked += other.asked
        self.unchanged += other.unchanged
        self.held += other.held
        self.broken += other.broken
        self.differences += other.differences

    @property
    def agreed(self) -> int:
        """Return on how many the provers agree."""
        return self.held + self.broken

    @property
    def unexplained(self) -> list[Difference]:
        """Return the differences of which no explanation is known."""
        return [one for one in self.differences if one.reason is None]

    @property
    def reasons(self) -> Counter[str]:
        """Return how many differences each explanation explains."""
        return Counter(one.reason for one in self.differences if one.reason is not None)


class _Told(Protocol):
    def __call__(self, done: int, of: int) -> None: ...


def compared(every: int = 1, told: _Told | None = None) -> dict[str, Outcome]:
    """Return the outcome for each block of modes.hcl, with one in ``every`` of its changes.

    Synthesizes modes.hcl, which starts Node. ``told`` is called with the number of blocks done.
    """
    with tempfile.TemporaryDirectory() as folder:
        blocks = synthesize(Path(folder))
    # The longest first, so that no process waits for the other.
    blocks.sort(key=lambda one: -_size(one[1]))
    # A process has them from its parent: classes made from a vendor's profile cannot be pickled.
    _WORK[:] = [(block, stack, every) for block, stack in blocks]
    found = {}
    with multiprocessing.get_context("fork").Pool(_PROCESSES) as pool:
        places = range(len(_WORK))
        for done, (title, outcome) in enumerate(pool.imap_unordered(_compared, places), 1):
            found[title] = outcome
            if told:
                told(done, len(_WORK))
    return found


def _size(stack: Stack) -> int:
    own = (document for one in stack.identities for document in one.policies)
    opened = (document for one in stack.resource_policies for document in one.documents)
    return sum(len(document.policy.statements) for document in chain(own, opened))


def _compared(place: int) -> tuple[str, Outcome]:
    block, stack, every = _WORK[place]
    return block.title, compare(block, stack, every)


def compare(block: ConfiguredBlock, stack: Stack, every: int, first: int = 0) -> Outcome:
    """Return the outcome for one block: of ``stack`` as it is, and with one in ``every`` of its
    changes from the ``first`` on."""
    outcome, prover = Outcome(), Prover()
    claims = block.integration.never(block.settings)
    cases: Iterable[tuple[str, Stack]] = (
        (mutant.title, mutant.stack)
        for number, mutant in enumerate(mutants(stack))
        if number % every == first % every
    )
    for title, changed in chain([("as it is", stack)], cases):
        touched = _touched(stack, changed)
        for never in claims:
            if changed is not stack and not touched(never):
                outcome.unchanged += 1
                continue
            outcome.asked += 1
            holds = prove_never(changed, never).holds
            answer = prover.prove(changed, never)
            if holds == (answer == "proved"):
                outcome.held += holds
                outcome.broken += not holds
                continue
            example = str(prover.example(changed, never) or "")
            reason = of_claim(changed, never, holds)
            outcome.differences.append(
                Difference(block.title, title, never.name, holds, answer, example, reason)
            )
    return outcome


def _touched(stack: Stack, changed: Stack) -> Callable[[Never], bool]:
    """Return whether a claim speaks of policies that differ between the two."""
    places = stack.resource_policies != changed.resource_policies
    callers = {
        one.arn
        for one, other in zip(stack.identities, changed.identities, strict=True)
        if one.policies != other.policies
    }
    # An identity from elsewhere is known without its path.
    names = {arn.rsplit("/", 1)[-1] for arn in callers}

    def touched(never: Never) -> bool:
        return places or (isinstance(never.of, str) and never.of.rsplit("/", 1)[-1] in names)

    return touched
