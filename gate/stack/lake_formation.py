"""The grants of Lake Formation that a stack makes, as values."""

from collections.abc import Iterable, Mapping
from typing import Any

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


def lake_grants(resources: Iterable[Mapping[str, Any]]) -> tuple[LakeGrant, ...]:
    """Return the grants that ``resources``, bodies of aws_lakeformation_permissions that are
    understood, make."""
    return tuple(
        LakeGrant(str(body.get("principal", "")), _on(body), tuple(body.get("permissions", ())))
        for body in resources
    )


def _on(body: Mapping[str, Any]) -> On:
    match body:
        case {"database": {"name": name}}:
            return Database(name)
        case {"table": {"database_name": database, **which}}:
            return Tables(database, "" if which.get("wildcard") else which.get("name", ""))
        case {"table_with_columns": {"database_name": database, "name": table, **columns}}:
            but = bool(columns.get("wildcard"))
            names = columns.get("excluded_column_names" if but else "column_names", ())
            return Columns(database, table, frozenset(names), but)
        case {"lf_tag_policy": {"expression": tags, "resource_type": kind}}:
            expression = frozenset((tag["key"], frozenset(tag["values"])) for tag in tags)
            return Tagged("databases" if kind == "DATABASE" else "tables", expression)
        case {"data_location": {"arn": arn}}:
            return Location(arn)
    return Catalog()
