"""`gate vendors`: the catalogue, and one vendor of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from athena_gate.modules.access.catalogue import load_profile
from athena_gate.modules.reading import ConfigurationError


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


def listed(profiles: Mapping[str, Path]) -> tuple[list[Listed], list[ConfigurationError]]:
    """Return the vendors whose profiles (name of the block -> file) these are, by name, and what is
    wrong with the other profiles."""
    found: list[Listed] = []
    wrong: list[ConfigurationError] = []
    for kind, file in sorted(profiles.items()):
        try:
            profile = load_profile(file)
        except ConfigurationError as error:
            wrong.append(error)
            continue
        page = profile.page
        found.append(
            Listed(
                kind,
                profile.title,
                profile.cls,
                tuple(profile.ways),
                page.source,
                page.date,
                page.access is not None,
            )
        )
    return found, wrong
