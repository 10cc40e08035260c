"""`gate plan`, `gate apply` and `gate destroy`: Terraform on the stacks, several side by side.

No stack refers to another, so their order is nobody's concern. What is applied is the plan that
was shown, from a file that is deleted whatever happens: a plan holds secrets of a state. Each
stack ends in one of the states of ``Outcome``, interrupted or not.

`running` starts Terraform and stops it, `changes` reads its plans, `text` shows what came of it.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from athena_gate.gate.deploy.changes import NO_CHANGES, Changes, read_changes
from athena_gate.gate.deploy.running import Interrupted, Step, Terraform

# A provider takes some 150 MB, and most of an apply is waiting for AWS.
SIDE_BY_SIDE = 8
# How often progress is looked at.
_TICK = 0.2

State = Literal["no changes", "planned", "applied", "failed", "interrupted", "not started"]
Progress = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Target:
    """A stack and the folder that its JSON lies in."""

    stack: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a stack: its state; what its plan changes, as far as there is one; what
    Terraform said last where it failed, and the log with everything it said."""

    stack: str
    state: State
    changes: Changes | None = None
    said: tuple[str, ...] = ()
    log: Path | None = None


@contextmanager
def plan_files(build: Path) -> Iterator[Path]:
    """Give a folder for plan files in ``build`` that nobody else can read, and delete it. What a
    process that was killed has left there is deleted as well."""
    for left in build.glob("plans-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdigit() and not _is_running(int(owner)):
            for file in left.iterdir():
                file.unlink()
            left.rmdir()
    with tempfile.TemporaryDirectory(prefix=f"plans-{os.getpid()}-", dir=build) as folder:
        yield Path(folder)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def plan(
    targets: Sequence[Target],
    terraform: Terraform,
    plans: Path,
    progress: Progress,
    *,
    destroy: bool = False,
) -> list[Outcome]:
    """Plan ``targets``, or their ``destroy``, into files in ``plans``; return what came of each."""
    init = threading.Lock()

    def one(target: Target) -> Outcome:
        # One after the other: a cache of plugins takes no two at a time (2026-11,
        # https://developer.hashicorp.com/terraform/cli/config/config-file#provider-plugin-cache).
        with init:
            progress(target.stack, "init")
            step = terraform.run(target.stack, "init", target.folder, _init(target.folder))
        if step.code:
            return _failed(target, step)
        progress(target.stack, "plan")
        file = (plans / target.stack).resolve()
        arguments = ["plan", "-input=false", "-detailed-exitcode", f"-out={file}"]
        if destroy:
            arguments.append("-destroy")
        step = terraform.run(target.stack, "plan", target.folder, arguments)
        # https://developer.hashicorp.com/terraform/cli/commands/plan#detailed-exitcode (2026-11)
        if step.code == 0:
            return Outcome(target.stack, "no changes", NO_CHANGES, log=step.log)
        if step.code == 2:
            return Outcome(target.stack, "planned", read_changes(step.text()), log=step.log)
        return _failed(target, step)

    return _side_by_side(targets, one, terraform, progress)


def apply(
    targets: Sequence[Target],
    planned: Mapping[str, Changes],
    terraform: Terraform,
    plans: Path,
    progress: Progress,
) -> list[Outcome]:
    """Apply the plans of ``targets`` that ``plan`` has written into ``plans``, which change what
    ``planned`` says; return what came of each."""

    def one(target: Target) -> Outcome:
        changes = planned[target.stack]
        progress(target.stack, f"0 of {changes.total}")

        def counted(text: str) -> None:
            progress(target.stack, f"{sum(map(text.count, _DONE))} of {changes.total}")

        file = (plans / target.stack).resolve()
        arguments = ["apply", "-input=false", str(file)]
        step = terraform.run(target.stack, "apply", target.folder, arguments, counted)
        if step.code:
            return _failed(target, step, changes)
        return Outcome(target.stack, "applied", changes, log=step.log)

    return _side_by_side(targets, one, terraform, progress)


_DONE = (": Creation complete after", ": Modifications complete after", ": Destruction complete")


def _init(folder: Path) -> list[str]:
    locked = (folder / ".terraform.lock.hcl").is_file()
    return ["init", "-input=false", *(["-lockfile=readonly"] if locked else [])]


def _failed(target: Target, step: Step, changes: Changes | None = None) -> Outcome:
    state: State = "interrupted" if step.interrupted else "failed"
    return Outcome(target.stack, state, changes, step.last_words(), step.log)


def _side_by_side(
    targets: Sequence[Target],
    one: Callable[[Target], Outcome],
    terraform: Terraform,
    progress: Progress,
) -> list[Outcome]:
    """Return what ``one`` makes of each of ``targets``, in their order."""

    def started(target: Target) -> Outcome:
        try:
            outcome = one(target)
        except Interrupted:
            outcome = Outcome(target.stack, "not started")
        progress(target.stack, outcome.state)
        return outcome

    for target in targets:
        progress(target.stack, "waiting")
    with terraform.interruptible(), ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        futures = [pool.submit(started, target) for target in targets]
        # A wait without an end would keep the signal from being handled.
        while wait(futures, _TICK).not_done:
            terraform.look()
        return [future.result() for future in futures]
