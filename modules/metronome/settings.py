"""What the ``metronome`` block accepts."""

import re
import warnings
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from modules.account import Account, AccountReference, boundary_in_account
from modules.athena.settings import Keys, Workgroup
from modules.existing import Existing, existing_boundary, existing_buckets
from modules.fields import (
    Block,
    BlockName,
    BucketName,
    GlueName,
    IamPath,
    KmsKeyArn,
    PolicyArn,
    Settings,
    pattern,
)

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11): users and
# roles alike.
_IAM_NAME_LIMIT = 64

# The workgroup every account has, and the one the guide names.
# https://docs.aws.amazon.com/athena/latest/ug/user-created-workgroups.html (2026-11)
PRIMARY = "primary"

# Products whose documentation has the guide's page under their own name (read 2026-11):
# https://docs.prequel.co/export/destinations/athena (Prequel, whose service they all use),
# https://developers.webflow.com/browser/data-exports/destinations/athena,
# https://docs.thanx.com/data/connex/athena, https://docs.logrocket.com/docs/aws-athena-prerequisites
# and https://docs.zuora.com, whose page also has a variant without Google's identity.
VENDOR_NAMES = {
    "metronome": "Metronome",
    "prequel": "Prequel",
    "webflow": "Webflow",
    "thanx": "Thanx",
    "logrocket": "LogRocket",
    "zuora": "Zuora",
}

_WHERE_THE_ID_IS = (
    "it is the value of accounts.google.com:sub in the trust policy on the vendor's Athena page "
    "(Google calls it the unique ID)"
)


def _service_account_id(value: str) -> str:
    if "@" in value:
        raise ValueError(
            f"{value!r} is the e-mail address of a service account; AWS knows it by its numeric "
            f'id: {_WHERE_THE_ID_IS}; allowed: digits only, as in "108000002380243782158"'
        )
    if not re.fullmatch(r"[0-9]{15,25}", value):
        raise ValueError(
            f"{value!r} is not the numeric id of a service account: {_WHERE_THE_ID_IS}; allowed: "
            '15 to 25 digits, as in "108000002380243782158"'
        )
    return value


# Ids in published trust policies have 21 digits (2026-11); Google does not promise a length.
ServiceAccountId = Annotated[str, AfterValidator(_service_account_id)]

# What a token's aud or azp may be: a name, an ARN, a URL or a client id. StringEquals knows no
# wildcards, so one here would be a mistake, as would the <placeholder> of a vendor's page.
TokenClaim = Annotated[
    str,
    pattern(
        r"[\w.:/@+=-]{1,255}",
        "1 to 255 letters, digits and _ . : / @ + = -, without spaces or brackets",
    ),
]

# pydantic 2 keeps a method of this name from pydantic 1, deprecated; nothing here calls it.
warnings.filterwarnings("ignore", message='Field name "schema" in "MetronomeSettings"')


