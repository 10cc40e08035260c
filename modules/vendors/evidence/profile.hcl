title = "Evidence"
class = "query"

page {
  title  = "Athena"
  source = "https://docs.evidence.dev/data-sources/athena"
  date   = "2026-11-26"
}

keys {}

form = "Evidence: Connectors, Athena"
labels = {
  region           = "AWS Region"
  workgroup        = "Workgroup (default 'primary')"
  databases        = "Schema (Database)"
  results_location = "Bucket Name (Query result location)"
}

todo = [
  "The page names no permissions.",
  "Fill in the workgroup: the form would take primary, where queries are refused.",
]
