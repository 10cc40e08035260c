"""Which conditions can be met, and which must be, when only some values of the condition keys are
known.

Each key is decided on its own, for it is what it is whatever the others are, and with all
conditions on it at once: those of an Allow, which all have to be met, and those of each Deny.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from math import comb, prod

from athena_gate.modules.iam.claims import AnyBut, Given, Since, When
from athena_gate.modules.iam.condition_keys import ConditionKey, condition_key
from athena_gate.modules.iam.conditions import (
    Context,
    Truth,
    all_of,
    any_of,
    holds,
    parsed_operator,
    read_date,
)
from athena_gate.modules.iam.patterns import PatternsTooComplex
from athena_gate.modules.iam.policy import Condition
from athena_gate.modules.iam.value_classes import Value, values_of

# A policy of people leaves one or two.
_MOST = 1_000
_MOST_SETS = 20_000
_VARIABLE = re.compile(r"\$\{([^},]*)")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Condition keys (by their names in lower case) that stand for all requests with values of the
    same classes; no values: the request lacks the key. ``sure`` says by number which Denies have
    conditions that are then certainly met."""

    values: Mapping[str, tuple[str, ...]]
    sure: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Class:
    """Values of a key that stand for a class, and what each of some conditions says of it."""

    values: tuple[str, ...]
    truths: tuple[Truth, ...]


def circumstances(
    allow: Sequence[Condition], denies: Sequence[Sequence[Condition]], when: When
) -> tuple[Circumstances, ...]:
    """Return the circumstances of ``when`` in which the conditions ``allow`` may be met: of those
    in which some of ``denies`` certainly apply only the ones in which fewest do, so that whatever
    escapes the Denies does so in one of them. None of them: ``allow`` is never met.

    Raises ``UnknownOperator``, and ``PatternsTooComplex`` when there are too many.
    """
    named = frozenset((key.lower(), given) for key, given in when.items())
    return _circumstances(tuple(allow), tuple(map(tuple, denies)), named)


def certain(conditions: Sequence[Condition], when: When) -> bool:
    """Return whether all of ``conditions`` are met, whatever the values that ``when`` leaves open.

    The keys of ``when`` are in lower case.
    """
    return all(one.sure for one in circumstances([], [conditions], when))


def candidates(given: Given, conditions: Sequence[Condition]) -> tuple[tuple[str, ...], ...]:
    """Return values of a key that stand for all that ``given`` allows, as far as each of
    ``conditions``, all on that key, can tell them apart; no values: the request lacks the key."""
    key = conditions[0].key.lower() if conditions else ""
    return tuple(one.values for one in _classes(key, given, tuple(conditions)))


@lru_cache(maxsize=1 << 12)
def _circumstances(
    allow: tuple[Condition, ...],
    denies: tuple[tuple[Condition, ...], ...],
    when: frozenset[tuple[str, Given]],
) -> tuple[Circumstances, ...]:
    given = dict(when)
    every = frozenset(range(len(denies)))
    by_key: dict[str, dict[Condition, None]] = {key: {} for key in sorted(given)}
    for condition in (*allow, *(condition for deny in denies for condition in deny)):
        by_key.setdefault(condition.key.lower(), {})[condition] = None
    choices = []
    for key, on_key in by_key.items():
        conditions = tuple(on_key)
        own = [n for n, condition in enumerate(conditions) if condition in allow]
        of_denies = [
            [n for n, condition in enumerate(conditions) if condition in deny] for deny in denies
        ]
        found = []
        for one in _classes(key, given.get(key, AnyBut()), conditions):
            mine = [one.truths[n] for n in own]
            if False in mine:
                continue
            theirs = [all_of(one.truths[n] for n in those) for those in of_denies]
            stopped = frozenset(n for n, truth in enumerate(theirs) if truth is not True)
            found.append(_Choice(one.values, stopped, None not in (*mine, *theirs)))
        choices.append(_best(found))
    if prod(map(len, choices)) > _MOST:
        raise PatternsTooComplex("the conditions leave too many cases")
    return tuple(
        Circumstances(
            {key: one.values for key, one in zip(by_key, chosen, strict=True)},
            every.difference(*(one.stopped for one in chosen)),
        )
        for chosen in product(*choices)
    )


@dataclass(frozen=True, slots=True)
class _Choice:
    """Values of one key; ``stopped`` are the Denies that they hold up, by number, and ``known`` is
    whether nothing else that is said of them is in doubt."""

    values: tuple[str, ...]
    stopped: frozenset[int]
    known: bool


def _best(found: Iterable[_Choice]) -> list[_Choice]:
    """Return the choices that none beats: by which more Denies are held up, or the same in less
    doubt; those without doubt first."""
    kept: list[_Choice] = []
    for one in found:
        if not any(one.stopped <= other.stopped and one.known <= other.known for other in kept):
            kept = [k for k in kept if not (k.stopped <= one.stopped and k.known <= one.known)]
            kept.append(one)
    return sorted(kept, key=lambda choice: not choice.known)


