"""Mending what a run has left: the state first, then what it lacks.

Import blocks stand in a copy of the stack's folder that is deleted, whatever happens: nothing of
them is there for a later plan. https://developer.hashicorp.com/terraform/language/import (2026-11)
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from athena_gate.gate.deploy.aside import IMPORTS, copy_of, write_imports
from athena_gate.gate.deploy.changes import Changes, read_changes
from athena_gate.gate.deploy.running import Interrupted, Step, Terraform
from athena_gate.gate.doctor.aws import Refused
from athena_gate.gate.recover import Recovery, backend
from athena_gate.gate.recover.account import Account, NotAllowed
from athena_gate.gate.recover.leftovers import delete
from athena_gate.gate.recover.wanted import Place
from athena_gate.gate.stack.state import BROKEN, State, holder, running_in, who_runs


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of it: ``failed`` says which step did not work, with what Terraform said last; else
    ``rest`` is what an apply would still change, ``None`` for nothing."""

    stack: str
    done: tuple[str, ...]
    failed: str = ""
    said: tuple[str, ...] = ()
    log: Path | None = None
    rest: Changes | None = None


class _Failed(Exception):
    def __init__(self, what: str, step: Step | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.step = step


class _Looked:
    """The state by which everything was decided. A run that ends meanwhile writes down what it has
    made, so it is read again, its lock first, right before anything is done by it."""

    def __init__(self, recovery: Recovery, content: Mapping[str, Any]) -> None:
        self._recovery = recovery
        self._content = content
        self._state = recovery.state

    def require_same(self) -> None:
        """Raise ``_Failed`` when another run works on it or has written it since."""
        now = self._now()
        if _version(now) != _version(self._state):
            raise self._written()

    def unlocked(self) -> None:
        """Take it without its lock, which was removed."""
        self._state = replace(self._state, lock=None)

    def follow(self, *gone: str) -> None:
        """Take it as this mending has just written it, without the addresses ``gone``. Raises
        ``_Failed`` when another run has written it instead."""
        now = self._now()
        known = {one: body.get("id") for one, body in self._state.resources.items()}
        if {one: body.get("id") for one, body in now.resources.items()} != {
            one: id_ for one, id_ in known.items() if one not in gone
        }:
            raise self._written()
        self._state = now

    def _now(self) -> State:
        """Return it as it is now. Raises ``_Failed`` when it cannot be read, or a run works on it
        that did not when it was looked at."""
        try:
            now = backend.read(self._content, self._recovery.folder)
        except Refused as refused:
            raise _Failed(f"read the state again: {refused.found}; {refused.next}") from None
        if now.file is not None:
            # A local state is locked by the process itself.
            if process := running_in(self._recovery.folder) or holder(now.file):
                raise _Failed(f"{who_runs(process)} works here by now; {_AGAIN}")
        elif now.lock and now.lock != self._state.lock:
            raise _Failed(f"{now.where} is locked by now, {now.lock}; {_AGAIN}")
        return now

    def _written(self) -> _Failed:
        return _Failed(
            f"{self._state.where} was written by another run since it was looked at, which may "
            "know what was missing; look again"
        )


_AGAIN = "look again when it has ended"


def _version(state: State) -> tuple[str, int, bool]:
    return state.lineage, state.serial, bool(state.broken)


def mend(
    recovery: Recovery,
    content: Mapping[str, Any],
    accounts: Mapping[Place, Account],
    terraform: Terraform,
    build: Path,
    progress: Callable[[str], None],
) -> Mended:
    """Mend what ``recovery``, without a broken state, has found of the stack whose JSON is
    ``content``, in a folder of its own in ``build``."""
    done: list[str] = []
    try:
        with copy_of(recovery.folder, content, recovery.state.file, build) as folder:
            looked = _Looked(recovery, content)
            rest = _steps(recovery, folder, looked, accounts, terraform, progress, done)
    except Interrupted:
        return Mended(recovery.stack, tuple(done), "interrupted")
    except OSError as error:
        return Mended(recovery.stack, tuple(done), str(error))
    except _Failed as failed:
        said = failed.step.last_words() if failed.step else ()
        log = failed.step.log if failed.step else None
        return Mended(recovery.stack, tuple(done), failed.what, said, log)
    return Mended(recovery.stack, tuple(done), rest=rest)


def put_back(recovery: Recovery) -> str:
    """Put the backup in the place of a local state that cannot be read, which is kept beside it;
    return what was done. Without a backup the next state begins empty. Raises ``OSError``, as on a
    disk that is still full; then nothing is changed."""
    file, backup = recovery.state.file, recovery.state.backup
    assert file is not None
    names = (f"{file.name}{BROKEN}{number or ''}" for number in range(1000))
    kept = next(one for one in map(file.with_name, names) if not one.exists())
    if backup is None:
        file.replace(kept)
        return f"{file} was moved to {kept.name}"
    part = file.with_name(f"{file.name}.part")
    try:
        shutil.copyfile(backup, part)
        shutil.copyfile(file, kept)
        part.replace(file)
    except OSError:
        for one in (part, kept):
            one.unlink(missing_ok=True)
        raise
    return f"{file} was moved to {kept.name}, {backup.name} put in its place"


def _steps(
    recovery: Recovery,
    folder: Path,
    looked: _Looked,
    accounts: Mapping[Place, Account],
    terraform: Terraform,
    progress: Callable[[str], None],
    done: list[str],
) -> Changes | None:
    def run(name: str, *arguments: str, ok: tuple[int, ...] = (0,), what: str) -> Step:
        progress(what)
        step = terraform.run(recovery.stack, f"recover-{name}", folder, [*arguments])
        if step.code not in ok:
            raise _Failed(what, step)
        return step

    locked = (folder / ".terraform.lock.hcl").is_file()
    run(
        "init",
        *("init", "-input=false", *(["-lockfile=readonly"] if locked else [])),
        what="terraform init",
    )
    looked.require_same()
    lock = recovery.state.lock
    if lock and recovery.state.file is None:
        # A local state is locked by the process itself, and a note is left.
        run("unlock", "force-unlock", "-force", lock.id, what=f"remove the lock {lock.id}")
        done.append(f"the lock {lock.id} was removed")
        looked.unlocked()
    if recovery.errored:
        file = str(recovery.errored.resolve())
        run("push", "state", "push", file, what=f"hand {recovery.errored} over to the backend")
        recovery.errored.unlink()
        done.append(f"{recovery.errored} was handed over to the backend and deleted")
        looked.follow()
    for unknown in recovery.deletable:
        progress(f"delete the access key {unknown.key.id}")
        looked.require_same()
        try:
            # Asked once more: whoever has its secret may have begun to use it.
            now = accounts[unknown.place].access_keys(unknown.key.user)
            if any(key.id == unknown.key.id and key.used for key in now):
                raise _Failed(f"the access key {unknown.key.id} stays: it is in use by now")
            accounts[unknown.place].ask(
                "iam", "delete_access_key", UserName=unknown.key.user, AccessKeyId=unknown.key.id
            )
        except NotAllowed as error:
            raise _Failed(f"the access key {unknown.key.id} stays: {error}") from None
        done.append(f"the access key {unknown.key.id} was deleted")
    for leftover in recovery.removable:
        what = f"the {leftover.kind} {leftover.name}"
        progress(f"delete {what}")
        looked.require_same()
        try:
            delete(accounts[leftover.place], leftover)
        except NotAllowed as error:
            raise _Failed(f"{what} stays: {error}") from None
        done.append(f"{what}, which held nothing, was deleted")
    forgotten = [one.address for one in recovery.left if one.verdict == "forget"]
    if forgotten:
        looked.require_same()
        run("forget", "state", "rm", *forgotten, what="forget what is gone")
        done += [f"{one} was forgotten: what the state had is gone" for one in forgotten]
        looked.follow(*forgotten)
    if recovery.imports:
        # A plan that is older than the state is refused by Terraform itself.
        looked.require_same()
        _import(recovery, folder, run)
        done += [f"{one.address} was imported" for one in recovery.imports]
    (folder / IMPORTS).unlink(missing_ok=True)
    step = run("plan", "plan", "-input=false", "-detailed-exitcode", ok=(0, 2), what="plan")
    return read_changes(step.text()) if step.code else None


def _import(recovery: Recovery, folder: Path, run: Callable[..., Step]) -> None:
    write_imports(folder, {one.address: one.id for one in recovery.imports})
    file = folder / "recover.plan"
    # Nothing else changes: what is missing is for an apply that somebody has looked at.
    targets = [f"-target={one.address}" for one in recovery.imports]
    arguments = ["plan", "-input=false", f"-out={file.resolve()}", *targets]
    step = run("import-plan", *arguments, what=f"plan the import of {len(recovery.imports)}")
    changes = read_changes(step.text())
    lost = [address for action, address in changes.resources if action in ("replace", "destroy")]
    if lost := [one for one in lost if one not in recovery.state.tainted]:
        raise _Failed(
            f"nothing was imported, for that would destroy {', '.join(lost)}: what stands differs "
            "from what gate.hcl asks for",
            step,
        )
    run(
        "import",
        "apply",
        "-input=false",
        str(file.resolve()),
        what=f"import {len(recovery.imports)}",
    )
