title = "LogRocket"
class = "tables"

# Read in a stored copy of the page, https://docs.logrocket.com/docs/aws-athena-prerequisites.md. The
# page's policy has one AWS account in its Glue ARNs, 239674069128, and does not say whose: only the
# reader's own makes sense there.
page {
  title  = "AWS Athena Prerequisites"
  source = "https://docs.logrocket.com/docs/aws-athena-prerequisites"
  date   = "2026-11-26"
  access = "a41637d43e694474ac361b1bf3c475a571172d51fb822d8d476ea0f9f650f5f0"
  trust  = "c039fc5ea2632c31656ffc8952a5cb7ba2f8c78b0117e6f66e2e11c9b1db2e50"
  names = {
    "arn:aws:"              = "arn:{partition}:"
    "239674069128"          = "{account}"
    "BUCKET"                = "{bucket}"
    "SCHEMA"                = "{schema}"
    "109570679157784085515" = "{subject}"
  }
}

# The page prints one service account for all readers, and no organization identifier.
web_identity {
  subject = "109570679157784085515"
}

form = "LogRocket: Settings, Streaming Data Export"
labels = {
  schema    = "schema"
  workgroup = "workgroup"
  database  = "database"
  bucket    = "bucket name"
  region    = "bucket region"
  role_arn  = "IAM Role ARN"
}
# On the page, the database is the folder that query results are written to.
fields = { database = "{results_folder}" }

dropped {
  reason  = "The page opens all of Athena, in every workgroup; exports run queries in one, and look up tables."
  actions = ["athena:*"]
}
dropped {
  reason  = "The page would let the vendor create and change the database named default, which everyone in the account falls back to."
  actions = ["glue:*"]
}

todo = [
  "The page's policy names an AWS account that is not yours, 239674069128: put {account} there if you ever paste it by hand.",
  "Every customer of LogRocket has the same subject in the trust policy: ask LogRocket whether its token names you, and give that as organization_identifier.",
]
