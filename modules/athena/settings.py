"""The nested blocks that several integrations accept."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from athena_gate.modules.account import Account, Owner, key_in_reach
from athena_gate.modules.athena.alarm import Alarm, Watched
from athena_gate.modules.fields import (
    ALIAS,
    AccessPointArn,
    Block,
    BucketName,
    Generation,
    KmsKeyArn,
    List,
    PgpKey,
    Prefix,
    Prefixes,
    Region,
    Settings,
    SourceBucketName,
    WorkgroupName,
    check_public_key,
    counted,
    unique,
)
from athena_gate.modules.files import Unreadable, read_bytes
from athena_gate.modules.findings import Remark, Wrong
from athena_gate.modules.iam.arn import partition_of

# SHA-256 of keys/example.asc in binary form.
EXAMPLE_KEY = "4f9c6db9cc085a296779242388c85f0b8339706cf97de8096947cda55e4b8d85"

# A key that many have signed has 100 KB.
KEY_LIMIT = 256 * 1024

MEBIBYTE = 1024**2
GIBIBYTE = 1024**3


class Source(Settings):
    """A bucket that holds table data, read by queries and never written."""

    bucket: SourceBucketName = Field(
        description="The bucket's name, or the alias of an access point of it."
    )
    access_point: AccessPointArn | None = Field(
        None, validate_default=True, description="The access point whose alias `bucket` is."
    )
    region: Region | None = Field(
        None, description="The region the bucket is in, when not the account's."
    )
    prefixes: Prefixes = Field(
        (), description="Where in the bucket the tables lie; without it, the whole bucket."
    )
    kms_key: KmsKeyArn | None = Field(
        None, description="The KMS key the objects are encrypted with, if any."
    )
    owner: Owner | None = Field(
        None,
        description="Whose the bucket is, when not the block's account: the name of an `account`, "
        "or 12 digits.",
    )
    kms_key_owner: Owner | None = Field(
        None, description="Whose `kms_key` is, when neither the block's account nor `owner`."
    )

    @field_validator("access_point")
    @classmethod
    def _of_an_alias(cls, value: str | None, info: ValidationInfo) -> str | None:
        bucket = info.data.get("bucket")
        if bucket is None:
            return value
        if value is None and bucket.endswith(ALIAS):
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
            # (2026-11): aliases are no resources of policies.
            raise Wrong(
                "GATE302",
                "is missing: policies know an access point by its ARN, never by its alias; "
                "`aws s3control list-access-points` shows both",
            )
        if value is not None and not bucket.endswith(ALIAS):
            raise Wrong(
                "GATE301",
                f"Athena reads through an access point by its alias, and {bucket!r} is a bucket; "
                f"name the source as the alias, which ends in {ALIAS}, or remove this",
            )
        return value

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


def source_keys_in_reach(sources: Iterable[Source], account: Account | None) -> None:
    """Raise ``ValueError`` unless the KMS key of each of ``sources`` is in the region of
    ``account``, and of an account that is named for it."""
    for item, source in enumerate(sources):
        key_in_reach(
            source.kms_key,
            account,
            (source.owner, source.kms_key_owner),
            f"source {source.bucket!r}: kms_key",
            (item, "kms_key"),
            source.region,
        )


def sources_can_be_read(sources: Iterable[Source], account: Account | None) -> None:
    """Raise ``ValueError`` unless Athena in ``account`` can read ``sources``: from one partition,
    and through access points of its own account and region."""
    for item, source in enumerate(sources):
        if account is None:
            return
        region, of_account = source.region or account.region, account.arns.partition
        if partition_of(region) != of_account:
            raise Wrong(
                "GATE209",
                f"source {source.bucket!r}: region is in partition {partition_of(region)}, and "
                f"nobody of {of_account} reads there",
                (item, "region"),
            )
        if source.access_point is None:
            continue
        place = source.access_point.split(":")
        if place[4] != account.id or source.owner:
            raise Wrong(
                "GATE345",
                f"source {source.bucket!r}: access_point is in account {place[4]}; that of another "
                "account has a policy that must let this block in, as must its bucket's: have one "
                f"made in {account.id} for that bucket, or name the bucket with its owner",
                (item, "access_point"),
            )
        if place[3] != region or place[1] != of_account:
            raise Wrong(
                "GATE209",
                f"source {source.bucket!r}: access_point is in {place[3]}, its bucket in {region}",
                (item, "access_point"),
            )


def access_points(account: Account, sources: Iterable[Source]) -> dict[str, str]:
    """Return the ARN of the access point by that of the bucket that its alias looks like."""
    return {
        account.arns.bucket(source.bucket): source.access_point
        for source in sources
        if source.access_point
    }


def by_access_point(resource: str, points: Mapping[str, str]) -> str:
    """Return ``resource``, an ARN or pattern in S3, as policies have it: an alias among ``points``
    is its access point, and what lies in it an object of that.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html (2026-11).
    """
    bucket, slash, key = resource.partition("/")
    if bucket not in points:
        return resource
    return f"{points[bucket]}/object/{key}" if slash else points[bucket]


def source_remarks(sources: Iterable[Source], account: Account) -> tuple[Remark, ...]:
    """Return what a reviewer should know of where ``sources`` lie."""
    found = []
    for source in sources:
        if re.search("[A-Z_]", source.bucket):
            found.append(
                Remark(
                    "GATE732",
                    "source",
                    "only a bucket made in us-east-1 before March 2018 has capitals or "
                    "underscores, and Athena's page advises against the latter",
                    source.bucket,
                )
            )
        if source.region and source.region != account.region:
            found.append(
                Remark(
                    "GATE733",
                    "source",
                    f"Athena in {account.region} reads it in {source.region}: slower, and S3 "
                    "charges what leaves the region",
                    source.bucket,
                )
            )
    if account.arns.partition == "aws-eusc":
        text = "neither AWS's pages for Athena nor those of vendors speak of aws-eusc, and nothing "
        text += "was tried there"
        found.append(Remark("GATE734", "account", text))
    return tuple(found)


def owned_elsewhere(account: Account, buckets: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Return whose those of ``buckets``, names with the owner given for each, are that are not
    ``account``'s."""
    return {name: owner for name, owner in buckets if owner and owner != account.id}


