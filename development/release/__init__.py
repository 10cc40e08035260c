"""What a release consists of: ``python -m development.release FOLDER`` writes it there.

The wheel, its bill of materials, and their checksums. The wheel is built twice, from two copies of
the commit, and must be the same bytes: anybody can build it again from the tag and compare.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = ROOT / "athena_gate" / "requirements.lock"


class NotReproducible(Exception):
    """Two builds of one commit are not the same."""


def version() -> str:
    """Return the version: pyproject.toml is the one place where it stands."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def wheel(folder: Path, commit: str = "HEAD") -> Path:
    """Build the wheel of ``commit`` into ``folder`` and return it. Raises ``NotReproducible``."""
    contents = []
    # Neither where it is built nor who may read the files may show.
    for umask in (0o022, 0o077):
        with tempfile.TemporaryDirectory(prefix=f"athena-gate-{umask}-") as copy:
            built = _built(Path(copy), commit, folder, umask)
        contents.append(built.read_bytes())
    if contents[0] != contents[1]:
        raise NotReproducible(f"{built.name}: two builds of {commit} differ")
    return built


def _built(copy: Path, commit: str, folder: Path, umask: int) -> Path:
    archive = copy / "commit.tar"
    _run(["git", "archive", f"--output={archive}", commit], ROOT)
    source = copy / "athena-gate"
    source.mkdir()
    _run(["tar", "-xf", str(archive), "-C", str(source)], copy, umask=umask)
    # https://reproducible-builds.org/docs/source-date-epoch/ (2026-11)
    when = _run(["git", "log", "-1", "--format=%ct", commit], ROOT).strip()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    shown = _run(command, source, umask=umask, SOURCE_DATE_EPOCH=when)
    return folder / Path(shown.strip().splitlines()[-1]).name


def bill_of_materials(folder: Path) -> Path:
    """Write what the wheel brings along, by its own requirements.lock, as CycloneDX; return the
    file."""
    file = folder / f"athena_gate-{version()}.cdx.json"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible"]
    command += [f"--pyproject={ROOT / 'pyproject.toml'}", f"--output-file={file}", str(LOCK)]
    _run(command, ROOT)
    return file


def checksums(files: list[Path]) -> str:
    """Return a line for each of ``files``, as ``sha256sum --check`` reads it."""
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files
    )


def notes() -> str:
    """Return what CHANGELOG.md says of this version. Raises ``LookupError`` when it says nothing,
    or has no day for it."""
    text = (ROOT / "CHANGELOG.md").read_text()
    heading = rf"^## \[{re.escape(version())}\] - \d{{4}}-\d{{2}}-\d{{2}}\n(.*?)(?=^## |\Z)"
    found = re.search(heading, text, re.MULTILINE | re.DOTALL)
    if not found:
        raise LookupError(f"CHANGELOG.md has no [{version()}] with the day of its release")
    return found[1].strip() + "\n"


def _run(command: list[str], folder: Path, umask: int = -1, **more: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **more},
        umask=umask,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout or done.stderr
