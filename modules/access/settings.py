"""What a vendor's block accepts: the fields of its class, for its profile."""

import warnings
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from athena_gate.modules.accept import ACCEPTS, Accepts
from athena_gate.modules.access.adopted import PRIMARY, Adopted
from athena_gate.modules.access.profile import GOOGLE, WAYS, Profile
from athena_gate.modules.access.ways import AssumedBy, RunsOn, Service, Trusted, WebIdentity
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
    LakeFormation,
    LakeFormationMetadata,
    LakeFormationReader,
    LakeFormationWriter,
    Results,
    Source,
    Workgroup,
    lake_formation_fits,
    managed_where_set,
    one_owner,
    owned_elsewhere,
    owner_of_existing,
    source_keys,
    source_keys_in_reach,
    source_locations,
    sources_can_be_read,
    watched,
    workgroup_key_fits,
)
from athena_gate.modules.existing import (
    Existing,
    existing_boundary,
    existing_buckets,
    existing_sources,
    existing_workgroup,
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
    Settings,
    unique,
)
from athena_gate.modules.findings import Wrong
from athena_gate.modules.until import UNTIL, Until

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11): users and
# roles alike.
_IAM_NAME_LIMIT = 64
_BUCKET_NAME_LIMIT = 63

# By these a vendor reads, lists or deletes files of results itself.
_RESULTS_FILES = {"delete_results", "fetch_results", "list_results"}

Databases = Annotated[List[GlueName], unique()]
Sources = Annotated[
    List[Source], unique(lambda source: str(source.bucket)), Block("source", "bucket")
]
# pydantic 2 keeps a method of this name from pydantic 1, deprecated; nothing here calls it.
warnings.filterwarnings("ignore", message='Field name "schema" in ')


