"""Access keys in a terminal, and as JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from athena_gate.gate.keys import Key, Keys
from athena_gate.modules.command_line import to_run


def as_text(keys: Keys, now: datetime) -> str:
    """Return a line for each key, then what is wrong."""
    return "\n".join(_lines(keys, now))


def _lines(keys: Keys, now: datetime) -> Iterator[str]:
    yield f"{keys.stack}: user {keys.user} in {keys.account}"
    if not keys.found:
        yield f"  no access key; {to_run(f'apply {keys.stack}')} makes those of gate.hcl"
    width = max((len(key.generation or "-") for key in keys.found), default=1)
    for key in keys.found:
        status = "active  " if key.active else "inactive"
        yield (
            f"  {key.generation or '-':<{width}}  {key.id}  {status}  {key.age(now)} days old, "
            f"{_used(key)}"
        )
    for one in keys.problems(now):
        yield f"warning: {one.field}: {one.text} [{one.code}]"


def _used(key: Key) -> str:
    if key.used is None:
        return "never used"
    return f"used {key.used:%Y-%m-%d %H:%M}" + (f" ({key.service})" if key.service else "")


def as_json(keys: Keys, now: datetime) -> dict[str, Any]:
    """Return ``{"stack", "user", "account", "keys": [{"id", "generation", "active", "made",
    "age_days", "last_used", "service"}], "problems": [{"code", "about", "text"}]}``."""
    return {
        "stack": keys.stack,
        "user": keys.user,
        "account": keys.account,
        "keys": [
            {
                "id": key.id,
                "generation": key.generation,
                "active": key.active,
                "made": key.made.isoformat(),
                "age_days": key.age(now),
                "last_used": key.used.isoformat() if key.used else None,
                "service": key.service,
            }
            for key in keys.found
        ],
        "problems": [
            {"code": one.code, "about": one.field, "text": one.text} for one in keys.problems(now)
        ],
    }
