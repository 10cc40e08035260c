"""What is synthesized for the block, whole, and in which account."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from athena_gate.modules.dynamodb_connector.policies import (
    access,
    connector_access,
    connector_trust,
    documents,
    key_access,
    sharing_access,
    sharing_trust,
)
from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings
from athena_gate.modules.iam.policy import Policy
from athena_gate.stacks.configuration import load
from development.examples import build
from tests.conftest import Project
from tests.modules.dynamodb_connector.conftest import (
    ANALYST,
    CONNECTOR,
    CONSUMER,
    EVERYTHING,
    OWNER,
    SCIENTIST,
    minimal,
    one_account,
    reader,
)

pytestmark = pytest.mark.slow

FUNCTION = f"arn:aws:lambda:eu-central-1:{OWNER}:function"


def synth(project: Project, text: str) -> tuple[DynamodbConnectorSettings, dict[str, Any]]:
    """Return the settings and the JSON of the only stack, the hash of each path left out."""
    project.write(text)
    configuration = load(project.file)
    build(configuration, project.folder / "out")
    (file,) = (project.folder / "out").glob("stacks/*/cdk.tf.json")
    document: dict[str, Any] = json.loads(re.sub(r"_[0-9A-F]{8}\b", "", file.read_text()))
    return configuration.blocks[0].settings, document


def resources(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the arguments of every resource by its address; policies as documents."""
    found = {}
    for kind, named in document["resource"].items():
        for name, body in named.items():
            arguments = {key: value for key, value in body.items() if key != "//"}
            for argument in ("policy", "assume_role_policy"):
                if argument in arguments:
                    arguments[argument] = json.loads(arguments[argument])
            found[f"{kind}.{name.removeprefix('orders_')}"] = arguments
    return found


def deny_plain_http(bucket: str) -> dict[str, Any]:
    return {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:*"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
    }


def bucket(
    place: str,
    name: str,
    days: int,
    opened: Policy | None = None,
    key: str | None = None,
    **provider: str,
) -> dict[str, dict[str, Any]]:
    """Return a private bucket at ``place``, such as owner_spill."""
    reference = {"bucket": f"${{aws_s3_bucket.orders_{place}_bucket.id}}", **provider}
    block = f"aws_s3_bucket_public_access_block.orders_{place}_public_access_block"
    encryption = (
        {"sse_algorithm": "aws:kms", "kms_master_key_id": key}
        if key
        else {"sse_algorithm": "AES256"}
    )
    statements = opened.document()["Statement"] if opened else []
    return {
        f"aws_s3_bucket.{place}_bucket": {
            "bucket": name,
            "force_destroy": True,
            "timeouts": {"create": "3m"},
            **provider,
        },
        f"aws_s3_bucket_lifecycle_configuration.{place}_lifecycle": {
            **reference,
            "rule": [
                {
                    "id": "abort-uploads",
                    "status": "Enabled",
                    "filter": [{"prefix": ""}],
                    "abort_incomplete_multipart_upload": [{"days_after_initiation": 1}],
                },
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": [{"prefix": ""}],
                    "expiration": [{"days": days}],
                },
            ],
        },
        f"aws_s3_bucket_ownership_controls.{place}_ownership": {
            **reference,
            "rule": {"object_ownership": "BucketOwnerEnforced"},
        },
        f"aws_s3_bucket_policy.{place}_policy": {
            **reference,
            "depends_on": [block],
            "policy": {
                "Version": "2012-10-17",
                "Statement": [*statements, deny_plain_http(name)],
            },
        },
        f"aws_s3_bucket_public_access_block.{place}_public_access_block": {
            **reference,
            "block_public_acls": True,
            "block_public_policy": True,
            "ignore_public_acls": True,
            "restrict_public_buckets": True,
        },
        f"aws_s3_bucket_server_side_encryption_configuration.{place}_encryption": {
            **reference,
            "rule": [
                {
                    "apply_server_side_encryption_by_default": encryption,
                    "bucket_key_enabled": key is not None,
                }
            ],
        },
    }


