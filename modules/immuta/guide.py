"""What Immuta documents, as data: see ``GUIDE.source``."""

from modules.athena.deviations import LAKE_FORMATION, reads_with_key, writes_with_key
from modules.athena.statements import DEFAULT_CATALOG, via_s3_services
from modules.iam.guide import Deviation, Guide
from modules.iam.policy import Grant, Policy, Statement
from modules.immuta.settings import ImmutaSettings

_ATHENA = "arn:{partition}:athena:{region}:{account}"
_GLUE = "arn:{partition}:glue:{region}:{account}"
_WORKGROUP = (_ATHENA + ":workgroup/{workgroup}",)
_TABLES = (_GLUE + ":catalog", _GLUE + ":database/{database}", _GLUE + ":table/{database}/*")
_DEFAULT_DATABASE = (_GLUE + ":catalog", _GLUE + ":database/default")
_SOURCE_BUCKETS = ("arn:{partition}:s3:::{source_bucket}",)
_SOURCE_OBJECTS = ("arn:{partition}:s3:::{source_location}*",)
_RESULTS_BUCKET = ("arn:{partition}:s3:::{results_bucket}",)
_RESULTS_DOCUMENTED = ("arn:{partition}:s3:::{results_bucket}/{results_directory}*",)
_RESULTS_OBJECTS = ("arn:{partition}:s3:::{results_bucket}/{results_path}*",)

