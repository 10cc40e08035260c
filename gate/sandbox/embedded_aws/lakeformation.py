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
from typing import Any

from moto.lakeformation.exceptions import InvalidInput
from moto.lakeformation.responses import LakeFormationResponse

_ALL_TABLES = "ALL_TABLES"
# Of a backend: (principal, resource as JSON) -> permission -> whether it may be passed on.
_Grants = dict[tuple[str, str], dict[str, bool]]


# Without it: a SELECT comes back otherwise than from AWS.
def grant_permissions(self: LakeFormationResponse) -> str:
    grants = _grants(self)
    passed_on = self._get_param("PermissionsWithGrantOption") or []
    for permission, key in _asked(self):
        grants.setdefault(key, {})[permission] = permission in passed_on
    return "{}"


# Without it: the provider repeats a revocation until AWS says that nothing is left, and then fails.
def revoke_permissions(self: LakeFormationResponse) -> str:
    grants, revoked = _grants(self), False
    for permission, key in _asked(self):
        revoked |= grants.get(key, {}).pop(permission, None) is not None
        if not grants.get(key):
            grants.pop(key, None)
    if not revoked:
        raise InvalidInput("No permissions revoked. Grantee has no permissions on the resource.")
    return "{}"


# Without it: what is granted by LF-tag or on columns cannot be read back.
def list_permissions(self: LakeFormationResponse) -> str:
    principal = (self._get_param("Principal") or {}).get("DataLakePrincipalIdentifier")
    asked = self._get_param("Resource")
    found = [
        {
            "Principal": {"DataLakePrincipalIdentifier": who},
            "Resource": json.loads(resource),
            "Permissions": sorted(given),
            "PermissionsWithGrantOption": sorted(p for p, passed_on in given.items() if passed_on),
        }
        for (who, resource), given in _grants(self).items()
        if principal in (None, who) and (asked is None or _is_of(json.loads(resource), asked, self))
    ]
    return json.dumps({"PrincipalResourcePermissions": found})


def names(backend: Any) -> list[str]:
    """Return the grants in ``backend``, each as ``principal: permission on resource``."""
    grants: _Grants = vars(backend).get("gate_grants", {})
    return [
        f"{who}: {permission} on {resource}{' (grantable)' if passed_on else ''}"
        for (who, resource), given in grants.items()
        for permission, passed_on in given.items()
    ]


def _grants(response: LakeFormationResponse) -> _Grants:
    found: _Grants = vars(response.lakeformation_backend).setdefault("gate_grants", {})
    return found


def _asked(response: LakeFormationResponse) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each permission that a call names, and where it is kept."""
    who = response._get_param("Principal")["DataLakePrincipalIdentifier"]
    resource = _kept(response._get_param("Resource"), response.current_account)
    of_rows = dict(resource)
    if "Table" in resource:
        table = dict(resource["Table"])
        table.pop("TableWildcard", None)
        of_rows = {"TableWithColumns": {**table, "ColumnWildcard": {}}}
    for permission in response._get_param("Permissions") or []:
        kept = of_rows if permission == "SELECT" else resource
        yield permission, (who, json.dumps(kept, sort_keys=True))


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


def _is_of(
    resource: dict[str, Any], asked: dict[str, Any], response: LakeFormationResponse
) -> bool:
    wanted = _kept(asked, response.current_account)
    if "Table" not in wanted:
        return resource == wanted
    table = resource.get("Table") or resource.get("TableWithColumns") or {}
    return all(table.get(name) == wanted["Table"][name] for name in ("DatabaseName", "Name"))


def fill_gaps() -> None:
    """Give moto's Lake Formation the calls above, for every account and region of this process."""
    for call in (grant_permissions, revoke_permissions, list_permissions):
        setattr(LakeFormationResponse, call.__name__, call)
