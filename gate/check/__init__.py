"""`gate check`: what is wrong with gate.hcl, and what a reviewer should know of it.

Nothing here imports the CDK. A result is a function of the configuration, the key files it names
and this program, so a clean one is kept beside gate.hcl in `.gate/check.json` and read back while
none of them changed, as ruff and mypy do.
"""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from athena_gate.modules.files import MEBIBYTE, Unreadable, read_bytes, read_json
from athena_gate.stacks import places

_ROOT = Path(__file__).resolve().parents[2]
# What is larger is no configuration and no key: whoever reads it says so.
_LIMIT = MEBIBYTE


def check(file: Path) -> dict[str, Any]:
    """Return the result of checking ``file``, JSON-ready.

    ``{"file": str, "accounts": [{"name", "id", "region"}], "blocks": [{"kind", "name", "stack",
    "accounts", "line"}], "mistakes": [{"line", "block", "field", "problem"}], "remarks":
    [{"line", "block", "text"}]}``
    """
    cache = file.parent / ".gate" / "check.json"
    environment = places.named(os.environ)
    read = [f"{one}:{_content(one)}" for one in places.files(file, environment)]
    key = _digest(str(file), environment, *read, _program(), *_stamps(file.parent / places.VENDORS))
    try:
        kept = read_json(cache, _LIMIT)
        result: dict[str, Any] = kept["result"]
        if kept["key"] == _digest(key, json.dumps(result)) and all(
            _content(Path(name)) == digest for name, digest in kept["depends"].items()
        ):
            return result
    except (Unreadable, KeyError, TypeError, AttributeError):
        pass
    result, depends = _check(file)
    if result["mistakes"]:
        return result
    entry = {
        "key": _digest(key, json.dumps(result)),
        "depends": {str(name): _content(name) for name in depends},
        "result": result,
    }
    try:
        cache.parent.mkdir(exist_ok=True)
        (cache.parent / ".gitignore").write_text("*\n")
        cache.write_text(json.dumps(entry))
    except OSError:
        # A read-only folder: the next check takes as long as this one.
        pass
    return result


def _check(file: Path) -> tuple[dict[str, Any], list[Path]]:
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks.configuration import load

    result: dict[str, Any] = {
        "file": str(file),
        "accounts": [],
        "blocks": [],
        "mistakes": [],
        "remarks": [],
    }
    try:
        configuration = load(file)
    except ConfigurationError as error:
        # A vendor's profile has mistakes of its own.
        result["file"] = error.file
        result["mistakes"] = [
            {"line": m.line, "block": m.subject, "field": m.field, "problem": m.problem}
            for m in error.mistakes
        ]
        return result, []
    result["accounts"] = [
        {"name": name, "id": account.id, "region": account.region}
        for name, account in configuration.accounts.items()
    ]
    result["blocks"] = [
        {
            "kind": b.kind,
            "name": b.name,
            "stack": b.stack,
            "accounts": [account.id for account in b.settings.accounts],
            "line": b.line,
        }
        for b in configuration.blocks
    ]
    result["remarks"] = [
        {"line": block.line, "block": block.title, "text": text}
        for block in configuration.blocks
        for text in block.integration.remarks(block.settings)
    ]
    return result, [
        file.parent / name for block in configuration.blocks for name in block.settings.files
    ]


def _content(file: Path) -> str:
    try:
        return hashlib.sha256(read_bytes(file, _LIMIT)).hexdigest()
    except Unreadable:
        return ""


def _program() -> str:
    stamps = [
        stamp
        for folder in ("gate", "modules", "stacks")
        for stamp in _stamps(_ROOT / folder, "**/*.py")
    ]
    return _digest(sys.version, *stamps, *_stamps(_ROOT / "modules" / places.VENDORS))


def _stamps(folder: Path, pattern: str = "*/*.*") -> list[str]:
    """Return what changes when a file in ``folder`` does; by default, one of a vendor."""
    return [f"{path}:{_stamp(path)}" for path in sorted(folder.glob(pattern))]


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        # Such as the link to nowhere that an editor keeps beside an open file.
        return ""
    return f"{found.st_mtime_ns}:{found.st_size}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()
