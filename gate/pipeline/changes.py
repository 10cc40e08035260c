"""What a plan would change, and a digest of it that an approval can hold on to.

    # to be reviewed
    python3 -m athena_gate.gate.pipeline.changes ENTRY STACK PLAN.json PLAN.txt
    # before it is applied
    python3 -m athena_gate.gate.pipeline.changes --approved DIGEST STACK PLAN.json

A plan file may hold secrets, so none is kept between review and apply: the apply plans again and
goes on only when that plan is of the same stack, whole, and would do the same to the same.
STACK is the folder that `pipeline.examine` has written, in which Terraform planned.
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

from athena_gate.gate.pipeline import examine
from athena_gate.gate.pipeline.program import Usage, run
from athena_gate.modules.files import (
    MEBIBYTE,
    Unreadable,
    parse_json,
    read_json,
    read_text,
    visible,
)

# The plan of a stack has some 200 KB.
PLAN_LIMIT = 16 * MEBIBYTE
# https://developer.hashicorp.com/terraform/internals/json-format#change-representation (2026-11)
_ACTIONS = {"no-op", "create", "read", "update", "delete", "forget"}
_NOTHING = (["no-op"], ["read"])
# What a change is made of; neither names nor order of anything else in a plan matter.
_MATTERS = ("address", "previous_address", "deposed", "change")
_PROGRESS = re.compile(
    r"^\S+: (Refreshing state|Reading|Still reading|Read complete).*\n", re.MULTILINE
)
# The last hint alone: a line of its kind parts what changed outside of Terraform from the plan too:
# https://github.com/hashicorp/terraform/blob/main/internal/command/jsonformat/plan.go (2026-11).
_HINT = re.compile(
    r"^\u2500+\n\n(Saved the plan to: |Note: You didn't use the -out option )(.*\n)*\Z",
    re.MULTILINE,
)


def read_plan(file: Path) -> dict[str, Any]:
    """Return the plan in ``file``; ``{}`` is one that changes nothing. Raises ``Unreadable``."""
    plan = read_json(file, PLAN_LIMIT)
    match plan:
        case dict():
            resources, outputs = plan.get("resource_changes", []), plan.get("output_changes", {})
            if isinstance(resources, list) and isinstance(outputs, dict):
                named = all(isinstance(one, dict) and _is_text(one, "address") for one in resources)
                found = [one.get("change") for one in resources] if named else [None]
                if all(map(_is_change, [*found, *outputs.values()])):
                    return plan
    problem = "is not a plan; allowed: what `terraform show -json PLAN` prints"
    raise Unreadable(str(file), problem)


def _is_text(one: Mapping[str, Any], name: str) -> bool:
    return isinstance(one.get(name), str)


def _is_change(change: object) -> bool:
    actions = change.get("actions") if isinstance(change, dict) else None
    return isinstance(actions, list) and all(
        isinstance(action, str) and action in _ACTIONS for action in actions
    )


def changes(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return ``{"address", "actions"}`` of all that ``plan`` would change, by address; outputs
    are called ``output.NAME``. ``actions`` are Terraform's, as in ``["delete", "create"]``."""
    found = [
        {"address": one["address"], "actions": one["change"]["actions"]} for one in _changed(plan)
    ]
    return sorted(found, key=lambda one: one["address"])


def digest(plan: Mapping[str, Any], stack: str) -> str:
    """Return a SHA-256 over the changes with all their values and ``stack``, the digest of the
    folder: the same for equal changes of equal stacks."""
    matters = [{key: one[key] for key in _MATTERS if key in one} for one in _changed(plan)]
    ordered = sorted(matters, key=lambda one: one["address"])
    text = json.dumps([stack, ordered], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def shown(printed: str) -> str:
    """Return the plan in what Terraform ``printed``, without its progress and its last hint."""
    return _HINT.sub("", _PROGRESS.sub("", printed)).strip()


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
    match arguments:
        case ["--approved", approved, stack, plan_file]:
            return _compare(read_plan(Path(plan_file)), examine.digest(Path(stack)), approved)
        case [entry, stack, plan_file, text_file]:
            plan, folder = read_plan(Path(plan_file)), Path(stack)
            text = shown(read_text(Path(text_file), PLAN_LIMIT))
            reviewed = {
                **_entry(entry),
                "digest": digest(plan, examine.digest(folder)),
                "changes": changes(plan),
                "text": "\n".join([*examine.about(folder), "", text]),
            }
            print(json.dumps(reviewed, indent=2))
            return 0
    raise Usage


def _entry(text: str) -> dict[str, Any]:
    entry = parse_json(text, "ENTRY")
    if isinstance(entry, dict):
        return entry
    raise Unreadable("ENTRY", "is not what gate.pipeline.stacks prints of a stack")


def _compare(plan: Mapping[str, Any], stack: str, approved: str) -> int:
    if digest(plan, stack) == approved:
        return 0
    print("What would be changed now is not what was approved; nothing was changed.")
    for one in changes(plan) or [{"address": "nothing", "actions": ["no-op"]}]:
        print(f"  {', '.join(one['actions'])}: {visible(one['address'])}")
    print("Run the workflow again, and review the new plan.")
    return 1


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
