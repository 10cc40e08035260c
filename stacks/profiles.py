"""Reads the profiles of vendors, by the same reader as gate.hcl."""

from functools import cache
from pathlib import Path
from typing import Any

from modules.access.profile import Profile
from modules.files import MEBIBYTE, Unreadable, read_text
from stacks import hcl
from stacks.configuration import ConfigurationError, Notes, build
from stacks.hcl import Mistake

_LARGEST = MEBIBYTE // 4


@cache
def load_profile(file: Path) -> Profile:
    """Return the profile in ``file``. Raises ``ConfigurationError`` with all its mistakes."""
    shown = str(file)
    try:
        text = read_text(file, _LARGEST)
    except Unreadable as error:
        raise ConfigurationError(shown, [Mistake(1, "", "", error.problem)]) from None
    body, mistakes = hcl.parse(text)
    notes = Notes(mistakes)
    profile: Any = None
    if body.blocks or body.attributes or not mistakes:
        profile = build(body, Profile, None, notes, {"folder": file.parent, "accounts": {}})
    if notes.mistakes:
        raise ConfigurationError(shown, notes.mistakes)
    found: Profile = profile
    return found
