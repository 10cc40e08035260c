"""Which calls the AWS provider makes for each type of resource, and which permissions they take.

``calls.json`` is the record: `python -m development.rights` deploys, changes and destroys a stack
of every mode in the embedded AWS and writes down what the provider's log says of each call, by the
type of resource it was for. ``plan`` is what reading takes, ``apply`` all the rest.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from athena_gate.modules.iam.actions import OPERATIONS

Phase = Literal["plan", "apply"]

_FILE = Path(__file__).with_name("calls.json")

# To whom a call hands a role, which takes iam:PassRole:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html (2026-11).
PASSES: Mapping[str, str] = {
    "iam:AddRoleToInstanceProfile": "ec2.amazonaws.com",
    "lambda:CreateFunction": "lambda.amazonaws.com",
    "lambda:UpdateFunctionConfiguration": "lambda.amazonaws.com",
}
# What reading takes beside: without it Lambda leaves the tags of a function out, and the plan wants
# them anew: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html (2026-11).
READS_TAGS: Mapping[str, str] = {"lambda:GetFunction": "lambda:ListTags"}
# What the recorded stacks never come to, by type of resource and by the argument that makes it so,
# if any.
UNRECORDED: Mapping[tuple[str, str], tuple[str, ...]] = {
    # A bucket that is made here is emptied before it goes, with versions where somebody turned them
    # on: https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_bucket
    # (2026-11). The recorded ones are empty, and one that was there before is not emptied.
    ("aws_s3_bucket", "force_destroy"): (
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:ListBucketVersions",
    ),
    # For one that is there without it; nothing takes one away.
    ("aws_iam_role", "permissions_boundary"): ("iam:PutRolePermissionsBoundary",),
    ("aws_iam_user", "permissions_boundary"): ("iam:PutUserPermissionsBoundary",),
    # Keys that were made elsewhere go with the user:
    # https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_user
    # (2026-11).
    ("aws_iam_user", "force_destroy"): ("iam:DeleteAccessKey",),
}
# What AWS does with the rights of whoever calls, by type of resource and by the argument that makes
# it so, if any: the record shows the provider's calls alone.
BEHIND: Mapping[tuple[str, str], tuple[str, ...]] = {
    # The repository makes the change set, and CloudFormation what the application's template says,
    # a function and its role:
    # https://docs.aws.amazon.com/serverlessrepo/latest/devguide/security_iam_id-based-policy-examples.html,
    # https://github.com/awslabs/aws-athena-query-federation, athena-dynamodb.yaml (2026-11).
    ("aws_serverlessapplicationrepository_cloudformation_stack", ""): (
        "cloudformation:CreateChangeSet",
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:PutRolePolicy",
        "iam:TagRole",
        "iam:UpdateAssumeRolePolicy",
        "lambda:CreateFunction",
        "lambda:DeleteFunction",
        "lambda:GetFunction",
        "lambda:TagResource",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "s3:GetObject",
    ),
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html (2026-11): whoever makes
    # such a function looks these up.
    ("aws_lambda_function", "vpc_config"): (
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ),
    # https://repost.aws/knowledge-center/lambda-ecr-image (2026-11): whoever makes or updates such
    # a function reads its image.
    ("aws_lambda_function", "image_uri"): ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
}


@cache
def calls() -> Mapping[str, Mapping[Phase, tuple[str, ...]]]:
    """Return the operations of each type of resource by phase, as ``service:Operation``."""
    content = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        kind: {phase: tuple(found) for phase, found in phases.items()}
        for kind, phases in content.items()
    }


def permissions(
    kind: str, phase: Phase, arguments: Mapping[str, object] = MappingProxyType({})
) -> tuple[str, ...]:
    """Return the actions of IAM that ``phase`` takes for a resource of type ``kind`` that has these
    ``arguments``, sorted; one that is false counts as one that it does not have.

    Raises ``KeyError`` for a type that was not recorded.
    """
    phases = calls()[kind]
    operations = {*phases["plan"], *(phases["apply"] if phase == "apply" else ())}
    found = {OPERATIONS.get(one, one) for one in operations}
    found |= {READS_TAGS[one] for one in found if one in READS_TAGS}
    if phase == "apply":
        found |= _listed(UNRECORDED, kind, arguments) | behind(kind, arguments)
    # It needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    # (2026-11).
    return tuple(sorted(found - {"sts:GetCallerIdentity"}))


def behind(kind: str, arguments: Mapping[str, object]) -> set[str]:
    """Return the actions of IAM that AWS takes with the rights of whoever deploys a resource of
    type ``kind`` with these ``arguments``; the provider makes no call for them."""
    return _listed(BEHIND, kind, arguments)


def _listed(
    actions: Mapping[tuple[str, str], tuple[str, ...]], kind: str, arguments: Mapping[str, object]
) -> set[str]:
    names = ("", *(name for name, value in arguments.items() if value))
    return {action for name in names for action in actions.get((kind, name), ())}
