"""`gate lock` on the command line."""

import typer


def lock() -> None:
    """Renew the provider's checksums in .terraform.lock.hcl, for Linux and Macs.

    The version it names is kept; without the file, the newest is taken. Exit code 1 when it was
    not renewed, 2 without Terraform.
    """
    from athena_gate.gate.terraform.lock import main

    raise typer.Exit(main())
