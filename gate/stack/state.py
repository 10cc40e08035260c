"""What a stack's state knows, whether it is whole, and who has left a lock on it."""

import codecs
import os
import re
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from glob import escape
from pathlib import Path
from typing import Any

from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import (
    MEBIBYTE,
    Unreadable,
    parse_json,
    read_bytes,
    read_json,
    read_text,
)
from athena_gate.stacks.removed import FILE

LIMIT = 64 * MEBIBYTE
# Where Terraform puts a state that the backend would not take (2026-11):
# https://developer.hashicorp.com/terraform/cli/commands/state/push
ERRORED = "errored.tfstate"
# What is behind the name of a local state that could not be read, once it was put aside.
BROKEN = ".broken"
# Since Terraform 0.12 (2026-11):
# https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statefile/version4.go
_VERSION = 4
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html (2026-11)
_KEY_ID = re.compile(rb"AKIA[A-Z0-9]{12,124}")


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock as Terraform has written it down: its id, who holds it, for what and since when;
    ``ours`` when that is this user on this machine."""

    id: str
    who: str
    operation: str
    created: str

    @property
    def ours(self) -> bool:
        """Return whether this user on this machine has left it."""
        user = os.environ.get("USER") or os.environ.get("LOGNAME") or _user()
        return self.who in (f"{user}@{socket.gethostname()}", f"{_user()}@{socket.gethostname()}")

    def __str__(self) -> str:
        what = self.operation.removeprefix("OperationType").lower() or "run"
        return f"{what} of {self.who}, {self.created[:19].replace('T', ' ')}"


@dataclass(frozen=True, slots=True)
class State:
    """A state: where it is, the attributes of its resources by address, which are tainted, and the
    lock on it. ``broken`` says why it cannot be read, ``backup`` is an earlier one that can, whose
    resources these are then; ``mentioned`` are access keys that stand in the text of a broken one.
    One that is ``whole`` nevertheless, as of a newer Terraform, encrypted, or another user's, has
    nothing put in its place. ``lineage`` and ``serial`` are other ones after each run that writes
    it.
    """

    where: str
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tainted: tuple[str, ...] = ()
    lock: Lock | None = None
    broken: str = ""
    file: Path | None = None
    backup: Path | None = None
    mentioned: frozenset[str] = frozenset()
    lineage: str = ""
    serial: int = 0
    whole: bool = False

    @property
    def keys(self) -> set[str]:
        """Return the ids of the access keys that it knows."""
        return {
            str(attributes.get("id"))
            for address, attributes in self.resources.items()
            if address.startswith("aws_iam_access_key.")
        }


def parse(text: str, where: str) -> State:
    """Return the state in ``text``. Raises ``Unreadable``."""
    found = parse_json(text, where)
    try:
        if "encrypted_data" in found:
            raise Unreadable(where, "is encrypted by OpenTofu, and read by it alone")
        version = found.get("version", _VERSION)
        if type(version) is not int:
            raise TypeError
        if version != _VERSION:
            raise Unreadable(where, f"is of format {version}, not {_VERSION}: another Terraform's")
        resources, tainted = {}, []
        for one in found["resources"]:
            if one["mode"] != "managed":
                continue
            address = f"{one['type']}.{one['name']}"
            for instance in one["instances"]:
                if "deposed" in instance:
                    continue
                resources[address] = instance.get("attributes") or {}
                if instance.get("status") == "tainted":
                    tainted.append(address)
        lineage, serial = str(found.get("lineage", "")), int(found.get("serial", 0))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
        raise Unreadable(where, "is no state of Terraform's") from None
    return State(where, resources, tuple(tainted), lineage=lineage, serial=serial)


def local(file: Path) -> State:
    """Return the local state in ``file``, which need not exist."""
    where, lock, mentioned = str(file), local_lock(file), _mentioned(file)
    broken = unreadable(file)
    whole = bool(broken) and not cut_short(file)
    backup = whole_backup(file) if broken and not whole else None
    try:
        found = parse(read_text(backup or file, LIMIT), where)
    except Unreadable:
        found = State(where)
    return replace(
        found,
        lock=lock,
        broken=broken,
        file=file,
        backup=backup,
        mentioned=frozenset(mentioned),
        whole=whole,
    )


def _mentioned(file: Path) -> set[str]:
    """Return the ids of access keys in the text of ``file`` and of broken ones beside it."""
    found: set[str] = set()
    for one in (file, *file.parent.glob(f"{escape(file.name + BROKEN)}*")):
        with suppress(Unreadable):
            found |= key_ids(read_bytes(one, LIMIT))
    return found


def key_ids(text: bytes) -> set[str]:
    """Return the ids of access keys in ``text``."""
    return {one.decode() for one in _KEY_ID.findall(text)}


def whole_backup(file: Path) -> Path | None:
    """Return the backup that Terraform has made of the local state ``file`` if it can be read and
    has resources."""
    backup = file.with_name(f"{file.name}.backup")
    try:
        found = parse(read_text(backup, LIMIT), str(backup))
    except Unreadable:
        return None
    return backup if found.resources else None


def unreadable(file: Path) -> str:
    """Return what is wrong with the local state ``file``, empty when nothing is."""
    try:
        if text := read_text(file, LIMIT):
            parse(text, file.name)
            return ""
    except Unreadable as error:
        return "" if error.missing else cut_short(file) or error.problem
    return cut_short(file)


def cut_short(file: Path) -> str:
    """Return in which way the local state ``file`` is only the beginning of one, or nothing; empty
    when it is whole, whatever it is."""
    with suppress(Unreadable):
        content = read_bytes(file, LIMIT)
        if not content:
            # Terraform takes it for none: its lock makes the file, before there is any state.
            return "it is empty, and its backup is not" if whole_backup(file) else ""
        if not is_whole(content):
            return f"it ends after {len(content):,} bytes, as on a full disk"
    return ""


def is_whole(content: bytes) -> bool:
    """Return whether ``content`` is JSON from its beginning to its end, or UTF-16, as a > of
    Windows PowerShell writes what `terraform state pull` prints."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    try:
        parse_json(content.decode("utf-8-sig"), "the state")
    except UnicodeDecodeError:
        return False
    except Unreadable as error:
        return "is not JSON" not in error.problem
    return True


