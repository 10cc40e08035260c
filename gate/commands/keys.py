"""`gate keys` and `gate rotate` on the command line."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from athena_gate.gate.console import (
    block_called,
    fail,
    load,
    output_folder,
    say,
    tell,
    terraform_variables,
)
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from athena_gate.gate.keys import Keys
    from athena_gate.stacks.configuration import ConfiguredBlock

_Name = Annotated[str, typer.Argument(help="The block's name, or KIND.NAME.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
_Json = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


def keys(
    context: typer.Context,
    name: _Name,
    remove: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Delete a key that no state knows and nobody uses."),
    ] = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """List the access keys of a block: how old they are, when each was used, which is unknown.

    Exit code 0 when all are as gate.hcl has them, 1 when one is unknown, deleted or too old, or
    when AWS or the state cannot be asked; 2 for mistakes.
    """
    from athena_gate.gate.keys.text import as_json as shown_as_json
    from athena_gate.gate.keys.text import as_text
    from athena_gate.modules import clock

    block = block_called(load(context.obj), name)
    iam, found = _asked(block)
    if remove is not None:
        _remove(iam, found, remove, yes, lambda: _asked(block)[1])
        iam, found = _asked(block)
    now = clock.now()
    if as_json:
        print(json.dumps(shown_as_json(found, now), indent=2))
    else:
        say(as_text(found, now))
    raise typer.Exit(1 if found.problems(now) else 0)


def _remove(iam: Any, found: "Keys", id_: str, yes: bool, again: "Callable[[], Keys]") -> None:
    from athena_gate.gate.keys.ask import NoAnswer, answering

    _require_removable(found, id_)
    if not yes:
        if not sys.stdin.isatty():
            line = to_run(f"keys {found.stack}")
            fail(2, f"nobody can be asked here; look at {line}, then add --yes")
        question = f"delete {id_} of {found.user}, which no state knows? Only yes is a yes: "
        print(question, end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip() != "yes":
            fail(1, "nothing was deleted")
        # A run may have written it down meanwhile, or somebody begun to use it.
        _require_removable(again(), id_)
    try:
        with answering():
            iam.delete_access_key(UserName=found.user, AccessKeyId=id_)
    except NoAnswer as error:
        fail(1, str(error))
    tell(f"gate: {id_} is deleted", sys.stderr)


def _require_removable(found: "Keys", id_: str) -> None:
    from athena_gate.modules import clock

    key = next((one for one in found.found if one.id == id_), None)
    if key is None:
        listed = ", ".join(one.id for one in found.unknown) or "no key is unknown"
        fail(2, f"{found.user} has no key {visible(id_, 40)}; allowed: {listed}")
    if why := found.why_not_removed(key, clock.now()):
        fail(1, f"{id_} stays: {why}")


def rotate(
    context: typer.Context,
    name: _Name,
    generation: Annotated[
        str | None, typer.Option(help="What the new generation is called; by default the month.")
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="Remove the old generation, if nobody uses it.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Renew an access key step by step: add a generation, later remove the old one.

    Changes gate.hcl, and nothing else; says what is next. Exit code 0 for a step that was done or
    is to be waited for, 1 for one that is refused, 2 for mistakes.
    """
    from athena_gate.gate.keys.ask import NoAnswer, NoKeys, iam_of, keys_of, user_of
    from athena_gate.gate.keys.state import NoState
    from athena_gate.gate.rotate import step
    from athena_gate.gate.rotate.change import change, shared
    from athena_gate.gate.rotate.edit import NotEdited
    from athena_gate.modules import clock
    from athena_gate.modules.fields import generation as valid
    from athena_gate.modules.findings import Wrong

    if generation is not None:
        if finish:
            fail(2, "--generation names a new one, and --finish removes the old one; choose one")
        try:
            valid(generation)
        except Wrong as error:
            fail(2, f"--generation: {error}")
    block = block_called(load(context.obj), name)
    found, note = None, ""
    try:
        user_of(block)
        _waiting(block)
        folder = output_folder() / "stacks" / block.stack
        found = keys_of(block, folder, terraform_variables(), iam_of(block))
    except NoKeys as error:
        fail(2, str(error))
    except (NoAnswer, NoState) as error:
        note = str(error)
    wanted = block.settings.keys.generations
    until, now = block.settings.until, clock.now()
    done = step(block.stack, wanted, found, now, finish=finish, named=generation, until=until)
    file = ""
    if done.do in ("add", "remove"):
        try:
            done = shared(context.obj, block, done)
            if done.do != "refused":
                file = str(change(context.obj, block, done))
        except NotEdited as error:
            fail(1, str(error))
    if note:
        tell(f"gate: {note}", sys.stderr)
    if as_json:
        shown = {"step": done.do, "generation": done.generation or None, "file": file or None}
        print(json.dumps({**shown, "says": done.says, "next": list(done.next)}, indent=2))
    else:
        say(f"{block.stack}: {done.says}")
        if file:
            say(f"  file: {file}")
        for number, one in enumerate(done.next):
            say(f"  {'next:' if number == 0 else 'then:'} {one}")
    raise typer.Exit(1 if done.do == "refused" else 0)


def _waiting(block: "ConfiguredBlock") -> None:
    if sys.stderr.isatty():
        print(f"gate: asking AWS and the state of {block.stack}", file=sys.stderr)


def _asked(block: "ConfiguredBlock") -> "tuple[Any, Keys]":
    from athena_gate.gate.keys.ask import NoAnswer, NoKeys, iam_of, keys_of, user_of
    from athena_gate.gate.keys.state import NoState

    try:
        user_of(block)
        _waiting(block)
        iam = iam_of(block)
        folder = output_folder() / "stacks" / block.stack
        return iam, keys_of(block, folder, terraform_variables(), iam)
    except NoKeys as error:
        fail(2, str(error))
    except (NoAnswer, NoState) as error:
        fail(1, str(error))
