"""Taking over, by Terraform with import blocks; and narrowing, by AWS for what no stack has."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from athena_gate.gate.adopt import Adoption, Identity
from athena_gate.gate.deploy import Target
from athena_gate.gate.deploy.aside import copy_of, write_imports
from athena_gate.gate.deploy.changes import Changes
from athena_gate.gate.quoting import shell
from athena_gate.gate.recover.account import Account
from athena_gate.modules.files import MEBIBYTE, read_text, write_whole


@contextmanager
def with_imports(
    adoption: Adoption, folder: Path, content: Mapping[str, Any], state: Path | None, build: Path
) -> Iterator[Target]:
    """Give the stack in ``folder``, aside, with a block for each of the imports of ``adoption``;
    ``state`` is the file of its state where that is local."""
    with copy_of(folder, content, state, build) as copy:
        if adoption.imports:
            write_imports(copy, {one.address: one.id for one in adoption.imports})
        yield Target(adoption.stack, copy)


def lost(adoption: Adoption, changes: Changes) -> list[str]:
    """Return what ``changes`` would make anew of what ``adoption`` imports, and all they delete."""
    kept = {one.address for one in adoption.imports}
    return [
        address
        for action, address in changes.resources
        if action in ("replace", "destroy") or (action == "add" and address in kept)
    ]


def keep_record(adoption: Adoption, folder: Path) -> Path:
    """Write the commands that bring back what is to go into ``folder``, beside the inline policies
    that they need, and return their file."""
    identity, old = _identity(adoption), adoption.old
    who = [f"--{identity.kind}-name", identity.name]
    commands = [
        [f"attach-{identity.kind}-policy", *who, "--policy-arn", arn] for arn in old.attached
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for name in old.inline:
        text = json.dumps(identity.inline[name], indent=2) + "\n"
        file = _free(folder, name, text)
        write_whole(file, text)
        put = [f"put-{identity.kind}-policy", *who, "--policy-name", name]
        commands.append([*put, "--policy-document", f"file://{file}"])
    commands += [["add-user-to-group", *who, "--group-name", name] for name in old.groups]
    back = folder / "back.sh"
    # What a run that was cut short has taken off is not among what is there now.
    before = read_text(back, MEBIBYTE).splitlines() if back.exists() else []
    lines = dict.fromkeys([*before, *(shell(["aws", "iam", *words]) for words in commands)])
    write_whole(back, "".join(f"{line}\n" for line in lines))
    return back


def _free(folder: Path, name: str, text: str) -> Path:
    """Return where ``text``, the inline policy ``name``, is kept in ``folder``: not where another
    one of that name is, which was there before."""
    for number in range(1, 1000):
        file = folder / f"{name}{f'-{number}' if number > 1 else ''}.json"
        if not file.exists() or read_text(file, MEBIBYTE) == text:
            return file
    raise FileExistsError(17, "has too many policies of that name", str(folder / name))


def detach(adoption: Adoption, account: Account) -> Iterator[str]:
    """Take what was attached by hand off the user or role, and yield a sentence on each. Raises
    ``NotAllowed``."""
    identity, old = _identity(adoption), adoption.old
    who = {f"{identity.kind.title()}Name": identity.name}
    for arn in old.attached:
        account.ask("iam", f"detach_{identity.kind}_policy", **who, PolicyArn=arn)
        yield f"{arn} was detached"
    for name in old.inline:
        account.ask("iam", f"delete_{identity.kind}_policy", **who, PolicyName=name)
        yield f"the inline policy {name} was deleted"
    for name in old.groups:
        account.ask("iam", "remove_user_from_group", **who, GroupName=name)
        yield f"it is out of the group {name}"


def _identity(adoption: Adoption) -> Identity:
    assert adoption.identity is not None
    return adoption.identity
