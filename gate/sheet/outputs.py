"""The outputs of a deployed stack, as Terraform has them."""

import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from athena_gate.gate.stack.applied import half_applied, missing, unfinished
from athena_gate.gate.stack.state import local_file, parse, problem
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import MEBIBYTE, Unreadable, parse_json, visible

OUTPUTS_LIMIT = MEBIBYTE
# The names of outputs, up to the generation of the key.
SECRET = "encrypted_secret_"
KEY_ID = "access_key_id_"


class NotDeployed(Exception):
    """The stack has no outputs yet; the message says how to deploy it."""


def read_outputs(stack: str, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the outputs of the stack in ``folder`` as ``terraform output -json`` has them.

    Raises ``NotDeployed`` when there are none, or when the stack is half applied, or its state is
    missing or broken.
    """
    file = folder / "cdk.tf.json"
    if not file.exists():
        raise NotDeployed(f"{stack} was not synthesized yet; run: {to_run(f'apply {stack}')}")
    if broken := problem(stack, file):
        raise NotDeployed(broken)

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", f"-chdir={folder}", *arguments],
            env=dict(environment),
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
        )

    shown = terraform("output", "-json", "-no-color")
    detail = _error(shown.stderr)
    if shown.returncode != 0:
        # A stack that was deployed elsewhere, or synthesized anew, has no working directory here.
        begun = terraform("init", "-input=false", "-no-color")
        shown = terraform("output", "-json", "-no-color")
        # What kept it from beginning says more than that it has not begun.
        detail = _error(begun.stderr) if begun.returncode else _error(shown.stderr)
    # What an apply that ended in the middle has left.
    with suppress(Unreadable):
        known = parse(terraform("state", "pull").stdout, stack)
        if left := missing(file, known.resources):
            raise NotDeployed(half_applied(stack, left))
        if known.tainted:
            raise NotDeployed(unfinished(stack, known.tainted))
    state = local_file(file)
    if state and not state.exists():
        detail = f"there is no state {state}: nothing was applied from this folder"
    return parse_outputs(stack, shown.stdout, visible(detail))


def _error(text: str) -> str:
    """Return the first error in ``text``, which Terraform has printed."""
    lines = [line.strip("╷╵│ ") for line in text.splitlines()]
    return next((line for line in lines if line.startswith("Error")), "")


def parse_outputs(stack: str, text: str, detail: str = "") -> dict[str, Any]:
    """Return the outputs in ``text``, what ``terraform output -json`` printed of ``stack``.

    Raises ``NotDeployed``, with ``detail``, when there are none, or those of something else.
    """
    next_step = f"run: {to_run(f'apply {stack}')}"
    if not text.strip():
        raise NotDeployed(f"{stack} has no outputs{f' ({detail})' if detail else ''}; {next_step}")
    if len(text) > OUTPUTS_LIMIT:
        raise NotDeployed(f"the outputs of {stack} are too large; {next_step}")
    try:
        outputs = parse_json(text, f"the outputs of {stack}")
    except Unreadable as error:
        raise NotDeployed(f"{error}; {next_step}") from None
    match outputs:
        case {"handoff": {"value": dict(handoff)}, **others}:
            names = [str(name) for name in others if str(name).startswith(SECRET)]
            wanted = {KEY_ID + name.removeprefix(SECRET) for name in names}
            if wanted <= handoff.keys() and all(isinstance(v, str) for v in handoff.values()):
                return dict(outputs)
        case dict() if "handoff" not in outputs:
            raise NotDeployed(
                f"{stack} has no outputs{f' ({detail})' if detail else ''}; {next_step}"
            )
    raise NotDeployed(f"the outputs of {stack} are those of something else; {next_step}")
