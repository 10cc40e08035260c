"""What the ``dynamodb_connector`` block accepts."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from athena_gate.modules.accept import ACCEPTS, Accepts
from athena_gate.modules.account import (
    Account,
    AccountReference,
    boundary_in_account,
    key_in_reach,
)
from athena_gate.modules.athena.catalogs.settings import Connector
from athena_gate.modules.athena.settings import (
    Results,
    Workgroup,
    managed_where_set,
    owned_elsewhere,
    workgroup_key_fits,
)
from athena_gate.modules.existing import Existing, existing_boundary, existing_buckets
from athena_gate.modules.fields import (
    Block,
    BlockName,
    BucketName,
    IamPath,
    KmsKeyArn,
    List,
    PolicyArn,
    Prefix,
    RoleArn,
    Settings,
    counted,
    pattern,
    unique,
)
from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.arn import account_of
from athena_gate.modules.until import UNTIL, Until

T = TypeVar("T")

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11)
_ROLE_NAME_LIMIT = 64
_BUCKET_NAME_LIMIT = 63

# Of 2026-08-20, the newest at https://github.com/awslabs/aws-athena-query-federation/releases
# (read 2026-11).
DEFAULT_RELEASE = "2026.33.1"

# AWS's own paths: IAM answers UnmodifiableEntity to whoever attaches a policy to such a role.
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html (2026-11)
_AWS_OWNED_PATHS = ("aws-reserved/", "aws-service-role/")


def _table(value: str, info: ValidationInfo) -> str:
    if value.startswith("arn:"):
        _, _, service, region, account, resource = (value.split(":", 5) + [""] * 6)[:6]
        owner = info.data.get("owner")
        if owner is not None and region and region != owner.region:
            raise Wrong(
                "GATE209",
                f"{value!r} is in {region}; the connector reads tables of its own region only, "
                f"{owner.region}",
            )
        if owner is not None and account and account != owner.id:
            raise Wrong(
                "GATE209",
                f"{value!r} is in account {account}; the connector reads tables of its own account "
                f"only, {owner.id}",
            )
        if service == "dynamodb" and resource.startswith("table/"):
            name = resource.split("/")[1]
            raise Wrong("GATE212", f'{value!r} is an ARN; write the table\'s name alone: "{name}"')
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    # (2026-11). A wildcard would open every table it matches.
    if not re.fullmatch(r"[A-Za-z0-9_.-]{3,255}", value):
        raise Wrong(
            "GATE212",
            f"{value!r} is not a table's name; allowed: 3 to 255 letters, digits, dots, hyphens "
            "and underscores; no wildcards",
        )
    return value


TableName = Annotated[str, AfterValidator(_table)]


def role_name(arn: str) -> str:
    """Return the name of the role with this ARN, without its path."""
    return arn.rsplit("/", 1)[1]


def role_id(arn: str) -> str:
    """Return the role's name as construct ids and Lambda's statement ids can hold it.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html (2026-11): letters,
    digits, hyphens and underscores, 100 at most.
    """
    return re.sub(r"[^A-Za-z0-9_-]", "-", role_name(arn))


def _reader(value: str, info: ValidationInfo) -> str:
    consumer = info.data.get("consumer")
    _, partition, _, _, account, _ = value.split(":", 5)
    if consumer is not None and account != consumer.id:
        raise Wrong(
            "GATE209",
            f"{value!r} is in account {account}; allowed: roles of the consumer, {consumer.id}",
        )
    if consumer is not None and partition != consumer.arns.partition:
        raise Wrong(
            "GATE209",
            f"{value!r} is in partition {partition}, the consumer in {consumer.arns.partition}",
        )
    return value


Reader = Annotated[RoleArn, AfterValidator(_reader)]

# What the application takes as AthenaCatalogName, which becomes the function's name: narrower
# than Lambda (no capitals) and than Athena (no "@").
# https://github.com/awslabs/aws-athena-query-federation/blob/v2026.33.1/athena-dynamodb/athena-dynamodb.yaml
ConnectorName = Annotated[
    str,
    pattern(
        r"[a-z0-9_-]{1,64}",
        "1 to 64 lower-case letters, digits, hyphens and underscores, which both Athena and "
        "Lambda take as a name",
    ),
]

# Releases before 2024-08 list all buckets of the account to see whose the spill bucket is, which
# our role does not grant: https://github.com/awslabs/aws-athena-query-federation/pull/2131
Release = Annotated[
    str,
    pattern(
        r"20(2[5-9]|[3-9][0-9])\.[0-9]{1,2}\.[0-9]{1,3}",
        f'a release of the connector from 2025 on, as in "{DEFAULT_RELEASE}"',
    ),
]

# https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html (2026-11)
ImageUri = Annotated[
    str,
    pattern(
        r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.(com(\.cn)?|eu)/[a-z0-9._/-]{2,256}"
        r"(:[\w.-]{1,128}|@sha256:[0-9a-f]{64})",
        "an image in Amazon ECR with a tag or digest, as in "
        '"111122223333.dkr.ecr.eu-central-1.amazonaws.com/connector:2026.33.1"',
    ),
]

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html (2026-11)
OrganizationId = Annotated[
    str, pattern(r"o-[a-z0-9]{10,32}", 'the id of an organization, as in "o-a1b2c3d4e5"')
]


class Spill(Settings):
    """Where the connector puts what does not fit into a response of Lambda (6 MB)."""

    bucket: BucketName | None = Field(
        None, description="The bucket's name; by default derived from the block and the account."
    )
    prefix: Prefix = Field("athena-spill/", description="The prefix data is spilled under.")
    create_kms_key: bool = Field(
        False,
        description="`true` encrypts the bucket with a KMS key made for it, which the readers may "
        "use; otherwise S3's own encryption.",
    )
    encryption: bool = Field(
        True,
        description="The connector encrypts what it spills with a key of its own per query; "
        "`false` only with `create_kms_key`.",
    )

    @field_validator("encryption")
    @classmethod
    def _encrypted_at_all(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and not info.data.get("create_kms_key", True):
            raise Wrong(
                "GATE305",
                "false lets everyone who may read the bucket read the tables' rows; allowed: true, "
                "or create_kms_key = true",
            )
        return value


class TableKey(Settings):
    """A table that is encrypted with a key of yours, not with one of DynamoDB's own."""

    name: str = Field(description="The table, as in `tables`.")
    kms_key: KmsKeyArn = Field(description="The KMS key the table is encrypted with.")


