"""The first step in a folder: what `gate init` writes."""

from pathlib import Path

from athena_gate.gate.doctor.finding import Finding

PROJECT = Path("cdktf.json")


def first_step(file: Path) -> list[Finding]:
    """Return whether ``file``, the configuration, and cdktf.json are there."""
    if not file.exists():
        next_step = "run `gate init`, which makes one, or name another: `gate --file FILE doctor`"
        return [Finding("gate.hcl", "stop", f"no {file} here", next_step)]
    if not PROJECT.exists():
        found = f"no {PROJECT} here: cdktf does not know this folder; gate synth needs none"
        return [Finding(str(PROJECT), "note", found, "run `gate init`, which adds what is missing")]
    return []
