"""Grants of Lake Formation."""

from collections.abc import Iterable
from typing import Any

from athena_gate.modules.bindings import (
    Construct,
    LakeformationPermissions,
    LakeformationPermissionsDatabase,
    LakeformationPermissionsDataLocation,
    LakeformationPermissionsLfTagPolicy,
    LakeformationPermissionsLfTagPolicyExpression,
    LakeformationPermissionsTable,
    LakeformationPermissionsTableWithColumns,
    TerraformResource,
)
from athena_gate.modules.lake_formation import (
    Catalog,
    Columns,
    Database,
    LakeGrant,
    Location,
    On,
    Tables,
    Tagged,
    sorted_tags,
)


def lake_formation(
    scope: Construct, grants: Iterable[LakeGrant], to: TerraformResource | None
) -> None:
    """Make ``grants``, which are ``to`` a user or role of the stack, or to one from elsewhere.

    The id of each says on what it is, so that another grant more or less replaces none.
    """
    for grant in grants:
        *around, name = _ids(grant.on)
        LakeformationPermissions(
            _within(scope, "lake_formation", *around),
            name,
            principal=grant.principal,
            # In the order that the provider keeps them in, else each plan changes it.
            permissions=sorted(grant.permissions),
            # Lake Formation grants nothing to nobody, and for an ARN Terraform does not wait.
            depends_on=[to] if to is not None else None,
            **_on(grant.on),
        )


def _ids(on: On) -> tuple[str, ...]:
    match on:
        case Catalog():
            return ("catalog",)
        case Database():
            return ("database", on.name)
        case Tables():
            return ("table", on.database, on.name) if on.name else ("tables", on.database)
        case Columns():
            return ("table", on.database, on.table)
        case Tagged():
            return (f"{on.what}_tagged",)
        case Location():
            return ("location",)


def _within(scope: Construct, *ids: str) -> Construct:
    for one in ids:
        found = scope.node.try_find_child(one)
        scope = found if isinstance(found, Construct) else Construct(scope, one)
    return scope


def _on(on: On) -> dict[str, Any]:
    match on:
        case Catalog():
            return {"catalog_resource": True}
        case Database():
            return {"database": LakeformationPermissionsDatabase(name=on.name)}
        case Tables():
            which: dict[str, Any] = {"name": on.name} if on.name else {"wildcard": True}
            table = LakeformationPermissionsTable(database_name=on.database, **which)
            return {"table": table}
        case Columns():
            names = sorted(on.names)
            columns: dict[str, Any] = {"column_names": names}
            if on.but:
                columns = {"wildcard": True, "excluded_column_names": names}
            return {
                "table_with_columns": LakeformationPermissionsTableWithColumns(
                    database_name=on.database, name=on.table, **columns
                )
            }
        case Tagged():
            return {
                "lf_tag_policy": LakeformationPermissionsLfTagPolicy(
                    resource_type={"databases": "DATABASE", "tables": "TABLE"}[on.what],
                    expression=[
                        LakeformationPermissionsLfTagPolicyExpression(
                            key=key, values=sorted(values)
                        )
                        for key, values in sorted_tags(on.tags)
                    ],
                )
            }
        case Location():
            return {"data_location": LakeformationPermissionsDataLocation(arn=on.arn)}
