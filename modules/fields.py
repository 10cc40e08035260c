"""The vocabulary of gate.hcl: field types that know the name rules of AWS.

Every type is a ``str``, ``int`` or ``bool`` checked by pydantic. A value that breaks a rule raises
``ValueError`` with what is wrong and what is allowed; nothing is corrected silently.
"""

import base64
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.arn import PARTITIONS

T = TypeVar("T")


def has_template(value: str) -> bool:
    """Return whether Terraform would evaluate something in ``value``.

    A string of the configuration reaches Terraform's JSON syntax, in which ``${`` and ``%{``
    start templates: https://developer.hashicorp.com/terraform/language/syntax/json (2026-11).
    """
    return "${" in value or "%{" in value


def find_template(value: object) -> str | None:
    """Return the first text in ``value``, keys included, that holds a template, or ``None``."""
    if isinstance(value, str):
        return value if has_template(value) else None
    if isinstance(value, Mapping):
        items: list[object] = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple):
        items = list(value)
    else:
        return None
    return next((found for item in items if (found := find_template(item)) is not None), None)


class Settings(BaseModel):
    """What a block of gate.hcl holds: immutable, no unknown fields, no type conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_template(cls, value: object) -> object:
        # Terraform would evaluate it: "${file("/etc/passwd")}" in a tag was applied as the
        # content of the file (2026-11, Terraform 1.11).
        if (found := find_template(value)) is not None:
            raise Wrong(
                "GATE015",
                f"{found!r} holds a template; values are plain data, "
                'and "${" and "%{" are not allowed in them',
            )
        return value


@dataclass(frozen=True, slots=True)
class Block:
    """Marks a field that is written as a nested block; ``label`` is the field its label fills, and
    ``instead`` says what to write for who takes it for a field."""

    name: str
    label: str | None = None
    instead: str = ""


List = Annotated[tuple[T, ...], Field(strict=False)]


# What a validator of `pattern` keeps its expression in.
EXPRESSION = "expression"


def pattern(expression: str, allowed: str, code: str = "GATE201") -> AfterValidator:
    """Return a validator: the whole value matches ``expression``, else ``allowed`` is shown, and
    the rule that is broken is ``code``."""
    # Without re.ASCII, \w takes letters that no AWS name may have.
    compiled = re.compile(expression, re.ASCII)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise Wrong(code, f"{value!r} is not valid; allowed: {allowed}")
        return value

    setattr(check, EXPRESSION, expression)
    return AfterValidator(check)


def unique(name_of: Callable[[Any], str] = str) -> AfterValidator:
    """Return a validator: no two items of a list have the same ``name_of``."""

    def check(values: tuple[Any, ...]) -> tuple[Any, ...]:
        seen: set[str] = set()
        for item, value in enumerate(values):
            name = name_of(value)
            if name in seen:
                raise Wrong("GATE213", f"{name!r} stands here twice; once is enough", item)
            seen.add(name)
        return values

    return AfterValidator(check)


def counted(least: int, most: int) -> AfterValidator:
    """Return a validator: a list has ``least`` to ``most`` items.

    pydantic's own limits also count items that were refused, and add a second, false mistake.
    """

    def check(values: tuple[Any, ...]) -> tuple[Any, ...]:
        if not least <= len(values) <= most:
            raise Wrong("GATE107", f"has {len(values)} items; allowed: {least} to {most}")
        return values

    return AfterValidator(check)


# A name becomes part of a construct id, which CDKTF strips of all but [A-Za-z0-9_-] ("a b" and
# "ab" become one and the first resource is lost), and of a bucket name, which is lower case.
BlockName = Annotated[
    str,
    pattern(
        r"[a-z][a-z0-9]*(-[a-z0-9]+)*",
        "lower-case letters, digits and single hyphens, starting with a letter",
    ),
]

# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html (2026-11)
AccountId = Annotated[
    str, pattern(r"[0-9]{12}", 'exactly 12 digits, as in "111122223333"', "GATE202")
]

_REGION = (
    r"(af|ap|ca|cn|eu|eusc-de|il|me|mx|sa|us|us-gov)"
    r"-(north|south|east|west|central|northeast|northwest|southeast|southwest)-[1-9]"
)
# Those that AWS had in 2026-11, for a name that looks like one; a later one passes by its form.
_REGIONS = (
    "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 "
    "ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 "
    "ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 "
    "eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 eusc-de-east-1 "
    "il-central-1 "
    "me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 "
    "us-gov-west-1 us-west-1 us-west-2"
)


def _region(value: str) -> str:
    if re.fullmatch(_REGION, value):
        return value
    # With what is often left out or written otherwise: EU_Central1, eu-central-1a.
    plain = re.sub(r"[\s_]+|(?<=[a-z])(?=[0-9])", "-", value.strip().lower()[:100])
    plain = re.sub(r"(?<=-[0-9])[a-z]$", "", plain)
    close = difflib.get_close_matches(plain, _REGIONS.split(), 1, 0.75)
    hint = f' did you mean "{close[0]}"?' if close else ""
    raise Wrong(
        "GATE203",
        f"{value!r} is not valid;{hint} allowed: a region of the partitions aws, aws-cn, "
        'aws-eusc or aws-us-gov, as in "eu-central-1"',
    )


# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html (2026-11)
setattr(_region, EXPRESSION, _REGION)
Region = Annotated[str, AfterValidator(_region)]

# Where the roles of permission sets lie, and how they begin:
# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html (2026-11)
PERMISSION_SET = "AWSReservedSSO_"
_PERMISSION_SETS = ":role/aws-reserved/sso.amazonaws.com/"


def whole_arn(value: str) -> str:
    """Return the ARN of a role. Raises ``ValueError`` for that of a permission set without its
    path, which names no role."""
    start, _, name = value.rpartition("/")
    if name.startswith(PERMISSION_SET) and _PERMISSION_SETS not in value:
        path = f"{start.partition(':role')[0]}{_PERMISSION_SETS}"
        raise Wrong(
            "GATE344",
            f"{value!r} leaves out the path that roles of IAM Identity Center have; it is "
            f"{path + name!r}, or with the region of Identity Center before the name, as in "
            f"{path + 'eu-central-1/' + name!r}: see `aws iam get-role --role-name {name}`",
        )
    return value


# Characters of IAM names: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
# (2026-11). A path in a role ARN is part of the resource.
RoleArn = Annotated[
    str,
    pattern(
        rf"arn:({PARTITIONS}):iam::[0-9]{{12}}:role/([\w+=,.@-]+/)*[\w+=,.@-]{{1,64}}",
        'the ARN of a role, as in "arn:aws:iam::111122223333:role/name"',
        "GATE204",
    ),
    AfterValidator(whole_arn),
]

PolicyArn = Annotated[
    str,
    pattern(
        rf"arn:({PARTITIONS}):iam::([0-9]{{12}}|aws):policy/([\w+=,.@-]+/)*[\w+=,.@-]{{1,128}}",
        'the ARN of a managed policy, as in "arn:aws:iam::111122223333:policy/name"',
        "GATE204",
    ),
]

IamPath = Annotated[
    str,
    pattern(
        r"/|/[\w+=,.@/-]{1,510}/", 'a path that starts and ends with a slash, as in "/vendors/"'
    ),
]

# An alias is refused: IAM matches the key's own ARN, never that of an alias.
# https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html (2026-11)
KmsKeyArn = Annotated[
    str,
    pattern(
        rf"arn:({PARTITIONS}):kms:[a-z0-9-]+:[0-9]{{12}}:key/(mrk-[0-9a-f]{{32}}"
        r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
        "the ARN of a KMS key (not of an alias, which policies don't match), as in "
        '"arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
        "GATE204",
    ),
]

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html (2026-11)
_BUCKET_ALLOWED = (
    "3 to 63 lower-case letters, digits, dots and hyphens, starting and ending with a letter or "
    "digit, no two dots in a row, not like an IP address"
)
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def _bucket(value: str) -> str:
    if value.startswith("s3://"):
        raise Wrong("GATE205", f"{value!r} is a location; allowed: the bucket's name alone")
    if value.startswith(_RESERVED_PREFIXES) or value.endswith(_RESERVED_SUFFIXES):
        raise Wrong(
            "GATE205",
            f"{value!r} has a prefix or suffix that AWS reserves: "
            f"{', '.join(_RESERVED_PREFIXES + _RESERVED_SUFFIXES)}",
        )
    if (
        not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", value)
        or ".." in value
        or re.fullmatch(r"[0-9]+(\.[0-9]+){3}", value)
    ):
        raise Wrong("GATE205", f"{value!r} is not a bucket name; allowed: {_BUCKET_ALLOWED}")
    return value


BucketName = Annotated[str, AfterValidator(_bucket)]
ALIAS = "-s3alias"


def _source_bucket(value: str) -> str:
    if value.endswith(ALIAS):
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html (2026-11)
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{2,54}" + ALIAS, value):
            raise Wrong("GATE205", f"{value!r} is not the alias of an access point")
        return value
    # The page of bucket names: "Before March 1, 2018", in us-east-1.
    if re.search("[A-Z_]", value) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}", value):
        return value
    return _bucket(value)


# A bucket that is only read may have a name that no new one can have.
SourceBucketName = Annotated[str, AfterValidator(_source_bucket)]
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html (2026-11): an
# access point belongs to a region and an account.
AccessPointArn = Annotated[
    str,
    pattern(
        rf"arn:({PARTITIONS}):s3:[a-z0-9-]+:[0-9]{{12}}:accesspoint/[a-z0-9][a-z0-9-]{{1,48}}[a-z0-9]",
        "the ARN of an access point, as in "
        '"arn:aws:s3:eu-central-1:111122223333:accesspoint/sales"',
        "GATE204",
    ),
]


def _prefix(value: str) -> str:
    if value.startswith(("s3://", "/")):
        raise Wrong(
            "GATE206", f"{value!r}: a prefix starts after the bucket's name, without a slash"
        )
    if not re.fullmatch(r"[\w!.'()&@=+,:;/ -]{1,900}", value, re.ASCII):
        raise Wrong(
            "GATE206",
            f"{value!r} is not valid; allowed: letters, digits and ! - _ . ' ( ) & @ = + , : ; / "
            "(* and ? would match more than one prefix)",
        )
    if not value.endswith("/"):
        raise Wrong(
            "GATE206",
            f"{value!r} would also match {value + '-old/'!r}; end it with a slash: {value + '/'!r}",
        )
    return value


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (2026-11): the characters
# that need no special handling; wildcards are left out because IAM would expand them.
Prefix = Annotated[str, AfterValidator(_prefix)]


def _no_overlap(values: tuple[str, ...]) -> tuple[str, ...]:
    # In order, what lies within another comes right after it.
    for outer, inner in pairwise(sorted(enumerate(values), key=lambda one: one[1])):
        if inner[1].startswith(outer[1]):
            raise Wrong(
                "GATE213",
                f"{inner[1]!r} lies within {outer[1]!r}; keep one of them"
                if inner[1] != outer[1]
                else f"{inner[1]!r} stands here twice; once is enough",
                inner[0],
            )
    return values


Prefixes = Annotated[List[Prefix], AfterValidator(_no_overlap)]

# https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroup.html (2026-11)
WorkgroupName = Annotated[
    str, pattern(r"[a-zA-Z0-9._-]{1,128}", "1 to 128 letters, digits, dots, hyphens, underscores")
]

# Glue itself takes more (https://docs.aws.amazon.com/glue/latest/webapi/API_Database.html), Athena
# does not (https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html,
# 2026-11); and a wildcard here would open every database it matches.
GlueName = Annotated[
    str,
    pattern(
        r"[a-z0-9_][a-z0-9_-]{0,254}",
        "1 to 255 lower-case letters, digits, underscores and hyphens; no wildcards",
    ),
]

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html (2026-11), and every other
# service takes these; of the separators only the space, which can be seen.
_TAG = r"[\w .:/=+@-]"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11): 50, and one
# of them names the block.
_TAGS_LIMIT = 49


def _tags(values: Mapping[str, str]) -> Mapping[str, str]:
    if len(values) > _TAGS_LIMIT:
        raise Wrong(
            "GATE207", f"has {len(values)} tags; allowed: {_TAGS_LIMIT}, and one names the block"
        )
    seen: dict[str, str] = {}
    for key, value in values.items():
        if not re.fullmatch(_TAG + "{1,128}", key) or key.lower().startswith("aws:"):
            raise Wrong(
                "GATE207",
                f"{key!r} is not a tag key; allowed: 1 to 128 letters, digits, spaces and "
                '_ . : / = + - @, not starting with "aws:"',
            )
        if not re.fullmatch(_TAG + "{0,256}", value) or value.lower().startswith("aws:"):
            raise Wrong(
                "GATE207",
                f"{key}: {value!r} is not a tag value; allowed: up to 256 letters, digits, spaces "
                'and _ . : / = + - @, not starting with "aws:"',
            )
        # The tags of users and roles: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
        # (2026-11). Terraform would learn it in the middle of an apply.
        if (first := seen.setdefault(key.lower(), key)) != key:
            raise Wrong(
                "GATE207",
                f"{first!r} and {key!r} differ in case only, and are one key to IAM; keep one",
            )
    return values


Tags = Annotated[dict[str, str], AfterValidator(_tags)]

# A generation becomes part of a construct id: see BlockName.
_GENERATION = pattern(
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", "1 to 32 letters, digits, hyphens, underscores"
)
Generation = Annotated[str, _GENERATION]


def generation(value: str) -> str:
    """Return ``value``, the name of a generation of access keys. Raises ``Wrong``."""
    return str(_GENERATION.func(value))  # type: ignore[call-arg]


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise Wrong(
            "GATE201", f'{value!r} is not valid; allowed: a day, as in "2027-01-31"'
        ) from None


Day = Annotated[str, AfterValidator(_day)]


def fingerprint(value: str) -> str:
    """Return the fingerprint ``value`` without spaces, in upper case. Raises ``Wrong``."""
    found = "".join(value.split()).upper()
    if not re.fullmatch(r"[0-9A-F]{40}|[0-9A-F]{64}", found):
        raise Wrong(
            "GATE201",
            f"{value!r} is not valid; allowed: a whole fingerprint, 40 or 64 hexadecimal digits, "
            "as `gpg --list-keys` prints it",
        )
    return found


Fingerprint = Annotated[str, AfterValidator(fingerprint)]


def _pgp_key(value: str) -> str:
    if value.startswith("keybase:"):
        raise Wrong(
            "GATE208", "keybase names are not supported; allowed: the key itself, in base64"
        )
    try:
        key = base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        raise Wrong(
            "GATE208",
            "not base64; allowed: a PGP public key, as `gpg --export KEY | base64 -w0` prints it",
        ) from None
    return base64.b64encode(key).decode()


PgpKey = Annotated[str, AfterValidator(_pgp_key)]
