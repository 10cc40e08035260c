policy "athena-gate-readable" {
  query             = "data.terraform.policies.athena_gate.readable.deny"
  enforcement_level = "mandatory"
  description       = "Every policy can be read before apply, and the plan holds nothing unknown."
}

policy "athena-gate-access" {
  query             = "data.terraform.policies.athena_gate.access.deny"
  enforcement_level = "mandatory"
  description       = "Nobody is granted more than the integration may ever have."
}

policy "athena-gate-opened" {
  query             = "data.terraform.policies.athena_gate.opened.deny"
  enforcement_level = "mandatory"
  description       = "Roles, buckets, keys and functions let in nobody else."
}

policy "athena-gate-closed" {
  query             = "data.terraform.policies.athena_gate.closed.deny"
  enforcement_level = "mandatory"
  description       = "The Deny statements that must be there are there."
}
