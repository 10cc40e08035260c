"""The project that a command works on: the folder of its gate.hcl, here or further up."""

import os
import sys
from pathlib import Path

_REPOSITORY = ".git"
# The folder a command was started in, from the project's; empty while they are one.
_started: list[Path] = []


def enter(name: str | None) -> None:
    """Go to the nearest folder from here upwards that has a file ``name``, but not out of the
    repository; stay when none has, or for ``None``. What a configuration and its stacks say of
    paths is relative to it, wherever a command is started."""
    _started.clear()
    if name is None:
        return
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / name).exists():
            if folder != here:
                _started.append(Path(os.path.relpath(here, folder)))
                os.chdir(folder)
                if sys.stderr.isatty():
                    print(f"gate: in {os.path.relpath(folder, here)}", file=sys.stderr)
            return
        if (folder / _REPOSITORY).exists():
            return


def from_here(path: Path) -> Path:
    """Return ``path``, which the user gave, from the project's folder."""
    if not _started or path.is_absolute():
        return path
    return Path(os.path.normpath(_started[0] / path))


def from_the_top(file: Path) -> str:
    """Return ``file`` from the top of its repository, as code scanning and pipelines name files;
    outside of one as it is."""
    whole = file.absolute()
    top = next((one for one in whole.parents if (one / _REPOSITORY).exists()), None)
    return (whole.relative_to(top) if top else file).as_posix()
