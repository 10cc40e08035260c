"""The nested blocks that several integrations accept."""

import base64
import hashlib
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from athena_gate.modules import clock
from athena_gate.modules.account import Account, key_in_region
from athena_gate.modules.fields import (
    BucketName,
    Fingerprint,
    Generation,
    KmsKeyArn,
    List,
    PgpKey,
    Prefix,
    Prefixes,
    Settings,
    counted,
    unique,
)
from athena_gate.modules.files import Unreadable, read_bytes
from athena_gate.modules.findings import Remark, Wrong
from athena_gate.modules.pgp import EXPORT, PublicKey, public_key

# SHA-256 of keys/example.asc in binary form.
EXAMPLE_KEY = "4f9c6db9cc085a296779242388c85f0b8339706cf97de8096947cda55e4b8d85"

# A key that many have signed has 100 KB.
KEY_LIMIT = 256 * 1024

# How long before the end of a PGP key it is said.
SOON = timedelta(days=60)

MEBIBYTE = 1024**2
GIBIBYTE = 1024**3


class Source(Settings):
    """A bucket that holds table data, read by queries and never written."""

    bucket: BucketName = Field(description="The bucket's name.")
    prefixes: Prefixes = Field(
        (), description="Where in the bucket the tables lie; without it, the whole bucket."
    )
    kms_key: KmsKeyArn | None = Field(
        None, description="The KMS key the objects are encrypted with, if any."
    )

    @property
    def locations(self) -> tuple[str, ...]:
        """Return ``bucket/prefix`` for each prefix, ``bucket/`` when there is none."""
        return tuple(f"{self.bucket}/{prefix}" for prefix in self.prefixes or ("",))


def source_locations(sources: Iterable[Source]) -> tuple[str, ...]:
    """Return where the tables of ``sources`` lie, as ``bucket/prefix``."""
    return tuple(location for source in sources for location in source.locations)


def source_keys(sources: Iterable[Source]) -> tuple[str, ...]:
    """Return the ARNs of the KMS keys of ``sources``, each once."""
    return tuple(dict.fromkeys(source.kms_key for source in sources if source.kms_key))


def source_keys_in_region(sources: Iterable[Source], account: Account | None) -> None:
    """Raise ``ValueError`` unless the KMS key of each of ``sources`` is in ``account``'s region."""
    for source in sources:
        key_in_region(source.kms_key, account, f"source {source.bucket!r}: kms_key")


