"""Immuta: data access control that queries Athena with an IAM user's keys or an instance role."""
