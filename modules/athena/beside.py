"""Actions that vendors' pages leave out and a policy of ours may grant all the same, and why.

The reason stands with the action, not with the statement that grants it: an action that slips into
a statement is in none of these lists, and `gate parity` says so.
"""

_GROUPS: tuple[tuple[str, str], ...] = (
    (
        "Drivers look at the workgroup's settings first, watch and stop a query, and read or "
        "stream what it returns.",
        "athena:GetWorkGroup athena:StartQueryExecution athena:GetQueryExecution "
        "athena:StopQueryExecution athena:GetQueryResults athena:GetQueryResultsStream",
    ),
    (
        "Clients look up earlier queries, to use their results again.",
        "athena:BatchGetQueryExecution athena:ListQueryExecutions",
    ),
    (
        "Clients find databases and tables through the data catalog, and list what there is.",
        "athena:GetDataCatalog athena:GetDatabase athena:ListDatabases athena:GetTableMetadata "
        "athena:ListTableMetadata athena:ListDataCatalogs athena:ListWorkGroups "
        "athena:ListEngineVersions",
    ),
    (
        "Queries with parameters are prepared first.",
        "athena:CreatePreparedStatement athena:GetPreparedStatement "
        "athena:ListPreparedStatements athena:UpdatePreparedStatement "
        "athena:DeletePreparedStatement",
    ),
    (
        "Queries are saved, read and deleted in the workgroup.",
        "athena:CreateNamedQuery athena:GetNamedQuery athena:BatchGetNamedQuery "
        "athena:ListNamedQueries athena:DeleteNamedQuery",
    ),
    (
        "Athena needs a table's columns, location and partitions to plan a query, and asks for the "
        "database named default as well.",
        "glue:GetDatabase glue:GetDatabases glue:GetTable glue:GetTables glue:GetPartition "
        "glue:GetPartitions glue:BatchGetPartition",
    ),
    (
        "Tables that are written have to be made, changed and replaced, with their partitions.",
        "glue:CreateDatabase glue:CreateTable glue:UpdateTable glue:DeleteTable "
        "glue:CreatePartition glue:BatchCreatePartition glue:UpdatePartition glue:DeletePartition "
        "glue:BatchDeletePartition",
    ),
    (
        "Earlier descriptions of tables are read.",
        "glue:GetTableVersion glue:GetTableVersions",
    ),
    (
        "A query finds its files: where the bucket is, which files there are, what is in them.",
        "s3:GetBucketLocation s3:ListBucket s3:GetObject",
    ),
    (
        "Results are written in parts when they are large; without this every query fails.",
        "s3:PutObject s3:AbortMultipartUpload s3:ListMultipartUploadParts "
        "s3:ListBucketMultipartUploads",
    ),
    (
        "The block or its account names a KMS key, with which data, results, what connectors "
        "spill or a Glue catalog is encrypted, or a connector whose stack makes one.",
        "kms:Decrypt kms:GenerateDataKey",
    ),
    (
        "The block names a catalog whose data a connector on Lambda reads.",
        "lambda:InvokeFunction",
    ),
    (
        "The block names a table bucket of S3 Tables, which is a catalog of its own in Glue.",
        "glue:GetCatalog s3tables:GetTableBucket s3tables:ListNamespaces s3tables:GetNamespace "
        "s3tables:ListTables s3tables:GetTable s3tables:GetTableData "
        "s3tables:GetTableMetadataLocation",
    ),
    (
        "The account names the KMS key of its Glue catalog, in which tables are made.",
        "kms:Encrypt",
    ),
    (
        "What is written to a bucket of another account is handed over to that account.",
        "s3:PutObjectAcl",
    ),
    ("Lake Formation governs the tables.", "lakeformation:GetDataAccess"),
    (
        "Whoever acts takes the role first.",
        "sts:AssumeRole sts:AssumeRoleWithWebIdentity",
    ),
    (
        "EKS tags the session with the pod that it is for.",
        "sts:TagSession",
    ),
)

BESIDE = {action: reason for reason, actions in _GROUPS for action in actions.split()}
