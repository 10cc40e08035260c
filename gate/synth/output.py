"""Where synthesized stacks lie."""

from collections.abc import Mapping
from pathlib import Path

from athena_gate.modules.files import Unreadable, read_json

PROJECT = Path("cdktf.json")
DEFAULT_OUTPUT = "cdktf.out"
_PROJECT_LIMIT = 64 * 1024


def output_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder for synthesized stacks: what ``CDKTF_OUTDIR`` names, which cdktf sets for
    the program it runs, else ``output`` of cdktf.json, else cdktf.out. Raises ``Unreadable``."""
    if named := environment.get("CDKTF_OUTDIR"):
        return Path(named)
    try:
        project = read_json(PROJECT, _PROJECT_LIMIT)
    except Unreadable as error:
        if not error.missing:
            raise
        project = {}
    output = project.get("output", DEFAULT_OUTPUT) if isinstance(project, dict) else None
    if not isinstance(output, str) or not output:
        raise Unreadable(str(PROJECT), 'has no "output" that is the name of a folder')
    return Path(output)
