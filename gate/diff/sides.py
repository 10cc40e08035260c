"""The two sides of a difference: stacks as gate.hcl asks for them, now and in another commit or
folder. Nothing is synthesized."""

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from athena_gate.gate.stack.model import Stack
from athena_gate.gate.stack.reader import NotReadable, files, read, read_content
from athena_gate.modules.files import MEBIBYTE, visible
from athena_gate.stacks.configuration import Configuration, load
from athena_gate.stacks.expected import expected_json

# Of a commit, what a configuration can consist of: keys, profiles and policies are a few KB each.
_MOST = MEBIBYTE


class NoSide(Exception):
    """There is nothing to compare with; the message says what is allowed."""


def asked_for(configuration: Configuration) -> tuple[Stack, ...]:
    """Return the stacks that ``configuration`` asks for, as they would be synthesized."""
    return tuple(
        read_content(
            {
                "//": {"metadata": {"stackName": block.stack}},
                **expected_json(block, configuration.backend),
            },
            Path(block.stack),
        )
        for block in configuration.blocks
    )


def earlier(against: str, file: Path) -> tuple[Stack, ...]:
    """Return the stacks to compare with: those synthesized in the folder ``against``, what the
    configuration in it asks for, or what ``file`` asked for in that commit.

    Raises ``NoSide``, and ``ConfigurationError`` for a configuration with mistakes.
    """
    place = Path(against)
    if against and (place.is_dir() or place.is_file()):
        configuration = place if place.suffix == ".hcl" else place / file.name
        if configuration.is_file():
            return asked_for(load(configuration))
        try:
            return tuple(map(read, files(place)))
        except NotReadable:
            raise NoSide(
                f"{visible(against)} holds neither {visible(file.name)} nor a synthesized stack; "
                "allowed: a folder with one of the two, such as cdktf.out, or a commit of git"
            ) from None
    with tempfile.TemporaryDirectory() as folder:
        return asked_for(load(_checked_out(against, file, Path(folder))))


def _checked_out(revision: str, file: Path, folder: Path) -> Path:
    """Return ``file`` as it is in ``revision``, written into ``folder`` with what is around it."""
    around = file.absolute().parent
    try:
        top = Path(_git(around, "rev-parse", "--show-toplevel").decode().removesuffix("\n"))
        commit = (
            _git(
                around,
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                f"{revision}^{{commit}}",
            )
            .decode()
            .strip()
        )
        archive = _git(top, "archive", "--format=tar", commit)
    except (OSError, subprocess.CalledProcessError):
        raise NoSide(
            f"{visible(revision)!r} is neither a folder nor a commit of git here; allowed: a "
            "commit or branch, as in --against origin/main, a folder with another "
            f"{visible(file.name)}, or an earlier synth such as cdktf.out"
        ) from None
    with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
        small = [one for one in tree if one.isdir() or (one.isfile() and one.size <= _MOST)]
        # filter="data", which Python has from 3.11.4 on, for what git writes: files and folders
        # alone, and none that leads out of here.
        for member in small:
            place = folder / member.name
            if not place.resolve().is_relative_to(folder.resolve()):
                continue
            if member.isdir():
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                content = tree.extractfile(member)
                place.write_bytes(content.read() if content else b"")
    found = folder / file.absolute().resolve().relative_to(top.resolve())
    if not found.is_file():
        raise NoSide(f"{visible(revision)} has no {visible(file)}: everything would be new")
    return found


def _git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, check=True
    ).stdout
