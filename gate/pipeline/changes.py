"""What a plan would change, and a digest of it that an approval can hold on to.

    python3 -m gate.pipeline.changes ENTRY PLAN.json PLAN.txt     # to be reviewed
    python3 -m gate.pipeline.changes --approved DIGEST PLAN.json  # before it is applied

A plan file may hold secrets, so none is kept between review and apply: the apply plans again and
goes on only when that plan would do the same to the same.
PLAN.json is what `terraform show -json` prints of a plan:
https://developer.hashicorp.com/terraform/internals/json-format (2026-11). PLAN.txt is what
`terraform plan` printed, or `terraform show`.
"""

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_NOTHING = (["no-op"], ["read"])
# What a change is made of; neither names nor order of anything else in a plan matter.
_MATTERS = ("address", "previous_address", "deposed", "change")
_PROGRESS = re.compile(
    r"^\S+: (Refreshing state|Reading|Still reading|Read complete).*\n|^\u2500+\n(.*\n)*",
    re.MULTILINE,
)


def changes(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return ``{"address", "actions"}`` of all that ``plan`` would change, by address; outputs
    are called ``output.NAME``. ``actions`` are Terraform's, as in ``["delete", "create"]``."""
    found = [
        {"address": one["address"], "actions": one["change"]["actions"]} for one in _changed(plan)
    ]
    return sorted(found, key=lambda one: one["address"])


def digest(plan: Mapping[str, Any]) -> str:
    """Return a SHA-256 over the changes with all their values, the same for equal changes."""
    matters = [{key: one[key] for key in _MATTERS if key in one} for one in _changed(plan)]
    text = json.dumps(sorted(matters, key=lambda one: one["address"]), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def shown(printed: str) -> str:
    """Return the plan in what Terraform ``printed``, without its progress and its last hint."""
    return _PROGRESS.sub("", printed).strip()


def _changed(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    resources = plan.get("resource_changes", [])
    outputs = [
        {"address": f"output.{name}", "change": change}
        for name, change in plan.get("output_changes", {}).items()
    ]
    return [
        one
        for one in [*resources, *outputs]
        # A resource that only moves in the state has actions ["no-op"] as well.
        if one["change"]["actions"] not in _NOTHING or "previous_address" in one
    ]


def main(arguments: Sequence[str]) -> int:
    """Return 1 when the plan is not the one that was approved; see the module."""
    if arguments[0] != "--approved":
        entry, plan_file, text_file = arguments
        plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
        reviewed = {
            **json.loads(entry),
            "digest": digest(plan),
            "changes": changes(plan),
            "text": shown(Path(text_file).read_text(encoding="utf-8")),
        }
        print(json.dumps(reviewed, indent=2))
        return 0
    _, approved, plan_file = arguments
    plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    if digest(plan) == approved:
        return 0
    print("What would be changed now is not what was approved; nothing was changed.")
    for one in changes(plan) or [{"address": "nothing", "actions": ["no-op"]}]:
        print(f"  {', '.join(one['actions'])}: {one['address']}")
    print("Run the workflow again, and review the new plan.")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
