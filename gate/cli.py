"""The commands of `gate`. Each imports what it needs when it runs, so that `gate check` stays as
quick as the check itself."""

import json
import os
import sys
from contextlib import suppress
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer
from typer._completion_classes import completion_init
from typer.core import TyperGroup

from athena_gate.gate.commands.adopt import adopt
from athena_gate.gate.commands.completion import completion
from athena_gate.gate.commands.deploy import apply, destroy, plan
from athena_gate.gate.commands.deployer import deployer
from athena_gate.gate.commands.diff import diff
from athena_gate.gate.commands.fmt import fmt
from athena_gate.gate.commands.init import init
from athena_gate.gate.commands.key import key
from athena_gate.gate.commands.keys import keys, rotate
from athena_gate.gate.commands.lock import lock
from athena_gate.gate.commands.recover import recover
from athena_gate.gate.commands.rule import rule
from athena_gate.gate.commands.schema import schema
from athena_gate.gate.commands.synth import synth
from athena_gate.gate.commands.todo import todo
from athena_gate.gate.completion import COMPLETE
from athena_gate.gate.console import (
    AsJson,
    block_called,
    chosen_format,
    cross,
    dash,
    fail,
    load,
    output_folder,
    say,
    tell,
    terraform_variables,
    tick,
)
from athena_gate.gate.project import enter, from_here
from athena_gate.gate.quoting import shell
from athena_gate.gate.text import counted
from athena_gate.modules.command_line import given, to_run, to_synthesize
from athena_gate.modules.files import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from athena_gate.gate.prove import Proof
    from athena_gate.gate.stack.model import Stack
    from athena_gate.stacks.configuration import Configuration, ConfiguredBlock
    from athena_gate.stacks.integrations import Integration

# stacks.configuration has the same word; importing it would cost `gate check` its speed.
DEFAULT_FILE = "gate.hcl"
# Where everything that can be made again is kept, with a .gitignore of its own.
BUILD = Path(".gate")
REPORT = BUILD / "report.html"

# Commands that belong to no project, or make one.
_ANYWHERE = ("completion", "init", "key", "rule")

# What is said once, before the command.
_BEFORE = ("--file", "--env", "--version")


class _Group(TyperGroup):
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        # typer cuts what is longer than a line.
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, one.get_short_help_str(1000)) for name, one in commands if one]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            # typer has no public name for the error of an option that a command lacks.
            option = getattr(error, "option_name", "")
            if option in _BEFORE and hasattr(error, "message"):
                value = "" if option == "--version" else " NAME"
                error.message += f"; it goes before the command: gate {option}{value} ..."
            raise


app = typer.Typer(
    cls=_Group,
    name="gate",
    help="One file, gate.hcl, says who may reach your Amazon Athena.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _written(text: str) -> Path:
    """Return the path ``text``: an empty one would be the current folder, which is written as a
    dot, and comes of a variable that has no value."""
    if not text:
        raise typer.BadParameter("it is empty; allowed: a path, such as . for this folder")
    return Path(text)


def path(text: str) -> Path:
    """Return the path ``text`` from the project's folder."""
    return from_here(_written(text))


def name_or_path(text: str) -> str:
    """Return ``text``, which may be a path, as ``path`` does."""
    found = path(text)
    return str(found) if found != Path(text) and found.exists() else text


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"gate {version('athena-gate')}")
        raise typer.Exit


@app.callback()
def _gate(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - it ends the program
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    *,
    file: Annotated[
        Path,
        typer.Option(
            parser=_written,
            envvar="GATE_FILE",
            metavar="FILE",
            help="The configuration to work on.",
        ),
    ] = Path(DEFAULT_FILE),
    environment: Annotated[
        str,
        typer.Option(
            "--env",
            envvar="GATE_ENV",
            help="The environment to work on: what environments/NAME.hcl changes.",
        ),
    ] = "",
) -> None:
    context.obj = file
    source = context.get_parameter_source("file")
    named = source is None or source.name != "DEFAULT"
    enter(None if named or context.invoked_subcommand in _ANYWHERE else DEFAULT_FILE)
    # The default is left out where a variable names it, as in pipelines.
    usual = str(file) == DEFAULT_FILE and (source is None or source.name == "ENVIRONMENT")
    said = {
        "--file": shell([file]) if named and not usual else "",
        "--env": shell([environment]) if environment else "",
    }
    context.with_resource(given({option: value for option, value in said.items() if value}))
    # Whatever this command starts works on the same one.
    os.environ["GATE_ENV"] = environment


