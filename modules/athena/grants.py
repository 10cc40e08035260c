"""Lake Formation's grants that integrations share, as values.

What each SQL statement needs:
https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html,
https://docs.aws.amazon.com/athena/latest/ug/lf-athena-limitations.html (2026-11).
"""

from collections.abc import Iterable

from athena_gate.modules.athena.settings import (
    LakeFormation,
    LakeFormationReader,
    LakeFormationWriter,
)
from athena_gate.modules.command_line import to_run
from athena_gate.modules.findings import Remark
from athena_gate.modules.lake_formation import (
    Catalog,
    Columns,
    Database,
    LakeGrant,
    Location,
    On,
    Tables,
    Tagged,
)


def remarks(settings: LakeFormationReader | None) -> tuple[Remark, ...]:
    """Return what a reviewer should know of who makes the grants."""
    if settings is None or not settings.grants:
        return ()
    return (
        Remark(
            "GATE725",
            "lake_formation",
            "whoever applies it must be a data lake administrator; grants = false leaves the "
            f"grants to one, and {to_run('todo')} lists them",
        ),
    )


def read(
    principal: str,
    settings: LakeFormationReader,
    databases: Iterable[str],
    permission: str = "SELECT",
) -> tuple[LakeGrant, ...]:
    """Return the grants to ``principal`` on what is read: databases are seen, tables are given with
    ``permission``.

    SELECT lets one see a table as well, as far as it is given.
    """
    found: list[tuple[On, str]] = []
    if settings.tags:
        tags = frozenset((tag.key, frozenset(tag.values)) for tag in settings.tags)
        found += [(Tagged("databases", tags), "DESCRIBE"), (Tagged("tables", tags), permission)]
    else:
        for database in databases:
            found.append((Database(database), "DESCRIBE"))
            alone = [table for table in settings.tables if table.database == database]
            if not alone:
                found.append((Tables(database), permission))
            for table in alone:
                names = frozenset(table.columns or table.without_columns)
                on: On = Tables(database, table.table)
                if names:
                    on = Columns(database, table.table, names, but=not table.columns)
                found.append((on, permission))
    return tuple(LakeGrant(principal, on, (given,)) for on, given in found)


def with_default_database(
    principal: str, settings: LakeFormation, found: tuple[LakeGrant, ...]
) -> tuple[LakeGrant, ...]:
    """Return ``found`` and the grant on the database that Athena looks at whatever is queried,
    unless something is granted on it already."""
    default = Database("default")
    if not settings.default_database or any(grant.on == default for grant in found):
        return found
    return (LakeGrant(principal, default, ("DESCRIBE",)), *found)


def write(
    principal: str,
    settings: LakeFormationWriter,
    databases: Iterable[str],
    location: str,
    *,
    exists: bool,
    drops_databases: bool = False,
) -> tuple[LakeGrant, ...]:
    """Return the grants to ``principal`` on ``databases`` that it writes, with their data at
    ``location`` (an ARN), which is granted by itself where it ``exists`` in the account.

    Whoever makes a database must have CREATE_DATABASE, which names none; policies in IAM do:
    https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html (2026-11).

    On a database that does not exist nothing can be granted. Whoever makes it has every right on
    it: https://docs.aws.amazon.com/lake-formation/latest/dg/implicit-permissions.html (2026-11).
    """
    found = [LakeGrant(principal, Catalog(), ("CREATE_DATABASE",))]
    for database in databases:
        if database not in settings.new_databases:
            dropped = ("DROP",) if drops_databases else ()
            of_it = ("CREATE_TABLE", "DESCRIBE", *dropped)
            of_tables = ("ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT")
            found += [
                LakeGrant(principal, Database(database), of_it),
                LakeGrant(principal, Tables(database), of_tables),
            ]
    if exists if settings.data_location is None else settings.data_location:
        found.append(LakeGrant(principal, Location(location), ("DATA_LOCATION_ACCESS",)))
    return tuple(found)
