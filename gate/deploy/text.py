"""What came of the stacks in a terminal."""

from collections.abc import Sequence

from athena_gate.gate.deploy import Outcome
from athena_gate.gate.deploy.changes import Action, Changes
from athena_gate.gate.text import counted
from athena_gate.modules.command_line import to_run

# As Terraform marks them.
_MARKS: dict[Action, str] = {
    "add": "+",
    "change": "~",
    "replace": "-/+",
    "destroy": "-",
    "import": "<-",
    "forget": ".",
}


def summary(outcomes: Sequence[Outcome], *, every: bool = False) -> str:
    """Return a line for each of ``outcomes``, and one for each resource that is not simply added;
    with ``every``, for those as well."""
    width = max((len(one.stack) for one in outcomes), default=0)
    lines = []
    for one in outcomes:
        what = words(one.changes) if one.state == "planned" and one.changes else one.state
        lines.append(f"{one.stack:<{width}}  {what}")
        for action, address in one.changes.resources if one.changes else ():
            if one.state == "planned" and (every or action != "add"):
                lines.append(f"  {_MARKS[action]:>3} {address}")
    return "\n".join(lines)


def words(changes: Changes) -> str:
    """Return what a plan changes, in words."""
    said = [
        f"{number} to {what}"
        for number, what in (
            (changes.add, "add"),
            (changes.change, "change"),
            (changes.destroy, "destroy"),
        )
        if number
    ]
    others = [f"{_MARKS[a]} {n}" for a, n in changes.resources if a in ("import", "forget")]
    return ", ".join(said) or ("other changes" if others else "outputs change")


# What AWS and Terraform say of what they did not expect to find (2026-11): EntityAlreadyExists,
# BucketAlreadyOwnedByYou, "WorkGroup is already created"; LimitExceeded of a third access key.
_LEFT = ("already", "limitexceeded", "error acquiring the state lock", "errored.tfstate")


def failures(outcomes: Sequence[Outcome]) -> str:
    """Return what Terraform said last of each stack that failed or was interrupted."""
    lines = []
    for one in outcomes:
        if one.state in ("failed", "interrupted"):
            # With changes it was being applied.
            part = (
                f"; {to_run(f'plan {one.stack}')} shows what is left to do" if one.changes else ""
            )
            lines.append(f"{one.stack}: {one.state}; its log: {one.log}{part}")
            lines += [f"  {line}" for line in one.said]
            if any(sign in line.lower() for line in one.said for sign in _LEFT):
                lines.append(
                    f"  what a run that was cut short has left: {to_run(f'recover {one.stack}')}"
                )
    return "\n".join(lines)


def total(outcomes: Sequence[Outcome]) -> str:
    """Return what the plans of ``outcomes`` change together: ``16 to add in 2 stacks``."""
    planned = [one.changes for one in outcomes if one.state == "planned" and one.changes]
    whole = Changes(
        sum(one.add for one in planned),
        sum(one.change for one in planned),
        sum(one.destroy for one in planned),
    )
    return f"{words(whole)} in {counted(len(planned), 'stack')}"
