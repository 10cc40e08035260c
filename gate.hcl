# What a fresh clone deploys: copy this file, change the names, and read
# README.md for every field. `gate check` says what is wrong with it.

account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
  tags   = { owner = "data-platform" }
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
