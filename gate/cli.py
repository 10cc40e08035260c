"""The commands of `gate`. Each imports what it needs when it runs, so that `gate check` stays as
quick as the check itself."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from gate.synthesized import Stack
    from stacks.configuration import Configuration, ConfiguredBlock

# stacks.configuration has the same word; importing it would cost `gate check` its speed.
DEFAULT_FILE = "gate.hcl"
# Where everything that can be made again is kept, with a .gitignore of its own.
BUILD = Path(".gate")

app = typer.Typer(
    name="gate",
    help="One file, gate.hcl, says who may reach your Amazon Athena.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _gate(
    context: typer.Context,
    file: Annotated[
        Path, typer.Option(envvar="GATE_FILE", help="The configuration to work on.")
    ] = Path(DEFAULT_FILE),
) -> None:
    context.obj = file


@app.command()
def check(
    context: typer.Context,
    against: Annotated[
        Path | None,
        typer.Option(
            help="An earlier synth, such as cdktf.out or its manifest.json: report the states "
            "that would be left behind."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Say what is wrong with gate.hcl and what a reviewer should know of it.

    Exit code 0 when it can be built, 1 when a state would be left behind, 2 for mistakes.
    """
    from gate.check import check as check_file

    result = check_file(context.obj)
    compared = _against(context.obj, against) if against and not result["mistakes"] else {}
    if as_json:
        print(json.dumps({**result, **compared}, indent=2))
    else:
        _print_check(result)
        _print_orphans(compared, result["file"])
    if result["mistakes"]:
        raise typer.Exit(2)
    raise typer.Exit(1 if compared.get("removed") or compared.get("moved") else 0)


def _against(file: Path, earlier: Path) -> dict[str, Any]:
    from gate import orphans

    try:
        return orphans.compare(_load(file), earlier)
    except orphans.NoManifest as error:
        _fail(2, str(error))


def _print_orphans(compared: dict[str, Any], file: str) -> None:
    if not compared:
        return
    from gate.orphans import as_text

    if text := as_text(compared, file):
        print(text)
        left = len(compared["removed"]) + len(compared["moved"])
        _fail(1, f"{_count(left, 'state')} would be left behind")


def _print_check(result: dict[str, Any]) -> None:
    file = result["file"]
    for mistake in result["mistakes"]:
        where = [f"{file}:{mistake['line']}", mistake["block"], mistake["field"]]
        print(": ".join(part for part in [*where, mistake["problem"]] if part), file=sys.stderr)
    if result["mistakes"]:
        _fail(2, f"{_count(len(result['mistakes']), 'mistake')} in {file}")
    for remark in result["remarks"]:
        print(f"{file}:{remark['line']}: {remark['block']}: {remark['text']}")
    blocks = ", ".join(block["stack"] for block in result["blocks"])
    remarks = f", {_count(len(result['remarks']), 'remark')}" if result["remarks"] else ""
    print(f"{_tick()} {file}: {_count(len(result['blocks']), 'block')} ({blocks}){remarks}")


@app.command()
def sheet(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The block's name, or KIND.NAME.")],
    format: Annotated[  # noqa: A002 - the option's name
        Literal["text", "markdown", "json"], typer.Option(help="How to print it.")
    ] = "text",
) -> None:
    """Print what the vendor's form asks for, from the outputs of a deployed stack."""
    from gate import sheet as sheets

    block = _block(_load(context.obj), name)
    folder = _output_folder() / "stacks" / block.stack
    try:
        outputs = sheets.read_outputs(block.stack, folder, _terraform())
    except sheets.NotDeployed as error:
        _fail(1, str(error))
    content = sheets.sheet(block, outputs, folder)
    if format == "json":
        print(json.dumps(content, indent=2))
    elif format == "markdown":
        print(sheets.as_markdown(content))
    else:
        print(sheets.as_text(content))


