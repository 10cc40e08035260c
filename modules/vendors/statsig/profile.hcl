title = "Statsig Warehouse Native"
class = "tables"

# Read in statsig-io/docs, statsig-warehouse-native/connecting-your-warehouse/athena.mdx@19d11656
# (2026-05-20). The comments in the page's policy are left out, as the page asks.
page {
  title  = "Athena connection: grant permissions to Statsig"
  source = "https://docs.statsig.com/statsig-warehouse-native/connecting-your-warehouse/athena"
  date   = "2026-11-26"
  access = "8d903951e2732d0f4640e5c0336323fc816a170e445093a2ae1dee58c81216e2"
  trust  = "17897f881f522cc589ce61bd0560088e294f01269df9a0258dac2bf0d8a17d97"
  names = {
    "arn:aws:"                            = "arn:{partition}:"
    "__REGION__"                          = "{region}"
    "__YOUR_AWS_ACCOUNT_ID__"             = "{account}"
    "__WORKGROUP_NAME__"                  = "{workgroup}"
    "__S3_BUCKET__"                       = "{bucket}"
    "__STATSIG_S3_FOLDER__"               = "{schema}"
    "__PATH_TO_S3_QUERY_RESULTS_FOLDER__" = "{results_directory}"
    "__GLUE_STAGING_DATABASE__"           = "{schema}"
    "__YOUR_READONLY_DATABASE__"          = "{database}"
    "__PATH_TO_YOUR_READONLY_DATA__/*"    = "{source_location}*"
    "__STATSIG_ACCOUNT_ID__"              = "{principal}"
    "__ROLE_EXTERNAL_ID__"                = "{external_id}"
  }
}

keys {}
# The page calls the external id optional; Statsig shows one to everybody.
assumed_by {}

form = "Statsig Console: Data Connection settings, Athena"
labels = {
  region           = "AWS Region"
  bucket           = "S3 Bucket"
  schema           = "Glue Database for staging"
  workgroup        = "Athena Workgroup"
  results_location = "S3 Query Result Location"
}

todo = [
  "Make the Glue database {schema} before Statsig connects: it makes tables in it, not the database itself.",
  "Where a KMS key encrypts the bucket, the page makes Statsig an administrator of the key; this access may only use it.",
  "With documented, the folder that Statsig names in its settings has to be called {schema}: the page's policy opens no other.",
]
