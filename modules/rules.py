"""The rules of gate.hcl, as `rules.toml` has them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a finding breaks: ``name`` is a short word for it, ``page`` an address or empty."""

    code: str
    name: str
    title: str
    severity: Severity
    why: str
    example: str
    remedy: str
    page: str = ""


@cache
def rules() -> Mapping[str, Rule]:
    """Return all rules by their codes."""
    with (Path(__file__).parent / "rules.toml").open("rb") as file:
        content = tomllib.load(file)
    del content["retired"]
    return {code: Rule(code, **fields) for code, fields in content.items()}