class Access(Settings):
    """What the blocks of all classes accept."""

    kind: ClassVar[str]
    profile: ClassVar[Profile]
    folder: ClassVar[Path]
    takes_catalogs: ClassVar[bool] = False

    name: BlockName = Field(description="Distinguishes this block from others of its vendor.")
    account: AccountReference = Field(description="The account the data lies in.")
    grants: Literal["least_privilege", "documented", "full_access"] = Field(
        "least_privilege",
        description="`least_privilege`, the policy of the vendor's page (`documented`), or AWS's "
        "own policies that the page attaches (`full_access`).",
    )
    lake_formation: Annotated[LakeFormationReader | None, Block("lake_formation")] = Field(
        None, description="Where Lake Formation governs the tables: what it grants."
    )
    restrict_to_vendor_ips: bool | None = Field(
        None,
        description="Refuses direct calls with the keys from anywhere but the addresses that the "
        "vendor's page names; on where it names some, unless `grants` is `documented`.",
    )
    permissions_boundary: PolicyArn | None = Field(
        None, description="A managed policy that bounds what the user or role can be granted."
    )
    path: IamPath = Field("/", description="The IAM path of everything made in IAM.")
    keys: Annotated[Keys | None, Block("keys")] = Field(
        None, description="Way in: access keys of an IAM user."
    )
    assumed_by: Annotated[AssumedBy | None, Block("assumed_by")] = Field(
        None, description="Way in: a role that the vendor's AWS account takes."
    )
    web_identity: Annotated[WebIdentity | None, Block("web_identity")] = Field(
        None, description="Way in: a role that a token of an identity provider opens."
    )
    runs_on: Annotated[RunsOn | None, Block("runs_on")] = Field(
        None, description="Way in: the role of machines of yours."
    )
    service: Annotated[Service | None, Block("service")] = Field(
        None, description="Way in: a role that an AWS service takes."
    )
    trusted: Annotated[Trusted | None, Block("trusted")] = Field(
        None, description="Way in: a role that roles or users of your own take."
    )
    only_from: Annotated[OnlyFrom | None, Block("only_from")] = Field(
        None,
        description="Refuses direct calls from anywhere else, with keys or as the role; takes the "
        "place of the addresses that the vendor's page names.",
    )

    catalogs: Catalogs = Field(
        (), description="A data catalog beside AwsDataCatalog that may be queried."
    )

    until: Until = UNTIL
    adopted: Annotated[Adopted | None, Block("adopted")] = Field(
        None,
        description="What was made by hand and keeps its name; `gate adopt` writes this block.",
    )

    accept: Accepts = ACCEPTS

    @field_validator("name")
    @classmethod
    def _short_enough(cls, value: str) -> str:
        if len(made := cls.named(value)) > _IAM_NAME_LIMIT:
            raise Wrong(
                "GATE210",
                f"the user or role would be called {made!r}, {len(made)} characters; IAM takes "
                f"{_IAM_NAME_LIMIT}",
            )
        return value

    @field_validator("grants")
    @classmethod
    def _a_page_to_follow(cls, value: str) -> str:
        page = cls.profile.page
        allowed = [
            "least_privilege",
            *(["documented"] if page.access else []),
            *(["full_access"] if page.managed else []),
        ]
        if value not in allowed:
            raise Wrong(
                "GATE308",
                f"{cls.profile.title}'s page has nothing of the kind; allowed: "
                f"{', '.join(allowed)}",
            )
        return value

    @field_validator("restrict_to_vendor_ips")
    @classmethod
    def _addresses_are_known(cls, value: bool | None) -> bool | None:
        if value is not None and not cls.profile.addresses:
            raise Wrong(
                "GATE308", f"{cls.profile.title}'s page names no addresses; remove the field"
            )
        return value

    @field_validator("restrict_to_vendor_ips", "reads_results_directly", check_fields=False)
    @classmethod
    def _nothing_beside_the_page(cls, value: bool | None, info: ValidationInfo) -> bool | None:
        if value and info.data.get("grants") == "documented":
            raise Wrong(
                "GATE304",
                "true would add to the page's policy, and documented is that policy and nothing "
                'else; allowed: false, or grants = "least_privilege"',
            )
        return value

    @field_validator("catalogs")
    @classmethod
    def _catalogs_fit(cls, value: tuple[Catalog, ...], info: ValidationInfo) -> tuple[Catalog, ...]:
        account, grants = info.data.get("account"), info.data.get("grants")
        for item, catalog in enumerate(value):
            if not cls.takes_catalogs:
                raise Wrong(
                    "GATE323",
                    f"{cls.profile.title} runs no queries of other catalogs: allowed is "
                    "AwsDataCatalog of the account alone, which needs no block; remove it",
                    (item,),
                )
            if grants is not None and grants != "least_privilege":
                raise Wrong(
                    "GATE323",
                    f"its statements are no part of {grants}; remove the block, or set grants = "
                    '"least_privilege"',
                    (item,),
                )
            if account is not None:
                check(catalog, account, item)
        return value

    @field_validator("lake_formation")
    @classmethod
    def _no_grants_beside_the_page(
        cls, value: LakeFormationReader | None, info: ValidationInfo
    ) -> LakeFormationReader | None:
        if value is not None and info.data.get("grants") == "documented":
            raise Wrong(
                "GATE304",
                "would add to the page's policy, and documented is that policy and nothing else; "
                'remove the block, or set grants = "least_privilege"',
            )
        return value

    @field_validator("permissions_boundary")
    @classmethod
    def _boundary_in_reach(cls, value: str | None, info: ValidationInfo) -> str | None:
        boundary_in_account(value, info.data.get("account"), "user or role")
        return value

    @classmethod
    def _by_the_page(cls, sources: tuple[Source, ...], info: ValidationInfo) -> None:
        """Raise ``ValueError`` for access points among ``sources`` that the page's policy lacks."""
        if info.data.get("grants") == "documented" and any(one.access_point for one in sources):
            raise Wrong(
                "GATE304",
                "the page's policy names buckets, and lets nobody through an access point; name "
                'the bucket, or set grants = "least_privilege"',
            )

    @field_validator(*WAYS)
    @classmethod
    def _offered(cls, value: object, info: ValidationInfo) -> object:
        if value is not None and info.field_name not in cls.profile.ways:
            raise Wrong(
                "GATE303", f"{cls.profile.title} takes no such way in; it offers {cls.offer()}"
            )
        return value

    @field_validator("assumed_by", "trusted")
    @classmethod
    def _of_the_partition(
        cls, value: AssumedBy | Trusted | None, info: ValidationInfo
    ) -> AssumedBy | Trusted | None:
        account = info.data.get("account")
        for item, arn in enumerate(value.principals if value else ()):
            partition = arn.split(":")[1] if arn.startswith("arn:") else None
            if account is not None and partition not in (None, account.arns.partition):
                raise Wrong(
                    "GATE209",
                    f"principals: {arn!r} is in partition {partition}, and no identity there can "
                    f"take a role in {account.arns.partition}",
                    ("principals", item),
                )
        return value

    @field_validator("assumed_by")
    @classmethod
    def _where_the_vendor_is(
        cls, value: AssumedBy | None, info: ValidationInfo
    ) -> AssumedBy | None:
        """Refuse a vendor whom the page has in another partition. By an id alone a page means an
        account of aws; one that the user writes means an account of the role's own partition:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
        (2026-11)."""
        account, offered = info.data.get("account"), cls.profile.assumed_by
        if value is None or value.role_name or account is None or offered is None:
            return value
        for one in offered.principals:
            theirs = "aws" if one.isdigit() else one.split(":")[1]
            if theirs == account.arns.partition:
                continue
            if not value.principals or (one.isdigit() and one in value.principals):
                at = value.principals.index(one) if value.principals else None
                raise Wrong(
                    "GATE209",
                    f"principals: {one!r} of {cls.profile.title}'s page is in partition {theirs}, "
                    f"and no identity there can take a role in {account.arns.partition}; name in "
                    "principals whom the vendor tells you for it",
                    ("principals", at) if at is not None else None,
                )
        return value

    @field_validator("assumed_by")
    @classmethod
    def _known_vendor(cls, value: AssumedBy | None) -> AssumedBy | None:
        offered = cls.profile.assumed_by
        if value is None or offered is None:
            return value
        if value.role_name is not None:
            if not offered.existing:
                raise Wrong(
                    "GATE308",
                    f"role_name: {cls.profile.title}'s page makes a role of its own; remove it",
                )
            return value
        if not value.principals and not offered.principals:
            raise Wrong(
                "GATE302",
                "principals is missing: the vendor's page does not print its account; "
                f"{cls.profile.title} tells it to you",
            )
        if value.external_id is None and offered.external_id == "required":
            raise Wrong(
                "GATE305",
                "external_id is missing: without it, whoever makes "
                f"{cls.profile.title} use this role's ARN reaches your data",
            )
        return value

    @field_validator("web_identity")
    @classmethod
    def _known_token(cls, value: WebIdentity | None) -> WebIdentity | None:
        offered = cls.profile.web_identity
        if value is None or offered is None:
            return value
        if value.subject is None and offered.subject is None:
            raise Wrong("GATE302", "subject is missing: the vendor tells whom its token is about")
        google = offered.issuer == GOOGLE
        if google and value.provider is not None:
            # With a provider made for it, Google's tokens are refused (three reports, 2026-11):
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
            raise Wrong("GATE308", "IAM knows Google without a provider; remove provider")
        if not google and value.organization_identifier is not None:
            raise Wrong(
                "GATE308", "only Google's tokens have organization_identifier; use audience"
            )
        told = value.organization_identifier if google else value.audience
        if told is None and (offered.audience == "required" or not google):
            field = "organization_identifier" if google else "audience"
            raise Wrong("GATE302", f"{field} is missing: the token is for you only with it")
        return value

    @field_validator("runs_on")
    @classmethod
    def _where_it_runs(cls, value: RunsOn | None) -> RunsOn | None:
        offered = cls.profile.runs_on
        if value and offered and value.on is not None and value.on not in offered.on:
            raise Wrong(
                "GATE303",
                f"on = {value.on!r} is not among what the page names; allowed: "
                f"{', '.join(offered.on)}, or role_name",
            )
        return value

    @field_validator("only_from")
    @classmethod
    def _where_it_can_be_told(cls, value: OnlyFrom | None, info: ValidationInfo) -> OnlyFrom | None:
        if value is None:
            return value
        if info.data.get("grants") == "documented":
            raise Wrong(
                "GATE304",
                "would add to the page's policy, and documented is that policy and nothing else; "
                'remove it, or set grants = "least_privilege"',
            )
        if info.data.get("restrict_to_vendor_ips") is not None:
            raise Wrong(
                "GATE301",
                "takes the place of restrict_to_vendor_ips; keep one of them, and name the "
                "vendor's addresses among yours where it calls from both",
            )
        if info.data.get("service") is not None:
            raise Wrong(
                "GATE341",
                f"{cls.profile.title} calls from addresses of AWS's own, which nobody lists; "
                "remove it, and name its resources in service { source_arns = [...] }",
            )
        way = info.data.get("runs_on") or info.data.get("assumed_by")
        if way is not None and way.role_name is not None:
            raise Wrong(
                "GATE341",
                f"would refuse everything that the role {way.role_name!r} does from elsewhere, not "
                "only this; remove it, and say so where the role is made",
            )
        return value

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        given = [way for way in WAYS if getattr(self, way) is not None]
        if len(given) > 1:
            raise Wrong("GATE303", f"has {len(given)} ways in: {', '.join(given)}; keep one")
        if not given:
            raise Wrong(
                "GATE303",
                f"names no way in; {self.profile.title} offers {self.offer()}: add one of these "
                "blocks",
            )
        return self

    @model_validator(mode="after")
    def _connectors_let_it_in(self) -> Self:
        for catalog in self.catalogs:
            lets_in(catalog, self.identity_arn)
        return self

    @model_validator(mode="after")
    def _bound_where_it_is_made(self) -> Self:
        if self.existing_role is not None and self.permissions_boundary is not None:
            raise Wrong(
                "GATE301",
                f"permissions_boundary has no effect on the role {self.existing_role!r}, which is "
                "not made here; remove it, and bound the role where it is made",
            )
        return self

    @model_validator(mode="after")
    def _able_to_end(self) -> Self:
        page = self.profile.page
        named = {"full_access": page.managed, "documented": page.attached}.get(self.grants)
        if self.until and self.existing_role is not None and named:
            raise Wrong(
                "GATE227",
                f"until: no date goes into {' and '.join(named)}, and a Deny would take the role "
                f"{self.existing_role!r} everything else it may; remove until, or grant "
                "least_privilege",
            )
        lake, role = self.lake_formation, self.existing_role
        if self.until and role is not None and lake is not None and lake.grants:
            raise Wrong(
                "GATE227",
                f"until: grants of Lake Formation have no date, and the role {role!r} would keep "
                "them, for whatever else lets it query; remove until, or set grants = false in "
                "lake_formation and have them taken back that day",
            )
        return self

    @model_validator(mode="after")
    def _adopts_what_it_makes(self) -> Self:
        if self.adopted is None:
            return self
        asked = self.adopted.model_dump()
        makes = self.adoptable
        for name, value in asked.items():
            if value and name not in makes:
                raise Wrong(
                    "GATE350",
                    f"adopted: this block makes no {name} of its own; allowed: "
                    f"{', '.join(makes) or 'nothing, so remove the block'}",
                )
        if self.adopted.workgroup == PRIMARY:
            raise Wrong(
                "GATE350",
                f"adopted: the workgroup {PRIMARY!r} is everybody's in the account, and its limits "
                "would be; leave workgroup out, and one is made",
            )
        return self

    @classmethod
    def offer(cls) -> str:
        """Return the ways in that the vendor offers, as blocks."""
        return ", ".join(f"{way} {{}}" for way in cls.profile.ways)

    @classmethod
    def unused(cls) -> set[str]:
        """Return the fields that the class and the profile leave no use for."""
        profile: Profile | None = getattr(cls, "profile", None)
        found = set() if cls.takes_catalogs else {"catalogs"}
        if profile is None:
            return found
        found |= {way for way in WAYS if way not in profile.ways}
        if not profile.addresses:
            found.add("restrict_to_vendor_ips")
        if "results" in profile.itself or "fetch_results" in profile.bundles:
            found.add("reads_results_directly")
        if "query_history" not in profile.bundles:
            found.add("workgroups")
        if profile.cls == "metadata" and not profile.reads_files:
            found.add("sources")
        if "all_databases" in profile.bundles:
            found.add("list_all_databases")
        return found

    @classmethod
    def named(cls, name: str) -> str:
        """Return what the things of a block called ``name`` are called."""
        return f"{cls.kind.replace('_', '-')}-{name}"

    @property
    def vendor_name(self) -> str:
        """Return the vendor as it writes itself."""
        return self.profile.title

    @property
    def resource_name(self) -> str:
        """Return the name of what is made: the policy and, unless they are adopted, the user or
        role and the workgroup."""
        return self.named(self.name)

    @property
    def identity_name(self) -> str:
        """Return the name of the user or role."""
        kept = self.adopted and (self.adopted.user or self.adopted.role)
        return kept or self.resource_name

    @property
    def own_workgroup(self) -> str:
        """Return the name of the vendor's own workgroup, where the block makes or adopts one."""
        return (self.adopted and self.adopted.workgroup) or self.resource_name

    @property
    def adopts_bucket(self) -> bool:
        """Return whether the bucket was made by hand."""
        return self.adopted is not None and self.adopted.bucket

    @property
    def adoptable(self) -> tuple[str, ...]:
        """Return which fields of ``adopted`` name something that the block would make."""
        if self.keys is not None:
            return ("user",)
        return ("role",) if self.makes_role else ()

    @property
    def way(self) -> str:
        """Return the name of the way in."""
        return next(way for way in WAYS if getattr(self, way) is not None)

    @property
    def restricted_to_vendor_ips(self) -> bool:
        """Return whether direct calls with the keys are tied to the vendor's addresses."""
        if self.keys is None or not self.profile.addresses or self.only_from is not None:
            return False
        if self.restrict_to_vendor_ips is None:
            return self.grants != "documented"
        return self.restrict_to_vendor_ips

    @property
    def makes_role(self) -> bool:
        """Return whether a role is made."""
        return self.keys is None and self.existing_role is None

    @property
    def existing_role(self) -> str | None:
        """Return the name of the role that the policy is attached to, where none is made."""
        way = self.runs_on or self.assumed_by
        return way.role_name if way else None

    @property
    def identity_arn(self) -> str:
        """Return the ARN of the user or role that the vendor acts as; that of a role which is not
        made here without the path it may have."""
        arns, name = self.account.arns, self.identity_name
        if self.keys is not None:
            return f"arn:{arns.partition}:iam::{arns.account}:user{self.path}{name}"
        if self.existing_role is not None:
            return arns.role(self.existing_role)
        return arns.role(name, self.path)

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
        return ()

    @property
    def owners(self) -> dict[str, str]:
        """Return the ids of the accounts whose buckets this block uses, by bucket, where they are
        not the block's own."""
        return {}

    @property
    def made_names(self) -> tuple[str, ...]:
        """Return what no other block may make or adopt, beside buckets, in words."""
        identity = "user" if self.keys is not None else "role" if self.makes_role else None
        found = [self.account.has(identity, self.identity_name)] if identity else []
        if (workgroup := getattr(self, "workgroup", None)) and workgroup.create:
            found.append(self.account.has("workgroup", self.own_workgroup, regional=True))
        return tuple(found)

    @property
    def provider(self) -> str | None:
        """Return the ARN of the OIDC provider whose tokens open the role, if there is one; Google
        has none."""
        if self.runs_on is not None:
            return self.runs_on.provider
        if self.web_identity is None or self.issuer == GOOGLE:
            return None
        arns = self.account.arns
        made = f"arn:{arns.partition}:iam::{arns.account}:oidc-provider/{self.issuer}"
        return self.web_identity.provider or made

    @property
    def issuer(self) -> str:
        """Return the host (and path) of the identity provider whose tokens open the role."""
        if self.runs_on is not None and self.runs_on.provider is not None:
            return self.runs_on.provider.partition(":oidc-provider/")[2]
        return self.profile.web_identity.issuer if self.profile.web_identity else ""

    @property
    def existing(self) -> tuple[Existing, ...]:
        """Return what this block names and somebody else must have made."""
        role = self.existing_role
        trusted = self.trusted.principals if self.trusted else ()
        return (
            *((Existing.of(self.account, self.account.arns.role(role)),) if role else ()),
            *(Existing.of(self.account, arn) for arn in trusted),
            *existing_boundary(self.account, self.permissions_boundary),
        )


