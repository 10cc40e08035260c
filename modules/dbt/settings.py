"""What the ``dbt`` block accepts."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from athena_gate.modules.accept import ACCEPTS, Accepts
from athena_gate.modules.account import (
    Account,
    AccountReference,
    boundary_in_account,
    key_in_region,
)
from athena_gate.modules.athena.settings import Results, Source, Workgroup, source_keys_in_region
from athena_gate.modules.existing import (
    Existing,
    existing_boundary,
    existing_buckets,
    existing_sources,
)
from athena_gate.modules.fields import (
    Block,
    BlockName,
    BucketName,
    GlueName,
    IamPath,
    KmsKeyArn,
    List,
    PolicyArn,
    Prefix,
    Settings,
    WorkgroupName,
    pattern,
    unique,
)
from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.policy import TRUST_POLICY_LIMIT
from athena_gate.modules.until import UNTIL, Until

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11)
_ROLE_NAME_LIMIT = 64
_BUCKET_NAME_LIMIT = 63
# Characters of the trust policy without its principals and external id.
_TRUST_FRAME = 126
_EXTERNAL_ID_FRAME = 53
_UNTIL_FRAME = 74

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (2026-11)
_HOUR = 3600
_TWELVE_HOURS = 43200
ExternalId = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9_+=,.@:/-]{2,1224}",
        "2 to 1,224 letters, digits and _ + = , . @ : / -, no spaces",
    ),
]

_PRINCIPAL = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):iam::[0-9]{12}:(role|user)"
    r"/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}"
)
_PRINCIPAL_ALLOWED = (
    'the ARN of a role or user of any account, as in "arn:aws:iam::111122223333:role/ci"'
)


def _principal(value: str) -> str:
    if re.fullmatch(r"[0-9]{12}|arn:[a-z-]+:iam::[0-9]{12}:root", value):
        raise Wrong(
            "GATE211",
            f"{value!r} is a whole account: whoever its administrators let take roles could take "
            f'this one, which only mode = "documented" risks; allowed: {_PRINCIPAL_ALLOWED}',
        )
    if "*" in value:
        raise Wrong(
            "GATE211",
            f"{value!r}: a trust policy takes no part of an ARN as a wildcard, and * alone is "
            f"everyone on AWS; allowed: {_PRINCIPAL_ALLOWED}",
        )
    if ":assumed-role/" in value:
        raise Wrong(
            "GATE211",
            f"{value!r} is one session of a role and ends with it; allowed: {_PRINCIPAL_ALLOWED}",
        )
    if not _PRINCIPAL.fullmatch(value):
        raise Wrong("GATE211", f"{value!r} is not valid; allowed: {_PRINCIPAL_ALLOWED}")
    return value


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
# (2026-11): roles and users are named by their full ARN.
PrincipalArn = Annotated[str, AfterValidator(_principal)]


def _trust_fits(trusted: tuple[str, ...], external_id: str | None, until: str | None) -> None:
    size = _TRUST_FRAME + sum(len(arn) + 3 for arn in trusted) - 1
    size += _EXTERNAL_ID_FRAME + len(external_id) if external_id else 0
    size += _UNTIL_FRAME if until else 0
    if size > TRUST_POLICY_LIMIT:
        raise Wrong(
            "GATE210",
            f"the trust policy would have {size:,} characters, IAM takes {TRUST_POLICY_LIMIT:,}; "
            "trust one role that all of them may take, or divide the block",
        )


class Data(Settings):
    """Where dbt writes tables."""

    bucket: BucketName | None = Field(
        None, description="The bucket's name; by default derived from the block and the account."
    )
    create: bool = Field(
        True, description="`false` uses a bucket that exists and leaves its configuration alone."
    )
    path: Prefix | None = Field(
        None,
        description="The prefix tables are written under; by default the block's name and "
        "`-tables`.",
    )
    kms_key: KmsKeyArn | None = Field(
        None, description="A KMS key to encrypt tables with instead of S3's own."
    )

    @field_validator("create")
    @classmethod
    def _named_when_it_exists(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and info.data.get("bucket", "") is None:
            raise Wrong("GATE302", "false needs the name of the bucket that exists: bucket")
        return value


class DbtSettings(Settings):
    """A ``dbt`` block: the role dbt takes, who may take it, and what it may build."""

    name: BlockName = Field(description="Distinguishes this block from other `dbt` blocks.")
    account: AccountReference = Field(description="The account dbt builds in.")
    mode: Literal["via_athena", "run", "documented"] = Field(
        "via_athena",
        description="`via_athena`, Glue and S3 through Athena only; `run`, what `dbt run` needs "
        "as well; `documented`, the guide's template.",
    )
    external_id: ExternalId | None = Field(
        None, description="A text that must be given to take the role."
    )
    trusted: Annotated[List[PrincipalArn], unique()] = Field(
        (),
        validate_default=True,
        description="ARNs of the roles and users that may take the role; needed unless `mode` is "
        "`documented`.",
    )
    max_session_duration: int = Field(
        _HOUR,
        ge=_HOUR,
        le=_TWELVE_HOURS,
        description="The longest session, in seconds, that the role grants.",
    )
    session_duration: int | None = Field(
        None,
        ge=900,
        le=_TWELVE_HOURS,
        description="The session, in seconds, that the profile handed over asks for; without it, "
        "an hour.",
    )
    databases: Annotated[List[GlueName], unique()] = Field(
        description="The Glue databases (dbt: schemas) dbt builds in; the first is the profile's.",
    )
    source_databases: Annotated[List[GlueName], unique()] = Field(
        (), description="Glue databases that models read and dbt never changes."
    )
    sources: Annotated[
        List[Source], unique(lambda source: str(source.bucket)), Block("source", "bucket")
    ] = Field((), description="The buckets the tables of `source_databases` lie in.")
    drop_schemas: bool = Field(
        False, description="`true` lets dbt delete the databases it builds in."
    )
    lake_formation: bool = Field(
        False, description="`true` when Lake Formation governs the tables."
    )
    permissions_boundary: PolicyArn | None = Field(
        None, description="A managed policy that bounds what the role can be granted."
    )
    path: IamPath = Field("/", description="The IAM path of the role and its policies.")
    existing_workgroup: WorkgroupName | None = Field(
        None, description="The workgroup queries run in when none is made; by default `primary`."
    )
    workgroup: Annotated[Workgroup | None, Block("workgroup")] = Field(
        None, description="Makes a workgroup for dbt."
    )
    results: Annotated[Results, Block("results")] = Field(
        Results(), validate_default=True, description="Where query results go (s3_staging_dir)."
    )
    data: Annotated[Data, Block("data")] = Field(
        Data(), validate_default=True, description="Where tables go (s3_data_dir)."
    )

    until: Until = UNTIL

    accept: Accepts = ACCEPTS

    @field_validator("name")
    @classmethod
    def _short_enough(cls, value: str) -> str:
        if len(role := f"dbt-{value}") > _ROLE_NAME_LIMIT:
            raise Wrong(
                "GATE210",
                f"the role would be called {role!r}, {len(role)} characters; IAM takes "
                f"{_ROLE_NAME_LIMIT}",
            )
        return value

    @field_validator("external_id", "drop_schemas", "lake_formation")
    @classmethod
    def _nothing_beside_the_guide(
        cls, value: str | bool | None, info: ValidationInfo
    ) -> str | bool | None:
        if value and info.data.get("mode") == "documented":
            raise Wrong(
                "GATE304",
                "would change the guide's role, and documented is that role and nothing else; "
                'remove this field, or set mode = "via_athena" or "run"',
            )
        return value

    @field_validator("trusted")
    @classmethod
    def _somebody_named(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        mode = info.data.get("mode")
        if value and mode == "documented":
            raise Wrong(
                "GATE304",
                "documented trusts the whole account, as the guide does, whoever is named; remove "
                'this field, or set mode = "via_athena" or "run" to trust only these',
            )
        if not value and mode in ("via_athena", "run"):
            raise Wrong(
                "GATE302",
                "name at least one role or user that may take the role, as in "
                'trusted = ["arn:aws:iam::111122223333:role/ci"]',
            )
        account = info.data.get("account")
        for arn in value:
            partition = arn.split(":")[1]
            if account is not None and partition != account.arns.partition:
                raise Wrong(
                    "GATE209",
                    f"{arn!r} is in partition {partition}, and no identity there can take a role "
                    f"in {account.arns.partition}",
                )
        return value

    @field_validator("trusted")
    @classmethod
    def _fits_a_trust_policy(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        _trust_fits(value, info.data.get("external_id"), None)
        return value

    @field_validator("until")
    @classmethod
    def _end_fits_a_trust_policy(cls, value: str | None, info: ValidationInfo) -> str | None:
        _trust_fits(info.data.get("trusted", ()), info.data.get("external_id"), value)
        return value

    @field_validator("session_duration")
    @classmethod
    def _granted_by_the_role(cls, value: int | None, info: ValidationInfo) -> int | None:
        longest, trusted = info.data.get("max_session_duration"), info.data.get("trusted")
        if value is None:
            return value
        if longest is not None and value > longest:
            raise Wrong(
                "GATE107",
                f"the role grants {longest:,} seconds at most, so taking it for {value:,} would "
                "fail; raise max_session_duration, or lower this",
            )
        if trusted and all(":role/" in arn for arn in trusted) and value > _HOUR:
            raise Wrong(
                "GATE107",
                f"{value:,} seconds is too long for roles that take a role: AWS grants them "
                f"{_HOUR:,} at most, whatever max_session_duration says, and the call fails",
            )
        return value

    @field_validator("databases")
    @classmethod
    def _somewhere_to_build(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise Wrong(
                "GATE302",
                'name at least one database for dbt to build in, as in databases = ["dbt_ci"]',
            )
        return value

    @field_validator("source_databases")
    @classmethod
    def _read_or_written(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for database in value:
            if database in info.data.get("databases", ()):
                raise Wrong(
                    "GATE306",
                    f"{database!r} is in databases too, where dbt may write; keep it in one of "
                    "them",
                )
        return value

    @field_validator("sources")
    @classmethod
    def _keys_of_the_region(
        cls, value: tuple[Source, ...], info: ValidationInfo
    ) -> tuple[Source, ...]:
        source_keys_in_region(value, info.data.get("account"))
        return value

    @field_validator("permissions_boundary")
    @classmethod
    def _boundary_in_reach(cls, value: str | None, info: ValidationInfo) -> str | None:
        boundary_in_account(value, info.data.get("account"), "role")
        return value

    @field_validator("workgroup")
    @classmethod
    def _one_workgroup(cls, value: Workgroup | None, info: ValidationInfo) -> Workgroup | None:
        if value is not None and (existing := info.data.get("existing_workgroup")) is not None:
            raise Wrong(
                "GATE301",
                f"makes a workgroup, and existing_workgroup names {existing!r}; keep one of them",
            )
        return value

    @field_validator("results")
    @classmethod
    def _results_bucket_fits(cls, value: Results, info: ValidationInfo) -> Results:
        _bucket_fits(value, info, "results")
        return value

    @field_validator("data")
    @classmethod
    def _data_bucket_fits(cls, value: Data, info: ValidationInfo) -> Data:
        _bucket_fits(value, info, "data")
        results, name, account = (info.data.get(key) for key in ("results", "name", "account"))
        if results is None or name is None or account is None:
            return value
        bucket = value.bucket or _derived_bucket(name, account, "data")
        if bucket != (results.bucket or _derived_bucket(name, account, "results")):
            return value
        if results.create:
            raise Wrong(
                "GATE306",
                f"{bucket!r} is the results bucket made here, which deletes what it holds after "
                "some days; name another bucket for tables",
            )
        tables, files = _data_path(name, value), _results_path(name, results)
        if tables.startswith(files) or files.startswith(tables):
            raise Wrong(
                "GATE306",
                f"tables under {tables!r} and results under {files!r} are in each other's way; "
                "give them paths of which neither starts with the other",
            )
        return value

    @property
    def vendor_name(self) -> str:
        """Return the vendor as it writes itself."""
        return "dbt"

    @property
    def resource_name(self) -> str:
        """Return the name of the role, its policy and, where one is made, its workgroup.

        The guide calls its role DbtAthenaRestricted. A fixed name would let one block stand in an
        account, and none where the guide's own stack stands already.
        """
        return f"dbt-{self.name}"

    @property
    def workgroup_name(self) -> str:
        """Return the name of the workgroup dbt queries in."""
        return self.resource_name if self.workgroup else self.existing_workgroup or "primary"

    @property
    def runs_models(self) -> bool:
        """Return whether dbt may call Glue and S3 itself, as ``dbt run`` does."""
        return self.mode == "run"

    @property
    def results_bucket(self) -> str:
        """Return the name of the bucket results go to."""
        return self.results.bucket or _derived_bucket(self.name, self.account, "results")

    @property
    def results_path(self) -> str:
        """Return the prefix results are written under, ending in a slash."""
        return _results_path(self.name, self.results)

    @property
    def results_location(self) -> str:
        """Return where Athena writes results, as an S3 URI."""
        return f"s3://{self.results_bucket}/{self.results_path}"

    @property
    def data_bucket(self) -> str:
        """Return the name of the bucket tables go to."""
        return self.data.bucket or _derived_bucket(self.name, self.account, "data")

    @property
    def data_path(self) -> str:
        """Return the prefix tables are written under, ending in a slash."""
        return _data_path(self.name, self.data)

    @property
    def data_location(self) -> str:
        """Return where dbt writes tables, as an S3 URI."""
        return f"s3://{self.data_bucket}/{self.data_path}"

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Return the accounts this block builds in."""
        return (self.account,)

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files this block reads, relative to gate.hcl."""
        return ()

    @property
    def made_buckets(self) -> tuple[str, ...]:
        """Return the names of the buckets this block makes."""
        return (
            *((self.results_bucket,) if self.results.create else ()),
            *((self.data_bucket,) if self.data.create else ()),
        )

    @property
    def existing(self) -> tuple[Existing, ...]:
        """Return what this block names and somebody else must have made."""
        account, workgroup = self.account, self.existing_workgroup
        made_elsewhere = (
            *(() if self.results.create else (self.results_bucket,)),
            *(() if self.data.create else (self.data_bucket,)),
        )
        return (
            *(Existing.of(account, arn) for arn in self.trusted),
            *existing_boundary(account, self.permissions_boundary),
            *existing_sources(account, self.sources),
            *existing_buckets(account, made_elsewhere),
            *((Existing.of(account, account.arns.workgroup(workgroup)),) if workgroup else ()),
        )


def _derived_bucket(name: str, account: Account, purpose: str) -> str:
    return f"dbt-{name}-{purpose}-{account.id}"


def _results_path(name: str, results: Results) -> str:
    return results.path or f"dbt-{name}/"


def _data_path(name: str, data: Data) -> str:
    return data.path or f"dbt-{name}-tables/"


def _bucket_fits(value: Results | Data, info: ValidationInfo, purpose: str) -> None:
    key_in_region(value.kms_key, info.data.get("account"))
    account, name = info.data.get("account"), info.data.get("name")
    if value.bucket is None and account is not None and name is not None:
        derived = _derived_bucket(name, account, purpose)
        if len(derived) > _BUCKET_NAME_LIMIT:
            raise Wrong(
                "GATE210",
                f"the bucket would be called {derived!r}, {len(derived)} characters; S3 takes "
                f"{_BUCKET_NAME_LIMIT}: set {purpose} {{ bucket = ... }}",
            )
    # Terraform would find out in the middle of an apply.
    if value.create and value.bucket in [s.bucket for s in info.data.get("sources", ())]:
        raise Wrong(
            "GATE306",
            f"the bucket {value.bucket!r} is a source, so it exists already; name another, or set "
            "create = false",
        )


BLOCK = DbtSettings
START = {
    "databases": ("database", "the Glue databases dbt builds in"),
    "trusted": ("principal", "the ARNs of the roles and users that take dbt's role"),
}
