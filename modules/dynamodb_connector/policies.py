"""Who may do what in both accounts: one policy per document, none of them computed from another.

Which action works on which resource type: Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/ (2026-11).
"""

from athena_gate.modules import until
from athena_gate.modules.athena import statements
from athena_gate.modules.athena.statements import CALLED_VIA_ATHENA, via_dynamodb, via_s3_services
from athena_gate.modules.dynamodb_connector.guide import (
    INVOCATION,
    SHARING,
    SPILL_BUCKET,
    STATEMENT_ID,
    values,
)
from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings, role_id
from athena_gate.modules.findings import Remark
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement


def access(settings: DynamodbConnectorSettings) -> Policy:
    """Return what the readers are granted in their own account.

    https://docs.aws.amazon.com/athena/latest/ug/xacct-fed-query-enable.html (2026-11): across
    accounts, each call needs this side as well as the owner's.
    """
    return until.allowing(_access(settings), settings.until)


def _access(settings: DynamodbConnectorSettings) -> Policy:
    place = settings.readers_place
    arns = place.account.arns
    granted = (
        statements.run_queries(arns, settings.resource_name),
        statements.read_catalog(arns, settings.catalog_name),
        statements.list_account(),
        Statement(
            "Allow",
            sid="InvokeConnector",
            why="Athena calls the connector as the reader; nobody calls it directly.",
            actions=("lambda:InvokeFunction",),
            resources=(settings.function_arn,),
            conditions=(CALLED_VIA_ATHENA,),
        ),
        *_read_spill(settings),
        # Without aws:CalledVia: consoles and drivers fetch result files from S3 themselves.
        *statements.write_results(arns, place.results_bucket, place.results_path, ()),
        *(
            (statements.hand_to_owner(arns, place.results_bucket, place.results_path, ()),)
            if place.owners
            else ()
        ),
        *statements.use_keys(arns, (), place.results.kms_key),
    )
    if settings.spill.create_kms_key:
        granted = (*granted, _use_spill_key(settings, "kms:Decrypt"))
    return Policy(granted)


def connector_access(settings: DynamodbConnectorSettings) -> Policy:
    """Return what the connector's function may do when its role is ours (``image``)."""
    return until.ending(_connector_access(settings), settings.until)


def _connector_access(settings: DynamodbConnectorSettings) -> Policy:
    arns = settings.owner.arns
    tables = tuple(settings.arn("dynamodb", f"table/{table}") for table in settings.tables)
    spill = arns.bucket(settings.spill_bucket)
    granted: tuple[Statement, ...] = (
        Statement(
            "Allow",
            sid="DescribeTables",
            why="The connector plans a query by the table's keys and indexes.",
            actions=("dynamodb:DescribeTable",),
            resources=tables,
        ),
        Statement(
            "Allow",
            sid="ReadTables",
            why="Read the tables named and their indexes, and no others.",
            actions=("dynamodb:PartiQLSelect", "dynamodb:Query", "dynamodb:Scan"),
            resources=(*tables, *(f"{table}/index/*" for table in tables)),
        ),
        Statement(
            "Allow",
            sid="ListTables",
            why="Find a table by its name in lower case; AWS has no narrower resource for this.",
            actions=("dynamodb:ListTables",),
            resources=("*",),
        ),
        Statement(
            "Allow",
            sid="AthenaQueryStatus",
            why="Stop work for a query of the owner's that was cancelled.",
            actions=("athena:GetQueryExecution",),
            resources=(arns.workgroup(settings.resource_name),),
        ),
        Statement(
            "Allow",
            sid="SpillBucket",
            why="The connector checks the spill bucket before it starts.",
            actions=("s3:GetBucketLocation", "s3:ListBucket"),
            resources=(spill,),
        ),
        Statement(
            "Allow",
            sid="SpillObjects",
            why="Write what is too large for a response; the connector reads none of it back.",
            actions=("s3:PutObject",),
            resources=(arns.objects(settings.spill_bucket, settings.spill.prefix),),
        ),
        Statement(
            "Allow",
            sid="Logs",
            why="Write to the function's own log group, which is made beside it.",
            actions=("logs:CreateLogStream", "logs:PutLogEvents"),
            resources=(settings.arn("logs", f"log-group:/aws/lambda/{settings.catalog_name}:*"),),
        ),
    )
    if settings.in_lower_case:
        granted = (*granted, _ask_in_lower_case(settings))
    if settings.table_keys:
        granted = (*granted, _use_table_keys(settings))
    if settings.spill.create_kms_key:
        granted = (*granted, _use_spill_key(settings, "kms:GenerateDataKey"))
    if settings.vpc is not None:
        granted = (*granted, *_network(settings))
    return Policy(granted)


