"""`gate todo` on the command line: what others must do."""

import json
from typing import Annotated, Literal

import typer

from athena_gate.gate.console import AsJson, block_called, chosen_format, load, say


def todo(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(help="The block's name, or KIND.NAME; without it, every block."),
    ] = None,
    output_format: Annotated[
        Literal["text", "terraform", "json"] | None,
        typer.Option(
            help="How to print it, by default as text; terraform: what policies must say, as "
            "Terraform's policy documents.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what stands outside of a block's stack and must be so before its access works.

    The policies of buckets and keys of other accounts, ready to paste; roles and workgroups that
    exist; the vendor's side. Needs no synth. gate prove says what rests on it: "holds if".
    """
    from athena_gate.gate.todo import todo as listed
    from athena_gate.gate.todo.json import as_json as lists_as_json
    from athena_gate.gate.todo.terraform import as_terraform
    from athena_gate.gate.todo.text import as_text

    kind = chosen_format(output_format, as_json)
    configuration = load(context.obj)
    blocks = configuration.blocks if name is None else [block_called(configuration, name)]
    lists = [listed(block, configuration.accounts) for block in blocks]
    if kind == "json":
        print(json.dumps(lists_as_json(lists), indent=2))
    elif kind == "terraform":
        say(as_terraform(lists) or "# No policy of another account has to change.")
    else:
        say(as_text(lists))
