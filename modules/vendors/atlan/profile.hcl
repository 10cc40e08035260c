title = "Atlan"
class = "query"

# A stored copy of 2025. The page before it, "Set up Amazon Athena" (how-tos/set-up-amazon-athena),
# which has the policies, is in no copy (looked for 2026-11-26).
page {
  title  = "Crawl Amazon Athena"
  source = "https://docs.atlan.com/apps/connectors/database/amazon-athena/how-tos/crawl-amazon-athena"
  date   = "2026-11-26"
}

keys {}
# The form makes an external id, which the page calls optional.
assumed_by {
  external_id = "recommended"
}

# Row counts, sizes, locations and partitions come "via Glue", and column counts of JDBC and of the
# Glue API are compared:
# https://docs.atlan.com/apps/connectors/database/amazon-athena/references/what-does-atlan-crawl-from-amazon-athena
# (read 2026-11).
itself = ["glue"]

# The host: https://docs.atlan.com/apps/connectors/database/amazon-athena/how-tos/special-cases (read
# 2026-11), which has another one for PrivateLink.
form = "Atlan: New Workflow, Athena Assets"
labels = {
  workgroup        = "Workgroup"
  results_location = "S3 Output Location"
  role_arn         = "AWS Role ARN"
  external_id      = "External ID"
}
fields = {
  host = "athena.{region}.amazonaws.com"
}

todo = [
  "The page names no permissions, and no account of Atlan's: ask Atlan for the account or role that takes yours.",
  "Generate the external id in Atlan's form, and give it here.",
  "Write the workgroup {workgroup} into the form: without it, queries go to the workgroup primary and are refused.",
]
