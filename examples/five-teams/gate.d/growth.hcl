# Experiments: Statsig writes its tables beside nobody else's.

statsig "experiments" {
  account = "analytics"
  bucket  = "acme-statsig"
  schema  = "statsig"

  assumed_by {
    principals  = ["999988887777"]
    external_id = "what-statsig-shows"
  }

  workgroup {}
}
