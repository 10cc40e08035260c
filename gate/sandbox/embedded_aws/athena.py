"""The Athena calls that moto 5.2.5 lacks or answers in a way AWS provider 5.100.0 rejects.

Shapes and errors: https://docs.aws.amazon.com/athena/latest/APIReference/Welcome.html (2026-11).
The error texts are the ones the provider looks for, in internal/service/athena of
https://github.com/hashicorp/terraform-provider-aws/tree/v5.100.0.
"""

import json
from typing import Any

from moto.athena.models import AthenaBackend, WorkGroup
from moto.athena.responses import AthenaResponse
from moto.core.exceptions import JsonRESTError


# Without it: moto answers 400 for a resource that has no tags, so an untagged data catalog is
# created, marked as tainted, and no later plan gets past reading it.
def list_tags_for_resource(self: AthenaResponse) -> str:
    arn = self._get_param("ResourceARN")
    return json.dumps(self.athena_backend.list_tags_for_resource(arn) or {"Tags": []})


_create_work_group = AthenaBackend.create_work_group


# Without it: a workgroup with no configuration block is never the same as planned. AWS turns
# CloudWatch metrics on by default, as the provider's own test of such a workgroup expects:
# https://github.com/hashicorp/terraform-provider-aws/blob/v5.100.0/internal/service/athena/workgroup_test.go
def create_work_group(
    self: AthenaBackend, name: str, configuration: dict[str, Any], *rest: Any, **named: Any
) -> WorkGroup | None:
    configuration = {"PublishCloudWatchMetricsEnabled": True, **configuration}
    return _create_work_group(self, name, configuration, *rest, **named)


# Without it: a changed workgroup cannot be applied.
def update_work_group(self: AthenaResponse) -> str:
    name = self._get_param("WorkGroup")
    workgroup = self.athena_backend.work_groups.get(name)
    if workgroup is None:
        raise _refused(f"WorkGroup {name} is not found.")
    workgroup.description = self._get_param("Description", workgroup.description)
    workgroup.state = self._get_param("State", workgroup.state)
    _merge(workgroup.configuration, self._get_param("ConfigurationUpdates", {}))
    return "{}"


# Without it: a changed data catalog cannot be applied.
def update_data_catalog(self: AthenaResponse) -> str:
    name = self._get_param("Name")
    catalog = self.athena_backend.data_catalogs.get(name)
    if catalog is None:
        raise _refused(f"DataCatalog {name} was not found")
    catalog.type = self._get_param("Type")
    catalog.description = self._get_param("Description", catalog.description)
    catalog.parameters = self._get_param("Parameters", catalog.parameters)
    return "{}"


# Without it: a data catalog cannot be destroyed.
def delete_data_catalog(self: AthenaResponse) -> str:
    name = self._get_param("Name")
    catalog = self.athena_backend.data_catalogs.pop(name, None)
    if catalog is None:
        raise _refused(f"DataCatalog {name} was not found")
    self.athena_backend.tagger.delete_all_tags_for_resource(catalog.arn)
    return "{}"


_get_named_query = AthenaResponse.get_named_query


# Without it: moto answers 500, so the provider never learns that a
# named query was deleted outside Terraform.
def get_named_query(self: AthenaResponse) -> str:
    query_id = self._get_param("NamedQueryId")
    if query_id not in self.athena_backend.named_queries:
        raise _refused(f"NamedQuery {query_id} does not exist")
    answer: str = _get_named_query(self)
    return answer


# Without it: a named query cannot be destroyed (the provider replaces, it never updates one).
def delete_named_query(self: AthenaResponse) -> str:
    query_id = self._get_param("NamedQueryId")
    if self.athena_backend.named_queries.pop(query_id, None) is None:
        raise _refused(f"NamedQuery {query_id} does not exist")
    return "{}"


def _refused(message: str) -> JsonRESTError:
    return JsonRESTError("InvalidRequestException", message)


def _merge(configuration: dict[str, Any], updates: dict[str, Any]) -> None:
    """Apply a WorkGroupConfigurationUpdates: `RemoveX: true`, `XUpdates: {...}` or `X: value`."""
    for name, value in updates.items():
        if name.startswith("Remove"):
            if value:
                configuration.pop(name.removeprefix("Remove"), None)
        elif name.endswith("Updates"):
            _merge(configuration.setdefault(name.removesuffix("Updates"), {}), value)
        else:
            configuration[name] = value


def fill_gaps() -> None:
    """Give moto's Athena the calls above, for every account and region of this process."""
    for owner, call in (
        (AthenaBackend, create_work_group),
        (AthenaResponse, list_tags_for_resource),
        (AthenaResponse, update_work_group),
        (AthenaResponse, update_data_catalog),
        (AthenaResponse, delete_data_catalog),
        (AthenaResponse, get_named_query),
        (AthenaResponse, delete_named_query),
    ):
        setattr(owner, call.__name__, call)
