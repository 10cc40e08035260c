"""`gate check`: what is wrong with gate.hcl, and what a reviewer should know of it.

Nothing here imports the CDK. A result is a function of the configuration, the key files it names
and this program, so a clean one is kept beside gate.hcl in `.gate/check.json` and read back while
none of them changed, as ruff and mypy do.
"""

import hashlib
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from athena_gate.gate.quoting import shell
from athena_gate.modules import clock
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_bytes, read_json
from athena_gate.stacks import places

if TYPE_CHECKING:
    from athena_gate.modules.findings import Mistake, Remark
    from athena_gate.stacks.configuration import ConfiguredBlock

_ROOT = Path(__file__).resolve().parents[2]
# What is larger is no configuration and no key: whoever reads it says so.
_LIMIT = MEBIBYTE


def check(file: Path, today: date | None = None) -> dict[str, Any]:
    """Return the result of checking ``file``, JSON-ready; ``today`` is the day on which what was
    accepted may have expired.

    ``{"file": str, "accounts": [{"name", "id", "region"}], "blocks": [{"kind", "name", "stack",
    "accounts", "line"}], "mistakes": [FINDING and "problem"], "remarks": [FINDING and
    "text"], "accepted": [a remark and "reason", "until"]}``, where a FINDING has "code",
    "severity", "line", "block" and "field", a mistake of syntax also "column" and "source", its
    line, and what stands in a file beside gate.hcl "file".
    """
    today = today or clock.today()
    cache = file.parent / ".gate" / "check.json"
    environment = places.named(os.environ)
    # No two environments may make the same things, no two files have one state.
    others = [
        *(places.environment_file(file, one) for one in places.environments(file)),
        *(part for one in places.earlier(file) for part in places.files(one, "")),
    ]
    read = [f"{one}:{_content(one)}" for one in (*places.files(file, environment), *others)]
    key = _digest(
        str(file),
        str(today),
        environment,
        *read,
        _program(),
        *_stamps(file.parent / places.VENDORS),
    )
    try:
        kept = read_json(cache, _LIMIT)
        result: dict[str, Any] = kept["result"]
        if kept["key"] == _digest(key, json.dumps(result)) and all(
            _content(Path(name)) == digest for name, digest in kept["depends"].items()
        ):
            return result
    except (Unreadable, KeyError, TypeError, AttributeError):
        pass
    with clock.at(today):
        result, depends = _check(file, today)
    if result["mistakes"] or any(one["code"] == "GATE741" for one in result["remarks"]):
        # A mistake may be that of a file that is not among those read, as of a key that is missing.
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


def _check(file: Path, today: date) -> tuple[dict[str, Any], list[Path]]:
    from athena_gate.gate.check.environments import beside, clashes
    from athena_gate.modules.findings import Mistake
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks.configuration import load
    from athena_gate.stacks.neighbours import neighbours, shared_states

    result: dict[str, Any] = {
        "file": str(file),
        "accounts": [],
        "blocks": [],
        "mistakes": [],
        "remarks": [],
        "accepted": [],
    }
    try:
        configuration = load(file)
    except ConfigurationError as error:
        # A vendor's profile has mistakes of its own.
        result["file"] = error.file
        result["mistakes"] = [*map(_mistake, error.mistakes)]
        return result, []
    clashing, left_out = clashes(file)
    others = neighbours(configuration)
    of_files, unread = beside(configuration, others)
    states = shared_states(configuration, others)
    # All of what has one state has one name.
    said = {one.subject for one in states}
    result["mistakes"] = [
        _mistake(Mistake(one.block.line, one.block.title, "", str(one), "GATE408"))
        for one in clashing + [one for one in of_files if one.block.title not in said]
    ] + [*map(_mistake, states)]
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
    if not configuration.blocks:
        result["remarks"].append(
            _of_the_file("GATE740", _BUILDS_NOTHING.format(to_run("destroy NAME")))
        )
    unclear = [
        (f"{places.ENVIRONMENTS}/{one}.hcl", to_run("check", environment=one)) for one in left_out
    ]
    unclear += [(one, to_run("check", file=shell([one]))) for one in unread]
    result["remarks"] += [_of_the_file("GATE741", _LEFT_OUT.format(*one)) for one in unclear]
    for block in configuration.blocks:
        remarks, accepted = _remarks(block, today)
        result["remarks"] += remarks
        result["accepted"] += accepted
    return result, [
        file.parent / name for block in configuration.blocks for name in block.settings.files
    ]


def _mistake(found: "Mistake") -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": "error",
        "line": found.line,
        "block": found.subject,
        "field": found.field,
        "problem": found.problem,
        **({"column": found.column, "source": found.source} if found.column else {}),
        **_elsewhere(found.line),
    }


def _remarks(
    block: "ConfiguredBlock", today: date
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what is to be known of ``block``, and what of it was accepted."""
    from athena_gate.modules.findings import Remark

    accepts = {one.code: one for one in block.settings.accept}
    found = block.integration.remarks(block.settings)
    matched = {remark.code for remark in found}
    expired = {c for c, one in accepts.items() if one.until and one.until < today.isoformat()}
    about = [
        Remark("GATE801", "accept", f"expired on {accepts[code].until}", code)
        for code in accepts
        if code in expired
    ] + [
        Remark("GATE802", "accept", "nothing in this block breaks the rule; remove it", code)
        for code in accepts
        if code not in matched
    ]
    shown = [_finding(block, one) for one in (*found, *about)]
    shown.sort(key=lambda one: (one.get("file", ""), one["line"]))
    stays = [one for one in shown if one["code"] not in accepts or one["code"] in expired]
    return stays, [
        {**one, "reason": accepts[one["code"]].reason, "until": accepts[one["code"]].until}
        for one in shown
        if one not in stays
    ]


_BUILDS_NOTHING = "no block is left; what was built is destroyed by the pipeline, or by {}"
_LEFT_OUT = "{} has mistakes, so that what it makes is not compared with the rest; {} says which"


def _of_the_file(code: str, text: str) -> dict[str, Any]:
    from athena_gate.modules.rules import rules

    severity = rules()[code].severity
    return {"code": code, "severity": severity, "line": 1, "block": "", "field": "", "text": text}


def _finding(block: "ConfiguredBlock", remark: "Remark") -> dict[str, Any]:
    from athena_gate.modules.rules import rules

    where = f'{remark.field} "{remark.label}"' if remark.label else remark.field
    return {
        "code": remark.code,
        "severity": rules()[remark.code].severity,
        "line": (line := block.lines.get((remark.field, remark.label), block.line)),
        "block": block.title,
        "field": where,
        "text": remark.text,
        **_elsewhere(line),
    }


def _elsewhere(line: int) -> dict[str, str]:
    from athena_gate.modules.findings import file_of

    file = file_of(line)
    return {"file": file} if file else {}


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
    ] + _stamps(_ROOT / "modules", "rules.toml")
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
