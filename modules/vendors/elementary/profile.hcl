title = "Elementary Cloud"
class = "metadata"

# Read in elementary-data/elementary, docs/cloud/integrations/metadata-layer/glue.mdx@02939b1c.
page {
  title  = "AWS Glue"
  source = "https://docs.elementary-data.com/cloud/integrations/metadata-layer/glue"
  date   = "2026-11-26"
  access = "ec1b7c18052ce881ad73ff66e69185c0399e919d5c5dad0ef73a5a71bf98c7ee"
  names = {
    "arn:aws:"                   = "arn:{partition}:"
    "your-iceberg-tables-bucket" = "{source_bucket}"
  }
}

# The page prints Elementary's account, and calls the external id optional but recommended.
assumed_by {
  principals  = ["743289191656"]
  external_id = "recommended"
}
keys {}

# The page's policy reads tables and metadata files: it lists no databases, partitions or buckets.
bundles = ["iceberg_metadata"]

form = "Elementary: Account settings, Environments, Metadata Layer, Glue"
labels = {
  region      = "Region"
  role_arn    = "Role ARN"
  external_id = "External ID"
}

dropped {
  reason  = "The page goes by the end of a file's name; this access goes by Iceberg's folder metadata, and reads what else lies in it."
  actions = ["s3:GetObject"]
}

todo = [
  "Choose an external id of your own: the page lets you set it, and Elementary's form asks for it.",
  "The page supports Glue with the engine Dremio only.",
]
