"""Files beside cdk.tf.json that Terraform would read too."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_json, read_text
from athena_gate.stacks.providers import LOCK, LOCK_LIMIT, PROVIDER_SOURCE

# https://developer.hashicorp.com/terraform/language/files,
# https://developer.hashicorp.com/terraform/language/files/override and
# https://developer.hashicorp.com/terraform/language/values/variables (2026-11): Terraform reads
# every file of these names in a folder; OpenTofu also the ones of its own
# (https://opentofu.org/docs/language/files/, 2026-11).
_CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json")
_VALUES = (".tfvars", ".tfvars.json")
# Without cdk.tf.json the plan of a remote run would destroy the stack:
# https://developer.hashicorp.com/terraform/cli/cloud/settings#excluding-files-from-upload-with-terraformignore
# (2026-11).
_IGNORED = ".terraformignore"

# What `terraform init` writes into the lock, line by line, when there is no provider but AWS's:
# https://developer.hashicorp.com/terraform/language/files/dependency-lock (2026-11). A version that
# the stack does not ask for is refused by Terraform itself.
_LOCKED = re.compile(
    rf'#.*|provider "registry\.terraform\.io/{PROVIDER_SOURCE}" {{|}}|  hashes = \[|  \]'
    r'|  (version|constraints) *= "[0-9.,<>=~ ]+"|    "(h1|zh):[A-Za-z0-9+/=]+",|'
)


def unknown_files(file: Path) -> Iterator[tuple[str, str]]:
    """Yield name and reason of each file beside ``file``, a stack's cdk.tf.json, that changes what
    Terraform would do; none for a file of a name that Terraform does not read."""
    if not file.name.endswith(_CONFIGURATION):
        return
    if is_here(file) and LOCK.is_file() and not (file.parent / LOCK.name).exists():
        yield (
            LOCK.name,
            "is missing, so Terraform would take whatever provider there is; "
            f"run: {to_run('synth')}",
        )
    for other in sorted(file.absolute().parent.iterdir()):
        if other.name == file.name:
            continue
        if other.name.endswith(_CONFIGURATION):
            yield other.name, "is read by Terraform too, and cdktf did not write it"
        elif other.name.endswith(_VALUES):
            yield other.name, "sets variables in Terraform, and the stack has none to set"
        elif other.name == _IGNORED:
            yield other.name, "leaves files out of what HCP Terraform is sent to plan"
        elif other.name == LOCK.name and (reason := not_the_lock(other)):
            yield other.name, reason


def is_here(file: Path) -> bool:
    """Return whether ``file`` lies in the current folder, that of gate.hcl, or below it."""
    return file.resolve().is_relative_to(Path().resolve())


def other_workspace(file: Path, terraform: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and reason of the file beside ``file``, a stack's cdk.tf.json, that selects
    another workspace than the default one or, in HCP Terraform, the one of the stack, which
    ``terraform``, its section of that name, says.

    https://developer.hashicorp.com/terraform/cli/workspaces (2026-11): each has a state of its own;
    with Terraform 1.11 that of ``other`` lay in terraform.tfstate.d/other, whatever the backend's
    path. A workspace of HCP Terraform is named in the configuration; found by tags it is the one
    of the stack's own name.
    """
    selection = file.absolute().parent / ".terraform" / "environment"
    try:
        name = read_text(selection, MEBIBYTE).strip()
    except Unreadable as error:
        name = "" if error.missing else error.problem
    cloud = terraform.get("cloud")
    own = {"", "default"}
    if isinstance(cloud, Mapping):
        named = (_hcp_workspaces(terraform) or ("",))[-1]
        own |= {named} if isinstance(named, str) else {file.absolute().parent.name}
    if name not in own:
        reason = f"selects another workspace in Terraform, whose state lies elsewhere: {name}"
        yield ".terraform/environment", reason


def other_backend(file: Path, terraform: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and reason of the file beside ``file``, a stack's cdk.tf.json, that sends the
    state elsewhere than ``terraform``, its section of that name, says.

    `terraform init` keeps the backend's arguments there, null where there are none, with a hash of
    the configuration they are from. While the hash fits, Terraform takes the arguments from there:
    with Terraform 1.11.4 a path that was changed in that file alone was where `apply` wrote the
    state, after another `terraform init` too (measured 2026-11).
    """
    wanted = terraform.get("backend")
    try:
        saved = read_json(file.absolute().parent / _INITIALIZED, MEBIBYTE)
    except Unreadable as error:
        if not error.missing:
            yield _INITIALIZED, error.problem
        return
    backend = saved.get("backend") if isinstance(saved, dict) else None
    if not backend:
        return
    found = backend
    if isinstance(backend, dict):
        found = {str(backend.get("type")): backend.get("config")}
    if not wanted:
        found, wanted = _hcp_workspaces(found), _hcp_workspaces(terraform)
    if _given(found) != _given(wanted):
        yield (
            _INITIALIZED,
            "keeps the state elsewhere than the stack says; if gate.hcl was changed, "
            "terraform init -migrate-state moves it, else delete the folder .terraform",
        )


_INITIALIZED = ".terraform/terraform.tfstate"


def _hcp_workspaces(found: Any) -> tuple[Any, ...] | None:
    """Return where HCP Terraform is and the name of the workspace, None without a block ``cloud``;
    of other arguments it is not known how `terraform init` writes them down."""
    cloud = found.get("cloud") if isinstance(found, Mapping) else None
    if not isinstance(cloud, Mapping):
        return None
    workspaces = cloud.get("workspaces")
    named = workspaces.get("name") if isinstance(workspaces, Mapping) else None
    return cloud.get("hostname") or "app.terraform.io", cloud.get("organization"), named


def _given(value: Any) -> Any:
    """Return ``value`` without what is null or an object of nulls, at any depth."""
    if not isinstance(value, Mapping):
        return value
    given = {name: _given(one) for name, one in value.items()}
    return {name: one for name, one in given.items() if one is not None and one != {}}


def not_the_lock(file: Path) -> str:
    """Return why ``file``, a dependency lock, is not that of the AWS provider alone."""
    try:
        lines = read_text(file, MEBIBYTE).splitlines()
    except Unreadable as error:
        return error.problem
    known = set(lines)
    if LOCK.is_file() and is_here(file):
        try:
            known = set(read_text(LOCK, LOCK_LIMIT).splitlines())
        except Unreadable as error:
            return str(error)
    for number, line in enumerate(lines, 1):
        if not _LOCKED.fullmatch(line):
            return (
                f"locks something else than {PROVIDER_SOURCE}, or is not as terraform init writes "
                f"it, in line {number}: {line.strip()}"
            )
        if line.strip() and not line.startswith("#") and line not in known:
            return (
                f"has in line {number} what the project's own does not have: {line.strip()}; "
                f"{to_run('lock')} adds the checksum of this platform there, "
                f"{to_run('synth')} copies it"
            )
    return ""
