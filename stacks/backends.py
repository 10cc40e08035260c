"""The ``backend`` block: where each stack keeps its state."""

import string
from typing import Annotated, Self

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator

from athena_gate.modules.fields import (
    BucketName,
    KmsKeyArn,
    List,
    Prefix,
    Region,
    RoleArn,
    Settings,
    counted,
    pattern,
    unique,
)
from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.arn import partition_of

# https://developer.hashicorp.com/terraform/cloud-docs/workspaces/create (2026-11): letters,
# numbers, hyphens and underscores, 90 characters.
WORKSPACE_LIMIT = 90
HCP_TERRAFORM = "app.terraform.io"
_WORKSPACE_CHARACTERS = string.ascii_letters + string.digits + "-_"
_STACK = "{stack}"

# https://developer.hashicorp.com/terraform/cloud-docs/api-docs/organizations (2026-11)
Organization = Annotated[
    str, pattern(r"[A-Za-z0-9_-]{3,40}", "3 to 40 letters, digits, hyphens, underscores")
]

# https://github.com/hashicorp/terraform-provider-tfe, resource_tfe_project.go (2026-11)
Project = Annotated[
    str,
    pattern(
        r"[\w-][\w -]{1,38}[\w-]",
        "3 to 40 letters, digits, spaces, hyphens, underscores, not starting or ending with a "
        "space",
    ),
]

Hostname = Annotated[
    str,
    pattern(
        r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}",
        'the name of a host alone, in lower case, as in "app.terraform.io"',
    ),
]

# https://developer.hashicorp.com/terraform/cloud-docs/api-docs/organization-tags (2026-11)
WorkspaceTag = Annotated[
    str, pattern(r"[A-Za-z0-9:_-]{1,255}", "1 to 255 letters, digits, colons, hyphens, underscores")
]


class _Backend(Settings):
    """What the backends share: the environment, whose name is in that of every state."""

    # Not a field: nobody writes it in the block.
    _environment: str = PrivateAttr("")

    def within(self, environment: str) -> Self:
        """Return this backend with the states of ``environment``."""
        made = self.model_copy()
        made._environment = environment
        return made

    def _state(self, stack: str, separator: str) -> str:
        """Return the name of the state of ``stack``. No name of an environment or stack holds a
        ``separator``, so that two never have the same."""
        return f"{self._environment}{separator}{stack}" if self._environment else stack


class LocalBackend(_Backend):
    """State in a file beside cdktf.json, ``terraform.<stack>.tfstate``, or
    ``terraform.<environment>.<stack>.tfstate``: for one person."""

    def file(self, stack: str) -> str:
        """Return the name of the file that holds the state of ``stack``."""
        return f"terraform.{self._state(stack, '.')}.tfstate"

    def place(self, stack: str) -> str:
        """Return where the state of ``stack`` is, as no other state is."""
        return self.file(stack)


class S3Backend(_Backend):
    """State in an S3 bucket, one object a stack, locked by a file beside it.

    Encryption and the lock file are always on; there is no reason to be without them.
    https://developer.hashicorp.com/terraform/language/backend/s3 (2026-11)
    """

    bucket: BucketName = Field(
        description="A bucket you have; turn its versioning on, which is the way back."
    )
    region: Region = Field(description="The bucket's region.")
    prefix: Prefix = Field(
        "athena-gate/",
        description="Where in the bucket states lie: the object is `<prefix><stack>.tfstate`, in "
        "an environment `<prefix><environment>/<stack>.tfstate`.",
    )
    kms_key: KmsKeyArn | None = Field(
        None, description="The KMS key states are encrypted with, instead of S3's own."
    )
    assume_role: RoleArn | None = Field(None, description="The role that reads and writes states.")

    @field_validator("kms_key")
    @classmethod
    def _key_beside_the_bucket(cls, value: str | None, info: ValidationInfo) -> str | None:
        region = info.data.get("region")
        if value and region and value.split(":")[3] != region:
            raise Wrong("GATE209", f"the key is in {value.split(':')[3]}, the bucket in {region}")
        return value

    @field_validator("kms_key", "assume_role")
    @classmethod
    def _one_partition(cls, value: str | None, info: ValidationInfo) -> str | None:
        region = info.data.get("region")
        if value and region and value.split(":")[1] != partition_of(region):
            raise Wrong(
                "GATE209",
                f"{value!r} is in partition {value.split(':')[1]}, the bucket in "
                f"{partition_of(region)}",
            )
        return value

    def key(self, stack: str) -> str:
        """Return the key of the object that holds the state of ``stack``."""
        return f"{self.prefix}{self._state(stack, '/')}.tfstate"

    def place(self, stack: str) -> str:
        """Return where the state of ``stack`` is, as no other state is."""
        return f"s3://{self.bucket}/{self.key(stack)}"


class CloudBackend(_Backend):
    """State and runs in HCP Terraform or Terraform Enterprise, one workspace a stack.

    https://developer.hashicorp.com/terraform/language/terraform#terraform-cloud (2026-11)
    """

    organization: Organization = Field(description="The organization's name.")
    project: Project | None = Field(
        None, description="The project workspaces are made in; by default the organization's own."
    )
    hostname: Hostname | None = Field(
        None, description="The host of a Terraform Enterprise; by default app.terraform.io."
    )
    workspace: str = Field(
        _STACK,
        description='The workspaces\' names, with `{stack}` in them, as in `"athena-{stack}"`; in '
        "an environment, `<environment>_<stack>` stands there.",
    )
    tags: Annotated[List[WorkspaceTag], unique(), counted(0, 20)] = Field(
        (),
        description="Finds workspaces by these tags and one more, the stack's name, instead of "
        "by name.",
    )

    @field_validator("workspace")
    @classmethod
    def _one_name_a_stack(cls, value: str) -> str:
        if value.count(_STACK) != 1:
            raise Wrong(
                "GATE407",
                f"{value!r} gives every stack the same workspace; allowed: a name with "
                f'{_STACK} in it once, as in "athena-{_STACK}"',
            )
        refused = sorted(
            set(value.replace(_STACK, "")) - set(_WORKSPACE_CHARACTERS), key=value.index
        )
        if refused:
            raise Wrong(
                "GATE201",
                f"{value!r} holds {refused[0]!r}; allowed: letters, digits, hyphens, underscores",
            )
        return value

    @field_validator("tags")
    @classmethod
    def _names_or_tags(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if value and info.data.get("workspace", _STACK) != _STACK:
            raise Wrong(
                "GATE301", "a workspace is found by its name or by tags; remove one of the two"
            )
        return value

    def workspace_of(self, stack: str) -> str:
        """Return the name of the workspace of ``stack``; with tags, the name to give it."""
        return self.workspace.replace(_STACK, self._state(stack, "_"))

    def place(self, stack: str) -> str:
        """Return where the state of ``stack`` is, as no other state is."""
        host = self.hostname or HCP_TERRAFORM
        return f"https://{host}/app/{self.organization}/workspaces/{self.workspace_of(stack)}"

    def tags_of(self, stack: str) -> list[str]:
        """Return the tags that only the workspace of ``stack`` has all of; none, by name.

        Terraform takes the workspace by itself when the tags match just one, which the stack's
        own name among them makes sure of.
        """
        return [*self.tags, self._state(stack, "_")] if self.tags else []


Backend = LocalBackend | S3Backend | CloudBackend
BACKENDS: dict[str, type[LocalBackend] | type[S3Backend] | type[CloudBackend]] = {
    "local": LocalBackend,
    "s3": S3Backend,
    "cloud": CloudBackend,
}
