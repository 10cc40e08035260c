title = "Lightdash"
class = "query"

# The stored copy ends within the steps; what it says of the role's permissions is not in it.
page {
  title  = "Connect Athena with web identity"
  source = "https://docs.lightdash.com/integrations/connect-athena-with-web-identity"
  date   = "2026-11-26"
}

# packages/warehouses/src/warehouseClients/AthenaWarehouseClient.ts@0b3d9c3c of lightdash/lightdash
# (read 2026-11): keys, or what the AWS SDK finds on the machine, and on top of either a role to take
# with an external id. It reads results with GetQueryResults and tables with ListTableMetadata and
# GetTableMetadata, nothing from S3 or Glue itself.
keys {}
# The subject is the same for every connection of an instance, the audience ties to the customer.
web_identity {
  issuer   = "accounts.google.com"
  audience = "required"
}
runs_on {
  on = ["ec2", "ecs", "eks"]
}
trusted {}

form = "Lightdash: project's connection settings, Athena"
labels = {
  region           = "Region"
  catalog          = "Catalog"
  databases        = "Database"
  results_location = "S3 staging directory"
}

todo = [
  "Ask Lightdash to turn web identity on, which is in beta.",
]
