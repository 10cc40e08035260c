"""Lake Formation's grants as AWS keeps them and as AWS provider 5.100.0 reads them back.

moto 5.2.5 keeps each grant as it was asked for. AWS gives SELECT on a table back as SELECT on all
its columns, knows tables by ALL_TABLES that were given with a wildcard, lists what is given by
LF-tag, and says when there was nothing to revoke:
https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_ListPermissions.html and the
comments in internal/service/lakeformation of
https://github.com/hashicorp/terraform-provider-aws/tree/v5.100.0 (2026-11).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.lakeformation.exceptions import InvalidInput
from moto.lakeformation.responses import LakeFormationResponse

_ALL_TABLES = "ALL_TABLES"


@dataclass
class _Grant:
    """What ``principal`` has on ``resource``: its permissions, and whether each may be passed
    on."""

    principal: str
    resource: dict[str, Any]
    permissions: dict[str, bool] = field(default_factory=dict)


# Of a backend, by principal and resource.
_Grants = dict[str, _Grant]


# Without it: a SELECT comes back otherwise than from AWS.
def grant_permissions(self: LakeFormationResponse) -> str:
    grants = _grants(self)
    passed_on = self._get_param("PermissionsWithGrantOption") or []
    for permission, one in _asked(self):
        kept = grants.setdefault(_key(one), one)
        kept.permissions[permission] = permission in passed_on
    return "{}"


# Without it: the provider repeats a revocation until AWS says that nothing is left, and then fails.
def revoke_permissions(self: LakeFormationResponse) -> str:
    grants, revoked = _grants(self), False
    for permission, one in _asked(self):
        kept = grants.get(_key(one), one)
        revoked |= kept.permissions.pop(permission, None) is not None
        if not kept.permissions:
            grants.pop(_key(one), None)
    if not revoked:
        raise InvalidInput("No permissions revoked. Grantee has no permissions on the resource.")
    return "{}"


# Without it: what is granted by LF-tag or on columns cannot be read back.
def list_permissions(self: LakeFormationResponse) -> str:
    principal = (self._get_param("Principal") or {}).get("DataLakePrincipalIdentifier")
    asked = self._get_param("Resource")
    found = [
        {
            "Principal": {"DataLakePrincipalIdentifier": one.principal},
            "Resource": one.resource,
            "Permissions": sorted(one.permissions),
            "PermissionsWithGrantOption": sorted(p for p, on in one.permissions.items() if on),
        }
        for one in _grants(self).values()
        if principal in (None, one.principal)
        and (asked is None or _is_of(one.resource, asked, self.current_account))
    ]
    return json.dumps({"PrincipalResourcePermissions": found})


def names(backend: Any) -> list[str]:
    """Return the grants in ``backend``, each as ``principal: permission on resource``."""
    grants: _Grants = vars(backend).get("gate_grants", {})
    return [
        f"{one.principal}: {permission} on {json.dumps(one.resource, sort_keys=True)}"
        + (" (grantable)" if passed_on else "")
        for one in grants.values()
        for permission, passed_on in one.permissions.items()
    ]


def _key(one: _Grant) -> str:
    return f"{one.principal} {json.dumps(one.resource, sort_keys=True)}"


def _grants(response: LakeFormationResponse) -> _Grants:
    found: _Grants = vars(response.lakeformation_backend).setdefault("gate_grants", {})
    return found


def _asked(response: LakeFormationResponse) -> Iterator[tuple[str, _Grant]]:
    """Yield each permission that a call names, and the grant it is kept in."""
    who = response._get_param("Principal")["DataLakePrincipalIdentifier"]
    resource = _kept(response._get_param("Resource"), response.current_account)
    of_rows = dict(resource)
    if "Table" in resource:
        table = dict(resource["Table"])
        table.pop("TableWildcard", None)
        of_rows = {"TableWithColumns": {**table, "ColumnWildcard": {}}}
    for permission in response._get_param("Permissions") or []:
        kept = of_rows if permission == "SELECT" else resource
        yield permission, _Grant(who, kept)


def _kept(resource: dict[str, Any], account: str) -> dict[str, Any]:
    ((kind, named),) = resource.items()
    kept = {"CatalogId": account, **named} if kind != "Catalog" else {}
    if kind == "Table" and "TableWildcard" in kept:
        kept["Name"] = _ALL_TABLES
    if "ColumnNames" in kept:
        kept["ColumnNames"] = sorted(kept["ColumnNames"])
    if (kept.get("ColumnWildcard") or {}).get("ExcludedColumnNames"):
        but = sorted(kept["ColumnWildcard"]["ExcludedColumnNames"])
        kept["ColumnWildcard"] = {"ExcludedColumnNames": but}
    if kind == "LFTagPolicy":
        tags = ({**tag, "TagValues": sorted(tag["TagValues"])} for tag in kept["Expression"])
        kept["Expression"] = sorted(tags, key=lambda tag: str(tag["TagKey"]))
    return {kind: kept}


def _is_of(resource: dict[str, Any], asked: dict[str, Any], account: str) -> bool:
    wanted = _kept(asked, account)
    if "Table" not in wanted:
        return resource == wanted
    table = resource.get("Table") or resource.get("TableWithColumns") or {}
    return all(table.get(name) == wanted["Table"][name] for name in ("DatabaseName", "Name"))


def fill_gaps() -> None:
    """Give moto's Lake Formation the calls above, for every account and region of this process."""
    for call in (grant_permissions, revoke_permissions, list_permissions):
        setattr(LakeFormationResponse, call.__name__, call)
