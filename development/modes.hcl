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
  lake_formation {
    table "sales.orders" {}
    table "sales.customers" { columns = ["id", "city"] }
    table "sales.staff" { without_columns = ["salary"] }
  }
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
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"
  account        = "analytics"
  bucket         = "acme-webflow"
  create_bucket  = false
  schema         = "webflow"
  lake_formation { data_location = true }
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
  lake_formation {}
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
  lake_formation {
    default_database = false
    tag "domain" { values = ["sales", "stock"] }
    tag "sensitivity" { values = ["public"] }
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
  lake_formation { grants = false }
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
immuta "catalogs" {
  account        = "analytics"
  runs_on {
    on = "ec2"
  }
  catalog "partner" {
    owner     = "999999999999"
    databases = ["orders"]
    kms_key   = "arn:aws:kms:eu-central-1:999999999999:key/1234abcd-12ab-34cd-56ef-1234567890a1"
  }
  catalog "governed" {
    owner          = "partner"
    databases      = ["people"]
    lake_formation = true
  }
  catalog "dynamodb_connector_one" { connector = "one" }
  catalog "s3tablescatalog/acme-tables" { databases = ["web", "app"] }
  catalog "s3tablescatalog/acme-governed" {
    databases      = ["hr"]
    lake_formation = true
  }
  source "acme-lake" { prefixes = ["sales/"] }
}
dot "connectors" {
  account            = "analytics"
  databases          = ["sales"]
  list_all_databases = true
  source "acme-lake" { prefixes = ["sales/"] }
  catalog "postgres" {
    function      = "arn:aws:lambda:eu-central-1:111122223333:function:postgres"
    spill_bucket  = "acme-spill"
    spill_prefix  = "postgres/"
    spill_kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890a2"
  }
  catalog "shared" {
    function      = "arn:aws:lambda:eu-central-1:777777777777:function:shared"
    spill_bucket  = "their-spill"
    spill_kms_key = "arn:aws:kms:eu-central-1:777777777777:key/1234abcd-12ab-34cd-56ef-1234567890a3"
  }
  keys {
    pgp_key_file = "../keys/example.asc"
    generations  = ["2026-11"]
  }
}
dbt "catalogs" {
  account            = "analytics"
  mode               = "run"
  trusted            = ["arn:aws:iam::111122223333:role/ci"]
  databases          = ["ci"]
  list_all_databases = true
  catalog "partner" {
    owner     = "999999999999"
    databases = ["orders"]
  }
  catalog "dynamodb_connector_shared" { connector = "shared" }
}
dbt "via-athena" {
  until = "2099-03-31"
  account   = "analytics"
  mode      = "via_athena"
  trusted   = ["arn:aws:iam::111122223333:role/ci", "arn:aws:iam::444455556666:user/build"]
  external_id = "tango-4711"
  databases = ["dbt_ci"]
  lake_formation {
    grants = false
    tag "domain" { values = ["sales"] }
  }
}
dbt "run" {
  account   = "analytics"
  mode      = "run"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_ci", "dbt_new"]
  source_databases = ["sales"]
  drop_schemas = true
  lake_formation {
    default_database = false
    new_databases    = ["dbt_new"]
    table "sales.orders" { columns = ["id"] }
  }
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
  tables   = ["orders", "shop.Items"]
  readers  = ["arn:aws:iam::111122223333:role/analyst"]
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"
  path = "/connectors/"
  table "orders" {
    kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }
  vpc {
    subnets         = ["subnet-0a1b2c3d4e5f67890", "subnet-0a1b2c3d4e5f67891"]
    security_groups = ["sg-0a1b2c3d4e5f67890"]
  }
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
  table "orders" {
    kms_key = "arn:aws:kms:eu-central-1:222233334444:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }
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
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"
}
dynamodb_connector "shared" {
  owner         = "partner"
  consumer      = "analytics"
  tables        = ["orders"]
  readers       = ["arn:aws:iam::111122223333:role/dbt-catalogs"]
  attach_policy = false
  spill { create_kms_key = true }
}
account "encrypted" {
  id              = "333344445555"
  region          = "eu-central-1"
  assume_role     = "arn:aws:iam::333344445555:role/terraform"
  catalog_kms_key = "arn:aws:kms:eu-central-1:333344445555:key/1234abcd-12ab-34cd-56ef-1234567890cc"
}
dot "elsewhere" {
  account   = "encrypted"
  databases = ["sales"]
  source "acme-lake" {
    owner    = "partner"
    prefixes = ["sales/"]
    kms_key  = "arn:aws:kms:eu-central-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }
  source "acme-own" {
    kms_key       = "arn:aws:kms:eu-central-1:666677778888:key/1234abcd-12ab-34cd-56ef-1234567890ad"
    kms_key_owner = "666677778888"
  }
  results {
    bucket        = "acme-central"
    create        = false
    owner         = "partner"
    kms_key       = "arn:aws:kms:eu-central-1:666677778888:key/1234abcd-12ab-34cd-56ef-1234567890ff"
    kms_key_owner = "666677778888"
  }
  keys {
    pgp_key_file = "../keys/example.asc"
    generations  = ["2026-11"]
  }
}
metronome "elsewhere" {
  account = "encrypted"
  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "org-4711"
  }
  bucket        = "acme-metronome3"
  create_bucket = false
  bucket_owner  = "partner"
  schema        = "metronome"
  kms_key       = "arn:aws:kms:eu-central-1:666677778888:key/1234abcd-12ab-34cd-56ef-1234567890ff"
  kms_key_owner = "666677778888"
  workgroup {}
}
dbt "elsewhere" {
  account            = "encrypted"
  mode               = "run"
  trusted            = ["arn:aws:iam::333344445555:role/ci", "arn:aws:iam::444455556666:role/ci"]
  databases          = ["dbt_ci"]
  existing_workgroup = "bi"
  results {
    bucket = "acme-central"
    create = false
    owner  = "partner"
  }
  data {
    bucket  = "acme-tables"
    create  = false
    owner   = "partner"
    kms_key = "arn:aws:kms:eu-central-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ff"
  }
}
dynamodb_connector "elsewhere" {
  owner    = "analytics"
  consumer = "partner"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::444455556666:role/analyst"]
  catalog  = "orders_elsewhere"
  consumer_results {
    bucket = "acme-central"
    create = false
    owner  = "encrypted"
  }
}
looker "places" {
  account   = "analytics"
  databases = ["sales"]
  source "Acme_Lake" {
    region   = "us-east-1"
    prefixes = ["sales/"]
    kms_key  = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
  }
  source "sales-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias" {
    access_point = "arn:aws:s3:eu-central-1:111122223333:accesspoint/sales"
    prefixes     = ["sales/"]
  }
  workgroup {
    alarm {
      bytes_per_hour = 1099511627776
      bytes_per_day  = 5497558138880
      kms_key        = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ff"
    }
  }
  keys {
    pgp_key_file = "../keys/example.asc"
    generations  = ["2026-11"]
  }
  only_from {
    addresses     = ["52.1.2.0/24"]
    vpc_endpoints = ["vpce-0a1b2c3d4e5f67890"]
  }
}
dbt "managed" {
  account   = "analytics"
  mode      = "run"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_ci"]
  workgroup {
    name   = "bi"
    create = false
    alarm {
      bytes_per_day = 5497558138880
      topic         = "arn:aws:sns:eu-central-1:111122223333:alerts"
    }
  }
  results {
    managed = true
    kms_key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ff"
  }
  only_from { vpc_endpoints = ["vpce-0a1b2c3d4e5f67890"] }
}
