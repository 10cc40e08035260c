title = "dlt"
class = "tables"

# Read in dlt-hub/dlt, docs/website/docs/dlt-ecosystem/destinations/athena.md@059c31c3.
page {
  title  = "AWS Athena: setup guide"
  source = "https://dlthub.com/docs/dlt-ecosystem/destinations/athena"
  date   = "2026-11-26"
}

# It writes and deletes files in the bucket itself, and makes tables with Athena's statements
# (dlt/destinations/impl/athena/sql_client.py@02d81b33, read 2026-11).
keys {}
# Without keys it takes what botocore finds: the machine's credentials, or those of a profile, which
# may take a role (dlt/common/configuration/specs/aws_credentials.py@029d9bd3, read 2026-11).
runs_on {
  on = ["ec2", "ecs", "eks"]
}
trusted {}

form = "dlt: .dlt/secrets.toml, and dataset_name of the pipeline"
labels = {
  region           = "region_name"
  workgroup        = "athena_work_group"
  schema           = "dataset_name"
  results_location = "query_result_bucket"
  location         = "bucket_url"
}
fields = { location = "s3://{bucket}" }

beside {
  reason  = "A table that is replaced has its files deleted first."
  actions = ["s3:DeleteObject"]
}

todo = [
  "The page wants full access to Athena and to the bucket; this access is for one workgroup, one database and the bucket.",
  "Keep to Parquet tables that are appended to or replaced: dlt stages Iceberg tables, and merges, in a second database, and this access writes {schema} only.",
  "Tags of Lake Formation, and tables in S3 Tables, need permissions that are not granted here.",
]
