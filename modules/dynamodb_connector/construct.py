"""The resources of a ``dynamodb_connector`` block, in both accounts."""

import json

from athena_gate.modules.athena.construct.bucket import PrivateBucket, results_bucket
from athena_gate.modules.athena.construct.identity import managed_policies, role
from athena_gate.modules.athena.construct.workgroup import workgroup
from athena_gate.modules.bindings import (
    AthenaDataCatalog,
    CloudwatchLogGroup,
    Construct,
    DataResource,
    IamRolePolicy,
    IamRolePolicyAttachment,
    KmsKey,
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionImageConfig,
    LambdaFunctionVpcConfig,
    LambdaPermission,
    ServerlessapplicationrepositoryCloudformationStack,
    TerraformProvider,
    TerraformResource,
    TerraformResourceLifecycle,
)
from athena_gate.modules.dynamodb_connector.handoff import handoff
from athena_gate.modules.dynamodb_connector.policies import (
    access,
    connector_access,
    connector_trust,
    invocation,
    key_access,
    sharing_access,
    sharing_trust,
    spill_access,
)
from athena_gate.modules.dynamodb_connector.settings import (
    DynamodbConnectorSettings,
    QueryPlace,
    role_id,
    role_name,
)

# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html (2026-11), in bytes.
KEY_POLICY_LIMIT = 32 * 1024
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11): all inline
# policies of a role together.
INLINE_POLICY_LIMIT = 10_240
# Spilled data is of no use once its query is over; S3 counts in days.
SPILL_EXPIRY_DAYS = 1
LOG_RETENTION_DAYS = 30
# Between scheduling a key's deletion and its end: the least that AWS takes.
# https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html (2026-11)
KEY_DELETION_DAYS = 7

# The application, its image and its handler:
# https://github.com/awslabs/aws-athena-query-federation/blob/v2026.33.1/athena-dynamodb/athena-dynamodb.yaml
APPLICATION = "arn:aws:serverlessrepo:us-east-1:292517598671:applications/AthenaDynamoDBConnector"
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY")
REGISTRIES = {"me-south-1": "084828588479", "ap-east-1": "183295418215"}
REGISTRY = "292517598671"
REPOSITORY = "athena-federation-repository-dynamodb"
HANDLER = "com.amazonaws.athena.connectors.dynamodb.DynamoDBCompositeHandler"


