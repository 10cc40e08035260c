"""The Serverless Application Repository, which moto 5.2.5 does not have at all.

Without it: aws_serverlessapplicationrepository_cloudformation_stack cannot be created. The
provider asks for a change set here and executes it with CloudFormation, which moto has; it reads
the stack back from CloudFormation and the application's parameters and capabilities from here.

Every application id answers as AthenaDynamoDBConnector does: a function named AthenaCatalogName
and, unless LambdaRole names one, its role. Parameters, defaults and the role's permissions:
https://github.com/awslabs/aws-athena-query-federation/blob/v2026.33.1/athena-dynamodb/athena-dynamodb.yaml
API: https://docs.aws.amazon.com/serverlessrepo/latest/devguide/resources.html (2026-11).
"""

import json
import uuid
from typing import Any

from flask import Flask, Response, jsonify, request
from moto.backends import get_backend
from moto.iam.models import get_account_id_from

SIGNING_SCOPE = "/serverlessrepo/aws4_request"
LATEST_VERSION = "2026.33.1"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"]
REQUIRED_PARAMETERS = ("AthenaCatalogName", "SpillBucket")
DEFAULTS = {
    "SpillPrefix": "athena-spill",
    "LambdaTimeout": "900",
    "LambdaMemory": "3008",
    "LambdaRole": "",
    "DisableSpillEncryption": "false",
    "KMSKeyId": "",
    "PermissionsBoundaryARN": "",
}

app = Flask(__name__, static_folder=None)


@app.post("/applications/<path:application_id>/changesets")
def create_cloud_formation_change_set(application_id: str) -> tuple[Response, int]:
    wanted = request.get_json()
    given = {item["name"]: item["value"] for item in wanted.get("parameterOverrides", [])}
    if missing := [name for name in CAPABILITIES if name not in wanted.get("capabilities", [])]:
        return _refused(f"the application requires the capabilities {missing}")
    if unknown := sorted(set(given) - {*REQUIRED_PARAMETERS, *DEFAULTS}):
        return _refused(f"the application has no parameters {unknown}")
    if missing := [name for name in REQUIRED_PARAMETERS if not given.get(name)]:
        return _refused(f"the application needs values for {missing}")

    account, region = _caller()
    stacks = get_backend("cloudformation")[account][region]
    name = f"serverlessrepo-{wanted['stackName']}"
    version = wanted.get("semanticVersion") or LATEST_VERSION
    parameters = {**DEFAULTS, **given}
    # A change set that was never executed leaves a stack in review, which the next one begins anew;
    # moto would take it for one to update.
    for stack in [one for one in stacks.stacks.values() if one.name == name]:
        if stack.status == "REVIEW_IN_PROGRESS":
            del stacks.stacks[stack.stack_id]
    exists = any(stack.name == name for stack in stacks.stacks.values())
    tags = {tag["key"]: tag["value"] for tag in wanted.get("tags", [])} | {
        "serverlessrepo:applicationId": application_id,
        "serverlessrepo:semanticVersion": version,
    }
    change_set, stack_id = stacks.create_change_set(
        name,
        f"a{uuid.uuid4()}",
        json.dumps(_template(version, parameters)),
        parameters,
        "",
        "UPDATE" if exists else "CREATE",
        tags=tags,
    )
    stack = stacks.stacks[stack_id]
    # moto leaves a stack's tags as they were when a change set updates it, and knows no
    # capabilities; the provider compares both with the configuration on every plan.
    stack.tags = tags
    vars(stack)["capabilities"] = ["CAPABILITY_IAM"]
    answer = {
        "applicationId": application_id,
        "changeSetId": change_set,
        "semanticVersion": version,
        "stackId": stack_id,
    }
    return jsonify(answer), 201


@app.get("/applications/<path:application_id>")
def get_application(application_id: str) -> Response:
    defaults = {**dict.fromkeys(REQUIRED_PARAMETERS), **DEFAULTS}
    version = {
        "applicationId": application_id,
        "creationTime": "2026-08-20T00:00:00Z",
        "parameterDefinitions": [
            {"name": name, "defaultValue": value, "type": "String", "referencedByResources": []}
            for name, value in defaults.items()
        ],
        "requiredCapabilities": CAPABILITIES,
        "resourcesSupported": True,
        "semanticVersion": request.args.get("semanticVersion", LATEST_VERSION),
        "templateUrl": "https://example.com/template.yaml",
    }
    name = application_id.rsplit("/", 1)[-1]
    return jsonify(
        {
            "applicationId": application_id,
            "author": "sandbox",
            "description": name,
            "name": name,
            "version": version,
        }
    )


def _template(version: str, parameters: dict[str, str]) -> dict[str, Any]:
    function: dict[str, Any] = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": {"Ref": "AthenaCatalogName"},
            "Code": {"ImageUri": f"athena-federation-repository-dynamodb:{version}"},
            "Role": parameters["LambdaRole"],
        },
    }
    resources = {"ConnectorFunction": function}
    if not parameters["LambdaRole"]:
        function["Properties"]["Role"] = {"Fn::GetAtt": ["FunctionRole", "Arn"]}
        resources["FunctionRole"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                }
            },
        }
    return {
        "Description": f"Athena connector {version}",
        "Parameters": {name: {"Type": "String"} for name in parameters},
        "Resources": resources,
    }


def _caller() -> tuple[str, str]:
    """Account and region of the signed request, as moto derives them for its own services."""
    credential = request.headers["Authorization"].split("Credential=")[1].split(",")[0]
    access_key, _, region, _, _ = credential.split("/")
    return get_account_id_from(access_key), region


def _refused(message: str) -> tuple[Response, int]:
    response = jsonify({"errorCode": "InvalidParameterValue", "message": message})
    response.headers["X-Amzn-ErrorType"] = "BadRequestException"
    return response, 400
