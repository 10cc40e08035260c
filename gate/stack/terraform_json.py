"""Terraform's JSON syntax, as cdktf writes it: resources, providers and references.

https://developer.hashicorp.com/terraform/language/syntax/json (2026-11).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from athena_gate.modules.iam.arn import partition_of

# A reference to an attribute of a resource; an escaped one is data.
REFERENCE = re.compile(r"(?<!\$)\$\{((?:data\.)?[\w-]+\.[^${}.\s]+\.[\w.\[\]\"-]+)\}")
# Two are an escape, one begins a template; what three would be is nowhere said.
_TEMPLATE = re.compile(r"(\$+|%+)\{")


def dictionaries(value: object) -> list[dict[str, Any]]:
    """Return the nested blocks in ``value``, of which Terraform takes one or a list."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def strings(value: object) -> list[str]:
    """Return the texts in ``value``, one or a list; other values are left out."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def is_expression(value: str) -> bool:
    """Return whether Terraform would evaluate something in ``value``."""
    return bool(from_expression(value))


def from_expression(value: str) -> str:
    """Return ``value`` from the first that Terraform would evaluate in it; nothing without one."""
    found = (one.start() for one in _TEMPLATE.finditer(value) if len(one[1]) != 2)
    return next((value[start:] for start in found), "")


@dataclass(frozen=True, slots=True)
class Provider:
    """An AWS provider: where its resources are made. ``tag`` is ``kind/name`` of a block."""

    account: str = ""
    region: str = ""
    tag: str | None = None

    @property
    def partition(self) -> str:
        return partition_of(self.region)


def providers(part: Mapping[str, Any]) -> Iterator[tuple[str, Provider]]:
    """Yield each AWS provider by the name that resources call it: ``aws`` or ``aws.alias``."""
    for body in dictionaries(part.get("aws")):
        ids = strings(body.get("allowed_account_ids"))
        roles = [role.get("role_arn", "") for role in dictionaries(body.get("assume_role"))]
        account = (*ids, *(str(role).partition("::")[2].partition(":")[0] for role in roles), "")
        tags = [one.get("tags") or {} for one in dictionaries(body.get("default_tags"))]
        tag = next((some["athena-gate"] for some in tags if "athena-gate" in some), None)
        name = f"aws.{body['alias']}" if body.get("alias") else "aws"
        yield name, Provider(account[0], str(body.get("region") or ""), tag)


class TerraformJson:
    """The resources of one stack, whose references can be resolved."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.providers = dict(providers(content.get("provider", {})))

    def resources(self, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield address and body of each resource of one of ``types``."""
        for kind in types:
            for name, body in self.content.get("resource", {}).get(kind, {}).items():
                yield f"{kind}.{name}", body

    def provider(self, body: Mapping[str, Any]) -> Provider:
        """Return the provider that makes a resource; one of no account when it has none."""
        key = body.get("provider", "aws")
        return self.providers.get(key, Provider())

    def arn(self, service: str, resource: str, body: Mapping[str, Any]) -> str:
        """Return an ARN of ``service`` where the resource ``body`` is made."""
        provider = self.provider(body)
        region = "" if service == "iam" else provider.region
        return f"arn:{provider.partition}:{service}:{region}:{provider.account}:{resource}"

    def attribute(self, address: str, name: str) -> str | None:
        """Return an attribute of a resource, computed as AWS would; None when only AWS knows."""
        kind, _, key = address.partition(".")
        body = self.content.get("resource", {}).get(kind, {}).get(key)
        if body is None:
            return None
        if isinstance(known := body.get(name), str):
            return self.text(known)
        match kind, name:
            case ("aws_iam_policy" | "aws_iam_role" | "aws_iam_user" | "aws_iam_group", "arn"):
                return self.arn("iam", f"{kind[8:]}{self._path(address, body)}", body)
            case ("aws_iam_policy", "id"):
                return self.attribute(address, "arn")
            case ("aws_iam_role" | "aws_iam_user" | "aws_iam_group", "id"):
                return self.name(address, body)
            case ("aws_s3_bucket", "id"):
                return self.name(address, body, "bucket")
            case ("aws_s3_bucket", "arn"):
                name = self.name(address, body, "bucket")
                return f"arn:{self.provider(body).partition}:s3:::{name}"
            case ("aws_sns_topic", "arn" | "id"):
                return self.arn("sns", self.name(address, body), body)
            case ("aws_kms_key", "arn"):
                # AWS makes up the id; the logical id stands for it.
                return self.arn("kms", f"key/{key}", body)
            case ("aws_kms_key", "id" | "key_id"):
                return key
            case ("aws_lambda_function", "arn"):
                name = self.name(address, body, "function_name")
                return self.arn("lambda", f"function:{name}", body)
        return None

    def name(self, address: str, body: Mapping[str, Any], attribute: str = "name") -> str:
        """Return what a resource is called, or its logical id."""
        # Without a name Terraform makes one up.
        return self.text(body.get(attribute) or address.partition(".")[2])

    def _path(self, address: str, body: Mapping[str, Any]) -> str:
        return f"{body.get('path') or '/'}{self.name(address, body)}"

    def text(self, value: str) -> str:
        """Return ``value`` with the references that can be resolved replaced, escapes undone."""

        def replaced(match: re.Match[str]) -> str:
            address, _, attribute = match[1].rpartition(".")
            found = self.attribute(address, attribute)
            return match[0] if found is None else found

        return REFERENCE.sub(replaced, value).replace("$${", "${").replace("%%{", "%{")
