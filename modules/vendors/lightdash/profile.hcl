title = "Lightdash"
class = "query"

page {
  title  = "Connect Athena with web identity"
  source = "https://docs.lightdash.com/integrations/connect-athena-with-web-identity"
  date   = "2026-11-25"
}

keys {}
web_identity {
  issuer   = "accounts.google.com"
  audience = "required"
}
runs_on {
  on = ["ec2", "ecs", "eks"]
}
trusted {}

bundles = ["fetch_results"]
