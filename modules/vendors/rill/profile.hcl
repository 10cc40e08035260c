title = "Rill"
class = "query"

# Read in rilldata/rill, docs/docs/connect/data-source/athena.md@0d3bd04c; the S3 call ListObjects
# of the page is the action s3:ListBucket.
page {
  title   = "Athena: Athena/S3 permissions"
  source  = "https://docs.rilldata.com/connect/data-source/athena"
  date    = "2026-11-26"
  actions = ["athena:GetWorkGroup", "s3:ListBucket", "s3:GetObject"]
}

keys {}
# https://github.com/rilldata/rill/pull/6212 (2024-12): the connector takes a role.
trusted {}

# runtime/drivers/athena/warehouse.go@0419d510 (read 2026-11): it unloads to a folder within the
# results location, lists it, reads the files and deletes them, all with its own calls.
bundles = ["delete_results", "fetch_results", "list_results"]

form = "Rill: connector of the driver athena"
labels = {
  region           = "aws_region"
  workgroup        = "workgroup"
  results_location = "output_location"
  role_arn         = "role_arn"
  external_id      = "external_id"
}

beside {
  reason  = "The connector deletes the files that it has unloaded, once it has read them."
  actions = ["s3:DeleteObject"]
}

todo = [
  "Put keys into the connector for Rill Cloud: it takes no credentials from its machines.",
]
