"""`gate init` on the command line."""

# ruff: noqa: ARG001 - the answers are read from the context, all in one way.

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from athena_gate.gate.console import fail, say, tick

if TYPE_CHECKING:
    from athena_gate.gate.init.questions import Question


def option(meaning: str) -> Any:
    """Return the option that answers a question."""
    return typer.Option(help=meaning, show_default=False)


def init(
    context: typer.Context,
    vendor: Annotated[str | None, option("Who: a vendor of `gate vendors`.")] = None,
    name: Annotated[str | None, option("A name for its block, as in reporting.")] = None,
    account: Annotated[str | None, option("The id of the AWS account, 12 digits.")] = None,
    account_name: Annotated[str | None, option("What gate.hcl calls it; by default main.")] = None,
    region: Annotated[str | None, option("The account's region.")] = None,
    database: Annotated[list[str] | None, option("A Glue database; once for each.")] = None,
    source: Annotated[
        list[str] | None, option("Where tables lie, BUCKET or BUCKET/PREFIX; once for each.")
    ] = None,
    bucket: Annotated[str | None, option("The bucket a vendor writes tables to.")] = None,
    schema: Annotated[str | None, option("The Glue database of these tables.")] = None,
    table: Annotated[list[str] | None, option("A DynamoDB table; once for each.")] = None,
    way_in: Annotated[str | None, option("How it gets in, as `gate vendors` lists.")] = None,
    pgp_key: Annotated[
        str | None, option("keys: a file with the PGP public key for secrets.")
    ] = None,
    principal: Annotated[
        list[str] | None, option("Who takes its role: an account or ARN; once for each.")
    ] = None,
    external_id: Annotated[str | None, option("assumed_by: the vendor's external id.")] = None,
    role_name: Annotated[str | None, option("A role that it uses already.")] = None,
    subject: Annotated[str | None, option("web_identity: whom the token is about.")] = None,
    audience: Annotated[str | None, option("web_identity: your identifier in the token.")] = None,
    on: Annotated[str | None, option("runs_on: what it runs on, as in ec2.")] = None,
    oidc_provider: Annotated[str | None, option("eks: the ARN of the cluster's provider.")] = None,
    namespace: Annotated[str | None, option("eks: the namespace.")] = None,
    service_account: Annotated[str | None, option("eks: the service account.")] = None,
    state: Annotated[
        str | None, option("Where states lie: local (by default), s3 or cloud.")
    ] = None,
    state_bucket: Annotated[str | None, option("s3: a bucket you have.")] = None,
    state_region: Annotated[str | None, option("s3: its region.")] = None,
    organization: Annotated[str | None, option("cloud: the organization.")] = None,
    project: Annotated[str | None, option("cloud: the project, if not the default.")] = None,
    hostname: Annotated[str | None, option("cloud: the host of a Terraform Enterprise.")] = None,
    pipeline: Annotated[
        Literal["github", "gitlab"] | None, option("Write the pipeline as well.")
    ] = None,
) -> None:
    """Write the first gate.hcl and what belongs beside it, or add a vendor to the one there.

    Asks what no option says; where nobody can be asked, names all that is missing. What is there
    is added to, never overwritten. Exit code 1 when something there is in the way.
    """
    from athena_gate.gate.init import Refused, start
    from athena_gate.gate.init.key import NotMade
    from athena_gate.gate.init.text import as_text, next_steps, refusal
    from athena_gate.modules.files import Unreadable
    from athena_gate.modules.reading import ConfigurationError

    file: Path = context.obj
    if file.absolute().parent != Path.cwd():
        fail(2, f"{file} lies elsewhere; change to its folder first")
    given = _given(context)
    ask = _Terminal(Path()) if sys.stdin.isatty() and sys.stdout.isatty() else None
    try:
        started = start(Path(file.name), given, ask, pipeline is not None)
    except Refused as error:
        fail(error.code, refusal(error))
    except (NotMade, Unreadable) as error:
        fail(2, str(error))
    except ConfigurationError as error:
        fail(2, f"{error}\n{file} is there and has mistakes; nothing was written")
    except OSError as error:
        fail(2, f"{error.filename}: {error.strerror}")
    say(as_text(started))
    failed = _pipeline(pipeline, started.configuration, file) if pipeline else ""
    say(_checked(file))
    say(next_steps(started))
    if failed:
        fail(1, failed)


def _given(context: typer.Context) -> dict[str, tuple[str, ...]]:
    """Return the answers among the options."""
    return {
        name: tuple(value) if isinstance(value, list | tuple) else (value,)
        for name, value in context.params.items()
        if value and name != "pipeline"
    }


def _pipeline(platform: Any, configuration: Any, file: Path) -> str:
    """Write the pipeline and return what is in the way, if anything is."""
    from athena_gate.gate.init.text import line
    from athena_gate.gate.pipeline.write import NoPipeline, pipeline, write

    try:
        for made in pipeline(platform, configuration):
            did = "written" if write(made, file.parent, force=False) else "kept"
            say(line(did, made.path))
    except NoPipeline as error:
        return str(error)
    return ""


def _checked(file: Path) -> str:
    from athena_gate.gate.check import check
    from athena_gate.gate.check.text import as_text

    return as_text(check(file), tick())


class _Terminal:
    """Asks whoever sits at the terminal; keys that GnuPG makes go into ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, question: "Question", problem: str) -> tuple[str, ...]:
        if problem:
            say(f"  {problem}")
        if question.flag == "pgp_key":
            return self._key(question.asks)
        several = " (with spaces between)" if question.many else ""
        default = question.default[0] if question.default else "" if question.optional else None
        text: str = typer.prompt(
            f"{question.asks}{several}", default=default, show_default=bool(default)
        )
        return tuple(text.split()) if question.many else (text.strip(),) if text.strip() else ()

    def _key(self, asks: str) -> tuple[str, ...]:
        from athena_gate.gate.init.key import NotMade, make

        file: str = typer.prompt(f"{asks}; empty to have gpg make one", "", show_default=False)
        if file:
            return (file,)
        user: str = typer.prompt("whose key, as in data@example.com")
        try:
            made = make(user, self._folder)
        except NotMade as error:
            say(f"  {error}")
            return ()
        say(f"  {made}; the private half stays in gpg's keyring")
        return (str(made),)