app.command()(init)
app.command()(key)
app.command()(lock)


@app.command()
def check(
    context: typer.Context,
    against: Annotated[
        Path | None,
        typer.Option(
            parser=path,
            help="An earlier synth, such as cdktf.out or its manifest.json: report the states "
            "that would be left behind.",
        ),
    ] = None,
    output_format: Annotated[
        Literal["text", "github", "gitlab", "sarif", "json"] | None,
        typer.Option(
            help="How to print it, by default as text; github: annotations, gitlab: a code "
            "quality report.",
        ),
    ] = None,
    as_json: AsJson = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 1 for a warning too, as pipelines do.")
    ] = False,
) -> None:
    """Say what is wrong with gate.hcl and what a reviewer should know of it.

    Exit code 0 when it can be built, 1 when a state would be left behind, for access that has ended
    or, with --strict, for a warning, 2 for mistakes. gate rule CODE explains a finding.
    """
    from athena_gate.gate.check import check as check_file

    kind = chosen_format(output_format, as_json)
    if against and kind not in ("text", "json"):
        fail(2, "--against prints text or JSON; leave --output-format out")
    result = check_file(context.obj)
    compared = _against(context.obj, against) if against and not result["mistakes"] else {}
    if kind == "json":
        print(json.dumps({**result, **compared}, indent=2))
    elif kind == "text":
        _print_check(result)
        _print_orphans(compared, result["file"])
    else:
        _print_findings(result, kind)
    if result["mistakes"]:
        raise typer.Exit(2)
    if compared.get("removed") or compared.get("moved"):
        raise typer.Exit(1)
    if errors := sum(one["severity"] == "error" for one in result["remarks"]):
        fail(1, f"{counted(errors, 'error')}; gate rule CODE says what to do")
    warnings = sum(one["severity"] == "warning" for one in result["remarks"])
    if strict and warnings:
        fail(1, f"{counted(warnings, 'warning')}; mend or accept each: gate rule CODE says how")


def _print_findings(result: dict[str, Any], kind: str) -> None:
    from athena_gate.gate.check.findings import as_github, as_gitlab, as_sarif

    if kind == "github":
        if commands := as_github(result):
            print(commands)
    else:
        print(json.dumps(as_gitlab(result) if kind == "gitlab" else as_sarif(result), indent=2))


def _against(file: Path, earlier: Path) -> dict[str, Any]:
    from athena_gate.gate.check import orphans

    try:
        return orphans.compare(load(file), earlier)
    except orphans.NoManifest as error:
        fail(2, str(error))


def _print_orphans(compared: dict[str, Any], file: str) -> None:
    from athena_gate.gate.check.text import keys as of_keys
    from athena_gate.gate.check.text import left_behind

    if told := of_keys(compared):
        tell(told, sys.stdout)
    if compared and (text := left_behind(compared, file)):
        say(text)
        left = len(compared["removed"]) + len(compared["moved"])
        fail(1, f"{counted(left, 'state')} would be left behind")


def _print_check(result: dict[str, Any]) -> None:
    from athena_gate.gate.check.text import as_text, mistakes

    if result["mistakes"]:
        tell(mistakes(result), sys.stderr)
        number = counted(len(result["mistakes"]), "mistake")
        fail(2, f"{number} in {visible(result['file'])}")
    ended = any(one["severity"] == "error" for one in result["remarks"])
    tell(as_text(result, cross() if ended else tick()), sys.stdout)


