"""A line for each stack while Terraform runs: at a terminal they change in place, in a log each
stack has a line when it is done."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from athena_gate.gate.deploy import Progress

# Where a stack gets no further.
_ENDS = ("no changes", "planned", "applied", "failed", "interrupted", "not started")


@contextmanager
def shown(stacks: Sequence[str]) -> Iterator[Progress]:
    """Give what is told how far each of ``stacks`` is, and shows it on standard error."""
    if not sys.stderr.isatty():
        yield _log
        return
    # 60 ms, which a log need not wait for.
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    states = dict.fromkeys(stacks, "waiting")
    width = max(map(len, stacks), default=0)

    def lines() -> Text:
        return Text("\n".join(f"{stack:<{width}}  {state}" for stack, state in states.items()))

    console = Console(stderr=True, highlight=False)
    with Live(lines(), console=console, auto_refresh=False, transient=True) as live:

        def progress(stack: str, state: str) -> None:
            if states[stack] != state:
                states[stack] = state
                live.update(lines(), refresh=True)

        yield progress


def _log(stack: str, state: str) -> None:
    if state in _ENDS:
        print(f"{stack}: {state}", file=sys.stderr)
