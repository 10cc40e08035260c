"""Which requests Lake Formation refuses without one of its grants, though IAM allows them.

https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-overview.html (2026-11).
"""

from collections.abc import Iterable, Iterator, Mapping

from athena_gate.modules.athena.settings import by_access_point
from athena_gate.modules.athena.statements import DEFAULT_CATALOG
from athena_gate.modules.iam.arn import Arns
from athena_gate.modules.iam.todo import Rests
from athena_gate.modules.lake_formation import (
    IN_ATHENA_OF_DATABASES,
    IN_ATHENA_OF_TABLES,
    OF_CATALOG,
    OF_DATABASES,
    OF_LOCATIONS,
    OF_OBJECTS,
    OF_TABLES,
    Catalog,
    Columns,
    Database,
    LakeGrant,
    Location,
    Permissions,
    Tables,
    Tagged,
)

# Where the tables of each database may lie: buckets and objects, as patterns of ARNs.
Data = Mapping[str, tuple[str, ...]]


def places(arns: Arns, locations: Iterable[str], points: Mapping[str, str]) -> tuple[str, ...]:
    """Return ``locations`` (``bucket/prefix``), each with its bucket, as ``Data`` has them;
    ``points`` are access points by the ARN of the bucket that their alias looks like."""
    found = (
        arn
        for location in locations
        for arn in (arns.bucket(location.partition("/")[0]), f"{arns.bucket(location)}*")
    )
    return tuple(dict.fromkeys(by_access_point(arn, points) for arn in found))


def governed(
    grant: LakeGrant, grants: Iterable[LakeGrant], arns: Arns, data: Data
) -> tuple[Rests, ...]:
    """Return the requests that come to nothing without ``grant``, one of ``grants``: those on what
    it gives, and on what is above that, where IAM checks them too."""
    asked = Rests(("lakeformation:GetDataAccess",), by=grant.principal)
    return (asked, *_on(grant, _databases(grant, grants, data), arns, data))


def tagged(
    grant: LakeGrant, grants: Iterable[LakeGrant], arns: Arns, data: Data
) -> tuple[str, tuple[Rests, ...]]:
    """Return what must have the LF-tags that ``grant`` is by, in words, and the requests that come
    to nothing without; both are empty for a grant by name."""
    databases = _databases(grant, grants, data)
    if not isinstance(grant.on, Tagged) or not databases:
        return "", ()
    names = ", ".join(databases)
    what = f"the tables of {names} that are read have"
    if grant.on.what == "databases":
        what = f"the databases {names} have" if databases[1:] else f"the database {names} has"
    says = f"{what} the LF-tag {grant.on.all_of}"
    return says, tuple(_on(grant, databases, arns, data))


def _databases(grant: LakeGrant, grants: Iterable[LakeGrant], data: Data) -> tuple[str, ...]:
    """Return the databases that ``grant`` is on; those that have an LF-tag are some of those that
    no other grant names."""
    named = {_named(one) for one in grants}
    if isinstance(grant.on, Tagged):
        return tuple(name for name in data if name not in named)
    return (_named(grant),)


def _named(grant: LakeGrant) -> str:
    match grant.on:
        case Database(name):
            return name
        case Tables(database) | Columns(database):
            return database
    return ""


def _on(grant: LakeGrant, databases: tuple[str, ...], arns: Arns, data: Data) -> Iterator[Rests]:
    above, shown, table = arns.glue_catalog(), (arns.data_catalog(DEFAULT_CATALOG),), ""
    match grant.on:
        case Catalog():
            yield from _asking(grant, OF_CATALOG, (above, arns.glue_database("*")))
            return
        case Location():
            every = (above, arns.glue_database("*"), arns.glue_tables("*"))
            yield from _asking(grant, OF_LOCATIONS, every)
            return
        case Tables(_, name) | Columns(_, name):
            table = name
    within = tuple(
        arn
        for name in databases
        for arn in (
            arns.glue_database(name),
            f"{arns.glue_tables(name).removesuffix('*')}{table}"
            if table
            else arns.glue_tables(name),
        )
    )
    if isinstance(grant.on, Database) or (
        isinstance(grant.on, Tagged) and grant.on.what == "databases"
    ):
        # A database is dropped with its functions, on which the action is checked too.
        functions = (
            f"{arns.glue_database(name).replace(':database/', ':userDefinedFunction/')}/*"
            for name in databases
        )
        yield from _asking(grant, OF_DATABASES, (above, *within, *functions))
        yield from _asking(grant, IN_ATHENA_OF_DATABASES, shown)
        return
    yield from _asking(grant, OF_TABLES, (above, *within))
    yield from _asking(grant, IN_ATHENA_OF_TABLES, shown)
    objects = dict.fromkeys(arn for name in databases for arn in data.get(name, ()))
    # Of calls that it makes itself Lake Formation knows nothing.
    yield from _asking(grant, OF_OBJECTS, tuple(objects), by_services=True)


def _asking(
    grant: LakeGrant, known: Permissions, on: tuple[str, ...], by_services: bool = False
) -> Iterator[Rests]:
    """Yield the requests on these places that ask for one of the permissions of ``grant``."""
    actions = [action for action, some in known.items() if {*some} & {*grant.permissions}]
    if actions and on:
        yield Rests(tuple(actions), on, grant.principal, by_services)