def _ask_in_lower_case(settings: DynamodbConnectorSettings) -> Statement:
    """Return the statement without which a table with capitals is not found: see
    ``DynamodbConnectorSettings.in_lower_case``."""
    return Statement(
        "Allow",
        sid="AskInLowerCase",
        why="Athena asks in lower case; only a name that DynamoDB does not know is looked for.",
        actions=("dynamodb:DescribeTable", "dynamodb:Scan"),
        resources=tuple(
            settings.arn("dynamodb", f"table/{table}") for table in settings.in_lower_case
        ),
    )


def _use_table_keys(settings: DynamodbConnectorSettings) -> Statement:
    """Return the statement that reads tables encrypted with keys of the owner's.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    (2026-11). Without it the connector gives an empty schema and no error:
    https://github.com/awslabs/aws-athena-query-federation/blob/v2026.33.1/athena-dynamodb/src/main/java/com/amazonaws/athena/connectors/dynamodb/util/DDBTableUtils.java
    """
    return Statement(
        "Allow",
        sid="TableKeys",
        why="Read tables that are encrypted with keys of the owner's, through DynamoDB only.",
        actions=("kms:Decrypt",),
        resources=settings.keys_of_tables,
        conditions=(
            Condition("StringEquals", "kms:ViaService", via_dynamodb(settings.owner.arns)),
        ),
    )


def _network(settings: DynamodbConnectorSettings) -> tuple[Statement, ...]:
    """Return the statements by which Lambda connects the function to a VPC, and what keeps the
    function's own code from it.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html (2026-11) has the actions,
    which of them take no resource, that deleting needs all resources, and the denial.
    """
    changes = (
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    )
    lists = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")
    return (
        Statement(
            "Allow",
            sid="NetworkInterfaces",
            why="Lambda connects the function to the VPC.",
            actions=changes,
            resources=(settings.arn("ec2", "*/*"),),
        ),
        Statement(
            "Allow",
            sid="NetworkLists",
            why="Lambda looks for network interfaces; AWS has no narrower resource for this.",
            actions=lists,
            resources=("*",),
        ),
        Statement(
            "Deny",
            sid="NetworkByLambdaOnly",
            why="The function's code needs none of it.",
            actions=("ec2:*",),
            resources=("*",),
            conditions=(
                Condition("ArnEquals", "lambda:SourceFunctionArn", (settings.function_arn,)),
            ),
        ),
    )


def connector_trust(settings: DynamodbConnectorSettings) -> Policy:
    """Return who takes the connector's role: Lambda.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html (2026-11)
    """
    lambda_only = Policy(
        (
            Statement(
                "Allow",
                sid="Lambda",
                why="Lambda runs the function as this role.",
                principals=(Principal("Service", "lambda.amazonaws.com"),),
                actions=("sts:AssumeRole",),
            ),
        )
    )
    return until.allowing(lambda_only, settings.until)


def spill_access(settings: DynamodbConnectorSettings) -> Policy:
    """Return what the spill bucket's policy opens to the consumer; nothing within one account."""
    return until.allowing(_spill_access(settings), settings.until)


def _spill_access(settings: DynamodbConnectorSettings) -> Policy:
    if not settings.shared:
        return Policy(())
    if not settings.scoped:
        return SPILL_BUCKET.documented_for(values(settings))
    arns, prefix = settings.owner.arns, settings.spill.prefix
    return Policy(
        (
            Statement(
                "Allow",
                sid="SpillObjectsForReaders",
                why="Athena fetches spilled data as the reader.",
                principals=_principals(settings),
                actions=("s3:GetObject",),
                resources=(arns.objects(settings.spill_bucket, prefix),),
                conditions=_organization(settings),
            ),
            Statement(
                "Allow",
                sid="SpillBucketForReaders",
                why="Find spilled data, and nothing beside its prefix.",
                principals=_principals(settings),
                actions=("s3:ListBucket",),
                resources=(arns.bucket(settings.spill_bucket),),
                conditions=(
                    Condition("StringLike", "s3:prefix", (f"{prefix}*",)),
                    *_organization(settings),
                ),
            ),
        )
    )


