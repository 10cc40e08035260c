"""What Dot documents, as data: https://docs.getdot.ai, page "AWS Athena" (read 2026-11-22)."""

from modules.athena.deviations import LAKE_FORMATION, reads_with_key, writes_with_key
from modules.athena.statements import via_s3_services
from modules.dot.settings import DotSettings
from modules.iam.guide import Deviation, Guide
from modules.iam.policy import Condition, Grant, Policy, Statement

# Section 3 of the page.
VENDOR_IPS = ("3.229.110.216/32", "3.122.135.165/32")

_ATHENA = "arn:{partition}:athena:{region}:{account}"
_GLUE = "arn:{partition}:glue:{region}:{account}"
_WORKGROUP = (_ATHENA + ":workgroup/{workgroup}",)
_TABLES = (_GLUE + ":catalog", _GLUE + ":database/{database}", _GLUE + ":table/{database}/*")
_DEFAULT_DATABASE = (_GLUE + ":catalog", _GLUE + ":database/default")
_SOURCE_BUCKETS = ("arn:{partition}:s3:::{source_bucket}",)
_SOURCE_OBJECTS = ("arn:{partition}:s3:::{source_location}*",)
_RESULTS_BUCKET = ("arn:{partition}:s3:::{results_bucket}",)
_RESULTS_OBJECTS = ("arn:{partition}:s3:::{results_bucket}/{results_path}*",)
_VIA_ATHENA = (Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("athena.amazonaws.com",)),)

_GLUE_READS = ("glue:GetDatabase", "glue:GetTable", "glue:GetPartitions")
_S3_READS = ("s3:GetObject", "s3:ListBucket")
_S3_DOCUMENTED = Statement(
    "Allow",
    actions=_S3_READS,
    resources=(
        "arn:{partition}:s3:::{source_bucket}",
        "arn:{partition}:s3:::{source_bucket}/*",
    ),
)

