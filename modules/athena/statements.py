"""Statements that several integrations put into their policies.

Which action works on which resource type: Service Authorization Reference for Athena, Glue, S3,
KMS and Lake Formation, https://docs.aws.amazon.com/service-authorization/latest/reference/
(2026-11).
"""

from collections.abc import Iterable

from modules.iam.arn import Arns
from modules.iam.arn import bucket as bucket_arn
from modules.iam.policy import EVERYONE, Condition, Statement

# True only for calls that Athena makes on the caller's behalf.
# https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena-calledvia.html (2026-11)
CALLED_VIA_ATHENA = Condition(
    "ForAnyValue:StringEquals", "aws:CalledVia", ("athena.amazonaws.com",)
)

# The data catalog that every account has: Glue's own.
# https://docs.aws.amazon.com/athena/latest/ug/data-sources-managing.html (2026-11)
DEFAULT_CATALOG = "AwsDataCatalog"


def run_queries(arns: Arns, workgroup: str) -> Statement:
    """Return the statement that runs queries in one workgroup and reads their results."""
    return Statement(
        "Allow",
        sid="AthenaQuery",
        why="Run, watch and stop queries in the one workgroup, and read what they return.",
        actions=(
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
            "athena:GetQueryExecution",
            "athena:BatchGetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetQueryResultsStream",
            "athena:ListQueryExecutions",
            "athena:GetWorkGroup",
        ),
        resources=(arns.workgroup(workgroup),),
    )


def read_catalog(arns: Arns, catalog: str) -> Statement:
    """Return the statement that looks up databases and tables through Athena."""
    return Statement(
        "Allow",
        sid="AthenaCatalog",
        why="List databases and tables through Athena, as drivers do to show a schema.",
        actions=(
            "athena:GetDataCatalog",
            "athena:GetDatabase",
            "athena:ListDatabases",
            "athena:GetTableMetadata",
            "athena:ListTableMetadata",
        ),
        resources=(arns.data_catalog(catalog),),
    )


def list_account() -> Statement:
    """Return the statement with the three lists that take no resource."""
    return Statement(
        "Allow",
        sid="AthenaAccountLists",
        why="Names of catalogs, workgroups and engines; AWS has no narrower resource for these.",
        actions=(
            "athena:ListDataCatalogs",
            "athena:ListWorkGroups",
            "athena:ListEngineVersions",
        ),
        resources=("*",),
    )


def read_tables(
    arns: Arns, databases: Iterable[str], conditions: tuple[Condition, ...]
) -> Statement:
    """Return the statement that reads Glue's description of the databases and their tables."""
    return Statement(
        "Allow",
        sid="GlueRead",
        why="Athena needs the tables' columns, locations and partitions to plan a query.",
        actions=(
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:GetTable",
            "glue:GetTables",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:BatchGetPartition",
        ),
        resources=(
            arns.glue_catalog(),
            *(
                arn
                for database in databases
                for arn in (arns.glue_database(database), arns.glue_tables(database))
            ),
        ),
        conditions=conditions,
    )


def read_default_database(arns: Arns, conditions: tuple[Condition, ...]) -> Statement:
    """Return the statement that lets Athena look at Glue's ``default`` database.

    https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    (2026-11): Athena asks for it on every query, whatever database is queried.
    """
    return Statement(
        "Allow",
        sid="GlueDefaultDb",
        why="Athena asks for the database named default before every query.",
        actions=("glue:GetDatabase",),
        resources=(arns.glue_catalog(), arns.glue_database("default")),
        conditions=conditions,
    )


