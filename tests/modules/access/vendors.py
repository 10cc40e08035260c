"""Blocks of vendors, for tests."""

from pathlib import Path
from typing import Any

from athena_gate.modules.access.catalogue import vendor_block
from athena_gate.modules.access.settings import Access
from athena_gate.modules.account import Account
from athena_gate.modules.athena.settings import read_public_key

KEY = Path(__file__).resolve().parents[1] / "pgp_keys" / "good.asc"
PUBLIC_KEY = read_public_key(KEY)
REGIONS = {"aws": "eu-central-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
KMS = "arn:{}:kms:{}:111122223333:key/11111111-2222-3333-4444-55555555555{}"
KEYS = {"pgp_key": PUBLIC_KEY, "generations": ("2026-11",)}
GOOGLE = {"subject": "123456789012345678901", "organization_identifier": "org-4711"}


def account(partition: str = "aws") -> Account:
    return Account(name="analytics", id="111122223333", region=REGIONS[partition])


def vendor(kind: str, partition: str = "aws", **settings: Any) -> Access:
    """Return a block of the vendor ``kind`` with one database, one bucket and access keys; of one
    that writes tables, with a bucket and a token of Google's."""
    block = vendor_block(kind)
    given: dict[str, Any] = {"name": "reporting", "account": account(partition)}
    if block.profile.cls == "tables":
        given |= {"bucket": "acme-exports", "schema": "exports", "web_identity": GOOGLE}
    else:
        sources = [{"bucket": "acme-lake", "prefixes": ["sales/"]}]
        given |= {"databases": ["sales"], "sources": sources, "keys": KEYS}
    return block.model_validate(given | settings)


def dot(partition: str = "aws", **settings: Any) -> Access:
    return vendor("dot", partition, **settings)


def maximal_dot(partition: str = "aws") -> Access:
    """Return a Dot block with everything that can be switched on."""
    region = REGIONS[partition]
    return dot(
        partition,
        databases=["sales", "finance"],
        lake_formation={},
        reads_results_directly=True,
        sources=[
            {"bucket": "acme-lake", "prefixes": ["sales/", "finance/"]},
            {"bucket": "acme-vault", "kms_key": KMS.format(partition, region, 5)},
        ],
        results={"path": "dot/", "kms_key": KMS.format(partition, region, 6)},
    )
