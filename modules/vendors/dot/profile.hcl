title = "Dot"
class = "query"

page {
  title   = "AWS Athena, step 2: restricted policy"
  source  = "https://docs.getdot.ai"
  date    = "2026-11-22"
  access  = "d39ef00b1f5a017fed41d863d5d3e8270147b2d193b49c4c1719592e212455ab"
  managed = ["AmazonAthenaFullAccess", "AWSGlueConsoleFullAccess"]
  made    = ["dot_athena_user"]
  names = {
    "arn:aws:"            = "arn:{partition}:"
    "us-east-1"           = "{region}"
    "123456789012"        = "{account}"
    "your_workgroup_name" = "{workgroup}"
    "your_bucket_name"    = "{source_bucket}"
  }
}

keys {}

# Section 3 of the page.
addresses = ["3.229.110.216/32", "3.122.135.165/32"]

# Step 5 of the page.
form = "Dot: settings, integrations, Add Integration, Amazon Athena"
