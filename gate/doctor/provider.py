"""Where the AWS provider comes from, and whether the lock accepts what comes from there."""

import os
import re
import shutil
import urllib.request
from pathlib import Path

from athena_gate.gate.doctor.finding import ANSWER_LIMIT, Finding
from athena_gate.gate.terraform import (
    CONFIGURATION,
    REGISTRY,
    NoProvider,
    find_source,
    implied_mirrors,
    installs_providers,
    lock,
    own_configuration,
    write_configuration,
)
from athena_gate.gate.terraform.lock import UnreadableLock
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable, parse_json, read_text
from athena_gate.stacks.providers import LOCK, LOCK_LIMIT, PROVIDER_SOURCE, PROVIDER_VERSIONS

SOURCE = "Provider source"
LOCKED = "Provider lock"


def source_and_lock(build: Path) -> list[Finding]:
    """Return where the provider comes from, and what the lock in this folder says of it.

    ``build`` is where a CLI configuration that names a mirror is written when one is needed.
    """
    own = own_configuration(os.environ)
    if own.resolve() != (build / CONFIGURATION).resolve() and installs_providers(own):
        return [Finding(SOURCE, "ok", f"as {own} says"), _lock()]
    try:
        source = find_source(os.environ)
    except NoProvider as error:
        found, _, next_step = str(error).partition("; ")
        return [Finding(SOURCE, "stop", found.removeprefix("no AWS provider: "), next_step)]
    if source.mirror is None:
        return [Finding(SOURCE, "ok", REGISTRY), _lock(registry=True)]
    known = own.resolve() == write_configuration(build, source)
    return [_mirror(source.mirror, build, known), _lock(source.mirror)]


def _mirror(mirror: Path, build: Path, known: bool) -> Finding:
    here = lock.this_platform()
    versions = [version for version in mirrored(mirror) if allowed(version)]
    if not versions:
        return Finding(
            SOURCE,
            "stop",
            f"the mirror {mirror} has no {PROVIDER_SOURCE} {PROVIDER_VERSIONS} for {here}",
            f"where there is a network: `terraform providers mirror -platform={here} FOLDER`",
        )
    found = f"the mirror {mirror}: {', '.join(versions)}"
    if known or mirror in [folder.resolve() for folder in implied_mirrors(os.environ)]:
        return Finding(SOURCE, "ok", found)
    return Finding(
        SOURCE,
        "stop",
        f"{found}; but Terraform does not know of it in this shell",
        f'`export TF_CLI_CONFIG_FILE="$PWD/{build / CONFIGURATION}"`',
    )


def mirrored(mirror: Path) -> list[str]:
    """Return the versions of the provider that ``mirror`` holds for this platform, in either
    layout.

    https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror (2026-11)
    """
    folder = mirror / REGISTRY / PROVIDER_SOURCE
    here = lock.this_platform()
    name = PROVIDER_SOURCE.rpartition("/")[2]
    unpacked = [found.parent.name for found in folder.glob(f"*/{here}")]
    packed = [
        found.name.removeprefix(f"terraform-provider-{name}_").removesuffix(f"_{here}.zip")
        for found in folder.glob(f"terraform-provider-{name}_*_{here}.zip")
    ]
    return sorted({*unpacked, *packed}, key=_numbers)


def allowed(version: str) -> bool:
    """Return whether the stacks accept ``version`` of the provider."""
    found = _numbers(version)
    bounds = re.findall(r"(>=|<) ([\d.]+)", PROVIDER_VERSIONS)
    return all(
        found >= _numbers(bound) if sign == ">=" else found < _numbers(bound)
        for sign, bound in bounds
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _lock(mirror: Path | None = None, registry: bool = False) -> Finding:
    """Return what the lock says, compared with ``mirror`` or the registry where one is given."""
    if not LOCK.exists():
        found = f"no {LOCK}: each run takes the newest provider that the stacks accept"
        # Where it finds no lock it makes one, from the registry, mirror or not (cdktf 0.21,
        # measured 2026-11).
        cdktf = shutil.which("cdktf") and not os.environ.get("CDKTF_SKIP_PROVIDER_LOCK")
        if mirror and cdktf:
            return Finding(
                LOCKED, "stop", f"{found}, and cdktf asks the registry for one", _renew()
            )
        return Finding(LOCKED, "note", found, _renew())
    try:
        text = read_text(LOCK, LOCK_LIMIT)
        locked = lock.read(text)
    except Unreadable as error:
        return Finding(LOCKED, "stop", str(error), _renew())
    except UnreadableLock as error:
        return Finding(LOCKED, "stop", f"{LOCK}: {error}", _renew())
    here = lock.this_platform()
    if not allowed(locked.version):
        return Finding(
            LOCKED,
            "stop",
            f"{locked.version}, but the stacks ask for {PROVIDER_VERSIONS}",
            f"delete {LOCK}, then {_renew()}",
        )
    if mirror and locked.version not in mirrored(mirror):
        return Finding(
            LOCKED,
            "stop",
            f"{locked.version}, which the mirror does not hold for {here}",
            f"add it to the mirror, or delete {LOCK}, then {_renew()}",
        )
    if mirror and shutil.which("terraform"):
        accepted = lock.accepts_mirror(text, mirror, os.environ)
    elif registry and (archive := published(locked.version)):
        accepted = f"zh:{archive}" in locked.hashes
    else:
        return Finding(LOCKED, "ok", locked.version)
    if accepted:
        return Finding(LOCKED, "ok", f"{locked.version}, and accepts the package for {here}")
    return Finding(
        LOCKED,
        "stop",
        f"{locked.version}, but not with the package for {here} found there",
        _renew(),
    )


def published(version: str) -> str:
    """Return the SHA-256 that the registry gives for this platform's package of ``version``; empty
    when it gives none.

    https://developer.hashicorp.com/terraform/internals/provider-registry-protocol (2026-11)
    """
    here = lock.this_platform().replace("_", "/", 1)
    url = f"https://{REGISTRY}/v1/providers/{PROVIDER_SOURCE}/{version}/download/{here}"
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            found = parse_json(response.read(ANSWER_LIMIT).decode(), REGISTRY)
    except (OSError, ValueError, Unreadable):
        return ""
    return str(found.get("shasum", "")) if isinstance(found, dict) else ""


def _renew() -> str:
    return f"run `{to_run('lock')}`"
