"""`gate todo`: what stands outside of a block's stack and must be so before its access works."""

from collections.abc import Mapping
from dataclasses import dataclass

from athena_gate.modules.account import Account
from athena_gate.modules.iam.todo import ToDo
from athena_gate.stacks.configuration import ConfiguredBlock


@dataclass(frozen=True, slots=True)
class Listed:
    """What others must do for one block: ``todos`` by who must do them, in the words of the list.
    ``stack`` names the block where a name has no spaces."""

    title: str
    vendor: str
    stack: str
    todos: Mapping[str, tuple[ToDo, ...]]


def todo(block: ConfiguredBlock, accounts: Mapping[str, Account]) -> Listed:
    """Return what must be done for ``block``; ``accounts`` are those of gate.hcl by name."""
    names = {account.id: name for name, account in accounts.items()}
    found: dict[str, tuple[ToDo, ...]] = {}
    for one in block.integration.todo(block.settings):
        known = names.get(one.account)
        who = f"{one.who}, {known!r} in gate.hcl" if known else one.who
        found[who] = (*found.get(who, ()), one)
    return Listed(block.title, block.vendor, block.stack, found)
