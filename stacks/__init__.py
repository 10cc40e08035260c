"""Where the integrations are built: gate.hcl in, one Terraform stack per block out."""