@app.command()
def parity(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The block's name, or KIND.NAME.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Compare a block's policies with the vendor's guide, statement by statement.

    Exit code 0 when every difference has a stated reason, 1 when one has none, 2 for mistakes.
    """
    from gate import parity as parities
    from gate.parity_text import show

    found = parities.parity(_block(_load(context.obj), name))
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
            help="A block's name, a folder with cdk.tf.json in it, or a plan as JSON; without it, "
            "every block."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the proofs as JSON.")] = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="Print the failures as SARIF.")] = False,
) -> None:
    """Prove what the synthesized stacks can do, and what they never can.

    Exit code 0 when every claim holds, 1 when one does not.
    """
    from gate import proofs
    from gate.prove import prove_stack

    if as_json and sarif:
        _fail(2, "--json and --sarif print different things; choose one")
    proved = [prove_stack(stack, block) for stack, block in _stacks(context.obj, what)]
    if as_json:
        print(json.dumps(proofs.as_json(proved), indent=2))
    elif sarif:
        print(json.dumps(proofs.as_sarif(proved, str(context.obj)), indent=2))
    else:
        print(proofs.as_text(proved, _tick(), _cross()))
    raise typer.Exit(0 if all(proof.holds for proof in proved) else 1)


@app.command()
def explain(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(help="A block's name, a folder with cdk.tf.json in it, or a plan.")
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
    may, 1 when none may or it is not known (the answers say which), 2 for a question that is wrong.
    """
    from gate import explanations
    from gate.explain import can as may
    from gate.explain import explain_stack, question

    if given and not can:
        _fail(2, "--context belongs to --can")
    stacks = [stack for stack, _ in _stacks(context.obj, what)]
    if can is None:
        explained = [explain_stack(stack) for stack in stacks]
        if as_json:
            print(json.dumps([explanations.as_json(one) for one in explained], indent=2))
        else:
            print("\n\n".join(explanations.as_text(one) for one in explained))
        return
    try:
        asked = question(can, given or [])
        said = [answer for stack in stacks for answer in may(stack, *asked)]
    except ValueError as error:
        _fail(2, str(error))
    if as_json:
        print(json.dumps(explanations.answers_as_json(said), indent=2))
    else:
        print(explanations.answers(said))
    raise typer.Exit(0 if any(answer.answer == "yes" for answer in said) else 1)


@app.command()
def report(
    context: typer.Context,
    output: Annotated[Path, typer.Option(help="The file to write.")] = BUILD / "report.html",
) -> None:
    """Write one HTML file for whoever reviews the access, from the synthesized stacks."""
    from gate.report import report as made

    stacks = [(stack, block) for stack, block in _stacks(context.obj, None) if block]
    page = made(_load(context.obj), stacks)
    try:
        if output.parent == BUILD:
            BUILD.mkdir(exist_ok=True)
            (BUILD / ".gitignore").write_text("*\n")
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        _fail(2, f"{output} cannot be written: {error.strerror}; name another with --output")
    print(output)


@app.command()
def eject(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The block's name, or KIND.NAME.")],
    output: Annotated[
        Path | None, typer.Option(help="The folder to write; by default ejected/STACK.")
    ] = None,
) -> None:
    """Write a block's stack as plain Terraform, to go on without athena-gate.

    The state stays, and so does the address of every resource.
    """
    from gate.eject import NotEjectable, next_steps
    from gate.eject import eject as ejected

    block = _block(_load(context.obj), name)
    folder = output or Path("ejected") / block.stack
    try:
        written = ejected(block, _synthesized(context.obj, block), folder)
    except NotEjectable as error:
        _fail(2, str(error))
    except OSError as error:
        place = error.filename or folder
        _fail(2, f"{place}: {error.strerror}; name another folder with --output")
    print(next_steps(block, context.obj, folder, written))


@app.command()
def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what on this machine would stop a deploy, and what to do about it.

    Exit code 0 when nothing would, 1 when something would, 2 when gate.hcl has mistakes.
    """
    from gate.doctor import examine
    from gate.doctor.finding import Finding
    from gate.doctor.text import show
    from stacks.configuration import ConfigurationError, load

    mistakes = None
    try:
        configuration = load(context.obj)
    except ConfigurationError as error:
        configuration, mistakes = None, error
    findings = examine(configuration, BUILD, _waiting)
    if as_json:
        for mistake in mistakes.mistakes if mistakes else ():
            text = mistake.text(str(context.obj))
            findings.append(Finding("gate.hcl", "stop", text, "correct it"))
        print(json.dumps([finding.as_json() for finding in findings], indent=2))
    else:
        show(findings, {"ok": _tick(), "note": _dash(), "stop": _cross()})
    if mistakes:
        if not as_json:
            print(mistakes, file=sys.stderr)
        _fail(2, f"{_count(len(mistakes.mistakes), 'mistake')} in {context.obj}")
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
    from gate.pipeline.write import NoPipeline, write
    from gate.pipeline.write import pipeline as made

    try:
        one = made(platform, _load(context.obj))
        written = write(one, context.obj.parent, force)
    except NoPipeline as error:
        _fail(2, str(error))
    print(f"{one.path} {'was written' if written else 'is up to date'}; see {one.page}")
    print(one.about)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def sandbox(context: typer.Context) -> None:
    """Run a command with an AWS of its own on 127.0.0.1: gate sandbox -- COMMAND...

    Without a command, keep that AWS up and print the variables to export. Nothing of it outlives
    the command, and no real credentials are passed on.
    """
    from gate.sandbox import Sandbox, SandboxError

    configuration = _load(context.obj)
    direct = [
        account
        for block in configuration.blocks
        for account in block.settings.accounts
        if account.assume_role is None
    ]
    os.environ.update(_terraform())
    try:
        with Sandbox(direct[0].id if direct else "123456789012") as running:
            raise typer.Exit(running.run(context.args) if context.args else running.serve_forever())
    except SandboxError as error:
        _fail(1, str(error))


def _load(file: Path) -> "Configuration":
    from stacks.configuration import ConfigurationError, load

    try:
        return load(file)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        _fail(2, f"{_count(len(error.mistakes), 'mistake')} in {file}")


def _block(configuration: "Configuration", name: str) -> "ConfiguredBlock":
    found = [
        block
        for block in configuration.blocks
        if name in (block.name, f"{block.kind}.{block.name}", block.stack)
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{block.kind}.{block.name}" for block in found or configuration.blocks)
    if found:
        _fail(2, f"several blocks are called {name}; allowed: {names}")
    import difflib

    close = difflib.get_close_matches(name, [block.name for block in configuration.blocks], 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return _fail(2, f"no block is called {name}{hint}; allowed: {names}")


def _stacks(file: Path, what: str | None) -> "list[tuple[Stack, ConfiguredBlock | None]]":
    """Return the synthesized stacks that ``what`` names, each with its block of gate.hcl."""
    from gate.synthesized import NotReadable, files, read

    configuration = _load(file) if what is None or file.exists() else None
    blocks = configuration.blocks if configuration else ()
    titles = [title for b in blocks for title in (b.name, b.stack, f"{b.kind}.{b.name}")]
    if what is None:
        places = [_synthesized(file, block) for block in blocks]
    elif what not in titles and (Path(what).exists() or "/" in what):
        places = [Path(what)]
    else:
        blocks = (_block(configuration or _load(file), what),)
        places = [_synthesized(file, blocks[0])]
    named = {block.stack: block for block in blocks}
    tagged = {f"{block.kind}/{block.name}": block for block in blocks}
    try:
        stacks = [read(one) for place in places for one in files(place)]
    except NotReadable as error:
        _fail(2, str(error))
    return [(one, named.get(one.name) or tagged.get(one.block_tag or "")) for one in stacks]


def _synthesized(file: Path, block: "ConfiguredBlock") -> Path:
    """Return the synthesized file of ``block``, which must be newer than what it came from."""
    from gate.synthesized import FILE

    found = _output_folder() / "stacks" / block.stack / FILE
    for source in (file, *(file.parent / name for name in block.settings.files)):
        try:
            older = found.stat().st_mtime_ns < source.stat().st_mtime_ns
        except OSError:
            _fail(2, f"{block.stack} was not synthesized yet; run: cdktf synth (or python main.py)")
        if older:
            _fail(2, f"{found} is older than {source}; run: cdktf synth (or python main.py)")
    return found


def _terraform() -> dict[str, str]:
    from gate.providers import (
        NoProvider,
        NoTerraform,
        require_terraform,
        terraform_environment,
    )

    try:
        require_terraform(os.environ)
        return terraform_environment(BUILD, os.environ)
    except (NoProvider, NoTerraform) as error:
        _fail(2, str(error))


def _output_folder() -> Path:
    try:
        project = json.loads(Path("cdktf.json").read_text())
    except (OSError, ValueError):
        project = {}
    return Path(os.environ.get("CDKTF_OUTDIR") or project.get("output") or "cdktf.out")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _tick() -> str:
    return "✓" if "utf" in (sys.stdout.encoding or "").lower() else "ok"


def _cross() -> str:
    return "✗" if "utf" in (sys.stdout.encoding or "").lower() else "no"


def _dash() -> str:
    return "\N{EN DASH}" if "utf" in (sys.stdout.encoding or "").lower() else "--"


def _fail(code: int, message: str) -> NoReturn:
    print(f"gate: {message}", file=sys.stderr)
    raise typer.Exit(code)


def main() -> None:
    """Run the command line."""
    app()
