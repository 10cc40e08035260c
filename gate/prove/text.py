"""How proofs are shown: text for a terminal, JSON, and SARIF 2.1.0 for code scanning."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gate.prove import Proof
from modules.files import visible
from modules.iam.result import Failure, Result

_WIDTH = 80
_MOST_FAILURES = 3


def as_text(proofs: Sequence[Proof], tick: str, cross: str) -> str:
    """Return a line for each claim, and below one that does not hold, why."""
    lines: list[str] = []
    for proof in proofs:
        lines += [*_proof(proof, tick, cross), ""]
    results = [result for proof in proofs for result in proof.results]
    failed = sum(not result.holds for result in results)
    stacks = "1 stack" if len(proofs) == 1 else f"{len(proofs)} stacks"
    claims = f"{len(results)} claims"
    if all(proof.checks_only for proof in proofs):
        claims = f"{len(results)} checks (no claims: --checks-only)"
    if failed:
        verb = "does" if failed == 1 else "do"
        lines.append(f"{cross} {stacks}: {failed} of {claims} {verb} not hold")
    else:
        lines.append(f"{tick} {stacks}: all {claims} hold")
    return "\n".join(lines)


def _proof(proof: Proof, tick: str, cross: str) -> Iterator[str]:
    yield visible(f"{proof.stack} ({proof.block or proof.file})")
    groups: dict[str, list[Result]] = {}
    for result in proof.results:
        groups.setdefault(_group(result), []).append(result)
    for title, results in groups.items():
        yield f"  {visible(title)}"
        for result in results:
            yield from _wrapped(f"{tick if result.holds else cross} {result.says}", 4, 6)
            yield from _failures(result)
    for note in proof.notes:
        yield from _wrapped(f"note: {note}", 2, 4)


def _group(result: Result) -> str:
    if result.kind == "check":
        return "checks"
    if result.kind == "resource":
        return "what it consists of"
    return f"{result.of}: {'needs' if result.kind == 'need' else 'never'}"


def _failures(result: Result) -> Iterator[str]:
    """Yield the lines of why ``result`` does not hold: calls that are refused for the same reason
    together, and no more than a few requests that should be."""
    if result.kind == "need":
        reasons: dict[str, list[Failure]] = {}
        for failure in result.failures:
            reasons.setdefault(failure.reason, []).append(failure)
        for reason, failures in reasons.items():
            actions = dict.fromkeys(failure.action for failure in failures if failure.action)
            yield from _wrapped(f"{', '.join(actions)} {reason}".strip(), 8, 10)
            resources = [*dict.fromkeys(f.resource for f in failures if f.resource)]
            if resources:
                more = f" and {len(resources) - 1} more" if len(resources) > 1 else ""
                yield from _wrapped(f"on {resources[0]}{more}", 8, 10)
        return
    for failure in result.failures[:_MOST_FAILURES]:
        yield from _failure(failure)
    if len(result.failures) > _MOST_FAILURES:
        yield f"        and {len(result.failures) - _MOST_FAILURES} more"


def _failure(failure: Failure) -> Iterator[str]:
    if failure.caller:
        yield from _wrapped(f"{failure.action} {failure.reason}", 8, 10)
        yield from _wrapped(f"on {failure.resource}", 10, 12)
        yield from _wrapped(f"for {failure.caller}", 10, 12)
        for key, values in (failure.context or {}).items():
            yield from _wrapped(f"with {key} = {', '.join(values)}", 10, 12)
    else:
        yield from _wrapped(failure.reason, 8, 10)
    if not failure.reason.startswith("not provable"):
        for place in failure.by:
            # Of a part of the stack, the reason begins with it.
            if not failure.reason.startswith(place):
                yield from _wrapped(f"by {place}", 10, 12)


def _wrapped(text: str, first: int, rest: int) -> list[str]:
    return textwrap.wrap(
        visible(text, None),
        _WIDTH,
        initial_indent=" " * first,
        subsequent_indent=" " * rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_json(proofs: Sequence[Proof]) -> dict[str, Any]:
    """Return ``{"holds": bool, "proofs": [...]}``, JSON-ready: the fields of ``Proof`` with
    ``holds`` added to it and to each result."""
    return {
        "holds": all(proof.holds for proof in proofs),
        "proofs": [
            {
                **asdict(proof),
                "holds": proof.holds,
                "results": [{**asdict(result), "holds": result.holds} for result in proof.results],
            }
            for proof in proofs
        ],
    }


def as_sarif(proofs: Sequence[Proof], configuration: str) -> dict[str, Any]:
    """Return the failures as SARIF; ``configuration`` is the path of gate.hcl.

    https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html (2020-03).
    """
    rules: dict[str, dict[str, Any]] = {}
    found = []
    for proof in proofs:
        for result in proof.results:
            rule = f"{result.kind}/{result.name}"
            rules.setdefault(rule, {"id": rule, "shortDescription": {"text": _sentence(result)}})
            found += [
                {
                    "ruleId": rule,
                    "level": "error",
                    "message": {"text": _message(proof, result, failure)},
                    "locations": [_location(proof, failure, configuration)],
                }
                for failure in result.failures
            ]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "athena-gate",
                        "version": version("athena-gate"),
                        "rules": list(rules.values()),
                    }
                },
                "results": found,
            }
        ],
    }


def _sentence(result: Result) -> str:
    return f"{'It can' if result.kind == 'need' else 'Claimed:'} {result.says}."


def _message(proof: Proof, result: Result, failure: Failure) -> str:
    parts = [f"{proof.stack}: {result.says} ({result.of}): "]
    if failure.caller:
        parts.append(f"{failure.action} on {failure.resource} {failure.reason}")
        parts.append(f", for {failure.caller}")
        given: Mapping[str, tuple[str, ...]] = failure.context or {}
        parts += [f", with {key} = {', '.join(values)}" for key, values in given.items()]
    else:
        parts.append(failure.reason)
    if failure.by:
        parts.append(f", by {', '.join(failure.by)}")
    return "".join(parts)


def _location(proof: Proof, failure: Failure, configuration: str) -> dict[str, Any]:
    uri = configuration if proof.line else proof.file
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": Path(uri).as_posix()},
            "region": {"startLine": proof.line or 1},
        }
    }
    if failure.by:
        addresses = dict.fromkeys(place.split(" ")[0] for place in failure.by)
        location["logicalLocations"] = [
            {"fullyQualifiedName": address, "kind": "resource"} for address in addresses
        ]
    return location