_WRITE_RESULTS = (
    "s3:PutObject",
    "s3:GetObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)
_RUN_QUERIES = (
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
    "athena:GetQueryExecution",
    "athena:BatchGetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetQueryResultsStream",
    "athena:ListQueryExecutions",
)
_NAMED_QUERIES = (
    "athena:CreateNamedQuery",
    "athena:GetNamedQuery",
    "athena:BatchGetNamedQuery",
    "athena:ListNamedQueries",
    "athena:DeleteNamedQuery",
)
_READ_TABLES = (
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartition",
    "glue:GetPartitions",
)
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
# (2026-05): listed as deprecated, for JDBC drivers up to 1.1.0; none is an operation of the API
# (botocore 1.44.5, 2026-11).
_LEGACY = (
    "athena:CancelQueryExecution",
    "athena:GetCatalogs",
    "athena:GetExecutionEngine",
    "athena:GetExecutionEngines",
    "athena:GetNamespace",
    "athena:GetNamespaces",
    "athena:GetQueryExecutions",
    "athena:GetTable",
    "athena:GetTables",
    "athena:RunQuery",
)

GUIDE = Guide(
    vendor="Immuta",
    title="Amazon Athena Data Source Considerations",
    source="https://documentation.immuta.com/2.5/storage-technologies/storage-technology-guides/athena/",
    date="2026-11-22",
    # your-bucket-query-results is {results_bucket}, your-results-path {results_directory},
    # your-source-bucket {source_bucket}, and your-source-bucket/your-source-path/
    # {source_location}, which without a path (the page recommends that) is the bucket and a slash.
    documented=Policy(
        (
            Statement(
                "Allow",
                # In the page's order.
                actions=(
                    "athena:StartQueryExecution",
                    "glue:GetTableVersions",
                    "glue:GetPartitions",
                    "athena:GetQueryResults",
                    "athena:DeleteNamedQuery",
                    "athena:GetNamedQuery",
                    "athena:ListQueryExecutions",
                    "athena:GetExecutionEngine",
                    "athena:StopQueryExecution",
                    "athena:GetExecutionEngines",
                    "athena:RunQuery",
                    "glue:GetTables",
                    "athena:GetNamespace",
                    "athena:GetQueryExecutions",
                    "glue:GetDatabases",
                    "athena:GetCatalogs",
                    "glue:GetTable",
                    "athena:ListNamedQueries",
                    "glue:GetDatabase",
                    "athena:GetNamespaces",
                    "glue:GetPartition",
                    "athena:CreateNamedQuery",
                    "athena:CancelQueryExecution",
                    "athena:GetQueryExecution",
                    "athena:GetTables",
                    "athena:GetTable",
                    "athena:BatchGetNamedQuery",
                    "athena:BatchGetQueryExecution",
                    "athena:GetQueryResultsStream",
                ),
                resources=("*",),
            ),
            Statement("Allow", actions=_WRITE_RESULTS, resources=_RESULTS_DOCUMENTED),
            Statement(
                "Allow",
                actions=(
                    "s3:ListBucketMultipartUploads",
                    "s3:ListBucket",
                    "s3:GetBucketLocation",
                ),
                resources=(*_RESULTS_BUCKET, *_SOURCE_BUCKETS),
            ),
            Statement(
                "Allow",
                actions=("s3:GetObject", "s3:ListMultipartUploadParts"),
                resources=_SOURCE_OBJECTS,
            ),
        )
    ),
    deviations=(
        Deviation(
            "The guide says that AWS knows no resource but * for Athena, which was true then; "
            "ours opens queries, their history and their results in the one workgroup.",
            dropped=(Statement("Allow", actions=_RUN_QUERIES, resources=("*",)),),
            added=(Statement("Allow", actions=_RUN_QUERIES, resources=_WORKGROUP),),
        ),
        Deviation(
            "The guide asks that Immuta can create and delete queries; ours lets it in the one "
            "workgroup, where nobody else's saved queries are.",
            dropped=(Statement("Allow", actions=_NAMED_QUERIES, resources=("*",)),),
            added=(Statement("Allow", actions=_NAMED_QUERIES, resources=_WORKGROUP),),
        ),
        Deviation(
            "Drivers of today look at the workgroup's settings first.",
            added=(Statement("Allow", actions=("athena:GetWorkGroup",), resources=_WORKGROUP),),
        ),
        Deviation(
            "Only JDBC drivers up to 1.1.0 call these; AWS lists them as deprecated, and most of "
            "them take no resource but *.",
            dropped=(Statement("Allow", actions=_LEGACY, resources=("*",)),),
        ),
        Deviation(
            "What drivers of today call to list catalogs, databases and tables, in place of "
            "GetCatalogs, GetNamespaces and GetTables.",
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
            "The guide opens the description of every table of the account; ours that of the one "
            "database.",
            dropped=(Statement("Allow", actions=_READ_TABLES, resources=("*",)),),
            added=(Statement("Allow", actions=_READ_TABLES, resources=_TABLES),),
        ),
        # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonAthenaFullAccess.html
        # (v15, 2026-11) has no glue:GetTableVersions.
        Deviation(
            "Queries read a table as it is described now, never an earlier description; AWS's own "
            "AmazonAthenaFullAccess grants none either.",
            dropped=(Statement("Allow", actions=("glue:GetTableVersions",), resources=("*",)),),
        ),
        Deviation(
            "Athena reads the partitions of a table in batches.",
            added=(Statement("Allow", actions=("glue:BatchGetPartition",), resources=_TABLES),),
        ),
        Deviation(
            "Athena asks for the database named default on every query.",
            added=(Statement("Allow", actions=("glue:GetDatabase",), resources=_DEFAULT_DATABASE),),
        ),
        Deviation(
            "path* also matches what lies beside the directory, as in path-old; ours ends in a "
            "slash: path/*.",
            dropped=(Statement("Allow", actions=_WRITE_RESULTS, resources=_RESULTS_DOCUMENTED),),
            added=(Statement("Allow", actions=_WRITE_RESULTS, resources=_RESULTS_OBJECTS),),
        ),
        Deviation(
            "Uploads in progress concern whoever writes, and queries only read the sources.",
            dropped=(
                Statement(
                    "Allow",
                    actions=("s3:ListBucketMultipartUploads",),
                    resources=("arn:{partition}:s3:::{read_only_bucket}",),
                ),
                Statement(
                    "Allow",
                    actions=("s3:ListMultipartUploadParts",),
                    resources=("arn:{partition}:s3:::{read_only_location}*",),
                ),
            ),
        ),
        reads_with_key("The tables' files are encrypted with a KMS key.", key="source_key"),
        writes_with_key("Results are encrypted with a KMS key.", key="results_key"),
        LAKE_FORMATION,
    ),
)

GUIDES = {"access": GUIDE}


def values(settings: ImmutaSettings) -> dict[str, tuple[str, ...]]:
    """Return what the guide's placeholders stand for in ``settings``."""
    account = settings.account
    buckets = tuple(source.bucket for source in settings.sources)
    locations = tuple(location for source in settings.sources for location in source.locations)
    results = f"{settings.results_bucket}/{settings.results_path}"
    return {
        "partition": (account.arns.partition,),
        "region": (account.region,),
        "account": (account.id,),
        "workgroup": (settings.resource_name,),
        "catalog": (DEFAULT_CATALOG,),
        "database": (settings.database,),
        "source_bucket": buckets,
        "source_location": locations,
        # Results may lie in a bucket of their own or in one of the sources.
        "read_only_bucket": tuple(b for b in buckets if b != settings.results_bucket),
        "read_only_location": tuple(place for place in locations if place != results),
        "results_bucket": (settings.results_bucket,),
        "results_directory": (settings.results_directory,),
        "results_path": (settings.results_path,),
        "source_key": tuple(source.kms_key for source in settings.sources if source.kms_key),
        "results_key": (settings.results.kms_key,) if settings.results.kms_key else (),
        "via_s3": via_s3_services(account.arns),
    }


def expected_grants(settings: ImmutaSettings) -> frozenset[Grant]:
    """Return what the guide and the deviations say ``least_privilege`` grants in ``settings``."""
    filled = values(settings)

    def applies(setting: str) -> bool:
        return bool(filled[setting] if setting in filled else getattr(settings, setting))

    return GUIDE.expected_grants(filled, applies)