def invocation(settings: DynamodbConnectorSettings) -> Policy:
    """Return the statements that Lambda's permissions add to the function's own policy, one for
    each principal; none within one account.

    The first has the guide's id and the others their role's name behind it, so that a further
    reader changes no permission that is there. There is no aws:SourceAccount in the call of a
    role, so a permission with source_account would never apply.
    """
    if not settings.shared:
        return Policy(())
    if not settings.scoped:
        return INVOCATION.documented_for(values(settings))
    first, *others = settings.readers
    ids = {first: STATEMENT_ID, **{arn: f"{STATEMENT_ID}-{role_id(arn)}" for arn in others}}
    return Policy(
        tuple(
            Statement(
                "Allow",
                sid=statement_id,
                why="Athena calls the connector as the reader.",
                principals=(Principal("AWS", reader),),
                actions=("lambda:InvokeFunction",),
                resources=(settings.function_arn,),
                conditions=_organization(settings),
            )
            for reader, statement_id in ids.items()
        )
    )


def key_access(settings: DynamodbConnectorSettings) -> Policy:
    """Return the policy of the spill bucket's KMS key; nothing without one.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html and
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
    (2026-11): the account's own policies count only if the key's policy says so, and another
    account needs both.
    """
    if not settings.spill.create_kms_key:
        return Policy(())
    arns = settings.owner.arns
    own = Statement(
        "Allow",
        sid="OwnerPolicies",
        why="The owner's own policies say who administers and uses the key, as by default.",
        principals=(Principal("AWS", f"arn:{arns.partition}:iam::{arns.account}:root"),),
        actions=("kms:*",),
        resources=("*",),
    )
    if not settings.shared:
        return Policy((own,))
    readers = Policy(
        (
            Statement(
                "Allow",
                sid="SpillKeyForReaders",
                why="Decrypt spilled data, through S3 only.",
                principals=_principals(settings),
                actions=("kms:Decrypt",),
                resources=("*",),
                conditions=(_via_s3(settings), *_organization(settings)),
            ),
        )
    )
    return Policy((own, *until.allowing(readers, settings.until).statements))


def sharing_access(settings: DynamodbConnectorSettings) -> Policy:
    """Return what the Share button's role may do; nothing without ``console_sharing``."""
    return until.ending(_sharing_access(settings), settings.until)


def _sharing_access(settings: DynamodbConnectorSettings) -> Policy:
    if not settings.console_sharing:
        return Policy(())
    if not settings.scoped:
        return SHARING.documented_for(values(settings))
    return Policy(
        (
            Statement(
                "Allow",
                sid="CreateSharedCatalog",
                why="Make the one catalog that is shared.",
                actions=("athena:CreateDataCatalog",),
                resources=(settings.consumer.arns.data_catalog(settings.catalog_name),),
            ),
        )
    )


def sharing_trust(settings: DynamodbConnectorSettings) -> Policy:
    """Return who takes the Share button's role: whoever the owner lets.

    The console sends no external id, so asking for one would break the button.
    """
    return until.allowing(_sharing_trust(settings), settings.until)


def _sharing_trust(settings: DynamodbConnectorSettings) -> Policy:
    return Policy(
        (
            Statement(
                "Allow",
                sid="Owner",
                why="The owner's console takes this role when somebody presses Share.",
                principals=(Principal("AWS", settings.owner.id),),
                actions=("sts:AssumeRole",),
            ),
        )
    )


def documents(settings: DynamodbConnectorSettings) -> dict[str, Policy]:
    """Return every policy that ``settings`` deploys and that grants anything, by the names of
    ``guide.GUIDES``; trust policies are apart."""
    every = {
        "spill_bucket": spill_access(settings),
        "invocation": invocation(settings),
        "sharing": sharing_access(settings),
        "readers": access(settings),
        "connector": (connector_access(settings) if settings.deployment == "image" else Policy(())),
        "key": key_access(settings),
    }
    return {name: policy for name, policy in every.items() if policy.statements}