app.command()(synth)
app.command()(plan)
app.command()(apply)
app.command()(destroy)
app.command()(todo)
app.command()(recover)
app.command()(keys)
app.command()(rotate)
app.command()(adopt)


@app.command()
def sheet(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The block's name, or KIND.NAME.")],
    output_format: Annotated[
        Literal["text", "markdown", "json"] | None,
        typer.Option(help="How to print it, by default as text."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what the vendor's form asks for, from the outputs of a deployed stack."""
    from athena_gate.gate.sheet import sheet as made
    from athena_gate.gate.sheet.outputs import NotDeployed, read_outputs
    from athena_gate.gate.sheet.text import as_markdown, as_text

    kind = chosen_format(output_format, as_json)
    block = block_called(load(context.obj), name)
    folder = output_folder() / "stacks" / block.stack
    _note_if_stale(context.obj, folder)
    try:
        outputs = read_outputs(block.stack, folder, terraform_variables())
    except NotDeployed as error:
        fail(1, str(error))
    content = made(block, outputs, folder)
    if kind == "json":
        print(json.dumps(content, indent=2))
    elif kind == "markdown":
        say(as_markdown(content))
    else:
        say(as_text(content))


@app.command()
def parity(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The block's name, or KIND.NAME.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Compare a block's policies with the vendor's guide, statement by statement.

    Exit code 0 when every difference has a stated reason, 1 when one has none, 2 for mistakes.
    """
    from athena_gate.gate.parity import parity as compared
    from athena_gate.gate.parity.text import show

    found = compared(block_called(load(context.obj), name))
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        show(found)
    raise typer.Exit(1 if found.unexplained else 0)


@app.command()
def prove(
    context: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            parser=name_or_path,
            help="A block's name, a folder with cdk.tf.json in it, or a plan as JSON; without it, "
            "every block.",
        ),
    ] = None,
    checks_only: Annotated[
        bool,
        typer.Option(
            "--checks-only",
            help="For a stack of somebody else: prove nothing, only check its policies.",
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="End with 1 when a claim holds only if others do their part."
        ),
    ] = False,
    output_format: Annotated[
        Literal["text", "sarif", "json"] | None,
        typer.Option(help="How to print it, by default as text; sarif has the failures only."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove what the synthesized stacks can do, and what they never can.

    Exit code 0 when every claim holds, 1 when one does not, when a stack has no block in gate.hcl
    to be compared with, or when a block has no stack. A claim that holds only if others do their
    part (gate todo) is no failure, with --strict it is one.
    """
    from athena_gate.gate.pipeline.stacks import MANIFEST, unlisted
    from athena_gate.gate.prove import (
        check_only,
        no_claims,
        prove_missing,
        prove_removed,
        prove_stack,
        prove_unclaimed,
    )
    from athena_gate.gate.prove.json import as_json as proofs_as_json
    from athena_gate.gate.prove.sarif import as_sarif
    from athena_gate.gate.prove.text import as_text
    from athena_gate.gate.stack.reader import FILE

    kind = chosen_format(output_format, as_json)
    if checks_only:
        if what is None:
            fail(2, "--checks-only needs a folder with cdk.tf.json in it, or such a file")
        proved = [check_only(stack) for stack in _read(Path(what))]
    else:
        configuration = load(context.obj) if what is None or context.obj.exists() else None
        plan = _plan(what) if what is not None else None
        if plan is not None and what is not None:
            proved = [_prove_plan(context.obj, plan, Path(what), configuration)]
        else:
            proved = [
                prove_stack(stack, block, configuration.backend)
                if block and configuration
                else prove_unclaimed(stack)
                for stack, block in _stacks(context.obj, what)
            ]
        known = {proof.stack for proof in proved}
        place = output_folder() if what is None else Path(what)
        if configuration and what is None:
            # What lies beside the blocks' stacks would be planned too.
            proved += [
                prove_unclaimed(stack)
                for file in sorted((place / "stacks").glob(f"*/{FILE}"))
                if file.parent.name not in {*configuration.stacks, *configuration.ejected}
                for stack in _read(file)
            ]
        if configuration and place.is_dir():
            proved += [
                prove_removed(stack)
                for file in sorted((place / "removed").glob(f"*/{FILE}"))
                for stack in _read(file)
            ]
        if configuration and place.is_dir() and not (place / FILE).exists():
            # More than one stack's folder: what it lacks would not be noticed otherwise.
            proved += [
                prove_missing(block, str(place))
                for block in configuration.blocks
                if block.stack not in known
            ]
        synthesized = (place / "stacks").is_dir() or (place / MANIFEST).exists()
        if synthesized and (problem := unlisted(place)):
            proved.append(no_claims(MANIFEST, str(place / MANIFEST), problem))
    if kind == "json":
        print(json.dumps(proofs_as_json(proved), indent=2))
    elif kind == "sarif":
        print(json.dumps(as_sarif(proved, str(context.obj)), indent=2))
    else:
        say(as_text(proved, tick(), cross(), dash()))
    conditional = any(r.answer == "holds if" for proof in proved for r in proof.results)
    fine = all(proof.holds for proof in proved) and not (strict and conditional)
    raise typer.Exit(0 if fine else 1)


# A request that the shell has split is told from words too many.
@app.command(context_settings={"allow_extra_args": True})
def explain(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            parser=name_or_path, help="A block's name, or a folder with cdk.tf.json in it."
        ),
    ],
    can: Annotated[
        str | None,
        typer.Option(help='Ask about one request: "s3:GetObject arn:aws:s3:::bucket/key".'),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--context", help="KEY=VALUE of that request; KEY= when it has no such key."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say who may become whom in a synthesized stack, and what each may then do.

    With --can, each user, role and policy of the stack gets an answer. Exit code 0 when one of them
    may, also where it is "if" others do their part, 1 when none may or it is not known (the answers
    say which), 2 for a question that is wrong.
    """
    from athena_gate.gate.explain import can as may
    from athena_gate.gate.explain import explain_stack, question
    from athena_gate.gate.explain.json import answers_as_json
    from athena_gate.gate.explain.json import as_json as explanation_as_json
    from athena_gate.gate.explain.text import answers_as_text, as_text
    from athena_gate.gate.stack.applied import half_applied, in_local_state, missing
    from athena_gate.gate.stack.state import problem

    if context.args or (can and what.startswith("arn:")):
        _not_quoted(context, what, can)
    if given and not can:
        fail(2, "--context belongs to --can")
    asked_for = _stacks(context.obj, what)
    stacks = [stack for stack, _ in asked_for]
    _only_understood(stacks)
    for one in stacks:
        if broken := problem(one.name, Path(one.file)):
            tell(f"gate: {broken}", sys.stderr)
        if left := missing(Path(one.file), in_local_state(Path(one.file))):
            tell(f"gate: {half_applied(one.name, left)}", sys.stderr)
    if can is None:
        explained = [explain_stack(stack) for stack in stacks]
        if as_json:
            print(json.dumps([explanation_as_json(one) for one in explained], indent=2))
        else:
            say("\n\n".join(as_text(one) for one in explained))
        return
    try:
        asked = question(can, given or [])
        said = [
            answer
            for stack, block in asked_for
            for answer in may(
                stack, *asked, block.integration.conditions(block.settings) if block else ()
            )
        ]
    except ValueError as error:
        fail(2, str(error))
    if as_json:
        print(json.dumps(answers_as_json(said), indent=2))
    else:
        say(answers_as_text(said))
    raise typer.Exit(0 if any(answer.answer in ("yes", "yes, if") for answer in said) else 1)


def _not_quoted(context: typer.Context, what: str, can: str | None) -> NoReturn:
    """End with what is wrong with the words that are left over."""
    if can is None:
        context.fail(f"Got unexpected extra argument(s) ({' '.join(context.args)})")
    asked = can
    if " " not in can.strip():
        words = [what, *context.args]
        named = next((word for word in words if word.startswith("arn:")), "arn:aws:s3:::bucket/key")
        asked = f"{can} {named}"
    fail(2, f'--can is one text; put it in quotes, as in --can "{asked}"')


@app.command()
def report(
    context: typer.Context,
    output: Annotated[Path, typer.Option(parser=path, help="The file to write.")] = REPORT,
    against: Annotated[
        str | None,
        typer.Option(
            help="Say what changed since: a commit of git, a folder with another gate.hcl, or the "
            "synth of the last report."
        ),
    ] = None,
) -> None:
    """Write one HTML file for whoever reviews the access, from the synthesized stacks.

    It is dated as its commit, or as SOURCE_DATE_EPOCH says, so that the same commit gives the same
    file; with changes that are not committed, with the time of writing.
    """
    from datetime import UTC, datetime

    from athena_gate.gate.diff.sides import NoSide, earlier
    from athena_gate.gate.report import report as reported
    from athena_gate.gate.report.made import NoDate, made
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks.places import files, profiles

    stacks = [(stack, block) for stack, block in _stacks(context.obj, None) if block]
    _only_understood([stack for stack, _ in stacks])
    configuration = load(context.obj)
    folder = context.obj.parent
    named = {folder / name for block in configuration.blocks for name in block.settings.files}
    read = [*files(context.obj, configuration.environment), *profiles(context.obj), *sorted(named)]
    try:
        of = made(read, os.environ, datetime.now(UTC))
        old = None if against is None else (against, earlier(against, context.obj))
    except (NoDate, NoSide) as error:
        fail(2, str(error))
    except ConfigurationError as error:
        fail(2, f"{against} cannot be compared with: {error}")
    if old is not None:
        _only_understood(list(old[1]))
    page = reported(configuration, stacks, of, old)
    try:
        if output.parent == BUILD:
            BUILD.mkdir(exist_ok=True)
            (BUILD / ".gitignore").write_text("*\n")
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        fail(2, f"{output} cannot be written: {error.strerror}; name another with --output")
    say(visible(output))


@app.command()
def eject(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The block's name, or KIND.NAME.")],
    output: Annotated[
        Path | None,
        typer.Option(
            parser=path,
            help="The folder to write; by default ejected/STACK, in an environment "
            "ejected/environments/NAME/STACK.",
        ),
    ] = None,
) -> None:
    """Write a block's stack as plain Terraform, to go on without athena-gate.

    The state stays, and so does the address of every resource.
    """
    from athena_gate.gate.eject import NotEjectable, folder_of, next_steps
    from athena_gate.gate.eject import eject as ejected

    configuration = load(context.obj)
    block, environment = block_called(configuration, name), configuration.environment
    folder = output or folder_of(block, environment)
    (synthesized,) = _synthesized(context.obj, block)
    _only_understood(_read(synthesized))
    try:
        written = ejected(block, synthesized, folder)
    except NotEjectable as error:
        fail(2, str(error))
    except OSError as error:
        place = error.filename or folder
        fail(2, f"{place}: {error.strerror}; name another folder with --output")
    say(next_steps(block, context.obj, environment, folder, written))


@app.command()
def vendors(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The vendor's block.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """List the vendors of the catalogue and of the folder vendors/, or show one."""
    from athena_gate.gate.vendors import listed
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks.integrations import Integrations, Vendor
    from athena_gate.stacks.places import VENDORS

    integrations = Integrations(context.obj.absolute().parent / VENDORS)
    try:
        profiles = {kind: one.file for kind, one in integrations.items() if isinstance(one, Vendor)}
    except ConfigurationError as error:
        tell(str(error), sys.stderr)
        fail(2, f"{counted(len(error.mistakes), 'mistake')} in {error.file}")
    if name is None:
        from athena_gate.gate.vendors.text import table

        found, wrong = listed(profiles)
        if wrong:
            for one in wrong:
                tell(str(one), sys.stderr)
            mistakes = counted(sum(len(one.mistakes) for one in wrong), "mistake")
            fail(2, f"{mistakes} in {counted(len(wrong), 'profile')}")
        if as_json:
            print(json.dumps([one.as_json() for one in found], indent=2))
        else:
            print(table(found))
        return
    if name in integrations and name not in profiles:
        fail(2, f"{name} is no vendor but an integration of its own; gate init asks what it needs")
    if name not in profiles:
        import difflib

        if problem := integrations.missing(name):
            fail(2, f"{problem}, which says what is true of the vendor")
        close = difflib.get_close_matches(name, profiles, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        fail(2, f"no vendor has the block {name!r}{hint}; gate vendors lists them")
    _show_vendor(name, integrations[name], as_json)


def _show_vendor(name: str, integration: "Integration", as_json: bool) -> None:
    from athena_gate.gate.vendors.text import one
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks.reference import inner_rows, rows

    try:
        block: Any = integration.settings
    except ConfigurationError as error:
        tell(str(error), sys.stderr)
        fail(2, f"{counted(len(error.mistakes), 'mistake')} in {error.file}")
    described, inner = rows(block), inner_rows(block)
    if as_json:
        content = block.profile.model_dump(mode="json", by_alias=True)
        fields = [
            {
                "name": name,
                "default": default,
                "meaning": meaning,
                "fields": [
                    {"name": n, "default": d, "meaning": m} for n, d, m in inner.get(name, ())
                ],
            }
            for name, default, meaning in described
        ]
        print(json.dumps({"block": name, "profile": content, "fields": fields}, indent=2))
    else:
        print(one(name, block, described, inner))


@app.command()
def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what on this machine would stop a deploy, and what to do about it.

    Exit code 0 when nothing would, 1 when something would, 2 when gate.hcl has mistakes.
    """
    from athena_gate.gate.doctor import examine
    from athena_gate.gate.doctor.finding import Finding
    from athena_gate.gate.doctor.text import show
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks.configuration import load

    configuration = mistakes = None
    try:
        # One that is not there is a finding like others.
        if context.obj.exists():
            configuration = load(context.obj)
    except ConfigurationError as error:
        mistakes = error
    findings = examine(configuration, context.obj, BUILD, _waiting)
    if as_json:
        for mistake in mistakes.mistakes if mistakes else ():
            text = mistake.text(str(context.obj))
            findings.append(Finding("gate.hcl", "stop", text, "correct it"))
        print(json.dumps([finding.as_json() for finding in findings], indent=2))
    else:
        show(findings, {"ok": tick(), "note": dash(), "stop": cross()})
    if mistakes:
        if not as_json:
            say(str(mistakes), sys.stderr)
        fail(2, f"{counted(len(mistakes.mistakes), 'mistake')} in {visible(context.obj)}")
    raise typer.Exit(1 if any(finding.status == "stop" for finding in findings) else 0)


def _waiting(checks: list[str]) -> None:
    if sys.stderr.isatty():
        print(f"waiting for {', '.join(checks)}", file=sys.stderr)


@app.command()
def pipeline(
    context: typer.Context,
    platform: Annotated[Literal["github", "gitlab"], typer.Argument(help="Where it runs.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that differs.")] = False,
) -> None:
    """Write the pipeline that checks, plans and applies gate.hcl, and say what it needs once."""
    from athena_gate.gate.pipeline.write import NoPipeline, about, write
    from athena_gate.gate.pipeline.write import pipeline as made

    try:
        files = made(platform, load(context.obj))
        for one in files:
            written = write(one, context.obj.parent, force)
            say(f"{one.path} {'was written' if written else 'is up to date'}")
    except NoPipeline as error:
        fail(2, str(error))
    say(about(files[0]))


@app.command(name="policy-set")
def policy_set(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option(parser=path, help="The folder to write, and to keep in Git.")
    ],
) -> None:
    """Write the OPA policies with which HCP Terraform denies a plan that is not of gate.hcl.

    Keep the folder in the repository of whoever approves, make it again when gate.hcl changes, and
    review the difference.
    """
    from athena_gate.gate.policy_set import NotOurs, is_guarded_with, write
    from athena_gate.gate.policy_set import policy_set as made
    from athena_gate.gate.stack.listed import NotListable
    from athena_gate.stacks.expected import expected_json

    configuration = load(context.obj)
    stacks = {
        block.stack: expected_json(block, configuration.backend) for block in configuration.blocks
    }
    try:
        changed = write(output, made(stacks))
    except (NotOurs, NotListable, ValueError) as error:
        fail(2, str(error))
    except OSError as error:
        fail(2, f"{error.filename or output}: {error.strerror}; name another with --output")
    for name in changed:
        say(str(output / name))
    if is_guarded_with(output, context.obj):
        tell(
            f"gate: {output} lies in the repository of {context.obj}, so who changes access can "
            "change the policies with it; keep it in another one, of those who approve",
            sys.stderr,
        )
    say(f"{tick()} {output}: {counted(len(stacks), 'stack')}, {counted(len(changed), 'change')}")


@app.command(context_settings={"allow_extra_args": True, "allow_interspersed_args": False})
def sandbox(
    context: typer.Context,
    with_roles: Annotated[
        bool,
        typer.Option(
            "--with-roles",
            help="Give it the roles, users, boundaries, buckets and workgroups that gate.hcl takes "
            "for granted.",
        ),
    ] = False,
) -> None:
    """Run a command with an AWS of its own on 127.0.0.1: gate sandbox -- COMMAND...

    Without a command, keep that AWS up and print what to paste into another shell. Nothing of it
    outlives the command, which gets no credentials of yours: no variable of a cloud, of CI or of
    HCP Terraform, and none that is called a token, key, secret or password.
    """
    from athena_gate.gate.sandbox import DEFAULT_ACCOUNT, NoMoto, Sandbox, SandboxError
    from athena_gate.gate.sandbox.cli_configuration import NotReadable
    from athena_gate.gate.sandbox.existing import taken_for_granted
    from athena_gate.gate.sandbox.state import (
        StateElsewhere,
        require_folders_inside,
        require_state_inside,
    )

    configuration = load(context.obj)
    direct = [
        account
        for block in configuration.blocks
        for account in block.settings.accounts
        if account.assume_role is None
    ]
    account = direct[0].id if direct else DEFAULT_ACCOUNT
    existing = taken_for_granted(configuration, account) if with_roles else []
    try:
        require_state_inside(configuration)
        require_folders_inside(context.args)
        base = terraform_variables()
        if context.obj != Path(DEFAULT_FILE):
            # What the command synthesizes is what was looked at here.
            base["GATE_FILE"] = str(context.obj.absolute())
        with Sandbox(account, existing) as running:
            for one in existing:
                print(f"gate sandbox: taken for granted: {one.arn}", file=sys.stderr)
            raise typer.Exit(
                running.run(context.args, base) if context.args else running.serve_forever(base)
            )
    except (StateElsewhere, NotReadable, NoMoto) as error:
        fail(2, str(error))
    except SandboxError as error:
        fail(1, str(error))


def _stacks(file: Path, what: str | None) -> "list[tuple[Stack, ConfiguredBlock | None]]":
    """Return the synthesized stacks that ``what`` names, each with its block of gate.hcl."""
    configuration = load(file) if what is None or file.exists() else None
    blocks = configuration.blocks if configuration else ()
    titles = [title for b in blocks for title in (b.name, b.stack, f"{b.kind}.{b.name}")]
    if what is None:
        places = _synthesized(file, *blocks)
    elif what not in titles and (Path(what).exists() or "/" in what):
        places = [Path(what)]
        _note_if_stale(file, places[0])
    else:
        blocks = (block_called(configuration or load(file), what),)
        places = _synthesized(file, *blocks)
    named = {block.stack: block for block in blocks}
    return [(one, named.get(one.name)) for place in places for one in _read(place)]


def _read(place: Path) -> "list[Stack]":
    from athena_gate.gate.stack.reader import NotReadable, files, read

    try:
        return [read(one) for one in files(place)]
    except NotReadable as error:
        return fail(2, str(error))


def _plan(what: str) -> "Mapping[str, Any] | None":
    """Return the plan in the file ``what``, or None when that is no plan."""
    from athena_gate.gate.stack.plan import read_plan
    from athena_gate.gate.stack.reader import FILE, NotReadable

    if Path(what).name == FILE or not Path(what).is_file():
        return None
    try:
        return read_plan(Path(what))
    except NotReadable as error:
        return fail(2, str(error))


def _prove_plan(
    file: Path, plan: "Mapping[str, Any]", place: Path, configuration: "Configuration | None"
) -> "Proof":
    from athena_gate.gate.prove import no_claims, prove_plan
    from athena_gate.gate.stack.plan import tag_of

    tag = tag_of(plan)
    blocks = configuration.blocks if configuration else ()
    block = next((block for block in blocks if block.tag == tag), None)
    if block is None or configuration is None:
        of = f"the block {tag}, which is not in gate.hcl" if tag else "no block of gate.hcl"
        return no_claims(place.name, str(place), f"its providers carry the tag of {of}")
    (stack,) = _read(*_synthesized(file, block))
    return prove_plan(plan, place, stack, block, configuration.backend)


def _only_understood(stacks: "list[Stack]") -> None:
    """End with what is not understood of ``stacks``, if anything: nothing can be said of it."""
    problems = [(stack, problem) for stack in stacks for problem in stack.problems]
    for stack, problem in problems:
        tell(visible(f"{stack.file}: {problem.address} {problem.text}"), sys.stderr)
    if problems:
        fail(
            1,
            f"nothing is said of a stack that is not understood; {to_run('prove')} has the details",
        )


def _synthesized(file: Path, *blocks: "ConfiguredBlock") -> list[Path]:
    """Return the synthesized files of ``blocks``, made from what stands in ``file`` now."""
    from athena_gate.gate.stack.reader import FILE
    from athena_gate.gate.synth.record import is_stale

    output = output_folder()
    found = [output / "stacks" / block.stack / FILE for block in blocks]
    for block, one in zip(blocks, found, strict=True):
        if not one.is_file():
            fail(2, f"{block.stack} was not synthesized yet; run: {to_synthesize()}")
    if reason := is_stale(output, file, os.environ["GATE_ENV"]):
        fail(2, f"{reason}; run: {to_synthesize()}")
    return found


def _note_if_stale(file: Path, place: Path) -> None:
    """Say when ``place``, a folder that was named, is of a synth of ``file`` that is stale."""
    from athena_gate.gate.synth.record import is_stale, read

    output, place = output_folder(), place.resolve()
    of_it = place == output.resolve() or place.is_relative_to((output / "stacks").resolve())
    if of_it and read(output) and (reason := is_stale(output, file, os.environ["GATE_ENV"])):
        tell(f"gate: note: {reason}; run: {to_synthesize()}", sys.stderr)


for _command in (deployer, diff, fmt, rule, schema, completion):
    app.command()(_command)


def program() -> None:
    """Run the command line as a program of its own, which need not clear up after itself."""
    try:
        main()
    except SystemExit as ended:
        # Most commands have nothing to do with the engine, and need not import what has.
        if "jsii" in sys.modules:
            from athena_gate.gate.synth import end

            end(ended.code)
        raise


def main() -> None:
    """Run the command line."""
    # A stream that was closed is None, and one may know ASCII alone.
    sys.stdout, sys.stderr = sys.stdout or StringIO(), sys.stderr or StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            if COMPLETE in os.environ:
                completion_init()
            app(prog_name="gate")
        finally:
            # What cannot be written is said here, not in a trace when the program ends.
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read it has enough.
        _no_output()
        sys.exit(1)
    except OSError as error:
        _no_output()
        place = visible(error.filename or "the output")
        print(f"gate: {place}: {error.strerror or visible(error)}", file=sys.stderr)
        sys.exit(2)


def _no_output() -> None:
    """Leave nothing to be written when the program ends:
    https://docs.python.org/3/library/signal.html#note-on-sigpipe (2026-11)."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
