"""What the walkthrough "Athena DynamoDB Connector Cross-Account" documents, as data (read
2026-11-22), document by document, and what is granted beside it.

The page's account B is the consumer, account A the owner. It has three documents: the spill
bucket's policy, the function's permission, and the role of the Share button. It has none for the
people who query, for the connector's own role (the application brings one) or for a KMS key.
"""

from modules.athena.deviations import VIA_S3, writes_with_key
from modules.athena.statements import via_s3_services
from modules.dynamodb_connector.settings import DynamodbConnectorSettings
from modules.iam.guide import Deviation, Guide
from modules.iam.policy import Condition, Grant, Policy, Principal, Statement

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

_READERS = (Principal("AWS", "{reader}"),)
_SPILL_BUCKET = ("arn:{partition}:s3:::{spill_bucket}",)
_SPILL_OBJECTS = ("arn:{partition}:s3:::{spill_bucket}/{spill_prefix}*",)
_FUNCTION = ("arn:{partition}:lambda:{region}:{owner}:function:{catalog}",)
_IN_ORGANIZATION = (Condition("StringEquals", "aws:PrincipalOrgID", ("{organization_id}",)),)
_UNDER_PREFIX = (Condition("StringLike", "s3:prefix", ("{spill_prefix}*",)),)
_VIA_ATHENA = (Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("athena.amazonaws.com",)),)
_FOR_SPILL = (
    *VIA_S3,
    Condition("StringEquals", "kms:EncryptionContext:aws:s3:arn", _SPILL_BUCKET),
)
_ORGANIZATION_REASON = (
    "Only while the consumer is in the organization: an account that leaves it loses access."
)

_SPILL_DOCUMENTED = Statement(
    "Allow",
    principals=(Principal("AWS", "{consumer}"),),
    actions=("s3:GetObject", "s3:ListBucket"),
    resources=(*_SPILL_BUCKET, "arn:{partition}:s3:::{spill_bucket}/*"),
)


def _spill(conditions: tuple[Condition, ...]) -> tuple[Statement, ...]:
    return (
        Statement(
            "Allow",
            principals=_READERS,
            actions=("s3:GetObject",),
            resources=_SPILL_OBJECTS,
            conditions=conditions,
        ),
        Statement(
            "Allow",
            principals=_READERS,
            actions=("s3:ListBucket",),
            resources=_SPILL_BUCKET,
            conditions=(*_UNDER_PREFIX, *conditions),
        ),
    )


SPILL_BUCKET = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: spill bucket policy",
    source=_SOURCE,
    date=_DATE,
    documented=Policy((_SPILL_DOCUMENTED,), version="2008-10-17"),
    deviations=(
        Deviation(
            "The guide opens the whole bucket to all of account B; ours what is spilled, to the "
            "readers, and each action on the resource type it works on.",
            when="scoped",
            dropped=(_SPILL_DOCUMENTED,),
            added=_spill(()),
        ),
        Deviation(
            _ORGANIZATION_REASON,
            when="organization_id",
            dropped=_spill(()),
            added=_spill(_IN_ORGANIZATION),
        ),
    ),
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
    deviations=(
        Deviation(
            "The guide lets all of account B call the function; ours the readers.",
            when="scoped",
            dropped=(_INVOKE_DOCUMENTED,),
            added=(_invoke("{reader}"),),
        ),
        Deviation(
            _ORGANIZATION_REASON,
            when="organization_id",
            dropped=(_invoke("{reader}"),),
            added=(_invoke("{reader}", _IN_ORGANIZATION),),
        ),
    ),
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
    deviations=(
        Deviation(
            "The guide lets account A make any catalog in account B; ours the one that is shared.",
            when="scoped",
            dropped=(_SHARE_DOCUMENTED,),
            added=(
                Statement(
                    "Allow",
                    actions=("athena:CreateDataCatalog",),
                    resources=("arn:{partition}:athena:{region}:{consumer}:datacatalog/{catalog}",),
                ),
            ),
        ),
    ),
)

