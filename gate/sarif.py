"""SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
(2020-03)."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote


def log(rules: Iterable[Mapping[str, Any]], results: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the log of one run of this program: what it looks for, and what it found."""
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "athena-gate",
                        "version": version("athena-gate"),
                        "rules": list(rules),
                    }
                },
                "results": list(results),
            }
        ],
    }


def place(file: str, line: int, column: int = 0) -> dict[str, Any]:
    """Return a location in ``file``; a ``column`` of 0 is none."""
    region = {"startLine": line}
    if column:
        region["startColumn"] = column
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(Path(file).as_posix())},
            "region": region,
        }
    }
