"""Which Terraform and AWS provider the stacks ask for, and the lock that holds them to one."""

from collections.abc import Iterable
from pathlib import Path

from athena_gate.modules.files import MEBIBYTE, Unreadable, read_text, write_whole

# Both majors are accepted by the resources used here; 5.100 is the schema the bindings were made
# from. The qualified source is the one OpenTofu wants as well.
PROVIDER_SOURCE = "hashicorp/aws"
PROVIDER_VERSIONS = ">= 5.100, < 7"
TERRAFORM_VERSIONS = ">= 1.11"
# The provider's own 25 are tried for hours when an endpoint is gone, for the wait doubles up to
# five minutes; AWS_MAX_ATTEMPTS is not obeyed (provider 5.100.0, measured 2026-11). With ten it is
# some minutes, for a throttled call as well.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs#max_retries-1 (2026-11)
MAX_RETRIES = 10

# The variable in which HCP Terraform hands a run its credentials, by account:
# https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/specify-multiple-configurations
# (2026-11).
HCP_CREDENTIALS = "tfc_aws_dynamic_credentials"

# Terraform's own name for it; it stands in the project's folder, beside cdktf.json.
# https://developer.hashicorp.com/terraform/language/files/dependency-lock (2026-11)
LOCK = Path(".terraform.lock.hcl")
LOCK_LIMIT = MEBIBYTE


def place_lock(lock: Path, stacks: Iterable[Path]) -> None:
    """Copy ``lock`` into the folder of every stack; a missing ``lock`` is no error.
    Raises ``Unreadable`` for one that cannot be read.

    A copy that Terraform has only added a checksum to stays: on a platform whose unpacked package
    ``lock`` does not know, `terraform plan` would refuse the provider it has installed.
    """
    try:
        content = read_text(lock, LOCK_LIMIT)
    except Unreadable as error:
        if error.missing:
            return
        raise
    lines = set(content.splitlines())
    for stack in stacks:
        copy = stack / lock.name
        if not lines <= _lines(copy):
            write_whole(copy, content)


def _lines(copy: Path) -> set[str]:
    try:
        return set(read_text(copy, LOCK_LIMIT).splitlines())
    except Unreadable:
        return set()
