"""`gate lock`: what `athena_gate.gate.terraform.lock` does, as a command."""
