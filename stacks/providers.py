"""Which Terraform and AWS provider the stacks ask for, and the lock that holds them to one."""

import shutil
from collections.abc import Iterable
from pathlib import Path

# Both majors are accepted by the resources used here; 5.100 is the schema the bindings were made
# from. The qualified source is the one OpenTofu wants as well.
PROVIDER_SOURCE = "hashicorp/aws"
PROVIDER_VERSIONS = ">= 5.100, < 7"
TERRAFORM_VERSIONS = ">= 1.11"

# Terraform's own name for it; it stands in the project's folder, beside cdktf.json.
# https://developer.hashicorp.com/terraform/language/files/dependency-lock (2026-11)
LOCK = Path(".terraform.lock.hcl")


def place_lock(lock: Path, stacks: Iterable[Path]) -> None:
    """Copy ``lock`` into the folder of every stack; a missing ``lock`` is no error.

    A copy that Terraform has only added a checksum to stays: on a platform whose unpacked package
    ``lock`` does not know, `terraform plan` would refuse the provider it has installed.
    """
    if not lock.exists():
        return
    lines = set(lock.read_text().splitlines())
    for stack in stacks:
        copy = stack / lock.name
        if not copy.exists() or not lines <= set(copy.read_text().splitlines()):
            shutil.copyfile(lock, copy)