def one_owner(
    bucket: str, owner: str | None, sources: Iterable[Source], account: Account | None
) -> None:
    """Raise ``ValueError`` when ``bucket``, which is written, is one of ``sources`` too and the two
    have not the same owner."""
    own = account.id if account else None
    for source in sources:
        if source.bucket == bucket and (source.owner or own) != (owner or own):
            raise Wrong(
                "GATE311",
                f"the bucket {bucket!r} is a source too, and has another owner there; give both "
                "the one it has",
            )


def owner_of_existing(owner: str | None, made: bool, instead: str) -> str | None:
    """Return ``owner``. Raises ``ValueError`` when the bucket is ``made`` here, which is the
    block's account's."""
    if owner is not None and made:
        raise Wrong(
            "GATE312",
            "is for a bucket that exists, and this one is made in the block's account; remove it, "
            f"or set {instead}",
        )
    return owner


class Results(Settings):
    """Where query results go."""

    managed: bool = Field(
        False,
        description="`true` leaves results in Athena for 24 hours, in a workgroup that exists and "
        "is set so; no bucket then.",
    )
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
        None,
        description="A KMS key to encrypt results with instead of S3's own, or that a workgroup "
        "with managed results is set to.",
    )
    owner: Owner | None = Field(
        None,
        description="With `create = false`: whose the bucket is, when not the block's account; the "
        "name of an `account`, or 12 digits.",
    )
    kms_key_owner: Owner | None = Field(
        None, description="Whose `kms_key` is, when neither the block's account nor `owner`."
    )

    @field_validator("owner")
    @classmethod
    def _of_one_that_exists(cls, value: str | None, info: ValidationInfo) -> str | None:
        return owner_of_existing(value, info.data.get("create", False), "create = false")

    @field_validator("bucket", "create", "path", "expire_after_days")
    @classmethod
    def _in_a_bucket(cls, value: object, info: ValidationInfo) -> object:
        if info.data.get("managed"):
            raise Wrong(
                "GATE301",
                "has no effect on managed results, which Athena keeps itself, for 24 hours; "
                "remove it, or managed = true",
            )
        return value

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
    """The workgroup that queries run in: one made here with these limits, or one that exists."""

    name: WorkgroupName | None = Field(
        None, description="The workgroup that exists, with `create = false`."
    )
    create: bool = Field(
        True,
        validate_default=True,
        description="`false` uses the workgroup `name` and leaves its configuration alone.",
    )
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
    alarm: Annotated[Alarm | None, Block("alarm")] = Field(
        None, description="Tells when all queries together scan more than somebody expects."
    )

    @field_validator("create")
    @classmethod
    def _named_when_it_exists(cls, value: bool, info: ValidationInfo) -> bool:
        if "name" not in info.data:
            return value
        if not value and info.data["name"] is None:
            raise Wrong("GATE302", "false needs the name of the workgroup that exists: name")
        if value and info.data["name"] is not None:
            raise Wrong(
                "GATE302",
                "a workgroup made here is called as its block; for one that exists, set "
                "create = false beside name",
            )
        return value

    @field_validator("bytes_scanned_cutoff", "engine_version")
    @classmethod
    def _of_one_made_here(cls, value: object, info: ValidationInfo) -> object:
        if info.data.get("create") is False:
            raise Wrong(
                "GATE301",
                "with create = false the workgroup keeps what it is set to; remove this field, or "
                "have a workgroup made",
            )
        return value


