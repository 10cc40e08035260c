title = "Metronome"
class = "tables"

page {
  title  = "Athena, step 1: create a destination bucket, service policy, and role"
  source = "https://docs.metronome.com/developer-resources/data-export/destinations-athena"
  date   = "2026-11-22"
  access = "6f800bab638016f47c127da8b6203c6c5a2fc259d6e63cd9f7a2abe285c054d1"
  trust  = "70bbe0b10a43a81b55a7a2a1654670900beb509485e9c24197754e1b263b4c12"
  made   = ["transfer-role", "transfer-service"]
  names = {
    "arn:aws:"                          = "arn:{partition}:"
    "ACCOUNT_ID"                        = "{account}"
    "WORKGROUP"                         = "{workgroup}"
    "BUCKET_NAME"                       = "{bucket}"
    "SCHEMA"                            = "{schema}"
    "<some_service_account_identifier>" = "{subject}"
  }
}

web_identity {}
keys {}

form = "Step 2 of the page, Add your destination: share these with the vendor securely"
labels = {
  database = "Database"
  bucket   = "Bucket name"
  region   = "Bucket region"
  role_arn = "IAM role ARN"
}
# The page says of schema and database that they are mostly synonymous in Athena.
fields = { database = "{results_folder}" }

dropped {
  reason  = "Sessions belong to Athena for Apache Spark, which needs a workgroup of its own kind; exports are SQL."
  actions = ["athena:StartSession"]
}
dropped {
  reason  = "The page would let the vendor create and change the database named default, which everyone in the account falls back to."
  actions = ["glue:*"]
}
