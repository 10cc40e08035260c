"""What the ``immuta`` block accepts."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from modules.account import Account, AccountReference, boundary_in_account, key_in_region
from modules.athena.settings import Keys, Results, Source, Workgroup, source_keys_in_region
from modules.existing import Existing, existing_boundary, existing_buckets, existing_sources
from modules.fields import (
    Block,
    BlockName,
    GlueName,
    IamPath,
    List,
    PolicyArn,
    Settings,
    pattern,
    unique,
)

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11): users and
# roles alike.
_IAM_NAME_LIMIT = 64
_BUCKET_NAME_LIMIT = 63

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html (2026-11): the name
# alone, without the path.
RoleName = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9_+=,.@-]{1,64}",
        "a role's name without path or ARN: 1 to 64 letters, digits and _ + = , . @ -",
    ),
]


class ImmutaSettings(Settings):
    """An ``immuta`` block: the identity Immuta queries Athena with, and what it may query."""

    name: BlockName = Field(description="Distinguishes this block from other `immuta` blocks.")
    account: AccountReference = Field(description="The account the data lies in.")
    grants: Literal["least_privilege", "documented"] = Field(
        "least_privilege", description="`least_privilege`, or the guide's policy (`documented`)."
    )
    authentication: Literal["access_key", "instance_role"] = Field(
        "access_key",
        description="`access_key`, an IAM user with keys, or `instance_role`, a role of the EC2 "
        "instances Immuta runs on.",
    )
    role_name: RoleName | None = Field(
        None,
        description="A role that exists and that the policy is attached to, instead of a role made "
        "here; only for `instance_role`.",
    )
    database: GlueName = Field(description="The Glue database Immuta makes data sources from.")
    lake_formation: bool = Field(
        False, description="`true` when Lake Formation governs the tables."
    )
    sources: Annotated[
        List[Source], unique(lambda source: str(source.bucket)), Block("source", "bucket")
    ] = Field((), validate_default=True, description="The buckets the tables lie in.")
    permissions_boundary: PolicyArn | None = Field(
        None, description="A managed policy that bounds what the user or role can be granted."
    )
    path: IamPath = Field("/", description="The IAM path of everything made in IAM.")
    workgroup: Annotated[Workgroup, Block("workgroup")] = Field(
        Workgroup(), description="The workgroup made for Immuta."
    )
    results: Annotated[Results, Block("results")] = Field(
        Results(), validate_default=True, description="Where query results go."
    )
    keys: Annotated[Keys | None, Block("keys")] = Field(
        None,
        validate_default=True,
        description="Immuta's access keys; needed for `access_key`, refused for `instance_role`.",
    )

    @field_validator("name")
    @classmethod
    def _short_enough(cls, value: str) -> str:
        if len(made := f"immuta-{value}") > _IAM_NAME_LIMIT:
            raise ValueError(
                f"the user or role would be called {made!r}, {len(made)} characters; IAM takes "
                f"{_IAM_NAME_LIMIT}"
            )
        return value

    @field_validator("role_name")
    @classmethod
    def _a_role_to_attach_to(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("authentication") == "access_key":
            raise ValueError(
                "access_key makes a user and attaches to no role; remove this field, or set "
                'authentication = "instance_role"'
            )
        return value

    @field_validator("lake_formation")
    @classmethod
    def _nothing_beside_the_guide(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("grants") == "documented":
            raise ValueError(
                "true would add to the guide's policy, and documented is that policy and nothing "
                'else; allowed: false, or grants = "least_privilege"'
            )
        return value

    @field_validator("sources")
    @classmethod
    def _data_somewhere(cls, value: tuple[Source, ...], info: ValidationInfo) -> tuple[Source, ...]:
        if not value and not info.data.get("lake_formation", True):
            raise ValueError(
                'name at least one bucket, as in source "acme-lake" {}, or set lake_formation'
            )
        source_keys_in_region(value, info.data.get("account"))
        return value

    @field_validator("permissions_boundary")
    @classmethod
    def _boundary_in_reach(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return value
        if info.data.get("role_name") is not None:
            raise ValueError(
                f"the role {info.data['role_name']!r} exists and keeps its own boundary; remove "
                "this field, or role_name"
            )
        boundary_in_account(value, info.data.get("account"), "user or role")
        return value

    @field_validator("results")
    @classmethod
    def _results_bucket_fits(cls, value: Results, info: ValidationInfo) -> Results:
        key_in_region(value.kms_key, info.data.get("account"))
        account, name = info.data.get("account"), info.data.get("name")
        if value.bucket is None and account is not None and name is not None:
            derived = _derived_bucket(name, account)
            if len(derived) > _BUCKET_NAME_LIMIT:
                raise ValueError(
                    f"the bucket would be called {derived!r}, {len(derived)} characters; S3 takes "
                    f"{_BUCKET_NAME_LIMIT}: set results {{ bucket = ... }}"
                )
        # Terraform would find out in the middle of an apply.
        if value.create and value.bucket in [s.bucket for s in info.data.get("sources", ())]:
            raise ValueError(
                f"the bucket {value.bucket!r} is a source, so it exists already; name another, or "
                "set create = false"
            )
        return value

    @field_validator("keys")
    @classmethod
    def _keys_for_a_user(cls, value: Keys | None, info: ValidationInfo) -> Keys | None:
        authentication = info.data.get("authentication")
        if value is None and authentication == "access_key":
            raise ValueError(
                'is missing; access_key needs keys { pgp_key_file = "..." generations = ["..."] }, '
                'or set authentication = "instance_role"'
            )
        if value is not None and authentication == "instance_role":
            raise ValueError(
                "an instance role has no access keys; remove the block, or set "
                'authentication = "access_key"'
            )
        return value

    @property
    def vendor_name(self) -> str:
        """Return the vendor as it writes itself."""
        return "Immuta"

    @property
    def resource_name(self) -> str:
        """Return the name of the user or role, its policy and its workgroup."""
        return f"immuta-{self.name}"

    @property
    def results_bucket(self) -> str:
        """Return the name of the bucket results go to."""
        return self.results.bucket or _derived_bucket(self.name, self.account)

    @property
    def results_path(self) -> str:
        """Return the prefix results are written under, ending in a slash."""
        return self.results.path or f"{self.resource_name}/"

    @property
    def results_directory(self) -> str:
        """Return ``results_path`` as Immuta's form and its guide write it: without the slash."""
        return self.results_path.removesuffix("/")

    @property
    def results_location(self) -> str:
        """Return where Athena writes results, as an S3 URI."""
        return f"s3://{self.results_bucket}/{self.results_path}"

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
        return (self.results_bucket,) if self.results.create else ()

    @property
    def existing(self) -> tuple[Existing, ...]:
        """Return what this block names and somebody else must have made."""
        account, role = self.account, self.role_name
        return (
            *((Existing.of(account, account.arns.role(role)),) if role else ()),
            *existing_boundary(account, self.permissions_boundary),
            *existing_sources(account, self.sources),
            *existing_buckets(account, () if self.results.create else (self.results_bucket,)),
        )


def _derived_bucket(name: str, account: Account) -> str:
    return f"immuta-{name}-results-{account.id}"


BLOCK = ImmutaSettings
