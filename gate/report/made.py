"""When a report was made, by which version, and of which commit: what it is told apart by."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# https://reproducible-builds.org/specs/source-date-epoch/ (2026-11): seconds since 1970, and what
# is written otherwise is a mistake.
EPOCH = "SOURCE_DATE_EPOCH"


class NoDate(Exception):
    """SOURCE_DATE_EPOCH is no date; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Made:
    """``date`` is the time in UTC, ``of`` what it is the time of. ``commit`` is that of the
    repository that the configuration is in, empty without one; ``changed`` if the configuration
    or a file it names is not as it is there."""

    date: str
    of: str
    version: str
    commit: str = ""
    changed: bool = False


def made(files: Sequence[Path], variables: Mapping[str, str], now: datetime) -> Made:
    """Return when the report on ``files``, the configuration and what it names, is made: at the
    time that SOURCE_DATE_EPOCH of ``variables`` says, else that of their commit, else, where they
    differ from it or are in none, ``now``. So the same commit always gives the same report.

    Raises ``NoDate``.
    """
    commit, seconds, changed = _commit(files)
    if epoch := variables.get(EPOCH):
        when, of = _time(epoch), f"as {EPOCH} has it"
    elif commit and not changed:
        when, of = _time(seconds), "the commit's"
    else:
        when, of = now.astimezone(UTC), "when this was made"
    return Made(when.strftime("%Y-%m-%d %H:%M UTC"), of, _version(), commit, changed)


def _time(seconds: str) -> datetime:
    try:
        if not (seconds.isascii() and seconds.isdigit()):
            raise ValueError(seconds)
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise NoDate(
            f"{EPOCH} is {seconds!r}; allowed: seconds since 1970, as in 1795651200"
        ) from None


def _version() -> str:
    try:
        return version("athena-gate")
    except PackageNotFoundError:
        # A clone that nobody has installed.
        return "not installed"


def _commit(files: Sequence[Path]) -> tuple[str, str, bool]:
    """Return the commit of the repository that ``files`` are in, its time, and whether they are
    otherwise there; empty texts without a repository, or without git."""
    try:
        found = _git(files[0], "log", "-1", "--no-show-signature", "--format=%H %ct")
        names = [str(file.absolute()) for file in files]
        status = _git(files[0], "status", "--porcelain", "--ignored", "--", *names)
    except (OSError, subprocess.SubprocessError):
        return "", "", False
    commit, _, seconds = found.strip().partition(" ")
    return commit, seconds, bool(status)


def _git(file: Path, *arguments: str) -> str:
    # A repository may name a program to run for each status.
    return subprocess.run(
        ["git", "-C", str(file.absolute().parent), "-c", "core.fsmonitor=false", *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    ).stdout
