"""Command lines of `gate` that messages tell one to run.

What stands before the command, `--file` and `--env`, says whose stacks it is about: without it the
same words would make, or destroy, those of another configuration or environment. So each message
that names a command to be run has it from here.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_given: dict[str, str] = {}


@contextmanager
def given(options: Mapping[str, str]) -> Iterator[None]:
    """Have ``to_run`` name ``options``, the words of a shell by the option they belong to, which
    were given to the command that runs now."""
    before = dict(_given)
    _given.clear()
    _given.update(options)
    try:
        yield
    finally:
        _given.clear()
        _given.update(before)


def to_run(command: str, *, file: str | None = None, environment: str | None = None) -> str:
    """Return the line that runs ``command``, as in "apply dot-reporting", on the configuration and
    in the environment of the command that runs now, or on ``file`` and in ``environment`` (empty
    for none), which are words of a shell."""
    options = dict(_given)
    for option, value in (("--file", file), ("--env", environment)):
        if value:
            options[option] = value
        elif value is not None:
            options.pop(option, None)
    return " ".join(["gate", *(f"{option} {options[option]}" for option in options), command])


def to_synthesize() -> str:
    """Return how to synthesize; cdktf knows of no options, so with any it is `gate` alone."""
    line = to_run("synth")
    return line if _given else f"{line} (or cdktf synth)"
