"""What a plan changes, from what Terraform 1.11.4 printed."""

from athena_gate.gate.deploy.changes import NO_CHANGES, Changes, read_changes

PLAN = """\
Terraform will perform the following actions:

  # aws_iam_access_key.key must be replaced
-/+ resource "aws_iam_access_key" "key" {
    }

  # aws_iam_policy.access will be updated in-place
  ~ resource "aws_iam_policy" "access" {
        # (6 unchanged attributes hidden)
    }

  # aws_iam_user.old will be destroyed
  # (because aws_iam_user.old is not in configuration)
  - resource "aws_iam_user" "old" {
    }

  # aws_iam_user.user will be created
  + resource "aws_iam_user" "user" {
    }

  # aws_s3_bucket.kept will no longer be managed by Terraform, but will not be destroyed
  # (destroy = false is set in the configuration)
 . resource "aws_s3_bucket" "kept" {
    }

Plan: 1 to import, 2 to add, 1 to change, 2 to destroy.
"""


def test_a_plan_is_read_with_every_resource_it_changes() -> None:
    assert read_changes(PLAN) == Changes(
        2,
        1,
        2,
        (
            ("replace", "aws_iam_access_key.key"),
            ("change", "aws_iam_policy.access"),
            ("destroy", "aws_iam_user.old"),
            ("add", "aws_iam_user.user"),
            ("forget", "aws_s3_bucket.kept"),
        ),
    )


def test_a_plan_of_outputs_alone_changes_no_resource() -> None:
    assert read_changes("\nChanges to Outputs:\n  + handoff = {}\n") == NO_CHANGES
