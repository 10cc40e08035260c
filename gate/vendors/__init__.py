"""`gate vendors`: the catalogue, and one vendor of it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from athena_gate.modules.access.profile import WAYS
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_text

_LARGEST = MEBIBYTE // 4
_TITLE = re.compile(r'^title\s*=\s*"([^"\\]*)"', re.MULTILINE)
_CLASS = re.compile(r'^class\s*=\s*"([a-z]+)"', re.MULTILINE)
_PAGE = re.compile(r'^  (source|date|access)\s*=\s*"([^"\\]*)"', re.MULTILINE)
_WAY = re.compile(rf"^({'|'.join(WAYS)})\s*\{{", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Listed:
    """A vendor as the list shows it: the name of its block, its title and class, the ways in that
    it offers, its page and the day that was read, and whether the page has a policy."""

    kind: str
    title: str
    cls: str
    ways: tuple[str, ...]
    source: str
    date: str
    has_policy: bool

    def as_json(self) -> dict[str, Any]:
        """Return it as a dictionary, JSON-ready."""
        found = asdict(self)
        return {"kind": found.pop("kind"), "class": found.pop("cls"), **found}


def listed(profiles: Mapping[str, Path]) -> list[Listed]:
    """Return the vendors whose profiles (name of the block -> file) these are, by name.

    Looks for the lines that are shown, which is a hundred times quicker than to parse them all; a
    profile that cannot be read shows up without a title.
    """
    found = []
    for kind, file in sorted(profiles.items()):
        try:
            text = read_text(file, _LARGEST)
        except Unreadable:
            text = ""
        page = dict(_PAGE.findall(text))
        title, cls = _TITLE.search(text), _CLASS.search(text)
        ways = set(_WAY.findall(text))
        found.append(
            Listed(
                kind,
                title[1] if title else "",
                cls[1] if cls else "",
                tuple(way for way in WAYS if way in ways),
                page.get("source", ""),
                page.get("date", ""),
                "access" in page,
            )
        )
    return found