def local_file(file: Path) -> Path | None:
    """Return the file that holds the local state of the stack's JSON ``file``, none when its state
    is elsewhere."""
    try:
        content = read_json(file, LIMIT)
        place = content["terraform"]["backend"]["local"]["path"]
        return Path(os.path.relpath(file.parent / place))
    except (Unreadable, KeyError, TypeError):
        return None


LEFT_ALONE = (
    "it stays as it is, as it is not cut short: use the program and the user that wrote it, or "
    "mend it by hand"
)


def problem(stack: str, stack_file: Path) -> str:
    """Return a sentence on the local state of ``stack``, whose JSON is ``stack_file``, when it
    cannot be read, with the way back; else nothing."""
    file = local_file(stack_file)
    wrong = unreadable(file) if file else ""
    if not file or not wrong:
        return ""
    if not cut_short(file):
        return f"the state of {stack}, {file}, cannot be read: {wrong}; {LEFT_ALONE}"
    backup = whole_backup(file)
    has = f"{backup.name} is a whole one" if backup else "there is no backup that is whole"
    return (
        f"the state of {stack}, {file}, cannot be read: {wrong}; {has}; "
        f"run: {to_run(f'recover {stack}')}"
    )


def local_lock(file: Path) -> Lock | None:
    """Return the lock that Terraform has left beside the local state ``file``."""
    # lockInfoPath, 2026-11:
    # https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statemgr/filesystem.go
    info = file.with_name(f".{file.name}.lock.info")
    try:
        return lock(read_text(info, MEBIBYTE))
    except Unreadable:
        return None


def lock(text: str) -> Lock:
    """Return the lock that ``text``, written by Terraform, describes."""
    try:
        found = parse_json(text, "the lock")
        names = ("ID", "Who", "Operation", "Created")
        return Lock(*(str(found.get(name, "")) for name in names))
    except (Unreadable, AttributeError):
        return Lock("", "somebody", "", "")


