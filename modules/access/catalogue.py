"""The profiles of vendors, and the blocks that are made from them."""

from functools import cache
from pathlib import Path
from typing import Any

from athena_gate.modules import hcl
from athena_gate.modules.access.profile import Profile
from athena_gate.modules.access.settings import Access, block_of
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_text
from athena_gate.modules.findings import unreadable
from athena_gate.modules.reading import ConfigurationError, Notes, build
from athena_gate.modules.vendors import CATALOGUE, PROFILE

_LARGEST = MEBIBYTE // 4


@cache
def load_profile(file: Path) -> Profile:
    """Return the profile in ``file``. Raises ``ConfigurationError`` with all its mistakes."""
    shown = str(file)
    try:
        text = read_text(file, _LARGEST)
    except Unreadable as error:
        raise ConfigurationError(shown, [unreadable(error)]) from None
    body, mistakes = hcl.parse(text)
    notes = Notes(mistakes)
    profile: Any = None
    if body.blocks or body.attributes or not mistakes:
        profile = build(body, Profile, None, notes, {"folder": file.parent, "accounts": {}})
    if notes.mistakes:
        raise ConfigurationError(shown, notes.mistakes)
    found: Profile = profile
    return found


@cache
def vendor_block(kind: str, folder: Path | None = None) -> type[Access]:
    """Return what the block ``kind`` accepts: of the vendor whose profile lies in ``folder``, by
    default in the catalogue. Raises ``ConfigurationError`` for a mistake in the profile."""
    place = folder or CATALOGUE / kind
    return block_of(kind, load_profile(place / PROFILE), place)
