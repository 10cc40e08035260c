"""What the ``dbt`` block accepts."""

import re
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from athena_gate.modules.accept import ACCEPTS, Accepts
from athena_gate.modules.access.ways import ProviderArn, TokenClaim
from athena_gate.modules.account import (
    Account,
    AccountReference,
    Owner,
    boundary_in_account,
    key_in_reach,
)
from athena_gate.modules.athena.alarm import Watched, alarm_fits
from athena_gate.modules.athena.catalogs.settings import Catalog, Catalogs, check, lets_in
from athena_gate.modules.athena.only_from import OnlyFrom
from athena_gate.modules.athena.settings import (
    Keys,
    LakeFormationWriter,
    Results,
    Source,
    Workgroup,
    lake_formation_fits,
    managed_where_set,
    one_owner,
    owned_elsewhere,
    owner_of_existing,
    source_keys_in_reach,
    sources_can_be_read,
    watched,
    workgroup_key_fits,
)
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
    whole_arn,
)
from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.arn import PARTITIONS
from athena_gate.modules.iam.policy import TRUST_POLICY_LIMIT
from athena_gate.modules.until import UNTIL, Until

T = TypeVar("T")

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
    rf"arn:({PARTITIONS}):iam::[0-9]{{12}}:(role|user)"
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
    return whole_arn(value)


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
    owner: Owner | None = Field(
        None,
        description="With `create = false`: whose the bucket is, when not the block's account; the "
        "name of an `account`, or 12 digits.",
    )
    kms_key_owner: Owner | None = Field(
        None, description="Whose `kms_key` is, when neither the block's account nor `owner`."
    )

    @field_validator("owner")
    @classmethod
    def _of_one_that_exists(cls, value: str | None, info: ValidationInfo) -> str | None:
        return owner_of_existing(value, info.data.get("create", False), "create = false")

    @field_validator("create")
    @classmethod
    def _named_when_it_exists(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and info.data.get("bucket", "") is None:
            raise Wrong("GATE302", "false needs the name of the bucket that exists: bucket")
        return value


class Token(Settings):
    """dbt takes the role with a token of an identity provider, as those of GitHub and GitLab."""

    provider: ProviderArn = Field(description="The identity provider in IAM.")
    subject: TokenClaim = Field(
        description="Whom the token is about (`sub`), as in "
        "`repo:acme/dbt:ref:refs/heads/main`; no wildcards."
    )
    audience: TokenClaim = Field("sts.amazonaws.com", description="Whom the token is for (`aud`).")

    @property
    def issuer(self) -> str:
        """Return the host, and path, of the provider."""
        return self.provider.partition(":oidc-provider/")[2]


class DbtSettings(Settings):
    """A ``dbt`` block: the role dbt takes, who may take it, and what it may build."""

    name: BlockName = Field(description="Distinguishes this block from other `dbt` blocks.")
    account: AccountReference = Field(description="The account dbt builds in.")
    mode: Literal["via_athena", "run", "documented"] = Field(
        "via_athena",
        description="`via_athena`, Glue and S3 through Athena only; `run`, what `dbt run` needs "
        "as well; `documented`, the guide's template.",
    )
    keys: Annotated[Keys | None, Block("keys")] = Field(
        None, description="A user with access keys instead of a role, as the dbt platform asks for."
    )
    web_identity: Annotated[Token | None, Block("web_identity")] = Field(
        None, description="The role is taken with a token, instead of by `trusted`."
    )
    external_id: ExternalId | None = Field(
        None, description="A text that must be given to take the role."
    )
    trusted: Annotated[List[PrincipalArn], unique()] = Field(
        (),
        validate_default=True,
        description="ARNs of the roles and users that may take the role; needed unless `mode` is "
        "`documented`, or there are `keys` or `web_identity`.",
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
    lake_formation: Annotated[LakeFormationWriter | None, Block("lake_formation")] = Field(
        None, description="Where Lake Formation governs the tables: what it grants."
    )
    permissions_boundary: PolicyArn | None = Field(
        None, description="A managed policy that bounds what the role can be granted."
    )
    path: IamPath = Field("/", description="The IAM path of the role and its policies.")
    only_from: Annotated[OnlyFrom | None, Block("only_from")] = Field(
        None, description="Refuses direct calls as the role from anywhere else."
    )
    existing_workgroup: WorkgroupName | None = Field(
        None, description="The workgroup queries run in when none is made; by default `primary`."
    )
    workgroup: Annotated[Workgroup | None, Block("workgroup")] = Field(
        None, description="Makes a workgroup for dbt, or names one that exists."
    )
    results: Annotated[Results, Block("results")] = Field(
        Results(), validate_default=True, description="Where query results go (s3_staging_dir)."
    )
    data: Annotated[Data, Block("data")] = Field(
        Data(), validate_default=True, description="Where tables go (s3_data_dir)."
    )
    catalogs: Catalogs = Field(
        (), description="A data catalog beside AwsDataCatalog that models read, and never change."
    )
    list_all_databases: bool = Field(
        False,
        description="`true` lets dbt list all databases of the account, as AWS's policy for `SHOW "
        "DATABASES` has it; their tables stay closed.",
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

    @field_validator("catalogs")
    @classmethod
    def _catalogs_fit(cls, value: tuple[Catalog, ...], info: ValidationInfo) -> tuple[Catalog, ...]:
        account = info.data.get("account")
        for item, catalog in enumerate(value):
            if info.data.get("mode") == "documented":
                raise Wrong(
                    "GATE323",
                    "its statements are no part of the guide's role; remove the block, or set "
                    'mode = "via_athena" or "run"',
                    (item,),
                )
            if account is not None:
                check(catalog, account, item)
        return value

    @model_validator(mode="after")
    def _connectors_let_it_in(self) -> Self:
        for catalog in self.catalogs:
            lets_in(catalog, self.identity)
        return self

    @field_validator("web_identity")
    @classmethod
    def _provider_here(cls, value: Token | None, info: ValidationInfo) -> Token | None:
        account = info.data.get("account")
        if value is None or account is None:
            return value
        _, partition, _, _, owner, _ = value.provider.split(":", 5)
        if (partition, owner) != (account.arns.partition, account.id):
            raise Wrong(
                "GATE209",
                f"provider is in account {owner}, and a role takes tokens of providers of its own, "
                f"{account.id}",
                ("provider",),
            )
        return value

    @field_validator("external_id", "max_session_duration", "session_duration")
    @classmethod
    def _of_a_role_that_is_assumed(cls, value: object, info: ValidationInfo) -> object:
        if value is not None and info.data.get("keys") is not None:
            raise Wrong("GATE301", "is of a role, and with keys there is none; remove it")
        if info.field_name == "external_id" and value and info.data.get("web_identity"):
            raise Wrong("GATE301", "comes with no token; its subject is what tells; remove it")
        return value

    @field_validator(
        *("keys", "web_identity", "external_id", "drop_schemas", "lake_formation", "only_from"),
        "list_all_databases",
    )
    @classmethod
    def _nothing_beside_the_guide(cls, value: object, info: ValidationInfo) -> object:
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
        others = [way for way in ("keys", "web_identity") if info.data.get(way) is not None]
        ways = [*others, *(["trusted"] if value else [])]
        if len(ways) > 1:
            raise Wrong("GATE303", f"has {len(ways)} ways in: {', '.join(ways)}; keep one")
        if {"keys", "web_identity"} - info.data.keys():
            # One of them has mistakes of its own.
            return value
        if not ways and mode in ("via_athena", "run"):
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
        source_keys_in_reach(value, info.data.get("account"))
        sources_can_be_read(value, info.data.get("account"))
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
            does = "makes a workgroup" if value.create else f"names {value.name!r}"
            raise Wrong(
                "GATE301", f"{does}, and existing_workgroup names {existing!r}; keep one of them"
            )
        alarm_fits(value.alarm if value else None, info.data.get("account"))
        return value

    @field_validator("results")
    @classmethod
    def _results_bucket_fits(cls, value: Results, info: ValidationInfo) -> Results:
        made = info.data.get("workgroup")
        workgroup_key_fits(value.kms_key, info.data.get("account"), made)
        if value.managed:
            key_in_reach(value.kms_key, info.data.get("account"), (value.kms_key_owner,))
            if info.data.get("mode") == "documented":
                raise Wrong(
                    "GATE304",
                    "managed: the guide's role writes results to a bucket, and documented is that "
                    'role; remove it, or set mode = "via_athena" or "run"',
                    ("managed",),
                )
            managed_where_set(info.data.get("workgroup"))
            return value
        _bucket_fits(value, info, "results")
        return value

    @field_validator("data")
    @classmethod
    def _data_bucket_fits(cls, value: Data, info: ValidationInfo) -> Data:
        _bucket_fits(value, info, "data")
        results, name, account = (info.data.get(key) for key in ("results", "name", "account"))
        if results is None or name is None or account is None or results.managed:
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

    @model_validator(mode="after")
    def _lake_formation_fits(self) -> Self:
        made = self.data_bucket if self.data.create else None
        lake_formation_fits(self.lake_formation, self.source_databases, self.databases, made)
        return self

    @property
    def vendor_name(self) -> str:
        """Return the vendor as it writes itself."""
        return "dbt"

    @property
    def identity(self) -> str:
        """Return the ARN of the role or user that dbt acts as."""
        kind = "role" if self.keys is None else "user"
        arns = self.account.arns
        return f"arn:{arns.partition}:iam::{arns.account}:{kind}{self.path}{self.resource_name}"

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
        if self.workgroup is None:
            return self.existing_workgroup or "primary"
        return self.workgroup.name or self.resource_name

    @property
    def made_names(self) -> tuple[str, ...]:
        """Return what no other block may adopt, beside buckets, in words."""
        name = self.resource_name
        found = [self.account.has("role" if self.keys is None else "user", name)]
        if self.makes_workgroup:
            found.append(self.account.has("workgroup", name, regional=True))
        return tuple(found)

    @property
    def makes_workgroup(self) -> bool:
        """Return whether a workgroup is made."""
        return self.workgroup is not None and self.workgroup.create

    @property
    def watched(self) -> Watched | None:
        """Return what tells when its queries scan too much, if anything does."""
        return watched(self.account, self.resource_name, self.workgroup_name, self.workgroup)

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
    def results_location(self) -> str | None:
        """Return where Athena writes results, as an S3 URI; nowhere where it keeps them itself."""
        return None if self.results.managed else f"s3://{self.results_bucket}/{self.results_path}"

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
        return (self.keys.pgp_key_file,) if self.keys and self.keys.pgp_key_file else ()

    @property
    def made_buckets(self) -> tuple[str, ...]:
        """Return the names of the buckets this block makes."""
        return (
            *((self.results_bucket,) if self.results.create and self.results_location else ()),
            *((self.data_bucket,) if self.data.create else ()),
        )

    @property
    def owners(self) -> dict[str, str]:
        """Return the ids of the accounts whose buckets this block uses, by bucket, where they are
        not the block's own."""
        buckets = [(source.bucket, source.owner) for source in self.sources]
        buckets.append((self.results_bucket, self.results.owner))
        return owned_elsewhere(self.account, [*buckets, (self.data_bucket, self.data.owner)])

    @property
    def existing(self) -> tuple[Existing, ...]:
        """Return what this block names and somebody else must have made."""
        account = self.account
        workgroup = self.workgroup.name if self.workgroup else self.existing_workgroup
        made_elsewhere = (
            *(() if self.results.create else ((self.results_bucket, self.results.owner),)),
            *(() if self.data.create else ((self.data_bucket, self.data.owner),)),
        )
        return (
            *(Existing.of(account, arn) for arn in self.trusted),
            *existing_boundary(account, self.permissions_boundary),
            *existing_sources(account, self.sources),
            *(
                existing
                for bucket, owner in made_elsewhere
                for existing in existing_buckets(account, (bucket,), owner)
            ),
            *((Existing.of(account, account.arns.workgroup(workgroup)),) if workgroup else ()),
        )


def _derived_bucket(name: str, account: Account, purpose: str) -> str:
    return f"dbt-{name}-{purpose}-{account.id}"


def _results_path(name: str, results: Results) -> str:
    return results.path or f"dbt-{name}/"


def _data_path(name: str, data: Data) -> str:
    return data.path or f"dbt-{name}-tables/"


def _bucket_fits(value: Results | Data, info: ValidationInfo, purpose: str) -> None:
    owners = (value.owner, value.kms_key_owner)
    key_in_reach(value.kms_key, info.data.get("account"), owners)
    account, name = info.data.get("account"), info.data.get("name")
    if value.bucket is None and account is not None and name is not None:
        derived = _derived_bucket(name, account, purpose)
        if len(derived) > _BUCKET_NAME_LIMIT:
            raise Wrong(
                "GATE210",
                f"the bucket would be called {derived!r}, {len(derived)} characters; S3 takes "
                f"{_BUCKET_NAME_LIMIT}: set {purpose} {{ bucket = ... }}",
            )
    if value.bucket is not None:
        one_owner(value.bucket, value.owner, info.data.get("sources", ()), account)
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
