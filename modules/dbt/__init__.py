"""dbt (the dbt-athena adapter): a role that CI or a developer takes to build models in Athena."""
