"""The failures of proofs as SARIF."""

from collections.abc import Mapping, Sequence
from typing import Any

from athena_gate.gate.prove import Proof
from athena_gate.gate.sarif import log, place
from athena_gate.modules.findings import file_of
from athena_gate.modules.iam.result import Failure, Result


def as_sarif(proofs: Sequence[Proof], configuration: str) -> dict[str, Any]:
    """Return the failures as SARIF; ``configuration`` is the path of gate.hcl."""
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
    return log(rules.values(), found)


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
    configuration = file_of(proof.line or 1) or configuration
    uri = configuration if proof.line else proof.file
    location = place(uri, proof.line or 1)
    if failure.by:
        addresses = dict.fromkeys(place.split(" ")[0] for place in failure.by)
        location["logicalLocations"] = [
            {"fullyQualifiedName": address, "kind": "resource"} for address in addresses
        ]
    return location
