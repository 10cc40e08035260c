title = "Thanx"
class = "tables"

# The stored copies end within the first statement of the page's access policy, so that policy is
# not here, nor is what the page says after it; the trust policy is whole. That Thanx takes access
# keys too could not be read.
page {
  title  = "Athena, step 1: create a destination bucket, service policy, and role"
  source = "https://docs.thanx.com/data/connex/athena"
  date   = "2026-11-26"
  trust  = "70bbe0b10a43a81b55a7a2a1654670900beb509485e9c24197754e1b263b4c12"
  names = {
    "<some_service_account_identifier>" = "{subject}"
  }
}

web_identity {}

form = "Thanx Connex: destination Athena"

beside {
  reason  = "The page's policy could not be read as far; that of Metronome's page, which is written alike, grants it on the bucket."
  actions = ["s3:DeleteObject"]
}

todo = [
  "What could be read of the page ends within its policy; compare the rest of it with what is granted here.",
  "Ask Thanx for the trust policy that is made out for you, and whether its token names you: the page's policy compares the subject only.",
  "Tell Thanx that the workgroup is {workgroup}: the page takes primary where nothing else is said.",
]