def watched(
    account: Account, name: str, workgroup: str, settings: Workgroup | None
) -> Watched | None:
    """Return the alarms of ``settings`` on ``workgroup``, of a block whose things are called
    ``name``."""
    alarm = settings.alarm if settings else None
    return Watched(account, name, workgroup, alarm) if alarm else None


def shared_results(workgroup: str, results: Results, who: str) -> tuple[Remark, ...]:
    """Return that ``who`` reads the results of others too, where the ``workgroup`` keeps them.

    https://docs.aws.amazon.com/athena/latest/ug/managed-results.html (2026-11): access to them is
    that to GetQueryResults in the workgroup.
    """
    if not results.managed:
        return ()
    text = f"{who} reads the results of everybody who queries in {workgroup}; give it one alone"
    return (Remark("GATE628", "results", text),)


def workgroup_key_fits(
    kms_key: str | None, account: Account | None, workgroup: Workgroup | None
) -> None:
    """Raise ``ValueError`` for a key of results that Terraform refuses in a ``workgroup`` made
    here: the AWS provider 5.100 knows no region of the European Sovereign Cloud (`terraform
    validate`, 2026-11)."""
    made = workgroup is not None and workgroup.create
    if kms_key and made and account is not None and account.arns.partition == "aws-eusc":
        raise Wrong(
            "GATE346",
            "kms_key: the AWS provider 5.100 finds an invalid region in its ARN; remove it, which "
            "leaves results to S3's own keys, or name a workgroup that exists",
            ("kms_key",),
        )


def managed_where_set(workgroup: Workgroup | None) -> None:
    """Raise ``ValueError`` for managed results in a ``workgroup`` that is made here; ``None`` has
    mistakes of its own, or is one that exists.

    https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/athena_workgroup
    (2026-11) has no managed_query_results_configuration; 6.x has.
    """
    if workgroup is not None and workgroup.create:
        raise Wrong(
            "GATE342",
            "managed: a workgroup made here cannot keep results in Athena: that is "
            "managed_query_results_configuration, which the AWS provider 5.100 has not; name one "
            'that exists, with name = "..." and create = false in workgroup {}',
            ("managed",),
        )


class Keys(Settings):
    """Access keys of the IAM user, encrypted to a PGP key before they reach the state."""

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

    @field_validator("pgp_key_file")
    @classmethod
    def _readable(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None:
            read_public_key(_resolve(value, info))
        return value

    @field_validator("pgp_key")
    @classmethod
    def _one_of_two(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "pgp_key_file" not in info.data:
            return value
        if (value is None) == (info.data["pgp_key_file"] is None):
            raise Wrong(
                "GATE208",
                "give either pgp_key_file or pgp_key; without one the secret would stand in the "
                "state in plain text",
            )
        if value is None:
            return read_public_key(_resolve(info.data["pgp_key_file"], info))
        return value

    def remarks(self) -> tuple[Remark, ...]:
        """Return what a reviewer should know of these keys."""
        if hashlib.sha256(base64.b64decode(self.public_key)).hexdigest() != EXAMPLE_KEY:
            return ()
        return (
            Remark(
                "GATE602",
                "keys",
                "this is the example key, whose private half was thrown away, so nobody can "
                "decrypt what is encrypted to it; put your own in its place",
            ),
        )

    @property
    def public_key(self) -> str:
        """Return the PGP public key in base64, wherever it came from."""
        if self.pgp_key is None:
            raise ValueError("a Keys without a key cannot be built")
        return self.pgp_key


def _resolve(file: str, info: ValidationInfo) -> Path:
    folder = info.context["folder"] if isinstance(info.context, dict) else Path()
    return Path(folder) / file


def read_public_key(file: Path) -> str:
    """Return the binary OpenPGP public key in ``file`` as base64.

    Takes armoured and binary files. Raises ``ValueError`` when the file cannot be read or holds
    anything but a public key. Armor: https://www.rfc-editor.org/rfc/rfc9580#section-6 (2024-07).
    """
    try:
        content = read_bytes(file, KEY_LIMIT)
    except Unreadable as error:
        raise Wrong(
            "GATE208", f"{error}; write your public key there with `gpg --armor --export KEY`"
        ) from None
    if b"-----BEGIN PGP PRIVATE KEY" in content:
        raise Wrong("GATE208", f"{str(file)!r} holds a PGP private key; give the public one")
    begin = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
    if begin in content:
        body = content.split(begin, 1)[1].split(b"-----END", 1)[0].replace(b"\r\n", b"\n")
        _headers, _, data = body.lstrip(b"\n ").rpartition(b"\n\n")
        lines = [line for line in (data or body).split() if not line.startswith(b"=")]
        try:
            content = base64.b64decode(b"".join(lines), validate=True)
        except binascii.Error:
            raise Wrong("GATE208", f"{str(file)!r} is not a complete PGP public key") from None
    try:
        check_public_key(content)
    except ValueError as error:
        raise Wrong("GATE208", f"{str(file)!r}: {error}") from None
    return base64.b64encode(content).decode()