def query_place(
    side: str,
    account: str,
    location: str,
    catalog: str,
    connector: str,
    cutoff: int = 100 * 1024**3,
    **provider: str,
) -> dict[str, dict[str, Any]]:
    """Return the catalog and the workgroup of one account."""
    return {
        f"aws_athena_data_catalog.{side}_catalog": {
            "name": catalog,
            "type": "LAMBDA",
            "description": f"DynamoDB tables of account {OWNER}",
            "parameters": {"function": f"{FUNCTION}:{catalog}"},
            "depends_on": [connector],
            **provider,
        },
        f"aws_athena_workgroup.{side}_workgroup": {
            "name": "dynamodb-connector-orders",
            "description": f"Queries of {catalog}",
            "force_destroy": True,
            "configuration": {
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": True,
                "bytes_scanned_cutoff_per_query": cutoff,
                "engine_version": {"selected_engine_version": "Athena engine version 3"},
                "result_configuration": {
                    "output_location": location,
                    "expected_bucket_owner": account,
                    "encryption_configuration": {"encryption_option": "SSE_S3"},
                },
            },
            **provider,
        },
    }


def readers(
    side: str, configured: DynamodbConnectorSettings, attached: dict[str, str], **provider: str
) -> dict[str, dict[str, Any]]:
    """Return the readers' policy, attached to roles by the ends of their addresses."""
    policy = f"aws_iam_policy.orders_{side}_readers_access"
    return {
        f"aws_iam_policy.{side}_readers_access": {
            "name": "dynamodb-connector-orders-readers",
            "path": "/",
            "description": f"Query {configured.catalog_name} in Athena.",
            "policy": access(configured).document(),
            **provider,
        },
        **{
            f"aws_iam_role_policy_attachment.{side}_readers_attach-access-{name}": {
                "role": role,
                "policy_arn": f"${{{policy}.arn}}",
                **provider,
            }
            for name, role in attached.items()
        },
    }


def function(configured: DynamodbConnectorSettings) -> dict[str, dict[str, Any]]:
    """Return the connector as a function of ours."""
    return {
        "aws_cloudwatch_log_group.owner_logs": {
            "name": "/aws/lambda/dynamodb_connector_orders",
            "retention_in_days": 30,
        },
        "aws_iam_policy.owner_access": {
            "name": "dynamodb-connector-orders",
            "path": "/",
            "description": "The DynamoDB tables named, and the spill bucket.",
            "policy": connector_access(configured).document(),
        },
        "aws_iam_role.owner_role": {
            "name": "dynamodb-connector-orders",
            "path": "/",
            "description": "What the connector dynamodb_connector_orders runs as.",
            "assume_role_policy": connector_trust(configured).document(),
            "force_detach_policies": True,
        },
        "aws_iam_role_policy_attachment.owner_attach-access": {
            "role": "${aws_iam_role.orders_owner_role.name}",
            "policy_arn": "${aws_iam_policy.orders_owner_access.arn}",
        },
        "aws_lambda_function.owner_function": {
            "function_name": "dynamodb_connector_orders",
            "description": "Athena's connector for DynamoDB",
            "package_type": "Image",
            "image_uri": "292517598671.dkr.ecr.eu-central-1.amazonaws.com/"
            "athena-federation-repository-dynamodb:2026.33.1",
            "image_config": {
                "command": ["com.amazonaws.athena.connectors.dynamodb.DynamoDBCompositeHandler"]
            },
            "role": "${aws_iam_role.orders_owner_role.arn}",
            "memory_size": 3008,
            "timeout": 900,
            "environment": {
                "variables": {
                    "spill_bucket": f"dynamodb-connector-orders-spill-{OWNER}",
                    "spill_prefix": "athena-spill",
                    "disable_spill_encryption": "false",
                    "disable_glue": "true",
                }
            },
            "depends_on": ["aws_cloudwatch_log_group.orders_owner_logs"],
        },
    }


def permission(
    statement_id: str, principal: str, catalog: str, connector: str, **organization: str
) -> dict[str, dict[str, Any]]:
    return {
        f"aws_lambda_permission.owner_{statement_id}": {
            "statement_id": statement_id,
            "function_name": catalog,
            "action": "lambda:InvokeFunction",
            "principal": principal,
            "lifecycle": {"replace_triggered_by": [f"{connector}.id"]},
            "depends_on": [connector],
            **organization,
        }
    }


THE_FUNCTION = "aws_lambda_function.orders_owner_function"
THE_STACK = "aws_serverlessapplicationrepository_cloudformation_stack.orders_owner_application"