class Reads(Access):
    """What a block accepts that reads tables."""

    databases: Databases = Field(
        (), validate_default=True, description="The Glue databases that may be queried."
    )
    sources: Sources = Field(
        (), validate_default=True, description="The buckets the tables lie in."
    )
    list_all_databases: bool = Field(
        False,
        description="`true` lets it list all databases of the account, as `SHOW DATABASES` does; "
        "their tables stay closed.",
    )

    @field_validator("databases")
    @classmethod
    def _databases_to_scope(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        elsewhere = info.data.get("catalogs", True)
        if not value and not elsewhere and info.data.get("grants") == "least_privilege":
            raise Wrong("GATE302", 'name at least one database, as in databases = ["sales"]')
        return value

    @field_validator("sources")
    @classmethod
    def _sources_fit(cls, value: tuple[Source, ...], info: ValidationInfo) -> tuple[Source, ...]:
        source_keys_in_reach(value, info.data.get("account"))
        sources_can_be_read(value, info.data.get("account"))
        cls._by_the_page(value, info)
        return value

    @field_validator("list_all_databases")
    @classmethod
    def _lists_more(cls, value: bool, info: ValidationInfo) -> bool:
        if value and "all_databases" in cls.profile.bundles:
            raise Wrong("GATE301", f"{cls.profile.title} does so in any case; remove the field")
        if value and info.data.get("grants", "least_privilege") != "least_privilege":
            raise Wrong(
                "GATE301", f"{info.data['grants']} says what may be listed; remove the field"
            )
        return value

    @model_validator(mode="after")
    def _lake_formation_fits(self) -> Self:
        lake_formation_fits(self.lake_formation, self.databases)
        return self

    @property
    def owners(self) -> dict[str, str]:
        """Return whose the buckets are that are not the block's account's."""
        return owned_elsewhere(self.account, ((s.bucket, s.owner) for s in self.sources))

    @property
    def locations(self) -> tuple[str, ...]:
        """Return where the tables lie, as ``bucket/prefix``."""
        return source_locations(self.sources)

    @property
    def source_keys(self) -> tuple[str, ...]:
        """Return the ARNs of the KMS keys of the sources."""
        return source_keys(self.sources)

    @property
    def existing(self) -> tuple[Existing, ...]:
        """Return what this block names and somebody else must have made."""
        return (*super().existing, *existing_sources(self.account, self.sources))


class QueryAccess(Reads):
    """The block of a vendor that queries."""

    takes_catalogs: ClassVar[bool] = True

    lake_formation: Annotated[LakeFormation | None, Block("lake_formation")] = Field(
        None, description="Where Lake Formation governs the tables: what it grants."
    )
    reads_results_directly: bool = Field(
        False,
        description="`true` when the client fetches result files from S3 itself, not through "
        "Athena.",
    )
    workgroup: Annotated[Workgroup, Block("workgroup")] = Field(
        Workgroup(), description="The workgroup made for the vendor, or one that exists."
    )
    results: Annotated[Results, Block("results")] = Field(
        Results(), validate_default=True, description="Where query results go."
    )

    @field_validator("sources")
    @classmethod
    def _data_somewhere(cls, value: tuple[Source, ...], info: ValidationInfo) -> tuple[Source, ...]:
        in_buckets = info.data.get("databases", True) or any(
            catalog.kind == "glue" and not catalog.lake_formation
            for catalog in info.data.get("catalogs", ())
        )
        if not value and in_buckets and info.data.get("lake_formation", True) is None:
            raise Wrong(
                "GATE302",
                'name at least one bucket, as in source "acme-lake" {}, or set lake_formation',
            )
        return value

    @field_validator("workgroup")
    @classmethod
    def _alarm_fits(cls, value: Workgroup, info: ValidationInfo) -> Workgroup:
        alarm_fits(value.alarm, info.data.get("account"))
        return value

    @field_validator("results")
    @classmethod
    def _results_fit(cls, value: Results, info: ValidationInfo) -> Results:
        account, name = info.data.get("account"), info.data.get("name")
        key_in_reach(value.kms_key, account, (value.owner, value.kms_key_owner))
        workgroup_key_fits(value.kms_key, account, info.data.get("workgroup"))
        if value.managed:
            cls._can_be_managed(info)
            return value
        if value.bucket is not None:
            one_owner(value.bucket, value.owner, info.data.get("sources", ()), account)
        if value.bucket is None and account is not None and name is not None:
            derived = cls.bucket_for(name, account)
            if len(derived) > _BUCKET_NAME_LIMIT:
                raise Wrong(
                    "GATE210",
                    f"the bucket would be called {derived!r}, {len(derived)} characters; S3 takes "
                    f"{_BUCKET_NAME_LIMIT}: set results {{ bucket = ... }}",
                )
        wanted, theirs = cls.profile.results.prefix, info.data.get("grants") == "documented"
        if theirs and value.bucket is not None and not value.bucket.startswith(wanted):
            raise Wrong(
                "GATE308",
                f"the policy of {cls.profile.title}'s page lets results into buckets called "
                f"{wanted}* only; name such a bucket, or leave the name out",
            )
        # Terraform would find out in the middle of an apply.
        if value.create and value.bucket in [s.bucket for s in info.data.get("sources", ())]:
            raise Wrong(
                "GATE306",
                f"the bucket {value.bucket!r} is a source, so it exists already; name another, or "
                "set create = false",
            )
        return value

    @classmethod
    def _can_be_managed(cls, info: ValidationInfo) -> None:
        """Raise ``ValueError`` unless results can stay in Athena."""
        managed_where_set(info.data.get("workgroup"))
        if info.data.get("grants") == "documented":
            raise Wrong(
                "GATE304",
                "managed: the page's policy writes results to a bucket, which documented is; "
                'remove it, or set grants = "least_privilege"',
                ("managed",),
            )
        texts = " ".join((*cls.profile.fields.values(), *cls.profile.todo))
        itself = "results" in cls.profile.itself or info.data.get("reads_results_directly")
        if itself or "{results_" in texts or _RESULTS_FILES & {*cls.profile.bundles}:
            raise Wrong(
                "GATE343",
                f"managed: {cls.profile.title} looks for results in a bucket itself, and Athena "
                "shows nobody where it keeps them; remove it",
                ("managed",),
            )

    @classmethod
    def bucket_for(cls, name: str, account: Account) -> str:
        """Return how the results bucket of a block called ``name`` is called by itself."""
        prefix = cls.profile.results.prefix
        if not prefix:
            return f"{cls.named(name)}-results-{account.id}"
        # A prefix leaves few characters, and some leave none for the vendor.
        whole = f"{prefix}{cls.named(name)}-{account.id}"
        return whole if len(whole) <= _BUCKET_NAME_LIMIT else f"{prefix}{name}-{account.id}"

    @field_validator("reads_results_directly")
    @classmethod
    def _not_known_yet(cls, value: bool) -> bool:
        if value and ("results" in cls.profile.itself or "fetch_results" in cls.profile.bundles):
            raise Wrong("GATE301", f"{cls.profile.title} does so in any case; remove the field")
        return value

    @property
    def adoptable(self) -> tuple[str, ...]:
        """Return which fields of ``adopted`` name something that the block would make."""
        named = self.results.create and self.results.bucket
        made = self.workgroup is None or self.workgroup.create
        return (
            *super().adoptable,
            *(["workgroup"] if made else []),
            *(["bucket"] if named else []),
        )

    @property
    def fetches_results(self) -> bool:
        """Return whether the vendor is let at result files in S3 beside what Athena does."""
        return self.reads_results_directly or "fetch_results" in self.profile.bundles

    @property
    def results_bucket(self) -> str:
        """Return the name of the bucket results go to."""
        return self.results.bucket or self.bucket_for(self.name, self.account)

    @property
    def results_path(self) -> str:
        """Return the prefix results are written under, ending in a slash."""
        return self.results.path or f"{self.resource_name}/"

    @property
    def results_location(self) -> str | None:
        """Return where Athena writes results, as an S3 URI; nowhere where it keeps them itself."""
        return None if self.results.managed else f"s3://{self.results_bucket}/{self.results_path}"

    @property
    def workgroup_name(self) -> str:
        """Return the workgroup that the vendor's queries run in."""
        return self.workgroup.name or self.own_workgroup

    @property
    def watched(self) -> Watched | None:
        """Return what tells when its queries scan too much, if anything does."""
        return watched(self.account, self.resource_name, self.workgroup_name, self.workgroup)

    @property
    def made_buckets(self) -> tuple[str, ...]:
        """Return the names of the buckets this block makes."""
        made = self.results.create and not self.results.managed
        return (self.results_bucket,) if made else ()

    @property
    def owners(self) -> dict[str, str]:
        """Return whose the buckets are that are not the block's account's."""
        results = (self.results_bucket, self.results.owner)
        return {**super().owners, **owned_elsewhere(self.account, (results,))}

    @property
    def existing(self) -> tuple[Existing, ...]:
        """Return what this block names and somebody else must have made."""
        bucket = () if self.results.create else (self.results_bucket,)
        return (
            *super().existing,
            *existing_buckets(self.account, bucket, self.results.owner),
            *existing_workgroup(self.account, self.workgroup),
        )


class MetadataAccess(Reads):
    """The block of a vendor that reads the catalog, and metadata of Iceberg tables."""

    lake_formation: Annotated[LakeFormationMetadata | None, Block("lake_formation")] = Field(
        None, description="Where Lake Formation governs the tables: what it grants."
    )
    workgroups: Annotated[List[str], unique()] = Field(
        (), description="The workgroups whose query history may be read."
    )

    @field_validator("sources")
    @classmethod
    def _files_are_read(cls, value: tuple[Source, ...]) -> tuple[Source, ...]:
        if value and not cls.profile.reads_files:
            raise Wrong("GATE308", f"{cls.profile.title} reads no files of tables; remove source")
        return value

    @field_validator("workgroups")
    @classmethod
    def _history_is_read(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value and "query_history" not in cls.profile.bundles:
            raise Wrong("GATE308", f"{cls.profile.title} reads no query history; remove the field")
        return value


class TablesAccess(Access):
    """The block of a vendor that writes tables: a bucket, and a database of its own in it."""

    lake_formation: Annotated[LakeFormationWriter | None, Block("lake_formation")] = Field(
        None, description="Where Lake Formation governs the tables: what it grants."
    )
    bucket: BucketName = Field(description="The destination bucket's name.")
    create_bucket: bool = Field(
        True,
        description="`false` uses a bucket that exists, in the account's region, and leaves its "
        "configuration alone.",
    )
    bucket_owner: Owner | None = Field(
        None,
        description="With `create_bucket = false`: whose the bucket is, when not the block's "
        "account; the name of an `account`, or 12 digits.",
    )
    kms_key_owner: Owner | None = Field(
        None,
        description="Whose `kms_key` is, when neither the block's account nor `bucket_owner`.",
    )
    kms_key: KmsKeyArn | None = Field(
        None,
        description="The KMS key the bucket's objects are encrypted with, instead of S3's own.",
    )
    schema: GlueName = Field(  # type: ignore[assignment]
        description="The Glue database of the vendor's tables, and their folder in the bucket; "
        "the vendor makes both."
    )
    databases: Databases = Field(
        (), description="Further Glue databases, which the vendor only reads."
    )
    sources: Sources = Field((), description="The buckets that those databases' tables lie in.")
    results_folder: GlueName | None = Field(
        None,
        description="The folder that query results go to, as `FOLDER/athena_output/`; by default "
        "the schema's.",
    )
    results_expire_after_days: int | None = Field(
        None,
        ge=1,
        le=3650,
        description="Days until query results are deleted, never by default; tables never expire.",
    )
    workgroup: Annotated[Workgroup | None, Block("workgroup")] = Field(
        None,
        description="A workgroup made for the vendor, even when empty, or one that exists; without "
        "it, `primary`.",
    )

    @field_validator("workgroup")
    @classmethod
    def _alarm_fits(cls, value: Workgroup | None, info: ValidationInfo) -> Workgroup | None:
        account = info.data.get("account")
        workgroup_key_fits(info.data.get("kms_key"), account, value)
        alarm_fits(value.alarm if value else None, account)
        return value

    @field_validator("bucket_owner")
    @classmethod
    def _of_one_that_exists(cls, value: str | None, info: ValidationInfo) -> str | None:
        made = info.data.get("create_bucket", False)
        return owner_of_existing(value, made, "create_bucket = false")

    @field_validator("kms_key")
    @classmethod
    def _key_in_reach(cls, value: str | None, info: ValidationInfo) -> str | None:
        owners = (info.data.get("bucket_owner"), info.data.get("kms_key_owner"))
        remedy = (
            "where that is meant, say so: bucket_owner for the bucket and its key, kms_key_owner "
            "for the key alone"
        )
        key_in_reach(value, info.data.get("account"), owners, within=(), remedy=remedy)
        return value

    @field_validator("schema")
    @classmethod
    def _schema_of_its_own(cls, value: str) -> str:
        if value == "default":
            raise Wrong(
                "GATE305",
                "'default' is the database that Athena falls back to for everyone in the account, "
                "and the vendor may change and delete every table of its schema; allowed: a "
                f'schema of its own, as in schema = "{cls.kind}"',
            )
        return value

    @field_validator("databases")
    @classmethod
    def _read_only_ones(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("schema") in value:
            raise Wrong(
                "GATE306", "the schema is written; databases are the ones that are only read"
            )
        return value

    @field_validator("sources")
    @classmethod
    def _sources_fit(cls, value: tuple[Source, ...], info: ValidationInfo) -> tuple[Source, ...]:
        source_keys_in_reach(value, info.data.get("account"))
        sources_can_be_read(value, info.data.get("account"))
        cls._by_the_page(value, info)
        if info.data.get("bucket") in [source.bucket for source in value]:
            raise Wrong("GATE306", "the destination bucket is written; sources are only read")
        return value

    @field_validator("results_expire_after_days")
    @classmethod
    def _nothing_but_results_expires(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is None:
            return value
        if not info.data.get("create_bucket", True):
            raise Wrong(
                "GATE301",
                "the bucket exists already and keeps its own lifecycle; remove this field, or "
                "create_bucket = false",
            )
        if {"schema", "results_folder"} - info.data.keys():
            return value
        schema = info.data["schema"]
        if info.data["results_folder"] in (None, schema):
            raise Wrong(
                "GATE306",
                "query results would lie in the folder of the tables, which must not expire; name "
                f'another one, as in results_folder = "{schema}_results"',
            )
        return value

    @model_validator(mode="after")
    def _lake_formation_fits(self) -> Self:
        made = self.bucket if self.create_bucket else None
        lake_formation_fits(self.lake_formation, self.databases, (self.schema,), made)
        return self

    @property
    def adoptable(self) -> tuple[str, ...]:
        """Return which fields of ``adopted`` name something that the block would make."""
        return (
            *super().adoptable,
            *(["workgroup"] if self.workgroup and self.workgroup.create else []),
            *(["bucket"] if self.create_bucket else []),
        )

    @property
    def workgroup_name(self) -> str:
        """Return the workgroup that the vendor's queries run in."""
        return (self.workgroup.name or self.own_workgroup) if self.workgroup else PRIMARY

    @property
    def watched(self) -> Watched | None:
        """Return what tells when its queries scan too much, if anything does."""
        return watched(self.account, self.resource_name, self.workgroup_name, self.workgroup)

    @property
    def results_prefix(self) -> str:
        """Return the prefix that query results are written under."""
        return f"{self.results_folder or self.schema}/athena_output/"

    @property
    def locations(self) -> tuple[str, ...]:
        """Return where the tables lie that are only read, as ``bucket/prefix``."""
        return source_locations(self.sources)

    @property
    def source_keys(self) -> tuple[str, ...]:
        """Return the ARNs of the KMS keys of the sources."""
        return source_keys(self.sources)

    @property
    def made_buckets(self) -> tuple[str, ...]:
        """Return the names of the buckets this block makes."""
        return (self.bucket,) if self.create_bucket else ()

    @property
    def owners(self) -> dict[str, str]:
        """Return whose the buckets are that are not the block's account's."""
        buckets = [(source.bucket, source.owner) for source in self.sources]
        return owned_elsewhere(self.account, [*buckets, (self.bucket, self.bucket_owner)])

    @property
    def existing(self) -> tuple[Existing, ...]:
        """Return what this block names and somebody else must have made."""
        bucket = () if self.create_bucket else (self.bucket,)
        return (
            *super().existing,
            *existing_buckets(self.account, bucket, self.bucket_owner),
            *existing_sources(self.account, self.sources),
            *existing_workgroup(self.account, self.workgroup),
        )


CLASSES: dict[str, type[Access]] = {
    "query": QueryAccess,
    "metadata": MetadataAccess,
    "tables": TablesAccess,
}


def block_of(kind: str, profile: Profile, folder: Path) -> type[Access]:
    """Return the settings of the block ``kind`` of the vendor that ``profile``, which lies in
    ``folder``, describes."""
    base = CLASSES[profile.cls]
    name = f"{''.join(part.title() for part in kind.split('_'))}Access"
    return type(
        name,
        (base,),
        {"__module__": __name__, "kind": kind, "profile": profile, "folder": folder},
    )
