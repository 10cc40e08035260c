"""What stands and what was done as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from athena_gate.gate.adopt import Adoption


def as_json(found: Adoption, state: str, detached: Sequence[str] = ()) -> dict[str, Any]:
    """Return ``found`` and the ``state`` it was left in."""
    identity = found.identity
    return {
        "block": found.title,
        "stack": found.stack,
        "state": state,
        "imports": [asdict(one) for one in found.imports],
        "identity": identity and {"kind": identity.kind, "arn": identity.arn},
        "unmanaged_access_keys": [asdict(key) for key in found.unmanaged],
        "old": asdict(found.old),
        "detached": list(detached),
        "notes": list(found.notes),
        "stops": list(found.stops),
    }
