"""Lake Formation's grants as values: whom it gives what on databases, tables and columns.

They decide beside IAM, by which whoever has lakeformation:GetDataAccess may ask for data, no more:
https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-overview.html. Which there are:
https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html (2026-11).
"""

from collections.abc import Iterable, Iterator
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

    def __str__(self) -> str:
        tags = (f"{key} = {' or '.join(sorted(values))}" for key, values in sorted_tags(self.tags))
        return f"{self.what} with the LF-tag {' and '.join(tags)}"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in S3 that is registered with Lake Formation, or lies within one."""

    arn: str

    def __str__(self) -> str:
        return f"location s3://{self.arn.partition(':::')[2]}"


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
