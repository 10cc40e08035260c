"""What Immuta documents, as data: see ``GUIDE.source``."""

from modules.athena.statements import DEFAULT_CATALOG, via_s3_services
from modules.iam.guide import Drop, Guide
from modules.iam.policy import Policy, Statement
from modules.immuta.settings import ImmutaSettings

_SOURCE_BUCKETS = ("arn:{partition}:s3:::{source_bucket}",)
_SOURCE_OBJECTS = ("arn:{partition}:s3:::{source_location}*",)
_RESULTS_BUCKET = ("arn:{partition}:s3:::{results_bucket}",)
_RESULTS_DOCUMENTED = ("arn:{partition}:s3:::{results_bucket}/{results_directory}*",)

_WRITE_RESULTS = (
    "s3:PutObject",
    "s3:GetObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
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
    drops=(
        Drop(
            "Only JDBC drivers up to 1.1.0 call these; AWS lists them as deprecated, and most of "
            "them take no resource but *.",
            _LEGACY,
        ),
        # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonAthenaFullAccess.html
        # (v15, 2026-11) has no glue:GetTableVersions.
        Drop(
            "Queries read a table as it is described now, never an earlier description; AWS's own "
            "AmazonAthenaFullAccess grants none either.",
            ("glue:GetTableVersions",),
        ),
        Drop(
            "Uploads in progress concern whoever writes, and queries only read the sources.",
            ("s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts"),
        ),
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
