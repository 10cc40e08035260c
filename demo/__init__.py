"""`make demo`: everything gate.hcl describes, deployed into an embedded AWS and removed again."""
