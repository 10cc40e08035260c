"""Statements that several integrations put into their policies.

Which action works on which resource type: Service Authorization Reference for Athena, Glue, S3,
KMS and Lake Formation, https://docs.aws.amazon.com/service-authorization/latest/reference/
(2026-11).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from athena_gate.modules.athena.settings import by_access_point
from athena_gate.modules.iam.arn import HOSTS, Arns, partition_of
from athena_gate.modules.iam.arn import bucket as bucket_arn
from athena_gate.modules.iam.policy import EVERYONE, Condition, Statement

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


def read_catalog(arns: Arns, *catalogs: str) -> Statement:
    """Return the statement that looks up databases and tables of ``catalogs`` through Athena."""
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
        resources=tuple(arns.data_catalog(catalog) for catalog in catalogs),
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
        why="Athena needs the tables' columns, locations and partitions to plan a query"
        + (
            "."
            if CALLED_VIA_ATHENA in conditions
            else ", and the vendor looks them up in Glue itself."
        ),
        actions=(
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:GetTable",
            "glue:GetTables",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:BatchGetPartition",
        ),
        resources=tables_of(arns, databases),
        conditions=conditions,
    )


def describe_tables(
    arns: Arns, databases: Iterable[str], with_databases: bool, with_partitions: bool
) -> Statement:
    """Return the statement for a vendor that looks up tables in Glue itself and runs no query."""
    return Statement(
        "Allow",
        sid="GlueDescribe",
        why="The vendor asks Glue itself what its page lists, of these databases only.",
        actions=(
            *(("glue:GetDatabase", "glue:GetDatabases") if with_databases else ()),
            "glue:GetTable",
            "glue:GetTables",
            *(
                ("glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition")
                if with_partitions
                else ()
            ),
        ),
        resources=tables_of(arns, databases),
    )


def read_default_database(arns: Arns, conditions: tuple[Condition, ...]) -> Statement:
    """Return the statement that lets Athena look at Glue's ``default`` database.

    Athena asks for it whatever database is queried. "The DESCRIBE permission is required on the
    default database" says https://docs.aws.amazon.com/athena/latest/ug/lf-athena-limitations.html
    (2026-11) of Lake Formation's permission. Of Glue's, fine-grained-access-to-glue-resources.html
    had a section "Mandatory: Access Policy to the Default Database and Catalog per AWS Region"
    (https://github.com/awsdocs/amazon-athena-user-guide), which names "your database" today; a
    query without it was refused glue:GetDatabase on database/default all the same:
    https://github.com/quiltdata/quilt-mcp-server/issues/76 (2026-11).
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


def through_access_points(
    granted: Iterable[Statement], points: Mapping[str, str]
) -> tuple[Statement, ...]:
    """Return the statements ``granted`` with the access points (``points``, ARNs by that of the
    bucket that each looks like) in the place of their aliases."""
    return tuple(
        replace(one, resources=tuple(by_access_point(r, points) for r in one.resources))
        if points
        else one
        for one in granted
    )


def via_s3_services(arns: Arns, keys: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the values of ``kms:ViaService`` by which KMS knows a call as one of S3, in the region
    of ``arns`` or, where there are ``keys`` (ARNs), in theirs.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    (2026-11) gives service.region.amazonaws.com. Whether China and the European Sovereign Cloud
    have their own domains there could not be confirmed, so both spellings are taken; only S3 can
    present either.
    """
    regions = dict.fromkeys(key.split(":")[3] for key in keys) or (arns.region,)
    return tuple(one for region in regions for one in _via(region, "s3"))


def via_glue(arns: Arns) -> tuple[str, ...]:
    """Return the values of ``kms:ViaService`` by which KMS knows a call as one of Glue, which the
    same page lists; as with S3, in both spellings where there may be two."""
    return _via(arns.region, "glue")


def via_dynamodb(arns: Arns) -> tuple[str, ...]:
    """Return the values of ``kms:ViaService`` by which KMS knows a call as one of DynamoDB, which
    the same page lists; as with S3, both spellings in China."""
    return _via(arns.region, "dynamodb")


def _via(region: str, name: str) -> tuple[str, ...]:
    own = HOSTS.get(partition_of(region))
    ends = ("amazonaws.com", *((own,) if own else ()))
    return tuple(f"{name}.{region}.{end}" for end in ends)


def _through_s3(arns: Arns, keys: Iterable[str]) -> tuple[Condition, ...]:
    return (Condition("StringEquals", "kms:ViaService", via_s3_services(arns, keys)),)


def use_keys(
    arns: Arns, source_keys: Iterable[str], results_key: str | None
) -> tuple[Statement, ...]:
    """Return the statements for encrypted data and results; none without keys.

    https://docs.aws.amazon.com/athena/latest/ug/encryption.html (2026-11): kms:Decrypt to read,
    kms:GenerateDataKey as well to write.
    """
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
                conditions=_through_s3(arns, source_keys),
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
                conditions=_through_s3(arns, ()),
            )
        )
    return tuple(statements)


def managed_results_key(arns: Arns, workgroup: str, key: str) -> Statement:
    """Return the statement on the KMS key that a workgroup with managed results is set to.

    https://docs.aws.amazon.com/athena/latest/ug/managed-results.html (2026-11): who queries needs
    kms:Decrypt and kms:GenerateDataKey, and the encryption context is the workgroup's ARN.
    """
    context = "kms:EncryptionContext:aws:athena:arn"
    return Statement(
        "Allow",
        sid="KmsManagedResults",
        why="Encrypt results that Athena keeps, and read them back: those of this workgroup.",
        actions=("kms:Decrypt", "kms:GenerateDataKey"),
        resources=(key,),
        conditions=(Condition("StringEquals", context, (arns.workgroup(workgroup),)),),
    )


def use_catalog_key(arns: Arns, key: str | None, writes: bool) -> tuple[Statement, ...]:
    """Return the statement for a Glue catalog that is encrypted with ``key``; none without one.

    https://docs.aws.amazon.com/athena/latest/ug/access-encrypted-data-glue-data-catalog.html and
    https://docs.aws.amazon.com/glue/latest/dg/encrypt-glue-data-catalog.html (2026-11) name
    kms:Decrypt, kms:Encrypt and kms:GenerateDataKey for whoever reads or writes; of these, what is
    there already takes kms:Decrypt alone, and the others encrypt what is written.
    """
    if key is None:
        return ()
    return (
        Statement(
            "Allow",
            sid="KmsCatalog",
            why="Read the encrypted descriptions of tables"
            + (", and write them," if writes else "")
            + " through Glue only.",
            actions=(
                "kms:Decrypt",
                *(("kms:Encrypt", "kms:GenerateDataKey") if writes else ()),
            ),
            resources=(key,),
            conditions=(Condition("StringEquals", "kms:ViaService", via_glue(arns)),),
        ),
    )


# What Athena sends with objects that it writes to a bucket of another account, so that they are its
# owner's: https://docs.aws.amazon.com/athena/latest/APIReference/API_AclConfiguration.html
# (2026-11).
OWNERS_ACL = "bucket-owner-full-control"


def hand_to_owner(
    arns: Arns,
    bucket: str,
    path: str,
    conditions: tuple[Condition, ...],
    sid: str = "ResultsOwner",
) -> Statement:
    """Return the statement that lets objects be written for the owner of the bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (2026-11): with an ACL in the
    request, s3:PutObjectAcl is needed too.
    """
    return Statement(
        "Allow",
        sid=sid,
        why="What is written to the bucket of another account belongs to that account.",
        actions=("s3:PutObjectAcl",),
        resources=(arns.objects(bucket, path),),
        conditions=(Condition("StringEquals", "s3:x-amz-acl", (OWNERS_ACL,)), *conditions),
    )


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


def tables_of(arns: Arns, databases: Iterable[str]) -> tuple[str, ...]:
    return (
        arns.glue_catalog(),
        *(
            arn
            for database in databases
            for arn in (arns.glue_database(database), arns.glue_tables(database))
        ),
    )


def named_queries(arns: Arns, workgroup: str) -> Statement:
    """Return the statement that saves, reads and deletes queries in one workgroup."""
    return Statement(
        "Allow",
        sid="NamedQueries",
        why="Save and delete queries in the one workgroup, as the vendor's page asks.",
        actions=(
            "athena:CreateNamedQuery",
            "athena:GetNamedQuery",
            "athena:BatchGetNamedQuery",
            "athena:ListNamedQueries",
            "athena:DeleteNamedQuery",
        ),
        resources=(arns.workgroup(workgroup),),
    )


def prepared_statements(arns: Arns, workgroup: str) -> Statement:
    """Return the statement that prepares queries with parameters in one workgroup.

    https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena-prepared-statements.html
    (2026-11).
    """
    return Statement(
        "Allow",
        sid="PreparedStatements",
        why="Prepare queries with parameters in the one workgroup.",
        actions=(
            "athena:CreatePreparedStatement",
            "athena:GetPreparedStatement",
            "athena:ListPreparedStatements",
            "athena:UpdatePreparedStatement",
            "athena:DeletePreparedStatement",
        ),
        resources=(arns.workgroup(workgroup),),
    )


def query_history(arns: Arns, workgroups: Iterable[str]) -> Statement:
    """Return the statement that reads which queries ran in these workgroups, not their results."""
    return Statement(
        "Allow",
        sid="QueryHistory",
        why="Read which queries ran in the workgroups named; not what they returned.",
        actions=(
            "athena:BatchGetQueryExecution",
            "athena:GetQueryExecution",
            "athena:GetWorkGroup",
            "athena:ListQueryExecutions",
        ),
        resources=tuple(arns.workgroup(workgroup) for workgroup in workgroups),
    )


def table_versions(
    arns: Arns, databases: Iterable[str], conditions: tuple[Condition, ...]
) -> Statement:
    """Return the statement that reads earlier descriptions of tables."""
    return Statement(
        "Allow",
        sid="GlueTableVersions",
        why="See how a table's columns have changed.",
        actions=("glue:GetTableVersion", "glue:GetTableVersions"),
        resources=tables_of(arns, databases),
        conditions=conditions,
    )


def search_tables(
    arns: Arns, databases: Iterable[str], conditions: tuple[Condition, ...]
) -> Statement:
    """Return the statement that searches for tables among those of ``databases``."""
    return Statement(
        "Allow",
        sid="GlueSearch",
        why="Search tables by name among those it may read.",
        actions=("glue:SearchTables",),
        resources=tables_of(arns, databases),
        conditions=conditions,
    )


def list_databases(arns: Arns, conditions: tuple[Condition, ...]) -> Statement:
    """Return the statement that lists all databases.

    https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    (2026-11): its example for SHOW DATABASES has ``database/*``.
    """
    return Statement(
        "Allow",
        sid="GlueDatabases",
        why="List all databases, as its page or this block has it; their tables stay closed.",
        actions=("glue:GetDatabase", "glue:GetDatabases"),
        resources=(arns.glue_catalog(), arns.glue_database("*")),
        conditions=conditions,
    )


def list_metadata(arns: Arns, buckets: Iterable[str]) -> Statement:
    """Return the statement that finds files in the tables' buckets."""
    return Statement(
        "Allow",
        sid="MetadataBucket",
        why="Find the tables' metadata files.",
        actions=("s3:ListBucket",),
        resources=tuple(arns.bucket(bucket) for bucket in buckets),
    )


def read_metadata(arns: Arns, locations: Iterable[str]) -> Statement:
    """Return the statement that reads the metadata files of Iceberg tables, and no data.

    https://iceberg.apache.org/spec/#file-system-tables (2026-11): they lie in a folder called
    metadata within the table's.
    """
    return Statement(
        "Allow",
        sid="MetadataObjects",
        why="Read the metadata of Iceberg tables; their data stays closed.",
        actions=("s3:GetObject",),
        resources=tuple(
            f"{arns.bucket(bucket)}/{prefix}*/metadata/*"
            for bucket, _, prefix in (location.partition("/") for location in locations)
        ),
    )


def fetch_results(arns: Arns, bucket: str, path: str) -> Statement:
    """Return the statement for clients that fetch result files from S3 themselves.

    PyAthena's pandas, Arrow and Polars cursors do (PyAthena 4.2.1, source read 2026-11); their
    calls carry no aws:CalledVia.
    """
    return Statement(
        "Allow",
        sid="ResultsDirect",
        why="The client reads result files from S3 itself.",
        actions=("s3:GetObject",),
        resources=(arns.objects(bucket, path),),
    )


def list_results(arns: Arns, bucket: str) -> Statement:
    """Return the statement for clients that look for result files in S3 themselves."""
    return Statement(
        "Allow",
        sid="ResultsList",
        why="The client looks for result files in S3 itself.",
        actions=("s3:GetBucketLocation", "s3:ListBucket"),
        resources=(arns.bucket(bucket),),
    )


def delete_results(arns: Arns, bucket: str, path: str) -> Statement:
    """Return the statement for clients that delete result files once they have read them."""
    return Statement(
        "Allow",
        sid="ResultsCleanUp",
        why="The client deletes result files that it has read.",
        actions=("s3:DeleteObject",),
        resources=(arns.objects(bucket, path),),
    )


def run_own_queries(arns: Arns, workgroup: str) -> Statement:
    """Return the statement that runs queries; not the lists that show those of others, which
    would matter in ``primary``."""
    return Statement(
        "Allow",
        sid="AllowAthenaAccess",
        why="Run, watch and stop queries in the one workgroup, and read what they return.",
        actions=(
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetWorkGroup",
        ),
        resources=(arns.workgroup(workgroup),),
    )


def read_catalog_entries(arns: Arns, catalog: str) -> Statement:
    """Return the statement that looks up a schema and its tables through Athena."""
    return Statement(
        "Allow",
        sid="AllowAthenaCatalogReads",
        why="Look up the schema and its tables through Athena.",
        actions=("athena:GetDataCatalog", "athena:GetDatabase", "athena:GetTableMetadata"),
        resources=(arns.data_catalog(catalog),),
    )


def write_tables(arns: Arns, schema: str) -> Statement:
    """Return the statement that makes a database and keeps its tables and partitions."""
    return Statement(
        "Allow",
        sid="AllowGlueAccessToDestinationDatabaseAndTables",
        why="Make the schema and keep its tables and partitions; no other database.",
        actions=(
            "glue:GetDatabase",
            "glue:GetDatabases",
            "glue:CreateDatabase",
            "glue:GetTable",
            "glue:GetTables",
            "glue:CreateTable",
            "glue:UpdateTable",
            "glue:DeleteTable",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:BatchGetPartition",
            "glue:CreatePartition",
            "glue:BatchCreatePartition",
            "glue:UpdatePartition",
            "glue:DeletePartition",
            "glue:BatchDeletePartition",
        ),
        resources=tables_of(arns, (schema,)),
    )


def write_bucket(arns: Arns, bucket: str) -> tuple[Statement, ...]:
    """Return the statements on a bucket of the vendor's own.

    Without aws:CalledVia: the vendor stages files in the bucket itself, beside what Athena does.
    """
    return (
        Statement(
            "Allow",
            sid="AllowS3AccessToBucket",
            why="Find the bucket and what is in it.",
            actions=("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
            resources=(arns.bucket(bucket),),
        ),
        Statement(
            "Allow",
            sid="AllowS3AccessToObjects",
            why="Stage files, write tables and query results, and clean up after them.",
            actions=(
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ),
            resources=(arns.objects(bucket),),
        ),
    )


# Calls that Athena makes on the caller's behalf come from AWS and stay allowed:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html
# (2026-11) pairs aws:SourceIp with aws:ViaAWSService for that, and neither it nor aws:SourceVpce
# can be compared for them: https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html
# (2026-11).
_DIRECT_CALLS = Condition("Bool", "aws:ViaAWSService", ("false",))


def deny_other_addresses(addresses: tuple[str, ...]) -> Statement:
    """Return the statement that makes keys useless outside ``addresses`` (CIDR), those that the
    vendor's page names."""
    return Statement(
        "Deny",
        sid="DenyDirectCallsOutsideVendorIps",
        why="A stolen key is of no use from another address.",
        actions=("*",),
        resources=("*",),
        conditions=(Condition("NotIpAddress", "aws:SourceIp", addresses), _DIRECT_CALLS),
    )


def deny_from_elsewhere(addresses: tuple[str, ...], endpoints: tuple[str, ...]) -> Statement:
    """Return the statement that refuses direct calls from anywhere but ``addresses`` (CIDR) and the
    VPC ``endpoints``.

    Both conditions have to be met for it to refuse, and each is where its key is missing: a request
    through an endpoint has no aws:SourceIp, another no aws:SourceVpce
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html,
    2026-11).
    """
    places = (
        *((Condition("NotIpAddress", "aws:SourceIp", addresses),) if addresses else ()),
        *((Condition("StringNotEquals", "aws:SourceVpce", endpoints),) if endpoints else ()),
    )
    return Statement(
        "Deny",
        sid="DenyDirectCallsFromElsewhere",
        why="Stolen credentials are of no use from another place.",
        actions=("*",),
        resources=("*",),
        conditions=(*places, _DIRECT_CALLS),
    )
