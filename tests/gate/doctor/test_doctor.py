"""`gate doctor` as a whole: what is printed, and with which exit code it ends."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from athena_gate.gate import doctor
from athena_gate.gate.cli import app
from athena_gate.gate.doctor import finding
from athena_gate.gate.doctor.finding import Check, Finding, Status, look_at
from athena_gate.gate.doctor.text import as_text
from tests.conftest import DOT, Project

FINE = Finding("Terraform", "ok", "1.11.4")
KNOWN = Finding('account "partner"', "note", "HCP Terraform provides its credentials to runs")
STOPS = Finding(
    'account "analytics"',
    "stop",
    "arn:aws:iam::444455556666:user/jane, from the environment's variables: that is account "
    "444455556666, gate.hcl says 111122223333",
    "`export AWS_PROFILE=NAME`, of a profile in the account; or give the account an `assume_role`",
)
MARKS: dict[Status, str] = {"ok": "ok", "note": "--", "stop": "no"}


def test_findings_are_a_table_with_the_next_step_below() -> None:
    assert as_text([FINE, KNOWN, STOPS], MARKS) == (
        "ok Terraform            1.11.4\n"
        '-- account "partner"    HCP Terraform provides its credentials to runs\n'
        'no account "analytics"  arn:aws:iam::444455556666:user/jane, from the\n'
        "                        environment's variables: that is account 444455556666,\n"
        "                        gate.hcl says 111122223333\n"
        "                      > `export AWS_PROFILE=NAME`, of a profile in the account;\n"
        "                        or give the account an `assume_role`\n"
        "\n"
        "no 3 checks, 1 would stop a deploy"
    )


def test_a_command_to_copy_stays_on_one_line() -> None:
    command = f"`aws {'--and-more ' * 8}`"
    shown = as_text([Finding("A", "stop", "found", f"do {command}")], MARKS)
    assert f"\n      {command}\n" in shown


def test_what_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "PATIENCE", 0.01)
    monkeypatch.setattr(finding, "LIMIT", 0.02)
    never = threading.Event()
    waited: list[str] = []

    def wait() -> list[Finding]:
        never.wait()
        return []

    checks = [Check("Terraform", lambda: [FINE]), Check('backend "s3"', wait)]
    assert look_at(checks, waited.extend) == [
        FINE,
        Finding(
            'backend "s3"',
            "stop",
            "no answer within 0 seconds",
            "look at the network, VPN or proxy (HTTPS_PROXY, NO_PROXY), then run it again",
        ),
    ]
    assert waited == ['backend "s3"']
    never.set()


@pytest.fixture
def run(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Runs `gate doctor` in the project, where a machine and accounts find what they are told."""
    monkeypatch.chdir(project.folder)
    for name in ("GATE_FILE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def ran(found: Finding, *arguments: str) -> tuple[int, str, str]:
        def examined(configuration: object, *_: object) -> list[Finding]:
            return [FINE, *([found] if configuration else [])]

        monkeypatch.setattr(doctor, "examine", examined)
        done = CliRunner().invoke(app, ["doctor", *arguments])
        return done.exit_code, done.stdout, done.stderr

    return ran


Run = Callable[..., tuple[int, str, str]]


def test_it_ends_with_1_when_something_would_stop_a_deploy(run: Run) -> None:
    code, out, _ = run(STOPS)
    assert (code, out.splitlines()[-1]) == (1, "✗ 2 checks, 1 would stop a deploy")


def test_it_ends_with_0_when_nothing_would(run: Run) -> None:
    shown = (
        "✓ Terraform          1.11.4\n"
        '\N{EN DASH} account "partner"  HCP Terraform provides its credentials to runs\n'
        "\n✓ 2 checks, nothing would stop a deploy\n"
    )
    assert run(KNOWN) == (0, shown, "")


def test_json_has_every_finding_with_its_next_step(run: Run) -> None:
    code, out, err = run(STOPS, "--json")
    assert (code, json.loads(out), err) == (
        1,
        [
            {"check": "Terraform", "status": "ok", "found": "1.11.4", "next": ""},
            {
                "check": STOPS.check,
                "status": "stop",
                "found": STOPS.found,
                "next": STOPS.next,
            },
        ],
        "",
    )


MISTAKE = (
    "gate.hcl:2: account \"analytics\": id: '11112222333' is not valid; allowed: exactly 12 "
    'digits, as in "111122223333"'
)


def test_mistakes_in_gate_hcl_are_told_beside_what_the_machine_has(
    run: Run, project: Project
) -> None:
    project.write(DOT.replace("111122223333", "11112222333"))
    summary = "✓ Terraform  1.11.4\n\n✓ 1 check, nothing would stop a deploy\n"
    assert run(STOPS) == (2, summary, f"{MISTAKE} [GATE202]\ngate: 1 mistake in gate.hcl\n")
    code, out, err = run(STOPS, "--json")
    assert (code, json.loads(out), err) == (
        2,
        [
            {"check": "Terraform", "status": "ok", "found": "1.11.4", "next": ""},
            {"check": "gate.hcl", "status": "stop", "found": MISTAKE, "next": "correct it"},
        ],
        "gate: 1 mistake in gate.hcl\n",
    )


def test_every_part_of_the_configuration_is_examined(
    monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    from athena_gate.stacks.configuration import load

    asked: list[str] = []

    def note(checks: list[Check], _: object) -> list[Finding]:
        asked.extend(check.name for check in checks)
        return []

    monkeypatch.setattr(doctor, "look_at", note)
    project.write(DOT + 'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}\n')
    doctor.examine(load(project.file), project.file, Path(".gate"))
    assert asked == [
        "gate.hcl",
        "Python",
        "Node for synth",
        "cdktf",
        "Terraform",
        "provider",
        'backend "s3"',
        'account "analytics"',
        "stacks",
    ]
