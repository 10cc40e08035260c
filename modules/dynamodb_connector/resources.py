"""What the stack of a ``dynamodb_connector`` block must consist of, in both accounts."""

import json
from typing import Any

from athena_gate.modules.athena import resources as parts
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
from athena_gate.modules.resources import Resource

# What a resource of the second account has.
_CONSUMER = {"provider": "aws.consumer"}

# The accounts that AWS publishes the connector's image from:
# https://github.com/awslabs/aws-athena-query-federation/blob/v2026.33.1/athena-dynamodb/athena-dynamodb.yaml
# (2026-11).
_IMAGES = {"me-south-1": "084828588479", "ap-east-1": "183295418215"}
_OTHER_IMAGES = "292517598671"


def resources(settings: DynamodbConnectorSettings) -> tuple[Resource, ...]:
    """Return the resources that ``settings`` ask for."""
    owner = (settings.name, "owner")
    key = _spill_key(settings)
    made = _connector(settings, key)
    connector = made[-1]
    readers, also = owner, {}
    found = (
        *((key,) if key else ()),
        *parts.private_bucket(
            (*owner, "spill"),
            settings.owner,
            name=settings.spill_bucket,
            kms_key=key.ref("arn") if key else None,
            # S3 counts in days, and spilled data is of no use once its query is over.
            expire_after_days=1,
            force_destroy=True,
            statements=spill_access(settings).statements,
        ),
        *made,
        *_permissions(settings, connector),
        *_query_place(owner, settings, settings.owner_place, connector, {}),
    )
    if settings.shared:
        readers, also = (settings.name, "consumer"), _CONSUMER
        found += _query_place(readers, settings, settings.readers_place, connector, also)
    if settings.console_sharing:
        found += _sharing((*readers, "sharing"), settings, also)
    return found + _readers((*readers, "readers"), settings, also)


def _spill_key(settings: DynamodbConnectorSettings) -> Resource | None:
    if not settings.spill.create_kms_key:
        return None
    return Resource(
        "aws_kms_key",
        (settings.name, "owner", "spill_key"),
        {
            "description": f"Spilled data of {settings.resource_name}",
            "enable_key_rotation": True,
            # The least that AWS takes:
            # https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
            # (2026-11).
            "deletion_window_in_days": 7,
            "policy": key_access(settings),
        },
    )


def _connector(settings: DynamodbConnectorSettings, key: Resource | None) -> tuple[Resource, ...]:
    """Return what the connector runs in, last the connector itself."""
    path = (settings.name, "owner")
    logs = Resource(
        "aws_cloudwatch_log_group",
        (*path, "logs"),
        {"name": f"/aws/lambda/{settings.catalog_name}", "retention_in_days": 30},
    )
    if settings.deployment == "application":
        return (logs, *_application(settings, key, logs))
    policies = parts.managed_policies(
        path,
        connector_access(settings),
        name=settings.resource_name,
        iam_path=settings.path,
        description="The DynamoDB tables named, and the spill bucket.",
    )
    role, *attached = parts.role(
        path,
        connector_trust(settings),
        name=settings.resource_name,
        iam_path=settings.path,
        description=f"What the connector {settings.catalog_name} runs as.",
        boundary=settings.permissions_boundary,
        policies=policies,
    )
    region = settings.owner.region
    registry = f"{_IMAGES.get(region, _OTHER_IMAGES)}.dkr.ecr.{region}.amazonaws.com"
    published = f"{registry}/athena-federation-repository-dynamodb:{settings.release}"
    network: dict[str, Any] = {}
    before = [logs.address]
    if settings.vpc is not None:
        network["vpc_config"] = {
            "subnet_ids": sorted(settings.vpc.subnets),
            "security_group_ids": sorted(settings.vpc.security_groups),
        }
        # Lambda uses the role's rights to make network interfaces.
        before += [one.address for one in attached]
    function = Resource(
        "aws_lambda_function",
        (*path, "function"),
        {
            "function_name": settings.catalog_name,
            "description": "Athena's connector for DynamoDB",
            "package_type": "Image",
            "image_uri": settings.image or published,
            "image_config": {
                "command": ["com.amazonaws.athena.connectors.dynamodb.DynamoDBCompositeHandler"]
            },
            "role": role.ref("arn"),
            "memory_size": settings.memory,
            "timeout": settings.timeout,
            "environment": {
                "variables": {
                    "spill_bucket": settings.spill_bucket,
                    "spill_prefix": settings.spill.prefix.removesuffix("/"),
                    "disable_spill_encryption": json.dumps(not settings.spill.encryption),
                    "disable_glue": "true",
                }
            },
            **network,
            "depends_on": before,
        },
    )
    return (*policies, role, *attached, logs, function)


