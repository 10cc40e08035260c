"""`gate rotate`: an access key is renewed in steps, and none of them leaves the vendor without one.

A generation is added, applied and handed over; when the vendor uses the new key, the old generation
is removed and applied. Which step is next, AWS and the state say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from athena_gate.gate.keys import ELSEWHERE, MOST, QUIET, Key, Keys
from athena_gate.modules.command_line import to_run

_HOURS = int(QUIET.total_seconds()) // 3600


@dataclass(frozen=True, slots=True)
class Step:
    """What a rotation does now: a ``generation`` to "add" or "remove", to "wait" for what is
    ``next``, or nothing, "refused". ``says`` is why, and ``next`` what the user does then."""

    do: Literal["add", "remove", "wait", "refused"]
    says: str
    next: tuple[str, ...] = ()
    generation: str = ""


def step(
    stack: str,
    wanted: Sequence[str],
    keys: Keys | None,
    now: datetime,
    *,
    finish: bool = False,
    named: str | None = None,
    until: str | None = None,
) -> Step:
    """Return the next step of the rotation of ``stack``, whose generations in gate.hcl are
    ``wanted`` and whose access ends with the day ``until``; ``keys`` is what AWS and the state
    have, None when they could not be asked.

    With ``finish`` the old generation is to be removed; ``named`` is what a new one is called.
    """
    if finish:
        return _finish(stack, wanted, keys, now)
    if len(wanted) < MOST:
        if until is not None and date.fromisoformat(until) < now.date():
            says = f"access has ended with {until}, and AWS would refuse a new key as well"
            return Step("refused", f"{says}; set a later day, or delete the block")
        return _begin(stack, wanted, keys, now, named)
    if keys is None:
        return Step("wait", f"two generations already: {' and '.join(wanted)}", _hand_over(stack))
    if not_made := [name for name in wanted if name not in keys.state]:
        if stuck := _stuck(keys, now, len(not_made)):
            return stuck
        return Step(
            "wait", f"generation {not_made[0]} is not applied yet", (to_run(f"apply {stack}"),)
        )
    old, new = _old_and_new(keys, wanted)
    if old is None or new is None:
        return _deleted(stack, keys)
    if new.used is None:
        return Step("wait", f"generation {new.generation} was not used yet", _hand_over(stack))
    used = f"on {old.used.date()}" if old.used else "never"
    return Step(
        "wait",
        f"generation {new.generation} is used since {new.used.date()} or before, the old "
        f"{old.generation} was used last {used}",
        _hand_over(stack) if _needed(old, new) else (to_run(f"rotate {stack} --finish"),),
    )


def new_name(wanted: Sequence[str], today: date) -> str:
    """Return what a generation that is made ``today`` is called."""
    month = f"{today:%Y-%m}"
    names = [month, *(f"{month}-{letter}" for letter in "bcdefgh")]
    return next(name for name in names if name not in wanted)


def _begin(
    stack: str, wanted: Sequence[str], keys: Keys | None, now: datetime, named: str | None
) -> Step:
    name = named or new_name(wanted, now.date())
    if name in wanted:
        return Step("refused", f"generation {name} is there already; name another one")
    if keys is not None:
        left = [one for one in keys.state if one not in wanted]
        if left:
            return Step(
                "wait", f"generation {left[0]} is removed and not gone", (to_run(f"apply {stack}"),)
            )
        if not keys.state and not keys.found:
            return Step("wait", "no key was made yet", (to_run(f"apply {stack}"),))
        if stuck := _stuck(keys, now, 1):
            return stuck
    return Step(
        "add",
        f"generation {name} is new in gate.hcl; {' and '.join(wanted)} goes on working",
        (to_run(f"apply {stack}"), *_hand_over(stack)),
        name,
    )


def _finish(stack: str, wanted: Sequence[str], keys: Keys | None, now: datetime) -> Step:
    if len(wanted) < MOST:
        return Step(
            "refused",
            f"{wanted[0]} is the last generation; a rotation begins with another one",
            (to_run(f"rotate {stack}"),),
        )
    if keys is None:
        return Step("refused", "whether the old key is still used is not known")
    old, new = _old_and_new(keys, wanted)
    if old is None or new is None:
        return _deleted(stack, keys)
    if not new.active:
        return Step(
            "refused", f"generation {new.generation} is deactivated, {old.generation} is the last"
        )
    if new.used is None:
        return Step(
            "refused",
            f"generation {new.generation} was never used, so {old.generation} is the last one "
            "that works",
            _hand_over(stack)[:1],
        )
    if old.active and old.in_use(now):
        assert old.used is not None
        return Step(
            "refused",
            f"generation {old.generation} was used {old.used:%Y-%m-%d %H:%M} UTC, within "
            f"{_HOURS} hours: somebody still has it; wait until all use the new one",
        )
    if _needed(old, new):
        assert old.used is not None
        return Step(
            "refused",
            f"generation {old.generation} was used {old.used:%Y-%m-%d %H:%M} UTC, after "
            f"{new.generation} was last: somebody still has it; wait until all use the new one, or "
            "deactivate it first",
            (keys.to_deactivate(old), to_run(f"rotate {stack} --finish")),
        )
    return Step(
        "remove",
        f"generation {old.generation} is gone from gate.hcl; {new.generation} goes on working",
        (to_run(f"apply {stack}"),),
        str(old.generation),
    )


def _needed(old: Key, new: Key) -> bool:
    """Return whether ``old`` was used after ``new`` was: by a job that runs once a week, say, while
    somebody has only tried the new one."""
    if old.used is None or new.used is None:
        return False
    return old.active and old.used > new.used


def _old_and_new(keys: Keys, wanted: Sequence[str]) -> tuple[Key | None, Key | None]:
    """Return the keys of two generations, the one that was made first in front."""
    found = [key for name in wanted if (key := keys.of(name))]
    if len(found) < MOST:
        return None, None
    old, new = sorted(found, key=lambda key: (key.made, wanted.index(str(key.generation))))
    return old, new


def _stuck(keys: Keys, now: datetime, more: int) -> Step | None:
    """Return why AWS would make no further key, if it would not."""
    if len(keys.found) + more <= MOST or not keys.unknown:
        return None
    key = keys.unknown[0]
    why = keys.why_not_removed(key, now)
    says = f"AWS makes no third key, and {key.id} is in no state"
    if why:
        return Step("refused", f"{says}; {why}")
    lost = "nobody has its secret" if keys.state else f"no state here knows any key; {ELSEWHERE}"
    return Step(
        "refused",
        f"{says}: an apply that ended early has left it, and {lost}",
        (to_run(f"keys {keys.stack} --remove {key.id}"), to_run(f"rotate {keys.stack}")),
    )


def _deleted(stack: str, keys: Keys) -> Step:
    if not keys.state:
        return Step(
            "refused",
            f"no state here knows any key of {stack}: another clone or backend may have it",
            (to_run(f"keys {stack}"), to_run("doctor")),
        )
    lacking = [name for name in keys.wanted if keys.of(name) is None]
    return Step(
        "refused",
        f"AWS has no key of generation {' and '.join(lacking)}",
        (to_run(f"keys {stack}"), to_run(f"apply {stack}")),
    )


def _hand_over(stack: str) -> tuple[str, ...]:
    return (
        f"{to_run(f'sheet {stack}')}, and hand the new key over",
        f"{to_run(f'rotate {stack} --finish')}, when the vendor uses it",
    )
