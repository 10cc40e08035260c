"""The PGP key that secrets of access keys are encrypted to.

Its private half never leaves GnuPG's keyring, and GnuPG itself asks for the passphrase that
protects it: nothing here reads either.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

from athena_gate.gate.init.files import Did
from athena_gate.modules.athena.settings import KEY_LIMIT
from athena_gate.modules.files import read_bytes

HOW = "gpg --quick-generate-key YOU default default never && gpg --armor --export YOU > FILE"
FOLDER = Path("keys")
# https://github.com/gpg/gnupg/blob/master/doc/DETAILS, KEY_CREATED (2026-11): B is a key with a
# subkey, and what encrypts is the subkey.
_CREATED = re.compile(r"^\[GNUPG:\] KEY_CREATED B ([0-9A-F]{40,64})", re.MULTILINE)


class NotMade(Exception):
    """No key was made; the message says why and what to do."""


def placed(file: Path, folder: Path, done: MutableMapping[str, Did]) -> str:
    """Return where ``file``, a public key, lies seen from ``folder``: a copy in keys/ where it lies
    outside, which ``done`` then names."""
    file = file.expanduser()
    try:
        return file.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        pass
    copy = FOLDER / file.name
    content = read_bytes(file, KEY_LIMIT)
    target = folder / copy
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
        done[copy.as_posix()] = "written"
    elif read_bytes(target, KEY_LIMIT) != content:
        raise NotMade(f"{copy} is there and is another key; rename {file}, or name {copy}")
    return copy.as_posix()


def make(user: str, folder: Path) -> Path:
    """Have GnuPG make a key pair for ``user``, a name or an address, write its public half into
    keys/ of ``folder``, and return where. Raises ``NotMade``."""
    if shutil.which("gpg") is None:
        raise NotMade(f"gpg was not found; install GnuPG, then: {HOW}")
    name = re.sub(r"[^a-z0-9]+", "-", user.partition("@")[0].lower()).strip("-") or "key"
    file = folder / FOLDER / f"{name}.asc"
    if file.exists():
        raise NotMade(f"{FOLDER / file.name} is there; name it, or another file")
    with tempfile.NamedTemporaryFile("r", prefix="gate-") as status:
        command = ["gpg", "--status-file", status.name]
        command += ["--quick-generate-key", user, "default", "default", "never"]
        done = subprocess.run(command, check=False)
        created = _CREATED.search(status.read())
    if done.returncode or created is None:
        raise NotMade(f"gpg made no key, and says why; by hand: {HOW}")
    command = ["gpg", "--armor", "--export", created[1]]
    public = subprocess.run(command, capture_output=True, check=True).stdout
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(public)
    return file
