"""Checks and generators for people who work on athena-gate; the product imports none of it."""
