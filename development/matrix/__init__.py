"""`make matrix`: the same code on three pairs of engine and provider package, compared."""
