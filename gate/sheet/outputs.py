"""The outputs of a deployed stack, as Terraform has them."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from athena_gate.gate.stack.applied import half_applied, missing
from athena_gate.modules.files import MEBIBYTE, Unreadable, parse_json, visible

OUTPUTS_LIMIT = MEBIBYTE
# The names of outputs, up to the generation of the key.
SECRET = "encrypted_secret_"
KEY_ID = "access_key_id_"


class NotDeployed(Exception):
    """The stack has no outputs yet; the message says how to deploy it."""


def read_outputs(stack: str, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the outputs of the stack in ``folder`` as ``terraform output -json`` has them.

    Raises ``NotDeployed`` when there are none, or when the stack is half applied.
    """
    if not (folder / "cdk.tf.json").exists():
        raise NotDeployed(f"{stack} was not synthesized yet; run: gate apply {stack}")

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", f"-chdir={folder}", *arguments],
            env=dict(environment),
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
        )

    shown = terraform("output", "-json")
    if shown.returncode != 0:
        # A stack that was deployed elsewhere, or synthesized anew, has no working directory here.
        terraform("init", "-input=false")
        shown = terraform("output", "-json")
    detail = shown.stderr.strip().splitlines()[:1]
    # What an apply that ended in the middle has left.
    if left := missing(folder / "cdk.tf.json", terraform("state", "list").stdout.split("\n")):
        raise NotDeployed(half_applied(stack, left))
    return parse_outputs(stack, shown.stdout, visible(detail[0]) if detail else "")


def parse_outputs(stack: str, text: str, detail: str = "") -> dict[str, Any]:
    """Return the outputs in ``text``, what ``terraform output -json`` printed of ``stack``.

    Raises ``NotDeployed``, with ``detail``, when there are none, or those of something else.
    """
    next_step = f"run: gate apply {stack}"
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
