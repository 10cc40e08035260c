"""`gate todo` on the command line: what others must do."""

import json
from typing import Annotated

import typer

from athena_gate.gate.console import block_called, fail, load, say


def todo(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(help="The block's name, or KIND.NAME; without it, every block."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
    terraform: Annotated[
        bool,
        typer.Option(
            "--terraform", help="Print what policies must say as Terraform's policy documents."
        ),
    ] = False,
) -> None:
    """List what stands outside of a block's stack and must be so before its access works.

    The policies of buckets and keys of other accounts, ready to paste; roles and workgroups that
    exist; the vendor's side. Needs no synth. gate prove says what rests on it: "holds if".
    """
    from athena_gate.gate.todo import todo as listed
    from athena_gate.gate.todo.json import as_json as lists_as_json
    from athena_gate.gate.todo.terraform import as_terraform
    from athena_gate.gate.todo.text import as_text

    if as_json and terraform:
        fail(2, "--json and --terraform print different things; choose one")
    configuration = load(context.obj)
    blocks = configuration.blocks if name is None else [block_called(configuration, name)]
    lists = [listed(block, configuration.accounts) for block in blocks]
    if as_json:
        print(json.dumps(lists_as_json(lists), indent=2))
    elif terraform:
        say(as_terraform(lists) or "# No policy of another account has to change.")
    else:
        say(as_text(lists))
