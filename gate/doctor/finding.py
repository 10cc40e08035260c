"""What a check finds, and how checks that wait on the network run side by side."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass
from typing import Any, Literal

from athena_gate.modules.files import MEBIBYTE

# "note" stops nothing: worth knowing, or not for this machine to check.
Status = Literal["ok", "note", "stop"]

PATIENCE = 2.0
LIMIT = 5.0
# A process that computes for more than this part of the time is not waiting for an answer.
_BUSY = 0.05
_SLICE = 0.1
# What is read of a server's answer.
ANSWER_LIMIT = MEBIBYTE


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what to do about it, which is empty where there is nothing."""

    check: str
    status: Status
    found: str
    next: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the finding as ``{"check", "status", "found", "next"}``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at: its name, and a function that may take its time; as long as it wants
    when it is ``local``."""

    name: str
    look: Callable[[], list[Finding]]
    local: bool = False


def look_at(
    checks: Sequence[Check], waiting: Callable[[list[str]], None] = lambda _: None
) -> list[Finding]:
    """Return what all ``checks`` find, in their order.

    After ``PATIENCE`` seconds ``waiting`` is told the names of those still under way. One that is
    not local and does not end after ``LIMIT`` seconds of waiting is a finding of its own; time in
    which this process computes, be it slowly on a machine that is busy, does not count.
    """
    futures: list[Future[list[Finding]]] = [Future() for _ in checks]
    for check, future in zip(checks, futures, strict=True):
        # An executor's threads would be waited for when the program ends; name resolution alone
        # can take half a minute.
        threading.Thread(target=_fulfil, args=(check, future), daemon=True).start()
    if _left(futures, PATIENCE):
        late = [c.name for c, future in zip(checks, futures, strict=True) if not future.done()]
        waiting(late)
        _left([f for c, f in zip(checks, futures, strict=True) if not c.local], LIMIT - PATIENCE)
    wait([future for check, future in zip(checks, futures, strict=True) if check.local])
    return [
        finding
        for check, future in zip(checks, futures, strict=True)
        for finding in (future.result() if future.done() else [_late(check)])
    ]


def _left(futures: Sequence[Future[list[Finding]]], seconds: float) -> bool:
    """Wait for ``futures`` until this process has had nothing to do for ``seconds``, and return
    whether any is left."""
    waited = 0.0
    while any(not future.done() for future in futures):
        if waited >= seconds:
            return True
        began, computed = time.monotonic(), time.process_time()
        wait(futures, min(_SLICE, seconds))
        took = time.monotonic() - began
        if time.process_time() - computed < took * _BUSY:
            waited += took
    return False


def _fulfil(check: Check, future: Future[list[Finding]]) -> None:
    try:
        future.set_result(check.look())
    except BaseException as error:
        future.set_exception(error)


def _late(check: Check) -> Finding:
    return Finding(
        check.name,
        "stop",
        f"no answer within {LIMIT:.0f} seconds",
        "look at the network, VPN or proxy (HTTPS_PROXY, NO_PROXY), then run it again",
    )
