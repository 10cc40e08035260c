"""`gate diff` on the command line: the difference of two configurations."""

import json
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from athena_gate.gate.console import AsJson, chosen_format, fail, load, say


def diff(
    context: typer.Context,
    against: Annotated[
        str,
        typer.Option(
            help="A commit or branch of git, a folder with another gate.hcl, or an earlier synth."
        ),
    ] = "HEAD",
    output_format: Annotated[
        Literal["text", "markdown", "json"] | None,
        typer.Option(help="How to print it, by default as text."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say who may do what they could not before, and the other way round.

    Compares what gate.hcl asks for with what it asked for in --against; resources that are made,
    go or are replaced are listed too. Nothing is synthesized. Exit code 0, also where they differ;
    2 when there is nothing to compare.
    """
    from athena_gate.gate.diff import compare
    from athena_gate.gate.diff.sides import NoSide, asked_for, earlier
    from athena_gate.gate.diff.text import as_markdown, as_text
    from athena_gate.modules.reading import ConfigurationError

    kind = chosen_format(output_format, as_json)
    configuration = load(context.obj)
    try:
        found = compare(asked_for(configuration), earlier(against, context.obj))
    except NoSide as error:
        fail(2, str(error))
    except ConfigurationError as error:
        fail(2, f"{against} cannot be compared with: {error}")
    if kind == "json":
        print(json.dumps({"against": against, "differences": list(map(asdict, found))}, indent=2))
    elif kind == "markdown":
        say(as_markdown(found, against))
    else:
        say(as_text(found, against))
