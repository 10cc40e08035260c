"""What is claimed of the vendor's role or user: what it must be able to do, and never can."""

from modules.athena import claims
from modules.athena.claims import Holder
from modules.athena.statements import DEFAULT_CATALOG, via_s3_services
from modules.iam.claims import AnyBut, Call, Need, Never, Requests, Strangers, When
from modules.iam.decide import Caller
from modules.metronome.policies import GOOGLE
from modules.metronome.settings import MetronomeSettings

_BROWSING = ("athena:GetDataCatalog", "athena:GetDatabase", "athena:GetTableMetadata")
_DATABASE = ("glue:GetDatabase", "glue:GetDatabases", "glue:CreateDatabase")
_TABLES = (
    *claims.TABLE_READS,
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:DeleteTable",
    "glue:CreatePartition",
    "glue:BatchCreatePartition",
    "glue:UpdatePartition",
    "glue:DeletePartition",
    "glue:BatchDeletePartition",
)
_OBJECTS = (*claims.RESULTS_OBJECTS, "s3:DeleteObject")


def holder(settings: MetronomeSettings) -> Holder:
    """Return the role that the vendor takes, or the user whose keys it has."""
    arns = settings.account.arns
    name = f"{settings.path}{settings.resource_name}"
    if settings.authentication == "access_key":
        return claims.holder_of_user(f"arn:{arns.partition}:iam::{arns.account}:user{name}")
    return claims.holder_of_role(f"arn:{arns.partition}:iam::{arns.account}:role{name}")


def needs(settings: MetronomeSettings) -> tuple[Need, ...]:
    """Return what the vendor must be able to do: take the role, stage files, write tables."""
    vendor, arns = holder(settings), settings.account.arns
    table = (
        arns.glue_catalog(),
        arns.glue_database(settings.schema),
        claims.a_table(arns, settings.schema),
    )
    bucket, file = arns.bucket(settings.bucket), f"{arns.bucket(settings.bucket)}/stage/file"
    return (
        *((_take_role(settings),) if settings.authentication == "web_identity" else ()),
        *claims.run_queries(vendor, arns.workgroup(settings.workgroup_name)),
        vendor.need(
            "browse-catalog",
            "look up tables through Athena",
            vendor.calls(_BROWSING, arns.data_catalog(DEFAULT_CATALOG)),
        ),
        vendor.need(
            "write-tables",
            "make the schema, and its tables",
            vendor.calls(_DATABASE, *table[:2]),
            vendor.calls(_TABLES, *table),
            vendor.calls_via_athena(_DATABASE, *table[:2]),
            vendor.calls_via_athena(_TABLES, *table),
        ),
        vendor.need(
            "default-database",
            "see the default database",
            vendor.calls_via_athena(
                ("glue:GetDatabase",), arns.glue_catalog(), arns.glue_database("default")
            ),
        ),
        vendor.need(
            "write-data",
            "stage files, write data and results",
            vendor.calls(claims.RESULTS_BUCKET, bucket),
            vendor.calls(_OBJECTS, file),
            vendor.calls_via_athena(claims.RESULTS_BUCKET, bucket),
            vendor.calls_via_athena(_OBJECTS, file),
        ),
        *claims.use_keys(vendor, (), settings.kms_key),
    )


def _take_role(settings: MetronomeSettings) -> Need:
    return Need(
        "take-role",
        f"{settings.vendor_name} takes the role",
        None,
        Caller("federated", GOOGLE.id),
        (
            Call(
                "sts:AssumeRoleWithWebIdentity",
                (holder(settings).arn,),
                {key: (value,) for key, value in _token(settings).items()},
            ),
        ),
    )


def _token(settings: MetronomeSettings) -> dict[str, str]:
    """Return what the vendor's token says, as condition keys of AWS."""
    token = {
        "accounts.google.com:sub": settings.service_account_id,
        "accounts.google.com:oaud": settings.organization_identifier,
        "accounts.google.com:aud": settings.audience,
    }
    return {key: value for key, value in token.items() if value is not None}


def never(settings: MetronomeSettings) -> tuple[Never, ...]:
    """Return what is never allowed, to the vendor and to others."""
    vendor, arns = holder(settings), settings.account.arns
    key = (settings.kms_key,) if settings.kms_key else ()
    keys = claims.keys_through_s3(vendor, via_s3_services(arns), (), key)
    bucket = arns.bucket(settings.bucket)
    found = (
        claims.no_iam(vendor),
        claims.no_other_service(vendor, "athena:*", "glue:*", "s3:*", *(["kms:*"] if key else [])),
        claims.queries_only(vendor, *claims.QUERIES, *claims.RESULTS, *_BROWSING),
        claims.one_workgroup(
            vendor, arns.workgroup(settings.workgroup_name), arns.data_catalog(DEFAULT_CATALOG)
        ),
        claims.no_other_database(vendor, arns, (settings.schema,)),
        vendor.never(
            "tables-only",
            "in Glue nothing but its schema's tables",
            Requests(("glue:*",), but_actions=(*_DATABASE, *_TABLES)),
        ),
        claims.no_other_bucket(vendor, arns, (f"{settings.bucket}/",)),
        vendor.never(
            "objects-only",
            "no change to the bucket, its ACLs or versions",
            Requests(("s3:*",), (f"{bucket}/*",), but_actions=_OBJECTS),
            Requests(("s3:*",), (bucket,), but_actions=claims.RESULTS_BUCKET),
        ),
        *keys,
        claims.nobody_else(*((GOOGLE,) if settings.authentication == "web_identity" else ())),
        *claims.tls_only(arns.partition, settings.made_buckets),
    )
    return (*found, *_tokens(settings))


def _tokens(settings: MetronomeSettings) -> tuple[Never, ...]:
    """Return the claims that a token of another service account, and one for another customer,
    where the vendor's says for whom it is, opens nothing."""
    if settings.authentication == "access_key":
        return ()
    told = {
        "accounts.google.com:sub": ("no-other-token", "no other Google account"),
        "accounts.google.com:oaud": ("no-other-customer", "no token for another customer"),
        "accounts.google.com:aud": ("no-other-client", "no other client of the token"),
    }
    anything = (Requests(("*",)),)
    found = []
    for key, value in _token(settings).items():
        other: When = {key: AnyBut((value,))}
        found.append(Never(*told[key], Strangers(), anything, other))
    only = Requests(("*",), but_actions=("sts:AssumeRoleWithWebIdentity",))
    found.append(Never("role-only", "nothing but taking the role", Strangers(), (only,)))
    return tuple(found)
