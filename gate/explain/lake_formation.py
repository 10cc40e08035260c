"""What Lake Formation says of a request that IAM allows: which of its grants it rests on.

Which permission a call asks for:
https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html (2026-11).
"""

from collections.abc import Iterable, Mapping

from athena_gate.modules.lake_formation import Catalog, Columns, Database, LakeGrant, On, Tables

PAGE = "https://docs.aws.amazon.com/lake-formation/latest/dg/lf-permissions-reference.html"
DATA = "lakeformation:GetDataAccess"

# Any of these permissions is enough.
_Permissions = Mapping[str, tuple[str, ...]]
_TABLE: _Permissions = {
    "glue:GetTable": ("SELECT", "DESCRIBE"),
    "glue:GetTables": ("SELECT", "DESCRIBE"),
    "glue:GetTableVersion": ("SELECT", "DESCRIBE"),
    "glue:GetTableVersions": ("SELECT", "DESCRIBE"),
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
_DATABASE: _Permissions = {
    "glue:GetDatabase": ("DESCRIBE",),
    "glue:GetDatabases": ("DESCRIBE",),
    "glue:CreateTable": ("CREATE_TABLE",),
    "glue:DeleteDatabase": ("DROP",),
}
_CATALOG: _Permissions = {"glue:CreateDatabase": ("CREATE_DATABASE",)}


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
    places: dict[str, tuple[_Permissions, On]] = {
        "table": (_TABLE, Tables(database, "" if table == "*" else table)),
        "database": (_DATABASE, Database(database)),
        "catalog": (_CATALOG, Catalog()),
    }
    if kind not in places:
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
