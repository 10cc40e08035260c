"""The first step in a folder: what `gate init` writes."""

from pathlib import Path

from athena_gate.gate.doctor.finding import Finding
from athena_gate.modules.command_line import to_run

PROJECT = Path("cdktf.json")


def first_step(file: Path) -> list[Finding]:
    """Return whether ``file``, the configuration, and cdktf.json are there."""
    if not file.exists():
        next_step = (
            f"run `{to_run('init', environment='')}`, which makes one, or name another: "
            f"`{to_run('doctor', file='FILE')}`"
        )
        return [Finding("gate.hcl", "stop", f"no {file} here", next_step)]
    if not PROJECT.exists():
        found = f"no {PROJECT} here: cdktf does not know this folder; {to_run('synth')} needs none"
        return [Finding(str(PROJECT), "note", found, "run `gate init`, which adds what is missing")]
    return []
