# Builds the models that the other teams read.

dbt "models" {
  account          = "analytics"
  mode             = "run"
  trusted          = ["arn:aws:iam::111122223333:role/dbt-runner"]
  databases        = ["models", "models_staging"]
  source_databases = ["raw"]

  source "acme-lake" {
    prefixes = ["raw/"]
  }

  workgroup {}
}
