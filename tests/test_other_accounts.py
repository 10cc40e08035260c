"""Data, results, keys and a Glue catalog of another account: applied, unchanged, destroyed in an
embedded AWS, with the statements of the to-do list as the other account pastes them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pysequoia
import pytest
from botocore.config import Config

from athena_gate.gate.sandbox import Sandbox
from athena_gate.modules.iam.claims import Call, Need
from athena_gate.modules.iam.decide import Policies, Request, decide
from athena_gate.modules.iam.policy import Policy
from athena_gate.modules.iam.todo import ToDo
from athena_gate.stacks.configuration import ConfiguredBlock, load
from tests.conftest import Project, Terraform, make_project

pytestmark = pytest.mark.slow

THEIRS = "444455556666"
REGION = "eu-central-1"
GATE = """
account "analytics" {
  id              = "111122223333"
  region          = "eu-central-1"
  catalog_kms_key = "CATALOG"
}
account "lake" {
  id     = "444455556666"
  region = "eu-central-1"
}
dot "reporting" {
  account   = "analytics"
  databases = ["sales"]
  source "their-lake" {
    prefixes = ["sales/"]
    owner    = "lake"
    kms_key  = "DATA"
  }
  results {
    bucket  = "their-results"
    create  = false
    owner   = "lake"
    kms_key = "RESULTS"
  }
  catalog "theirs" {
    owner     = "lake"
    databases = ["orders"]
  }
  keys {
    pgp_key_file = "keys/ops.asc"
    generations  = ["2026-11"]
  }
}
"""


@dataclass(frozen=True)
class Both:
    """Both accounts of ``sandbox``: what is deployed in the one, and who works in the other."""

    project: Project
    sandbox: Sandbox

    @property
    def block(self) -> ConfiguredBlock:
        (block,) = load(self.project.file).blocks
        return block

    def client(self, service: str, account: str | None = None) -> Any:
        return client(self.sandbox, service, account)


def client(sandbox: Sandbox, service: str, account: str | None = None) -> Any:
    keys = {"AccessKeyId": "sandbox", "SecretAccessKey": "sandbox", "SessionToken": None}
    if account:
        taken = client(sandbox, "sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/admin", RoleSessionName="test"
        )
        keys = taken["Credentials"]
    return boto3.session.Session().client(
        service,
        endpoint_url=sandbox.endpoint,
        region_name=REGION,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        config=Config(retries={"max_attempts": 0}),
    )


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
    pgp_key: pysequoia.Tsk,
    sandbox: Sandbox,
    terraform: Terraform,
) -> Iterator[Both]:
    """The other account's buckets and keys, and the block that uses them, applied."""
    s3, kms = client(sandbox, "s3", THEIRS), client(sandbox, "kms", THEIRS)
    for bucket in ("their-lake", "their-results"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    text = GATE
    for name in ("CATALOG", "DATA", "RESULTS"):
        text = text.replace(name, kms.create_key()["KeyMetadata"]["Arn"])
    project = make_project(tmp_path_factory.mktemp("other"), pgp_key, text)
    project.synth()
    folder = project.out / "stacks" / "dot-reporting"
    terraform(folder, "init", "-input=false")
    terraform(folder, "apply", "-auto-approve", "-input=false")
    yield Both(project, sandbox)
    terraform(folder, "plan", "-input=false", "-detailed-exitcode", ok=(0,))
    terraform(folder, "destroy", "-auto-approve", "-input=false")
    assert set(sandbox.inventory()) == {THEIRS}


def ours(both: Both) -> Policy:
    """Return the policy of the vendor's user as AWS has it."""
    iam = both.client("iam")
    (attached,) = iam.list_attached_user_policies(UserName="dot-reporting")["AttachedPolicies"]
    arn = attached["PolicyArn"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=version)
    return Policy.from_document(found["PolicyVersion"]["Document"])


def test_the_workgroup_expects_the_owner_and_hands_results_over(both: Both) -> None:
    found = both.client("athena").get_work_group(WorkGroup="dot-reporting")
    results = found["WorkGroup"]["Configuration"]["ResultConfiguration"]
    assert (results["ExpectedBucketOwner"], results["AclConfiguration"]) == (
        THEIRS,
        {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"},
    )


def test_with_the_statements_of_the_list_everything_is_allowed_and_without_them_nothing(
    both: Both,
) -> None:
    granted = ours(both)
    todos = [one for one in both.block.integration.todo(both.block.settings) if one.policy]
    there = {todo.resource: pasted(both, todo) for todo in todos}
    assert len(there) == 6
    calls = [
        (need, call, todo.resource)
        for need in both.block.integration.needs(both.block.settings)
        for call in need.calls
        for todo in call.given
        if todo.policy
    ]
    assert {answer(need, call, granted, there[arn]) for need, call, arn in calls} == {"allowed"}
    before = Policy.from_document({"Version": "2012-10-17", "Statement": [OWN]})
    for identity, resource in ((granted, before), (granted, None)):
        assert {answer(need, call, identity, resource) for need, call, _ in calls} == {"denied"}
    assert {answer(need, call, Policy(()), there[arn]) for need, call, arn in calls} == {"denied"}


# What the other account's policies say before anything is pasted.
OWN = {"Effect": "Allow", "Principal": {"AWS": THEIRS}, "Action": "*", "Resource": "*"}


def pasted(both: Both, todo: ToDo) -> Policy:
    """Return the policy of a bucket or key of the other account, as AWS has it after the statements
    of ``todo`` are added."""
    asked = todo.policy.document()["Statement"] if todo.policy else []
    document = json.dumps({"Version": "2012-10-17", "Statement": [OWN, *asked]})
    if ":s3:::" in todo.resource:
        s3, bucket = both.client("s3", THEIRS), todo.resource.rpartition(":")[2]
        s3.put_bucket_policy(Bucket=bucket, Policy=document)
        return Policy.from_json(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    if ":glue:" in todo.resource:
        glue = both.client("glue", THEIRS)
        glue.put_resource_policy(PolicyInJson=document)
        return Policy.from_json(glue.get_resource_policy()["PolicyInJson"])
    kms, of_key = both.client("kms", THEIRS), {"KeyId": todo.resource, "PolicyName": "default"}
    kms.put_key_policy(**of_key, Policy=document)
    return Policy.from_json(kms.get_key_policy(**of_key)["Policy"])


def answer(need: Need, call: Call, identity: Policy, resource: Policy | None) -> str:
    """Return whether ``call`` is allowed with these policies of both sides."""
    request = Request(
        need.caller, call.action, call.resources[0], THEIRS, call.context, call.unknown
    )
    return decide(request, Policies((identity,), resource)).answer
