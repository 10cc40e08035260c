"""pipelines/hcp-credentials.md: what HCP Terraform hands a run, and where its resources land.

The files are what HCP Terraform writes for tagged configurations: a profile named default, with a
role and a token's file. https://developer.hashicorp.com/terraform/cloud-docs/dynamic-provider-credentials/aws-configuration
(2026-11)
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from athena_gate.gate.sandbox import Sandbox
from tests.conftest import make_project

pytestmark = pytest.mark.slow

ACCOUNTS = {"ANALYTICS": "111122223333", "PARTNER": "444455556666"}
CONFIGURATION = """
account "analytics" {
  id              = "111122223333"
  region          = "eu-central-1"
  hcp_credentials = "ANALYTICS"
}

account "partner" {
  id              = "444455556666"
  region          = "eu-central-1"
  hcp_credentials = "PARTNER"
}

backend "cloud" {
  organization = "acme"
}

dynamodb_connector "orders" {
  owner    = "analytics"
  consumer = "partner"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::444455556666:role/analyst"]
}
"""
# Quick ones of both accounts; the rest of the stack needs a minute for its lifecycle rules.
TARGETS = ("aws_iam_role", "aws_s3_bucket", "aws_athena_workgroup")


@pytest.fixture
def stack(tmp_path: Path, pgp_key: pysequoia.Tsk) -> Path:
    """The connector's folder, without its cloud block: here runs what HCP Terraform would run."""
    project = make_project(tmp_path, pgp_key, CONFIGURATION)
    project.synth()
    folder = project.folder / "cdktf.out" / "stacks" / "dynamodb-connector-orders"
    synthesized = json.loads((folder / "cdk.tf.json").read_text())
    del synthesized["terraform"]["cloud"]
    (folder / "cdk.tf.json").write_text(json.dumps(synthesized))
    return folder


def of_a_run(folder: Path, sandbox: Sandbox, base: dict[str, str]) -> dict[str, str]:
    """Return the environment of a run in HCP Terraform: no AWS credentials but in the files that
    the variable names, one for each tag."""
    aliases = {}
    for tag, account in ACCOUNTS.items():
        token, config = folder / f"aws_{tag}_token", folder / f"aws_{tag}_config"
        token.write_text("a-token-of-hcp-terraform")
        config.write_text(
            f"[default]\nweb_identity_token_file = {token}\n"
            f"role_arn = arn:aws:iam::{account}:role/hcp-terraform\n"
        )
        aliases[tag] = {"shared_config_file": str(config)}
    given = {"default": {"shared_config_file": ""}, "aliases": aliases}
    ours = sandbox.environment(base)
    for name in list(ours):
        if name.startswith("AWS_") and name != "AWS_ENDPOINT_URL":
            del ours[name]
    return {
        **ours,
        "AWS_EC2_METADATA_DISABLED": "true",
        # A role that a shared configuration file names is taken before AWS_ENDPOINT_URL counts.
        "AWS_ENDPOINT_URL_STS": sandbox.endpoint,
        "HOME": str(folder),
        "TF_VAR_tfc_aws_dynamic_credentials": json.dumps(given),
    }


def test_each_account_of_the_connector_is_reached_with_its_own_dynamic_credentials(
    stack: Path, tmp_path: Path, sandbox: Sandbox, terraform_variables: dict[str, str]
) -> None:
    environment = of_a_run(tmp_path, sandbox, terraform_variables)

    def terraform(*arguments: str) -> str:
        done = subprocess.run(
            ["terraform", f"-chdir={stack}", *arguments, "-no-color"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    terraform("init", "-input=false")
    resources: dict[str, dict[str, Any]] = json.loads((stack / "cdk.tf.json").read_text())[
        "resource"
    ]
    targets = [f"-target={kind}.{name}" for kind in TARGETS for name in resources[kind]]
    terraform("apply", "-input=false", "-auto-approve", *targets)
    assert sandbox.inventory() == {
        "111122223333": {
            "aws_athena_workgroup": ["dynamodb-connector-orders"],
            "aws_iam_role": ["dynamodb-connector-orders"],
            "aws_s3_bucket": [
                "dynamodb-connector-orders-results-111122223333",
                "dynamodb-connector-orders-spill-111122223333",
            ],
        },
        "444455556666": {
            "aws_athena_workgroup": ["dynamodb-connector-orders"],
            "aws_s3_bucket": ["dynamodb-connector-orders-results-444455556666"],
        },
    }
