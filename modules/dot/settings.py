"""What the ``dot`` block accepts."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from modules.account import Account, AccountReference, boundary_in_account, key_in_region
from modules.athena.settings import Keys, Results, Source, Workgroup, source_keys_in_region
from modules.athena.statements import DEFAULT_CATALOG
from modules.existing import Existing, existing_boundary, existing_buckets, existing_sources
from modules.fields import (
    Block,
    BlockName,
    CatalogName,
    GlueName,
    IamPath,
    List,
    PolicyArn,
    Settings,
    unique,
)

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11)
_USER_NAME_LIMIT = 64
_BUCKET_NAME_LIMIT = 63


class DotSettings(Settings):
    """A ``dot`` block: one IAM user for Dot, and what it may query."""

    name: BlockName = Field(description="Distinguishes this block from other `dot` blocks.")
    account: AccountReference = Field(description="The account the data lies in.")
    grants: Literal["least_privilege", "documented", "full_access"] = Field(
        "least_privilege",
        description="`least_privilege`, the guide's restricted policy (`documented`), or the "
        "guide's managed policies (`full_access`).",
    )
    databases: Annotated[List[GlueName], unique()] = Field(
        (),
        validate_default=True,
        description="The Glue databases Dot may query; needed for `least_privilege`.",
    )
    catalog: CatalogName = Field(DEFAULT_CATALOG, description="The Athena data catalog.")
    lake_formation: bool = Field(
        False, description="`true` when Lake Formation governs the tables."
    )
    sources: Annotated[
        List[Source], unique(lambda source: str(source.bucket)), Block("source", "bucket")
    ] = Field(
        (),
        validate_default=True,
        description="The buckets the tables lie in.",
    )
    reads_results_directly: bool = Field(
        False,
        description="`true` when the client fetches result files from S3 itself, not through "
        "Athena.",
    )
    restrict_to_vendor_ips: bool | None = Field(
        None,
        description="Refuses direct calls from anywhere but Dot's two addresses; on unless "
        "`grants` is `documented`.",
    )
    permissions_boundary: PolicyArn | None = Field(
        None, description="A managed policy that bounds what the user can be granted."
    )
    path: IamPath = Field("/", description="The IAM path of the user and its policies.")
    workgroup: Annotated[Workgroup, Block("workgroup")] = Field(
        Workgroup(), description="The workgroup made for Dot."
    )
    results: Annotated[Results, Block("results")] = Field(
        Results(), validate_default=True, description="Where query results go."
    )
    keys: Annotated[Keys, Block("keys")] = Field(description="Dot's access keys.")

    @field_validator("name")
    @classmethod
    def _short_enough(cls, value: str) -> str:
        if len(user := f"dot-{value}") > _USER_NAME_LIMIT:
            raise ValueError(
                f"the user would be called {user!r}, {len(user)} characters; IAM takes "
                f"{_USER_NAME_LIMIT}"
            )
        return value

    @field_validator("databases")
    @classmethod
    def _databases_to_scope(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not value and info.data.get("grants") == "least_privilege":
            raise ValueError('name at least one database, as in databases = ["sales"]')
        return value

    @field_validator("lake_formation", "reads_results_directly", "restrict_to_vendor_ips")
    @classmethod
    def _nothing_beside_the_guide(cls, value: bool | None, info: ValidationInfo) -> bool | None:
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
        boundary_in_account(value, info.data.get("account"), "user")
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
        return value

    @property
    def vendor_name(self) -> str:
        """Return the vendor as it writes itself."""
        return "Dot"

    @property
    def resource_name(self) -> str:
        """Return the name of the user, its policy and its workgroup."""
        return f"dot-{self.name}"

    @property
    def restricted_to_vendor_ips(self) -> bool:
        """Return whether direct calls are tied to Dot's addresses."""
        if self.restrict_to_vendor_ips is None:
            return self.grants != "documented"
        return self.restrict_to_vendor_ips

    @property
    def results_bucket(self) -> str:
        """Return the name of the bucket results go to."""
        return self.results.bucket or _derived_bucket(self.name, self.account)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Return the accounts this block builds in."""
        return (self.account,)

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files this block reads, relative to gate.hcl."""
        return (self.keys.pgp_key_file,) if self.keys.pgp_key_file else ()

    @property
    def made_buckets(self) -> tuple[str, ...]:
        """Return the names of the buckets this block makes."""
        return (self.results_bucket,) if self.results.create else ()

    @property
    def existing(self) -> tuple[Existing, ...]:
        """Return what this block names and somebody else must have made."""
        account = self.account
        return (
            *existing_boundary(account, self.permissions_boundary),
            *existing_sources(account, self.sources),
            *existing_buckets(account, () if self.results.create else (self.results_bucket,)),
        )

    @property
    def results_path(self) -> str:
        """Return the prefix results are written under, ending in a slash."""
        return self.results.path or f"{self.resource_name}/"

    @property
    def results_location(self) -> str:
        """Return where Athena writes results, as an S3 URI."""
        return f"s3://{self.results_bucket}/{self.results_path}"


def _derived_bucket(name: str, account: Account) -> str:
    return f"dot-{name}-results-{account.id}"


BLOCK = DotSettings
