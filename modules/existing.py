"""What a block names, does not make, and somebody must have made before it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from athena_gate.modules.account import Account
from athena_gate.modules.athena.settings import Source, Workgroup


@dataclass(frozen=True, slots=True)
class Existing:
    """The role, user, managed policy, bucket or workgroup ``arn``, in the account with the id
    ``account``; a bucket's ARN says neither that nor its ``region``."""

    arn: str
    account: str
    region: str

    @classmethod
    def of(cls, account: Account, arn: str) -> Self:
        """Return ``arn`` as a resource that the settings of a block in ``account`` name; where an
        ARN has an account of its own, that counts."""
        return cls(arn, arn.split(":")[4] or account.id, account.region)


def existing_buckets(
    account: Account, names: Iterable[str], owner: str | None = None
) -> tuple[Existing, ...]:
    """Return the buckets ``names`` of ``owner``, by default of ``account``."""
    return tuple(
        Existing(account.arns.bucket(name), owner or account.id, account.region) for name in names
    )


def existing_sources(account: Account, sources: Iterable[Source]) -> tuple[Existing, ...]:
    """Return the buckets of ``sources``, of ``account`` where no owner is named."""
    return tuple(
        existing
        for source in sources
        if source.access_point is None
        for existing in existing_buckets(account, (source.bucket,), source.owner)
    )


def existing_workgroup(account: Account, workgroup: Workgroup | None) -> tuple[Existing, ...]:
    """Return the workgroup that ``workgroup`` names, if it is not made."""
    name = workgroup.name if workgroup else None
    return (Existing.of(account, account.arns.workgroup(name)),) if name else ()


def existing_boundary(account: Account, policy: str | None) -> tuple[Existing, ...]:
    """Return the permissions boundary ``policy``, unless AWS makes it."""
    if policy is None or policy.split(":")[4] == "aws":
        return ()
    return (Existing.of(account, policy),)
