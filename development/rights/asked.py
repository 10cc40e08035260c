"""What a call to the embedded AWS asks IAM for: actions, each with resource and condition keys."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.session

from athena_gate.gate.deployer.record import PASSES, READS_TAGS
from athena_gate.modules.iam import actions as aws
from athena_gate.modules.iam.arn import Arns


@dataclass(frozen=True, slots=True)
class Asked:
    """One question for IAM."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A call as it was sent: ``service`` by the scope of its signature, ``target`` the value of
    X-Amz-Target."""

    service: str
    method: str
    url: str
    target: str
    body: bytes


# What creating takes beside the permission of the same name, for everything here has tags: the
# dependent actions of the Service Authorization Reference,
# https://docs.aws.amazon.com/service-authorization/latest/reference/ (2026-11), and
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html (2026-11).
_TAGGED: Mapping[str, str] = {
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
_HOLDERS = {"user": "UserName", "role": "RoleName"}


class World:
    """The account that calls are made in, with the ARNs of what has a path in IAM, and the
    permissions boundaries of users and roles, by kind and name."""

    def __init__(
        self,
        arns: Arns,
        named: Mapping[tuple[str, str], str],
        bounds: Mapping[tuple[str, str], str],
    ) -> None:
        self._arns = arns
        self._named = named
        self._bounds = bounds

    def asked(self, sent: Sent) -> Iterator[Asked]:
        """Yield what ``sent`` asks for; nothing for a call that needs no permission."""
        operation, given = _read(sent)
        service = {"s3": "s3", "logs": "logs", "monitoring": "cloudwatch"}.get(
            sent.service, sent.service
        )
        action = aws.OPERATIONS.get(f"{service}:{operation}", f"{service}:{operation}")
        if action == "sts:GetCallerIdentity":
            return
        place = self._place(service, action, given)
        yield Asked(action, place, self._context(action, given))
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html (2026-11): one of a
        # version takes the permission for versions too.
        if operation == "DeleteObjects" and b"<VersionId>" in sent.body:
            yield Asked("s3:DeleteObjectVersion", place, self._context(action, given))
        if reads := READS_TAGS.get(action):
            yield Asked(reads, place, self._context(reads, given))
        if (tagged := _TAGGED.get(action)) and (given.get("Tags") or given.get("tags")):
            # Of a key that is being made the id is not known yet.
            of = self._regional("kms", "key/new") if service == "kms" else place
            yield Asked(tagged, of, self._context(action, given))
        if to := PASSES.get(action):
            # An update that leaves the role alone passes none.
            named = given.get("RoleName")
            role = given.get("Role") or (self._iam("role", named) if named else "")
            if role:
                yield Asked("iam:PassRole", role, {"iam:PassedToService": (to,)})

    def _iam(self, kind: str, name: str) -> str:
        default = f"arn:{self._arns.partition}:iam::{self._arns.account}:{kind}/{name}"
        return self._named.get((kind, name), default)

    def _regional(self, service: str, resource: str) -> str:
        of = self._arns
        return f"arn:{of.partition}:{service}:{of.region}:{of.account}:{resource}"

    def _place(self, service: str, action: str, given: Mapping[str, Any]) -> str:
        if aws.resource_forms(action) == ():
            return "*"
        for name in (
            "PolicyArn",
            "OpenIDConnectProviderArn",
            "ResourceARN",
            "ResourceArn",
            "TopicArn",
            "resourceArn",
        ):
            is_attached = name == "PolicyArn" and ("UserName" in given or "RoleName" in given)
            if name in given and not is_attached:
                return str(given[name])
        if service == "iam":
            for kind, name in (
                ("instance-profile", "InstanceProfileName"),
                ("user", "UserName"),
                ("role", "RoleName"),
                ("policy", "PolicyName"),
            ):
                if name in given:
                    path = given.get("Path", "/")
                    made = f"arn:{self._arns.partition}:iam::{self._arns.account}:"
                    fresh = f"{made}{kind}{path}{given[name]}"
                    return self._named.get((kind, given[name]), fresh)
        if service == "s3":
            if action == "s3:DeleteObject" and not given.get("Key"):
                # Of one bucket; which objects makes no difference to policies that name it.
                return self._arns.bucket(f"{given['Bucket']}/some/key")
            name = f"{given['Bucket']}/{given['Key']}" if given.get("Key") else given["Bucket"]
            return self._arns.bucket(name)
        if service == "athena":
            if "WorkGroup" in given or action.endswith("WorkGroup"):
                return self._arns.workgroup(given.get("WorkGroup") or given["Name"])
            return self._arns.data_catalog(given["Name"])
        if service == "lambda":
            name = given.get("FunctionName") or given.get("Resource", "")
            return name if name.startswith("arn:") else self._regional("lambda", f"function:{name}")
        if service == "logs":
            name = given.get("logGroupName") or given.get("logGroupNamePrefix", "")
            return self._regional("logs", f"log-group:{name}")
        if service == "sns":
            return self._regional("sns", given["Name"])
        if service == "cloudwatch":
            name = given.get("AlarmName") or given["AlarmNames.member.1"]
            return self._regional("cloudwatch", f"alarm:{name}")
        if service == "serverlessrepo":
            return str(given.get("applicationId") or given["ApplicationId"])
        if service == "cloudformation":
            # A change set may be named without the stack that it is of.
            stack = given.get("StackName") or self._named["stack", "*"].replace("*", "x")
            return (
                stack if stack.startswith("arn:") else self._regional(service, f"stack/{stack}/x")
            )
        if service == "sts":
            return str(given["RoleArn"])
        if service == "kms":
            key = str(given["KeyId"])
            return key if key.startswith("arn:") else self._regional("kms", f"key/{key}")
        return "*"

    def _context(self, action: str, given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {"aws:RequestedRegion": (self._arns.region,)}
        if given.get("PolicyArn"):
            found["iam:PolicyARN"] = (given["PolicyArn"],)
        # That which is set, or which the user or role has:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
        # (2026-11).
        holder = next(
            ((kind, given[name]) for kind, name in _HOLDERS.items() if given.get(name)), ("", "")
        )
        if bound := given.get("PermissionsBoundary") or self._bounds.get(holder):
            found["iam:PermissionsBoundary"] = (bound,)
        if action.startswith("kms:"):
            for one in given.get("Tags", []):
                found[f"aws:RequestTag/{one['TagKey']}"] = (one["TagValue"],)
            if "KeyId" in given:
                found["aws:ResourceTag/athena-gate"] = ("some/block",)
        return found


def _read(sent: Sent) -> tuple[str, dict[str, Any]]:
    """Return the operation of a call and its arguments."""
    if sent.target:
        return sent.target.rpartition(".")[2], json.loads(sent.body or b"{}")
    if sent.service in ("iam", "sts", "cloudformation", "monitoring", "sns"):
        fields = {k: v[0] for k, v in parse_qs(sent.body.decode()).items()}
        tags = {"Tags": [v for k, v in fields.items() if k.startswith("Tags.")]}
        return fields["Action"], {**fields, **tags}
    url = urlsplit(sent.url)
    query = parse_qs(url.query, keep_blank_values=True)
    for name, method, form, flags in _operations(sent.service):
        match = form.fullmatch(url.path)
        if method == sent.method and match and flags <= query.keys():
            body = {}
            if sent.service != "s3" and sent.body.strip().startswith(b"{"):
                body = json.loads(sent.body)
            return name, {**body, **{k: unquote(v) for k, v in match.groupdict().items()}}
    raise ValueError(f"{sent.service} has no operation {sent.method} {sent.url}")


@cache
def _operations(service: str) -> tuple[tuple[str, str, "re.Pattern[str]", frozenset[str]], ...]:
    """Return the operations of a service that tells them apart by path, those with most in the
    query first: name, method, form of the path, words that stand in the query."""
    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        # S3 answers some under an old name too.
        if model.operation_model(name).deprecated:
            continue
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        form = re.sub(r"\\\{(\w+)(\\\+)?\\\}", _group, re.escape(path))
        flags = frozenset(one.partition("=")[0] for one in query.split("&") if one)
        found.append((name, http["method"], re.compile(f"{form}/?"), flags))
    return tuple(sorted(found, key=lambda one: -len(one[3])))


def _group(match: "re.Match[str]") -> str:
    return f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})"
