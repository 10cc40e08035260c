title = "Apache Superset"
class = "query"

page {
  title  = "AWS Athena"
  source = "https://superset.apache.org/docs/databases/athena/"
  date   = "2026-11-26"
}

keys {}
# The page's driver, PyAthena, takes the credentials of the machine when the connection string has
# none (README of PyAthena, read 2026-11).
runs_on {
  on = ["ec2", "ecs", "eks"]
}
# "connect_args" of the page.
trusted {}

form = "Superset: Settings, Database Connections, + Database, Amazon Athena"
labels = {
  region           = "region_name"
  databases        = "schema_name"
  results_location = "s3_staging_dir, URL-encoded"
  role_arn         = "role_arn, in connect_args of the engine parameters"
}

todo = [
  "The page names no permissions.",
  "Add work_group={workgroup} to the connection string: without it, queries go to the workgroup primary and are refused.",
]
