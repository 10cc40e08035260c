title = "Looker"
class = "query"

page {
  title  = "Amazon Athena: configuring an Amazon Athena connection"
  source = "https://docs.cloud.google.com/looker/docs/2622/db-config-amazon-athena"
  date   = "2026-11-26"
  actions = [
    "glue:CreateDatabase",
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:DeleteTable",
    "glue:BatchCreatePartition",
  ]
}

keys {}

form = "Looker: Admin, Connections, Add Connection, Amazon Athena"
labels = {
  databases        = "Database"
  results_location = "S3 output location, in Additional JDBC parameters"
  workgroup        = "Workgroup, in Additional JDBC parameters"
}

dropped {
  reason  = "The page wants these for persistent derived tables, which Looker writes; this access only reads."
  actions = ["glue:*"]
}

todo = [
  "Leave persistent derived tables off, or give their overrides access keys of their own that may write.",
  "The page wants write access to the bucket of the data; this access writes results to a bucket of their own, and data nowhere.",
  "Do not limit the bucket to Looker's addresses: Athena reads it, and comes from others.",
]
