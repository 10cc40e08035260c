"""What a synth was made from, kept beside it: whether it is stale is a question of contents.

A file's time says nothing: a checkout sets it anew, and a file that is put back may have an old
one. So `made-from.json` in the output folder has the SHA-256 of everything a synth depends on: the
files of the configuration, the keys and profiles they name, this program, and the engine. Nothing
here imports the parser, for every command that reads a synth asks.
"""

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from athena_gate.modules.files import (
    MEBIBYTE,
    Unreadable,
    parse_json,
    read_bytes,
    read_json,
    write_whole,
)
from athena_gate.stacks import places
from athena_gate.stacks.removed import FILE

RECORD = "made-from.json"
_LIMIT = 8 * MEBIBYTE
_ROOT = Path(__file__).resolve().parents[2]
# Of this program, what the JSON comes from; `gate` only reads it.
_PARTS = ("modules", "stacks")
_SUFFIXES = (".py", ".hcl", ".json", ".cjs")
_ENGINES = ("cdktf", "cdktf_cdktf_provider_aws", "cdktn", "cdktn_provider_aws", "constructs")


@dataclass(frozen=True, slots=True)
class Made:
    """A stack that was synthesized: the digest of what it was made from, and that of its JSON."""

    source: str
    json: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a synth was made from. ``file`` and the names of ``inputs``, whose values are digests,
    are relative to the output folder and to the folder of ``file``."""

    file: str
    environment: str
    program: str
    inputs: Mapping[str, str]
    stacks: Mapping[str, Made] = field(default_factory=dict)
    ejected: tuple[str, ...] = ()


def read(output: Path) -> Record | None:
    """Return the record in the folder ``output``, ``None`` when there is none that can be used."""
    try:
        found: Any = read_json(output / RECORD, _LIMIT)
        stacks = {name: Made(**made) for name, made in found["stacks"].items()}
        return Record(**{**found, "stacks": stacks, "ejected": tuple(found["ejected"])})
    except (Unreadable, TypeError, KeyError, AttributeError):
        return None


def write(output: Path, record: Record) -> None:
    """Write ``record`` into the folder ``output``, all of it or nothing."""
    write_whole(output / RECORD, json.dumps(asdict(record), indent=1))


def remove(output: Path) -> None:
    """Remove the record in ``output``, before what it speaks of changes."""
    (output / RECORD).unlink(missing_ok=True)


def record_of(output: Path, file: Path, environment: str, more: Iterable[Path] = ()) -> Record:
    """Return the record, without stacks, of a synth into ``output`` of ``file`` in ``environment``
    as they are now; ``more`` are the files that the configuration names."""
    inputs = [*places.files(file, environment), *places.profiles(file), *more]
    return Record(
        _relative(file, output),
        environment,
        program(),
        {_relative(one, file.parent): content(one) for one in inputs},
    )


def is_stale(output: Path, file: Path, environment: str) -> str:
    """Return why the synth in ``output`` is not one of ``file`` in ``environment`` as they are now,
    the empty string when it is."""
    found = read(output)
    if found is None:
        return f"{output} does not say what it was made from"
    named = [file.parent / name for name in found.inputs]
    now = record_of(output, file, environment, named)
    if (found.file, found.environment) != (now.file, now.environment):
        return f"{output} was made from {titled(found, output)}, not {_title(file, environment)}"
    changed = [
        name
        for name in {**found.inputs, **now.inputs}
        if found.inputs.get(name) != now.inputs[name]
    ]
    if changed:
        return f"{output} was made before {' and '.join(sorted(changed))} changed"
    return "" if found.program == now.program else f"{output} was made by another athena-gate"


def titled(record: Record, output: Path) -> str:
    """Return what ``record``, which lies in ``output``, was made from, in words."""
    return _title(Path(os.path.relpath(output / record.file)), record.environment)


def _title(file: Path, environment: str) -> str:
    return f"{file} for {environment}" if environment else str(file)


def is_whole(output: Path, record: Record) -> bool:
    """Return whether the JSON of every stack of ``record`` is as it was written."""
    return all(
        content(output / "stacks" / stack / FILE) == made.json
        for stack, made in record.stacks.items()
    )


def content(file: Path) -> str:
    """Return the digest of what is in ``file``, empty when it cannot be read."""
    try:
        return hashlib.sha256(read_bytes(file, _LIMIT)).hexdigest()
    except Unreadable:
        return ""


def digest(*parts: str) -> str:
    """Return the digest of ``parts``."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()


@cache
def program() -> str:
    """Return the digest of what makes the JSON of settings: this program's files, the versions of
    the engine and its provider package, and what cdktf hands to it."""
    files = [
        path
        for part in _PARTS
        for path in sorted((_ROOT / part).rglob("*"))
        if path.suffix in _SUFFIXES
    ]
    return digest(
        *(f"{path.relative_to(_ROOT)}:{content(path)}" for path in files),
        *(version for engine in _ENGINES for version in _versions(engine)),
        _context(),
    )


def _versions(package: str) -> list[str]:
    """Return the names of the folders in which pip keeps what it knows of ``package``, which end
    with its version: to ask importlib.metadata takes 30 ms."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return []
    site = Path(spec.origin).parents[1]
    name = package.replace("_", "[-_]")
    return sorted(found.name for found in site.glob(f"{name}-[0-9]*.dist-info"))


def _context() -> str:
    """Return the options of CDKTF's own that change what it writes."""
    given = os.environ.get("CDKTF_CONTEXT_JSON", "")
    try:
        context = parse_json(given, "CDKTF_CONTEXT_JSON") if given else {}
        # The command line adds it to every synth, for modules of Terraform's.
        context.pop("cdktfRelativeModules", None)
    except (Unreadable, AttributeError):
        return given
    return json.dumps(context, sort_keys=True)


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
