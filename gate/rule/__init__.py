"""`gate rule`: what a finding's code means, and what to do about it. Its values are
`athena_gate.modules.rules`."""
