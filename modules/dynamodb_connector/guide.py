"""What the walkthrough "Athena DynamoDB Connector Cross-Account" documents, as data (read
2026-11-22), document by document, and what is granted beside it.

The page's account B is the consumer, account A the owner. It has three documents: the spill
bucket's policy, the function's permission, and the role of the Share button. It has none for the
people who query, for the connector's own role (the application brings one) or for a KMS key.
"""

from modules.athena.statements import via_s3_services
from modules.dynamodb_connector.settings import DynamodbConnectorSettings
from modules.iam.guide import Drop, Guide
from modules.iam.policy import Condition, Policy, Principal, Statement

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

_SPILL_BUCKET = ("arn:{partition}:s3:::{spill_bucket}",)
_FUNCTION = ("arn:{partition}:lambda:{region}:{owner}:function:{catalog}",)

_SPILL_DOCUMENTED = Statement(
    "Allow",
    principals=(Principal("AWS", "{consumer}"),),
    actions=("s3:GetObject", "s3:ListBucket"),
    resources=(*_SPILL_BUCKET, "arn:{partition}:s3:::{spill_bucket}/*"),
)


SPILL_BUCKET = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: spill bucket policy",
    source=_SOURCE,
    date=_DATE,
    documented=Policy((_SPILL_DOCUMENTED,), version="2008-10-17"),
)


def _invoke(principal: str, conditions: tuple[Condition, ...] = ()) -> Statement:
    return Statement(
        "Allow",
        sid=STATEMENT_ID,
        principals=(Principal("AWS", principal),),
        actions=("lambda:InvokeFunction",),
        resources=_FUNCTION,
        conditions=conditions,
    )


# The form takes the account's id and Lambda stores its ARN; a permission given by id is replaced
# by every plan: https://github.com/hashicorp/terraform-provider-aws/issues/30722 (read 2026-11).
_INVOKE_DOCUMENTED = _invoke("arn:{partition}:iam::{consumer}:root")

INVOCATION = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: permission on the function",
    source=_SOURCE,
    date=_DATE,
    documented=Policy((_INVOKE_DOCUMENTED,)),
)

_SHARE_DOCUMENTED = Statement(
    "Allow",
    actions=("athena:CreateDataCatalog",),
    resources=("arn:{partition}:athena:{region}:{consumer}:datacatalog/*",),
)

SHARING = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: role AthenaCrossAccountCreate",
    source=_SOURCE,
    date=_DATE,
    documented=Policy((_SHARE_DOCUMENTED,)),
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

_DYNAMODB_READS = ("dynamodb:PartiQLSelect", "dynamodb:Query", "dynamodb:Scan")
_DYNAMODB_DOCUMENTED = Statement(
    "Allow", actions=("dynamodb:DescribeTable", *_DYNAMODB_READS), resources=("*",)
)
_GLUE_DOCUMENTED = Statement(
    "Allow",
    actions=(
        "glue:GetTableVersions",
        "glue:GetPartitions",
        "glue:GetTables",
        "glue:GetTableVersion",
        "glue:GetDatabases",
        "glue:GetTable",
        "glue:GetPartition",
        "glue:GetDatabase",
    ),
    resources=("*",),
)
_STATUS_DOCUMENTED = Statement("Allow", actions=("athena:GetQueryExecution",), resources=("*",))
_CONNECTOR_SPILL_DOCUMENTED = Statement(
    "Allow",
    actions=(
        "s3:GetObject",
        "s3:ListBucket",
        "s3:GetBucketLocation",
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:GetLifecycleConfiguration",
        "s3:PutLifecycleConfiguration",
        "s3:DeleteObject",
    ),
    resources=(*_SPILL_BUCKET, "arn:{partition}:s3:::{spill_bucket}/*"),
)
# What AWSLambdaBasicExecutionRole holds:
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
_LOGS_DOCUMENTED = Statement(
    "Allow",
    actions=("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    resources=("*",),
)

CONNECTOR = Guide(
    vendor="Athena DynamoDB connector",
    title="AthenaDynamoDBConnector 2026.33.1: role of the application",
    source="https://github.com/awslabs/aws-athena-query-federation/blob/v2026.33.1/"
    "athena-dynamodb/athena-dynamodb.yaml",
    date=_DATE,
    documented=Policy(
        (
            _DYNAMODB_DOCUMENTED,
            Statement("Allow", actions=("dynamodb:ListTables",), resources=("*",)),
            _GLUE_DOCUMENTED,
            _STATUS_DOCUMENTED,
            _CONNECTOR_SPILL_DOCUMENTED,
            _LOGS_DOCUMENTED,
        )
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
    owner, place, spill = settings.owner, settings.readers_place, settings.spill
    return {
        "partition": (owner.arns.partition,),
        "region": (owner.region,),
        "owner": (owner.id,),
        "consumer": (settings.consumer.id,),
        "reading_account": (place.account.id,),
        "reader": settings.readers,
        "principal": settings.principals,
        "organization_id": (settings.organization_id,) if settings.organization_id else (),
        "catalog": (settings.catalog_name,),
        "workgroup": (settings.resource_name,),
        "table": settings.tables,
        "spill_bucket": (settings.spill_bucket,),
        "spill_prefix": (spill.prefix,),
        "spill_key": (settings.arn("kms", "key/*"),) if spill.create_kms_key else (),
        "results_bucket": (place.results_bucket,),
        "results_path": (place.results_path,),
        "results_key": (place.results.kms_key,) if place.results.kms_key else (),
        "via_s3": via_s3_services(owner.arns),
    }
