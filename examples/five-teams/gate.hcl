# What all teams share. A team's own blocks are in gate.d/, a file each, with CODEOWNERS to match.

account "analytics" {
  id              = "111122223333"
  region          = "eu-central-1"
  hcp_credentials = "ANALYTICS"
  tags            = { owner = "data-platform" }
}

account "finance" {
  id              = "444455556666"
  region          = "eu-central-1"
  hcp_credentials = "FINANCE"
  tags            = { owner = "finance" }
}

backend "cloud" {
  organization = "acme"
  project      = "athena"
  workspace    = "athena-{stack}"
}
