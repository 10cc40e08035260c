"""What exists before the first call: resources that a configuration takes for granted."""

from collections.abc import Iterable, Mapping
from typing import Any

from moto.backends import get_backend

# Open to nobody; who takes the role is asked for by no call.
TRUST = '{"Version": "2012-10-17", "Statement": []}'
# A boundary that bounds nothing.
DOCUMENT = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)


def make(resources: Iterable[Mapping[str, str]]) -> None:
    """Make each of ``resources``: ``arn`` (of a role, user, managed policy, bucket or workgroup),
    ``account`` and ``region``."""
    for one in resources:
        _make(one["arn"], one["account"], one["region"])


def _make(arn: str, account: str, region: str) -> None:
    _, partition, service, _, _, resource = arn.split(":", 5)
    kind, _, rest = resource.partition("/")
    path, _, name = f"/{rest}".rpartition("/")
    # Global services have one region a partition, which moto calls after it.
    backend: Any = get_backend(service)[account][partition if service != "athena" else region]
    if service == "s3":
        backend.create_bucket(resource, region)
    elif service == "athena":
        backend.create_work_group(name, {}, "", [])
    elif kind == "role":
        backend.create_role(name, TRUST, f"{path}/", None, "", [], None)
    elif kind == "user":
        backend.create_user(region, name, f"{path}/")
    else:
        backend.create_policy("", f"{path}/", DOCUMENT, name, [])
