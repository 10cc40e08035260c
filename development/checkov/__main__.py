"""Runs checkov on the plans of gate.hcl: ``python -m development.checkov``.

A finding that is meant stands in skips.toml with its reason; any other fails, and so does a reason
that explains nothing. checkov is installed into .gate/checkov first, from requirements.txt.

checkov reads plans, not the JSON syntax that cdktf writes: with ``--framework terraform`` it scans
nothing of a cdk.tf.json and passes (checkov 3.3.30, measured 2026-11). A run in which no check
passed is a failure here.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from athena_gate.gate.sandbox import SandboxError
from athena_gate.gate.terraform import NoProvider, NoTerraform, require_terraform
from development.plans import ROOT, Failed, plans

FOLDER = Path(__file__).resolve().parent
LOCK = FOLDER / "requirements.txt"
INSTALLED = ROOT / ".gate" / "checkov"
SKIPS = FOLDER / "skips.toml"
_WIDTH = 80
_LIMIT = 600

# A check and the type of resource it failed on.
Finding = tuple[str, str]

# No guidelines are fetched, no newer version is asked for; and no key of a Prisma Cloud account,
# with which checkov would upload results, reaches it.
# https://www.checkov.io/2.Basics/CLI%20Command%20Reference.html (2026-11)
_OFFLINE = {"BC_SKIP_MAPPING": "TRUE", "CKV_SKIP_PACKAGE_UPDATE_CHECK": "TRUE"}
_FLAGS = ("--framework", "terraform_plan", "--skip-download", "--compact", "--output", "json")


def install() -> Path:
    """Return checkov's program, installed as locked first. Raises ``Failed``."""
    program, complete = INSTALLED / "bin" / "checkov", INSTALLED / ".complete"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if complete.exists() and complete.read_text() == digest:
        return program
    print("installing checkov into .gate/checkov (about a minute, once)", file=sys.stderr)
    shutil.rmtree(INSTALLED, ignore_errors=True)
    pip = [str(INSTALLED / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    for step in (
        [sys.executable, "-m", "venv", str(INSTALLED)],
        [*pip, "--no-input", "--require-hashes", "--requirement", str(LOCK)],
    ):
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
            raise Failed(f"cannot install {LOCK.name}:\n{said}")
    complete.write_text(digest)
    return program


def scan(program: Path, files: Mapping[str, Path]) -> tuple[Counter[Finding], int]:
    """Return what checkov finds in the plans ``files``, how often, and how many checks passed.

    Raises ``Failed`` when it does not run or cannot read a plan.
    """
    named = [argument for file in files.values() for argument in ("--file", str(file))]
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BC_", "PRISMA_", "CKV_", "CHECKOV_"))
    }
    # Of a folder of its own: checkov takes options from a .checkov.yaml that lies around.
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            [str(program), *_FLAGS, *named],
            env={**kept, **_OFFLINE, "HOME": empty},
            cwd=empty,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
    try:
        return _findings(json.loads(done.stdout))
    except (ValueError, KeyError, TypeError):
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
        raise Failed(f"checkov ended with {done.returncode}:\n{said}") from None


def _findings(answer: dict[str, Any]) -> tuple[Counter[Finding], int]:
    """Return the failed checks in checkov's JSON, and how many passed."""
    # Where it scanned nothing at all, there is a summary without results.
    if "results" not in answer:
        return Counter(), 0
    if answer["summary"]["parsing_errors"]:
        raise Failed(f"checkov cannot read {', '.join(answer['results']['parsing_errors'])}")
    failed = Counter(
        (check["check_id"], check["resource"].partition(".")[0])
        for check in answer["results"]["failed_checks"]
    )
    return failed, answer["summary"]["passed"]


def reasons() -> dict[Finding, str]:
    """Return the reasons of skips.toml."""
    written = tomllib.loads(SKIPS.read_text())
    return {
        (check, resource): reason
        for check, resources in written.items()
        for resource, reason in resources.items()
    }


def table(failed: Mapping[Finding, int], explained: Mapping[Finding, str]) -> str:
    """Return the findings with their reasons, 80 columns wide."""
    lines = [f"{'Check':<12} {'Resources':<31} Reason"]
    for finding in sorted({*failed, *explained}):
        check, resource = finding
        reason = explained.get(finding, "NOT EXPLAINED")
        if finding not in failed:
            reason = "NO LONGER FOUND"
        count = f"{failed.get(finding, 0)} {resource}"
        indent = " " * 45
        # A type that is longer than its column has a line of its own.
        head = f"{check:<12} {count:<31} " if len(count) < 32 else f"{check:<12} {count}"
        if len(count) >= 32:
            lines.append(head)
            head = indent
        lines += textwrap.wrap(
            reason, _WIDTH, initial_indent=head.ljust(45), subsequent_indent=indent
        )
    return "\n".join(lines)


def problems(
    failed: Mapping[Finding, int], passed: int, explained: Mapping[Finding, str]
) -> list[str]:
    """Return why the run is no success: findings without a reason, reasons without a finding,
    and a run that looked at nothing."""
    found = [
        f"{check} on {resource}: mend it, or add a reason to development/checkov/skips.toml"
        for check, resource in sorted(failed.keys() - explained.keys())
    ]
    found += [
        f"{check} on {resource}: not found any more; take its reason out of skips.toml"
        for check, resource in sorted(explained.keys() - failed.keys())
    ]
    return found if passed else ["checkov scanned nothing: no check passed", *found]


def main() -> int:
    """Return 0 when every finding is explained, 1 when one is not or something failed, 2 without
    Terraform."""
    if len(sys.argv) > 1:
        print("usage: python -m development.checkov", file=sys.stderr)
        return 2
    try:
        require_terraform(os.environ)
        program = install()
        with tempfile.TemporaryDirectory() as folder:
            files = plans(ROOT / "gate.hcl", Path(folder))
            failed, passed = scan(program, files)
    except (NoTerraform, NoProvider) as error:
        print(f"checkov: {error}", file=sys.stderr)
        return 2
    except (Failed, SandboxError, subprocess.TimeoutExpired) as error:
        print(f"checkov: {error}", file=sys.stderr)
        return 1
    explained = reasons()
    print(table(failed, explained))
    wrong = problems(failed, passed, explained)
    for line in wrong:
        print(f"✗ {line}")
    print(
        f"{'✗' if wrong else '✓'} {len(files)} plans: {passed} checks passed, "
        f"{failed.total()} failed, {len(wrong)} problems"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
