title = "GrowthBook"
class = "query"

# Read in growthbook/growthbook, docs/docs/warehouses/athena.mdx@edb76c82. A comma before the last
# bracket of the page's policy is left out: JSON has none there.
page {
  title    = "Setting up Athena as a data source"
  source   = "https://docs.growthbook.io/warehouses/athena"
  date     = "2026-11-26"
  access   = "b7400a969a8fad201e23608d02109b6ec2ce1e41f467a72988d5e0f33bf2102c"
  attached = ["service-role/AWSQuicksightAthenaAccess"]
  names = {
    "arn:aws:"      = "arn:{partition}:"
    "<BUCKET NAME>" = "{source_bucket}"
  }
}

keys {}
runs_on {
  on = ["ec2"]
}
# Not on the page: a self-hosted GrowthBook takes a role, with an external id
# (packages/back-end/src/services/athena.ts@02001662, read 2026-11).
trusted {}

# The page recommends it: AWS's policy writes results to such buckets only.
results {
  prefix = "aws-athena-query-results-"
}

form = "GrowthBook: data sources, Athena"
labels = {
  region           = "AWS Region"
  workgroup        = "Workgroup"
  catalog          = "Default Catalog"
  databases        = "Default Database"
  results_location = "S3 Results URL"
}

dropped {
  reason  = "Tables that Lake Formation governs are asked for with a lake_formation block."
  actions = ["lakeformation:GetDataAccess"]
}
dropped {
  reason  = "Tables lie in the bucket itself, not behind an access point of S3 Object Lambda."
  actions = ["s3-object-lambda:*"]
}
