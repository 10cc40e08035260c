"""What stands and what is to be done in a terminal."""

from collections.abc import Iterator
from pathlib import Path

from athena_gate.gate.adopt import Adoption
from athena_gate.gate.quoting import shell
from athena_gate.gate.recover.account import AccessKey
from athena_gate.gate.text import wrapped
from athena_gate.modules.command_line import to_run


def as_text(found: Adoption) -> list[str]:
    """Return what stands of a block that adopts, and what adopting it changes."""
    rows = [
        *(("import", one.id) for one in found.imports if not found.stops),
        *(("stays", _key(one)) for one in found.unmanaged),
        *(("old", one) for one in old(found)),
        *(("note", one) for one in found.notes),
        *(("stop", one) for one in found.stops),
    ]
    return [found.title, *(line for row in rows for line in _row(*row))]


def old(found: Adoption) -> list[str]:
    """Return what was attached by hand, in words."""
    return [
        *found.old.attached,
        *(f"the inline policy {name}" for name in found.old.inline),
        *(f"the group {name}" for name in found.old.groups),
    ]


def _row(sign: str, text: str) -> list[str]:
    return wrapped(f"{sign:<7} {text}", 2, 10)


def _key(key: AccessKey) -> str:
    used = f"last used {key.used}" if key.used else "never used"
    return f"{key.id}, {'active' if key.active else 'inactive'}, made {key.made}, {used}"


def next_steps(found: Adoption, name: str) -> Iterator[str]:
    """Yield what is left to do once the block ``name`` has adopted."""
    sheet = to_run(shell(["sheet", name]))
    if not found.narrow:
        yield from _row(
            "next",
            f"what was attached by hand still is: set up whoever uses it as {sheet} says, then run",
        )
        yield f"          {to_run(shell(['adopt', name, '--detach']))}"
    for key in found.unmanaged:
        yield from _row(
            "next",
            f"the access key {key.id} goes on working and is in no state: hand over the block's "
            f"own ({sheet}), then run",
        )
        words = ["aws", "iam", "delete-access-key", "--user-name", key.user]
        yield f"          {shell([*words, '--access-key-id', key.id])}"


def imports_by_hand(found: Adoption, folder: Path) -> Iterator[str]:
    """Yield what is to be run where the state is in HCP Terraform."""
    yield from _row("next", "import what stands, and deploy as ever; then run what is last")
    for one in found.imports:
        words = ["terraform", f"-chdir={folder}", "import", one.address, one.id]
        yield f"          {shell(words)}"
    yield f"          {to_run(shell(['adopt', found.stack, '--detach']))}"
