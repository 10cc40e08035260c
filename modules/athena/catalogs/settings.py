"""The ``catalog`` block: a data catalog of Athena beside the one that every account has.

Four kinds can be queried with policies that AWS's pages describe (2026-11):

- Glue of another account,
  https://docs.aws.amazon.com/athena/latest/ug/security-iam-cross-account-glue-catalog-access.html
- a connector that runs on Lambda,
  https://docs.aws.amazon.com/athena/latest/ug/federated-query-iam-access.html, of this account or
  another, https://docs.aws.amazon.com/athena/latest/ug/xacct-fed-query-enable.html
- the same, made by a block of this file
- a table bucket of S3 Tables,
  https://docs.aws.amazon.com/athena/latest/ug/gdc-register-s3-table-bucket-cat.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from athena_gate.modules.account import Account, account_or_id, key_in_reach
from athena_gate.modules.athena.statements import DEFAULT_CATALOG
from athena_gate.modules.fields import (
    Block,
    BucketName,
    GlueName,
    KmsKeyArn,
    List,
    Prefix,
    Settings,
    pattern,
    unique,
)
from athena_gate.modules.findings import Remark, Wrong
from athena_gate.modules.iam.arn import Arns, account_of

# The catalog in Glue that holds all table buckets of an account and region:
# https://docs.aws.amazon.com/glue/latest/dg/enable-s3-tables-catalog-integration.html (2026-11)
S3_TABLES = "s3tablescatalog"

Kind = Literal["glue", "connector", "table bucket"]

_KINDS = (
    'owner = "999999999999" (Glue of another account), function = "arn:aws:lambda:..." (a '
    "connector), connector = NAME (a dynamodb_connector of this file), or the name "
    f'"{S3_TABLES}/BUCKET" (S3 Tables)'
)


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector that a block of this file makes: the ``catalog`` that its stack registers, in
    the account ``consumer`` (an id), and what a query needs of ``owner``, whose it is. ``readers``
    are the ARNs of the roles that it lets in where these are two accounts; with ``made_key`` what
    it spills is encrypted with a key whose id is not known before."""

    block: str
    stack: str
    catalog: str
    owner: str
    consumer: str
    readers: tuple[str, ...]
    function: str
    spill_bucket: str
    spill_prefix: str
    made_key: bool


@dataclass(frozen=True, slots=True)
class GlueOwner:
    """The account that a Glue catalog is in, by its id; of one that gate.hcl has, its ``region``
    and the key of its catalog are known."""

    id: str
    region: str = ""
    catalog_kms_key: str | None = None


# An account and what lies in it, as other tools and ARNs have it: 999999999999:orders.
_PREFIXED = re.compile(r"(?:^|:)([0-9]{12})[:/]")


def _owner(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str) and (id_ := _PREFIXED.search(value)):
        raise Wrong(
            "GATE320",
            f'{value!r} is not an account alone; write owner = "{id_[1]}", and what the catalog is '
            "called in Athena as the label of the block",
        )
    found = account_or_id(value, info)
    if isinstance(found, Account):
        return GlueOwner(found.id, found.region, found.catalog_kms_key)
    return GlueOwner(found) if isinstance(found, str) else found


