title = "Datadog Data Observability"
class = "metadata"

# Read in DataDog/documentation, content/en/data_observability/quality_monitoring/data_lakes/
# aws_glue.md@0d38a370. A second page, on the query history of Athena, is in no copy: what it asks
# for is left out.
page {
  title  = "Iceberg Tables (AWS Glue)"
  source = "https://docs.datadoghq.com/data_observability/quality_monitoring/data_lakes/aws_glue/"
  date   = "2026-11-26"
  access = "89772a73c2b83af3572ceee9b0f848d59218c76f542251cca74f7c28591df178"
  names  = { "arn:aws:" = "arn:{partition}:" }
}

# "Attach the following policy to the Datadog IAM role configured for your AWS integration": name that
# role in role_name. A role made here is for an account that the integration does not know yet; which
# account takes it, and that it asks for an external id, is on another page:
# content/en/integrations/guide/aws-manual-setup.md@020626b3 of the same repository.
assumed_by {
  principals = ["464622532012"]
  existing   = true
}

# The page's policy reads databases and tables, no partitions, and lists buckets.
bundles = ["databases", "iceberg_metadata", "list_sources"]

form = "Datadog: Data Observability, Settings, AWS Glue"
labels = {
  external_id = "AWS External ID"
}

dropped {
  reason  = "Glue jobs are monitored only where that is switched on, and are no tables."
  actions = ["glue:GetJob", "glue:GetJobRun", "glue:GetJobRuns", "glue:GetJobs", "glue:ListJobs"]
}
dropped {
  reason  = "This access reads the account's own catalog; the page names others only for nested catalogs."
  actions = ["glue:GetCatalog"]
}
dropped {
  reason  = "Metadata files are read in the buckets of source blocks only, and this block has none."
  actions = ["s3:ListBucket", "s3:GetObject"]
}
dropped {
  reason  = "Metadata files are read as they stand, not in earlier versions."
  actions = ["s3:GetObjectVersion"]
}
dropped {
  reason  = "Only the KMS keys that sources name are used, and through S3 only."
  actions = ["kms:Decrypt"]
}
dropped {
  reason  = "Tables that Lake Formation governs are asked for with a lake_formation block."
  actions = ["lakeformation:GetDataAccess"]
}

todo = [
  "Name the role that Datadog's AWS integration has, as the page adds its policy to that; without role_name a role is made, for an account that the integration does not know yet.",
  "Where a role is made, compare the account that it trusts with the one that Datadog shows for your site, and name it in principals where it differs.",
  "Whether Datadog does without glue:GetCatalog, which the page grants, was not tried.",
  "Where Lake Formation governs the tables, add a lake_formation block, which grants DESCRIBE on them; the page also asks for SELECT, and for DATA_LOCATION_ACCESS on their bucket: grant these there.",
]
