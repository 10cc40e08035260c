"""The actions that patterns of Action elements name, and what each works on.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html and the
Service Authorization Reference, as modules/iam/actions.json has it (2026-11). The actions AWS has
are a finite list and compared one by one; z3 is asked for those it may add.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path

import z3

from development.second_prover.texts import Expression, matches, pieces, same

_DATA = json.loads(
    (Path(__file__).parents[2] / "modules" / "iam" / "actions.json").read_text(encoding="utf-8")
)
# All actions of AWS; a set of them is a number whose bit n is the nth.
NAMES = tuple(
    f"{service}:{name}" for service, names in _DATA["names"].items() for name in names.split()
)
_SERVICE, _NAME = z3.String("service"), z3.String("action")
# In the name of an action that AWS may add: no name that it has holds one.
_MARK = pieces("*~*", True)


@dataclass(frozen=True, slots=True)
class Actions:
    """Actions that work on the same types of resources: those whose ARNs have one of ``forms``;
    None where nothing is known of that.

    ``bits`` are actions that AWS has. None means one that it may add: ``name`` of ``service``,
    any of that service, or where both are None, of a service that is not described, be it one that
    AWS has or one that it may add. ``NEW`` are all that it may add.
    """

    bits: int | None
    forms: tuple[str, ...] | None
    service: str | None = None
    name: str | None = None

    def laws(self) -> list[Expression]:
        """Return what holds of an action that AWS may add."""
        if self.bits is not None:
            return []
        if self == NEW:
            return [_is_new(_NAME)]
        if self.service is None:
            described = z3.Or(*(_is(_SERVICE, service) for service in _DATA["services"]))
            return [z3.Not(described), _is_new(_NAME)]
        named = _is_new(_NAME) if self.name is None else _is(_NAME, self.name)
        return [_is(_SERVICE, self.service), named]

    def named(self, patterns: Iterable[str]) -> Expression:
        """Return that one of ``patterns`` names the action; the ones AWS has, all or none."""
        if self.bits is None:
            return z3.Or(*(_is_like(pattern.lower()) for pattern in patterns))
        return z3.BoolVal(any(self.bits & bits_of(pattern) for pattern in patterns))

    def shown(self, model: Expression) -> str:
        """Return one of the actions."""
        if self.bits is not None:
            return NAMES[(self.bits & -self.bits).bit_length() - 1]
        name = model.eval(_NAME, model_completion=True).as_string()
        service = self.service or model.eval(_SERVICE, model_completion=True).as_string()
        return f"{service}:{name}"


NEW = Actions(None, None, "*")


@lru_cache(maxsize=1 << 12)
def bits_of(pattern: str) -> int:
    """Return the actions of AWS that ``pattern`` names; letters have no case."""
    if not _is_wild(pattern):
        place = _places().get(pattern.lower())
        return 0 if place is None else 1 << place
    low = pattern.lower()
    return _number(place for place, name in enumerate(_lower()) if same(low, name))


def _number(places: Iterable[int]) -> int:
    digits = bytearray(b"0" * len(NAMES))
    for place in places:
        digits[len(NAMES) - 1 - place] = ord("1")
    return int(digits, 2)


def _is(text: Expression, name: str) -> Expression:
    return text == z3.StringVal(name)


def _is_new(name: Expression) -> Expression:
    return matches(name, _MARK)


@cache
def _lower() -> tuple[str, ...]:
    return tuple(name.lower() for name in NAMES)


@cache
def _places() -> dict[str, int]:
    return {name: place for place, name in enumerate(_lower())}


@cache
def _groups() -> tuple[tuple[int, tuple[str, ...] | None], ...]:
    """Return the actions by what they work on, those of services that are not described last."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for service, described in _DATA["services"].items():
        for name, (_, *kinds) in described["actions"].items():
            forms = tuple(sorted(described["resources"][kind] for kind in kinds))
            place = _places().get(f"{service}:{name}".lower())
            if place is not None:
                groups.setdefault(forms, []).append(place)
    found = [(_number(places), forms) for forms, places in groups.items()]
    rest = (1 << len(NAMES)) - 1 - sum(bits for bits, _ in found)
    return (*found, (rest, None))


def classes(
    some: Sequence[str], not_some: Sequence[str], others: Sequence[str], but: Sequence[str]
) -> Iterator[Actions]:
    """Yield the actions that patterns of ``some`` name and none of ``not_some`` does, or where
    ``some`` is empty any but those, and so do ``others`` and ``but``."""
    wanted = union(some or ("*",)) & union(others) & ~union(not_some) & ~union(but)
    for bits, forms in _groups():
        if bits & wanted:
            yield Actions(bits & wanted, forms)
    for service, described in _DATA["services"].items():
        if _may_name_new(some or ("*",), service) and _may_name_new(others, service):
            # Whatever type of resource the service has.
            yield Actions(None, tuple(sorted(described["resources"].values())), service)
    if _may_name_new(some or ("*",), None) and _may_name_new(others, None):
        yield Actions(None, None)
    for pattern in chain(some, others):
        if not bits_of(pattern) and not _is_wild(pattern):
            service, _, name = pattern.lower().partition(":")
            yield Actions(None, None, service, name)


def _may_name_new(patterns: Sequence[str], service: str | None) -> bool:
    """Return whether one of ``patterns`` can name an action that AWS may add to ``service``, or
    (None) to one that is not described: only a wildcard can."""
    for pattern in patterns:
        before, colon, name = pattern.lower().partition(":")
        fits = before not in _DATA["services"] if service is None else same(before, service)
        if not colon or (_is_wild(name) and fits):
            return True
    return False


def _is_wild(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def union(patterns: Iterable[str]) -> int:
    """Return the actions that any of ``patterns`` names."""
    found = 0
    for pattern in patterns:
        found |= bits_of(pattern)
    return found


@lru_cache(maxsize=1 << 12)
def _is_like(pattern: str) -> Expression:
    """Return that ``pattern`` names an action that AWS may add."""
    return z3.Or(*(_halves(before, after) for before, after in _split(pattern)))


def _halves(before: str, after: str) -> Expression:
    parts = (pieces(half, True, variables=False) for half in (before, after))
    return z3.And(*map(matches, (_SERVICE, _NAME), parts))


def _split(pattern: str) -> Iterator[tuple[str, str]]:
    """Yield the patterns of service and name; in one without a colon a star stands for it."""
    before, colon, after = pattern.partition(":")
    if colon:
        yield before, after
        return
    for place, letter in enumerate(pattern):
        if letter == "*":
            yield f"{pattern[:place]}*", f"*{pattern[place + 1 :]}"