SubnetId = Annotated[
    str, pattern(r"subnet-[0-9a-f]{8,17}", 'the id of a subnet, as in "subnet-0a1b2c3d4e5f67890"')
]
SecurityGroupId = Annotated[
    str,
    pattern(r"sg-[0-9a-f]{8,17}", 'the id of a security group, as in "sg-0a1b2c3d4e5f67890"'),
]


class Vpc(Settings):
    """The network that the function works in, where tables are reached by an endpoint only."""

    # https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html (2026-11)
    subnets: Annotated[List[SubnetId], unique(), counted(1, 16)] = Field(
        description="Subnets of the owner, one in each zone at best."
    )
    security_groups: Annotated[List[SecurityGroupId], unique(), counted(1, 5)] = Field(
        description="The security groups of the function's network interfaces."
    )


@dataclass(frozen=True, slots=True)
class QueryPlace:
    """Where queries of one account run, and their results go."""

    account: Account
    resource_name: str
    results: Results

    @property
    def results_bucket(self) -> str:
        """Return the name of the bucket results go to."""
        return self.results.bucket or f"{self.resource_name}-results-{self.account.id}"

    @property
    def owners(self) -> dict[str, str]:
        """Return whose the bucket is, by its name, when not the account's."""
        return owned_elsewhere(self.account, ((self.results_bucket, self.results.owner),))

    @property
    def results_path(self) -> str:
        """Return the prefix results are written under, ending in a slash."""
        return self.results.path or f"{self.resource_name}/"

    @property
    def results_location(self) -> str:
        """Return where Athena writes results, as an S3 URI."""
        return f"s3://{self.results_bucket}/{self.results_path}"


