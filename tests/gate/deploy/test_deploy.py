"""`gate plan`, `gate apply` and `gate destroy`, with a Terraform that says what it is told to."""

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from athena_gate.gate.deploy import plan_files
from athena_gate.stacks.configuration import load
from athena_gate.stacks.expected import expected_json
from tests.conftest import DOT, Project

# Each starts a process of the command, and that one of its own.
pytestmark = pytest.mark.slow

TERRAFORM = """\
#!/bin/sh
stack="$(basename "${1#-chdir=}")"
echo "$stack $2 $3 $4 $5 $6 $7 TF_LOG=$TF_LOG TF_IN_AUTOMATION=$TF_IN_AUTOMATION" >> "$CALLS"
behave="$CALLS.$stack.$2"
[ -f "$behave" ] && . "$behave"
case "$2" in
  plan)
    for word in "$@"; do case "$word" in -out=*) echo plan > "${word#-out=}" ;; esac; done
    echo "  # aws_iam_user.user will be created"
    echo "Plan: 1 to add, 0 to change, 0 to destroy."
    exit 2 ;;
  apply) cat "$5" > /dev/null && echo "aws_iam_user.user: Creation complete after 0s" ;;
esac
case "$1" in version) echo "Terraform v1.11.4" ;; esac
"""
TWO = DOT + DOT[DOT.index('\ndot "reporting"') :].replace("reporting", "finance")


class Deploying:
    """A project that is synthesized, and the Terraform it meets."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.calls = project.folder / "calls"
        program = project.folder / "bin" / "terraform"
        program.parent.mkdir()
        program.write_text(TERRAFORM)
        program.chmod(0o755)
        (project.folder / "terraform.rc").write_text("provider_installation {}\n")
        self.environment = {
            **os.environ,
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "TF_CLI_CONFIG_FILE": str(project.folder / "terraform.rc"),
            "CALLS": str(self.calls),
            "TF_LOG": "trace",
        }

    def behave(self, stack: str, command: str, script: str) -> None:
        """Have Terraform do ``script`` first for ``command`` on ``stack``."""
        Path(f"{self.calls}.{stack}.{command}").write_text(script)

    def command(self, *arguments: str) -> list[str]:
        program = "from athena_gate.gate.cli import main; main()"
        return [sys.executable, "-c", program, *arguments]

    def gate(self, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.project.folder,
            env=self.environment,
            input=answer,
            capture_output=True,
            text=True,
            check=False,
        )

    def called(self, command: str) -> list[str]:
        """Return how Terraform was called with ``command``, one line a call, sorted."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return sorted(line for line in lines if line.split()[1] == command)

    def plan_files(self) -> list[Path]:
        return [*(self.project.folder / ".gate").glob("plans-*")]


@pytest.fixture
def deploying(project: Project, monkeypatch: pytest.MonkeyPatch) -> Deploying:
    """Two stacks, written as an earlier synth has left them, so that no engine is needed."""
    project.write(TWO)
    monkeypatch.chdir(project.folder)
    as_synthesized(project)
    return Deploying(project)


def as_synthesized(project: Project) -> None:
    configuration = load(Path("gate.hcl"))
    for block in configuration.blocks:
        folder = project.out / "stacks" / block.stack
        folder.mkdir(parents=True)
        content = expected_json(block, configuration.backend)
        (folder / "cdk.tf.json").write_text(json.dumps(content))
    project.remember()


def test_plan_says_what_would_change_stack_by_stack(deploying: Deploying) -> None:
    deploying.behave("dot-finance", "plan", "exit 0")
    done = deploying.gate("plan")
    assert (done.returncode, done.stdout) == (
        0,
        "dot-reporting  1 to add\ndot-finance    no changes\n",
    )
    assert sorted(done.stderr.splitlines()) == ["dot-finance: no changes", "dot-reporting: planned"]
    assert deploying.plan_files() == []


def test_terraform_is_asked_nothing_logs_no_trace_and_keeps_to_the_lock(
    deploying: Deploying,
) -> None:
    lock = deploying.project.out / "stacks" / "dot-reporting" / ".terraform.lock.hcl"
    lock.write_text("")
    deploying.gate("plan", "reporting")
    end = "TF_LOG= TF_IN_AUTOMATION=1"
    assert deploying.called("init") == [
        f"dot-reporting init -no-color -input=false -lockfile=readonly   {end}"
    ]
    (plan,) = deploying.called("plan")
    assert plan.startswith("dot-reporting plan -no-color -input=false -detailed-exitcode -out=")


def test_apply_asks_and_applies_the_saved_plan(deploying: Deploying) -> None:
    done = deploying.gate("apply", "--yes")
    assert (done.returncode, done.stdout.splitlines()[-2:]) == (
        0,
        ["dot-reporting  applied", "dot-finance    applied"],
    )
    for call in deploying.called("apply"):
        stack = call.split()[0]
        assert call.split()[4].startswith(str(deploying.project.folder / ".gate" / "plans-"))
        assert call.split()[4].endswith(f"/{stack}")
    assert deploying.plan_files() == []


def test_apply_where_nobody_can_be_asked_wants_yes(deploying: Deploying) -> None:
    done = deploying.gate("apply", answer="yes\n")
    assert (done.returncode, done.stderr, deploying.called("plan")) == (
        2,
        "gate: nobody can be asked here; look at gate plan, then run: gate apply --yes\n",
        [],
    )


