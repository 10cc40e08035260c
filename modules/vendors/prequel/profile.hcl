title = "Prequel"
class = "tables"

# The stored copies end at the beginning of the page's access policy, so that policy is not here,
# nor is what the page says after it; the trust policy is whole. That Prequel takes access keys too
# could not be read.
page {
  title  = "Athena: configuring your AWS Athena destination"
  source = "https://docs.prequel.co/export/destinations/athena"
  date   = "2026-11-26"
  trust  = "6e7b85e1f7d1476d63adb7d88b052d09de46896d88c51f69594dd14bbbd6cdf8"
  names = {
    "<some_service_account_identifier>" = "{subject}"
    "<some_organization_identifier>"    = "{organization_identifier}"
  }
}

# The page's trust policy compares both the subject and the organization identifier.
web_identity {
  audience = "required"
}

form = "Prequel: destination Athena"

beside {
  reason  = "The page's policy could not be read as far; those of Metronome and Webflow, whose pages are written alike, grant it on the bucket."
  actions = ["s3:DeleteObject"]
}

todo = [
  "What could be read of the page ends within its policy; compare the rest of it with what is granted here.",
  "Ask whoever sends you data through Prequel for the trust policy that is made out for you.",
  "Tell them that the workgroup is {workgroup}: the page takes primary where nothing else is said.",
]
