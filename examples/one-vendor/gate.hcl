# Lightdash may query the databases sales and finance, through Athena only.

account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
  tags   = { owner = "data-platform" }
}

backend "s3" {
  bucket = "acme-states"
  region = "eu-central-1"
}

lightdash "analytics" {
  account   = "analytics"
  databases = ["sales", "finance"]

  source "acme-lake" {
    prefixes = ["sales/", "finance/"]
  }

  # Both are shown by Lightdash where the connection is made.
  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "4b0c2f1e-0000-4000-8000-0123456789ab"
  }

  workgroup {
    bytes_scanned_cutoff = 53687091200 # 50 GiB a query
  }

  results {
    expire_after_days = 7
  }
}
