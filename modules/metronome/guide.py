"""What Metronome documents, as data:
https://docs.metronome.com/developer-resources/data-export/destinations-athena (read 2026-11-22).

The page writes ``ACCOUNT_ID``, ``WORKGROUP``, ``BUCKET_NAME`` and ``SCHEMA`` where this file has
``{account}``, ``{workgroup}``, ``{bucket}`` and ``{schema}``, and ``arn:aws:`` where it has
``{partition}``.
"""

from modules.athena.deviations import writes_with_key
from modules.athena.statements import DEFAULT_CATALOG, via_s3_services
from modules.iam.guide import Deviation, Guide
from modules.iam.policy import Condition, Grant, Policy, Principal, Statement
from modules.metronome.settings import MetronomeSettings

_WORKGROUP_ANYWHERE = ("arn:{partition}:athena:*:{account}:workgroup/{workgroup}",)
_WORKGROUP = ("arn:{partition}:athena:{region}:{account}:workgroup/{workgroup}",)
_CATALOG = ("arn:{partition}:athena:{region}:{account}:datacatalog/{catalog}",)

_GLUE_ANYWHERE = "arn:{partition}:glue:*:{account}"
_TABLES_ANYWHERE = (
    _GLUE_ANYWHERE + ":catalog",
    _GLUE_ANYWHERE + ":database/{schema}",
    _GLUE_ANYWHERE + ":table/{schema}/*",
)
_DEFAULT_DATABASE_ANYWHERE = (_GLUE_ANYWHERE + ":database/default",)
_GLUE = "arn:{partition}:glue:{region}:{account}"
_TABLES = (_GLUE + ":catalog", _GLUE + ":database/{schema}", _GLUE + ":table/{schema}/*")
_DEFAULT_DATABASE = (_GLUE + ":database/default",)

_BUCKET = ("arn:{partition}:s3:::{bucket}",)
_OBJECTS = ("arn:{partition}:s3:::{bucket}/*",)

_QUERIES = (
    "athena:GetQueryResults",
    "athena:StartQueryExecution",
    "athena:GetWorkGroup",
    "athena:GetQueryExecution",
)
_CATALOG_READS = ("athena:GetDatabase", "athena:GetDataCatalog", "athena:GetTableMetadata")
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
_OAUD = Condition("StringEquals", "accounts.google.com:oaud", ("{organization_identifier}",))
_AUD = Condition("StringEquals", "accounts.google.com:aud", ("{audience}",))


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
    trust_deviations=(
        Deviation(
            "The service account works for all of the vendor's customers; only a token made out "
            "to your organization takes the role.",
            when="organization_identifier",
            dropped=(_trust(_SUB),),
            added=(_trust(_SUB, _OAUD),),
        ),
        Deviation(
            "The token's authorized party is compared too.",
            when="audience_beside_organization",
            dropped=(_trust(_SUB, _OAUD),),
            added=(_trust(_SUB, _OAUD, _AUD),),
        ),
        Deviation(
            "The token's authorized party is compared too.",
            when="audience_alone",
            dropped=(_trust(_SUB),),
            added=(_trust(_SUB, _AUD),),
        ),
    ),
    deviations=(
        Deviation(
            "The guide opens every region; bucket, workgroup and tables are in one.",
            dropped=(
                Statement("Allow", actions=_QUERIES, resources=_WORKGROUP_ANYWHERE),
                Statement("Allow", actions=_TABLE_ACTIONS, resources=_TABLES_ANYWHERE),
            ),
            added=(
                Statement("Allow", actions=_QUERIES, resources=_WORKGROUP),
                Statement("Allow", actions=_TABLE_ACTIONS, resources=_TABLES),
            ),
        ),
        Deviation(
            "These three read the data catalog; on a workgroup, where the guide has them, they "
            "grant nothing.",
            dropped=(Statement("Allow", actions=_CATALOG_READS, resources=_WORKGROUP_ANYWHERE),),
            added=(Statement("Allow", actions=_CATALOG_READS, resources=_CATALOG),),
        ),
        Deviation(
            "Sessions belong to Athena for Apache Spark, which needs a workgroup of its own kind; "
            "exports are SQL.",
            dropped=(
                Statement("Allow", actions=("athena:StartSession",), resources=_WORKGROUP_ANYWHERE),
            ),
        ),
        # https://docs.prequel.co/v2023-12-01/docs/destinations-athena (read 2026-11)
        Deviation(
            "Prequel's own page asks for it: a query that is given up stops scanning.",
            added=(
                Statement("Allow", actions=("athena:StopQueryExecution",), resources=_WORKGROUP),
            ),
        ),
        Deviation(
            "Athena asks for the database named default before every query; the guide would let "
            "the vendor create it too.",
            dropped=(
                Statement("Allow", actions=_TABLE_ACTIONS, resources=_DEFAULT_DATABASE_ANYWHERE),
            ),
            added=(Statement("Allow", actions=("glue:GetDatabase",), resources=_DEFAULT_DATABASE),),
        ),
        Deviation(
            "Glue keeps the partitions of tables that are not Iceberg; the guide can list them, "
            "but not look one up, add, change or remove it.",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "glue:GetPartition",
                        "glue:BatchGetPartition",
                        "glue:CreatePartition",
                        "glue:BatchCreatePartition",
                        "glue:UpdatePartition",
                        "glue:DeletePartition",
                        "glue:BatchDeletePartition",
                    ),
                    resources=_TABLES,
                ),
            ),
        ),
        Deviation(
            "Each S3 action stays on the resource type it works on; on the other one it grants "
            "nothing.",
            dropped=(
                Statement("Allow", actions=_BUCKET_ACTIONS, resources=_OBJECTS),
                Statement("Allow", actions=_OBJECT_ACTIONS, resources=_BUCKET),
            ),
        ),
        Deviation(
            "Large files are uploaded in parts; parts of an upload that failed must be found and "
            "thrown away.",
            added=(
                Statement("Allow", actions=("s3:ListBucketMultipartUploads",), resources=_BUCKET),
                Statement(
                    "Allow",
                    actions=("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
                    resources=_OBJECTS,
                ),
            ),
        ),
        writes_with_key("The bucket's objects are encrypted with a KMS key.", key="kms_key"),
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


def expected_grants(settings: MetronomeSettings) -> frozenset[Grant]:
    """Return what the guide and the deviations say ``least_privilege`` grants in ``settings``."""
    filled = values(settings)
    return GUIDE.expected_grants(filled, lambda setting: bool(filled[setting]))


def expected_trust_grants(settings: MetronomeSettings) -> frozenset[Grant]:
    """Return what the guide and the deviations say of who may take the role."""
    filled = values(settings)
    return GUIDE.trust.expected_grants(filled, lambda setting: bool(filled[setting]))
