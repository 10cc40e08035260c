"""`gate key new` and `gate key check` on the command line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from athena_gate.gate.console import cross, fail, say, tick
from athena_gate.modules.files import Unreadable, visible

if TYPE_CHECKING:
    from athena_gate.modules.pgp import PublicKey


def key(
    what: Annotated[Literal["new", "check"], typer.Argument(help="Make a key, or examine one.")],
    subject: Annotated[
        str, typer.Argument(metavar="WHOM|FILE", help="new: a name or an address; check: a file.")
    ],
    fingerprint: Annotated[
        str | None, typer.Option(help="check: which key, where the file holds several.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the key as JSON.")] = False,
) -> None:
    """Make a PGP key that secrets can be encrypted to, or say whether one is such a key.

    The private half stays in GnuPG's keyring, and GnuPG asks for its passphrase. Exit code 0 for a
    key that can be encrypted to, 1 for another or when none was made, 2 for wrong usage or a file
    that cannot be read.
    """
    from athena_gate.gate.init.key import NotMade, make
    from athena_gate.gate.project import from_here
    from athena_gate.modules.athena.settings import read_key
    from athena_gate.modules.fields import fingerprint as whole
    from athena_gate.modules.findings import Wrong

    if what == "new" and fingerprint is not None:
        fail(2, "--fingerprint goes with gate key check; a new key has its own")
    named = None
    if fingerprint is not None:
        try:
            named = whole(fingerprint)
        except Wrong as error:
            fail(2, f"--fingerprint: {error}")
    try:
        file = make(subject, Path()) if what == "new" else from_here(Path(subject))
    except NotMade as error:
        fail(1, str(error))
    try:
        found = read_key(file, named)
    except Wrong as error:
        if as_json:
            print(json.dumps({"file": str(file), "code": error.code, "problem": str(error)}))
        else:
            say(f"{cross()} {error} [{error.code}]")
        raise typer.Exit(2 if isinstance(error.__cause__, Unreadable) else 1) from None
    if as_json:
        print(json.dumps({"file": str(file), **_as_json(found)}, indent=2))
        return
    say(f"{tick()} {visible(file)}: secrets can be encrypted to it")
    for label, value in _as_text(found).items():
        say(f"  {label:<12} {value}")
    if what == "new":
        say(f'  {"in gate.hcl":<12} pgp_key_file = "{file.as_posix()}"')


def _as_json(found: "PublicKey") -> dict[str, str | None]:
    return {
        "fingerprint": found.fingerprint,
        "user": found.user,
        "encrypts": found.subkey,
        "algorithm": found.algorithm,
        "expires": found.expires.isoformat() if found.expires else None,
    }


def _as_text(found: "PublicKey") -> dict[str, str]:
    return {
        "key": found.fingerprint,
        "of": found.user,
        "encrypts": f"{found.subkey} ({found.algorithm})",
        "expires": f"on {found.expires.date()}" if found.expires else "never",
    }
