"""`gate prove`: whether a synthesized stack grants what its integration needs, and nothing that
its claims forbid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from athena_gate.gate.prove import lake_formation
from athena_gate.gate.prove.checks import checks
from athena_gate.gate.stack.consists import consists
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.stack.plan import differences
from athena_gate.modules.command_line import to_synthesize
from athena_gate.modules.iam.proof import prove, unclaimed
from athena_gate.modules.iam.result import Failure, Result
from athena_gate.stacks.backends import Backend
from athena_gate.stacks.configuration import ConfiguredBlock
from athena_gate.stacks.expected import expected


@dataclass(frozen=True, slots=True)
class Proof:
    """The claims on one stack; ``block`` is its title in gate.hcl (``dot "reporting"``) or None
    when it has none. ``notes`` are what a reader should know; with ``checks_only`` there are no
    claims among ``results``."""

    stack: str
    file: str
    block: str | None
    line: int | None
    results: tuple[Result, ...]
    notes: tuple[str, ...]
    checks_only: bool = False

    @property
    def holds(self) -> bool:
        return all(result.holds for result in self.results)


def prove_stack(stack: Stack, block: ConfiguredBlock, backend: Backend) -> Proof:
    """Return what holds of ``stack``: that it is what ``block`` asks for, with its state kept in
    ``backend``, and what it grants."""
    if stack.problems:
        return prove_grants(stack, block)
    parts = consists(stack, expected(block, backend))
    proof = prove_grants(stack, block)
    return replace(proof, results=(*proof.results, *parts))


def prove_grants(stack: Stack, block: ConfiguredBlock) -> Proof:
    """Return what holds of the grants of ``stack`` alone: needs, nevers, and the checks."""
    results, notes = list(checks(stack)), list(_notes(stack))
    if not results[0].holds:
        notes.append(
            "nothing else was proved: a part that is not understood may do anything. Synthesize "
            f"again: {to_synthesize()}; for a stack of somebody else there is "
            "--checks-only"
        )
    else:
        integration = block.integration
        claims = integration.needs(block.settings), integration.never(block.settings)
        nobody = Result(
            "check",
            "claimed",
            "nobody is granted anything unclaimed",
            stack.name,
            unclaimed(stack, *claims),
        )
        lake = lake_formation.proved(stack, integration.lake_formation(block.settings))
        results = [*prove(stack, *claims), *lake, *results, nobody]
    return Proof(stack.name, str(stack.file), block.title, block.line, tuple(results), tuple(notes))


def prove_plan(
    plan: Mapping[str, Any], file: Path, stack: Stack, block: ConfiguredBlock, backend: Backend
) -> Proof:
    """Return what holds of ``plan``, which stands in ``file``: that it is ``stack``, what was
    synthesized of ``block``, and what holds of that."""
    proof = prove_stack(stack, block, backend)
    parts = [result for result in proof.results if result.kind == "resource"]
    unsound = Failure("the stack it came from is not what its block asks for")
    failures: tuple[Failure, ...] = (unsound,)
    # A list of what a plan may consist of can be made of a sound stack only.
    if parts and all(result.holds for result in parts):
        failures = tuple(
            Failure(one.says, by=(one.address,) if one.address else ())
            for one in differences(plan, stack.content)
        )
    says = "the plan is the stack that was synthesized, and changes nothing else"
    result = Result("check", "plan-is-stack", says, stack.name, failures)
    return replace(proof, file=str(file), results=(result, *proof.results))


def prove_unclaimed(stack: Stack) -> Proof:
    """Return that nothing is proved of ``stack``, which no block of gate.hcl asks for."""
    reason = (
        f"gate.hcl has no block whose stack is {stack.name!r}, so there is nothing to prove; give "
        "the gate.hcl it is of with --file, or --checks-only for a stack of somebody else"
    )
    return no_claims(stack.name, str(stack.file), reason)


def prove_removed(stack: Stack) -> Proof:
    """Return whether ``stack``, kept of a block that is gone so that it can be destroyed, is
    understood: what Terraform would do with it, it does with credentials too."""
    note = "its block is gone; only that it is understood is proved, so that destroying it is safe"
    understood = next(iter(checks(stack)))
    return Proof(stack.name, str(stack.file), None, None, (understood,), (note,))


def prove_missing(block: ConfiguredBlock, folder: str) -> Proof:
    """Return that nothing is proved of ``block``, whose stack is not in ``folder``."""
    reason = f"{folder} has no stack of it; run: {to_synthesize()}"
    proof = no_claims(block.stack, folder, reason)
    return replace(proof, block=block.title, line=block.line)


def no_claims(name: str, file: str, reason: str) -> Proof:
    """Return that nothing is proved of the stack ``name`` in ``file``, and why."""
    result = Result("check", "has-claims", "its claims were proved", name, (Failure(reason),))
    return Proof(name, file, None, None, (result,), ())


def check_only(stack: Stack) -> Proof:
    """Return whether AWS would take the policies of ``stack`` as far as it is understood, and
    nothing else; ``notes`` say what is not understood."""
    understood = replace(stack, problems=())
    notes = [f"not looked at: {one.address}: {one.text}" for one in stack.problems]
    return Proof(
        stack.name,
        str(stack.file),
        None,
        None,
        tuple(checks(understood)),
        (*_notes(stack), *notes),
        checks_only=True,
    )


def _notes(stack: Stack) -> Iterator[str]:
    for identity in stack.identities:
        if identity.boundary:
            yield (
                f"{identity.kind} {identity.name}: what the permissions boundary "
                f"{identity.boundary} takes away is not in the stack and not counted"
            )