@pytest.mark.parametrize(("answer", "code", "applied"), [("yes", 0, 1), ("y", 1, 0), ("", 1, 0)])
def test_at_a_terminal_apply_shows_the_plan_and_takes_yes_alone(
    deploying: Deploying, answer: str, code: int, applied: int
) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        deploying.command("apply", "reporting"),
        cwd=deploying.project.folder,
        env={**deploying.environment, "NO_COLOR": "1", "TERM": "dumb"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        os.write(ours, f"{answer}\n".encode())
        said, told = running.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert (running.returncode, len(deploying.called("apply"))) == (code, applied)
    assert said.splitlines()[0] == "dot-reporting  1 to add"
    assert "apply: 1 to add in 1 stack. Only yes is a yes: " in told
    assert ("gate: nothing was applied" in told) == bool(code)
    assert deploying.plan_files() == []


def test_nothing_is_applied_when_a_plan_fails(deploying: Deploying) -> None:
    deploying.behave("dot-finance", "plan", 'echo noise; echo "│ Error: no access"; exit 1')
    done = deploying.gate("apply", "--yes")
    assert (done.returncode, deploying.called("apply")) == (1, [])
    assert done.stderr.splitlines()[-3:] == [
        "dot-finance: failed; its log: .gate/logs/dot-finance.plan.log",
        "  Error: no access",
        "gate: 1 stack of 2 did not end well: nothing was applied",
    ]


def test_one_stack_that_fails_does_not_stop_the_other(deploying: Deploying) -> None:
    deploying.behave("dot-finance", "apply", 'echo "Error: quota"; exit 1')
    done = deploying.gate("apply", "--yes", "--json")
    found = {one["stack"]: one for one in json.loads(done.stdout)}
    assert done.returncode == 1
    assert found["dot-reporting"]["state"] == "applied"
    assert found["dot-finance"] == {
        "stack": "dot-finance",
        "state": "failed",
        "add": 1,
        "change": 0,
        "destroy": 0,
        "resources": [{"action": "add", "address": "aws_iam_user.user"}],
        "said": ["Error: quota"],
        "log": ".gate/logs/dot-finance.apply.log",
    }


def test_destroy_spells_out_what_goes(deploying: Deploying) -> None:
    planned = 'echo "  # aws_iam_user.user will be destroyed"\n'
    planned += 'echo "Plan: 0 to add, 0 to change, 1 to destroy."\n'
    planned += 'for word in "$@"; do case "$word" in -out=*) : > "${word#-out=}" ;; esac; done\n'
    deploying.behave("dot-reporting", "plan", planned + "exit 2")
    done = deploying.gate("destroy", "reporting", "--yes")
    assert (done.returncode, done.stdout) == (
        0,
        "dot-reporting  1 to destroy\n    - aws_iam_user.user\ndot-reporting  applied\n",
    )
    (plan,) = deploying.called("plan")
    assert " -destroy" in plan


def test_a_stack_whose_block_is_gone_is_destroyed_by_its_name(deploying: Deploying) -> None:
    kept = deploying.project.out / "removed" / "dot-old"
    kept.mkdir(parents=True)
    done = deploying.gate("destroy", "dot-old", "--yes")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "dot-old  applied")
    assert deploying.gate("plan", "dot-old").returncode == 2


def test_a_name_that_no_stack_has_is_told_with_those_that_there_are(deploying: Deploying) -> None:
    done = deploying.gate("plan", "finanz")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: no stack is called finanz; allowed: dot-reporting, dot-finance\n",
    )


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_passed_on_and_waited_for(
    deploying: Deploying, sent: signal.Signals
) -> None:
    other = "while ! grep -q complete .gate/logs/dot-reporting.apply.log; do sleep 0.05; done\n"
    script = (
        other
        + "sleep 0.5\ntrap 'echo stopping; sleep 0.3; echo \"Error: interrupted\"; exit 1' INT\n"
    )
    deploying.behave("dot-finance", "apply", script + ": > started\nwhile :; do sleep 0.05; done")
    started = deploying.project.folder / "started"
    with subprocess.Popen(
        deploying.command("apply", "--yes"),
        cwd=deploying.project.folder,
        env=deploying.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        while not started.exists():
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(sent)
        said, told = running.communicate(timeout=30)
    assert running.returncode == 1
    assert said.splitlines()[-2:] == ["dot-reporting  applied", "dot-finance    interrupted"]
    assert "interrupted: waiting until Terraform has finished" in told
    assert told.splitlines()[-3:] == [
        "dot-finance: interrupted; its log: .gate/logs/dot-finance.apply.log; gate plan "
        "dot-finance shows what is left to do",
        "  Error: interrupted",
        "gate: 1 stack of 2 did not end well: not everything was applied",
    ]
    assert deploying.plan_files() == []


def test_plan_files_are_nobody_elses_and_what_a_killed_process_left_is_deleted(
    tmp_path: Path,
) -> None:
    left = tmp_path / f"plans-{2**22 + 1}-x"
    left.mkdir()
    (left / "dot-reporting").write_text("secret")
    with plan_files(tmp_path) as folder:
        assert [*tmp_path.iterdir()] == [folder]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [*tmp_path.iterdir()] == []
