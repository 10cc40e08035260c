"""What of a stack is applied: its resources that the state has, and those that are not there yet.

A stack whose apply has ended in the middle has outputs and policies that seem complete.
"""

from collections.abc import Collection
from pathlib import Path

from athena_gate.gate.stack.state import local, local_file
from athena_gate.gate.text import counted
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_json

_LARGEST_STATE = 64 * MEBIBYTE


def missing(file: Path, state: Collection[str]) -> list[str]:
    """Return the resources in the stack's JSON ``file`` that are not among the addresses in
    ``state``; none when the state has no resource at all, for then nothing is applied."""
    found = {address.partition("[")[0] for address in state}
    try:
        content = read_json(file, _LARGEST_STATE)
    except Unreadable:
        return []
    resources = content.get("resource", {}) if isinstance(content, dict) else {}
    wanted = [f"{kind}.{name}" for kind, named in resources.items() for name in named]
    left = [address for address in wanted if address not in found]
    return left if len(left) < len(wanted) else []


def in_local_state(file: Path) -> list[str]:
    """Return the addresses of the resources in the local state of the stack's JSON ``file``; none
    when its state is elsewhere."""
    state = local_file(file)
    return [*local(state).resources] if state else []


def half_applied(stack: str, left: Collection[str]) -> str:
    """Return what to say of a stack that lacks the resources ``left``."""
    number = counted(len(left), "resource")
    verb = "is" if len(left) == 1 else "are"
    return (
        f"{stack} is half applied: {number} {verb} not in its state ({_few(left)}); "
        f"{to_run(f'recover {stack}')} says what a run has left, "
        f"{to_run(f'apply {stack}')} makes the rest"
    )


def unfinished(stack: str, tainted: Collection[str]) -> str:
    """Return what to say of a stack whose resources ``tainted`` an apply could not finish: what
    they give is not what the next apply leaves, an access key even less."""
    number = counted(len(tainted), "resource")
    return (
        f"{stack} is half applied: {number} tainted ({_few(tainted)}), which the next apply makes "
        f"anew; {to_run(f'apply {stack}')} first"
    )


def _few(addresses: Collection[str]) -> str:
    more = f" and {len(addresses) - 3} more" if len(addresses) > 3 else ""
    return ", ".join([*addresses][:3]) + more
