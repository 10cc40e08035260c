"""`gate sheet`: what to type into the vendor's form, from the outputs of a deployed stack."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stacks.configuration import ConfiguredBlock
from stacks.integrations import INTEGRATIONS

_SECRET = "encrypted_secret_"
_KEY_ID = "access_key_id_"


class NotDeployed(Exception):
    """The stack has no outputs yet; the message says how to deploy it."""


def read_outputs(stack: str, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the outputs of the stack in ``folder`` as ``terraform output -json`` has them.

    Raises ``NotDeployed`` when there are none.
    """
    if not (folder / "cdk.tf.json").exists():
        raise NotDeployed(f"{stack} was not synthesized yet; run: cdktf deploy {stack}")

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", f"-chdir={folder}", *arguments],
            env=dict(environment),
            capture_output=True,
            text=True,
            check=False,
        )

    shown = terraform("output", "-json")
    if shown.returncode != 0:
        # A stack that was deployed elsewhere, or synthesized anew, has no working directory here.
        terraform("init", "-input=false")
        shown = terraform("output", "-json")
    try:
        outputs: dict[str, Any] = json.loads(shown.stdout)
    except ValueError:
        outputs = {}
    if "handoff" not in outputs:
        detail = f" ({shown.stderr.strip().splitlines()[0]})" if shown.stderr.strip() else ""
        raise NotDeployed(f"{stack} has no outputs{detail}; run: cdktf deploy {stack}")
    return outputs


def sheet(block: ConfiguredBlock, outputs: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the hand-off as ``{"vendor", "block", "form", "fields": [{"label", "value"}],
    "keys": [{"generation", "access_key_id", "decrypt"}]}``; ``decrypt`` is a shell command."""
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
                "generation": name.removeprefix(_SECRET),
                "access_key_id": handoff[_KEY_ID + name.removeprefix(_SECRET)],
                "decrypt": f"terraform -chdir={folder.as_posix()} output -raw {name} "
                "| base64 --decode | gpg --decrypt",
            }
            for name in sorted(outputs)
            if name.startswith(_SECRET)
        ],
    }


def as_text(content: Mapping[str, Any]) -> str:
    """Return the sheet for a terminal."""
    rows = _rows(content)
    width = max((len(label) for label, value in rows if "\n" not in value), default=0)
    lines = [f"{content['vendor']}: {content['block']}", content["form"], ""]
    lines += [f"  {label.ljust(width)}  {value}" for label, value in rows if "\n" not in value]
    for label, value in rows:
        if "\n" in value:
            # Unindented: it is there to be pasted.
            lines += ["", f"  {label}:", "", value.rstrip("\n")]
    for key in content["keys"]:
        lines += ["", f"  Secret access key ({key['generation']}), decrypted with:"]
        lines.append(f"    {key['decrypt']}".replace(" | base64", " \\\n      | base64"))
    return "\n".join(lines)


def as_markdown(content: Mapping[str, Any]) -> str:
    """Return the sheet as Markdown, for a ticket or a wiki."""
    lines = [f"# {content['vendor']}: {content['block']}", "", content["form"], ""]
    lines += ["| Field | Value |", "|---|---|"]
    rows = _rows(content)
    lines += [f"| {label} | `{value}` |" for label, value in rows if "\n" not in value]
    for label, value in rows:
        if "\n" in value:
            lines += ["", f"{label}:", "", "```", value.rstrip("\n"), "```"]
    for key in content["keys"]:
        lines += ["", f"Secret access key ({key['generation']}):", "", "```sh"]
        lines += [key["decrypt"], "```"]
    return "\n".join(lines)


def _rows(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(field["label"], field["value"]) for field in content["fields"]] + [
        (f"Access key ID ({key['generation']})", key["access_key_id"]) for key in content["keys"]
    ]
