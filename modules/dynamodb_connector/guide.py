"""What the walkthrough "Athena DynamoDB Connector Cross-Account" documents, as data (read
2026-11-22), document by document, and what is granted beside it.

The page's account B is the consumer, account A the owner. It has three documents: the spill
bucket's policy, the function's permission, and the role of the Share button. It has none for the
people who query, for the connector's own role (the application brings one) or for a KMS key.
"""

from pathlib import Path

from athena_gate.modules.athena.page import page_policy
from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings
from athena_gate.modules.iam.guide import Drop, Guide
from athena_gate.modules.iam.policy import Policy, Principal, Statement

# What the page has typed into Lambda's form.
STATEMENT_ID = "athena-cross-account-access"

_TITLE = "Athena DynamoDB Connector Cross-Account"
# The page has no address of its own; this is the article that it links.
_SOURCE = (
    "https://aws.amazon.com/blogs/big-data/"
    "query-cross-account-amazon-dynamodb-tables-using-amazon-athena-federated-query/"
)
# What AWS itself says that both accounts need.
_AWS_SOURCE = "https://docs.aws.amazon.com/athena/latest/ug/xacct-fed-query-enable.html"
_DATE = "2026-11-22"

_FOLDER = Path(__file__).parent
# What the documents write for names of their readers.
_NAMES = {
    "arn:aws:": "arn:{partition}:",
    "AWS::Partition": "{partition}",
    "YOUR_AWS_REGION": "{region}",
    "ACCOUNT_B_ID": "{consumer}",
    "ds-spill-bucket": "{spill_bucket}",
    "SpillBucket": "{spill_bucket}",
}


def _policy(name: str, digest: str) -> Policy:
    return page_policy(_FOLDER / f"{name}.json", digest, _NAMES)


SPILL_BUCKET = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: spill bucket policy",
    source=_SOURCE,
    date=_DATE,
    documented=_policy(
        "spill_bucket",
        "21c60b25162cbdde4710893aadde6d8c9f8a6582973ab447f139c034e9e47cd7",
    ),
)


# The form takes the account's id and Lambda stores its ARN; a permission given by id is replaced
# by every plan: https://github.com/hashicorp/terraform-provider-aws/issues/30722 (read 2026-11).
_INVOKE_DOCUMENTED = Statement(
    "Allow",
    sid=STATEMENT_ID,
    principals=(Principal("AWS", "arn:{partition}:iam::{consumer}:root"),),
    actions=("lambda:InvokeFunction",),
    resources=("arn:{partition}:lambda:{region}:{owner}:function:{catalog}",),
)

INVOCATION = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: permission on the function",
    source=_SOURCE,
    date=_DATE,
    documented=Policy((_INVOKE_DOCUMENTED,)),
)

SHARING = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: role AthenaCrossAccountCreate",
    source=_SOURCE,
    date=_DATE,
    documented=_policy(
        "sharing",
        "79b6b85fc1a7f310c079004c7584ce1e0e459dc2725854e03aed829beca6ebd5",
    ),
    documented_trust=Policy(
        (
            Statement(
                "Allow",
                principals=(Principal("AWS", "{owner}"),),
                actions=("sts:AssumeRole",),
            ),
        )
    ),
)


READERS = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: the people who query (no document)",
    source=_AWS_SOURCE,
    date=_DATE,
    documented=None,
    beside={
        "lambda:InvokeFunction": "The page grants the call of the function on account A's side "
        "only; across accounts the caller's own side must allow it too.",
    },
)

KEY = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: the spill bucket's KMS key (no document)",
    source=_AWS_SOURCE,
    date=_DATE,
    documented=None,
    beside={
        "kms:*": "The default of AWS: who administers and uses the key is up to the owner's "
        "policies.",
    },
)

CONNECTOR = Guide(
    vendor="Athena DynamoDB connector",
    title="AthenaDynamoDBConnector 2026.33.1: role of the application",
    source="https://github.com/awslabs/aws-athena-query-federation/blob/v2026.33.1/"
    "athena-dynamodb/athena-dynamodb.yaml",
    date=_DATE,
    # And what AWSLambdaBasicExecutionRole holds, which it attaches:
    # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
    documented=_policy(
        "connector",
        "2dc1f159fe57cc98215e05644b42f6170730ca63eaf91dbff6a6d28696c26c0e",
    ),
    drops=(
        Drop(
            "Our function is told not to look into Glue (disable_glue), so its role may not.",
            ("glue:*",),
        ),
        Drop(
            "The connector looks the spill bucket up and writes below its prefix; it reads, "
            "deletes and configures nothing there.",
            ("s3:*",),
        ),
        Drop(
            "The function's log group is made beside it, with an end to how long logs are kept.",
            ("logs:CreateLogGroup",),
        ),
        Drop(
            "The tables are named; nobody has to list them.",
            ("dynamodb:ListTables",),
        ),
    ),
    beside={
        "kms:Decrypt": "The application reads no table that is encrypted with a key of yours: it "
        "gives an empty schema.",
        **{
            f"ec2:{action}": "The application has no VPC; Lambda connects the function to one with "
            "these, and its own code cannot."
            for action in (
                "AssignPrivateIpAddresses",
                "CreateNetworkInterface",
                "DeleteNetworkInterface",
                "DescribeNetworkInterfaces",
                "DescribeSubnets",
                "UnassignPrivateIpAddresses",
            )
        },
    },
)

GUIDES = {
    "spill_bucket": SPILL_BUCKET,
    "invocation": INVOCATION,
    "sharing": SHARING,
    "readers": READERS,
    "connector": CONNECTOR,
    "key": KEY,
}


def values(settings: DynamodbConnectorSettings) -> dict[str, tuple[str, ...]]:
    """Return what the placeholders of all documents stand for in ``settings``."""
    owner = settings.owner
    return {
        "partition": (owner.arns.partition,),
        "region": (owner.region,),
        "owner": (owner.id,),
        "consumer": (settings.consumer.id,),
        "catalog": (settings.catalog_name,),
        "spill_bucket": (settings.spill_bucket,),
    }
