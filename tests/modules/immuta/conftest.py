"""Settings and blocks that the tests beside this file share."""

from typing import Any

from modules.account import Account
from modules.iam.arn import partition_of
from modules.immuta.settings import ImmutaSettings
from tests.conftest import ACCOUNT

REGIONS = ("eu-central-1", "cn-north-1", "us-gov-west-1")

# What a PGP public key starts with is all that the settings look at.
KEYS = {"pgp_key": "mQEN", "generations": ["2026-11"]}

IMMUTA = (
    ACCOUNT
    + """
immuta "governed" {
  account        = "analytics"
  authentication = "access_key"
  database       = "sales"
  source "acme-lake" {}
  results {
    bucket            = "acme-immuta-results"
    path              = "queries/"
    expire_after_days = 7
  }
  keys {
    pgp_key_file = "keys/ops.asc"
    generations  = ["2026-11"]
  }
}
"""
)


def account(region: str = "eu-central-1") -> Account:
    return Account(name="analytics", id="111122223333", region=region)


def key(region: str, number: int) -> str:
    partition = partition_of(region)
    return f"arn:{partition}:kms:{region}:111122223333:key/00000000-0000-0000-0000-{number:012}"


def minimal(region: str = "eu-central-1", **fields: Any) -> ImmutaSettings:
    """Return the least that an ``immuta`` block says, with ``fields`` in place of its own."""
    block = {
        "name": "governed",
        "account": account(region),
        "database": "sales",
        "sources": [{"bucket": "acme-lake"}],
        "keys": KEYS,
    }
    return ImmutaSettings.model_validate({**block, **fields})


def maximal(region: str = "eu-central-1", **fields: Any) -> ImmutaSettings:
    """Return a block that uses every field which adds to the policy."""
    block = {
        "lake_formation": True,
        "sources": [
            {"bucket": "acme-lake", "prefixes": ["sales/", "crm/"], "kms_key": key(region, 1)},
            {"bucket": "acme-archive", "kms_key": key(region, 2)},
        ],
        "results": {
            "bucket": "acme-immuta-results",
            "path": "teams/a/",
            "kms_key": key(region, 3),
        },
    }
    return minimal(region, **{**block, **fields})
