"""The ``account`` block: an AWS account and region, and how Terraform gets into it."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from athena_gate.modules.fields import (
    AccountId,
    BlockName,
    Region,
    RoleArn,
    Settings,
    Tags,
    pattern,
)
from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.arn import Arns, partition_of

# The end of the variable that names the role, as in TFC_AWS_RUN_ROLE_ARN_PARTNER (2026-11):
# https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/specify-multiple-configurations
CredentialsAlias = Annotated[
    str, pattern(r"[A-Za-z0-9_]{1,64}", 'letters, digits and underscores, as in "PARTNER"')
]


class Account(Settings):
    """An AWS account in one region."""

    name: BlockName = Field(description="What other blocks call this account.")
    id: AccountId = Field(description="The account's id: 12 digits, in quotes.")
    region: Region = Field(description="The region everything of this account is made in.")
    assume_role: RoleArn | None = Field(
        None, description="The role Terraform takes to work in this account."
    )
    hcp_credentials: CredentialsAlias | None = Field(
        None,
        description="The tag of HCP Terraform's dynamic credentials for this account; only with "
        '`backend "cloud"`.',
    )
    tags: Tags = Field({}, description="Tags on everything made in this account.")

    @field_validator("assume_role")
    @classmethod
    def _role_in_this_account(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return value
        _, partition, _, _, account, _ = value.split(":", 5)
        if account != info.data.get("id", account):
            raise Wrong("GATE209", f"the role is in account {account}, not in {info.data['id']}")
        if "region" in info.data and partition != partition_of(info.data["region"]):
            raise Wrong(
                "GATE209",
                f"the role is in partition {partition}, {info.data['region']} is in "
                f"{partition_of(info.data['region'])}",
            )
        return value

    @field_validator("tags")
    @classmethod
    def _own_tags_stay(cls, value: dict[str, str]) -> dict[str, str]:
        taken = sorted(key for key in value if key.lower() == "athena-gate")
        if taken:
            raise Wrong(
                "GATE207", f"{taken[0]!r} is the tag that names the block; allowed: other keys"
            )
        return value

    @property
    def arns(self) -> Arns:
        """Build ARNs in this account."""
        return Arns(self.id, self.region)


def _look_up(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str) or not isinstance(info.context, dict):
        return value
    accounts: dict[str, Account | None] = info.context["accounts"]
    if value not in accounts:
        raise PydanticCustomError("unknown_account", "no account has this name")
    if accounts[value] is None:
        raise PydanticCustomError("broken_account", "the account's own block has mistakes")
    return accounts[value]


# In gate.hcl an account is named, in Python it is given; the names stand in the validation
# context under "accounts", with None for a block that has mistakes of its own.
AccountReference = Annotated[Account, BeforeValidator(_look_up)]


def key_in_region(kms_key: str | None, account: Account | None, place: str = "kms_key") -> None:
    """Raise ``ValueError`` unless ``kms_key`` is in the region of ``account``; ``place`` names the
    key in the message. What is ``None`` has mistakes of its own, or is not set.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html (2026-11): a
    bucket and the key of its objects are in one region.
    """
    if kms_key is None or account is None:
        return
    _, partition, _, region, _, _ = kms_key.split(":", 5)
    if region != account.region:
        raise Wrong("GATE209", f"{place} is in {region}, the account's region is {account.region}")
    if partition != account.arns.partition:
        raise Wrong(
            "GATE209", f"{place} is in partition {partition}, not in {account.arns.partition}"
        )


def boundary_in_account(policy: str | None, account: Account | None, identity: str) -> None:
    """Raise ``ValueError`` unless the managed policy with the ARN ``policy`` can bound an
    ``identity`` (``user``, ``role``) of ``account``."""
    if policy is None or account is None:
        return
    _, partition, _, _, owner, _ = policy.split(":", 5)
    if owner not in ("aws", account.id) or partition != account.arns.partition:
        raise Wrong(
            "GATE209",
            f"{policy!r} is not in account {account.id} of partition {account.arns.partition}, "
            f"where the {identity} is",
        )
