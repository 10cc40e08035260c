title = "SQLMesh"
class = "tables"

# Read in TobikoData/sqlmesh, docs/integrations/engines/athena.md@10db15ca.
page {
  title  = "Athena: connection options"
  source = "https://sqlmesh.readthedocs.io/en/stable/integrations/engines/athena/"
  date   = "2026-11-26"
}

# sqlmesh/core/engine_adapter/athena.py@05ad6ef4 (read 2026-11): of the tables that it makes, it
# calls glue:GetTable, glue:BatchGetPartition and glue:BatchDeletePartition itself, and lists and
# deletes their files in S3. Of other databases it calls nothing but Athena, so nothing is in itself.
keys {}
# The page's driver, PyAthena, takes the credentials of the machine when the connection has none
# (README of PyAthena, read 2026-11).
runs_on {
  on = ["ec2", "ecs", "eks"]
}
# role_arn of the page; it has no external id.
trusted {}

form = "SQLMesh: connection of the type athena, in config.yaml"
labels = {
  region           = "region_name"
  workgroup        = "work_group"
  schema           = "schema_name"
  results_location = "s3_staging_dir"
  role_arn         = "role_arn"
  location         = "s3_warehouse_location"
}
fields = { location = "s3://{bucket}/" }

beside {
  reason  = "SQLMesh deletes the files of Hive tables and partitions that it drops or replaces."
  actions = ["s3:DeleteObject"]
}

# sqlmesh/core/config/root.py@06c72ada describes both settings (read 2026-11).
todo = [
  "The page names no permissions.",
  "Keep physical tables and views in the one database {schema}, with physical_schema_mapping and with environment_suffix_target set to table: this access makes and changes tables in no other.",
]
