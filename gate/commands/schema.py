"""The command `gate schema`."""

import json

import typer


def schema(context: typer.Context) -> None:
    """Print a JSON Schema of gate.hcl, for tools that read HCL as JSON.

    As in: gate schema > gate.schema.json; hcl2json gate.hcl | check-jsonschema --schemafile
    gate.schema.json -

    Editors know HCL without it: the extension HashiCorp HCL of VS Code, the filetype hcl of Vim and
    Neovim, the plugin Terraform and HCL of JetBrains. None of them takes a schema for a .hcl file;
    gate check is what tells one from the other.
    """
    from athena_gate.gate.schema import schema as made

    print(json.dumps(made(context.obj.absolute().parent), indent=2))
