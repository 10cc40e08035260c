title = "Cube"
class = "query"

# Read in cube-js/cube, docs/pages/product/configuration/data-sources/aws-athena.mdx@0babf3ff.
page {
  title  = "AWS Athena"
  source = "https://cube.dev/docs/product/configuration/data-sources/aws-athena"
  date   = "2026-11-26"
}

keys {}
# Not on the page: cube-js/cube, packages/cubejs-athena-driver/src/AthenaDriver.ts@07e39470 leaves the
# credentials to the AWS SDK when no keys are set, and packages/cubejs-backend-shared/src/env.ts knows
# a role to take and its external id (both read 2026-11).
runs_on {
  on = ["ec2", "ecs", "eks"]
}
trusted {}

form = "Cube: environment of the deployment"
labels = {
  region           = "CUBEJS_AWS_REGION"
  workgroup        = "CUBEJS_AWS_ATHENA_WORKGROUP"
  catalog          = "CUBEJS_AWS_ATHENA_CATALOG"
  databases        = "CUBEJS_DB_SCHEMA"
  results_location = "CUBEJS_AWS_S3_OUTPUT_LOCATION"
  role_arn         = "CUBEJS_AWS_ATHENA_ASSUME_ROLE_ARN"
  external_id      = "CUBEJS_AWS_ATHENA_ASSUME_ROLE_EXTERNAL_ID"
}

todo = [
  "The page names no permissions.",
  "Neither of the page's ways to build pre-aggregations works read-only, and this access only reads: make the driver read-only, and leave the export bucket unset.",
]