_QUERIES = "arn:{partition}:athena:{region}:{reading_account}"

READERS = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: the people who query (no document)",
    source=_AWS_SOURCE,
    date=_DATE,
    documented=Policy(()),
    deviations=(
        Deviation(
            "The guide takes it for granted that account B's people may use Athena: run queries in "
            "a workgroup and read what they return.",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "athena:StartQueryExecution",
                        "athena:StopQueryExecution",
                        "athena:GetQueryExecution",
                        "athena:BatchGetQueryExecution",
                        "athena:GetQueryResults",
                        "athena:GetQueryResultsStream",
                        "athena:ListQueryExecutions",
                        "athena:GetWorkGroup",
                    ),
                    resources=(f"{_QUERIES}:workgroup/{{workgroup}}",),
                ),
            ),
        ),
        Deviation(
            "A query names the catalog, and the console and drivers list what is in it.",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "athena:GetDataCatalog",
                        "athena:GetDatabase",
                        "athena:ListDatabases",
                        "athena:GetTableMetadata",
                        "athena:ListTableMetadata",
                    ),
                    resources=(f"{_QUERIES}:datacatalog/{{catalog}}",),
                ),
                Statement(
                    "Allow",
                    actions=(
                        "athena:ListDataCatalogs",
                        "athena:ListWorkGroups",
                        "athena:ListEngineVersions",
                    ),
                    resources=("*",),
                ),
            ),
        ),
        Deviation(
            "The guide grants the call of the function on account A's side only; across accounts "
            "the caller's own side must allow it too. Ours does, through Athena.",
            added=(
                Statement(
                    "Allow",
                    actions=("lambda:InvokeFunction",),
                    resources=_FUNCTION,
                    conditions=_VIA_ATHENA,
                ),
            ),
        ),
        Deviation(
            "The guide grants spilled data on the bucket's side only; without the caller's side a "
            "query fails as soon as its answer is too large for Lambda.",
            added=(
                Statement("Allow", actions=("s3:GetObject",), resources=_SPILL_OBJECTS),
                Statement("Allow", actions=("s3:ListBucket",), resources=_SPILL_BUCKET),
            ),
        ),
        Deviation(
            "The guide grants no way to write query results, without which every query fails.",
            added=(
                Statement(
                    "Allow",
                    actions=(
                        "s3:GetBucketLocation",
                        "s3:ListBucket",
                        "s3:ListBucketMultipartUploads",
                    ),
                    resources=("arn:{partition}:s3:::{results_bucket}",),
                ),
                Statement(
                    "Allow",
                    actions=(
                        "s3:GetObject",
                        "s3:PutObject",
                        "s3:AbortMultipartUpload",
                        "s3:ListMultipartUploadParts",
                    ),
                    resources=("arn:{partition}:s3:::{results_bucket}/{results_path}*",),
                ),
            ),
        ),
        writes_with_key("Results are encrypted with a KMS key.", key="results_key"),
        Deviation(
            "The spill bucket is encrypted with a KMS key; across accounts both sides must allow "
            "its use.",
            when="spill_key",
            added=(
                Statement(
                    "Allow",
                    actions=("kms:Decrypt",),
                    resources=("{spill_key}",),
                    conditions=_FOR_SPILL,
                ),
            ),
        ),
    ),
)

