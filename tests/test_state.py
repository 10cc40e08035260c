"""States in an S3 bucket: locked, encrypted, versioned; on real Terraform and an embedded S3."""

import subprocess
from pathlib import Path
from typing import IO, Any

import boto3
import pysequoia
import pytest

from athena_gate.gate.sandbox import Sandbox
from tests.conftest import ACCOUNT, Terraform, make_project

pytestmark = pytest.mark.slow

BUCKET = "acme-states"
STATE = "athena-gate/dbt-ci.tfstate"
# A role and a policy: nothing that takes S3 a minute.
DBT = """
dbt "ci" {
  account   = "analytics"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_ci"]
}
"""


def client(sandbox: Sandbox, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=sandbox.endpoint,
        region_name="eu-central-1",
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
    )


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory,
    pgp_key: pysequoia.Tsk,
    sandbox: Sandbox,
    terraform: Terraform,
) -> Path:
    """The folder of a stack whose state goes to a versioned bucket, encrypted with a KMS key."""
    s3 = client(sandbox, "s3")
    s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    key = client(sandbox, "kms").create_key()["KeyMetadata"]["Arn"]
    backend = (
        f'backend "s3" {{\n  bucket = "{BUCKET}"\n  region = "eu-central-1"\n'
        f'  kms_key = "{key}"\n}}\n'
    )
    project = make_project(tmp_path_factory.mktemp("state"), pgp_key, ACCOUNT + backend + DBT)
    project.synth()
    folder = project.folder / "cdktf.out" / "stacks" / "dbt-ci"
    terraform(folder, "init", "-input=false")
    return folder


def test_of_two_runs_at_once_the_lock_refuses_one(
    stack: Path,
    sandbox: Sandbox,
    sandbox_variables: dict[str, str],
    terraform: Terraform,
) -> None:
    first = subprocess.Popen(
        ["terraform", f"-chdir={stack}", "apply", "-no-color"],
        env=sandbox_variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert first.stdin is not None
        assert first.stdout is not None
        read_until(first.stdout, "Enter a value:")

        second = terraform(stack, "apply", "-auto-approve", "-input=false", ok=(1,))
        assert "Error acquiring the state lock" in second.stderr
        assert locks(sandbox) == [f"{STATE}.tflock"]

        first.stdin.write("yes\n")
        first.stdin.flush()
        rest = first.stdout.read()
        assert (first.wait(120), "Apply complete!" in rest) == (0, True)
    finally:
        first.kill()
        first.communicate()
    assert locks(sandbox) == []
    assert sandbox.inventory()["111122223333"]["aws_iam_role"] == ["dbt-ci"]
    terraform(stack, "plan", "-input=false", "-detailed-exitcode", ok=(0,))


def read_until(stream: IO[str], text: str) -> None:
    read = ""
    while text not in read:
        character = stream.read(1)
        assert character, read
        read += character


def locks(sandbox: Sandbox) -> list[str]:
    found = client(sandbox, "s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [item["Key"] for item in found if item["Key"].endswith(".tflock")]


def test_the_state_is_encrypted_and_every_version_of_it_kept(
    stack: Path, sandbox: Sandbox, terraform: Terraform
) -> None:
    s3 = client(sandbox, "s3")
    (key,) = client(sandbox, "kms").list_keys()["Keys"]
    head = s3.head_object(Bucket=BUCKET, Key=STATE)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key["KeyArn"])

    before = versions(s3)
    terraform(stack, "destroy", "-auto-approve", "-input=false")
    after = versions(s3)
    assert after[-len(before) :] == before
    assert len(after) > len(before)
    assert not list(stack.parents[2].glob("*.tfstate"))


def versions(s3: Any) -> list[str]:
    """Return the ids of the state's versions, the newest first."""
    found = s3.list_object_versions(Bucket=BUCKET, Prefix=STATE)["Versions"]
    return [item["VersionId"] for item in found if item["Key"] == STATE]
