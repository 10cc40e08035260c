title = "Omni"
class = "query"

# The stored copies end within the first of the two ways; the second is announced at the top.
page {
  title  = "Connecting Amazon Athena to Omni as a data source"
  source = "https://docs.omni.co/connect-data/setup/athena"
  date   = "2026-11-26"
}

keys {}
assumed_by {
  external_id = "unknown"
}

form = "Omni: Settings, Connections, Athena"
labels = {
  results_location = "S3 Output Bucket"
  catalog          = "Data Catalog"
  databases        = "Include Schemas"
}

todo = [
  "What could be read of the page names no permissions, and neither the account of Omni nor an external id: take both from Omni.",
  "Write the data catalog in lower case, as the page asks.",
]
