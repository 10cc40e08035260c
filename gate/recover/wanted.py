"""What a stack's JSON asks for, by the names under which AWS knows it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from athena_gate.gate.stack.kinds import KINDS

TAG = "athena-gate"
_REFERENCE = re.compile(r"\$\{(?P<address>[a-z0-9_]+\.[A-Za-z0-9_-]+)\.(?P<attribute>\w+)\}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a provider of the stack works, and the role it takes there."""

    account: str
    region: str
    assume_role: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A resource that the stack asks for: its address, type and place, the value of the tag that
    marks what the stack makes, and its arguments, in which a reference to another's name is that
    name."""

    address: str
    type: str
    place: Place
    tag: str
    arguments: Mapping[str, Any]

    def is_known(self, attributes: Mapping[str, Any]) -> bool:
        """Return whether ``attributes`` of a state are those of the thing that is asked for, not of
        another that had its address."""
        kind = KINDS.get(self.type)
        return kind is None or all(
            self.arguments[name] == attributes.get(name)
            for name in kind.identity
            if name in self.arguments and "${" not in str(self.arguments[name])
        )


def wanted(content: Mapping[str, Any]) -> list[Wanted]:
    """Return what the stack whose JSON is ``content`` asks for."""
    places = {one.get("alias"): _place(one) for one in content["provider"]["aws"]}
    resources: Mapping[str, Mapping[str, Any]] = content.get("resource", {})
    return [
        Wanted(
            f"{kind}.{name}",
            kind,
            *places[body["provider"].partition(".")[2] if "provider" in body else None],
            {key: _named(value, resources) for key, value in body.items()},
        )
        for kind, bodies in resources.items()
        for name, body in bodies.items()
    ]


def _place(provider: Mapping[str, Any]) -> tuple[Place, str]:
    roles = [one["role_arn"] for one in provider.get("assume_role", ())]
    (account,) = provider["allowed_account_ids"]
    tags = {name: value for one in provider["default_tags"] for name, value in one["tags"].items()}
    return Place(account, provider["region"], roles[0] if roles else None), tags[TAG]


def _named(value: Any, resources: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return ``value`` or, where it is a reference to a name that the stack gives, that name."""
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return value
    kind, name = found["address"].split(".")
    body = resources.get(kind, {}).get(name, {})
    attribute = "bucket" if (kind, found["attribute"]) == ("aws_s3_bucket", "id") else ""
    return body.get(attribute or found["attribute"], value)