def test_the_least_block_makes_a_function_and_a_catalog_in_each_account(project: Project) -> None:
    configured, document = synth(project, CONNECTOR)
    b: dict[str, Any] = {"provider": "aws.consumer"}
    opened = documents(configured)["spill_bucket"]
    results = "dynamodb-connector-orders-results"
    locations = {
        account: f"s3://{results}-{account}/dynamodb-connector-orders/"
        for account in (OWNER, CONSUMER)
    }
    catalog = "dynamodb_connector_orders"
    assert resources(document) == {
        **bucket("owner_spill", f"dynamodb-connector-orders-spill-{OWNER}", 1, opened),
        **bucket("owner_results", f"{results}-{OWNER}", 30),
        **function(configured),
        **permission("athena-cross-account-access", ANALYST, catalog, THE_FUNCTION),
        **query_place("owner", OWNER, locations[OWNER], catalog, THE_FUNCTION),
        **bucket("consumer_results", f"{results}-{CONSUMER}", 30, **b),
        **query_place("consumer", CONSUMER, locations[CONSUMER], catalog, THE_FUNCTION, **b),
        **readers("consumer", configured, {"analyst": "analyst"}, **b),
    }
    assert document["provider"]["aws"] == [
        {
            "region": "eu-central-1",
            "allowed_account_ids": [OWNER],
            "max_retries": 10,
            "default_tags": [{"tags": {"athena-gate": "dynamodb_connector/orders"}}],
        },
        {
            "alias": "consumer",
            "region": "eu-central-1",
            "allowed_account_ids": [CONSUMER],
            "max_retries": 10,
            "assume_role": [{"role_arn": f"arn:aws:iam::{CONSUMER}:role/terraform"}],
            "default_tags": [{"tags": {"athena-gate": "dynamodb_connector/orders"}}],
        },
    ]
    assert document["output"] == {
        "handoff": {
            "description": "What the vendor's form asks for; no secrets.",
            "value": {
                "region": "eu-central-1",
                "owner_account": OWNER,
                "owner_catalog": catalog,
                "owner_workgroup": "dynamodb-connector-orders",
                "owner_results_location": locations[OWNER],
                "consumer_account": CONSUMER,
                "consumer_catalog": catalog,
                "consumer_workgroup": "dynamodb-connector-orders",
                "consumer_results_location": locations[CONSUMER],
                "readers_policy": f"arn:aws:iam::{CONSUMER}:policy/"
                "dynamodb-connector-orders-readers",
                "example_query": 'SELECT * FROM "dynamodb_connector_orders"."default"."orders" '
                "LIMIT 10",
            },
        }
    }


