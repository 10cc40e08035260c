"""What a plan changes, from what `terraform plan` prints: `terraform show -json` would load the
provider's schema once more, two seconds of processor time for each stack (measured 2026-11)."""

import re
from dataclasses import dataclass
from typing import Literal

Action = Literal["add", "change", "replace", "destroy", "import", "forget"]

# https://github.com/hashicorp/terraform/blob/v1.11.4/internal/command/jsonformat/plan.go
# (resourceChangeComment, 2026-11).
_ACTIONS: dict[str, Action] = {
    "will be created": "add",
    "will be updated in-place": "change",
    "must be replaced": "replace",
    "will be replaced, as requested": "replace",
    "is tainted, so must be replaced": "replace",
    "will be destroyed": "destroy",
    "will be imported": "import",
    "will no longer be managed by Terraform, but will not be destroyed": "forget",
}
_RESOURCE = re.compile(
    rf"^  # (?P<address>\S+) (?P<what>{'|'.join(map(re.escape, _ACTIONS))})", re.MULTILINE
)
_PLAN = re.compile(r"^Plan: (?P<counts>.+?)\.$", re.MULTILINE)
_COUNT = re.compile(r"(\d+) to (import|add|change|destroy|forget)")


@dataclass(frozen=True, slots=True)
class Changes:
    """How many resources a plan adds, changes and destroys, one that is replaced both added and
    destroyed, and what it does to which, by address."""

    add: int
    change: int
    destroy: int
    resources: tuple[tuple[Action, str], ...] = ()

    @property
    def total(self) -> int:
        """Return how many steps an apply has."""
        return self.add + self.change + self.destroy


NO_CHANGES = Changes(0, 0, 0)


def read_changes(text: str) -> Changes:
    """Return what the plan that ``text`` shows changes; nothing where it changes outputs alone."""
    found = _PLAN.search(text)
    counts = {kind: int(n) for n, kind in _COUNT.findall(found["counts"])} if found else {}
    resources = tuple((_ACTIONS[one["what"]], one["address"]) for one in _RESOURCE.finditer(text))
    return Changes(
        counts.get("add", 0), counts.get("change", 0), counts.get("destroy", 0), resources
    )