def read_sources(
    arns: Arns,
    buckets: Iterable[str],
    locations: Iterable[str],
    conditions: tuple[Condition, ...],
) -> tuple[Statement, ...]:
    """Return the statements that read table data; ``locations`` are ``bucket/prefix``."""
    return (
        Statement(
            "Allow",
            sid="SourceBucket",
            why="Find the tables' files.",
            actions=("s3:GetBucketLocation", "s3:ListBucket"),
            resources=tuple(arns.bucket(bucket) for bucket in buckets),
            conditions=conditions,
        ),
        Statement(
            "Allow",
            sid="SourceObjects",
            why="Read the tables' files, and nothing beside their prefixes.",
            actions=("s3:GetObject",),
            resources=tuple(
                arns.objects(bucket, prefix)
                for bucket, _, prefix in (location.partition("/") for location in locations)
            ),
            conditions=conditions,
        ),
    )


def write_results(
    arns: Arns, bucket: str, path: str, conditions: tuple[Condition, ...]
) -> tuple[Statement, ...]:
    """Return the statements that write and read query results.

    https://docs.aws.amazon.com/athena/latest/ug/federated-query-iam-access.html (2026-11):
    ListBucket and GetBucketLocation to reach the output location, PutObject and the multipart
    actions to write to it.
    """
    return (
        Statement(
            "Allow",
            sid="ResultsBucket",
            why="Athena checks where the results bucket is before it starts a query.",
            actions=("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
            resources=(arns.bucket(bucket),),
            conditions=conditions,
        ),
        Statement(
            "Allow",
            sid="ResultsObjects",
            why="Write query results, in parts when they are large, and read them back.",
            actions=(
                "s3:GetObject",
                "s3:PutObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ),
            resources=(arns.objects(bucket, path),),
            conditions=conditions,
        ),
    )


def via_s3_services(arns: Arns) -> tuple[str, ...]:
    """Return the values of ``kms:ViaService`` by which KMS knows a call as one of S3.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    (2026-11) gives service.region.amazonaws.com. Whether China appends .cn could not be
    confirmed, so there both spellings are taken; only S3 can present either.
    """
    service = f"s3.{arns.region}.amazonaws.com"
    return (service, f"{service}.cn") if arns.partition == "aws-cn" else (service,)


def use_keys(
    arns: Arns, source_keys: Iterable[str], results_key: str | None
) -> tuple[Statement, ...]:
    """Return the statements for encrypted data and results; none without keys.

    https://docs.aws.amazon.com/athena/latest/ug/encryption.html (2026-11): kms:Decrypt to read,
    kms:GenerateDataKey as well to write.
    """
    via_s3 = (Condition("StringEquals", "kms:ViaService", via_s3_services(arns)),)
    source_keys = tuple(source_keys)
    statements: list[Statement] = []
    if source_keys:
        statements.append(
            Statement(
                "Allow",
                sid="KmsSource",
                why="Decrypt table data, through S3 only.",
                actions=("kms:Decrypt",),
                resources=source_keys,
                conditions=via_s3,
            )
        )
    if results_key:
        statements.append(
            Statement(
                "Allow",
                sid="KmsResults",
                why="Encrypt results and read them back, through S3 only.",
                actions=("kms:Decrypt", "kms:GenerateDataKey"),
                resources=(results_key,),
                conditions=via_s3,
            )
        )
    return tuple(statements)


def lake_formation() -> Statement:
    """Return the statement that lets Lake Formation hand out credentials for governed tables.

    https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html
    (2026-11): the action takes no resource; Lake Formation's own grants decide.
    """
    return Statement(
        "Allow",
        sid="LakeFormationAccess",
        why="Read tables that Lake Formation governs; its own grants say which.",
        actions=("lakeformation:GetDataAccess",),
        resources=("*",),
    )


def deny_plain_http(partition: str, bucket: str) -> Statement:
    """Return the bucket policy's statement that refuses requests without TLS.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html (2026-11)
    """
    return Statement(
        "Deny",
        sid="DenyInsecureTransport",
        why="Nothing travels in the clear.",
        principals=(EVERYONE,),
        actions=("s3:*",),
        resources=(bucket_arn(partition, bucket), f"{bucket_arn(partition, bucket)}/*"),
        conditions=(Condition("Bool", "aws:SecureTransport", ("false",)),),
    )
