"""Proofs as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from athena_gate.gate.prove import Proof


def as_json(proofs: Sequence[Proof]) -> dict[str, Any]:
    """Return ``{"holds": bool, "proofs": [...]}``, JSON-ready: the fields of ``Proof`` with
    ``holds`` added to it and to each result, and to each result its ``answer``."""
    return {
        "holds": all(proof.holds for proof in proofs),
        "proofs": [
            {
                **asdict(proof),
                "holds": proof.holds,
                "results": [
                    {**asdict(result), "holds": result.holds, "answer": result.answer}
                    for result in proof.results
                ],
            }
            for proof in proofs
        ],
    }