def _application(
    settings: DynamodbConnectorSettings, key: Resource | None, logs: Resource
) -> tuple[Resource, ...]:
    path = (settings.name, "owner")
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
        parameters["KMSKeyId"] = key.ref("key_id")
    wanted = Resource("terraform_data", (*path, "parameters"), {"input": parameters})
    application = Resource(
        "aws_serverlessapplicationrepository_cloudformation_stack",
        (*path, "application"),
        {
            "name": settings.resource_name,
            "application_id": (
                f"arn:aws:serverlessrepo:us-east-1:{_OTHER_IMAGES}"
                ":applications/AthenaDynamoDBConnector"
            ),
            "semantic_version": settings.release,
            "capabilities": ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"],
            "parameters": parameters,
            "lifecycle": {
                "ignore_changes": ["parameters"],
                "replace_triggered_by": [wanted.address],
            },
            "depends_on": [logs.address],
        },
    )
    return (wanted, application)


def _permissions(settings: DynamodbConnectorSettings, connector: Resource) -> tuple[Resource, ...]:
    """Return who else may call the function: nobody within one account."""
    organization = (
        {"principal_org_id": settings.organization_id} if settings.organization_id else {}
    )
    return tuple(
        Resource(
            "aws_lambda_permission",
            (settings.name, "owner", statement.sid),
            {
                "statement_id": statement.sid,
                "function_name": settings.catalog_name,
                "action": "lambda:InvokeFunction",
                "principal": statement.principals[0].id,
                **organization,
                "lifecycle": {"replace_triggered_by": [f"{connector.address}.id"]},
                "depends_on": [connector.address],
            },
        )
        for statement in invocation(settings).statements
    )


def _query_place(
    path: parts.Path,
    settings: DynamodbConnectorSettings,
    place: QueryPlace,
    connector: Resource,
    also: dict[str, Any],
) -> tuple[Resource, ...]:
    """Return catalog, workgroup and results bucket of one account; the catalog of a consumer who
    shares by the console's button is made by that button."""
    catalog = Resource(
        "aws_athena_data_catalog",
        (*path, "catalog"),
        {
            "name": settings.catalog_name,
            "type": "LAMBDA",
            "description": f"DynamoDB tables of account {settings.owner.id}",
            "parameters": {"function": settings.function_arn},
            "depends_on": [connector.address],
            **also,
        },
    )
    return (
        *(() if also and settings.console_sharing else (catalog,)),
        *parts.results_bucket(
            (*path, "results"), place.account, place.results_bucket, place.results, also
        ),
        parts.workgroup(
            path,
            settings.workgroup,
            name=place.resource_name,
            description=f"Queries of {settings.catalog_name}",
            location=place.results_location,
            account=place.account,
            owner=place.results.owner,
            kms_key=place.results.kms_key,
            also=also,
        ),
    )


def _sharing(
    path: parts.Path, settings: DynamodbConnectorSettings, also: dict[str, Any]
) -> tuple[Resource, ...]:
    (role,) = parts.role(
        path,
        sharing_trust(settings),
        name=settings.sharing_role,
        iam_path="/",
        description=f"Lets account {settings.owner.id} share {settings.catalog_name}.",
        also=also,
    )
    allowed = Resource(
        "aws_iam_role_policy",
        (*path, "access"),
        {
            "name": "create-data-catalog",
            "role": role.ref("name"),
            "policy": sharing_access(settings),
            **also,
        },
    )
    return (role, allowed)


def _readers(
    path: parts.Path, settings: DynamodbConnectorSettings, also: dict[str, Any]
) -> tuple[Resource, ...]:
    policies = parts.managed_policies(
        path,
        access(settings),
        name=settings.readers_policy,
        iam_path=settings.path,
        description=f"Query {settings.catalog_name} in Athena.",
        also=also,
    )
    attached = (
        parts.attachments(path, role_name(reader), policies, f"-{role_id(reader)}", also)
        for reader in (settings.readers if settings.attach_policy else ())
    )
    return (*policies, *(one for some in attached for one in some))