def trusts(settings: DynamodbConnectorSettings) -> dict[str, Policy]:
    """Return the trust policies of the roles that are made, by the names of the guides."""
    found = {}
    if settings.console_sharing:
        found["sharing"] = sharing_trust(settings)
    if settings.deployment == "image":
        found["connector"] = connector_trust(settings)
    return found


def managed(settings: DynamodbConnectorSettings) -> tuple[str, ...]:
    """Return the ARNs of AWS's own policies that are attached: none."""
    del settings
    return ()


def remarks(settings: DynamodbConnectorSettings) -> tuple[Remark, ...]:
    """Return what a reviewer of ``settings`` should know: what is wider than need be, and what
    is left to do by hand."""
    found = []
    if settings.shared and not settings.scoped:
        found.append(
            Remark(
                "GATE609",
                "grants",
                f"documented lets account {settings.consumer.id} give anyone of its own the "
                "function and the whole spill bucket",
            )
        )
    if settings.deployment == "application":
        found.append(
            Remark(
                "GATE608",
                "deployment",
                "the application makes a role of its own, which reads every DynamoDB table of the "
                "owner and every Glue table's description, whatever tables says",
            )
        )
    found += [
        Remark(
            "GATE726",
            "tables",
            f"the connector asks for {table.lower()!r} before {table!r}; if there is a table of "
            "that name too, that one is read",
        )
        for table in settings.tables
        if table != table.lower()
    ]
    if settings.console_sharing:
        found.append(
            Remark(
                "GATE707",
                "console_sharing",
                "the consumer has no catalog until someone of the owner presses Share, and keeps "
                "it when this block is gone; anyone the owner lets take the role "
                f"{settings.sharing_role} can",
            )
        )
    if not settings.readers or not settings.attach_policy:
        found.append(
            Remark(
                "GATE714",
                "attach_policy",
                f"the policy {settings.readers_policy} is attached to nobody; until you attach "
                "it, nobody can query",
            )
        )
    return (*found, *until.remarks(settings.until))


def _principals(settings: DynamodbConnectorSettings) -> tuple[Principal, ...]:
    return tuple(Principal("AWS", name) for name in settings.principals)


def _organization(settings: DynamodbConnectorSettings) -> tuple[Condition, ...]:
    if settings.organization_id is None:
        return ()
    return (Condition("StringEquals", "aws:PrincipalOrgID", (settings.organization_id,)),)


def _read_spill(settings: DynamodbConnectorSettings) -> tuple[Statement, ...]:
    arns = settings.owner.arns
    return (
        Statement(
            "Allow",
            sid="SpillObjects",
            why="Athena fetches what did not fit into the connector's response as the reader.",
            actions=("s3:GetObject",),
            resources=(arns.objects(settings.spill_bucket, settings.spill.prefix),),
        ),
        Statement(
            "Allow",
            sid="SpillBucket",
            why="Find spilled data.",
            actions=("s3:ListBucket",),
            resources=(arns.bucket(settings.spill_bucket),),
        ),
    )


def _use_spill_key(settings: DynamodbConnectorSettings, action: str) -> Statement:
    """Return the statement that uses the spill bucket's key, whose id is not known before it is
    made: any key of the owner's, but only through S3 and only for the spill bucket.

    S3 gives the bucket's ARN as encryption context where the bucket has a bucket key:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html (2026-11).
    """
    bucket = settings.owner.arns.bucket(settings.spill_bucket)
    return Statement(
        "Allow",
        sid="SpillKey",
        why="The spill bucket's key, through S3 and for this bucket only.",
        actions=(action,),
        resources=(settings.arn("kms", "key/*"),),
        conditions=(
            _via_s3(settings),
            Condition("StringEquals", "kms:EncryptionContext:aws:s3:arn", (bucket,)),
        ),
    )


def _via_s3(settings: DynamodbConnectorSettings) -> Condition:
    return Condition("StringEquals", "kms:ViaService", via_s3_services(settings.owner.arns))