class Results(Settings):
    """Where query results go."""

    bucket: BucketName | None = Field(
        None, description="The bucket's name; by default derived from the block and the account."
    )
    create: bool = Field(
        True, description="`false` uses a bucket that exists and leaves its configuration alone."
    )
    path: Prefix | None = Field(
        None, description="The prefix results are written under; by default the block's name."
    )
    expire_after_days: int | None = Field(
        None,
        ge=1,
        le=3650,
        description="Days until results are deleted; 30 by default, only for a bucket made here.",
    )
    kms_key: KmsKeyArn | None = Field(
        None, description="A KMS key to encrypt results with instead of S3's own."
    )

    @field_validator("create")
    @classmethod
    def _named_when_it_exists(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and info.data.get("bucket", "") is None:
            raise Wrong("GATE302", "false needs the name of the bucket that exists: bucket")
        return value

    @field_validator("expire_after_days")
    @classmethod
    def _only_in_an_own_bucket(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and not info.data.get("create", True):
            raise Wrong(
                "GATE301",
                "with create = false the bucket keeps the lifecycle it has; remove this field, or "
                "have a bucket made",
            )
        return value


class Workgroup(Settings):
    """Limits of the workgroup that queries run in."""

    # https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
    # (2026-11): 10 MB is the least the API takes.
    bytes_scanned_cutoff: int = Field(
        100 * GIBIBYTE,
        ge=10 * MEBIBYTE,
        le=7_000_000_000_000_000_000,
        description="Bytes a single query may scan before Athena stops it.",
    )
    engine_version: Literal["Athena engine version 3", "AUTO"] = Field(
        "Athena engine version 3", description="The Athena engine; `AUTO` lets AWS choose."
    )


class Keys(Settings):
    """Access keys of the IAM user, encrypted to a PGP key before they reach the state."""

    pgp_fingerprint: Fingerprint | None = Field(
        None, description="Which key it is, where the file holds several: its fingerprint."
    )
    pgp_key_file: str | None = Field(
        None,
        min_length=1,
        validate_default=False,
        description="A file with a PGP public key (armoured or binary), relative to gate.hcl.",
    )
    pgp_key: PgpKey | None = Field(
        None,
        validate_default=True,
        description="The PGP public key itself, in base64, instead of a file.",
    )
    generations: Annotated[List[Generation], unique(), counted(1, 2)] = Field(
        description="One access key each, two at most: add one, hand it over, remove the other.",
    )
    max_age_days: int | None = Field(
        None, ge=1, le=3650, description="How old an access key may be before it is to be rotated."
    )

    @field_validator("pgp_key_file")
    @classmethod
    def _readable(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and "pgp_fingerprint" in info.data:
            read_key(_resolve(value, info), info.data["pgp_fingerprint"])
        return value

    @field_validator("pgp_key")
    @classmethod
    def _one_of_two(cls, value: str | None, info: ValidationInfo) -> str | None:
        if {"pgp_key_file", "pgp_fingerprint"} - info.data.keys():
            return value
        if (value is None) == (info.data["pgp_key_file"] is None):
            raise Wrong(
                "GATE208",
                "give either pgp_key_file or pgp_key; without one the secret would stand in the "
                "state in plain text",
            )
        named = info.data["pgp_fingerprint"]
        if value is None:
            return read_key(_resolve(info.data["pgp_key_file"], info), named).base64
        return public_key(base64.b64decode(value), named).base64

    def remarks(self) -> tuple[Remark, ...]:
        """Return what a reviewer should know of these keys."""
        content = base64.b64decode(self.public_key)
        if hashlib.sha256(content).hexdigest() == EXAMPLE_KEY:
            return (
                Remark(
                    "GATE602",
                    "keys",
                    "this is the example key, whose private half was thrown away, so nobody can "
                    "decrypt what is encrypted to it; put your own in its place",
                ),
            )
        found = list(self._too_old())
        ends = public_key(content).expires
        if ends is not None and ends - clock.now() <= SOON:
            found.append(
                Remark(
                    "GATE630",
                    "keys",
                    f"the PGP key expires on {ends.date()}, and no access key can be made with it "
                    "from then on; extend it and export it again: keys that are there stay as they "
                    "are",
                )
            )
        return tuple(found)

    def _too_old(self) -> Iterator[Remark]:
        """Yield the generations that are called after a month or day and are too old by that."""
        if self.max_age_days is None:
            return
        for generation in self.generations:
            made = _latest_day(generation)
            if made is not None and (age := (clock.today() - made).days) > self.max_age_days:
                yield Remark(
                    "GATE631",
                    "keys",
                    f"generation {generation} is {age} days old or more by its name, and "
                    f"max_age_days is {self.max_age_days}; gate rotate begins a rotation",
                )

    @property
    def public_key(self) -> str:
        """Return the PGP public key in base64, wherever it came from."""
        if self.pgp_key is None:
            raise ValueError("a Keys without a key cannot be built")
        return self.pgp_key


def _latest_day(generation: str) -> date | None:
    """Return the last day that a generation called after a month or a day can be of; None for
    another name."""
    found = re.match(r"([0-9]{4})-([0-9]{2})(-[0-9]{2})?(?![0-9])", generation)
    if found is None:
        return None
    try:
        if found[3]:
            return date.fromisoformat(found[0])
        year, month = int(found[1]), int(found[2])
        return date(year, month, monthrange(year, month)[1])
    except ValueError:
        return None


def _resolve(file: str, info: ValidationInfo) -> Path:
    folder = info.context["folder"] if isinstance(info.context, dict) else Path()
    return Path(folder) / file


def read_key(file: Path, fingerprint: str | None = None) -> PublicKey:
    """Return the PGP public key in ``file``, of several the one that ``fingerprint`` names.

    Takes armoured and binary files. Raises ``Wrong`` when the file cannot be read, or nothing can
    be encrypted to it today.
    """
    try:
        content = read_bytes(file, KEY_LIMIT)
    except Unreadable as error:
        raise Wrong("GATE208", f"{error}; write your public key there with {EXPORT}") from None
    try:
        return public_key(content, fingerprint)
    except Wrong as error:
        code = error.code
        raise Wrong(code, f"{str(file)!r}: {error}") from None


def read_public_key(file: Path) -> str:
    """Return the PGP public key in ``file`` in base64, as Terraform takes it."""
    return read_key(file).base64
