"""What Metronome documents, as data:
https://docs.metronome.com/developer-resources/data-export/destinations-athena (read 2026-11-22).

The page writes ``ACCOUNT_ID``, ``WORKGROUP``, ``BUCKET_NAME`` and ``SCHEMA`` where this file has
``{account}``, ``{workgroup}``, ``{bucket}`` and ``{schema}``, and ``arn:aws:`` where it has
``{partition}``.
"""

from modules.athena.statements import DEFAULT_CATALOG, via_s3_services
from modules.iam.guide import Drop, Guide
from modules.iam.policy import Condition, Policy, Principal, Statement
from modules.metronome.settings import MetronomeSettings

_WORKGROUP_ANYWHERE = ("arn:{partition}:athena:*:{account}:workgroup/{workgroup}",)

_GLUE_ANYWHERE = "arn:{partition}:glue:*:{account}"
_TABLES_ANYWHERE = (
    _GLUE_ANYWHERE + ":catalog",
    _GLUE_ANYWHERE + ":database/{schema}",
    _GLUE_ANYWHERE + ":table/{schema}/*",
)
_DEFAULT_DATABASE_ANYWHERE = (_GLUE_ANYWHERE + ":database/default",)

_BUCKET = ("arn:{partition}:s3:::{bucket}",)
_OBJECTS = ("arn:{partition}:s3:::{bucket}/*",)

_TABLE_ACTIONS = (
    "glue:GetDatabases",
    "glue:GetDatabase",
    "glue:GetTables",
    "glue:GetTable",
    "glue:GetPartitions",
    "glue:CreateTable",
    "glue:CreateDatabase",
    "glue:UpdateTable",
    "glue:DeleteTable",
)
_BUCKET_ACTIONS = ("s3:ListBucket", "s3:GetBucketLocation")
_OBJECT_ACTIONS = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject")

_SUB = Condition("StringEquals", "accounts.google.com:sub", ("{service_account_id}",))


def _trust(*conditions: Condition) -> Statement:
    return Statement(
        "Allow",
        actions=("sts:AssumeRoleWithWebIdentity",),
        principals=(Principal("Federated", "accounts.google.com"),),
        conditions=conditions,
    )


GUIDE = Guide(
    vendor="Metronome",
    title="Athena, step 1: create a destination bucket, service policy, and role",
    source="https://docs.metronome.com/developer-resources/data-export/destinations-athena",
    date="2026-11-22",
    documented=Policy(
        (
            Statement(
                "Allow",
                sid="AllowAthenaAccess",
                actions=(
                    "athena:GetQueryResults",
                    "athena:StartQueryExecution",
                    "athena:StartSession",
                    "athena:GetDatabase",
                    "athena:GetDataCatalog",
                    "athena:GetWorkGroup",
                    "athena:GetTableMetadata",
                    "athena:GetQueryExecution",
                ),
                resources=_WORKGROUP_ANYWHERE,
            ),
            Statement(
                "Allow",
                sid="AllowGlueAccessToDestinationDatabaseAndTables",
                actions=_TABLE_ACTIONS,
                resources=(*_TABLES_ANYWHERE, *_DEFAULT_DATABASE_ANYWHERE),
            ),
            Statement(
                "Allow",
                sid="AllowS3AccessToBucket",
                actions=(*_BUCKET_ACTIONS, *_OBJECT_ACTIONS),
                resources=(*_BUCKET, *_OBJECTS),
            ),
        )
    ),
    documented_trust=Policy((_trust(_SUB),)),
    drops=(
        Drop(
            "Sessions belong to Athena for Apache Spark, which needs a workgroup of its own kind; "
            "exports are SQL.",
            ("athena:StartSession",),
        ),
        Drop(
            "The page would let the vendor create and change the database named default, which "
            "everyone in the account falls back to.",
            ("glue:*",),
        ),
    ),
)

GUIDES = {"access": GUIDE}


def values(settings: MetronomeSettings) -> dict[str, tuple[str, ...]]:
    """Return what the guide's placeholders stand for in ``settings``."""
    account = settings.account
    organization = (settings.organization_identifier,) if settings.organization_identifier else ()
    audience = (settings.audience,) if settings.audience else ()
    return {
        "partition": (account.arns.partition,),
        "region": (account.region,),
        "account": (account.id,),
        "workgroup": (settings.workgroup_name,),
        "catalog": (DEFAULT_CATALOG,),
        "schema": (settings.schema,),
        "bucket": (settings.bucket,),
        "kms_key": (settings.kms_key,) if settings.kms_key else (),
        "via_s3": via_s3_services(account.arns),
        "service_account_id": (
            (settings.service_account_id,) if settings.service_account_id else ()
        ),
        "organization_identifier": organization,
        "audience": audience,
        "audience_beside_organization": audience if organization else (),
        "audience_alone": () if organization else audience,
    }
