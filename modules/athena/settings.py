"""The nested blocks that several integrations accept."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from athena_gate.modules.account import Account, Owner, key_in_reach
from athena_gate.modules.fields import (
    Block,
    BucketName,
    Generation,
    GlueName,
    KmsKeyArn,
    List,
    PgpKey,
    Prefix,
    Prefixes,
    Settings,
    check_public_key,
    counted,
    pattern,
    unique,
)
from athena_gate.modules.files import Unreadable, read_bytes
from athena_gate.modules.findings import Remark, Wrong

# SHA-256 of keys/example.asc in binary form.
EXAMPLE_KEY = "4f9c6db9cc085a296779242388c85f0b8339706cf97de8096947cda55e4b8d85"

# A key that many have signed has 100 KB.
KEY_LIMIT = 256 * 1024

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
    owner: Owner | None = Field(
        None,
        description="Whose the bucket is, when not the block's account: the name of an `account`, "
        "or 12 digits.",
    )
    kms_key_owner: Owner | None = Field(
        None, description="Whose `kms_key` is, when neither the block's account nor `owner`."
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
        )


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


# https://docs.aws.amazon.com/lake-formation/latest/dg/TBAC-notes.html (2026-11): at most 50
# characters, and stored in lower case, so that a capital would differ from what was made of it.
TagText = Annotated[
    str,
    pattern(
        r"[a-z0-9_.:/=+@%-]([a-z0-9 _.:/=+@%-]{0,48}[a-z0-9_.:/=+@%-])?",
        "1 to 50 lower-case letters, digits, spaces and _ . : / = + - @ %",
    ),
]


class LakeTable(Settings):
    """A table that Lake Formation gives alone, instead of all of its database."""

    name: Annotated[
        str,
        pattern(
            r"[a-z0-9_][a-z0-9_-]{0,254}\.[a-z0-9_][a-z0-9_-]{0,254}",
            'database and table in lower case, as in "sales.orders"; no wildcards',
        ),
    ] = Field(description="Its database and name, as in `sales.orders`.")
    columns: Annotated[List[GlueName], unique()] = Field(
        (), description="The columns given; without it, all of them."
    )
    without_columns: Annotated[List[GlueName], unique()] = Field(
        (), description="The columns not given; all others are, those to come among them."
    )

    @field_validator("without_columns")
    @classmethod
    def _in_or_out(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if value and info.data.get("columns"):
            raise Wrong("GATE330", "columns names those that are given; keep one of the two")
        return value

    @property
    def database(self) -> str:
        """Return the database it is in."""
        return self.name.partition(".")[0]

    @property
    def table(self) -> str:
        """Return its name in that."""
        return self.name.partition(".")[2]


class LakeTag(Settings):
    """An LF-tag: what has one of its values is given."""

    key: TagText = Field(description="The LF-tag's key.")
    values: Annotated[List[TagText], unique(), counted(1, 50)] = Field(
        description="The values of it of which one is enough."
    )


class LakeFormationReader(Settings):
    """What Lake Formation gives to whoever reads; IAM's policies say the rest."""

    grants: bool = Field(
        True, description="`false` leaves the grants to others; `gate todo` lists them."
    )
    tables: Annotated[
        List[LakeTable], unique(lambda table: str(table.name)), Block("table", "name")
    ] = Field(
        (),
        description="Tables given alone; of a database without such a block, all tables are.",
    )
    tags: Annotated[
        List[LakeTag],
        unique(lambda tag: str(tag.key)),
        counted(0, 50),
        Block("tag", "key"),
    ] = Field(
        (),
        description="LF-tags of the databases and tables that are given, all of them, instead of "
        "by name.",
    )

    @field_validator("tags")
    @classmethod
    def _by_name_or_by_tag(
        cls, value: tuple[LakeTag, ...], info: ValidationInfo
    ) -> tuple[LakeTag, ...]:
        if value and info.data.get("tables"):
            raise Wrong(
                "GATE330", "table blocks give tables by name; keep either those or the tags"
            )
        return value


class LakeFormationMetadata(LakeFormationReader):
    """The same for whoever reads descriptions of tables only."""

    @field_validator("tables")
    @classmethod
    def _descriptions_are_whole(cls, value: tuple[LakeTable, ...]) -> tuple[LakeTable, ...]:
        for number, table in enumerate(value):
            if table.columns or table.without_columns:
                raise Wrong(
                    "GATE331",
                    f"table {table.name!r}: DESCRIBE is given on whole tables, and this vendor "
                    "reads no rows; remove the columns",
                    number,
                )
        return value


class LakeFormation(LakeFormationReader):
    """The same for whoever runs queries."""

    default_database: bool = Field(
        True,
        description="Grants DESCRIBE on the database `default`, which Athena looks at in every "
        "query; `false` where the account has none.",
    )


class LakeFormationWriter(LakeFormation):
    """The same for whoever makes tables too, in databases of its own."""

    new_databases: Annotated[List[GlueName], unique()] = Field(
        (),
        description="Those of its own databases that do not exist yet: it makes them, and what "
        "it makes is its own without a grant.",
    )
    data_location: bool | None = Field(
        None,
        description="Grants DATA_LOCATION_ACCESS on where it writes, which must be registered "
        "with Lake Formation; by default for a bucket of the account that exists.",
    )


def lake_formation_fits(
    value: LakeFormationReader | None,
    read: Iterable[str],
    written: Iterable[str] = (),
    made_bucket: str | None = None,
) -> None:
    """Raise ``Wrong`` unless ``value``, the field ``lake_formation`` of a block, speaks of the
    databases ``read`` and ``written`` that the block names, and of a location that may be
    registered: not of ``made_bucket``, which the same apply makes."""
    if value is None:
        return
    read, written = tuple(read), tuple(written)
    for number, table in enumerate(value.tables):
        at = ("lake_formation", "tables", number)
        shown = f"lake_formation: table {table.name!r}"
        if table.database in written:
            raise Wrong(
                "GATE332",
                f"{shown}: {table.database!r} is written, so all its tables are given; remove it",
                at,
            )
        if table.database not in read:
            raise Wrong(
                "GATE332",
                f"{shown}: the database {table.database!r} is not named; allowed: tables of "
                f"{', '.join(read) or 'no database'}",
                at,
            )
    if not (read or written or value.tags):
        raise Wrong(
            "GATE302",
            "lake_formation: there is nothing to grant; name databases, or LF-tags as in "
            'tag "domain" { values = ["sales"] }',
            ("lake_formation",),
        )
    if not isinstance(value, LakeFormationWriter):
        return
    for number, name in enumerate(value.new_databases):
        if name not in written:
            raise Wrong(
                "GATE332",
                f"lake_formation: new_databases: {name!r} is not written; allowed: "
                f"{', '.join(written)}",
                ("lake_formation", "new_databases", number),
            )
    if value.data_location and made_bucket:
        raise Wrong(
            "GATE333",
            f"lake_formation: data_location: the bucket {made_bucket!r} is made here, so nobody "
            "has registered it with Lake Formation yet; remove the field: IAM alone opens what is "
            "not registered",
            ("lake_formation", "data_location"),
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
