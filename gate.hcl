# What a fresh clone deploys: copy this file, change the names, and read
# docs/gate-hcl.md for every field. `gate check` says what is wrong with it.

account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
  tags   = { owner = "data-platform" }
}

account "partner" {
  id          = "444455556666"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::444455556666:role/terraform"
}

dot "reporting" {
  account   = "analytics"
  databases = ["sales"]

  source "acme-lake" {
    prefixes = ["sales/"]
  }

  keys {
    pgp_key_file = "keys/example.asc"
    generations  = ["2026-11"]
  }
}

metronome "billing" {
  account = "analytics"
  bucket  = "acme-metronome"
  schema  = "metronome"

  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "org-4711"
  }
}

immuta "governed" {
  account   = "analytics"
  databases = ["sales"]

  source "acme-lake" {}

  results {
    bucket            = "acme-immuta-results"
    path              = "queries/"
    expire_after_days = 7
  }

  keys {
    pgp_key_file = "keys/example.asc"
    generations  = ["2026-11"]
  }
}

dbt "ci" {
  account   = "analytics"
  mode      = "via_athena"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_ci"]
}

dynamodb_connector "orders" {
  owner    = "analytics" # account A: the tables, the connector, the spill bucket
  consumer = "partner"   # account B: who queries
  tables   = ["orders"]
  readers  = ["arn:aws:iam::444455556666:role/analyst"]
}
