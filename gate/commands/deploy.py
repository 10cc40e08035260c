"""`gate plan`, `gate apply` and `gate destroy` on the command line."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from athena_gate.gate.console import fail, load, output_folder, say, tell
from athena_gate.gate.quoting import shell
from athena_gate.gate.text import counted
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import visible

if TYPE_CHECKING:
    from athena_gate.gate.deploy import Outcome, Target

# Where everything that can be made again is kept.
BUILD = Path(".gate")

_Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...", help="Blocks' names, or KIND.NAME; without any, every block."
    ),
]
_Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
_Json = Annotated[bool, typer.Option("--json", help="Print what came of each stack as JSON.")]


def plan(context: typer.Context, names: _Names = None, as_json: _Json = False) -> None:
    """Say what Terraform would change, stack by stack.

    What is not synthesized yet is synthesized first. Exit code 0, also where something would
    change; 1 when a plan fails, 2 for mistakes.
    """
    _run(context.obj, names or [], "plan", as_json=as_json, yes=False)


def apply(
    context: typer.Context, names: _Names = None, yes: _Yes = False, as_json: _Json = False
) -> None:
    """Plan, ask, and have Terraform do exactly what was planned.

    When one plan fails nothing is applied. Exit code 1 when a plan or an apply fails, is
    interrupted, or is not wanted; 2 for mistakes.
    """
    _run(context.obj, names or [], "apply", as_json=as_json, yes=yes)


def destroy(
    context: typer.Context, names: _Names = None, yes: _Yes = False, as_json: _Json = False
) -> None:
    """List all that Terraform would destroy, ask, and have it done.

    A stack whose block is gone from gate.hcl is destroyed by its name, as in `gate destroy
    dot-reporting`, from the JSON that the synth has kept. Exit codes as of apply.
    """
    _run(context.obj, names or [], "destroy", as_json=as_json, yes=yes)


def _run(file: Path, names: Sequence[str], what: str, *, as_json: bool, yes: bool) -> None:
    from athena_gate.gate.deploy import apply as applied
    from athena_gate.gate.deploy import plan as planned
    from athena_gate.gate.deploy import plan_files
    from athena_gate.gate.deploy.progress import shown
    from athena_gate.gate.deploy.running import Terraform
    from athena_gate.gate.deploy.text import summary, total
    from athena_gate.gate.synth.program import main as synthesize

    if as_json and what != "plan" and not yes:
        fail(2, f"gate {what} --json asks nobody; it needs --yes as well")
    if what != "plan" and not yes and not sys.stdin.isatty():
        # A plan knows no stack whose block is gone.
        look = to_run(shell(["plan", *(names if what == "apply" else [])]))
        line = to_run(shell([what, "--yes", *names]))
        fail(2, f"nobody can be asked here; look at {look}, then run: {line}")
    if code := synthesize(file):
        raise typer.Exit(code)
    targets = targets_of(file, names, removed=what == "destroy")
    if not targets:
        tell(f"gate: {visible(file)} has no block: nothing to {what}", sys.stderr)
    _require_states(targets)
    logs = BUILD / "logs" / os.environ.get("GATE_ENV", "")
    terraform = Terraform(
        terraform_variables(), logs, lambda text: tell(f"gate: {text}", sys.stderr)
    )
    stacks = [target.stack for target in targets]
    with plan_files(BUILD) as plans:
        with shown(stacks) as progress:
            outcomes = planned(targets, terraform, plans, progress, destroy=what == "destroy")
        if what == "plan" or terraform.interrupted or _bad(outcomes):
            _print(outcomes, as_json)
            if what != "plan":
                _failed(outcomes, f"nothing was {_DONE[what]}")
            _failed(outcomes, "not everything was planned")
            return
        changed = {one.stack: one.changes for one in outcomes if one.state == "planned"}
        if not as_json:
            say(summary(outcomes, every=what == "destroy"))
        if changed and not yes:
            _ask(what, total(outcomes))
        done = {one.stack: one for one in outcomes}
        with shown([*changed]) as progress:
            for one in applied(
                [target for target in targets if target.stack in changed],
                {name: changes for name, changes in changed.items() if changes},
                terraform,
                plans,
                progress,
            ):
                done[one.stack] = one
    if what == "destroy":
        _forget([one for one in targets if done[one.stack].state in ("applied", "no changes")])
    outcomes = [*done.values()]
    _print(outcomes, as_json)
    _failed(outcomes, f"not everything was {_DONE[what]}")


def _require_states(targets: "Sequence[Target]") -> None:
    from athena_gate.gate.stack.reader import FILE
    from athena_gate.gate.stack.state import problem

    broken = [found for one in targets if (found := problem(one.stack, one.folder / FILE))]
    if broken:
        tell("\n".join(f"gate: {one}" for one in broken), sys.stderr)
        fail(1, f"{counted(len(broken), 'state')} cannot be read; nothing was planned")


def _forget(destroyed: "Sequence[Target]") -> None:
    """Delete the JSON that a synth has kept of stacks whose blocks are gone: nothing is left that
    it could destroy."""
    kept = output_folder() / "removed"
    for one in destroyed:
        if one.folder.parent == kept:
            shutil.rmtree(one.folder, ignore_errors=True)
            tell(f"gate: {one.folder}, which was kept to destroy it, was deleted", sys.stderr)


_DONE = {"apply": "applied", "destroy": "destroyed"}


def _print(outcomes: "Sequence[Outcome]", as_json: bool) -> None:
    from athena_gate.gate.deploy.json import as_json as outcome_as_json
    from athena_gate.gate.deploy.text import failures, summary

    if as_json:
        print(json.dumps([outcome_as_json(one) for one in outcomes], indent=2))
        return
    say(summary(outcomes))
    if told := failures(outcomes):
        say(told, sys.stderr)


def _bad(outcomes: "Sequence[Outcome]") -> "list[Outcome]":
    return [one for one in outcomes if one.state in ("failed", "interrupted", "not started")]


def _failed(outcomes: "Sequence[Outcome]", message: str) -> None:
    if bad := _bad(outcomes):
        fail(1, f"{counted(len(bad), 'stack')} of {len(outcomes)} did not end well: {message}")


def _ask(what: str, changes: str) -> None:
    print(f"\n{what}: {changes}. Only yes is a yes: ", end="", file=sys.stderr, flush=True)
    try:
        answer = sys.stdin.readline().strip()
    except KeyboardInterrupt:
        answer = ""
    if answer != "yes":
        fail(1, f"nothing was {_DONE[what]}")


def targets_of(file: Path, names: Sequence[str], *, removed: bool) -> "list[Target]":
    """Return the stacks that ``names`` name, all of ``file`` without any; with ``removed``, those
    whose block is gone as well."""
    from athena_gate.gate.deploy import Target
    from athena_gate.gate.pipeline.stacks import set_aside

    blocks = load(file).blocks
    output = output_folder()
    called = {
        name: Target(block.stack, output / "stacks" / block.stack)
        for block in blocks
        for name in (block.name, f"{block.kind}.{block.name}", block.stack)
    }
    twice = [one.name for one in blocks if [b.name for b in blocks].count(one.name) > 1]
    for name in twice:
        called.pop(name, None)
    if removed:
        called |= {name: Target(name, folder) for name, folder in set_aside(output).items()}
    if unknown := [name for name in names if name not in called]:
        allowed = ", ".join(dict.fromkeys(target.stack for target in called.values()))
        fail(2, f"no stack is called {visible(unknown[0])}; allowed: {allowed}")
    wanted = names or [block.stack for block in blocks]
    return [*dict.fromkeys(called[name] for name in wanted)]


def terraform_variables() -> dict[str, str]:
    """Return the environment for Terraform; what it lacks ends the command with code 2."""
    from athena_gate.gate.terraform import (
        NoProvider,
        NoTerraform,
        require_terraform,
        terraform_environment,
        with_cache,
    )

    BUILD.mkdir(exist_ok=True)
    (BUILD / ".gitignore").write_text("*\n")
    try:
        require_terraform(os.environ)
        return with_cache(BUILD, terraform_environment(BUILD, os.environ))
    except (NoProvider, NoTerraform) as error:
        fail(2, str(error))