class DynamodbConnector(Construct):
    """The connector with its spill bucket in the owner's account, a catalog and a workgroup in
    each account, and what the consumer's readers need.

    ``handoff`` holds what people of both accounts need to know; there are no secrets.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        settings: DynamodbConnectorSettings,
        consumer: TerraformProvider | None = None,
    ) -> None:
        """Make everything ``settings`` asks for.

        ``consumer`` is the AWS provider for the consumer's account; ``None`` when that is the
        owner's, for which the stack's default provider stands. Raises ``PolicyTooLarge`` when one
        statement alone is longer than AWS takes.
        """
        super().__init__(scope, construct_id)
        owner = Construct(self, "owner")
        connector = _connector(owner, settings, _spill_bucket(owner, settings))
        _share(owner, settings, connector)
        _query_place(owner, settings, settings.owner_place, connector)
        readers = owner
        if consumer is not None:
            readers = Construct(self, "consumer")
            _query_place(readers, settings, settings.readers_place, connector, consumer)
        if settings.console_sharing:
            _share_button(Construct(readers, "sharing"), settings, consumer)
        _readers(Construct(readers, "readers"), settings, consumer)
        self.handoff = handoff(settings)
        self.encrypted_secrets: dict[str, str] = {}


def _spill_bucket(scope: Construct, settings: DynamodbConnectorSettings) -> KmsKey | None:
    """Make the spill bucket and, if asked for, its key, which is returned."""
    key = None
    if settings.spill.create_kms_key:
        key = KmsKey(
            scope,
            "spill_key",
            description=f"Spilled data of {settings.resource_name}",
            enable_key_rotation=True,
            deletion_window_in_days=KEY_DELETION_DAYS,
            policy=key_access(settings).terraform_json(KEY_POLICY_LIMIT),
        )
    PrivateBucket(
        scope,
        "spill",
        name=settings.spill_bucket,
        partition=settings.owner.arns.partition,
        kms_key=key.arn if key else None,
        expire_after_days=SPILL_EXPIRY_DAYS,
        force_destroy=True,
        statements=spill_access(settings).statements,
    )
    return key


def _connector(
    scope: Construct, settings: DynamodbConnectorSettings, key: KmsKey | None
) -> TerraformResource:
    """Make the connector's function, by itself or in the application's stack."""
    # Made before the function, which would otherwise make one that never expires and stays
    # behind when the function is gone.
    logs = CloudwatchLogGroup(
        scope,
        "logs",
        name=f"/aws/lambda/{settings.catalog_name}",
        retention_in_days=LOG_RETENTION_DAYS,
    )
    connector: TerraformResource = (
        _function(scope, settings, logs)
        if settings.deployment == "image"
        else _application(scope, settings, key, logs)
    )
    return connector


def _function(
    scope: Construct, settings: DynamodbConnectorSettings, logs: CloudwatchLogGroup
) -> LambdaFunction:
    name, region = settings.resource_name, settings.owner.region
    policies = managed_policies(
        scope,
        connector_access(settings),
        name=name,
        path=settings.path,
        description="The DynamoDB tables named, and the spill bucket.",
    )
    made = role(
        scope,
        connector_trust(settings),
        name=name,
        path=settings.path,
        description=f"What the connector {settings.catalog_name} runs as.",
        permissions_boundary=settings.permissions_boundary,
        policies=policies,
    )
    vpc, before = settings.vpc, [logs]
    if vpc is not None:
        # Lambda refuses a function whose role may not make network interfaces yet, and deletes
        # them with that role's rights.
        before += [scope.node.find_child(f"attach-{part}") for part in policies]
    registry = f"{REGISTRIES.get(region, REGISTRY)}.dkr.ecr.{region}.amazonaws.com"
    return LambdaFunction(
        scope,
        "function",
        function_name=settings.catalog_name,
        description="Athena's connector for DynamoDB",
        package_type="Image",
        image_uri=settings.image or f"{registry}/{REPOSITORY}:{settings.release}",
        image_config=LambdaFunctionImageConfig(command=[HANDLER]),
        role=made.arn,
        memory_size=settings.memory,
        timeout=settings.timeout,
        environment=LambdaFunctionEnvironment(
            variables={
                "spill_bucket": settings.spill_bucket,
                "spill_prefix": settings.spill.prefix.removesuffix("/"),
                "disable_spill_encryption": json.dumps(not settings.spill.encryption),
                # Without it the connector asks Glue for every table first, which its role may not.
                # https://docs.aws.amazon.com/athena/latest/ug/connectors-dynamodb.html (2026-11)
                "disable_glue": "true",
            }
        ),
        vpc_config=LambdaFunctionVpcConfig(
            subnet_ids=sorted(vpc.subnets), security_group_ids=sorted(vpc.security_groups)
        )
        if vpc is not None
        else None,
        depends_on=before,
    )


def _application(
    scope: Construct,
    settings: DynamodbConnectorSettings,
    key: KmsKey | None,
    logs: CloudwatchLogGroup,
) -> ServerlessapplicationrepositoryCloudformationStack:
    parameters = {
        "AthenaCatalogName": settings.catalog_name,
        "SpillBucket": settings.spill_bucket,
        "SpillPrefix": settings.spill.prefix.removesuffix("/"),
        "LambdaMemory": str(settings.memory),
        "LambdaTimeout": str(settings.timeout),
        "DisableSpillEncryption": json.dumps(not settings.spill.encryption),
    }
    if settings.permissions_boundary is not None:
        parameters["PermissionsBoundaryARN"] = settings.permissions_boundary
    if key is not None:
        # Also what the application's role gets its right to the key from.
        parameters["KMSKeyId"] = key.key_id
    # The provider reads no parameter back that has the application's default, so every plan would
    # add it again (measured 2026-11, provider 5.100.0: memory, timeout, prefix and encryption);
    # mended in 2026-06: https://github.com/hashicorp/terraform-provider-aws/pull/46748. But with
    # parameters ignored no change of one is ever applied, so a change makes the stack anew.
    wanted = DataResource(scope, "parameters", input=parameters)
    return ServerlessapplicationrepositoryCloudformationStack(
        scope,
        "application",
        name=settings.resource_name,
        application_id=APPLICATION,
        semantic_version=settings.release,
        capabilities=list(CAPABILITIES),
        parameters=parameters,
        lifecycle=TerraformResourceLifecycle(
            ignore_changes=["parameters"], replace_triggered_by=[_address(wanted)]
        ),
        depends_on=[logs],
    )


def _share(
    scope: Construct,
    settings: DynamodbConnectorSettings,
    connector: TerraformResource,
) -> None:
    """Let the consumer's principals call the function."""
    for statement in invocation(settings).statements:
        LambdaPermission(
            scope,
            statement.sid,
            statement_id=statement.sid,
            function_name=settings.catalog_name,
            action=statement.actions[0],
            principal=statement.principals[0].id,
            principal_org_id=settings.organization_id,
            # A function that is made anew has lost its permissions, and its name does not tell.
            lifecycle=TerraformResourceLifecycle(
                replace_triggered_by=[f"{_address(connector)}.id"]
            ),
            depends_on=[connector],
        )