class MetronomeSettings(Settings):
    """A ``metronome`` block: a bucket, and a role or user that writes exports into it."""

    vendor: Literal["metronome", "prequel", "webflow", "thanx", "logrocket", "zuora"] = Field(
        "metronome",
        description="The product that delivers here; resources, tags and the sheet carry its name.",
    )
    name: BlockName = Field(description="Distinguishes this block from other `metronome` blocks.")
    account: AccountReference = Field(description="The account and region of the bucket.")
    authentication: Literal["web_identity", "access_key"] = Field(
        "web_identity",
        description="A role that the vendor's Google service account takes (`web_identity`), or "
        "an IAM user with access keys (`access_key`).",
    )
    service_account_id: ServiceAccountId | None = Field(
        None,
        validate_default=True,
        description="The numeric id of the vendor's Google service account; needed for "
        "`web_identity`.",
    )
    organization_identifier: TokenClaim | None = Field(
        None,
        description="What the vendor puts into its token for you alone "
        "(`accounts.google.com:oaud`); recommended.",
    )
    audience: TokenClaim | None = Field(
        None,
        description="The authorized party of the vendor's token (`accounts.google.com:aud`), if "
        "the vendor names one.",
    )
    grants: Literal["least_privilege", "documented"] = Field(
        "least_privilege",
        description="`least_privilege`, or the guide's policy to the letter (`documented`).",
    )
    bucket: BucketName = Field(description="The destination bucket's name.")
    create_bucket: bool = Field(
        True,
        description="`false` uses a bucket that exists, in the account's region, and leaves its "
        "configuration alone.",
    )
    kms_key: KmsKeyArn | None = Field(
        None,
        description="The KMS key the bucket's objects are encrypted with, instead of S3's own.",
    )
    schema: GlueName = Field(  # type: ignore[assignment]
        description="The Glue database of the exported tables, and their folder in the bucket; "
        "the vendor makes both."
    )
    database: GlueName | None = Field(
        None,
        description="The folder that query results go to, as `DATABASE/athena_output/`; by "
        "default the schema's.",
    )
    results_expire_after_days: int | None = Field(
        None,
        ge=1,
        le=3650,
        description="Days until query results in `DATABASE/athena_output/` are deleted, never by "
        "default; exported data never expires.",
    )
    permissions_boundary: PolicyArn | None = Field(
        None, description="A managed policy that bounds what the role or user can be granted."
    )
    path: IamPath = Field("/", description="The IAM path of the role or user and its policies.")
    workgroup: Annotated[Workgroup | None, Block("workgroup")] = Field(
        None,
        description="A workgroup made for the vendor, even when empty; without it, `primary`.",
    )
    keys: Annotated[Keys | None, Block("keys")] = Field(
        None,
        validate_default=True,
        description="The vendor's access keys; needed for `access_key`.",
    )

    @field_validator("name")
    @classmethod
    def _short_enough(cls, value: str, info: ValidationInfo) -> str:
        made = f"{info.data.get('vendor', '')}-{value}"
        if len(made) > _IAM_NAME_LIMIT:
            raise ValueError(
                f"the role or user would be called {made!r}, {len(made)} characters; IAM takes "
                f"{_IAM_NAME_LIMIT}"
            )
        return value

    @field_validator("service_account_id")
    @classmethod
    def _somebody_to_trust(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("authentication") == "web_identity":
            raise ValueError(
                'is missing, and authentication = "web_identity" needs it: '
                f'{_WHERE_THE_ID_IS}; or set authentication = "access_key"'
            )
        return value

    @field_validator("service_account_id", "organization_identifier", "audience")
    @classmethod
    def _no_trust_for_a_user(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("authentication") == "access_key":
            raise ValueError(
                'has no effect with authentication = "access_key": nobody takes a role; remove '
                'it, or set authentication = "web_identity"'
            )
        return value

    @field_validator("kms_key")
    @classmethod
    def _key_of_this_region(cls, value: str | None, info: ValidationInfo) -> str | None:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html (2026-11):
        # a bucket and the key of its objects are in one region.
        account = info.data.get("account")
        if value is not None and account is not None:
            _, partition, _, region, _, _ = value.split(":", 5)
            if (partition, region) != (account.arns.partition, account.region):
                raise ValueError(
                    f"the key is in {region} of partition {partition}; allowed: a key in "
                    f"{account.region} of partition {account.arns.partition}, where the bucket is"
                )
        return value

    @field_validator("schema")
    @classmethod
    def _schema_of_its_own(cls, value: str) -> str:
        if value == "default":
            raise ValueError(
                "'default' is the database that Athena falls back to for everyone in the account, "
                "and the vendor may change and delete every table of its schema; allowed: a "
                'schema of its own, as in schema = "metronome"'
            )
        return value

    @field_validator("results_expire_after_days")
    @classmethod
    def _nothing_but_results_expires(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is None:
            return value
        if not info.data.get("create_bucket", True):
            raise ValueError(
                "the bucket exists already and keeps its own lifecycle; remove this field, or "
                "create_bucket = false"
            )
        if {"schema", "database"} - info.data.keys():
            return value
        schema = info.data["schema"]
        if info.data["database"] in (None, schema):
            raise ValueError(
                "query results would lie in the folder of the exported data, which must not "
                f'expire; name another one, as in database = "{schema}_results"'
            )
        return value

    @field_validator("permissions_boundary")
    @classmethod
    def _boundary_in_reach(cls, value: str | None, info: ValidationInfo) -> str | None:
        boundary_in_account(value, info.data.get("account"), "role or user")
        return value

    @field_validator("keys")
    @classmethod
    def _keys_for_a_user(cls, value: Keys | None, info: ValidationInfo) -> Keys | None:
        authentication = info.data.get("authentication")
        if value is None and authentication == "access_key":
            raise ValueError(
                'is missing, and authentication = "access_key" needs it: keys { pgp_key_file = '
                '..., generations = ["2026-11"] }'
            )
        if value is not None and authentication == "web_identity":
            raise ValueError(
                'has no effect with authentication = "web_identity": a role needs no keys; remove '
                'the block, or set authentication = "access_key"'
            )
        return value

    @property
    def vendor_name(self) -> str:
        """Return the vendor as it writes itself."""
        return VENDOR_NAMES[self.vendor]

    @property
    def resource_name(self) -> str:
        """Return the name of the role or user, its policy and its workgroup."""
        return f"{self.vendor}-{self.name}"

    @property
    def workgroup_name(self) -> str:
        """Return the workgroup that the vendor's queries run in."""
        return self.resource_name if self.workgroup else PRIMARY

    @property
    def results_database(self) -> str:
        """Return the folder that query results go to, what the vendor's form calls database.

        The guide says of schema and database that they are mostly synonymous in Athena; where
        they are one, the policy covers the database whatever the vendor does with its name.
        """
        return self.database or self.schema

    @property
    def results_prefix(self) -> str:
        """Return the prefix that the vendor writes query results under."""
        return f"{self.results_database}/athena_output/"

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Return the accounts this block builds in."""
        return (self.account,)

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files this block reads, relative to gate.hcl."""
        return (self.keys.pgp_key_file,) if self.keys and self.keys.pgp_key_file else ()

    @property
    def made_buckets(self) -> tuple[str, ...]:
        """Return the names of the buckets this block makes."""
        return (self.bucket,) if self.create_bucket else ()

    @property
    def existing(self) -> tuple[Existing, ...]:
        """Return what this block names and somebody else must have made."""
        return (
            *existing_boundary(self.account, self.permissions_boundary),
            *existing_buckets(self.account, () if self.create_bucket else (self.bucket,)),
        )


BLOCK = MetronomeSettings
