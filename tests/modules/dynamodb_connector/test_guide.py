"""What is opened, against the guide's three documents and what is stated beside them."""

from typing import Any

import pytest

from athena_gate.modules.dynamodb_connector.guide import SHARING, values
from athena_gate.modules.dynamodb_connector.policies import documents, sharing_trust
from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings
from athena_gate.modules.iam.arn import partition_of
from athena_gate.modules.iam.guide import fill
from athena_gate.modules.iam.policy import Grant, Policy
from tests.modules.dynamodb_connector.conftest import (
    CONSUMER,
    OWNER,
    REGIONS,
    documented,
    minimal,
    one_account,
)


def granted(settings: DynamodbConnectorSettings) -> dict[str, frozenset[Grant]]:
    return {name: policy.grants() for name, policy in documents(settings).items()}


def the_three_documents(region: str) -> dict[str, frozenset[Grant]]:
    """Return the page's three documents with its examples replaced by our names.

    "Account B ID" in Lambda's form is the account's ARN in the function's policy.
    """
    partition = partition_of(region)
    spill = f"arn:{partition}:s3:::dynamodb-connector-orders-spill-{OWNER}"
    function = f"arn:{partition}:lambda:{region}:{OWNER}:function:dynamodb_connector_orders"
    catalogs = f"arn:{partition}:athena:{region}:{CONSUMER}:datacatalog/*"
    pages: dict[str, Any] = {
        "spill_bucket": {
            "Version": "2008-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": CONSUMER},
                    "Action": ["s3:GetObject", "s3:ListBucket"],
                    "Resource": [spill, f"{spill}/*"],
                }
            ],
        },
        "invocation": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "athena-cross-account-access",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{partition}:iam::{CONSUMER}:root"},
                    "Action": "lambda:InvokeFunction",
                    "Resource": function,
                }
            ],
        },
        "sharing": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "athena:CreateDataCatalog",
                    "Resource": catalogs,
                }
            ],
        },
    }
    return {name: Policy.from_document(page).grants() for name, page in pages.items()}


@pytest.mark.parametrize("region", REGIONS)
def test_documented_grants_are_those_of_the_three_documents(region: str) -> None:
    found = granted(documented(region))
    expected = the_three_documents(region)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("region", REGIONS)
def test_the_share_button_opens_to_the_account_of_the_page(region: str) -> None:
    settings = documented(region)
    assert SHARING.documented_trust is not None
    page = fill(SHARING.documented_trust, values(settings))
    assert sharing_trust(settings).grants() == page.grants()
    assert page.grants() == {
        Grant("Allow", f"AWS:{OWNER}", "sts:AssumeRole", "", frozenset()),
    }


def test_an_application_brings_its_own_role() -> None:
    settings = minimal(deployment="application")
    assert set(granted(settings)) == {"spill_bucket", "invocation", "readers"}


def test_within_one_account_nothing_is_shared() -> None:
    assert set(granted(one_account())) == {"readers", "connector"}
