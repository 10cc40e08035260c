"""What lies beside gate.hcl: cdktf.json, .gitignore, and the lock of the provider."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from athena_gate.gate.quoting import shell
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_json, read_text, visible
from athena_gate.stacks.configuration import DEFAULT_FILE
from athena_gate.stacks.providers import LOCK

Did = Literal["written", "added to", "kept"]
PROJECT = "cdktf.json"
IGNORED = ("/cdktf.out/", "/.gate/", ".terraform/", "*.tfstate", "*.tfstate.*")
_IGNORE = ".gitignore"
_ID = "athena-gate"
# In an installed package it lies beside the programs about it, in the repository at its root.
_PACKAGED = Path(__file__).resolve().parents[1] / "terraform" / "provider.lock.hcl"
PROVIDER_LOCK = _PACKAGED if _PACKAGED.is_file() else Path(__file__).resolve().parents[2] / LOCK


def other_app(folder: Path) -> str:
    """Return what to do where ``folder`` belongs to another app of the CDK; empty where not."""
    try:
        found = read_json(folder / PROJECT, MEBIBYTE)
    except Unreadable as error:
        return "" if error.missing else str(error)
    app = found.get("app") if isinstance(found, dict) else None
    if isinstance(found, dict) and ("gate" in str(app).split() or found.get("projectId") == _ID):
        return ""
    return (
        f"{PROJECT} here is of another app ({visible(app, 60)}), and both would write the same "
        "output folder; make a folder for this one: mkdir athena && cd athena && gate init ..."
    )


def place(folder: Path, configuration: str) -> Mapping[str, Did]:
    """Write into ``folder`` what is not there, for the file called ``configuration``, and return
    what was done to which file."""
    return {
        PROJECT: _new(folder / PROJECT, json.dumps(project(configuration), indent=2) + "\n"),
        _IGNORE: _ignore(folder / _IGNORE),
        str(LOCK): _new(folder / LOCK, PROVIDER_LOCK.read_text(encoding="utf-8")),
    }


def project(configuration: str) -> dict[str, Any]:
    """Return cdktf.json for the file called ``configuration``."""
    file = [] if configuration == DEFAULT_FILE else ["--file", configuration]
    return {
        "language": "python",
        "app": shell(["gate", *file, "synth"]),
        "output": "cdktf.out",
        "sendCrashReports": "false",
        "projectId": _ID,
    }


def _new(file: Path, content: str) -> Did:
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(content)
    except FileExistsError:
        return "kept"
    return "written"


def _ignore(file: Path) -> Did:
    """Add to ``file`` the lines it lacks."""
    try:
        before = read_text(file, MEBIBYTE)
    except Unreadable as error:
        if not error.missing:
            raise
        return _new(file, "".join(f"{line}\n" for line in IGNORED))
    there = {line.strip().strip("/") for line in before.splitlines()}
    lacking = [line for line in IGNORED if line.strip("/") not in there]
    if not lacking:
        return "kept"
    end = "" if not before or before.endswith("\n") else "\n"
    with file.open("a", encoding="utf-8") as stream:
        stream.write(end + "".join(f"{line}\n" for line in lacking))
    return "added to"
