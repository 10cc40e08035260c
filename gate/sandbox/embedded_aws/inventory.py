"""What exists in the embedded AWS, by account and Terraform resource type."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from moto.core.base_backend import BackendDict
from moto.iam.models import AWSManagedPolicy

from athena_gate.gate.sandbox.embedded_aws import lakeformation

PATH = "/gate/inventory"

Found = dict[str, list[str]]


def _athena(backend: Any) -> Found:
    return {
        "aws_athena_data_catalog": list(backend.data_catalogs),
        "aws_athena_named_query": [query.name for query in backend.named_queries.values()],
        # Every account has "primary" in every region; Terraform neither makes nor deletes it.
        "aws_athena_workgroup": [name for name in backend.work_groups if name != "primary"],
    }


def _cloudformation(backend: Any) -> Found:
    return {"aws_cloudformation_stack": [stack.name for stack in backend.stacks.values()]}


def _cloudwatch(backend: Any) -> Found:
    return {"aws_cloudwatch_metric_alarm": list(backend.alarms)}


def _dynamodb(backend: Any) -> Found:
    return {"aws_dynamodb_table": list(backend.tables)}


def _iam(backend: Any) -> Found:
    policies = backend.managed_policies.values()
    return {
        "aws_iam_access_key": [
            key.access_key_id for user in backend.users.values() for key in user.access_keys
        ],
        "aws_iam_instance_profile": list(backend.instance_profiles),
        "aws_iam_policy": [
            policy.name for policy in policies if not isinstance(policy, AWSManagedPolicy)
        ],
        "aws_iam_role": [role.name for role in backend.roles.values()],
        "aws_iam_user": list(backend.users),
    }


def _kms(backend: Any) -> Found:
    # A key cannot be deleted at once: destroy leaves it pending deletion, which is gone enough.
    # An alias below alias/aws/ marks a key that AWS makes for a service by itself.
    return {
        "aws_kms_key": [
            key.id
            for key in backend.keys.values()
            if key.key_state != "PendingDeletion"
            and not any(alias.startswith("alias/aws/") for alias in key.aliases)
        ]
    }


def _lakeformation(backend: Any) -> Found:
    return {"aws_lakeformation_permissions": lakeformation.names(backend)}


def _lambda(backend: Any) -> Found:
    return {"aws_lambda_function": [item.function_name for item in backend.list_functions()]}


def _logs(backend: Any) -> Found:
    return {"aws_cloudwatch_log_group": list(backend.groups)}


def _s3(backend: Any) -> Found:
    return {"aws_s3_bucket": list(backend.buckets)}


def _sns(backend: Any) -> Found:
    return {"aws_sns_topic": [topic.name for topic in backend.topics.values()]}


SERVICES: dict[str, Callable[[Any], Found]] = {
    "athena": _athena,
    "cloudformation": _cloudformation,
    "cloudwatch": _cloudwatch,
    "dynamodb": _dynamodb,
    "iam": _iam,
    "kms": _kms,
    "lakeformation": _lakeformation,
    "lambda": _lambda,
    "logs": _logs,
    "s3": _s3,
    "sns": _sns,
}

app = Flask(__name__, static_folder=None)


@app.get(PATH)
def inventory() -> dict[str, Found]:
    """Names (ids of access keys and KMS keys) by account id and resource type, over all regions.

    Only accounts and types that have something, so an empty AWS is `{}`.
    """
    found: dict[str, Found] = {}
    # The services used so far; asking moto for one by name would load it (CloudFormation: 1 s).
    for service in list(BackendDict._instances):
        names_in = SERVICES.get(service.service_name)
        if names_in is None:
            continue
        for account, _, backend in list(service.iter_backends()):
            for resource_type, names in names_in(backend).items():
                if names:
                    found.setdefault(account, {}).setdefault(resource_type, []).extend(names)
    return {
        account: {
            resource_type: sorted(found[account][resource_type])
            for resource_type in sorted(found[account])
        }
        for account in sorted(found)
    }
