"""What Lake Formation says of a request that IAM allows: which of its grants it rests on.

Which permission a call asks for:
https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html (2026-11).
"""

from collections.abc import Iterable

from athena_gate.modules.lake_formation import (
    OF_CATALOG,
    OF_DATABASES,
    OF_TABLES,
    Catalog,
    Columns,
    Database,
    LakeGrant,
    On,
    Permissions,
    Tables,
)

PAGE = "https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html"
DATA = "lakeformation:GetDataAccess"


def resting_on(
    grants: Iterable[LakeGrant], action: str, resource: str
) -> tuple[LakeGrant | None, str]:
    """Return the one of ``grants``, all of one principal, that lets it do ``action`` on
    ``resource``; and where there is none, what is asked for, as ``SELECT on table sales.orders``.
    Both are empty for a request that Lake Formation does not decide."""
    asked = _asked(action, resource)
    if asked is None:
        return None, ""
    permissions, on = asked
    for grant in grants:
        if set(permissions) & set(grant.permissions) and _covers(grant.on, on):
            return grant, ""
    return None, f"{' or '.join(permissions)} on {on}"


def _asked(action: str, resource: str) -> tuple[tuple[str, ...], On] | None:
    kind, _, name = ([*resource.split(":", 5), "", "", "", "", ""])[5].partition("/")
    database, _, table = name.partition("/")
    places: dict[str, tuple[Permissions, On]] = {
        "table": (OF_TABLES, Tables(database, "" if table == "*" else table)),
        "database": (OF_DATABASES, Database(database)),
        "catalog": (OF_CATALOG, Catalog()),
    }
    # What lies in a nested catalog, as table/s3tablescatalog/lake/web/orders, is none of these.
    if kind not in places or name.count("/") > (kind == "table"):
        return None
    known, on = places[kind]
    found = {one.lower(): permissions for one, permissions in known.items()}
    permissions = found.get(action.lower())
    return (permissions, on) if permissions else None


def _covers(given: On, on: On) -> bool:
    if isinstance(on, Tables) and isinstance(given, Tables):
        return given.database == on.database and given.name in ("", on.name)
    if isinstance(on, Tables) and isinstance(given, Columns):
        return (given.database, given.table) == (on.database, on.name)
    return given == on