def test_an_application_a_key_and_the_share_button(project: Project) -> None:
    configured, document = synth(project, EVERYTHING)
    b: dict[str, Any] = {"provider": "aws.consumer"}
    key = "aws_kms_key.orders_owner_spill_key"
    parameters = {
        "AthenaCatalogName": "shop",
        "SpillBucket": "acme-spill",
        "SpillPrefix": "orders",
        "LambdaMemory": "2048",
        "LambdaTimeout": "300",
        "DisableSpillEncryption": "true",
        "KMSKeyId": f"${{{key}.key_id}}",
    }
    organization = {"principal_org_id": "o-a1b2c3d4e5"}
    consumer = query_place(
        "consumer", CONSUMER, "s3://partner-results/b/", "shop", THE_STACK, 10485760, **b
    )
    # The Share button makes this one.
    del consumer["aws_athena_data_catalog.consumer_catalog"]
    assert resources(document) == {
        **bucket(
            "owner_spill",
            "acme-spill",
            1,
            documents(configured)["spill_bucket"],
            f"${{{key}.arn}}",
        ),
        "aws_kms_key.owner_spill_key": {
            "description": "Spilled data of dynamodb-connector-orders",
            "enable_key_rotation": True,
            "deletion_window_in_days": 7,
            "policy": key_access(configured).document(),
        },
        **bucket("owner_results", "acme-results", 7),
        "aws_cloudwatch_log_group.owner_logs": {
            "name": "/aws/lambda/shop",
            "retention_in_days": 30,
        },
        "terraform_data.owner_parameters": {"input": parameters},
        "aws_serverlessapplicationrepository_cloudformation_stack.owner_application": {
            "name": "dynamodb-connector-orders",
            "application_id": "arn:aws:serverlessrepo:us-east-1:292517598671:applications/"
            "AthenaDynamoDBConnector",
            "semantic_version": "2026.30.1",
            "capabilities": ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"],
            "parameters": parameters,
            "lifecycle": {
                "ignore_changes": ["parameters"],
                "replace_triggered_by": ["terraform_data.orders_owner_parameters"],
            },
            "depends_on": ["aws_cloudwatch_log_group.orders_owner_logs"],
        },
        **permission("athena-cross-account-access", ANALYST, "shop", THE_STACK, **organization),
        **permission(
            "athena-cross-account-access-scientist", SCIENTIST, "shop", THE_STACK, **organization
        ),
        **query_place("owner", OWNER, "s3://acme-results/a/", "shop", THE_STACK, 10485760),
        **consumer,
        **readers("consumer", configured, {"analyst": "analyst", "scientist": "scientist"}, **b),
        "aws_iam_role.consumer_sharing_role": {
            "name": f"AthenaCrossAccountCreate-{OWNER}",
            "path": "/",
            "description": f"Lets account {OWNER} share shop.",
            "assume_role_policy": sharing_trust(configured).document(),
            "force_detach_policies": True,
            **b,
        },
        "aws_iam_role_policy.consumer_sharing_access": {
            "name": "create-data-catalog",
            "role": "${aws_iam_role.orders_consumer_sharing_role.name}",
            "policy": sharing_access(configured).document(),
            **b,
        },
    }
    handoff = document["output"]["handoff"]["value"]
    assert {name: handoff[name] for name in handoff if name.startswith(("share", "example"))} == {
        "example_query": 'SELECT * FROM "shop"."default"."orders" LIMIT 10',
        "share": f"1. In account {OWNER}, as someone who may sts:AssumeRole\n"
        f"   arn:aws:iam::{CONSUMER}:role/AthenaCrossAccountCreate-{OWNER}\n"
        "2. Athena, Data sources, shop, Actions, Share\n"
        f"3. Account ID {CONSUMER}, Share\n"
        f"Before this block goes: in account {CONSUMER}, Athena, Data sources,\n"
        "shop, Delete;\n"
        "Terraform does not know what the button made.",
    }


def test_within_one_account_there_is_one_of_everything_and_no_sharing(project: Project) -> None:
    text = CONNECTOR.replace('consumer = "partner"', 'consumer = "analytics"').replace(
        "444455556666:role/analyst", "111122223333:role/analyst"
    )
    configured, document = synth(project, text)
    location = f"s3://dynamodb-connector-orders-results-{OWNER}/dynamodb-connector-orders/"
    assert resources(document) == {
        **bucket("owner_spill", f"dynamodb-connector-orders-spill-{OWNER}", 1),
        **bucket("owner_results", f"dynamodb-connector-orders-results-{OWNER}", 30),
        **function(configured),
        **query_place("owner", OWNER, location, "dynamodb_connector_orders", THE_FUNCTION),
        **readers("owner", configured, {"analyst": "analyst"}),
    }
    assert [provider["allowed_account_ids"] for provider in document["provider"]["aws"]] == [
        [OWNER]
    ]
    assert document["output"]["handoff"]["value"] == {
        "region": "eu-central-1",
        "owner_account": OWNER,
        "owner_catalog": "dynamodb_connector_orders",
        "owner_workgroup": "dynamodb-connector-orders",
        "owner_results_location": location,
        "readers_policy": f"arn:aws:iam::{OWNER}:policy/dynamodb-connector-orders-readers",
        "example_query": 'SELECT * FROM "dynamodb_connector_orders"."default"."orders" LIMIT 10',
    }


def test_the_whole_account_is_named_as_lambda_stores_it(project: Project) -> None:
    text = CONNECTOR.replace("  readers ", '  grants   = "documented"\n  readers ')
    _, document = synth(project, text)
    found = resources(document)
    assert {a: body for a, body in found.items() if "permission" in a} == permission(
        "athena-cross-account-access",
        f"arn:aws:iam::{CONSUMER}:root",
        "dynamodb_connector_orders",
        THE_FUNCTION,
    )


