title = "Redash"
class = "query"

# Read in getredash/website, src/pages/kb/data-sources/amazon-athena.md@76cd1d16 (2025-08-01).
page {
  title    = "Amazon Athena: create IAM policy, create IAM user"
  source   = "https://redash.io/help/data-sources/amazon-athena"
  date     = "2026-11-26"
  access   = "2695673d63001e0315d3756a4827a63476ec67d8ce2df4653822efbfc1ce18ae"
  attached = ["service-role/AWSQuicksightAthenaAccess"]
  names = {
    "arn:aws:"  = "arn:{partition}:"
    "my-bucket" = "{source_bucket}"
  }
}

keys {}
# Not on the page: getredash/redash, redash/query_runner/athena.py@002a2f3f (read 2026-11), takes the
# credentials of its machine when the form has none (ATHENA_OPTIONAL_CREDENTIALS), and with
# ATHENA_ASSUME_ROLE takes a role, with an external id.
runs_on {
  on = ["ec2", "ecs", "eks"]
}
trusted {}

# The AWS policy of the page writes results to such buckets only.
results {
  prefix = "aws-athena-query-results-"
}

# Names of the fields: configuration_schema of the file above.
form = "Redash: New Data Source, Amazon Athena"
labels = {
  region           = "AWS Region"
  workgroup        = "Athena Work Group"
  databases        = "Schema Name"
  results_location = "S3 Staging (Query Results) Bucket Path"
  role_arn         = "IAM role to assume"
  external_id      = "External ID to be used while STS assume role"
}

dropped {
  reason  = "Tables that Lake Formation governs are asked for with a lake_formation block."
  actions = ["lakeformation:GetDataAccess"]
}

todo = [
  "Leave Use Glue Data Catalog off: with it, Redash lists the tables of every database in Glue itself, and this access has the named ones through Athena.",
]
