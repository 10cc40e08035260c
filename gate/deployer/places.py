"""Where the permissions of a deploy apply: the ARNs of what a stack makes, from its settings."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from athena_gate.gate.stack.listed import REFERENCE
from athena_gate.modules.iam.arn import Arns
from athena_gate.modules.resources import Resource

# Arguments: a resource's, with its references resolved as far as they are names or ARNs.
Named = Callable[[Arns, Mapping[str, Any]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that a deploy makes: its type, its arguments with references resolved, and the
    ARNs that calls for it are about."""

    type: str
    arguments: Mapping[str, Any]
    arns: tuple[str, ...]


def _iam(kind: str, name: str = "name") -> Named:
    def arns(of: Arns, given: Mapping[str, Any]) -> tuple[str, ...]:
        path = given.get("path", "/")
        return (f"arn:{of.partition}:iam::{of.account}:{kind}{path}{given[name]}",)

    return arns


def _regional(service: str, form: str) -> Named:
    def arns(of: Arns, given: Mapping[str, Any]) -> tuple[str, ...]:
        place = f"arn:{of.partition}:{service}:{of.region}:{of.account}:"
        return tuple(f"{place}{one.format_map(given)}" for one in form.split(" "))

    return arns


def _bucket(of: Arns, given: Mapping[str, Any]) -> tuple[str, ...]:
    return (of.bucket(given["bucket"]), of.objects(given["bucket"]))


def _holder(attribute: str) -> Named:
    """Return the ARN of the user, role or topic that an attachment, a key or a policy is of. One
    that is not made here may have a path that gate.hcl does not say; the two ARNs are one's all the
    same, for an account has a name once, whatever the path:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11)."""

    def arns(of: Arns, given: Mapping[str, Any]) -> tuple[str, ...]:
        if f"{attribute} arn" in given:
            return (given[f"{attribute} arn"],)
        start, name = f"arn:{of.partition}:iam::{of.account}:{attribute}/", given[attribute]
        return (f"{start}{name}", f"{start}*/{name}")

    return arns


def _function(of: Arns, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ARNs of a function and of the repository that its image lies in, which may be
    another account's: ACCOUNT.dkr.ecr.REGION.DOMAIN/NAME:TAG, or NAME@sha256:DIGEST."""
    (function,) = _regional("lambda", "function:{function_name}")(of, given)
    registry, _, image = given["image_uri"].partition("/")
    account, _, _, region, *_ = registry.split(".")
    name = re.split("[:@]", image)[0]
    return function, f"arn:{of.partition}:ecr:{region}:{account}:repository/{name}"


def _application(of: Arns, given: Mapping[str, Any]) -> tuple[str, ...]:
    # https://docs.aws.amazon.com/serverlessrepo/latest/devguide/serverlessrepo-how-to-consume.html
    # (2026-11): the stack's name has this prefix.
    name = f"serverlessrepo-{given['name']}"
    function = given["parameters"]["AthenaCatalogName"]
    return (
        given["application_id"],
        f"arn:{of.partition}:cloudformation:{of.region}:{of.account}:stack/{name}/*",
        # What the application's template makes, by names that CloudFormation chooses.
        f"arn:{of.partition}:lambda:{of.region}:{of.account}:function:{function}",
        f"arn:{of.partition}:iam::{of.account}:role/{name}-*",
        # Where the repository keeps the template while it is deployed.
        f"arn:{of.partition}:s3:::awsserverlessrepo-changesets-*/*",
        # The transform that such a template begins with.
        f"arn:{of.partition}:cloudformation:{of.region}:aws:transform/Serverless-2016-10-31",
    )


# By type of resource. The forms are those of the Service Authorization Reference,
# https://docs.aws.amazon.com/service-authorization/latest/reference/ (2026-11).
_PLACES: Mapping[str, Named] = {
    "aws_athena_data_catalog": _regional("athena", "datacatalog/{name}"),
    "aws_athena_workgroup": _regional("athena", "workgroup/{name}"),
    "aws_cloudwatch_metric_alarm": _regional("cloudwatch", "alarm:{alarm_name}"),
    # Tags are asked for by the first, all else by the second:
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
    # (2026-11).
    "aws_cloudwatch_log_group": _regional("logs", "log-group:{name} log-group:{name}:*"),
    "aws_iam_access_key": _holder("user"),
    "aws_iam_instance_profile": _iam("instance-profile"),
    "aws_iam_openid_connect_provider": lambda of, given: (
        f"arn:{of.partition}:iam::{of.account}:oidc-provider/{given['url'].removeprefix('https://')}",
    ),
    "aws_iam_policy": _iam("policy"),
    "aws_iam_role": _iam("role"),
    "aws_iam_role_policy": _holder("role"),
    "aws_iam_role_policy_attachment": _holder("role"),
    "aws_iam_user": _iam("user"),
    "aws_iam_user_policy_attachment": _holder("user"),
    # AWS chooses its id; the tag tells it from others.
    "aws_kms_key": _regional("kms", "key/*"),
    # Its actions take no resource.
    "aws_lakeformation_permissions": lambda *_: (),
    "aws_lambda_function": _function,
    "aws_lambda_permission": _regional("lambda", "function:{function_name}"),
    "aws_serverlessapplicationrepository_cloudformation_stack": _application,
    "aws_sns_topic": _regional("sns", "{name}"),
    "aws_sns_topic_policy": _holder("arn"),
}


def made(
    resources: Iterable[Resource], accounts: Iterable[Arns], elsewhere: Iterable[str] = ()
) -> list[tuple[Arns, Made]]:
    """Return what is made of ``resources`` with the account each is made in; ``accounts`` are those
    of the block: its own, and the consumer's where there is one. ``elsewhere`` are the ARNs of what
    the block names and does not make."""
    own, *others = accounts
    named = {_holder_of(arn): arn for arn in elsewhere if arn.count("/") > 1}
    every = {one.address: one for one in resources}
    found = []
    for one in every.values():
        if one.type == "terraform_data":
            continue
        of = others[0] if one.arguments.get("provider") else own
        given = dict(one.arguments)
        for name, value in one.arguments.items():
            match = REFERENCE.fullmatch(value) if isinstance(value, str) else None
            if match:
                target = every[match[1]]
                arn = next(iter(_arns(target, of)), "")
                given[f"{name} arn"] = arn
                if boundary := target.arguments.get("permissions_boundary"):
                    given.setdefault("permissions_boundary", boundary)
                given[name] = arn if match[2] == "arn" else _name(target)
            elif isinstance(value, str) and (of.account, name, value) in named:
                given[f"{name} arn"] = named[of.account, name, value]
        resolved = Resource(one.type, one.path, given)
        found.append((of, Made(one.type, given, _arns(resolved, of))))
    return found


def _holder_of(arn: str) -> tuple[str, str, str]:
    """Return the account, the kind and the name of the user or role with this ARN."""
    _, _, _, _, account, resource = arn.split(":", 5)
    return account, resource.partition("/")[0], resource.rpartition("/")[2]


def _arns(resource: Resource, of: Arns) -> tuple[str, ...]:
    if resource.type.startswith("aws_s3_"):
        return _bucket(of, resource.arguments)
    return _PLACES[resource.type](of, resource.arguments)


def _name(resource: Resource) -> str:
    given = resource.arguments
    return str(next(given[name] for name in ("name", "bucket", "function_name") if name in given))
