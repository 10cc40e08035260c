"""Athena's DynamoDB connector, shared by the account of the tables with another account."""
