# Orders are in DynamoDB of the shop's account. Analysts query them from the analytics account.

account "shop" {
  id     = "111122223333"
  region = "eu-central-1"
  tags   = { owner = "shop" }
}

account "analytics" {
  id          = "444455556666"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::444455556666:role/terraform"
  tags        = { owner = "data-platform" }
}

backend "s3" {
  bucket  = "acme-states"
  region  = "eu-central-1"
  prefix  = "athena/"
  kms_key = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

dynamodb_connector "orders" {
  owner    = "shop"
  consumer = "analytics"
  tables   = ["orders", "returns"]
  readers  = ["arn:aws:iam::444455556666:role/analyst"]

  organization_id = "o-a1b2c3d4e5"

  spill {
    create_kms_key = true
  }
}

redash "shop" {
  account   = "shop"
  databases = ["clicks"]

  source "acme-clicks" {
    prefixes = ["web/"]
  }

  runs_on {
    on = "ec2"
  }
}

lightdash "analysts" {
  account   = "analytics"
  databases = ["sales"]

  source "acme-lake" {
    prefixes = ["sales/"]
  }

  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "4b0c2f1e-0000-4000-8000-0123456789ab"
  }
}
