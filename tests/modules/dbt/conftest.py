"""Settings and blocks that the tests beside this file share."""

from typing import Any

from athena_gate.modules.account import Account
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.iam.arn import partition_of
from tests.conftest import ACCOUNT

REGIONS = ("eu-central-1", "cn-north-1", "us-gov-west-1")

DBT = (
    ACCOUNT
    + """
dbt "ci" {
  account   = "analytics"
  mode      = "via_athena"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_ci"]
}
"""
)


def account(region: str = "eu-central-1") -> Account:
    return Account(name="analytics", id="111122223333", region=region)


def key(region: str, number: int) -> str:
    partition = partition_of(region)
    return f"arn:{partition}:kms:{region}:111122223333:key/00000000-0000-0000-0000-{number:012}"


def minimal(region: str = "eu-central-1", **fields: Any) -> DbtSettings:
    """Return the least that a ``dbt`` block says, with ``fields`` in place of its own."""
    block = {
        "name": "ci",
        "account": account(region),
        "databases": ["dbt_ci"],
    }
    if fields.get("mode") != "documented":
        block["trusted"] = [f"arn:{partition_of(region)}:iam::111122223333:role/ci"]
    return DbtSettings.model_validate({**block, **fields})


def maximal(region: str = "eu-central-1", **fields: Any) -> DbtSettings:
    """Return a block that uses every field which adds to a policy."""
    partition = partition_of(region)
    block = {
        "external_id": "agreed:4711",
        "trusted": [
            f"arn:{partition}:iam::111122223333:role/teams/ci",
            f"arn:{partition}:iam::444455556666:user/dbt",
        ],
        "databases": ["dbt_ci", "default"],
        "source_databases": ["sales", "web"],
        "drop_schemas": True,
        "lake_formation": {},
        "sources": [
            {"bucket": "acme-lake", "prefixes": ["sales/", "web/"], "kms_key": key(region, 1)},
            {"bucket": "acme-archive", "kms_key": key(region, 2)},
        ],
        "workgroup": {},
        "results": {"bucket": "acme-dbt", "path": "results/", "create": False},
        "data": {
            "bucket": "acme-dbt",
            "path": "tables/",
            "create": False,
            "kms_key": key(region, 3),
        },
    }
    return minimal(region, **{**block, **fields})
