title = "Preset"
class = "query"

# Preset runs Apache Superset. No copy of a page of its own could be had (2026-11): this is Superset's.
page {
  title  = "AWS Athena (Apache Superset)"
  source = "https://superset.apache.org/docs/databases/athena/"
  date   = "2026-11-26"
}

keys {}

labels = {
  region           = "region_name"
  databases        = "schema_name"
  results_location = "s3_staging_dir, URL-encoded"
}

todo = [
  "The page is that of Apache Superset and names no permissions.",
  "Add work_group={workgroup} to the connection string: without it, queries go to the workgroup primary and are refused.",
]
