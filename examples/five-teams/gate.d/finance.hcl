# Billing data, written by Metronome into finance's own account.

metronome "billing" {
  account = "finance"
  bucket  = "acme-metronome"
  schema  = "metronome"

  web_identity {
    subject                 = "123456789012345678901"
    organization_identifier = "org-4711"
  }

  workgroup {}
}
