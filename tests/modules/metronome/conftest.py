"""Settings and blocks that the tests beside this file share."""

from typing import Any

from modules.account import Account
from modules.iam.arn import partition_of
from modules.metronome.settings import MetronomeSettings
from tests.conftest import ACCOUNT

REGIONS = ("eu-central-1", "cn-north-1", "us-gov-west-1")

SERVICE_ACCOUNT = "108000002380243782158"

# What a PGP public key starts with is all that the settings look at.
KEYS = {"pgp_key": "mQEN", "generations": ["2026-10", "2026-11"]}

METRONOME = (
    ACCOUNT
    + """
metronome "billing" {
  account            = "analytics"
  service_account_id = "108000002380243782158"
  bucket             = "acme-metronome"
  schema             = "metronome"
}
"""
)

WITH_KEYS = (
    ACCOUNT
    + """
metronome "billing" {
  account        = "analytics"
  authentication = "access_key"
  bucket         = "acme-metronome"
  schema         = "metronome"
  keys {
    pgp_key_file = "keys/ops.asc"
    generations  = ["2026-10", "2026-11"]
  }
}
"""
)

EVERYTHING = (
    ACCOUNT
    + """
metronome "billing" {
  vendor                    = "webflow"
  account                   = "analytics"
  authentication            = "web_identity"
  service_account_id        = "108000002380243782158"
  organization_identifier   = "org-4711"
  audience                  = "108000002380243782159"
  grants                    = "least_privilege"
  bucket                    = "acme-metronome"
  create_bucket             = true
  kms_key = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000001"
  schema                    = "metronome"
  database                  = "metronome_results"
  results_expire_after_days = 7
  permissions_boundary      = "arn:aws:iam::111122223333:policy/boundary"
  path                      = "/vendors/"
  workgroup {
    bytes_scanned_cutoff = 10485760
    engine_version       = "AUTO"
  }
}
"""
)


def account(region: str = "eu-central-1") -> Account:
    return Account(name="analytics", id="111122223333", region=region)


def key(region: str = "eu-central-1") -> str:
    partition = partition_of(region)
    return f"arn:{partition}:kms:{region}:111122223333:key/00000000-0000-0000-0000-000000000001"


def minimal(region: str = "eu-central-1", **fields: Any) -> MetronomeSettings:
    """Return the least that a ``metronome`` block says, with ``fields`` in place of its own."""
    block = {
        "name": "billing",
        "account": account(region),
        "service_account_id": SERVICE_ACCOUNT,
        "bucket": "acme-metronome",
        "schema": "metronome",
    }
    return MetronomeSettings.model_validate({**block, **fields})


def maximal(region: str = "eu-central-1", **fields: Any) -> MetronomeSettings:
    """Return a block that uses every field which changes a policy."""
    block = {
        "vendor": "webflow",
        "organization_identifier": "org-4711",
        "audience": "108000002380243782159",
        "kms_key": key(region),
        "database": "metronome_results",
        "workgroup": {},
    }
    return minimal(region, **{**block, **fields})


def with_keys(region: str = "eu-central-1", **fields: Any) -> MetronomeSettings:
    """Return a block for an IAM user with access keys."""
    block = {"authentication": "access_key", "service_account_id": None, "keys": KEYS}
    return minimal(region, **{**block, **fields})
