title = "GoodData Cloud"
class = "query"

# The stored copy ends within the S3 permissions; what it says of Glue is not in it.
page {
  title  = "Create an Amazon Athena data source: configure user access rights"
  source = "https://www.gooddata.com/docs/cloud/connect-data/create-data-sources/athena"
  date   = "2026-11-26"
  actions = [
    "athena:StartQueryExecution",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "s3:ListBucket",
    "s3:GetObject",
    "s3:PutObject",
  ]
}

keys {}
# The page recommends "a dedicated IAM role or user"; who takes the role is not in the copy.
assumed_by {
  external_id = "unknown"
}

todo = [
  "What could be read of the page names neither the account of GoodData nor an external id: take both from GoodData.",
]
