"""The documented modes against the vendors' pages themselves.

tests/guides/*.json was taken out of the pages by ``python -m development.guides``; dbt's page has
no policy, its CloudFormation template is written down here from the file it names.
"""

import json
from typing import Any

import pytest

from development.guides import FIXTURES, policies
from modules.dbt import policies as dbt
from modules.dynamodb_connector import policies as dynamodb_connector
from modules.iam.policy import Policy
from stacks.configuration import load
from tests.conftest import ACCOUNT, Project

BLOCKS = f"""{ACCOUNT}
account "partner" {{
  id          = "444455556666"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::444455556666:role/terraform"
}}
dbt "a" {{
  account   = "analytics"
  mode      = "documented"
  databases = ["dbt"]
}}
dynamodb_connector "a" {{
  owner           = "analytics"
  consumer        = "partner"
  grants          = "documented"
  tables          = ["orders"]
  console_sharing = true
  spill {{ bucket = "acme-spill" }}
}}
"""


@pytest.fixture
def settings(project: Project) -> dict[str, Any]:
    """The settings of each block by its kind."""
    project.write(BLOCKS)
    return {block.kind: block.settings for block in load(project.file).blocks}


def page(name: str, **names: str) -> Policy:
    """Return the policy of a page with its example names replaced by those of ``BLOCKS``."""
    text = (FIXTURES / f"{name}.json").read_text()
    for example, ours in names.items():
        text = text.replace(example, ours)
    return Policy.from_document(json.loads(text))


def test_dynamodb_connector(settings: dict[str, Any]) -> None:
    block = settings["dynamodb_connector"]
    spill = page(
        "dynamodb-connector-cross-account-1",
        **{"ACCOUNT_B_ID": "444455556666", "ds-spill-bucket": "acme-spill"},
    )
    sharing = page(
        "dynamodb-connector-cross-account-2",
        YOUR_AWS_REGION="eu-central-1",
        ACCOUNT_B_ID="444455556666",
    )
    assert dynamodb_connector.spill_access(block).grants() == spill.grants()
    assert dynamodb_connector.sharing_access(block).grants() == sharing.grants()


def test_dynamodb_connector_invocation(settings: dict[str, Any]) -> None:
    documented = {
        "Statement": {
            "Sid": "athena-cross-account-access",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": "lambda:InvokeFunction",
            "Resource": "arn:aws:lambda:eu-central-1:111122223333:function:"
            + settings["dynamodb_connector"].catalog_name,
        }
    }
    made = dynamodb_connector.invocation(settings["dynamodb_connector"])
    assert made.grants() == Policy.from_document(documented).grants()


def test_dbt(settings: dict[str, Any]) -> None:
    via_athena = {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}
    athena = (
        "ListDataCatalogs GetDataCatalog ListDatabases GetDatabase StartQueryExecution "
        "StopQueryExecution GetQueryExecution GetQueryResults GetWorkGroup BatchGetQueryExecution"
    )
    glue = "CreateTable UpdateTable DeleteTable GetDatabases GetDatabase GetTable GetTables"
    s3 = (
        "ListBucket GetBucketLocation GetObject ListBucketMultipartUploads "
        "ListMultipartUploadParts AbortMultipartUpload PutObject DeleteObject"
    )
    statements = [
        {
            "Effect": "Allow",
            "Resource": "*",
            "Action": [f"{service}:{action}" for action in actions.split()],
            **({} if service == "athena" else {"Condition": via_athena}),
        }
        for service, actions in (("athena", athena), ("glue", glue), ("s3", s3))
    ]
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": ["sts:AssumeRole"],
    }
    documented = Policy.from_document({"Version": "2012-10-17", "Statement": statements})
    assert dbt.access(settings["dbt"]).grants() == documented.grants()
    assert (
        dbt.trust(settings["dbt"]).grants() == Policy.from_document({"Statement": trust}).grants()
    )


def test_policies_are_found_in_a_page_whatever_stands_around_them() -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*"}]}
    text = f"Some {{text}}\n```json\n{json.dumps(policy, indent=4)}\n```\n{{ more {{}} \n"
    assert policies(text) == [policy]
