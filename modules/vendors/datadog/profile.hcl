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

# The page goes by the role of Datadog's AWS integration. Its account, and that it asks for an
# external id: content/en/integrations/guide/aws-manual-setup.md@020626b3 of the same repository.
assumed_by {
  principals = ["464622532012"]
}

bundles = ["iceberg_metadata"]

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
  reason  = "Metadata files are read as they stand, not in earlier versions."
  actions = ["s3:GetObjectVersion"]
}
dropped {
  reason  = "Only the KMS keys that sources name are used, and through S3 only."
  actions = ["kms:Decrypt"]
}
dropped {
  reason  = "Tables that Lake Formation governs are asked for with lake_formation = true."
  actions = ["lakeformation:GetDataAccess"]
}

todo = [
  "The page adds its policy to the role that Datadog's AWS integration has; this access makes a role, so it is for an account that the integration does not know yet.",
  "Compare the account that the role trusts with the one that Datadog shows for your site, and name it in principals where it differs.",
  "Whether Datadog does without glue:GetCatalog, which the page grants, was not tried.",
  "Where Lake Formation governs the tables, set lake_formation = true, and grant DESCRIBE and SELECT on them and DATA_LOCATION_ACCESS on their bucket.",
]
