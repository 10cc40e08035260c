title = "Hex"
class = "query"

# Read as the changelog's entry in api-evangelist/hex, blogs/2026-06-25-*.md@631858b3. The page on
# the connection itself could not be had (2026-11).
page {
  title  = "Hex in Figma, IAM role support for AWS, and schema refresh history"
  source = "https://learn.hex.tech/changelog/2026-06-25"
  date   = "2026-11-26"
}

keys {}
assumed_by {
  external_id = "unknown"
}

form = "Hex: Settings, Data sources, + Connection, Athena"

todo = [
  "The page names no permissions, and neither the account of Hex nor an external id: take both from its form.",
]
