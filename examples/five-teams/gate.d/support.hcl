# Tickets beside usage, for the support team.

lightdash "support" {
  account   = "analytics"
  databases = ["models"]

  source "acme-models" {
    prefixes = ["models/"]
  }

  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "9f3a77c2-0000-4000-8000-ba9876543210"
  }
}
