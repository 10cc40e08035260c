title = "Immuta"
class = "query"

page {
  title  = "Amazon Athena Data Source Considerations"
  source = "https://documentation.immuta.com/2.5/storage-technologies/storage-technology-guides/athena/"
  date   = "2026-11-22"
  access = "abbb86a290be03ccb3666b7d97745e10ee667fc89276b78bce750b5b19eda1cf"
  # Without a path, which the page recommends, the source is the bucket and a slash.
  names = {
    "arn:aws:"                             = "arn:{partition}:"
    "your-bucket-query-results"            = "{results_bucket}"
    "your-results-path"                    = "{results_directory}"
    "your-source-bucket/your-source-path/" = "{source_location}"
    "your-source-bucket"                   = "{source_bucket}"
  }
}

keys {}
runs_on {
  on = ["ec2"]
}

# Immuta's ODBC driver, whose version is unknown, can look up tables in Glue and fetch results from
# S3 itself.
itself  = ["glue", "sources", "results"]
bundles = ["named_queries"]

form = "Immuta: My Data Sources, New Data Source, Amazon Athena"
labels = {
  region            = "AWS Region"
  databases         = "Database"
  results_bucket    = "Query Results Bucket"
  results_directory = "Query Results Directory Path"
  connection_string = "Additional connection string arguments"
  instance_profile  = "Instance profile of Immuta's EC2 instances"
  role              = "Role of Immuta's EC2 instances"
}
# The form has no field for the workgroup, but takes further connection string arguments
# (https://documentation.immuta.com/2.8/storage-technologies/general/query-backed-tutorial/, step 3,
# read 2026-11), and Athena's drivers take the workgroup there
# (https://docs.aws.amazon.com/athena/latest/ug/specify-wkgroup-to-athena-in-which-to-run-queries.html,
# 2026-11).
fields = {
  results_bucket    = "{results_bucket}"
  results_directory = "{results_directory}"
  connection_string = "Workgroup={workgroup}"
}

dropped {
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
  # (2026-05); none is an operation of the API (botocore 1.44.5, 2026-11).
  reason = "Only JDBC drivers up to 1.1.0 call these; AWS lists them as deprecated, and most of them take no resource but *."
  actions = [
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
  ]
}
dropped {
  # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonAthenaFullAccess.html
  # (v15, 2026-11) has none.
  reason  = "Queries read a table as it is described now, never an earlier description; AWS's own AmazonAthenaFullAccess grants none either."
  actions = ["glue:GetTableVersions"]
}
dropped {
  reason  = "Uploads in progress concern whoever writes, and queries only read the sources."
  actions = ["s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts"]
}

todo = [
  "Give Immuta the connection string argument Workgroup={workgroup}: its form has no field for the workgroup, and queries that name none run in primary, which least_privilege refuses.",
  "With runs_on, have the instance role enabled by Immuta's support; your Immuta profile needs the permission CREATE_S3_DATASOURCE_WITH_INSTANCE_ROLE.",
]
