title = "Metabase"
class = "query"

# Read in metabase/metabase, docs/databases/connections/athena.md@061b267c.
page {
  title  = "Amazon Athena: permissions and IAM policies"
  source = "https://www.metabase.com/docs/latest/databases/connections/athena"
  date   = "2026-11-26"
  access = "42a7fe96a6bc45c55e206c695c8e9086a9868b759c8a8ac92932aaacd7388b64"
  names = {
    "arn:aws:" = "arn:{partition}:"
    "bucket1"  = "{source_bucket}"
    "bucket2"  = "{results_bucket}"
  }
}

keys {}
runs_on {
  on = ["ec2", "ecs"]
}

# The first policy of the page names their actions.
bundles = ["prepared_statements", "table_versions"]

form = "Metabase: Admin settings, Databases, Add a database, Amazon Athena"
labels = {
  region           = "Region"
  workgroup        = "Workgroup"
  results_location = "S3 Staging directory"
}

dropped {
  reason  = "The workgroup is the vendor's own, and nobody saves queries in it."
  actions = ["athena:BatchGetNamedQuery", "athena:GetNamedQuery", "athena:ListNamedQueries"]
}
dropped {
  reason  = "No query needs the tags of a workgroup."
  actions = ["athena:ListTagsForResource"]
}

todo = [
  "Leave the keys of the form empty where Metabase runs with a role.",
  "To let Metabase create tables, the page has a second policy, which can delete every table of the account; it is not part of this access.",
]
