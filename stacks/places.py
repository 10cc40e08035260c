"""Which files a configuration is read from. Nothing here reads them, so nothing heavy is imported:
`gate check` and whatever asks whether a synth is stale are as quick as that."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ENVIRONMENTS = "environments"
# Profiles of the user's own, beside gate.hcl.
VENDORS = "vendors"
# The variable that names the environment where no option does.
VARIABLE = "GATE_ENV"
# Of files in one folder the one that comes first.
FIRST = "gate.hcl"
# As the names of stacks, whose separators they share in the names of states.
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)


def named(variables: Mapping[str, str]) -> str:
    """Return the environment that ``variables`` name, empty for none."""
    return variables.get(VARIABLE, "")


def parts(file: Path) -> list[Path]:
    """Return the files that are read as one with ``file``: gate.d/*.hcl beside gate.hcl."""
    return sorted((file.parent / f"{file.stem}.d").glob("*.hcl"))


def environment_file(file: Path, environment: str) -> Path:
    """Return the file of ``environment`` beside ``file``."""
    return file.parent / ENVIRONMENTS / f"{environment}.hcl"


def environments(file: Path) -> list[str]:
    """Return the names of the environments that have a file beside ``file``."""
    found = sorted((file.parent / ENVIRONMENTS).glob("*.hcl"))
    return [one.stem for one in found if NAME.fullmatch(one.stem)]


def files(file: Path, environment: str) -> list[Path]:
    """Return every file that the configuration is read from, ``file`` first."""
    return [file, *parts(file), *([environment_file(file, environment)] if environment else [])]


def profiles(file: Path) -> list[Path]:
    """Return the files of the vendors of one's own beside ``file``."""
    return sorted((file.parent / VENDORS).glob("*/*.*"))


def earlier(file: Path) -> Iterator[Path]:
    """Yield the files beside ``file`` that come before it and may be configurations."""
    return (one for one in beside(file) if _order(one) < _order(file))


def beside(file: Path) -> Iterator[Path]:
    """Yield the files beside ``file`` that may be configurations, in their order."""
    for one in sorted(file.absolute().parent.glob("*.hcl"), key=_order):
        if not one.name.startswith(".") and one.is_file() and not _is(one, file):
            yield one


def _order(file: Path) -> tuple[bool, str]:
    return file.name != FIRST, file.name


def _is(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
