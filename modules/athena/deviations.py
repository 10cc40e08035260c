"""Deviations from the vendors' pages that several integrations have."""

from modules.iam.guide import Deviation
from modules.iam.policy import Condition, Statement

VIA_S3 = (Condition("StringEquals", "kms:ViaService", ("{via_s3}",)),)

LAKE_FORMATION = Deviation(
    "Lake Formation governs the tables.",
    when="lake_formation",
    added=(Statement("Allow", actions=("lakeformation:GetDataAccess",), resources=("*",)),),
)


def reads_with_key(reason: str, key: str) -> Deviation:
    """Return the deviation for objects that are read and encrypted with the KMS key for which
    the placeholder ``key`` stands; it applies when the placeholder has a value."""
    return _with_key(reason, key, "kms:Decrypt")


def writes_with_key(reason: str, key: str) -> Deviation:
    """Return the same for objects that are written as well."""
    return _with_key(reason, key, "kms:Decrypt", "kms:GenerateDataKey")


def _with_key(reason: str, key: str, *actions: str) -> Deviation:
    statement = Statement("Allow", actions=actions, resources=(f"{{{key}}}",), conditions=VIA_S3)
    return Deviation(reason, when=key, added=(statement,))
