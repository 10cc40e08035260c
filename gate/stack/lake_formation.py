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
    """Return on what the grant is; a part that is missing is empty, and no claim asks for that."""
    if (database := body.get("database")) is not None:
        return Database(database.get("name", ""))
    if (table := body.get("table")) is not None:
        name = "" if table.get("wildcard") else table.get("name", "")
        return Tables(table.get("database_name", ""), name)
    if (table := body.get("table_with_columns")) is not None:
        but = bool(table.get("wildcard"))
        names = frozenset(table.get("excluded_column_names" if but else "column_names", ()))
        return Columns(table.get("database_name", ""), table.get("name", ""), names, but)
    if (policy := body.get("lf_tag_policy")) is not None:
        tags = frozenset(
            (tag.get("key", ""), frozenset(tag.get("values", ())))
            for tag in policy.get("expression", ())
        )
        kind = policy.get("resource_type")
        return Tagged("databases" if kind == "DATABASE" else "tables", tags)
    if (location := body.get("data_location")) is not None:
        return Location(location.get("arn", ""))
    return Catalog()