class DynamodbConnectorSettings(Settings):
    """A ``dynamodb_connector`` block: a connector in one account, queried from another."""

    name: BlockName = Field(
        description="Distinguishes this block from other `dynamodb_connector` blocks."
    )
    owner: AccountReference = Field(
        description="Account A: the tables, the connector's function, the spill bucket."
    )
    consumer: AccountReference = Field(
        description="Account B: the readers and their catalog; may be the owner's own account."
    )
    grants: Literal["least_privilege", "documented"] = Field(
        "least_privilege",
        description="What the owner opens to the consumer: the readers alone, or as the guide has "
        "it, the whole account (`documented`).",
    )
    tables: Annotated[List[TableName], unique(str.lower), Field(min_length=1)] = Field(
        description="The DynamoDB tables, by name, that the connector may read with their indexes."
    )
    # Each gets a statement in the function's policy, which may have 20 KB:
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (2026-11).
    readers: Annotated[List[Reader], unique(role_id), counted(0, 40)] = Field(
        (),
        validate_default=True,
        description="The consumer's roles that query; needed unless `grants` is `documented`.",
    )
    attach_policy: bool = Field(
        True,
        description="Attaches the readers' policy to them; with `false`, and without readers, it "
        "is left for you to attach.",
    )
    permissions_boundary: PolicyArn | None = Field(
        None,
        description="A managed policy of the owner's that bounds what the connector's role can be "
        "granted, also the role that the application makes.",
    )
    path: IamPath = Field(
        "/",
        description="The IAM path of the connector's role and of all policies; not of the Share "
        "button's role, whose ARN the console makes up, nor of the application's role.",
    )
    organization_id: OrganizationId | None = Field(
        None, description="Only callers of this organization, whatever becomes of the account."
    )
    console_sharing: bool = Field(
        False,
        description="Makes the guide's role and leaves the consumer's catalog to the Share button "
        "of the owner's console.",
    )
    catalog: ConnectorName | None = Field(
        None,
        description="The name of the catalog, in both accounts, and of the function; by default "
        "derived from the block, with underscores, so that SQL needs no quotes.",
    )
    deployment: Literal["image", "application"] = Field(
        "image",
        validate_default=True,
        description="`image`, a function with a role limited to the tables, or `application`, "
        "AWS's serverless application with a role of its own that reads every table.",
    )
    release: Release = Field(DEFAULT_RELEASE, description="The release of the connector.")
    image: ImageUri | None = Field(
        None,
        validate_default=True,
        description="A copy of the connector's image in ECR of the owner's region, instead of "
        "AWS's own; needed outside the partition aws.",
    )
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (2026-11)
    memory: int = Field(
        3008, ge=128, le=10240, description="Memory of the function in MB; new accounts get 3,008."
    )
    timeout: int = Field(
        900, ge=1, le=900, description="Seconds one call of the function may take."
    )
    table_keys: Annotated[
        List[TableKey], unique(lambda table: str(table.name)), Block("table", "name")
    ] = Field((), description="Those of `tables` that are encrypted with a key of yours.")
    vpc: Annotated[Vpc | None, Block("vpc")] = Field(
        None, description="Has the function work in a VPC of the owner's."
    )
    spill: Annotated[Spill, Block("spill")] = Field(
        Spill(), validate_default=True, description="The spill bucket."
    )
    workgroup: Annotated[Workgroup, Block("workgroup")] = Field(
        Workgroup(), description="The limits of the workgroup made in each account."
    )
    owner_results: Annotated[Results, Block("owner_results")] = Field(
        Results(), validate_default=True, description="Where results of the owner's queries go."
    )
    consumer_results: Annotated[Results | None, Block("consumer_results")] = Field(
        None, validate_default=True, description="Where results of the consumer's queries go."
    )

    until: Until = UNTIL

    accept: Accepts = ACCEPTS

    @field_validator("name")
    @classmethod
    def _short_enough(cls, value: str) -> str:
        if len(role := _resource_name(value)) > _ROLE_NAME_LIMIT:
            raise Wrong(
                "GATE210",
                f"the connector's role would be called {role!r}, {len(role)} characters; IAM takes "
                f"{_ROLE_NAME_LIMIT}",
            )
        return value

    @field_validator("consumer")
    @classmethod
    def _within_reach(cls, value: Account, info: ValidationInfo) -> Account:
        # https://docs.aws.amazon.com/athena/latest/ug/xacct-fed-query-enable.html (2026-11):
        # "Using federated queries across AWS Regions is not supported."
        owner = info.data.get("owner")
        if owner is None:
            return value
        if value.region != owner.region:
            raise Wrong(
                "GATE209",
                f"account {value.name!r} is in {value.region}, the owner {owner.name!r} in "
                f"{owner.region}; a connector can be shared within one region only",
            )
        if value.id != owner.id and not any(
            account.assume_role or account.hcp_credentials for account in (value, owner)
        ):
            raise Wrong(
                "GATE406",
                f"neither account {value.name!r} nor {owner.name!r} has an assume_role, and one "
                "set of credentials works in one account; give one of the two an assume_role, or "
                "hcp_credentials",
            )
        return value

    @field_validator("readers")
    @classmethod
    def _somebody_reads(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not value and _shared(info) and info.data.get("grants") == "least_privilege":
            raise Wrong(
                "GATE302",
                "name at least one role of the consumer, as in readers = "
                f'["{info.data["consumer"].arns.role("analyst")}"]',
            )
        return value

    @field_validator("attach_policy")
    @classmethod
    def _attachable(cls, value: bool, info: ValidationInfo) -> bool:
        for reader in info.data.get("readers", ()):
            path = reader.partition(":role/")[2]
            if value and path.startswith(_AWS_OWNED_PATHS):
                raise Wrong(
                    "GATE307",
                    f"{reader!r} is a role that AWS manages, to which no policy can be attached; "
                    "set attach_policy = false and put the policy into its permission set",
                )
        return value

    @field_validator("permissions_boundary")
    @classmethod
    def _boundary_in_reach(cls, value: str | None, info: ValidationInfo) -> str | None:
        boundary_in_account(value, info.data.get("owner"), "connector's role")
        return value

    @field_validator("organization_id")
    @classmethod
    def _something_to_narrow(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("grants") == "documented":
            raise Wrong(
                "GATE304",
                "would change the guide's grants, and documented is these and nothing else; "
                'remove it, or set grants = "least_privilege"',
            )
        if value is not None and _same_account(info):
            raise Wrong(
                "GATE301", "owner and consumer are one account, nothing is shared; remove it"
            )
        return value

    @field_validator("console_sharing")
    @classmethod
    def _somebody_to_share_with(cls, value: bool, info: ValidationInfo) -> bool:
        if value and _same_account(info):
            raise Wrong(
                "GATE301", "owner and consumer are one account, nothing is shared; remove it"
            )
        return value

    @field_validator("deployment")
    @classmethod
    def _published_there(cls, value: str, info: ValidationInfo) -> str:
        owner = info.data.get("owner")
        if value == "application" and owner is not None and owner.arns.partition != "aws":
            raise Wrong(
                "GATE307",
                "AWS publishes the application in the partition aws, and the owner is in "
                f'{owner.arns.partition}; allowed here: "image"',
            )
        return value

    @field_validator("image")
    @classmethod
    def _image_of_this_region(cls, value: str | None, info: ValidationInfo) -> str | None:
        owner = info.data.get("owner")
        if value is not None and info.data.get("deployment") == "application":
            raise Wrong(
                "GATE301",
                'has no effect with deployment = "application", which brings its own; remove it',
            )
        if owner is None or info.data.get("deployment") != "image":
            return value
        if value is None and owner.arns.partition != "aws":
            raise Wrong(
                "GATE302",
                "is missing, and AWS publishes the image in the partition aws, not in "
                f"{owner.arns.partition}; name a copy of it in ECR of {owner.region}",
            )
        # https://docs.aws.amazon.com/lambda/latest/dg/images-create.html (2026-11): the function
        # and its image are in one region.
        if value is not None and value.split(".")[3] != owner.region:
            raise Wrong(
                "GATE209",
                f"the image is in {value.split('.')[3]}; Lambda takes images of its own region "
                f"only, {owner.region}",
            )
        return value

    @field_validator("table_keys", "vpc")
    @classmethod
    def _of_a_role_made_here(cls, value: T, info: ValidationInfo) -> T:
        if value and info.data.get("deployment") == "application":
            what = "keys of tables" if info.field_name == "table_keys" else "VPC"
            raise Wrong(
                "GATE334",
                f"AWS's application makes function and role by itself and takes no {what}; "
                'allowed with deployment = "image"',
            )
        return value

    @field_validator("table_keys")
    @classmethod
    def _keys_of_tables(
        cls, value: tuple[TableKey, ...], info: ValidationInfo
    ) -> tuple[TableKey, ...]:
        for number, table in enumerate(value):
            named = info.data.get("tables")
            if named is not None and table.name not in named:
                raise Wrong(
                    "GATE335",
                    f"is not among tables; allowed: {', '.join(named)}",
                    (number,),
                )
            whose = (account_of(table.kms_key),)
            key_in_reach(table.kms_key, info.data.get("owner"), whose, "it", (number, "kms_key"))
        return value

    @field_validator("until")
    @classmethod
    def _able_to_end(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("deployment") == "application":
            raise Wrong(
                "GATE227",
                "the application makes a role of its own, which goes on reading; remove until, or "
                'set deployment = "image"',
            )
        return value

    @field_validator("spill")
    @classmethod
    def _spill_bucket_fits(cls, value: Spill, info: ValidationInfo) -> Spill:
        owner, name = info.data.get("owner"), info.data.get("name")
        if value.bucket is None and owner is not None and name is not None:
            _bucket_fits(_spill_bucket(name, owner), "spill")
        return value

    @field_validator("workgroup")
    @classmethod
    def _made_on_both_sides(cls, value: Workgroup) -> Workgroup:
        if not value.create or value.alarm is not None:
            field = "alarm" if value.create else "create"
            raise Wrong(
                "GATE308",
                f"{field}: a workgroup is made in each of the connector's accounts, with limits "
                "for one query alone; remove it",
                (field,),
            )
        return value

    @field_validator("owner_results", "consumer_results")
    @classmethod
    def _results_in_a_bucket(cls, value: Results | None, info: ValidationInfo) -> Results | None:
        if value is not None and value.managed:
            managed_where_set(Workgroup())
        if value is not None:
            workgroup_key_fits(value.kms_key, info.data.get("owner"), Workgroup())
        return value

    @field_validator("owner_results")
    @classmethod
    def _owner_results_fit(cls, value: Results, info: ValidationInfo) -> Results:
        return _results_fit(value, info, "owner")

    @field_validator("consumer_results")
    @classmethod
    def _consumer_results_fit(cls, value: Results | None, info: ValidationInfo) -> Results | None:
        if value is not None and _same_account(info):
            raise Wrong(
                "GATE301",
                "owner and consumer are one account with one workgroup; use owner_results",
            )
        if _shared(info):
            _results_fit(value or Results(), info, "consumer")
        return value

    @property
    def vendor_name(self) -> str:
        """Return the vendor as it writes itself."""
        return "Athena DynamoDB connector"

    @property
    def resource_name(self) -> str:
        """Return the name of the connector's role, the workgroups and the application's stack."""
        return _resource_name(self.name)

    @property
    def readers_policy(self) -> str:
        """Return the name of the readers' policy."""
        return f"{self.resource_name}-readers"

    @property
    def catalog_name(self) -> str:
        """Return the name of the data catalog, in both accounts, and of the function."""
        return self.catalog or _catalog_name(self.name)

    @property
    def function_arn(self) -> str:
        """Return the ARN of the connector's function."""
        return self.arn("lambda", f"function:{self.catalog_name}")

    @property
    def in_lower_case(self) -> tuple[str, ...]:
        """Return, of those tables that have capitals, the names that Athena asks for: in lower
        case, and the connector tries these first.

        https://github.com/awslabs/aws-athena-query-federation/blob/v2026.33.1/athena-dynamodb/src/main/java/com/amazonaws/athena/connectors/dynamodb/resolver/DynamoDBTableResolver.java
        (2026-11): it looks for another spelling only when DynamoDB says that there is no such
        table, and whoever may not ask for it is told something else.
        """
        return tuple(table.lower() for table in self.tables if table != table.lower())

    @property
    def keys_of_tables(self) -> tuple[str, ...]:
        """Return the ARNs of the KMS keys that tables are encrypted with, each once."""
        return tuple(dict.fromkeys(table.kms_key for table in self.table_keys))

    @property
    def shared(self) -> bool:
        """Return whether owner and consumer are two accounts."""
        return self.owner.id != self.consumer.id

    @property
    def scoped(self) -> bool:
        """Return whether the owner opens less than the guide has it."""
        return self.grants == "least_privilege"

    @property
    def principals(self) -> tuple[str, ...]:
        """Return whom the owner opens the connector to, as AWS principals; none within one
        account, where the readers' own policy is enough."""
        if not self.shared:
            return ()
        return self.readers if self.scoped else (self.consumer.id,)

    @property
    def spill_bucket(self) -> str:
        """Return the name of the spill bucket."""
        return self.spill.bucket or _spill_bucket(self.name, self.owner)

    @property
    def connector(self) -> Connector:
        """Return the connector as other blocks of the file query it."""
        return Connector(
            f'dynamodb_connector "{self.name}"',
            self.resource_name,
            self.catalog_name,
            self.owner.id,
            self.consumer.id,
            self.readers,
            self.function_arn,
            self.spill_bucket,
            self.spill.prefix,
            self.spill.create_kms_key,
        )

    @property
    def owner_place(self) -> QueryPlace:
        """Return where the owner's queries run."""
        return QueryPlace(self.owner, self.resource_name, self.owner_results)

    @property
    def readers_place(self) -> QueryPlace:
        """Return where the readers' queries run."""
        if not self.shared:
            return self.owner_place
        return QueryPlace(self.consumer, self.resource_name, self.consumer_results or Results())

    @property
    def sharing_role(self) -> str:
        """Return the name of the role that the Share button takes; the console builds it so."""
        return f"AthenaCrossAccountCreate-{self.owner.id}"

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Return the accounts this block builds in, the owner's first."""
        return (self.owner, self.consumer) if self.shared else (self.owner,)

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files this block reads, relative to gate.hcl."""
        return ()

    @property
    def made_names(self) -> tuple[str, ...]:
        """Return what else this block makes and another block could make, or adopt."""
        found = [self.owner.has("function", self.catalog_name, regional=True)]
        if self.deployment != "application":
            found.append(self.owner.has("role", self.resource_name))
        if self.console_sharing:
            found.append(self.consumer.has("role", self.sharing_role))
        found += [one.has("workgroup", self.resource_name, regional=True) for one in self.accounts]
        return tuple(found)

    @property
    def made_buckets(self) -> tuple[str, ...]:
        """Return the names of the buckets this block makes."""
        places = (self.owner_place, self.readers_place)[: len(self.accounts)]
        return (
            self.spill_bucket,
            *(place.results_bucket for place in places if place.results.create),
        )

    @property
    def existing(self) -> tuple[Existing, ...]:
        """Return what this block names and somebody else must have made."""
        found = [Existing.of(self.consumer, reader) for reader in self.readers]
        found += existing_boundary(self.owner, self.permissions_boundary)
        for place in (self.owner_place, self.readers_place)[: len(self.accounts)]:
            if not place.results.create:
                found += existing_buckets(
                    place.account, (place.results_bucket,), place.results.owner
                )
        return tuple(found)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a regional resource of the owner."""
        owner = self.owner
        return f"arn:{owner.arns.partition}:{service}:{owner.region}:{owner.id}:{resource}"


def _resource_name(name: str) -> str:
    return f"dynamodb-connector-{name}"


def _catalog_name(name: str) -> str:
    return _resource_name(name).replace("-", "_")


def _spill_bucket(name: str, owner: Account) -> str:
    return f"{_resource_name(name)}-spill-{owner.id}"


def _same_account(info: ValidationInfo) -> bool:
    owner, consumer = info.data.get("owner"), info.data.get("consumer")
    return owner is not None and consumer is not None and owner.id == consumer.id


def _shared(info: ValidationInfo) -> bool:
    owner, consumer = info.data.get("owner"), info.data.get("consumer")
    return owner is not None and consumer is not None and owner.id != consumer.id


def _bucket_fits(bucket: str, block: str) -> None:
    if len(bucket) > _BUCKET_NAME_LIMIT:
        raise Wrong(
            "GATE210",
            f"the bucket would be called {bucket!r}, {len(bucket)} characters; S3 takes "
            f"{_BUCKET_NAME_LIMIT}: set {block} {{ bucket = ... }}",
        )


def _results_fit(results: Results, info: ValidationInfo, side: str) -> Results:
    account, name = info.data.get(side), info.data.get("name")
    if account is None or name is None:
        return results
    place = QueryPlace(account, _resource_name(name), results)
    if results.bucket is None:
        _bucket_fits(place.results_bucket, f"{side}_results")
    key_in_reach(results.kms_key, account, (results.owner, results.kms_key_owner))
    owner, spill = info.data.get("owner"), info.data.get("spill")
    owner_results = info.data.get("owner_results")
    taken = {}
    if owner is not None and spill is not None:
        taken[spill.bucket or _spill_bucket(name, owner)] = (
            "the spill bucket, which is emptied every day and open to the readers"
        )
    if owner is not None and owner_results is not None:
        other = QueryPlace(owner, place.resource_name, owner_results)
        taken[other.results_bucket] = "the bucket of owner_results, in the owner's account"
    if place.results_bucket in taken:
        raise Wrong(
            "GATE306",
            f"{place.results_bucket!r} is {taken[place.results_bucket]}; name another bucket",
        )
    return results


BLOCK = DynamodbConnectorSettings
START = {"tables": ("table", "the DynamoDB tables that may be queried")}
