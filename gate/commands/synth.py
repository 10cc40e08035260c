"""`gate synth` on the command line."""

import typer


def synth(context: typer.Context) -> None:
    """Write gate.hcl as Terraform JSON: what cdktf runs, and what Terraform reads without it.

    The stacks go to cdktf.out, or where cdktf.json or CDKTF_OUTDIR says, a folder each. Exit code
    2 for mistakes.
    """
    from athena_gate.gate.synth.program import main

    raise typer.Exit(main(context.obj))
