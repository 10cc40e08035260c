title = "Zuora"
class = "tables"

# Read in copies of 2025-12-24 of this page and of those before and after it: "Create a destination
# bucket" has the trust policy, "Alternative authentication method" the access keys. The copies show
# the policies on one line, which are broken into lines here; a comma before a bracket of the trust
# policy is left out, as JSON has none there. Its principal is no valid ARN, and an example. An older
# copy of the page on knowledgecenter.zuora.com has Google's identity provider in its place.
page {
  title  = "Create service policy and role"
  source = "https://docs.zuora.com/en/zuora-platform/integration/integration-hub/zuora-connectors-for-data-warehouses/zuora-connector-for-aws-athena/set-up-zuora-connector-for-aws-athena/create-service-policy-and-role"
  date   = "2026-11-26"
  access = "6f800bab638016f47c127da8b6203c6c5a2fc259d6e63cd9f7a2abe285c054d1"
  trust  = "4af12d2d7a9ca83a639d4c5f1c6c32674211bcc0040fc6a083edf3a8323bac70"
  names = {
    "arn:aws:"                             = "arn:{partition}:"
    "arn:aws:iam:123456789012:sample_role" = "{principal}"
    "ACCOUNT_ID"                           = "{account}"
    "WORKGROUP"                            = "{workgroup}"
    "BUCKET_NAME"                          = "{bucket}"
    "SCHEMA"                               = "{schema}"
  }
}

keys {}
# The page's trust policy compares no external id, and the page mentions none.
assumed_by {
  external_id = "unknown"
}

form = "Zuora: adding the destination of the connector for AWS Athena"
labels = {
  schema   = "schema"
  database = "database"
}
# On the page, the database is the folder that query results are written to.
fields = { database = "{results_folder}" }

dropped {
  reason  = "Sessions belong to Athena for Apache Spark, which needs a workgroup of its own kind; exports are SQL."
  actions = ["athena:StartSession"]
}
dropped {
  reason  = "The page would let the vendor create and change the database named default, which everyone in the account falls back to."
  actions = ["glue:*"]
}

todo = [
  "Ask Zuora for the trust policy that is made out for you: the page prints an example, whose principal is not a valid ARN.",
  "Ask Zuora for an external id as well: the page has none, and without one the role opens to whoever makes Zuora use it.",
]
