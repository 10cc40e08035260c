"""Lake Formation's grants as values: whom it gives what on databases, tables and columns.

They decide beside IAM, by which whoever has lakeformation:GetDataAccess may ask for data, no more:
https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-overview.html. Which there are:
https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html (2026-11).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Catalog:
    """The Data Catalog of the account."""

    def __str__(self) -> str:
        return "the Glue catalog"


@dataclass(frozen=True, slots=True)
class Database:
    """A database, without its tables."""

    name: str

    def __str__(self) -> str:
        return f"database {self.name}"


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of a database, those to come among them; or one, by its name."""

    database: str
    name: str = ""

    def __str__(self) -> str:
        if self.name:
            return f"table {self.database}.{self.name}"
        return f"all tables of {self.database}"


@dataclass(frozen=True, slots=True)
class Columns:
    """Some columns of a table; or, with ``but``, all the others."""

    database: str
    table: str
    names: frozenset[str]
    but: bool = False

    def __str__(self) -> str:
        which = "all columns but" if self.but else "columns"
        return f"table {self.database}.{self.table}, {which} {joined(sorted(self.names))}"


@dataclass(frozen=True, slots=True)
class Tagged:
    """The databases or tables (``what``) that have all of some LF-tags: of each key one of the
    values."""

    what: Literal["databases", "tables"]
    tags: frozenset[tuple[str, frozenset[str]]]

    @property
    def all_of(self) -> str:
        """Return the LF-tags in words: ``domain = sales or stock and tier = public``."""
        tags = (f"{key} = {' or '.join(sorted(values))}" for key, values in sorted_tags(self.tags))
        return " and ".join(tags)

    def __str__(self) -> str:
        return f"{self.what} with the LF-tag {self.all_of}"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in S3 that is registered with Lake Formation, or lies within one."""

    arn: str

    def __str__(self) -> str:
        return f"location s3://{self.arn.partition(':::')[2]}"


# The permissions of which a call asks for one, by what it is on; calls to S3 are made with the
# credentials that Lake Formation gives.
Permissions = Mapping[str, tuple[str, ...]]
OF_TABLES: Permissions = {
    "glue:GetTable": ("SELECT", "DESCRIBE"),
    "glue:GetTables": ("SELECT", "DESCRIBE"),
    "glue:GetTableVersion": ("SELECT", "DESCRIBE"),
    "glue:GetTableVersions": ("SELECT", "DESCRIBE"),
    "glue:SearchTables": ("SELECT", "DESCRIBE"),
    "glue:GetPartition": ("SELECT", "DESCRIBE"),
    "glue:GetPartitions": ("SELECT", "DESCRIBE"),
    "glue:BatchGetPartition": ("SELECT", "DESCRIBE"),
    "glue:UpdateTable": ("ALTER",),
    "glue:CreatePartition": ("ALTER", "INSERT"),
    "glue:BatchCreatePartition": ("ALTER", "INSERT"),
    "glue:UpdatePartition": ("ALTER",),
    "glue:DeletePartition": ("ALTER", "DELETE"),
    "glue:BatchDeletePartition": ("ALTER", "DELETE"),
    "glue:DeleteTable": ("DROP",),
}
OF_DATABASES: Permissions = {
    "glue:GetDatabase": ("DESCRIBE",),
    "glue:GetDatabases": ("DESCRIBE",),
    "glue:CreateTable": ("CREATE_TABLE",),
    "glue:DeleteDatabase": ("DROP",),
}
OF_CATALOG: Permissions = {"glue:CreateDatabase": ("CREATE_DATABASE",)}
OF_LOCATIONS: Permissions = {"glue:CreateTable": ("DATA_LOCATION_ACCESS",)}
OF_OBJECTS: Permissions = {
    "s3:GetObject": ("SELECT",),
    "s3:ListBucket": ("SELECT",),
    "s3:PutObject": ("INSERT",),
    "s3:DeleteObject": ("DELETE",),
}
# What Athena's own calls show of a database, and of its tables.
IN_ATHENA_OF_DATABASES: Permissions = {
    "athena:GetDatabase": ("DESCRIBE",),
    "athena:ListDatabases": ("DESCRIBE",),
}
IN_ATHENA_OF_TABLES: Permissions = {
    "athena:GetTableMetadata": ("SELECT", "DESCRIBE"),
    "athena:ListTableMetadata": ("SELECT", "DESCRIBE"),
}

On = Catalog | Database | Tables | Columns | Tagged | Location


@dataclass(frozen=True, slots=True)
class LakeGrant:
    """What Lake Formation gives ``principal``, an ARN, on something. None may be passed on: a stack
    with permissions_with_grant_option is not understood."""

    principal: str
    on: On
    permissions: tuple[str, ...]

    @property
    def says(self) -> str:
        """Return it without its principal: ``SELECT on all tables of sales``."""
        return f"{joined(self.permissions)} on {self.on}"

    def each(self) -> Iterator["LakeGrant"]:
        """Yield a grant for each permission."""
        for one in sorted(set(self.permissions)):
            yield LakeGrant(self.principal, self.on, (one,))


def sorted_tags(
    tags: Iterable[tuple[str, frozenset[str]]],
) -> list[tuple[str, frozenset[str]]]:
    """Return LF-tags in the order of their keys."""
    return sorted(tags, key=lambda tag: tag[0])


def joined(names: Iterable[str]) -> str:
    """Return ``A, B``."""
    return ", ".join(names)