KEY = Guide(
    vendor="Athena DynamoDB connector",
    title=f"{_TITLE}: the spill bucket's KMS key (no document)",
    source=_AWS_SOURCE,
    date=_DATE,
    documented=Policy(()),
    deviations=(
        Deviation(
            "The default of AWS: who administers and uses the key is up to the owner's policies.",
            added=(
                Statement(
                    "Allow",
                    principals=(Principal("AWS", "arn:{partition}:iam::{owner}:root"),),
                    actions=("kms:*",),
                    resources=("*",),
                ),
            ),
        ),
        Deviation(
            "Whoever may read spilled data needs the key as well, through S3 only.",
            when="principal",
            added=(
                Statement(
                    "Allow",
                    principals=(Principal("AWS", "{principal}"),),
                    actions=("kms:Decrypt",),
                    resources=("*",),
                    conditions=VIA_S3,
                ),
            ),
        ),
        Deviation(
            _ORGANIZATION_REASON,
            when="organization_id",
            dropped=(
                Statement(
                    "Allow",
                    principals=_READERS,
                    actions=("kms:Decrypt",),
                    resources=("*",),
                    conditions=VIA_S3,
                ),
            ),
            added=(
                Statement(
                    "Allow",
                    principals=_READERS,
                    actions=("kms:Decrypt",),
                    resources=("*",),
                    conditions=(*VIA_S3, *_IN_ORGANIZATION),
                ),
            ),
        ),
    ),
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
_TABLES = ("arn:{partition}:dynamodb:{region}:{owner}:table/{table}",)

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
    deviations=(
        Deviation(
            "The application's role reads every DynamoDB table of the account; ours those named, "
            "with their indexes.",
            dropped=(_DYNAMODB_DOCUMENTED,),
            added=(
                Statement("Allow", actions=("dynamodb:DescribeTable",), resources=_TABLES),
                Statement(
                    "Allow",
                    actions=_DYNAMODB_READS,
                    resources=(*_TABLES, f"{_TABLES[0]}/index/*"),
                ),
            ),
        ),
        Deviation(
            "Our function is told not to look into Glue (disable_glue), so its role may not.",
            dropped=(_GLUE_DOCUMENTED,),
        ),
        Deviation(
            "The application's role sees every query of the account, its text included; ours those "
            "of the workgroup made here.",
            dropped=(_STATUS_DOCUMENTED,),
            added=(
                Statement(
                    "Allow",
                    actions=("athena:GetQueryExecution",),
                    resources=("arn:{partition}:athena:{region}:{owner}:workgroup/{workgroup}",),
                ),
            ),
        ),
        Deviation(
            "The connector looks the spill bucket up and writes below its prefix; it reads, "
            "deletes and configures nothing there.",
            dropped=(_CONNECTOR_SPILL_DOCUMENTED,),
            added=(
                Statement(
                    "Allow",
                    actions=("s3:GetBucketLocation", "s3:ListBucket"),
                    resources=_SPILL_BUCKET,
                ),
                Statement("Allow", actions=("s3:PutObject",), resources=_SPILL_OBJECTS),
            ),
        ),
        Deviation(
            "The function's log group is made beside it, with an end to how long logs are kept.",
            dropped=(_LOGS_DOCUMENTED,),
            added=(
                Statement(
                    "Allow",
                    actions=("logs:CreateLogStream", "logs:PutLogEvents"),
                    resources=(
                        "arn:{partition}:logs:{region}:{owner}:log-group:/aws/lambda/{catalog}:*",
                    ),
                ),
            ),
        ),
        Deviation(
            "The spill bucket is encrypted with a KMS key.",
            when="spill_key",
            added=(
                Statement(
                    "Allow",
                    actions=("kms:GenerateDataKey",),
                    resources=("{spill_key}",),
                    conditions=_FOR_SPILL,
                ),
            ),
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


def expected_grants(settings: DynamodbConnectorSettings) -> dict[str, frozenset[Grant]]:
    """Return what guide and deviations say that each document of ``GUIDES`` grants in
    ``settings``; a document that is not deployed is left out."""
    filled = values(settings)
    deployed = {
        "spill_bucket": settings.shared,
        "invocation": settings.shared,
        "sharing": settings.console_sharing,
        "readers": True,
        "connector": settings.deployment == "image",
        "key": settings.spill.create_kms_key,
    }

    def applies(setting: str) -> bool:
        return bool(filled[setting] if setting in filled else getattr(settings, setting))

    return {
        name: guide.expected_grants(filled, applies)
        for name, guide in GUIDES.items()
        if deployed[name]
    }
