title = "Amazon Managed Grafana"
class = "query"

# AWS's own policy AmazonGrafanaAthenaAccess (v1, 2021-11-22), read in zoph-io/MAMIP,
# policies/AmazonGrafanaAthenaAccess@1b366179, a daily copy of AWS's policies.
page {
  title  = "AmazonGrafanaAthenaAccess"
  source = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonGrafanaAthenaAccess.html"
  date   = "2026-11-26"
  access = "e32af32eb52bea31dfcb68b6af397966471be8a54dd6f956243bf047f0c39043"
  names  = { "arn:aws:" = "arn:{partition}:" }
}

service {
  principal = "grafana.amazonaws.com"
}

# The policy runs queries in workgroups with this tag only, and writes results to such buckets only.
workgroup {
  tags = { GrafanaDataSource = "true" }
}
results {
  prefix = "grafana-athena-query-results-"
}

form = "Amazon Managed Grafana: data source Amazon Athena of the workspace"
labels = {
  region           = "Default Region"
  workgroup        = "Workgroup"
  catalog          = "Data Source"
  databases        = "Database"
  results_location = "Output Location"
}

dropped {
  reason = "The policy goes by the workgroup's tag; this access names the one workgroup, which has the tag."
  actions = [
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
  ]
}
dropped {
  reason  = "The results bucket is made and closed to the public before Grafana comes."
  actions = ["s3:CreateBucket", "s3:PutBucketPublicAccessBlock"]
}

todo = [
  "Give the role to the workspace, with customer managed permissions.",
  "Name the workspace in source_arns, or any workspace of the account takes the role.",
]
