"""The ``account`` block: an AWS account and region, and how Terraform gets into it."""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from athena_gate.modules.fields import (
    AccountId,
    BlockName,
    KmsKeyArn,
    Region,
    RoleArn,
    Settings,
    Tags,
    pattern,
)
from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.arn import Arns, account_of, partition_of

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
    catalog_kms_key: KmsKeyArn | None = Field(
        None,
        description="The KMS key that the account's Glue catalog is encrypted with in this region, "
        "if it is one of your own.",
    )

    def has(self, what: str, name: str, *, regional: bool = False) -> str:
        """Return in words the ``what``, such as a role, that is called ``name`` in this account, or
        in this region of it: the same for whichever block makes or adopts it."""
        where = f" in {self.region}" if regional else ""
        return f"the {what} {name!r} of account {self.id}{where}"

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

    @field_validator("catalog_kms_key")
    @classmethod
    def _key_of_this_region(cls, value: str | None, info: ValidationInfo) -> str | None:
        # https://docs.aws.amazon.com/glue/latest/dg/encrypt-glue-data-catalog.html (2026-11): one
        # key for the account's catalog, which each region has one of.
        if value is not None and "region" in info.data:
            _in_region(value, info.data["region"], "the key", ())
        return value

    @property
    def arns(self) -> Arns:
        """Build ARNs in this account."""
        return Arns(self.id, self.region)


def _look_up(value: Any, info: ValidationInfo, otherwise: str = "") -> Any:
    if not isinstance(value, str) or not isinstance(info.context, dict):
        return value
    accounts: dict[str, Account | None] = info.context["accounts"]
    if value not in accounts:
        context = {"otherwise": otherwise}
        raise PydanticCustomError("unknown_account", "no account has this name", context)
    if accounts[value] is None:
        raise PydanticCustomError("broken_account", "the account's own block has mistakes")
    return accounts[value]


# In gate.hcl an account is named, in Python it is given; the names stand in the validation
# context under "accounts", with None for a block that has mistakes of its own.
AccountReference = Annotated[Account, BeforeValidator(_look_up)]


def account_or_id(value: Any, info: ValidationInfo) -> Any:
    """Return the account that ``value`` names; the 12 digits of an id, and what is no text, as
    they are."""
    if isinstance(value, str) and re.fullmatch("[0-9]{12}", value):
        return value
    return _look_up(value, info, ", or the 12 digits of an account's id")


def _whose(value: Any, info: ValidationInfo) -> Any:
    found = account_or_id(value, info)
    return found.id if isinstance(found, Account) else found


def _an_id(value: str) -> str:
    if not re.fullmatch("[0-9]{12}", value):
        raise Wrong(
            "GATE202", f"{value!r} is not valid; allowed: an account's id, exactly 12 digits"
        )
    return value


# Whose something is that exists already: the name of an account of gate.hcl, or the id of any
# account; in settings it is the id.
Owner = Annotated[str, BeforeValidator(_whose), AfterValidator(_an_id)]


# What the key of a source is called in a message that has named the field.
THE_BUCKETS_KEY = "the bucket's key"


def key_in_reach(
    kms_key: str | None,
    account: Account | None,
    owners: Iterable[str | None] = (),
    place: str = "kms_key",
    within: tuple[int | str, ...] = ("kms_key",),
    region: str | None = None,
    remedy: str = "",
) -> None:
    """Raise ``ValueError`` unless ``kms_key`` is in the region of ``account``, or in ``region``
    where the bucket is elsewhere, and in that account, or one of ``owners`` (ids); ``place`` names
    the key in the message, and ``within`` is its path in the value that is checked. ``remedy`` says
    what to do where there is no field for another owner of the key. What is ``None`` has mistakes
    of its own, or is not set.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html (2026-11): a
    bucket and the key of its objects are in one region.
    """
    if kms_key is None or account is None:
        return
    _in_region(kms_key, region or account.region, place, within)
    theirs = account_of(kms_key)
    if theirs == account.id or theirs in owners:
        return
    named = [owner for owner in owners if owner]
    remedy = remedy or (
        "where that is meant, say so: owner for the bucket and its key, kms_key_owner for the key "
        f'alone, as in kms_key_owner = "{theirs}"'
    )
    raise Wrong(
        "GATE310",
        f"{place} is in account {theirs}, "
        + (f"and the owner named is {named[0]}" if named else f"and the block's is {account.id}")
        + f"; {remedy}",
        within,
    )


def _in_region(kms_key: str, wanted: str, place: str, within: tuple[int | str, ...]) -> None:
    _, partition, _, region, _, _ = kms_key.split(":", 5)
    if region != wanted:
        problem = f"{place} is in {region}, the account's region is {wanted}"
        start, _, name = kms_key.rpartition("/")
        if name.startswith("mrk-"):
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
            # (2026-11): S3 "currently treats multi-Region keys as though they were single-Region".
            replica = f"{start.replace(f':{region}:', f':{wanted}:')}/{name}"
            problem += f"; S3 uses its replica in the region of the bucket: {replica}"
        if place == THE_BUCKETS_KEY:
            problem += f'; or, where the bucket is there too, say so: region = "{region}"'
        raise Wrong("GATE209", problem, within or None)
    if partition != partition_of(wanted):
        problem = f"{place} is in partition {partition}, not in {partition_of(wanted)}"
        raise Wrong("GATE209", problem, within or None)


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
