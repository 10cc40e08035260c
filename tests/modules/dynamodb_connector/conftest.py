"""Settings and blocks that the tests beside this file share."""

from typing import Any

from athena_gate.modules.account import Account
from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings
from athena_gate.modules.iam.arn import partition_of
from tests.conftest import ACCOUNT

REGIONS = ("eu-central-1", "cn-north-1", "us-gov-west-1")
OWNER, CONSUMER = "111122223333", "444455556666"
ANALYST, SCIENTIST = (
    f"arn:aws:iam::{CONSUMER}:role/{name}" for name in ("analyst", "teams/scientist")
)

ACCOUNTS = (
    ACCOUNT
    + """
account "partner" {
  id          = "444455556666"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::444455556666:role/terraform"
}
"""
)

# The block starts on line 12; the least that one says.
CONNECTOR = (
    ACCOUNTS
    + """
dynamodb_connector "orders" {
  owner    = "analytics"
  consumer = "partner"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::444455556666:role/analyst"]
}
"""
)

EVERYTHING = (
    ACCOUNTS
    + """
dynamodb_connector "orders" {
  owner           = "analytics"
  consumer        = "partner"
  tables          = ["orders", "Customers"]
  readers         = [
    "arn:aws:iam::444455556666:role/analyst",
    "arn:aws:iam::444455556666:role/teams/scientist",
  ]
  organization_id = "o-a1b2c3d4e5"
  console_sharing = true
  catalog         = "shop"
  deployment      = "application"
  release         = "2026.30.1"
  memory          = 2048
  timeout         = 300
  spill {
    bucket         = "acme-spill"
    prefix         = "orders/"
    create_kms_key = true
    encryption     = false
  }
  workgroup { bytes_scanned_cutoff = 10485760 }
  owner_results {
    bucket            = "acme-results"
    path              = "a/"
    expire_after_days = 7
  }
  consumer_results {
    bucket = "partner-results"
    create = false
    path   = "b/"
  }
}
"""
)


def account(name: str, account_id: str, region: str) -> Account:
    role = f"arn:{partition_of(region)}:iam::{account_id}:role/terraform"
    return Account(name=name, id=account_id, region=region, assume_role=role)


def reader(region: str, name: str = "analyst") -> str:
    return f"arn:{partition_of(region)}:iam::{CONSUMER}:role/{name}"


def key(region: str, account_id: str = CONSUMER) -> str:
    partition = partition_of(region)
    return f"arn:{partition}:kms:{region}:{account_id}:key/11111111-2222-3333-4444-555555555555"


def minimal(region: str = "eu-central-1", **fields: Any) -> DynamodbConnectorSettings:
    """Return the least that a block says in ``region``, with ``fields`` in place of its own."""
    block = {
        "name": "orders",
        "owner": account("analytics", OWNER, region),
        "consumer": account("partner", CONSUMER, region),
        "tables": ["orders"],
        "readers": [reader(region)],
        "image": None
        if partition_of(region) == "aws"
        else f"{OWNER}.dkr.ecr.{region}.amazonaws.com/connector:2026.33.1",
    }
    return DynamodbConnectorSettings.model_validate({**block, **fields})


def maximal(region: str = "eu-central-1", **fields: Any) -> DynamodbConnectorSettings:
    """Return a block that uses every field which changes a policy."""
    block = {
        "tables": ["orders", "Customers"],
        "readers": [reader(region), reader(region, "teams/scientist")],
        "organization_id": "o-a1b2c3d4e5",
        "console_sharing": True,
        "spill": {"bucket": "acme-spill", "prefix": "orders/", "create_kms_key": True},
        "consumer_results": {"path": "b/", "kms_key": key(region)},
    }
    return minimal(region, **{**block, **fields})


def documented(region: str = "eu-central-1", **fields: Any) -> DynamodbConnectorSettings:
    """Return a block that opens as much as the guide does."""
    return minimal(region, **{"grants": "documented", "console_sharing": True, **fields})


def one_account(region: str = "eu-central-1", **fields: Any) -> DynamodbConnectorSettings:
    """Return a block whose owner and consumer are one account."""
    role = f"arn:{partition_of(region)}:iam::{OWNER}:role/analyst"
    block = {"consumer": account("analytics", OWNER, region), "readers": [role]}
    return minimal(region, **{**block, **fields})