def test_an_image_of_ones_own_takes_the_place_of_the_public_one(project: Project) -> None:
    image = f"{OWNER}.dkr.ecr.eu-central-1.amazonaws.com/connector@sha256:{'0' * 64}"
    text = CONNECTOR.replace("  readers ", f'  image    = "{image}"\n  readers ')
    _, document = synth(project, text)
    assert resources(document)["aws_lambda_function.owner_function"]["image_uri"] == image


@pytest.mark.parametrize(
    ("region", "registry"),
    [("me-south-1", "084828588479"), ("ap-east-1", "183295418215"), ("us-east-1", "292517598671")],
)
def test_the_image_lies_in_the_registry_of_the_region(
    project: Project, region: str, registry: str
) -> None:
    _, document = synth(project, CONNECTOR.replace("eu-central-1", region))
    assert resources(document)["aws_lambda_function.owner_function"]["image_uri"] == (
        f"{registry}.dkr.ecr.{region}.amazonaws.com/athena-federation-repository-dynamodb:2026.33.1"
    )


names = st.from_regex(r"[A-Za-z0-9+=,.@_-]{1,20}", fullmatch=True)
role_names = st.lists(
    names, min_size=1, max_size=5, unique_by=lambda name: re.sub(r"[^A-Za-z0-9_-]", "-", name)
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    shared=st.booleans(),
    roles=role_names,
    attach=st.booleans(),
    application=st.booleans(),
    key=st.booleans(),
    console=st.booleans(),
    own_results=st.booleans(),
)
def test_no_two_constructs_collide(
    tmp_path: Path,
    shared: bool,
    roles: list[str],
    attach: bool,
    application: bool,
    key: bool,
    console: bool,
    own_results: bool,
) -> None:
    block: dict[str, Any] = {
        "attach_policy": attach,
        "deployment": "application" if application else "image",
        "spill": {"create_kms_key": key},
        "owner_results": {} if own_results else {"bucket": "acme-results", "create": False},
    }
    if shared:
        arns = [reader("eu-central-1", name) for name in roles]
        configured = minimal(readers=arns, console_sharing=console, **block)
    else:
        arns = [f"arn:aws:iam::{OWNER}:role/{name}" for name in roles]
        configured = one_account(readers=arns, **block)
    ids = [re.sub(r"[^A-Za-z0-9_-]", "-", name) for name in roles]
    side = "consumer" if shared else "owner"

    expected = set(bucket("owner_spill", "x", 1))
    expected |= {"aws_cloudwatch_log_group.owner_logs", "aws_athena_data_catalog.owner_catalog"}
    expected |= {"aws_athena_workgroup.owner_workgroup"}
    expected |= {f"aws_iam_policy.{side}_readers_access"}
    if application:
        expected |= {
            "aws_serverlessapplicationrepository_cloudformation_stack.owner_application",
            "terraform_data.owner_parameters",
        }
    else:
        expected |= set(function(configured))
    if key:
        expected |= {"aws_kms_key.owner_spill_key"}
    if own_results:
        expected |= set(bucket("owner_results", "x", 1))
    if attach:
        expected |= {
            f"aws_iam_role_policy_attachment.{side}_readers_attach-access-{name}" for name in ids
        }
    if shared:
        expected |= {"aws_lambda_permission.owner_athena-cross-account-access"}
        expected |= {
            f"aws_lambda_permission.owner_athena-cross-account-access-{name}" for name in ids[1:]
        }
        expected |= set(bucket("consumer_results", "x", 1))
        expected |= {"aws_athena_workgroup.consumer_workgroup"}
        expected |= (
            {"aws_iam_role.consumer_sharing_role", "aws_iam_role_policy.consumer_sharing_access"}
            if console
            else {"aws_athena_data_catalog.consumer_catalog"}
        )

    from athena_gate.modules.bindings import App, AwsProvider, TerraformStack
    from athena_gate.modules.dynamodb_connector.construct import DynamodbConnector

    stack = TerraformStack(App(outdir=str(tmp_path / "out")), "dynamodb-connector-orders")
    aliased = [AwsProvider(stack, "consumer", alias="consumer")] if shared else []
    DynamodbConnector(stack, "orders", configured, *aliased)
    addresses = {
        f"{kind}.{re.sub('_[0-9A-F]{8}$', '', name).removeprefix('orders_')}"
        for kind, named in stack.to_terraform()["resource"].items()
        for name in named
    }
    assert addresses == expected
