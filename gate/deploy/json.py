"""What came of the stacks as JSON."""

from typing import Any

from athena_gate.gate.deploy import Outcome


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return ``{"stack", "state", "add", "change", "destroy", "resources": [{"action",
    "address"}], "said", "log"}``; the numbers are null where there is no plan."""
    changes = outcome.changes
    return {
        "stack": outcome.stack,
        "state": outcome.state,
        "add": changes.add if changes else None,
        "change": changes.change if changes else None,
        "destroy": changes.destroy if changes else None,
        "resources": [
            {"action": action, "address": address}
            for action, address in (changes.resources if changes else ())
        ],
        "said": list(outcome.said),
        "log": str(outcome.log) if outcome.log else None,
    }
