"""The findings of a check for other programs: GitHub's and GitLab's pipelines, code scanning."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from athena_gate.gate.project import from_the_top
from athena_gate.gate.sarif import log, place
from athena_gate.modules.files import visible
from athena_gate.modules.rules import rules

_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}
_GITLAB = {"error": "critical", "warning": "major", "note": "info"}


def as_github(result: Mapping[str, Any]) -> str:
    """Return the findings of ``result`` as commands that a GitHub workflow takes for annotations.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands (2026-11)
    """
    lines = []
    for one in _all(result):
        where = f"file={_property(_file(result, one))},line={one['line']}"
        if one.get("column"):
            where += f",col={one['column']}"
        title = f"{one['code']} {rules()[one['code']].title}"
        text = visible(_text(one), None).replace("%", "%25")
        lines.append(f"::{_GITHUB[one['severity']]} {where},title={_property(title)}::{text}")
    return "\n".join(lines)


def _property(text: str) -> str:
    shown = visible(text, None).replace("%", "%25")
    return shown.replace(":", "%3A").replace(",", "%2C")


def as_gitlab(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the findings as a report on code quality.

    https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format (2026-11)
    """
    found = []
    seen: dict[str, int] = {}
    for one in _all(result):
        # Without the line: a finding stays the same when something is written above it.
        file = _file(result, one)
        what = "\0".join((file, one["code"], _text(one)))
        seen[what] = number = seen.get(what, 0) + 1
        fingerprint = hashlib.sha256(f"{what}\0{number}".encode(errors="replace")).hexdigest()
        found.append(
            {
                "description": f"{_text(one)} ({rules()[one['code']].remedy})",
                "check_name": one["code"],
                "fingerprint": fingerprint,
                "severity": _GITLAB[one["severity"]],
                "location": {"path": file, "lines": {"begin": one["line"]}},
            }
        )
    return found


def as_sarif(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the findings as SARIF, those that are accepted as suppressed."""
    found = [*_all(result), *result["accepted"]]
    broken = sorted({one["code"] for one in found})
    results = []
    for one in found:
        entry: dict[str, Any] = {
            "ruleId": one["code"],
            "ruleIndex": broken.index(one["code"]),
            "level": one["severity"],
            "message": {"text": _text(one)},
            "locations": [place(_file(result, one), one["line"], one.get("column", 0))],
        }
        if "reason" in one:
            entry["suppressions"] = [{"kind": "inSource", "justification": one["reason"]}]
        results.append(entry)
    return log([_rule(code) for code in broken], results)


def _rule(code: str) -> dict[str, Any]:
    rule = rules()[code]
    found: dict[str, Any] = {
        "id": code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": rule.severity},
    }
    if rule.page:
        found["helpUri"] = rule.page
    return found


def _file(result: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    return from_the_top(Path(one.get("file", result["file"])))


def _all(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [*result["mistakes"], *result["remarks"]]
    return found


def _text(one: Mapping[str, Any]) -> str:
    """Return a finding as one sentence: ``dot "reporting": keys: ...``."""
    parts = [one["block"], one["field"], one.get("problem") or one["text"]]
    return ": ".join(part for part in parts if part)
