title = "DQOps"
class = "query"

# Read in dqops/dqo, docs/data-sources/athena.md@087e7a8b.
page {
  title  = "How to set up data quality monitoring and data observability for Amazon Athena"
  source = "https://dqops.com/docs/data-sources/athena/"
  date   = "2026-11-26"
}

keys {}
# "default_credentials" of the page: what the AWS SDK finds on the machine.
runs_on {
  on = ["ec2", "ecs", "eks"]
}

form = "DQOps: Data Sources, Add connection, Athena"
labels = {
  region           = "Athena Region"
  workgroup        = "Athena WorkGroup"
  catalog          = "Catalog"
  results_location = "Athena OutputLocation"
}

todo = [
  "The page names no actions. It asks for writing to the data's bucket and database, and checks are queries: this access writes results only.",
]
