"""What time it is, for what ends on a day: keys, access, acceptances."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time

_SET: ContextVar[datetime | None] = ContextVar("set", default=None)


def now() -> datetime:
    """Return the time, in UTC as AWS has it."""
    return _SET.get() or datetime.now(UTC)


def today() -> date:
    """Return the day, in UTC."""
    return now().date()


@contextmanager
def at(day: date) -> Iterator[None]:
    """Have it be ``day``."""
    token = _SET.set(datetime.combine(day, time(12), UTC))
    try:
        yield
    finally:
        _SET.reset(token)
