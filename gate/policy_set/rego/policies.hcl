policy "athena-gate-exact" {
  query             = "data.athena_gate.exact.deny"
  enforcement_level = "mandatory"
  description       = "A plan makes the stack that gate.hcl describes, and nothing else."
}

policy "athena-gate-general" {
  query             = "data.athena_gate.general.deny"
  enforcement_level = "mandatory"
  description       = "No administrator, no public bucket, no open trust, no unknown kind, no code."
}
