"""`gate sheet`: what to type into the vendor's form, from the outputs of a deployed stack."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from athena_gate.gate.quoting import shell
from athena_gate.gate.sheet.outputs import KEY_ID, SECRET
from athena_gate.gate.todo.json import one_as_json
from athena_gate.stacks.configuration import ConfiguredBlock


def sheet(block: ConfiguredBlock, outputs: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the hand-off as ``{"vendor", "block", "form", "fields": [{"label", "value"}],
    "keys": [{"generation", "access_key_id", "decrypt"}], "todo": [...]}``; ``decrypt`` is a shell
    command, and ``todo`` what others must do, as `gate todo --json` has it."""
    integration = block.integration
    handoff = outputs["handoff"]["value"]
    return {
        "vendor": block.vendor,
        "block": block.title,
        "form": integration.form,
        "fields": [
            {"label": label, "value": handoff[key]}
            for key, label in integration.labels.items()
            if key in handoff
        ],
        "keys": [
            {
                "generation": name.removeprefix(SECRET),
                "access_key_id": handoff[KEY_ID + name.removeprefix(SECRET)],
                "decrypt": shell(["terraform", f"-chdir={folder.as_posix()}", "output", "-raw"])
                + f" {shell([name])} | base64 --decode | gpg --decrypt",
            }
            for name in sorted(outputs)
            if name.startswith(SECRET)
        ],
        "todo": [one_as_json(one) for one in integration.todo(block.settings)],
    }
