"""Kills a run at its n-th call that changes something, mends it, and looks whether all is well.

The call is made and its answer never comes: the worst moment there is.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from botocore.session import Session

from athena_gate.gate.recover.wanted import wanted
from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.sandbox.existing import taken_for_granted
from athena_gate.gate.stack.state import State, local, parse
from athena_gate.stacks.configuration import load
from development.torture.relay import Call, Relay
from development.torture.scenes import ACCOUNT, Scene

ROOT = Path(__file__).resolve().parents[2]
# Who is killed: all at once as by a machine that stops, Terraform alone, its provider alone.
Victim = Literal["all", "terraform", "provider"]
VICTIMS: tuple[Victim, ...] = ("all", "terraform", "provider")
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Kill:
    """A run that was killed: of what, at which call, who; and what is wrong after ``gate recover``
    and one more run, empty when nothing is. ``call`` is empty when it ended before."""

    scene: Scene
    operation: str
    victim: Victim
    call: str
    wrong: str
    seconds: float

    def __str__(self) -> str:
        at = f"{self.victim} killed at {self.call}" if self.call else "ended before the kill"
        return f"{self.scene}: {self.operation}, {at}: {self.wrong or 'mended'}"


@dataclass
class Stage:
    """A project in a folder of its own, with an AWS of its own behind a relay."""

    scene: Scene
    folder: Path
    sandbox: Sandbox
    relay: Relay
    variables: Mapping[str, str]

    @property
    def stack_folder(self) -> Path:
        """Return the folder of the stack's JSON."""
        return self.folder / "cdktf.out" / "stacks" / self.scene.stack

    def write(self, text: str) -> None:
        """Have gate.hcl say ``text``."""
        (self.folder / "gate.hcl").write_text(text)

    def gate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of gate's."""
        program = "from athena_gate.gate.cli import program; program()"
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=self.folder,
            env=dict(self.variables),
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )

    def start(self, operation: str) -> subprocess.Popen[bytes]:
        """Start ``operation`` as somebody without gate would; what it says goes into a file."""
        verb = "destroy" if operation == "destroy" else "apply"
        if self.scene.cdktf:
            word = "destroy" if verb == "destroy" else "deploy"
            command = ["cdktf", word, "--auto-approve", self.scene.stack]
        else:
            command = ["terraform", verb, "-auto-approve", "-input=false", "-no-color"]
        folder = self.folder if self.scene.cdktf else self.stack_folder
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(
                command,
                cwd=folder,
                env=dict(self.variables),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def state(self) -> State:
        """Return the stack's state."""
        if not self.scene.s3:
            return local(self.folder / f"terraform.{self.scene.stack}.tfstate")
        client = Session().create_client(
            "s3",
            region_name="eu-central-1",
            endpoint_url=self.sandbox.endpoint,
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
        )
        try:
            key = f"athena-gate/{self.scene.stack}.tfstate"
            return parse(
                client.get_object(Bucket="acme-states", Key=key)["Body"].read().decode(), key
            )
        except client.exceptions.NoSuchKey:
            return State("none")

    def processes(self) -> Iterator[tuple[int, str]]:
        """Yield the id and name of what works in this folder."""
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                place = (process / "cwd").resolve()
                if process.name.isdigit() and place.is_relative_to(self.folder):
                    yield int(process.name), (process / "comm").read_text().strip()


@contextlib.contextmanager
def stage(scene: Scene, folder: Path, key: str, variables: Mapping[str, str]) -> Iterator[Stage]:
    """Give the stage for ``scene`` in ``folder``, synthesized; ``key`` is a PGP key."""
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / "ops.asc").write_text(key)
    settings = {
        "language": "python",
        "app": f'"{sys.executable}" "{ROOT / "main.py"}"',
        "output": "cdktf.out",
        "sendCrashReports": "false",
        "projectId": "torture",
    }
    (folder / "cdktf.json").write_text(json.dumps(settings))
    (folder / "gate.hcl").write_text(scene.text)
    configuration = load(folder / "gate.hcl")
    existing = taken_for_granted(configuration, ACCOUNT)
    with Sandbox(ACCOUNT, existing) as sandbox, Relay(sandbox.endpoint) as relay:
        lead = sandbox.environment(variables)
        lead |= {"AWS_ENDPOINT_URL": relay.address, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        yield Stage(scene, folder, sandbox, relay, lead)


def killed(stage: Stage, operation: str, victim: Victim, at: int) -> Kill:
    """Run ``operation``, kill ``victim`` at its ``at``-th writing call, mend it, finish it, and
    return what came of it."""
    began = time.monotonic()
    call = _run_and_kill(stage, operation, victim, at)
    wrong = mended(stage, operation)
    return Kill(stage.scene, operation, victim, call, wrong, time.monotonic() - began)


def _run_and_kill(stage: Stage, operation: str, victim: Victim, at: int) -> str:
    done = stage.gate("synth")
    assert done.returncode == 0, done.stderr
    if not stage.scene.cdktf:
        subprocess.run(
            ["terraform", "init", "-input=false"],
            cwd=stage.stack_folder,
            env=dict(stage.variables),
            check=True,
            capture_output=True,
        )
    found: list[str] = []
    seen = 0
    # Whoever waits for the process is told of the kill, too, which takes longer to return.
    looking = threading.Lock()
    process = stage.start(operation)

    def look(call: Call, status: int) -> None:
        nonlocal seen
        with looking:
            if found or not call.writes or status >= 300:
                return
            seen += 1
            if seen >= at and _kill(stage, victim, process):
                found.append(str(call))

    stage.relay.after = look
    try:
        process.wait(_LONGEST)
    finally:
        stage.relay.after = lambda *_: None
        if found and victim == "all":
            # The program that cdktf runs may still be there.
            _kill(stage, victim, process)
    with looking:
        return found[0] if found else ""


def _kill(stage: Stage, victim: Victim, process: subprocess.Popen[bytes]) -> bool:
    """Kill ``victim``, and return whether there was any to kill."""
    names = {"terraform": ("terraform",), "provider": ("terraform-provi",)}.get(victim)
    hit = False
    if victim == "all":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
            hit = True
    for number, name in stage.processes():
        if name in names if names else name.startswith("terraform"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
                hit = True
    return hit


def mended(stage: Stage, operation: str) -> str:
    """Return what is wrong after ``gate recover`` and one run of ``operation``."""
    recovered = stage.gate("recover", stage.scene.stack, "--yes")
    if recovered.returncode:
        return f"gate recover: {last(recovered)}"
    verb = "destroy" if operation == "destroy" else "apply"
    done = stage.gate(verb, stage.scene.stack, "--yes")
    if done.returncode:
        return f"gate {verb} after {last(recovered)}: {last(done)}"
    if verb == "apply":
        planned = json.loads(stage.gate("plan", stage.scene.stack, "--json").stdout)
        if planned[0]["state"] != "no changes":
            return f"the plan is not empty: {planned[0]['resources']}"
    if left := _orphans(stage):
        return f"left: {', '.join(left)}"
    return ""


def last(done: subprocess.CompletedProcess[str]) -> str:
    """Return the end of what ``done`` has said."""
    return f"{done.stdout}\n{done.stderr}".strip()[-1500:]


# By what attribute of a state the embedded AWS names what it has.
_NAMES = {
    "aws_cloudformation_stack": "",
    "aws_iam_access_key": "id",
    "aws_kms_key": "key_id",
    "aws_lambda_function": "function_name",
    "aws_s3_bucket": "bucket",
}


def _orphans(stage: Stage) -> list[str]:
    """Return what exists and no state knows, or the other way round."""
    state = stage.state()
    if state.broken:
        return [f"the state is broken: {state.broken}"]
    given = {one.arn.rpartition("/")[2].rpartition(":")[2] for one in stage.sandbox.existing}
    found = {
        f"{kind} {name}"
        for kinds in stage.sandbox.inventory().values()
        for kind, names in kinds.items()
        for name in names
        # The application's stack has a function and a role of its own.
        if name not in given and kind != "aws_cloudformation_stack"
    }
    known = {
        f"{kind} {attributes.get(_NAMES.get(kind, 'name'))}"
        for address, attributes in state.resources.items()
        if (kind := address.partition(".")[0]) in _NAMES or kind in _NAMED
    }
    if "application" in stage.scene.kind:
        found = {
            one for one in found if not one.startswith(("aws_lambda_function", "aws_iam_role"))
        }
        known = {
            one for one in known if not one.startswith(("aws_lambda_function", "aws_iam_role"))
        }
    return sorted(found ^ known)


_NAMED = (
    "aws_athena_data_catalog",
    "aws_athena_workgroup",
    "aws_cloudwatch_log_group",
    "aws_iam_instance_profile",
    "aws_iam_policy",
    "aws_iam_role",
    "aws_iam_user",
)


def torture(
    scene: Scene,
    folder: Path,
    key: str,
    variables: Mapping[str, str],
    seed: int,
    say: Callable[[Kill], None],
) -> list[Kill]:
    """Return what came of a kill in each operation on ``scene``, one after the other."""
    chance = random.Random(f"{seed} {scene}")
    kills: list[Kill] = []
    shutil.rmtree(folder, ignore_errors=True)
    with stage(scene, folder, key, variables) as made:
        text = scene.text
        size = len(_resources(made))
        for operation in scene.operations:
            text = scene.after(operation, text)
            made.write(text)
            # An update or a rotation is one call, between a lock and a state where these are S3's.
            most = max(1, size - 2) if operation in ("apply", "destroy") else 1 + scene.s3
            kill = killed(made, operation, chance.choice(VICTIMS), chance.randint(1, most))
            kills.append(kill)
            say(kill)
            if kill.wrong:
                # What comes after would be of this.
                return kills
    shutil.rmtree(folder, ignore_errors=True)
    return kills


def _resources(made: Stage) -> list[Any]:
    from athena_gate.stacks.expected import expected_json

    configuration = load(made.folder / "gate.hcl")
    return wanted(expected_json(configuration.blocks[0], configuration.backend))
