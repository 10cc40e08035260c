"""Where Terraform takes the AWS provider from: its registry, or a mirror on disk."""

import os
import subprocess
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from athena_gate.modules.files import MEBIBYTE, Unreadable, read_text

CLI_CONFIGURATION_LIMIT = MEBIBYTE
REGISTRY = "registry.terraform.io"
_PROVIDER = Path(REGISTRY) / "hashicorp" / "aws"
# The CLI configuration that is written, in the folder for what can be made again.
CONFIGURATION = "terraform.rc"


class NoProvider(Exception):
    """Neither the registry nor a mirror has the AWS provider; the message says what to do."""


class NoTerraform(Exception):
    """Terraform is not on the PATH or cannot run; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ProviderSource:
    """Where the provider comes from: ``mirror`` is a folder, ``None`` means the registry."""

    mirror: Path | None

    @property
    def words(self) -> str:
        """Return the source in words."""
        return f"the mirror {self.mirror}" if self.mirror else f"the registry {REGISTRY}"


def find_source(environment: Mapping[str, str]) -> ProviderSource:
    """Return where the provider comes from on this machine.

    A mirror named by ``GATE_PROVIDER_MIRROR`` is a decision and is taken as it is. Otherwise the
    registry is taken if it answers within three seconds, else the first mirror found in Terraform's
    implied folders or directly under /opt.

    Raises ``NoProvider`` when there is none.
    """
    named = environment.get("GATE_PROVIDER_MIRROR")
    if named:
        mirror = Path(named).expanduser().resolve()
        if not (mirror / _PROVIDER).is_dir():
            raise NoProvider(
                f"GATE_PROVIDER_MIRROR names {named}, which holds no {_PROVIDER.as_posix()}; "
                "`terraform providers mirror FOLDER` makes one"
            )
        return ProviderSource(mirror)
    if registry_answers():
        return ProviderSource(None)
    for folder in _mirror_folders(environment):
        if (folder / _PROVIDER).is_dir():
            return ProviderSource(folder.resolve())
    raise NoProvider(
        f"no AWS provider: {REGISTRY} cannot be reached and no mirror was found; make one where "
        "there is a network with `terraform providers mirror FOLDER` and set "
        "GATE_PROVIDER_MIRROR=FOLDER"
    )


def registry_answers() -> bool:
    """Return whether Terraform's registry can be reached from here within three seconds."""
    # urllib honours the same proxy variables as Terraform.
    try:
        with urllib.request.urlopen(f"https://{REGISTRY}/.well-known/terraform.json", timeout=3):
            return True
    except OSError:
        return False


def implied_mirrors(environment: Mapping[str, str]) -> list[Path]:
    """Return the folders in which Terraform looks for a mirror by itself, on Linux and macOS.

    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    (2026-11)
    """
    home = Path(environment.get("HOME", "~")).expanduser()
    data_home = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    data_dirs = (environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    return [
        Path("terraform.d") / "plugins",
        home / ".terraform.d" / "plugins",
        home / "Library" / "Application Support" / "io.terraform" / "plugins",
        data_home / "terraform" / "plugins",
        *(Path(folder) / "terraform" / "plugins" for folder in data_dirs if folder),
    ]


def _mirror_folders(environment: Mapping[str, str]) -> list[Path]:
    opt = Path("/opt")
    return implied_mirrors(environment) + (sorted(opt.iterdir()) if opt.is_dir() else [])


def own_configuration(environment: Mapping[str, str]) -> Path:
    """Return where Terraform's CLI configuration stands for this user; it may not exist.

    https://developer.hashicorp.com/terraform/cli/config/config-file#locations (2026-11)
    """
    named = environment.get("TF_CLI_CONFIG_FILE")
    return (
        Path(named) if named else Path(environment.get("HOME", "~")).expanduser() / ".terraformrc"
    )


def terraform_environment(build: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``environment`` made fit for Terraform and cdktf.

    A CLI configuration of the user's that says how to install providers stays in force, and so
    does any other where the registry can be reached. Otherwise one that names the mirror is
    written into the folder ``build``. Raises ``NoProvider``.
    """
    result = {
        **environment,
        "CHECKPOINT_DISABLE": "1",
        # `cdktf deploy` would ask the registry for checksums of every platform, mirror or not;
        # the engine reads its options from CDKTF_ variables as well.
        "CDKTF_SKIP_PROVIDER_LOCK": "true",
    }
    file = (build / CONFIGURATION).resolve()
    own = own_configuration(environment)
    if own.resolve() != file and installs_providers(own):
        return result
    source = find_source(environment)
    if source.mirror is None and (own.exists() or not environment.get("TF_CLI_CONFIG_FILE")):
        return result
    result["TF_CLI_CONFIG_FILE"] = str(write_configuration(build, source))
    # From an unpacked mirror Terraform links the provider; through a cache it would copy it.
    result["CDKTF_DISABLE_PLUGIN_CACHE_ENV"] = "true"
    return result


def with_cache(build: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``environment`` with a cache in ``build`` for what Terraform downloads, unless it has
    one, or takes providers from elsewhere: a stack would download 700 MB of its own."""
    try:
        own = read_text(own_configuration(environment), CLI_CONFIGURATION_LIMIT)
    except Unreadable:
        own = ""
    if "plugin_cache_dir" in own or "provider_installation" in own:
        return dict(environment)
    cache = (build / "providers").resolve()
    cache.mkdir(parents=True, exist_ok=True)
    return {"TF_PLUGIN_CACHE_DIR": str(cache), **environment}


def write_configuration(build: Path, source: ProviderSource) -> Path:
    """Write a CLI configuration that takes providers from ``source`` into the folder ``build``, and
    return its absolute path."""
    file = (build / CONFIGURATION).resolve()
    build.mkdir(parents=True, exist_ok=True)
    (build / ".gitignore").write_text("*\n")
    file.write_text(_configuration(source))
    return file


def installs_providers(file: Path) -> bool:
    """Return whether the CLI configuration ``file`` says where providers come from."""
    try:
        return "provider_installation" in read_text(file, CLI_CONFIGURATION_LIMIT)
    except Unreadable:
        return False


def _configuration(source: ProviderSource) -> str:
    if source.mirror is None:
        return "# Providers come from their registries.\n"
    path = str(source.mirror).replace("\\", "\\\\").replace('"', '\\"')
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f'    path    = "{path}"\n'
        f'    include = ["{REGISTRY}/*/*"]\n'
        "  }\n"
        "}\n"
    )


def require_terraform(environment: Mapping[str, str]) -> str:
    """Return Terraform's version, as in ``1.11.4``.

    Raises ``NoTerraform`` when it is missing or older than 1.11.
    """
    try:
        shown = subprocess.run(
            ["terraform", "version"],
            env={**environment, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        raise NoTerraform(
            "Terraform was not found on the PATH; install version 1.11 or newer "
            "(https://developer.hashicorp.com/terraform/install)"
        ) from None
    version = shown.split()[1].removeprefix("v")
    major, minor = (int(part) for part in version.split(".")[:2])
    if (major, minor) < (1, 11):
        raise NoTerraform(f"Terraform {version} is too old; install version 1.11 or newer")
    return version
