title = "CData"
class = "query"

# Read in the help of the ADO.NET provider, build 24.0.9060, which the other drivers share word for
# word (JDBC 22.0.8462, ODBC, Python and Tableau 24.0); the stored copies end at GetTableMetadata,
# so what the page lists after it is missing here.
page {
  title  = "Minimum IAM Permissions"
  source = "https://cdn.cdata.com/help/FKK/ado/pg_mininumreqpermissions.htm"
  date   = "2026-11-26"
  actions = [
    "s3:ListBucket",
    "s3:GetObject",
    "s3:GetBucketLocation",
    "s3:ListBucketMultipartUploads",
    "s3:AbortMultipartUpload",
    "s3:PutObject",
    "s3:ListMultipartUploadParts",
    "s3:DeleteObject",
    "athena:ListDataCatalogs",
    "athena:GetDataCatalog",
    "athena:GetTableMetadata",
  ]
}

keys {}
# AWSRoleARN and AWSExternalId of the connection string
# (https://cdn.cdata.com/help/FKM/cloud/default.htm, build 25.0.9434, read 2026-11).
trusted {}

# The page says of the staging directory that the driver reads data and metadata from it, and deletes
# the files at the end.
bundles = ["delete_results", "fetch_results"]

form = "CData: connection string of the driver for Amazon Athena"
labels = {
  region           = "AWSRegion"
  catalog          = "DataSource"
  databases        = "Database"
  results_location = "S3StagingDirectory"
  role_arn         = "AWSRoleARN"
  external_id      = "AWSExternalId"
}

todo = [
  "Set both DataSource and Database: without them the driver tries to list every database of every catalog.",
  "Make the driver query in the workgroup {workgroup}: this access runs queries in no other.",
  "CData says that what its driver needs may change with a release; look at the page of yours.",
]
