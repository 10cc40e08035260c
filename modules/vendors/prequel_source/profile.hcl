title = "Prequel source"
class = "query"

# The stored copies of this page end after the trust policy, and those of its older address,
# https://docs.prequel.co/docs/sources-athena, end before the access policy, which asks for
# BUCKET_SOURCE, where the data lies, and BUCKET_STAGING. What Prequel does in the latter itself is
# not in them.
page {
  title  = "Athena: connecting an AWS Athena source"
  source = "https://docs.prequel.co/export/sources/athena"
  date   = "2026-11-26"
  trust  = "70bbe0b10a43a81b55a7a2a1654670900beb509485e9c24197754e1b263b4c12"
  names = {
    "<some_service_account_identifier>" = "{subject}"
  }
}

web_identity {}
# Prequel that its user hosts on AWS comes from an AWS account; the page mentions no external id.
assumed_by {
  external_id = "unknown"
}

form = "Prequel: adding a source, Athena"

dropped {
  reason  = "The page's trust policy is for Prequel as a service, which comes with a token of Google's; one that is hosted on AWS comes from an AWS account instead."
  actions = ["sts:AssumeRoleWithWebIdentity"]
}

todo = [
  "The access policy of the page could not be read; compare it with what is granted here.",
  "Give the results bucket {results_bucket} as the staging bucket: the page wants one in the region of the data.",
  "Set reads_results_directly = true if Prequel fetches files from the staging bucket itself.",
  "Name the workgroup {workgroup} in the connection: the page takes primary where nothing else is said.",
]
