"""Proofs in a terminal."""

from collections.abc import Iterator, Mapping, Sequence

from athena_gate.gate.prove import Proof
from athena_gate.gate.text import counted, wrapped
from athena_gate.modules.command_line import to_run
from athena_gate.modules.iam.result import Answer, Failure, Result

_MOST_FAILURES = 3


def as_text(proofs: Sequence[Proof], tick: str, cross: str, dash: str) -> str:
    """Return a line for each claim, and below one that does not hold, why, and one that holds on
    conditions, on which; the three signs are for claims that hold, do not, and hold if."""
    lines: list[str] = []
    signs: dict[Answer, str] = {"holds": tick, "fails": cross, "holds if": dash}
    for proof in proofs:
        lines += [*_proof(proof, signs), ""]
    results = [result for proof in proofs for result in proof.results]
    failed = sum(not result.holds for result in results)
    conditional = sum(result.answer == "holds if" for result in results)
    stacks = counted(len(proofs), "stack")
    claims = f"{len(results)} claims"
    if proofs and all(proof.checks_only for proof in proofs):
        claims = f"{len(results)} checks (no claims: --checks-only)"
    if failed:
        verb = "does" if failed == 1 else "do"
        lines.append(f"{cross} {stacks}: {failed} of {claims} {verb} not hold")
    elif conditional:
        lines.append(
            f"{tick} {stacks}: all {claims} hold, {conditional} of them if others do their part "
            f"({to_run('todo')})"
        )
    else:
        lines.append(f"{tick} {stacks}: all {claims} hold")
    return "\n".join(lines)


def _proof(proof: Proof, signs: Mapping[Answer, str]) -> Iterator[str]:
    yield from wrapped(f"{proof.stack} ({proof.block or proof.file})", 0, 2)
    groups: dict[str, list[Result]] = {}
    for result in proof.results:
        groups.setdefault(_group(result), []).append(result)
    conditions = _conditions(proof)
    for title, results in groups.items():
        yield from wrapped(title, 2, 4)
        for result in results:
            rests_on = [str(conditions[one]) for one in result.conditions if result.holds]
            on_them = f", if {' and '.join(rests_on)}" if rests_on else ""
            yield from wrapped(f"{signs[result.answer]} {result.says}{on_them}", 4, 6)
            yield from _failures(result)
    if conditions:
        yield from wrapped(f"holds if ({to_run(f'todo {proof.stack}')})", 2, 4)
        for condition, number in conditions.items():
            yield from wrapped(f"{number} {condition}", 4, 6)
    for note in proof.notes:
        yield from wrapped(f"note: {note}", 2, 4)


def _group(result: Result) -> str:
    if result.kind == "check":
        return "checks"
    if result.kind == "resource":
        return "what it consists of"
    return f"{result.of}: {'needs' if result.kind == 'need' else 'never'}"


def _conditions(proof: Proof) -> dict[str, int]:
    """Return what must be so for claims to hold, each once with its number."""
    found = (one for result in proof.results if result.holds for one in result.conditions)
    return {one: number for number, one in enumerate(dict.fromkeys(found), 1)}


def _failures(result: Result) -> Iterator[str]:
    """Yield the lines of why ``result`` does not hold: calls that are refused for the same reason
    together, and no more than a few requests that should be."""
    if result.kind == "need":
        reasons: dict[str, list[Failure]] = {}
        for failure in result.failures:
            reasons.setdefault(failure.reason, []).append(failure)
        for reason, failures in reasons.items():
            actions = dict.fromkeys(failure.action for failure in failures if failure.action)
            yield from wrapped(f"{', '.join(actions)} {reason}".strip(), 8, 10)
            resources = [*dict.fromkeys(f.resource for f in failures if f.resource)]
            if resources:
                more = f" and {len(resources) - 1} more" if len(resources) > 1 else ""
                yield from wrapped(f"on {resources[0]}{more}", 8, 10)
        return
    for failure in result.failures[:_MOST_FAILURES]:
        yield from _failure(failure)
    if len(result.failures) > _MOST_FAILURES:
        yield f"        and {len(result.failures) - _MOST_FAILURES} more"


def _failure(failure: Failure) -> Iterator[str]:
    if failure.caller:
        yield from wrapped(f"{failure.action} {failure.reason}", 8, 10)
        yield from wrapped(f"on {failure.resource}", 10, 12)
        yield from wrapped(f"for {failure.caller}", 10, 12)
        for key, values in (failure.context or {}).items():
            yield from wrapped(f"with {key} = {', '.join(values)}", 10, 12)
    else:
        yield from wrapped(failure.reason, 8, 10)
    if not failure.reason.startswith("not provable"):
        for place in failure.by:
            # Of a part of the stack, the reason begins with it.
            if not failure.reason.startswith(place):
                yield from wrapped(f"by {place}", 10, 12)
