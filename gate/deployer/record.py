"""Which calls the AWS provider makes for each type of resource, and which permissions they take.

``calls.json`` is the record: `python -m development.rights` deploys, changes and destroys a stack
of every mode in the embedded AWS and writes down what the provider's log says of each call, by the
type of resource it was for. ``plan`` is what reading takes, ``apply`` all the rest.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from athena_gate.modules.iam.actions import OPERATIONS

Phase = Literal["plan", "apply"]

_FILE = Path(__file__).with_name("calls.json")

# What creating takes beside the permission of the same name, for everything here has tags: the
# dependent actions of the Service Authorization Reference,
# https://docs.aws.amazon.com/service-authorization/latest/reference/ (2026-11), and
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html (2026-11).
TAGGED: Mapping[str, str] = {
    "athena:CreateDataCatalog": "athena:TagResource",
    "athena:CreateWorkGroup": "athena:TagResource",
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "iam:CreateInstanceProfile": "iam:TagInstanceProfile",
    "iam:CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
    "iam:CreatePolicy": "iam:TagPolicy",
    "iam:CreateRole": "iam:TagRole",
    "iam:CreateUser": "iam:TagUser",
    "kms:CreateKey": "kms:TagResource",
    "lambda:CreateFunction": "lambda:TagResource",
    "logs:CreateLogGroup": "logs:TagResource",
    "sns:CreateTopic": "sns:TagResource",
}
# What a tag less takes, by what a tag more does; no recorded change takes one away.
UNTAGS: Mapping[str, str] = {
    tag: tag.replace(":Tag", ":Untag") for tag in (*TAGGED.values(), "athena:TagResource")
}
# To whom a call hands a role, which takes iam:PassRole:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html (2026-11).
PASSES: Mapping[str, str] = {
    "iam:AddRoleToInstanceProfile": "ec2.amazonaws.com",
    "lambda:CreateFunction": "lambda.amazonaws.com",
    "lambda:UpdateFunctionConfiguration": "lambda.amazonaws.com",
}
# What the record cannot show, by type of resource and by the argument that makes it so, if any.
UNRECORDED: Mapping[tuple[str, str], tuple[str, ...]] = {
    # A bucket that is made here is emptied before it goes, with versions where somebody turned them
    # on: https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_bucket
    # (force_destroy, 2026-11). The recorded ones are empty.
    ("aws_s3_bucket", ""): ("s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    # CloudFormation makes, with the rights of whoever deploys, what the application's template
    # says, a function and its role:
    # https://docs.aws.amazon.com/serverlessrepo/latest/devguide/serverlessrepo-how-to-consume.html,
    # https://github.com/awslabs/aws-athena-query-federation, athena-dynamodb.yaml (2026-11).
    ("aws_serverlessapplicationrepository_cloudformation_stack", ""): (
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
    # Another release of the connector is another image.
    ("aws_lambda_function", ""): ("lambda:UpdateFunctionCode",),
    # How long its sessions last.
    ("aws_iam_role", ""): ("iam:UpdateRole",),
    # For one that is there without it; nothing takes one away.
    ("aws_iam_role", "permissions_boundary"): ("iam:PutRolePermissionsBoundary",),
    ("aws_iam_user", "permissions_boundary"): ("iam:PutUserPermissionsBoundary",),
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html (2026-11): whoever makes
    # such a function looks these up.
    ("aws_lambda_function", "vpc_config"): (
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ),
    # Keys that were made elsewhere go with the user (force_destroy, 2026-11).
    ("aws_iam_user", ""): ("iam:DeleteAccessKey", "iam:UpdateAccessKey"),
}


@cache
def calls() -> Mapping[str, Mapping[Phase, tuple[str, ...]]]:
    """Return the operations of each type of resource by phase, as ``service:Operation``."""
    content = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        kind: {phase: tuple(found) for phase, found in phases.items()}
        for kind, phases in content.items()
    }


def permissions(kind: str, phase: Phase, arguments: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the actions of IAM that ``phase`` takes for a resource of type ``kind`` that has these
    ``arguments``, sorted.

    Raises ``KeyError`` for a type that was not recorded.
    """
    phases = calls()[kind]
    operations = {*phases["plan"], *(phases["apply"] if phase == "apply" else ())}
    found = {OPERATIONS.get(one, one) for one in operations}
    found |= {TAGGED[one] for one in found if one in TAGGED}
    if phase == "apply":
        found |= {UNTAGS[one] for one in found if one in UNTAGS}
        for name in ("", *arguments):
            found.update(UNRECORDED.get((kind, name), ()))
    # It needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    # (2026-11).
    return tuple(sorted(found - {"sts:GetCallerIdentity"}))