def running_in(folder: Path, *, elsewhere: bool = False) -> int:
    """Return the id of a process of Terraform's that works in ``folder``, 0 without one; with
    ``elsewhere``, one in a copy of it as well, as another clone has it.

    A provider outlives a Terraform that was killed until it has its answer, and on a busy machine
    for good: see ``is_orphan``. Where no process says where it works, any Terraform counts.
    """
    wanted = folder.resolve()
    processes = Path("/proc")
    if not (processes / "self").exists():
        shown = subprocess.run(
            ["ps", "-axo", "pid=,comm="], capture_output=True, text=True, check=False
        ).stdout
        rows = (line.split(None, 1) for line in shown.splitlines())
        named = [(row[0], row[1]) for row in rows if len(row) == 2]
        return next((int(p) for p, c in named if Path(c).name.startswith("terraform")), 0)
    for process in processes.iterdir():
        if not process.name.isdigit():
            continue
        with suppress(OSError, Unreadable):
            if not read_text(process / "comm", MEBIBYTE).startswith("terraform"):
                continue
            # -chdir is where it works, too; a folder that is gone has a word behind its name.
            place = Path(str((process / "cwd").readlink()).removesuffix(" (deleted)"))
            there = place == wanted or (elsewhere and _is_copy(place, wanted))
            if there and _lives(process):
                return int(process.name)
    return 0


def holder(file: Path | None) -> int:
    """Return the id of the process that holds the lock of the local state ``file``, 0 without one;
    it may be another user's, whose folder is not seen, and is negative where it has no id here.

    Terraform's is one of fcntl's, on all of the file (2026-11):
    https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statemgr/filesystem_lock_unix.go
    """
    if file is None or sys.platform != "linux":
        return 0
    import fcntl

    asked = struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
    with suppress(OSError):
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
        try:
            kind, *_, process = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
        finally:
            os.close(descriptor)
        # Of another machine it is negative, of another container 0 (locks_translate_pid, 2026-11):
        # https://github.com/torvalds/linux/blob/v6.12/fs/locks.c
        return 0 if kind == fcntl.F_UNLCK else int(process) or -1
    return 0


# struct flock of Linux: type, whence, start, length, process.
_FLOCK = "hhqqi0q"


def is_orphan(process: int) -> bool:
    """Return whether ``process``, which ``running_in`` has found, is a provider whose Terraform is
    gone: nobody is told what it does, and it ends only when it writes to its log (measured
    2026-11: at once most often, and not in four minutes on a busy machine)."""
    place = Path("/proc") / str(process)
    with suppress(OSError, Unreadable):
        parent = read_text(place / "stat", MEBIBYTE).rpartition(")")[2].split()[1]
        names = [read_text(one / "comm", MEBIBYTE) for one in (place, place.with_name(parent))]
        return names[0].startswith("terraform-provi") and not names[1].startswith("terraform")
    return False


def who_runs(process: int) -> str:
    """Return in words who is the ``process`` that ``running_in`` or ``holder`` has found."""
    known = f"process {process} of Terraform"
    return known if process > 0 else "a Terraform of another container or machine"


def _is_copy(place: Path, folder: Path) -> bool:
    """Return whether ``place`` may be where the stack of ``folder`` is worked on: in another
    clone, in a copy of `gate recover`'s or `gate adopt`'s, or in a pipeline's on this machine;
    not where its JSON is another stack's, or has its state elsewhere."""
    stack = folder.name
    if place.name not in (stack, "stack") and not place.name.startswith(f"aside-{stack}-"):
        return False
    there, here = _state_of(place), _state_of(folder)
    return there is None or here is None or there == here


def _state_of(folder: Path) -> tuple[Any, dict[str, tuple[Any, ...]]] | None:
    """Return the name of the stack whose JSON lies in ``folder`` and which object of which backend
    its state is, None if unknown. How the backend is reached may differ from clone to clone."""
    try:
        content = read_json(folder / FILE, LIMIT)
        backends = content["terraform"]["backend"].items()
        where = {kind: (s["bucket"], s["key"]) if kind == "s3" else () for kind, s in backends}
        return content["//"]["metadata"]["stackName"], where
    except (Unreadable, LookupError, TypeError, AttributeError):
        return None


def _lives(process: Path) -> bool:
    return read_text(process / "stat", MEBIBYTE).rpartition(")")[2].split()[0] != "Z"


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
