title = "Webflow"
class = "tables"

# Read in two stored copies, which agree: the page itself, and its source,
# https://developers.webflow.com/browser/data-exports/destinations/athena.mdx.
page {
  title  = "Amazon Athena: create a destination bucket, service policy, and role"
  source = "https://developers.webflow.com/browser/data-exports/destinations/athena"
  date   = "2026-11-26"
  access = "b793cd3bab566d31232a88bf54a00386fbd56d979173ca16d63c09d16b405ae3"
  trust  = "1048edbd2ee30161703d5def3cd2aa87ee5784a352082fd96f11a53e413b4bcf"
  names = {
    "arn:aws:"                       = "arn:{partition}:"
    "ACCOUNT_ID"                     = "{account}"
    "WORKGROUP"                      = "{workgroup}"
    "BUCKET_NAME"                    = "{bucket}"
    "SCHEMA"                         = "{schema}"
    "108000002380243782158"          = "{subject}"
    "<some_organization_identifier>" = "{organization_identifier}"
  }
}

# The page's trust policy has one subject for all readers, and compares the organization identifier
# beside it.
web_identity {
  subject  = "108000002380243782158"
  audience = "required"
}
# The page prefers the role: "an alternative authentication method that can be used if preferred".
keys {}

form = "Webflow: the page's step Add your destination"
labels = {
  schema    = "schema"
  workgroup = "workgroup"
  bucket    = "bucket name"
  region    = "bucket region"
  role_arn  = "IAM Role ARN"
}

dropped {
  reason  = "Sessions belong to Athena for Apache Spark, which needs a workgroup of its own kind; exports are SQL."
  actions = ["athena:StartSession"]
}
dropped {
  reason  = "The page would let the vendor create and change the database named default, which everyone in the account falls back to."
  actions = ["glue:*"]
}

todo = [
  "The organization identifier is not on the page: Webflow gives you the trust policy with yours in it.",
  "The form asks for a database beside the schema, and the page does not say what it means; in pages that are written alike (LogRocket's, Zuora's) it is the folder of query results, which is {results_folder} here.",
]
