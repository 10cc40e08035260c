"""Files beside cdk.tf.json that Terraform would read too."""

from collections.abc import Iterator
from pathlib import Path

# https://developer.hashicorp.com/terraform/language/files,
# https://developer.hashicorp.com/terraform/language/files/override and
# https://developer.hashicorp.com/terraform/language/values/variables (2026-11): Terraform reads
# every file of these names in a folder; OpenTofu also the ones of its own
# (https://opentofu.org/docs/language/files/, 2026-11).
_CONFIGURATION = (".tf", ".tf.json", ".tofu", ".tofu.json")
_VALUES = (".tfvars", ".tfvars.json")


def unknown_files(file: Path) -> Iterator[tuple[str, str]]:
    """Yield name and reason of each file beside ``file``, a stack's cdk.tf.json, that changes what
    Terraform would do; none for a file of another name, which Terraform reads from nowhere."""
    if file.name != "cdk.tf.json":
        return
    for other in sorted(file.absolute().parent.iterdir()):
        if other.name == file.name:
            continue
        if other.name.endswith(_CONFIGURATION):
            yield other.name, "Terraform would read it too, and it is not what cdktf wrote"
        elif other.name.endswith(_VALUES):
            yield other.name, "Terraform would take values from it, and the stack has none to set"
