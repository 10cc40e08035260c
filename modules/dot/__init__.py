"""Dot (getdot.ai): an analyst that queries Athena with an IAM user's access keys."""
