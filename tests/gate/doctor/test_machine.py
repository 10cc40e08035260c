"""What `gate doctor` says of the programs on the PATH, with small stand-ins for them."""

import json
import os
import sys
from pathlib import Path

import pytest

from athena_gate.gate.doctor import machine
from athena_gate.gate.doctor.finding import Finding

OWN = "unset JSII_NODE, and install athena-gate with its dependencies: one of them is Node"
OTHER = "install such a Node, or do without cdktf: `gate synth` and `gate apply`"
CDKTF = "`npm install --global cdktf-cli@0.21.0`"


def program(folder: Path, name: str, says: str) -> Path:
    """Put a program called ``name`` that prints ``says`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / name
    made.write_text(f"#!/bin/sh\necho '{says}'\n")
    made.chmod(0o755)
    return made


def cdktf(root: Path, version: str, addon: str = "@cdktf/node-pty-prebuilt-multiarch") -> Path:
    """Install a cdktf command line of ``version``; return the folder for the PATH."""
    modules = root / "node_modules"
    real = program(modules / "cdktf-cli" / "bundle" / "bin", "cdktf", version)
    (modules / "cdktf-cli" / "package.json").write_text(json.dumps({"version": version}))
    terminal = modules / "@cdktf" / "node-pty-prebuilt-multiarch"
    terminal.mkdir(parents=True)
    (terminal / "package.json").write_text(json.dumps({"name": addon}))
    bin_folder = modules / ".bin"
    bin_folder.mkdir()
    (bin_folder / "cdktf").symlink_to(real)
    return bin_folder


def test_this_python_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 12, 4, "final", 0))
    assert machine.python() == [Finding("Python", "ok", "3.12.4")]


def test_an_old_python_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 2, "final", 0))
    assert machine.python() == [
        Finding("Python", "stop", "3.10.2 is too old", "install 3.11 or newer")
    ]


@pytest.mark.parametrize(
    ("says", "finding"),
    [
        ("v22.20.0", Finding("Node for synth", "ok", "22.20.0")),
        (
            "v16.3.0",
            Finding("Node for synth", "stop", "16.3.0 ({node}); 20 to 24 are known to work", OWN),
        ),
        (
            "not a version",
            Finding("Node for synth", "stop", "{node} was not found or does not run", OWN),
        ),
    ],
)
def test_the_node_that_jsii_node_names_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, says: str, finding: Finding
) -> None:
    node = program(tmp_path, "node", says)
    monkeypatch.setenv("JSII_NODE", str(node))
    found = finding.found.format(node=node)
    assert machine.engine_node() == [Finding(finding.check, finding.status, found, finding.next)]


@pytest.mark.parametrize(
    ("version", "addon", "node", "findings"),
    [
        (
            "0.21.0",
            "@cdktf/node-pty-prebuilt-multiarch",
            "v22.20.0",
            [Finding("cdktf", "ok", "0.21.0"), Finding("Node for cdktf", "ok", "22.20.0")],
        ),
        (
            "0.21.0",
            "@cdktf/node-pty-prebuilt-multiarch",
            "v24.1.0",
            [
                Finding("cdktf", "ok", "0.21.0"),
                Finding(
                    "Node for cdktf", "stop", "24.1.0 ({node}); 20 to 22 are known to work", OTHER
                ),
            ],
        ),
        (
            "0.21.0",
            "@lydell/node-pty",
            "v24.1.0",
            [Finding("cdktf", "ok", "0.21.0"), Finding("Node for cdktf", "ok", "24.1.0")],
        ),
        (
            "0.20.11",
            "@cdktf/node-pty-prebuilt-multiarch",
            "v22.20.0",
            [
                Finding(
                    "cdktf",
                    "stop",
                    "0.20.11 ({cdktf}), but the Python package is 0.21.0",
                    CDKTF,
                ),
                Finding("Node for cdktf", "ok", "22.20.0"),
            ],
        ),
    ],
    ids=["as pinned", "a Node too new", "with the addon replaced", "another cdktf"],
)
def test_cdktf_is_found_with_the_node_it_would_run_on(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    version: str,
    addon: str,
    node: str,
    findings: list[Finding],
) -> None:
    monkeypatch.setattr(machine, "_installed", {"cdktf": "0.21.0"}.get)
    folder = cdktf(tmp_path, version, addon)
    found = program(tmp_path / "bin", "node", node)
    monkeypatch.setenv("PATH", f"{found.parent}{os.pathsep}{folder}{os.pathsep}/usr/bin:/bin")
    names = {"node": found, "cdktf": folder / "cdktf"}
    assert machine.command_line() == [
        Finding(one.check, one.status, one.found.format(**names), one.next) for one in findings
    ]


def test_without_cdktf_terraform_alone_still_deploys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine, "_installed", {"cdktf": "0.21.0"}.get)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.command_line() == [
        Finding(
            "cdktf",
            "note",
            "not on the PATH; `gate synth` and `gate apply` do without it",
            CDKTF,
        )
    ]


@pytest.mark.parametrize(
    ("says", "finding"),
    [
        ("Terraform v1.11.4", Finding("Terraform", "ok", "1.11.4")),
        (
            "Terraform v1.9.8",
            Finding(
                "Terraform",
                "stop",
                "Terraform 1.9.8 is too old",
                "install version 1.11 or newer",
            ),
        ),
        (
            None,
            Finding(
                "Terraform",
                "stop",
                "Terraform was not found on the PATH",
                "install version 1.11 or newer (https://developer.hashicorp.com/terraform/install)",
            ),
        ),
    ],
)
def test_terraform_is_asked_for_its_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, says: str | None, finding: Finding
) -> None:
    if says:
        program(tmp_path, "terraform", says)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.terraform() == [finding]
