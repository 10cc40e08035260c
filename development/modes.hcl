account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}
account "partner" {
  id          = "444455556666"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::444455556666:role/terraform"
}
account "second" {
  id          = "222233334444"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::222233334444:role/terraform"
}
dot "least" {
  account   = "analytics"
  databases = ["sales"]
  path = "/vendors/"
  lake_formation = true
  reads_results_directly = true
  source "acme-lake" { 
   prefixes = ["sales/"] 
   kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }
  results { 
    kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ff" 
  }
  keys {
    pgp_key_file = "../keys/example.asc"
    generations  = ["2026-11"]
  }
}
dot "documented" {
  account   = "analytics"
  grants = "documented"
  databases = ["sales"]
  source "acme-lake" { prefixes = ["sales/"] }
  keys {
    pgp_key_file = "../keys/example.asc"
    generations  = ["2026-11"]
  }
}
dot "full" {
  account   = "analytics"
  grants = "full_access"
  databases = ["sales"]
  source "acme-lake" { prefixes = ["sales/"] }
  keys {
    pgp_key_file = "../keys/example.asc"
    generations  = ["2026-11"]
  }
}
metronome "role" {
  account                 = "analytics"
  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "org-4711"
    audience                = "123456789012345678901"
  }
  bucket                  = "acme-metronome"
  schema                  = "metronome"
  kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ff" 
  workgroup {}
}
webflow "keys" {
  until = "2099-03-31"
  account        = "analytics"
  bucket         = "acme-webflow"
  schema         = "webflow"
  keys {
    pgp_key_file = "../keys/example.asc"
    generations  = ["2026-11"]
  }
}
metronome "documented" {
  account                 = "analytics"
  grants                  = "documented"
  web_identity {
    subject = "123456789012345678901"
  }
  bucket                  = "acme-metronome2"
  schema                  = "metronome"
}
immuta "keys" {
  account        = "analytics"
  databases      = ["sales"]
  source "acme-lake" {
   kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }
  lake_formation = true
  results {
    bucket            = "acme-immuta-results"
    path              = "queries/"
    expire_after_days = 7
    kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ff" 
  }
  keys {
    pgp_key_file = "../keys/example.asc"
    generations  = ["2026-11"]
  }
}
immuta "role" {
  account        = "analytics"
  runs_on {
    on = "ec2"
  }
  databases      = ["sales"]
  source "acme-lake" { prefixes = ["sales/"] }
}
immuta "attached" {
  until = "2099-03-31"
  account        = "analytics"
  runs_on {
    role_name = "nodes"
  }
  databases      = ["sales"]
  source "acme-lake" { prefixes = ["sales/"] }
}
immuta "documented" {
  account        = "analytics"
  grants         = "documented"
  databases      = ["sales"]
  source "acme-lake" {}
  keys {
    pgp_key_file = "../keys/example.asc"
    generations  = ["2026-11"]
  }
}
dbt "via-athena" {
  until = "2099-03-31"
  account   = "analytics"
  mode      = "via_athena"
  trusted   = ["arn:aws:iam::111122223333:role/ci", "arn:aws:iam::444455556666:user/build"]
  external_id = "tango-4711"
  databases = ["dbt_ci"]
}
dbt "run" {
  account   = "analytics"
  mode      = "run"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_ci"]
  source_databases = ["sales"]
  drop_schemas = true
  lake_formation = true
  workgroup {}
  source "acme-lake" { 
    prefixes = ["sales/"] 
    kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }
  results {
    kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ff" 
  }
}
dbt "documented" {
  account   = "analytics"
  mode      = "documented"
  databases = ["dbt_ci"]
}
dynamodb_connector "two" {
  owner    = "analytics"
  consumer = "partner"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::444455556666:role/analyst", "arn:aws:iam::444455556666:role/team/bi"]
  organization_id = "o-a1b2c3d4e5"
  console_sharing = true
  spill { create_kms_key = true }
}
dynamodb_connector "one" {
  owner    = "analytics"
  consumer = "analytics"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::111122223333:role/analyst"]
  spill { create_kms_key = true }
}
dynamodb_connector "unattached" {
  until = "2099-03-31"
  owner    = "analytics"
  consumer = "partner"
  tables   = ["orders", "Items"]
  readers  = ["arn:aws:iam::444455556666:role/analyst"]
  attach_policy = false
}
dynamodb_connector "nobody" {
  owner    = "analytics"
  consumer = "analytics"
  tables   = ["orders"]
}
dynamodb_connector "documented" {
  owner    = "second"
  consumer = "partner"
  grants   = "documented"
  tables   = ["orders"]
  console_sharing = true
}
dynamodb_connector "application" {
  owner    = "analytics"
  consumer = "partner"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::444455556666:role/analyst"]
  deployment = "application"
}
