"""What runs in a pipeline.

`write` makes the pipeline's files. The others are what those files call, as
`python3 -m athena_gate.gate.pipeline.NAME`: they need this repository and Python alone, so that a
job that holds credentials installs nothing but Terraform.
"""