@lru_cache(maxsize=1 << 12)
def _classes(key: str, given: Given, conditions: tuple[Condition, ...]) -> tuple[_Class, ...]:
    """Return classes of what ``given`` allows of ``key``, as ``conditions`` tell them apart."""
    known = condition_key(key)
    if isinstance(given, Since):
        return _classes_since(key, given.moment, conditions)
    if not isinstance(given, AnyBut):
        return (_Class(given, tuple(_holds(one, key, given) for one in conditions)),)
    found: dict[tuple[Truth, ...], tuple[str, ...]] = {}
    if known.sent != "every request":
        found[tuple(_holds(one, key, ()) for one in conditions)] = ()
    values = values_of(known, given.values, conditions)
    for value in values:
        truths = tuple(_of_one(one, key, value, alone=True) for one in conditions)
        found.setdefault(truths, (value.text,))
    if _can_be_several(known, conditions):
        for texts, truths in _of_several(key, values, conditions):
            found.setdefault(truths, texts)
    return tuple(_Class(texts, truths) for truths, texts in found.items())


def _classes_since(key: str, moment: str, conditions: tuple[Condition, ...]) -> tuple[_Class, ...]:
    """Return classes of the times from ``moment`` on, as ``conditions`` tell them apart."""
    start = read_date(moment)
    since = Condition("DateGreaterThanEquals", key, (moment,))
    times = [
        (time, value)
        for value in values_of(condition_key(key), (), (*conditions, since))
        if (time := read_date(value.text)) is not None and start is not None and time >= start
    ]
    found: dict[tuple[Truth, ...], tuple[str, ...]] = {}
    for _, value in sorted(times, key=lambda one: one[0]):
        truths = tuple(_of_one(one, key, value, alone=True) for one in conditions)
        found.setdefault(truths, (value.text,))
    return tuple(_Class(texts, truths) for truths, texts in found.items())


def _can_be_several(key: ConditionKey, conditions: Iterable[Condition]) -> bool:
    """Return whether a request can have several values of ``key``; where that is not known,
    whether a policy takes it to be so."""
    if key.several is None:
        return any(parsed_operator(condition.operator)[0] for condition in conditions)
    return key.several


def _of_several(
    key: str, values: Sequence[Value], conditions: Sequence[Condition]
) -> Iterator[tuple[tuple[str, ...], tuple[Truth, ...]]]:
    """Yield several values together, and what each of ``conditions`` says of them.

    Two of a class are as one. More than one for each condition, or two, are never needed: each
    has one value for the sake of which it is met, or is not.
    """
    by_truths: dict[tuple[Truth, ...], str] = {}
    for value in values:
        truths = tuple(_of_one(one, key, value, alone=False) for one in conditions)
        by_truths.setdefault((*truths, bool(value.text)), value.text)
    quantified = [parsed_operator(condition.operator)[0] for condition in conditions]
    kinds = list(by_truths)
    most = max(2, sum(map(bool, quantified)))
    if sum(comb(len(kinds), size) for size in range(2, most + 1)) > _MOST_SETS:
        raise PatternsTooComplex("conditions with several values of a key leave too many cases")
    # A list can hold two values of one class; of two empty ones nothing is documented.
    pairs = [(kind, kind) for kind in kinds]
    sets = (some for size in range(2, most + 1) for some in combinations(kinds, size))
    for some in (*pairs, *sets):
        truths = tuple(
            _of_set(condition, quantifier, [kind[n] for kind in some], any(k[-1] for k in some))
            for n, (condition, quantifier) in enumerate(zip(conditions, quantified, strict=True))
        )
        yield tuple(by_truths[kind] for kind in some), truths


def _of_set(
    condition: Condition, quantifier: str, truths: Sequence[Truth], with_text: bool
) -> Truth:
    """Return whether a set operator's condition holds for values of which each alone has one of
    ``truths``; ``with_text`` is whether one of them is more than an empty text."""
    if condition.operator == "Null":
        return _holds(condition, condition.key.lower(), ("x" if with_text else "",))
    if not quantifier:
        return None
    if not with_text:
        return quantifier == "ForAllValues"
    return all_of(truths) if quantifier == "ForAllValues" else any_of(truths)


def _of_one(condition: Condition, key: str, value: Value, alone: bool) -> Truth:
    """Return whether ``condition`` holds for one value: ``alone``, or as one of several."""
    quantifier, name, _ = parsed_operator(condition.operator)
    if value.only_text and not name.startswith(("String", "Arn", "Null")):
        return None
    if not alone and quantifier:
        condition = Condition(name, condition.key, condition.values)
    return _holds(condition, key, (value.text,))


def _holds(condition: Condition, key: str, values: tuple[str, ...]) -> Truth:
    """Return whether ``condition`` holds for exactly these values of its key, in any version of
    the policy language, and whatever policy variables stand for."""
    if not any("${" in value for value in condition.values):
        return holds(condition, Context({key: values} if values else {}, frozenset()), True)
    variables = {name.lower() for value in condition.values for name in _VARIABLE.findall(value)}
    if key in variables:
        return None
    context = Context({key: values} if values else {}, frozenset(variables))
    old, new = (holds(condition, context, has_variables) for has_variables in (False, True))
    return old if old is new else None
