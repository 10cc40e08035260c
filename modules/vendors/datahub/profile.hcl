title = "DataHub"
class = "query"

# Read in datahub-project/datahub, metadata-ingestion/docs/sources/athena/athena_pre.md@4ba20820.
page {
  title  = "Athena: prerequisites"
  source = "https://docs.datahub.com/docs/generated/ingestion/sources/athena"
  date   = "2026-11-26"
  access = "e57729ed8310e2deb606383c9a4da7a17b20ef2a5d292975ff48c08d3a0ad762"
  names = {
    "arn:aws:"                   = "arn:{partition}:"
    "region-id"                  = "{region}"
    "account-id"                 = "{account}"
    "datasets-bucket"            = "{source_bucket}"
    "athena-query-result-bucket" = "{results_bucket}"
  }
}

# metadata-ingestion/src/datahub/ingestion/source/sql/athena.py@015a7584 (read 2026-11): username and
# password are keys, or boto3 finds credentials; aws_role_arn is a role to take.
keys {}
runs_on {
  on = ["ec2", "ecs", "eks"]
}
trusted {}

# The page's policy names their actions.
bundles = ["search_tables", "table_versions"]

form = "DataHub: recipe of the ingestion source Athena"
labels = {
  region           = "aws_region"
  workgroup        = "work_group"
  catalog          = "catalog_name"
  databases        = "database"
  results_location = "s3_staging_dir"
  role_arn         = "aws_role_arn"
}
