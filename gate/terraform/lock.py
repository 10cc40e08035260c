"""The lock of the AWS provider, which `gate lock` renews in the project's folder."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from athena_gate.gate.terraform import (
    REGISTRY,
    NoProvider,
    NoTerraform,
    find_source,
    registry_answers,
    require_terraform,
)
from athena_gate.modules import hcl
from athena_gate.modules.files import Unreadable, read_text
from athena_gate.stacks.providers import LOCK, LOCK_LIMIT, PROVIDER_SOURCE, PROVIDER_VERSIONS

# Runs in HCP Terraform and hosted pipelines, Linux on Arm, and Macs.
PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_arm64")
# Three packages of 150 MB each are downloaded to be hashed.
TIMEOUT = 900


class NotLocked(Exception):
    """Terraform did not lock the provider; the message is its own."""


class UnreadableLock(Exception):
    """The lock cannot be read, or does not name the AWS provider; the message says which."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What a lock says of the AWS provider: its version and the packages that are accepted, as
    ``h1:`` of a package's files or ``zh:`` of its archive.

    https://developer.hashicorp.com/terraform/language/files/dependency-lock#new-provider-package-checksums
    (2026-11)
    """

    version: str
    hashes: frozenset[str]


def read(text: str) -> Lock:
    """Return what the lock ``text`` says of the AWS provider. Raises ``UnreadableLock``."""
    body, mistakes = hcl.parse(text)
    if mistakes:
        raise UnreadableLock(f"line {mistakes[0].line}: {mistakes[0].problem}")
    for block in body.blocks:
        if block.labels == (f"{REGISTRY}/{PROVIDER_SOURCE}",):
            said = {attribute.name: attribute.value for attribute in block.attributes}
            version, hashes = said.get("version"), said.get("hashes")
            if isinstance(version, str) and isinstance(hashes, list):
                return Lock(version, frozenset(str(one) for one in hashes))
    raise UnreadableLock(f"it does not name {PROVIDER_SOURCE}")


def this_platform() -> str:
    """Return this machine's platform as Terraform writes it, such as ``linux_amd64``."""
    machine = platform.machine().lower()
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    return f"{platform.system().lower()}_{names.get(machine, machine)}"


def locked(lock: str, options: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return ``lock``, which may be empty, as `terraform providers lock` with ``options`` makes it.

    The version it names is kept. Raises ``NotLocked``.
    """
    stack = {
        "required_providers": {"aws": {"source": PROVIDER_SOURCE, "version": PROVIDER_VERSIONS}}
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.tf.json").write_text(json.dumps({"terraform": stack}))
        file = Path(folder) / LOCK
        if lock:
            file.write_text(lock)
        try:
            done = subprocess.run(
                ["terraform", f"-chdir={folder}", "providers", "lock", "-no-color", *options],
                env={**environment, "CHECKPOINT_DISABLE": "1"},
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NotLocked(f"Terraform did not end within {TIMEOUT} seconds") from None
        if done.returncode or not file.exists():
            raise NotLocked(done.stderr.strip() or done.stdout.strip())
        return read_text(file, LOCK_LIMIT)


def from_mirror(lock: str, mirror: Path, environment: Mapping[str, str]) -> str:
    """Return ``lock`` with the checksum of this platform's package in ``mirror``: unchanged when
    it has that already. Raises ``NotLocked``."""
    return locked(lock, [f"-fs-mirror={mirror}", f"-platform={this_platform()}"], environment)


def accepts_mirror(lock: str, mirror: Path, environment: Mapping[str, str]) -> bool:
    """Return whether the package in ``mirror`` for this platform is one that ``lock`` names."""
    try:
        return read(from_mirror(lock, mirror, environment)) == read(lock)
    except NotLocked:
        return False


def renew(file: Path, environment: Mapping[str, str]) -> str:
    """Renew the checksums in ``file`` for all platforms from the registry; return what was done.

    Raises ``NotLocked`` when that did not work: the message says what was done instead.
    """
    before = _text(file)
    try:
        after = locked(before, [f"-platform={name}" for name in PLATFORMS], environment)
    except NotLocked as error:
        if registry_answers():
            raise NotLocked(f"{file} was not renewed: {error}") from None
        done = _without_registry(file, before, environment)
        raise NotLocked(
            f"{file} was not renewed: {REGISTRY} cannot be reached from here. {done}"
        ) from None
    file.write_text(after)
    said = "already up to date" if after == before else "renewed"
    return f"{file}: {PROVIDER_SOURCE} {read(after).version}, {', '.join(PLATFORMS)}: {said}"


def _text(file: Path) -> str:
    try:
        return read_text(file, LOCK_LIMIT)
    except Unreadable as error:
        if error.missing:
            return ""
        raise UnreadableLock(str(error)) from None


def _without_registry(file: Path, lock: str, environment: Mapping[str, str]) -> str:
    try:
        mirror = find_source(environment).mirror
    except NoProvider:
        mirror = None
    if mirror is None:
        return "It stays as it is." if lock else "There is no mirror to make one from either."
    if not lock:
        file.write_text(from_mirror("", mirror, environment))
        return f"It was made from the mirror {mirror}, for {this_platform()} alone."
    if accepts_mirror(lock, mirror, environment):
        return f"It stays as it is, and names the package in the mirror {mirror}."
    return (
        f"It stays as it is, and does not name the package for {this_platform()} in the mirror "
        f"{mirror}, which Terraform will refuse."
    )


def main() -> int:
    """Renew the lock in the current folder; return 0, 1 when it was not renewed, 2 without
    Terraform."""
    try:
        require_terraform(os.environ)
        print(renew(LOCK, os.environ))
    except NoTerraform as error:
        print(error, file=sys.stderr)
        return 2
    except (NotLocked, UnreadableLock) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
