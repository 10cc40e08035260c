title = "Soda"
class = "query"

page {
  title  = "Athena: connection configuration reference"
  source = "https://docs.soda.io/reference/data-source-reference-for-soda-core/amazon-athena"
  date   = "2026-11-26"
}

keys {}
# role_arn and profile_name of the page.
trusted {}

form = "Soda: data source YAML, type athena"
labels = {
  region           = "region_name"
  workgroup        = "work_group"
  catalog          = "catalog"
  results_location = "staging_dir"
  role_arn         = "role_arn"
}

todo = [
  "The stored copy of the page ends where it names the permissions, in IAM and in Lake Formation.",
  "Where Lake Formation governs the tables, add a lake_formation block, which makes the grants too.",
]
