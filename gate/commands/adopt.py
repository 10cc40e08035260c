"""`gate adopt` on the command line."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from athena_gate.gate.commands.deploy import BUILD, targets_of, terraform_variables
from athena_gate.gate.console import block_called, fail, load, say, tell
from athena_gate.gate.text import counted
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable, visible

if TYPE_CHECKING:
    from athena_gate.gate.adopt import Adoption
    from athena_gate.gate.recover.account import Account
    from athena_gate.gate.stack.state import State
    from athena_gate.stacks.configuration import ConfiguredBlock

# What was attached takes effect after a while, which AWS gives no number for (2026-11):
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
SETTLED = 15.0
# Beside gate.hcl, to be committed with it: an inline policy that was deleted is nowhere else.
RECORDS = Path("adopted")


def adopt(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The block's name, or KIND.NAME.")],
    user: Annotated[str, typer.Option(help="The IAM user made by hand.")] = "",
    role: Annotated[str, typer.Option(help="The IAM role made by hand.")] = "",
    workgroup: Annotated[str, typer.Option(help="The workgroup made by hand.")] = "",
    bucket: Annotated[str, typer.Option(help="The bucket made by hand.")] = "",
    search: Annotated[
        bool, typer.Option("--search", help="List what may have been made for it.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Take off what was attached by hand.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was found and done as JSON.")
    ] = False,
) -> None:
    """Take over what was made by hand, under the name it has.

    The names are written into gate.hcl, what stands is imported, and the block's policies are
    attached beside those it has, which go with --detach. No access key is touched. Exit code 1
    when it cannot be adopted or is not wanted, 2 for mistakes.
    """
    file: Path = context.obj
    given = {"user": user, "role": role, "workgroup": workgroup, "bucket": bucket}
    asked = {what: one for what, one in given.items() if one}
    block = _block(file, name)
    if search:
        _search(block, name, as_json)
        return
    if as_json and not yes:
        fail(2, "gate adopt --json asks nobody; it needs --yes as well")
    written = Names(file, block, asked)
    try:
        run = _Run(file, block.stack, yes, as_json)
        before = run.examine()
        if not as_json:
            from athena_gate.gate.adopt.text import as_text

            say("\n".join(as_text(before)))
        if before.stops:
            run.end(before, "stopped")
            fail(1, f"nothing was adopted, for {counted(len(before.stops), 'reason')}")
        if before.imports and run.in_hcp:
            run.end(before, "to be imported")
            return
        changed = run.take_over(before, written.keep)
    except BaseException:
        if written.take_back():
            _synthesized_again(file)
        raise
    now = run.examine()
    done: list[str] = []
    if detach and not now.narrow:
        done = run.detach(now, settle=changed)
        now = run.examine()
    run.end(now, "adopted" if now.narrow else "adopted, and as wide as it was", done)


def _synthesized_again(file: Path) -> None:
    """Have the stacks without the names that were taken back, for whoever runs Terraform itself:
    with them it would rename the user that is deployed."""
    from athena_gate.gate.synth.program import main as synthesize

    with suppress(OSError):
        synthesize(file)


def _block(file: Path, name: str) -> "ConfiguredBlock":
    block = block_called(load(file), name)
    if "adopted" not in type(block.settings).model_fields:
        fail(2, f"{block.title} keeps no names of what was made by hand; vendors' blocks do")
    return block


class Names:
    """What is ``asked``, written into the file that ``block`` stands in, until it is taken back."""

    def __init__(self, file: Path, block: "ConfiguredBlock", asked: Mapping[str, str]) -> None:
        from athena_gate.gate.adopt.names import additions, with_blocks
        from athena_gate.gate.check.environments import called
        from athena_gate.gate.editing import edited, write
        from athena_gate.gate.eject.hcl import text as as_hcl
        from athena_gate.modules.files import read_bytes
        from athena_gate.modules.findings import file_of
        from athena_gate.modules.hcl import SIZE_LIMIT
        from athena_gate.modules.reading import ConfigurationError
        from athena_gate.stacks import configuration, places

        if not asked and block.settings.adopted is None:
            fail(2, "say what was made by hand: --user, --role, --workgroup, --bucket; or --search")
        try:
            added = additions(block, asked)
        except ValueError as error:
            fail(2, f"{block.title}: {error}")
        self._place = Path(file_of(block.line) or file)
        self._before: bytes | None = read_bytes(self._place, SIZE_LIMIT) if added else None
        if self._before is None:
            return
        shown = visible(str(self._place))
        try:
            written = edited(
                self._before, lambda text: with_blocks(text, block.kind, block.name, added)
            )
        except LookupError:
            tell(as_hcl(added).rstrip(), sys.stderr)
            fail(2, f"{shown} has {block.title} spelled otherwise; write that into it by hand")
        write(self._place, written)
        try:
            configuration.load(file)
        except ConfigurationError as error:
            self.take_back()
            tell(str(error), sys.stderr)
            fail(2, f"{shown} would have a mistake, so nothing was written")
        tell(f"gate: {shown}: {block.title} keeps {', '.join(asked.values())}", sys.stderr)
        here = places.named(os.environ)
        others = [one for one in ("", *places.environments(file)) if one != here]
        if others and self._place.parent.name != places.ENVIRONMENTS:
            names = " and ".join(called(one) for one in others)
            tell(
                f"gate: {shown} is read by {names} as well, where the block would keep the same "
                f"names; adopted {{}} in {places.ENVIRONMENTS}/NAME.hcl is of one alone",
                sys.stderr,
            )

    def keep(self) -> None:
        """Leave it as it is written."""
        self._before = None

    def take_back(self) -> bool:
        """Put back what was there before, unless it is to be kept; return whether it was."""
        from athena_gate.gate.editing import write

        if self._before is None:
            return False
        write(self._place, self._before)
        tell(f"gate: {visible(str(self._place))} is as it was", sys.stderr)
        self._before = None
        return True


def _search(block: "ConfiguredBlock", name: str, as_json: bool) -> None:
    from athena_gate.gate.adopt.search import candidates, command
    from athena_gate.gate.recover.account import NotAllowed

    try:
        found = candidates(block, _account(block))
    except NotAllowed as error:
        fail(1, f"{block.title}: {error}")
    if as_json:
        shown = [
            {"kind": one.kind, "name": one.name, "reasons": list(one.reasons)} for one in found
        ]
        print(json.dumps(shown, indent=2))
        return
    for one in found:
        say(f"{one.kind} {one.name}: {'; '.join(one.reasons)}\n  {command(one, name)}")
    if not found:
        say("nothing in the account looks like what the vendor's page has one make by hand")


def _account(block: "ConfiguredBlock") -> "Account":
    from athena_gate.gate.recover.account import account
    from athena_gate.gate.recover.wanted import Place

    of = block.settings.account
    found: Account = _asked(lambda: account(Place(of.id, of.region, of.assume_role)))
    return found


def _asked(question: Callable[[], Any]) -> Any:
    from athena_gate.gate.doctor.aws import Refused
    from athena_gate.gate.recover.account import NotAllowed

    try:
        return question()
    except Refused as refused:
        fail(1, f"{refused.found}; {refused.next}")
    except NotAllowed as error:
        fail(1, str(error))


@dataclass
class _Run:
    """What is done to the stack ``stack`` of ``file``."""

    file: Path
    stack: str
    yes: bool
    as_json: bool

    def __post_init__(self) -> None:
        from athena_gate.gate.stack.reader import FILE, STACK_LIMIT
        from athena_gate.gate.synth.program import main as synthesize
        from athena_gate.modules.files import read_json

        if code := synthesize(self.file):
            raise typer.Exit(code)
        (target,) = targets_of(self.file, [self.stack], removed=False)
        blocks = load(self.file).blocks
        (self.block,) = [one for one in blocks if one.stack == self.stack]
        self.others = [one for one in blocks if one.stack != self.stack]
        self.folder = target.folder
        self.content: dict[str, Any] = read_json(self.folder / FILE, STACK_LIMIT)
        self.account = _account(self.block)

    @property
    def in_hcp(self) -> bool:
        """Return whether the state is in HCP Terraform, which does what is to be done itself."""
        return "cloud" in self.content["terraform"]

    def state(self) -> "State | None":
        from athena_gate.gate.recover import backend
        from athena_gate.gate.stack.state import LEFT_ALONE

        if self.in_hcp:
            return None
        found: State = _asked(lambda: backend.read(self.content, self.folder))
        if found.broken:
            line = LEFT_ALONE if found.whole else f"run: {to_run(f'recover {self.stack}')}"
            fail(1, f"the state {found.where} cannot be read: {found.broken}; {line}")
        return found

    def examine(self) -> "Adoption":
        from athena_gate.gate.adopt.account import examine

        state = self.state()
        found: Adoption = _asked(
            lambda: examine(self.block, self.content, state, self.account, self.others)
        )
        return found

    def take_over(self, found: "Adoption", begun: Callable[[], None]) -> bool:
        """Import what stands and have all else of the stack applied, which ``begun`` is told of;
        return whether anything was."""
        from athena_gate.gate.adopt.running import lost, with_imports
        from athena_gate.gate.deploy import apply, plan, plan_files
        from athena_gate.gate.deploy.progress import shown
        from athena_gate.gate.deploy.running import Terraform
        from athena_gate.gate.deploy.text import failures, summary, words

        logs = BUILD / "logs" / os.environ.get("GATE_ENV", "")
        variables = terraform_variables()
        terraform = Terraform(variables, logs, lambda text: tell(f"gate: {text}", sys.stderr))
        state = self.state()
        if state is None:
            return False
        with (
            plan_files(BUILD) as plans,
            with_imports(found, self.folder, self.content, state.file, BUILD) as target,
        ):
            with shown([self.stack]) as progress:
                (outcome,) = plan([target], terraform, plans, progress)
            if outcome.state == "no changes":
                return False
            if outcome.changes is None or outcome.state != "planned":
                say(failures([outcome]), sys.stderr)
                fail(1, "nothing was adopted")
            if not self.as_json:
                say(summary([outcome], every=True))
            if bad := lost(found, outcome.changes):
                fail(1, f"nothing was adopted, for it would make anew: {', '.join(bad)}")
            self._ask(f"adopt: {words(outcome.changes)}", "nothing was adopted")
            begun()
            with shown([self.stack]) as progress:
                changes = {self.stack: outcome.changes}
                (outcome,) = apply([target], changes, terraform, plans, progress)
        if outcome.state != "applied":
            say(failures([outcome]), sys.stderr)
            fail(1, f"not all was adopted; run it again: {to_run(f'adopt {self.stack}')}")
        return True

    def detach(self, found: "Adoption", *, settle: bool) -> list[str]:
        """Take off what was attached by hand; with ``settle``, once what was attached a moment ago
        has taken effect."""
        from athena_gate.gate.adopt.account import given_up
        from athena_gate.gate.adopt.running import detach, keep_record
        from athena_gate.gate.adopt.text import old
        from athena_gate.gate.diff.text import given_up as lost_rights
        from athena_gate.gate.recover.account import NotAllowed

        if not found.complete:
            missing = ", ".join(sorted(found.wanted - found.new))
            line = to_run(f"apply {self.stack}")
            fail(1, f"nothing was detached: {missing} is not attached; run: {line}")
        wide, more = _asked(lambda: given_up(found, self.account))
        if wide and not self.as_json:
            say("\n".join([f"{self.block.title}: no longer allowed", *lost_rights(wide)]))
        for one in more:
            tell(f"gate: {one}", sys.stderr)
        self._ask(f"detach {', '.join(old(found))}", "nothing was detached")
        # Another environment has another account.
        try:
            back = keep_record(found, RECORDS / os.environ["GATE_ENV"] / self.stack)
        except Unreadable as error:
            fail(1, f"nothing was detached: {error}")
        if settle:
            tell(f"gate: {SETTLED:.0f} s until the new policies have taken effect", sys.stderr)
            time.sleep(SETTLED)
        done: list[str] = []
        try:
            for sentence in detach(found, self.account):
                done.append(sentence)
                if not self.as_json:
                    say(sentence)
        except NotAllowed as error:
            fail(1, f"{error}; the rest stays attached. Run it again when that is allowed")
        finally:
            tell(f"gate: {back} has the commands that bring it back", sys.stderr)
        return done

    def _ask(self, what: str, otherwise: str) -> None:
        if self.yes:
            return
        if not sys.stdin.isatty():
            fail(1, f"{otherwise}: nobody can be asked here; add --yes")
        print(f"\n{what}. Only yes is a yes: ", end="", file=sys.stderr, flush=True)
        try:
            answer = sys.stdin.readline().strip()
        except KeyboardInterrupt:
            answer = ""
        if answer != "yes":
            fail(1, otherwise)

    def end(
        self,
        found: "Adoption",
        state: str,
        done: list[str] | None = None,
    ) -> None:
        """Print what came of it."""
        from athena_gate.gate.adopt.json import as_json
        from athena_gate.gate.adopt.text import imports_by_hand, next_steps

        if self.as_json:
            print(json.dumps(as_json(found, state, done or []), indent=2))
        elif state != "stopped":
            left = next_steps(found, self.block.name)
            if self.in_hcp and found.imports:
                left = imports_by_hand(found, self.folder)
            say("\n".join([f"{self.block.title}: {state}", *left]))
