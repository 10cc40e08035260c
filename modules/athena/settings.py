"""The nested blocks that several integrations accept."""

import base64
import hashlib
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from athena_gate.modules import clock
from athena_gate.modules.account import THE_BUCKETS_KEY, Account, Owner, key_in_reach
from athena_gate.modules.athena.alarm import Alarm, Watched
from athena_gate.modules.command_line import to_run
from athena_gate.modules.fields import (
    ALIAS,
    AccessPointArn,
    Block,
    BucketName,
    Fingerprint,
    Generation,
    GlueName,
    KmsKeyArn,
    List,
    PgpKey,
    Prefix,
    Prefixes,
    Region,
    Settings,
    SourceBucketName,
    WorkgroupName,
    counted,
    pattern,
    unique,
)
from athena_gate.modules.files import Unreadable, read_bytes
from athena_gate.modules.findings import Remark, Wrong
from athena_gate.modules.iam.arn import partition_of
from athena_gate.modules.pgp import EXPORT, PublicKey, public_key

# SHA-256 of keys/example.asc in binary form.
EXAMPLE_KEY = "4f9c6db9cc085a296779242388c85f0b8339706cf97de8096947cda55e4b8d85"

# A key that many have signed has 100 KB.
KEY_LIMIT = 256 * 1024

# How long before the end of a PGP key it is said.
SOON = timedelta(days=60)

# A bucket is there in seconds. The provider asks for it for 20 minutes when it may not see it
# (s3:ListBucket, measured 2026-11), or when AWS still removes one of that name:
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_bucket#timeouts
# (2026-11).
BUCKET_MADE_WITHIN = "3m"

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
            THE_BUCKETS_KEY,
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
                f"it is in partition {partition_of(region)}, and "
                f"nobody of {of_account} reads there",
                (item, "region"),
            )
        if source.access_point is None:
            continue
        place = source.access_point.split(":")
        if place[4] != account.id or source.owner:
            raise Wrong(
                "GATE345",
                f"it is in account {place[4]}; that of another "
                "account has a policy that must let this block in, as must its bucket's: have one "
                f"made in {account.id} for that bucket, or name the bucket with its owner",
                (item, "access_point"),
            )
        if place[3] != region or place[1] != of_account:
            raise Wrong(
                "GATE209",
                f"it is in {place[3]}, its bucket in {region}",
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
                    "DESCRIBE is given on whole tables, and this vendor reads no rows; remove the "
                    "columns",
                    (number,),
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
        if table.database in written:
            raise Wrong(
                "GATE332",
                f"{table.database!r} is written, so all its tables are given; remove it",
                at,
            )
        if table.database not in read:
            raise Wrong(
                "GATE332",
                f"the database {table.database!r} is not named; allowed: tables of "
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
                    f"max_age_days is {self.max_age_days}; {to_run('rotate')} begins a rotation",
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
        raise Wrong("GATE208", f"{error}; write your public key there with {EXPORT}") from error
    try:
        return public_key(content, fingerprint)
    except Wrong as error:
        code = error.code
        raise Wrong(code, f"{str(file)!r}: {error}") from None


def read_public_key(file: Path) -> str:
    """Return the PGP public key in ``file`` in base64, as Terraform takes it."""
    return read_key(file).base64
