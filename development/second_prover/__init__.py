"""A second prover of never-claims, of another kind: z3 searches for a request that breaks one."""