def _address(resource: TerraformResource) -> str:
    # Given the resource itself, cdktf 0.21.0 writes "${type.name}", which Terraform 1.11 refuses
    # in replace_triggered_by (2026-11).
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"


def _query_place(
    scope: Construct,
    settings: DynamodbConnectorSettings,
    place: QueryPlace,
    connector: TerraformResource,
    provider: TerraformProvider | None = None,
) -> None:
    """Make the catalog, the workgroup and its results bucket in one account."""
    if provider is None or not settings.console_sharing:
        AthenaDataCatalog(
            scope,
            "catalog",
            name=settings.catalog_name,
            type="LAMBDA",
            description=f"DynamoDB tables of account {settings.owner.id}",
            parameters={"function": settings.function_arn},
            depends_on=[connector],
            provider=provider,
        )
    results_bucket(
        scope,
        place.results,
        name=place.results_bucket,
        partition=place.account.arns.partition,
        provider=provider,
    )
    workgroup(
        scope,
        place.resource_name,
        settings.workgroup,
        description=f"Queries of {settings.catalog_name}",
        results_location=place.results_location,
        account=place.account.id,
        results_owner=place.results.owner,
        results_key=place.results.kms_key,
        provider=provider,
    )


def _readers(
    scope: Construct, settings: DynamodbConnectorSettings, provider: TerraformProvider | None
) -> None:
    """Make the readers' policy, and attach it if asked to."""
    policies = managed_policies(
        scope,
        access(settings),
        name=settings.readers_policy,
        path=settings.path,
        description=f"Query {settings.catalog_name} in Athena.",
        provider=provider,
    )
    for reader in settings.readers if settings.attach_policy else ():
        for part, arn in policies.items():
            IamRolePolicyAttachment(
                scope,
                f"attach-{part}-{role_id(reader)}",
                role=role_name(reader),
                policy_arn=arn,
                provider=provider,
            )


def _share_button(
    scope: Construct, settings: DynamodbConnectorSettings, provider: TerraformProvider | None
) -> None:
    """Make the role that the owner's console takes when somebody presses Share."""
    made = role(
        scope,
        sharing_trust(settings),
        name=settings.sharing_role,
        path="/",
        description=f"Lets account {settings.owner.id} share {settings.catalog_name}.",
        permissions_boundary=None,
        policies={},
        provider=provider,
    )
    IamRolePolicy(
        scope,
        "access",
        name="create-data-catalog",
        role=made.name,
        policy=sharing_access(settings).terraform_json(INLINE_POLICY_LIMIT),
        provider=provider,
    )


build = DynamodbConnector
