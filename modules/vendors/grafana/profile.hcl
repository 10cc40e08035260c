title = "Grafana"
class = "query"

# Read in grafana/athena-datasource, docs/sources/configure.md@e0426809 (2026-08-18).
page {
  title  = "Configure the Amazon Athena data source: IAM policies"
  source = "https://grafana.com/docs/plugins/grafana-athena-datasource/latest/configure/"
  date   = "2026-11-26"
  access = "e25a77dbdef1e673eabe0b654aef45945c13db89e5e9b4581fe35c13484f40b7"
  names  = { "arn:aws:" = "arn:{partition}:" }
}

keys {}
# https://grafana.com/docs/plugins/cloudwatch/latest/aws-authentication (read 2026-11), to which the
# page points: AWS SDK Default takes the role of an EC2 instance, an ECS task or a service account of
# a Kubernetes cluster; Grafana Assume Role, in Grafana Cloud, comes with an external id. Its account
# is not in the copy.
runs_on {
  on = ["ec2", "ecs", "eks"]
}
assumed_by {}
trusted {}

# The form lists the databases of a catalog (ListDatabases in pkg/athena/api/api.go@e0426809).
bundles = ["all_databases"]

# The policy of the page writes results to such buckets only.
results {
  prefix = "aws-athena-query-results-"
}

form = "Grafana: Connections, Add new connection, Amazon Athena"
labels = {
  region           = "Default Region"
  workgroup        = "Workgroup"
  catalog          = "Data Source"
  databases        = "Database"
  results_location = "Output Location"
  role_arn         = "Assume Role ARN"
  external_id      = "External ID"
}

dropped {
  reason  = "Tables that Lake Formation governs are asked for with a lake_formation block."
  actions = ["lakeformation:GetDataAccess"]
}
dropped {
  reason  = "These are AWS's example buckets; a block reads the sources that it names."
  actions = ["s3:GetObject", "s3:ListBucket"]
}