def _connector(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    connectors: dict[str, Connector | None] = (info.context or {}).get("connectors", {})
    if value not in connectors:
        made = ", ".join(connectors) if connectors else "none is in this file"
        raise Wrong(
            "GATE321", f'no dynamodb_connector "{value}" makes a connector; allowed: {made}'
        )
    if connectors[value] is None:
        raise PydanticCustomError("broken_account", "the connector's own block has mistakes")
    return connectors[value]


def _label(value: str) -> str:
    if prefixed := _PREFIXED.match(value):
        raise Wrong(
            "GATE320",
            f"{value!r} is an account and a name; write the name that the catalog has in Athena, "
            f'and the account as owner: catalog "{value[prefixed.end() :]}" {{ owner = '
            f'"{prefixed[1]}" }}',
        )
    if value.lower() == DEFAULT_CATALOG.lower():
        raise Wrong(
            "GATE320",
            f"{DEFAULT_CATALOG} is the account's own and there without a block; its databases are "
            "databases = [...]; remove the block",
        )
    if value == S3_TABLES or value.count("/") > 1 or value.endswith("/"):
        raise Wrong(
            "GATE320",
            f"{value!r} holds catalogs of its own; allowed: one of them, as in "
            f'"{S3_TABLES}/BUCKET" with the name of a table bucket',
        )
    return value


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-buckets-naming.html (2026-11)
_TABLE_BUCKET = r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
_CATALOG_NAME = rf"[\w@-]{{1,128}}|{S3_TABLES}/{_TABLE_BUCKET}"
CatalogLabel = Annotated[
    str,
    AfterValidator(_label),
    pattern(
        _CATALOG_NAME,
        "the name of a catalog that Athena knows, 1 to 128 letters, digits, underscores, at signs, "
        f'hyphens, or "{S3_TABLES}/" and a table bucket',
        "GATE320",
    ),
]

# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html (2026-11). AWS's policies
# for federated queries name functions without version and alias.
FunctionArn = Annotated[
    str,
    pattern(
        r"arn:(aws|aws-cn|aws-us-gov):lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}",
        "the ARN of a function, without version or alias, as in "
        '"arn:aws:lambda:eu-central-1:111122223333:function:orders"',
        "GATE204",
    ),
]


class Catalog(Settings):
    """A data catalog that Athena knows beside AwsDataCatalog, and what is in it."""

    name: CatalogLabel = Field(
        description="The catalog's name in Athena, as SQL has it; of a table bucket of S3 Tables "
        f"`{S3_TABLES}/BUCKET`."
    )
    owner: Annotated[GlueOwner, BeforeValidator(_owner)] | None = Field(
        None,
        description="Glue of another account: an account of gate.hcl by its name, or 12 digits.",
    )
    function: FunctionArn | None = Field(
        None, description="A connector: the ARN of its Lambda function."
    )
    connector: Annotated[Connector, BeforeValidator(_connector)] | None = Field(
        None,
        description="A connector that this file makes: the name of the `dynamodb_connector` block.",
    )
    databases: Annotated[List[GlueName], unique()] = Field(
        (),
        description="The databases (S3 Tables: namespaces) that may be queried; needed but for a "
        "connector, which is called or not.",
    )
    lake_formation: bool = Field(
        False, description="`true` when Lake Formation governs the tables of this catalog."
    )
    kms_key: KmsKeyArn | None = Field(
        None,
        description="The KMS key that Glue of `owner` is encrypted with, if any; an account of "
        "gate.hcl says so itself (`catalog_kms_key`).",
    )
    spill_bucket: BucketName | None = Field(
        None,
        description="The bucket that `function` spills to, in its account; needed with it.",
    )
    spill_prefix: Prefix | None = Field(
        None, description="The prefix it spills under; without it, the whole bucket."
    )
    spill_kms_key: KmsKeyArn | None = Field(
        None, description="The KMS key that spilled data is encrypted with, if any."
    )

    @field_validator("owner", "function", "connector")
    @classmethod
    def _one_place(cls, value: object, info: ValidationInfo) -> object:
        given = [name for name in ("owner", "function") if info.data.get(name) is not None]
        if value is not None and str(info.data.get("name", "")).startswith(f"{S3_TABLES}/"):
            raise Wrong(
                "GATE320",
                "the name is that of a table bucket of S3 Tables in this account; remove the "
                "field, or give the catalog the name that it has in Athena",
            )
        if value is not None and given:
            raise Wrong("GATE320", f"{given[0]} says where it leads already; keep one of the two")
        return value

    @field_validator("databases", "lake_formation")
    @classmethod
    def _within_glue(cls, value: object, info: ValidationInfo) -> object:
        if value and (info.data.get("function") or info.data.get("connector")):
            raise Wrong(
                "GATE301",
                "has no effect on a connector: IAM decides whether its function is called, not for "
                "which tables; remove it, and limit what the function may read",
            )
        return value

    @field_validator("kms_key")
    @classmethod
    def _of_a_glue_catalog(cls, value: str | None, info: ValidationInfo) -> str | None:
        owner = info.data.get("owner")
        if value is None:
            return value
        if owner is not None:
            if owner.catalog_kms_key not in (None, value):
                raise Wrong(
                    "GATE301",
                    "the account's own block has another catalog_kms_key; remove this one",
                )
            return value
        if str(info.data.get("name", "")).startswith(f"{S3_TABLES}/"):
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-kms-permissions.html
            # (2026-11) grants the key without any condition, and nothing less is described.
            raise Wrong(
                "GATE320",
                "a table bucket that is encrypted with a key cannot be opened narrowly: AWS's page "
                "grants the whole key, for whatever it encrypts; allowed: a table bucket with S3's "
                "own encryption, or one that Lake Formation governs (lake_formation = true), whose "
                "role uses the key",
            )
        raise Wrong("GATE301", "has no effect without owner; a connector has spill_kms_key")

    @field_validator("spill_bucket", "spill_prefix", "spill_kms_key")
    @classmethod
    def _of_a_function(cls, value: object, info: ValidationInfo) -> object:
        if value is not None and info.data.get("connector"):
            raise Wrong("GATE301", "the connector's block says where it spills; remove it")
        if value is not None and info.data.get("function", "broken") is None:
            raise Wrong("GATE301", "only a connector spills, and there is no function; remove it")
        return value

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        glue = self.owner is not None or self.name.startswith(f"{S3_TABLES}/")
        if not glue and self.function is None and self.connector is None:
            raise Wrong("GATE320", f"does not say what it is; allowed: {_KINDS}")
        if glue and not self.databases:
            raise Wrong("GATE302", 'name at least one database of it, as in databases = ["orders"]')
        if self.function is not None and self.spill_bucket is None:
            raise Wrong(
                "GATE302",
                "spill_bucket is missing: what does not fit into a response of Lambda (6 MB) goes "
                "there, and Athena reads it back as the vendor",
            )
        return self

    @property
    def kind(self) -> Kind:
        """Return what it is."""
        if self.owner is not None:
            return "glue"
        return "connector" if self.called else "table bucket"

    @property
    def called(self) -> str:
        """Return the ARN of the function that is called for it, empty where none is."""
        return self.function or (self.connector.function if self.connector else "")

    @property
    def glue_key(self) -> str | None:
        """Return the ARN of the key that Glue of its owner is encrypted with, if any."""
        return self.kms_key or (self.owner.catalog_kms_key if self.owner else None)

    @property
    def table_bucket(self) -> str:
        """Return the name of the table bucket."""
        return self.name.partition("/")[2]

    @property
    def spill(self) -> str:
        """Return where its connector spills, as ``bucket/prefix``; empty where none does."""
        if self.connector is not None:
            return f"{self.connector.spill_bucket}/{self.connector.spill_prefix}"
        return f"{self.spill_bucket}/{self.spill_prefix or ''}" if self.spill_bucket else ""

    @property
    def spill_owner(self) -> str:
        """Return the account that spill bucket and function are in; empty without."""
        return account_of(self.called) if self.called else ""


Catalogs = Annotated[
    List[Catalog],
    unique(lambda catalog: str(catalog.name)),
    Block(
        "catalog",
        "name",
        ', as in catalog "partner" { owner = "999999999999" }; AwsDataCatalog needs none',
    ),
]


def check(catalog: Catalog, account: Account, item: int) -> None:
    """Raise ``ValueError`` unless ``catalog``, the ``item``-th of a block, can be one of
    ``account``."""
    try:
        _check(catalog, account)
    except Wrong as error:
        within = error.item if isinstance(error.item, tuple) else ()
        code = error.code
        raise Wrong(code, str(error), (item, *within)) from None


def _check(catalog: Catalog, account: Account) -> None:
    arns = account.arns
    owner, connector = catalog.owner, catalog.connector
    if owner is not None and owner.id == account.id:
        raise Wrong(
            "GATE320",
            f"{owner.id} is this block's own account, whose databases are "
            "databases = [...] of the block; remove the catalog",
            ("owner",),
        )
    if owner is not None and owner.region and owner.region != account.region:
        # "The catalog ARN must belong to the same Region where the query is being run":
        # https://docs.aws.amazon.com/athena/latest/ug/security-iam-cross-account-glue-catalog-access.html
        raise Wrong(
            "GATE209",
            f"that account is in {owner.region}, this one in {account.region}; Athena "
            "queries Glue of other accounts within one region only",
            ("owner",),
        )
    if catalog.function is not None:
        # "Using federated queries across AWS Regions is not supported":
        # https://docs.aws.amazon.com/athena/latest/ug/xacct-fed-query-enable.html (2026-11)
        _, partition, _, region, _, _ = catalog.function.split(":", 5)
        if (partition, region) != (arns.partition, arns.region):
            raise Wrong(
                "GATE209",
                f"it is in {region}, the account in {account.region}; Athena calls "
                "connectors of its own region only",
                ("function",),
            )
    key_in_reach(
        catalog.kms_key,
        account,
        (owner.id if owner else None,),
        "it",
        ("kms_key",),
        remedy="allowed: the key of that account's Glue, or one of the block's account",
    )
    key_in_reach(
        catalog.spill_kms_key,
        account,
        (catalog.spill_owner,),
        "it",
        ("spill_kms_key",),
        remedy="allowed: a key of the connector's account, or of the block's",
    )
    if connector is not None and connector.consumer != account.id:
        raise Wrong(
            "GATE322",
            f"{connector.block} is queried from account {connector.consumer}, and this "
            f"block's is {account.id}; name its function and its spill bucket instead",
            ("connector",),
        )
    if connector is not None and connector.catalog != catalog.name:
        raise Wrong(
            "GATE322",
            f"the catalog of {connector.block} is called {connector.catalog!r}; write "
            f'catalog "{connector.catalog}" {{ ... }}',
            ("name",),
        )


def lets_in(catalog: Catalog, holder: str) -> None:
    """Raise ``ValueError`` unless the connector of ``catalog``, if this file makes it, lets the
    user or role with the ARN ``holder`` in."""
    made = catalog.connector
    if made is None or made.owner == made.consumer or holder in made.readers:
        return
    if ":user/" in holder:
        raise Wrong(
            "GATE322",
            f'catalog "{catalog.name}": {made.block} lets in roles of another account, and this '
            "block makes an IAM user; allowed: another way in",
        )
    raise Wrong(
        "GATE322",
        f'catalog "{catalog.name}": {made.block} lets in its readers only; add '
        f'"{holder}" to its readers',
    )


def glue_of(catalog: Catalog, arns: Arns) -> Arns:
    """Return the builder of ARNs of the account whose Glue ``catalog`` is in."""
    return Arns(catalog.owner.id, arns.region) if catalog.owner else arns


def catalog_remarks(
    catalogs: Iterable[Catalog], owners: Iterable[str | None], reader: str
) -> tuple[Remark, ...]:
    """Return what a reviewer should know of ``catalogs``, which ``reader`` queries; ``owners`` are
    the accounts (ids) whose buckets are among its sources."""
    found, owners = [], set(owners)
    for catalog in catalogs:
        owner = catalog.owner.id if catalog.owner and not catalog.lake_formation else None
        if owner is not None and owner not in owners:
            found.append(
                Remark(
                    "GATE618",
                    "catalog",
                    f"no source is in account {owner}, whose tables these are: their data cannot "
                    f'be read where it lies there; add source "BUCKET" {{ owner = "{owner}" }} for '
                    "each bucket",
                    catalog.name,
                )
            )
        if catalog.kind == "connector":
            found.append(
                Remark(
                    "GATE616",
                    "catalog",
                    f"{reader} may read whatever its connector reads; IAM knows no tables there, "
                    "so limit what the function may read",
                    catalog.name,
                )
            )
        elif catalog.kind == "table bucket" and not catalog.lake_formation:
            found.append(
                Remark(
                    "GATE617",
                    "catalog",
                    f"{reader} may read these tables without Athena too: AWS does not say whether "
                    "Athena's calls to S3 Tables can be told from others",
                    catalog.name,
                )
            )
    return tuple(found)
