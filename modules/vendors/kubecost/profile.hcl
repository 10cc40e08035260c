title = "Kubecost"
class = "query"

# Read in kubecost/docs, install-and-configure/install/cloud-integration/aws-cloud-integrations/
# aws-cloud-integrations.md@0cbbbf4e. Of the page's two policies this is the one for Athena; the
# other reads the spot data feed and is optional. Its trust policy, which trusts a whole account, is
# left out, as it fits one way in of several.
page {
  title  = "AWS Cloud Billing Integration"
  source = "https://github.com/kubecost/docs/blob/0cbbbf4e4fc4778cc53ebf8f46346c95dfc7548d/install-and-configure/install/cloud-integration/aws-cloud-integrations/aws-cloud-integrations.md"
  date   = "2026-11-26"
  access = "11f6870b9228bf3389ca043d4c15b4978e39063a5b3ab88a6f2cdd12c1a06ee2"
  names = {
    "arn:aws:"        = "arn:{partition}:"
    "AthenaCURBucket" = "{source_bucket}"
  }
}

keys {}
# EKS: the page, and aws-cloud-integration-using-irsa.md@021a7955 beside it, which has Pod Identity
# too. EC2: the role in the template that the page points to for one account,
# kubecost-single-account-permissions.yaml of kubecost/cloudformation (read 2026-11).
runs_on {
  on = ["eks", "eks_pod_identity", "ec2"]
}
# masterPayerARN of the page: a role in the account of the bill, taken from another one.
trusted {}

# The policy of the page writes results to such buckets only.
results {
  prefix = "aws-athena-query-results-"
}

form = "Kubecost: kubecostProductConfigs of the Helm chart"
labels = {
  region           = "athenaRegion"
  workgroup        = "athenaWorkgroup"
  databases        = "athenaDatabase"
  results_location = "athenaBucketName"
  role_arn         = "masterPayerARN, or eks.amazonaws.com/role-arn of the service account"
}
fields = {
  project_id = "athenaProjectID={account}"
}

dropped {
  reason  = "The results bucket is made before Kubecost comes."
  actions = ["s3:CreateBucket"]
}

dropped {
  reason = "The page goes by how AWS calls the report's database; this access names the database."
  actions = [
    "glue:BatchGetPartition",
    "glue:GetDatabase*",
    "glue:GetPartition*",
    "glue:GetTable*",
  ]
}
dropped {
  reason  = "This access reads tables, not functions that are kept in the catalog."
  actions = ["glue:GetUserDefinedFunction"]
}

todo = [
  "Make the cost and usage report with resource ids and Athena, and its database, before Kubecost connects.",
  "Name the database of the report in databases and its bucket in source; athenaTable is the table in it.",
  "With documented, the database has to be called athenacurcfn and something: the page's policy opens no other.",
  "The page's optional access to the spot data feed is not in this access.",
]
