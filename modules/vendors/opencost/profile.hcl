title = "OpenCost"
class = "query"

# Read in opencost/opencost-website, docs/configuration/aws.mdx@016c6a2e. Its one policy is for the
# spot data feed, which has nothing to do with Athena.
page {
  title  = "Installing on Amazon Web Services (AWS): Cloud Costs"
  source = "https://www.opencost.io/docs/configuration/aws"
  date   = "2026-11-26"
}

keys {}
# The page has both for pods; pkg/cloud/aws/authorizer.go@11cb8814 of opencost/opencost (read 2026-11)
# has AWSServiceAccount for Athena, which is what the AWS SDK finds.
runs_on {
  on = ["eks", "eks_pod_identity"]
}
# <MASTER_PAYER_ARN> of the page; AWSAssumeRole of authorizer.go, which gives no external id.
trusted {}

# pkg/cloud/aws/athenaquerier.go@130415a8 (read 2026-11): StartQueryExecution with the location,
# GetQueryExecution and GetQueryResults; nothing from Glue or S3 itself. The page wants a bucket
# called aws-athena-query-results-* for the sake of a policy that it does not have; here the
# bucket is named.

form = "OpenCost: aws.athena of cloud-integration.json"
labels = {
  region           = "region"
  account          = "account"
  workgroup        = "workgroup"
  catalog          = "catalog"
  databases        = "database"
  results_location = "bucket"
  role_arn         = "roleARN of the authorizer, or eks.amazonaws.com/role-arn of the service account"
}

todo = [
  "The page names no permissions for Athena.",
  "Make the cost and usage report with Athena, and its database, before OpenCost connects; table is the table in it.",
  "With trusted, leave external_id out: OpenCost gives none.",
]