GUIDE = Guide(
    vendor="Dot",
    title="AWS Athena, step 2: restricted policy",
    source="https://docs.getdot.ai",
    date="2026-11-22",
    documented=Policy(
        (
            Statement(
                "Allow",
                actions=(
                    "athena:StartQueryExecution",
                    "athena:StopQueryExecution",
                    "athena:GetQueryExecution",
                    "athena:GetQueryResults",
                ),
                resources=_WORKGROUP,
            ),
            Statement("Allow", actions=_GLUE_READS, resources=("*",)),
            _S3_DOCUMENTED,
        )
    ),
    deviations=(
        Deviation(
            "Drivers check the workgroup first, stream results, and look up earlier queries.",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "athena:GetWorkGroup",
                        "athena:GetQueryResultsStream",
                        "athena:BatchGetQueryExecution",
                        "athena:ListQueryExecutions",
                    ),
                    resources=_WORKGROUP,
                ),
            ),
        ),
        Deviation(
            "The guide lets Dot query tables it knows but not find them; clients list databases "
            "and tables through the data catalog.",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "athena:GetDataCatalog",
                        "athena:GetDatabase",
                        "athena:ListDatabases",
                        "athena:GetTableMetadata",
                        "athena:ListTableMetadata",
                    ),
                    resources=(_ATHENA + ":datacatalog/{catalog}",),
                ),
                Statement(
                    "Allow",
                    actions=(
                        "athena:ListDataCatalogs",
                        "athena:ListWorkGroups",
                        "athena:ListEngineVersions",
                    ),
                    resources=("*",),
                ),
            ),
        ),
        Deviation(
            "The guide opens the description of every table of the account; ours that of the "
            "databases named, and only to Athena.",
            dropped=(Statement("Allow", actions=_GLUE_READS, resources=("*",)),),
            added=(
                Statement("Allow", actions=_GLUE_READS, resources=_TABLES, conditions=_VIA_ATHENA),
            ),
        ),
        Deviation(
            "SHOW DATABASES, SHOW TABLES and partition pruning need these reads too.",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "glue:GetDatabases",
                        "glue:GetTables",
                        "glue:GetPartition",
                        "glue:BatchGetPartition",
                    ),
                    resources=_TABLES,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "Athena asks for the database named default on every query.",
            added=(
                Statement(
                    "Allow",
                    actions=("glue:GetDatabase",),
                    resources=_DEFAULT_DATABASE,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "The guide lets the keys read the whole bucket from S3; ours only the prefixes named, "
            "only through Athena, and each action on the resource type it works on.",
            dropped=(_S3_DOCUMENTED,),
            added=(
                Statement(
                    "Allow",
                    actions=("s3:ListBucket",),
                    resources=_SOURCE_BUCKETS,
                    conditions=_VIA_ATHENA,
                ),
                Statement(
                    "Allow",
                    actions=("s3:GetObject",),
                    resources=_SOURCE_OBJECTS,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "Athena asks where a bucket is before it reads it.",
            added=(
                Statement(
                    "Allow",
                    actions=("s3:GetBucketLocation",),
                    resources=_SOURCE_BUCKETS,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "The guide grants no way to write query results, without which every query fails.",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "s3:GetBucketLocation",
                        "s3:ListBucket",
                        "s3:ListBucketMultipartUploads",
                    ),
                    resources=_RESULTS_BUCKET,
                    conditions=_VIA_ATHENA,
                ),
                Statement(
                    "Allow",
                    actions=(
                        "s3:GetObject",
                        "s3:PutObject",
                        "s3:AbortMultipartUpload",
                        "s3:ListMultipartUploadParts",
                    ),
                    resources=_RESULTS_OBJECTS,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "The client reads result files from S3 itself.",
            when="reads_results_directly",
            added=(Statement("Allow", actions=("s3:GetObject",), resources=_RESULTS_OBJECTS),),
        ),
        reads_with_key("The tables' files are encrypted with a KMS key.", key="source_key"),
        writes_with_key("Results are encrypted with a KMS key.", key="results_key"),
        LAKE_FORMATION,
        Deviation(
            "The guide names the two addresses Dot calls from; the keys work from nowhere else. "
            "Calls Athena makes on Dot's behalf stay allowed.",
            when="restricted_to_vendor_ips",
            added=(
                Statement(
                    "Deny",
                    actions=("*",),
                    resources=("*",),
                    conditions=(
                        Condition("NotIpAddress", "aws:SourceIp", VENDOR_IPS),
                        Condition("Bool", "aws:ViaAWSService", ("false",)),
                    ),
                ),
            ),
        ),
    ),
)


GUIDES = {"access": GUIDE}


def values(settings: DotSettings) -> dict[str, tuple[str, ...]]:
    """Return what the guide's placeholders stand for in ``settings``."""
    account = settings.account
    return {
        "partition": (account.arns.partition,),
        "region": (account.region,),
        "account": (account.id,),
        "workgroup": (settings.resource_name,),
        "catalog": (settings.catalog,),
        "database": settings.databases,
        "source_bucket": tuple(source.bucket for source in settings.sources),
        "source_location": tuple(
            location for source in settings.sources for location in source.locations
        ),
        "results_bucket": (settings.results_bucket,),
        "results_path": (settings.results_path,),
        "source_key": tuple(source.kms_key for source in settings.sources if source.kms_key),
        "results_key": (settings.results.kms_key,) if settings.results.kms_key else (),
        "via_s3": via_s3_services(account.arns),
    }


def expected_grants(settings: DotSettings) -> frozenset[Grant]:
    """Return what the guide and the deviations say ``least_privilege`` grants in ``settings``."""
    filled = values(settings)

    def applies(setting: str) -> bool:
        return bool(filled[setting] if setting in filled else getattr(settings, setting))

    return GUIDE.expected_grants(filled, applies)
