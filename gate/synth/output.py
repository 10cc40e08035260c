"""Where synthesized stacks lie."""

from collections.abc import Mapping
from pathlib import Path

from athena_gate.modules.files import Unreadable, read_json
from athena_gate.stacks import places

PROJECT = Path("cdktf.json")
DEFAULT_OUTPUT = "cdktf.out"
_PROJECT_LIMIT = 64 * 1024


class Shared(Exception):
    """An environment may not have the output folder of the others; the message says what to do."""


def output_folder(variables: Mapping[str, str]) -> Path:
    """Return the folder for synthesized stacks: what ``CDKTF_OUTDIR`` names, which cdktf sets for
    the program it runs, else ``output`` of cdktf.json, else cdktf.out; in an environment that
    ``GATE_ENV`` names, ``environments/NAME`` in it.

    Raises ``Unreadable``, and ``Shared`` where cdktf is not told which folder is the
    environment's.
    """
    named, environment = variables.get("CDKTF_OUTDIR"), places.named(variables)
    if named and not environment:
        return Path(named)
    project = _project_output()
    # cdktf deletes what is not its own in stacks/, and nothing else.
    own = project / places.ENVIRONMENTS / environment if environment else project
    if named and Path(named).resolve() == project.resolve():
        raise Shared(f"{project} is not for one environment; run cdktf with --output {own}")
    return Path(named) if named else own


def _project_output() -> Path:
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
