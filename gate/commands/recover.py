"""`gate recover` on the command line."""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from athena_gate.gate.commands.deploy import BUILD, targets_of, terraform_variables
from athena_gate.gate.console import fail, load, say, tell
from athena_gate.gate.quoting import shell
from athena_gate.gate.text import counted
from athena_gate.modules.command_line import to_run

if TYPE_CHECKING:
    from athena_gate.gate.deploy import Target
    from athena_gate.gate.recover import Recovery
    from athena_gate.gate.recover.account import Account
    from athena_gate.gate.recover.mending import Mended
    from athena_gate.gate.recover.wanted import Place

# How long a run that was cut short, or what it leaves running, is given to end by itself.
_PATIENCE = 30.0
_GRACE = 10.0
_TICK = 0.5


def recover(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="Blocks' names, or KIND.NAME; without any, every block."
        ),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Only say what was found; change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was found and done as JSON.")
    ] = False,
) -> None:
    """Say what a run that was cut short has left, and mend it on yes.

    What stands under a stack's names and is not in its state is imported; an access key that no
    state knows and nobody ever used is deleted; a lock of this machine's is removed; a state that
    was cut short gets its backup back. Nothing else is made, changed or destroyed. Exit code 0
    when nothing was left or all is mended, 1 when something is left, 2 for mistakes.
    """
    from athena_gate.gate.recover import made_by_hand
    from athena_gate.gate.recover.json import as_json as found_as_json
    from athena_gate.gate.recover.text import as_text, outcome, question
    from athena_gate.gate.synth.program import main as synthesize

    if report and yes:
        fail(2, "--report changes nothing, and --yes means yes; choose one")
    if as_json and not report and not yes:
        fail(2, "gate recover --json asks nobody; it needs --report or --yes as well")
    if code := synthesize(context.obj):
        raise typer.Exit(code)
    _require_names_of_its_own(context.obj, report=report)
    accounts: dict[Place, Account] = {}
    adopted = made_by_hand(load(context.obj).blocks)
    targets = targets_of(context.obj, names or [], removed=True)
    for target in targets if not report else ():
        _wait(target)
        _end_provider(target, names or [], yes=yes)
    found = [_examined(one.stack, one.folder, accounts, adopted) for one in targets]
    if found and not as_json:
        say("\n".join(as_text(one) for one in found))
    mendable = [one for one in found if one.mendable]
    if report or not mendable:
        if as_json:
            print(json.dumps([found_as_json(one) for one in found], indent=2))
        _end(found)
        return
    _require_ended(found)
    if not yes:
        _ask(question(mendable), names or [])
    mended = {one.stack: _mended(one, accounts, adopted) for one in mendable}
    if as_json:
        shown = [found_as_json(one, mended.get(one.stack)) for one in found]
        print(json.dumps(shown, indent=2))
    else:
        say("\n".join(map(outcome, mended.values())))
    if bad := [one for one in mended.values() if one.failed]:
        fail(1, f"{counted(len(bad), 'stack')} of {len(mended)} could not be mended")
    _end([one for one in found if one.foreign or one.crowded or one not in mendable])


def _require_names_of_its_own(file: Path, *, report: bool) -> None:
    """End with 1 when another environment, or a file beside ``file``, makes things of the same
    names in the same account: what stands there may be that one's, and its tag is the same. So too,
    unless it is only for a ``report``, where that cannot be told before its mistakes are mended."""
    from athena_gate.gate.check.environments import called, first, made
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks.configuration import load as loaded
    from athena_gate.stacks.configuration import outline
    from athena_gate.stacks.places import beside, environments

    here = os.environ["GATE_ENV"]
    configuration = load(file)
    ours = made(configuration)
    others = [(called(one), file, one) for one in ("", *environments(file)) if one != here]
    for name, place, environment in [*others, *((one.name, one, here) for one in beside(file))]:
        try:
            theirs = made(loaded(place, environment))
        except ConfigurationError:
            # What does not read without an environment is built in none, and what the environment
            # alone gives to a file beside is that of this one: a file of another program, say.
            if place == file and not environment:
                continue
            titles = outline(place, environment if place == file else "")[1]
            if not titles.keys() & {*configuration.stacks}:
                continue
            says = f"{name} has mistakes, so whether it makes things of the same names is not known"
            if not report:
                named = None if place == file else shell([place.name])
                look = to_run("check", environment=environment, file=named)
                fail(1, f"{says}; nothing was changed; {look} names them")
            tell(f"gate: {says}", sys.stderr)
            continue
        if shared := first(ours & theirs):
            account, kind, called_so = shared
            where = f" in {account}" if account else ""
            copied = "" if place == file else "; a copy that nothing is built from goes elsewhere"
            fail(
                1,
                f"{name} makes the {kind} {called_so}{where} too, so what stands there may be "
                f"its own; give each an account or names of its own{copied}",
            )


