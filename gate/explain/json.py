"""Explanations and answers as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from athena_gate.gate.explain import Explained, Explanation, Said


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Return the fields of ``Explanation``, JSON-ready, each rule with its sentence."""

    def explained(one: Explained) -> dict[str, Any]:
        rules = [{**asdict(rule), "sentence": rule.sentence} for rule in one.rules]
        return {**asdict(one), "rules": rules}

    return {
        "stack": explanation.stack,
        "identities": [explained(one) for one in explanation.identities],
        "resources": [explained(one) for one in explanation.resources],
    }


def answers_as_json(said: Sequence[Said]) -> list[dict[str, Any]]:
    """Return the fields of each ``Said``, JSON-ready."""
    return [asdict(one) for one in said]
