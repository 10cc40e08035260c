"""AWS IAM as values: statements, policies, ARNs, guides. Nothing in here imports the CDK."""
