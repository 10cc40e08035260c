"""What `gate init` says."""

from collections.abc import Mapping, Sequence

from athena_gate.gate.init import Refused, Started
from athena_gate.gate.quoting import shell
from athena_gate.modules.files import visible
from athena_gate.stacks.configuration import DEFAULT_FILE


def as_text(started: Started) -> str:
    """Return a line for each file."""
    return "\n".join(line(did, name) for name, did in started.done.items())


def line(did: str, name: object) -> str:
    """Return the line that says what was done to the file ``name``."""
    return f"{did:8}  {visible(name)}"


def next_steps(started: Started) -> str:
    """Return the three commands that come next."""
    file = started.configuration.file
    gate = ["gate"] if file == DEFAULT_FILE else ["gate", "--file", file]
    steps = {
        "synth": "writes the Terraform",
        "prove": "proves what it allows, and what it never can",
        "apply": "makes it in AWS; gate doctor says what would stop it",
    }
    commands = {shell([*gate, name]): meaning for name, meaning in steps.items()}
    width = max(map(len, commands))
    return "\n".join(["next:", *(f"  {c:{width}}  # {meaning}" for c, meaning in commands.items())])


def refusal(refused: Refused) -> str:
    """Return what is wrong and what is missing, each on lines of its own."""
    return "\n".join([*refused.problems, *_flags(refused.missing)])


def _flags(missing: Mapping[str, str]) -> Sequence[str]:
    if not missing:
        return ()
    names = {flag: f"--{flag.replace('_', '-')}" for flag in missing}
    width = max(map(len, names.values()))
    lines = [f"  {names[flag]:{width}}  {asks}" for flag, asks in missing.items()]
    more = "what else it needs depends on the vendor" if "vendor" in missing else ""
    return ["missing:", *lines, *([f"  {more}"] if more else [])]
