"""What a run has left as JSON."""

from dataclasses import asdict
from typing import Any

from athena_gate.gate.recover import Recovery
from athena_gate.gate.recover.mending import Mended


def as_json(found: Recovery, mended: Mended | None = None) -> dict[str, Any]:
    """Return ``{"stack", "state", "broken", "backup", "lock", "running", "left": [{"address", "id",
    "verdict", "why"}], "tainted", "keys": [{"id", "user", "made", "used", "active"}], "crowded",
    "leftovers": [{"kind", "name", "empty"}], "unseen", "errored", "stops", "done", "failed",
    "rest"}``; the last three are null where nothing was to be mended."""
    state = found.state
    rest = mended.rest if mended else None
    return {
        "stack": found.stack,
        "state": state.where,
        "broken": state.broken,
        "backup": str(state.backup) if state.backup else None,
        "lock": asdict(state.lock) if state.lock else None,
        "running": found.running,
        "left": [asdict(one) for one in found.left],
        "tainted": list(state.tainted),
        "keys": [asdict(one.key) for one in found.keys],
        "crowded": list(found.crowded),
        "leftovers": [
            {"kind": one.kind, "name": one.name, "empty": one.empty} for one in found.leftovers
        ],
        "unseen": list(found.unseen),
        "errored": str(found.errored) if found.errored else None,
        "stops": found.stops,
        "done": list(mended.done) if mended else None,
        "failed": mended.failed if mended else None,
        "rest": {"add": rest.add, "change": rest.change, "destroy": rest.destroy} if rest else None,
    }
