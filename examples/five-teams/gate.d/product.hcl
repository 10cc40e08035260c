# Dashboards of the product, self-hosted on the team's cluster.

superset "product" {
  account   = "analytics"
  databases = ["models"]

  source "acme-models" {
    prefixes = ["models/"]
  }

  runs_on {
    on              = "eks"
    provider        = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"
    namespace       = "dashboards"
    service_account = "superset"
  }
}