def _wait(target: "Target") -> None:
    """Give a Terraform that still works in ``target`` the time to end."""
    from athena_gate.gate.stack.state import running_in

    until = time.monotonic() + _PATIENCE
    told = False
    while (process := running_in(target.folder)) and time.monotonic() < until:
        if not told:
            tell(f"{target.stack}: waiting for process {process} of Terraform", sys.stderr)
            told = True
        time.sleep(_TICK)


def _end_provider(target: "Target", names: "list[str]", *, yes: bool) -> None:
    """End a provider that works in ``target`` and whose Terraform is gone, on yes."""
    from athena_gate.gate.stack.state import is_orphan, running_in

    process = running_in(target.folder)
    if not is_orphan(process):
        return
    if not yes:
        _ask(f"end process {process}, a provider whose Terraform is gone", names)
        # It may have ended meanwhile, and its id be another's.
        if running_in(target.folder) != process or not is_orphan(process):
            return
    try:
        os.kill(process, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError:
        fail(1, f"{target.stack}: process {process}, a provider, is somebody else's; end it there")
    tell(f"{target.stack}: ended process {process}, a provider without Terraform", sys.stderr)
    until = time.monotonic() + _GRACE
    while running_in(target.folder) == process and time.monotonic() < until:
        time.sleep(_TICK)


def _examined(
    stack: str, folder: Path, accounts: "dict[Place, Account]", adopted: frozenset[str]
) -> "Recovery":
    from athena_gate.gate.recover import Refused, examine

    try:
        return examine(stack, folder, _content(folder), accounts, adopted)
    except Refused as refused:
        fail(1, f"{stack}: {refused.found}; {refused.next}")


def _content(folder: Path) -> dict[str, Any]:
    from athena_gate.gate.stack.reader import FILE, STACK_LIMIT
    from athena_gate.modules.files import Unreadable, read_json

    try:
        found: dict[str, Any] = read_json(folder / FILE, STACK_LIMIT)
        return found
    except Unreadable as error:
        fail(2, str(error))


def _require_ended(found: "list[Recovery]") -> None:
    from athena_gate.gate.stack.state import who_runs

    for one in found:
        if one.running:
            fail(1, f"{one.stack}: {who_runs(one.running)} still works; nothing was changed")
        if one.state.lock and one.state.file is None and not one.state.lock.ours:
            fail(1, f"{one.stack} is locked by {one.state.lock.who}; nothing was changed")


def _ask(what: str, names: "list[str]") -> None:
    if not sys.stdin.isatty():
        line = to_run(shell(["recover", "--yes", *names]))
        fail(1, f"nothing was changed: nobody can be asked here; run: {line}")
    print(f"\nrecover: {what}. Only yes is a yes: ", end="", file=sys.stderr, flush=True)
    try:
        answer = sys.stdin.readline().strip()
    except KeyboardInterrupt:
        answer = ""
    if answer != "yes":
        fail(1, "nothing was changed")


def _mended(
    found: "Recovery", accounts: "dict[Place, Account]", adopted: frozenset[str]
) -> "Mended":
    from athena_gate.gate.deploy.running import Terraform
    from athena_gate.gate.recover.mending import mend, put_back
    from athena_gate.gate.stack.state import cut_short, holder, running_in, who_runs

    if found.state.broken and found.state.file:
        if process := running_in(found.folder) or holder(found.state.file):
            fail(1, f"{found.stack}: {who_runs(process)} works by now; nothing was changed")
        # Unless a run has written another since.
        if cut_short(found.state.file):
            try:
                tell(f"{found.stack}: {put_back(found)}", sys.stderr)
            except OSError as error:
                fail(1, f"{found.stack}: its state stays as it is: {error}")
        found = _examined(found.stack, found.folder, accounts, adopted)
        if found.state.broken:
            fail(1, f"{found.stack}: its state cannot be read: {found.state.broken}")
    content = _content(found.folder)
    logs = BUILD / "logs" / os.environ.get("GATE_ENV", "")
    terraform = Terraform(
        terraform_variables(), logs, lambda text: tell(f"gate: {text}", sys.stderr)
    )
    with terraform.interruptible():
        return mend(
            found,
            content,
            accounts,
            terraform,
            BUILD,
            lambda text: tell(f"{found.stack}: {text}", sys.stderr),
        )


def _end(found: "list[Recovery]") -> None:
    stops = [one for one in found if one.stops]
    raise typer.Exit(1 if stops else 0)
