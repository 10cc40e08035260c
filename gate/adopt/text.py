"""What stands and what is to be done in a terminal."""

from pathlib import Path

from athena_gate.gate.adopt import Adoption
from athena_gate.gate.quoting import shell


def as_text(found: Adoption) -> list[str]:
    """Return what stands of a block that adopts, and what adopting it changes."""
    lines = [found.title]
    lines += [f"  import  {one.id}" for one in found.imports]
    if found.identity is not None:
        lines += [f"  stays   {one}" for one in keys(found)]
        lines += [f"  old     {one}" for one in old(found)]
    lines += [f"  note    {one}" for one in found.notes]
    lines += [f"  stop    {one}" for one in found.stops]
    return lines


def old(found: Adoption) -> list[str]:
    """Return what was attached by hand, in words."""
    return [
        *found.old.attached,
        *(f"the inline policy {name}" for name in found.old.inline),
        *(f"the group {name}" for name in found.old.groups),
    ]


def keys(found: Adoption) -> list[str]:
    """Return the access keys that no state knows, in words."""
    return [
        f"{key.id}, {'active' if key.active else 'inactive'}, made {key.made}, "
        + (f"last used {key.used}" if key.used else "never used")
        for key in found.unmanaged
    ]


def import_commands(found: Adoption, folder: Path) -> list[str]:
    """Return what is to be run where the state is in HCP Terraform."""
    commands = (
        shell(["terraform", f"-chdir={folder}", "import", one.address, one.id])
        for one in found.imports
    )
    return [f"run: {command}" for command in commands] + [
        f"deploy as ever, then run: gate adopt {found.stack} --detach"
    ]


def next_steps(found: Adoption, name: str) -> list[str]:
    """Return what is left to do once the block ``name`` has adopted."""
    lines = []
    if not found.narrow:
        lines.append(
            f"what was attached by hand still is; when whoever uses it is set up as gate sheet "
            f"{name} says, run: gate adopt {name} --detach"
        )
    for key in found.unmanaged:
        lines.append(
            f"the access key {key.id} goes on working and is in no state; once the block's own is "
            f"handed over (gate sheet {name}), run: aws iam delete-access-key --user-name "
            f"{key.user} --access-key-id {key.id}"
        )
    return lines
