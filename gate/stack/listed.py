"""What a plan of a stack may consist of, as a list: the stack's JSON in the words of a plan."""

import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

from athena_gate.gate.stack.kinds import KINDS, POLICIES, PROVIDER_BLOCKS
from athena_gate.modules.files import Unreadable, parse_json

TAG = "athena-gate"
_REGISTRY = "registry.terraform.io"
# The provider of terraform_data, which Terraform has in itself.
BUILT_IN = {"name": "terraform", "full_name": "terraform.io/builtin/terraform", "arguments": {}}
REFERENCE = re.compile(r"\$\{([\w-]+\.[\w-]+)\.([\w-]+)\}")
_TEMPLATE = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")
# In Terraform's JSON syntax these say how a resource is made, not what it is.
_META = frozenset({"//", "provider", "depends_on", "lifecycle"})


class NotListable(Exception):
    """A stack holds what a list cannot say; the message names it."""


def listed(stack: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a plan of ``stack``, in Terraform's JSON syntax, may consist of.

    ``workspace`` is ``{"name": ...}`` or ``{"tags": [...]}`` in HCP Terraform, or None; ``tag``
    is ``kind/name`` of the block; ``providers`` are by the key that a plan has for them;
    ``resources`` by address: ``values``, ``references`` (``ADDRESS.ATTRIBUTE``) and ``documents``
    (policies) by dotted path of the attribute; ``outputs`` by name, with their expression;
    ``variables`` are names.

    Raises ``NotListable`` for an expression other than one reference, and for a provider whose
    source nothing says.
    """
    terraform = stack.get("terraform", {})
    resources = {
        f"{kind}.{name}": _resource(kind, name, body)
        for kind, some in sorted(stack.get("resource", {}).items())
        for name, body in sorted(some.items())
    }
    providers = dict(_providers(stack.get("provider", {}), terraform.get("required_providers", {})))
    if any(one["provider"] == "terraform" for one in resources.values()):
        providers["terraform"] = BUILT_IN
    tags = {one["arguments"].get(f"default_tags.0.tags.{TAG}") for one in providers.values()} - {
        None
    }
    return {
        "tag": min(tags) if tags else None,
        "workspace": _workspace(terraform.get("cloud")),
        "providers": providers,
        "resources": resources,
        "outputs": {
            name: {"sensitive": body.get("sensitive", False), "value": body.get("value")}
            for name, body in sorted(stack.get("output", {}).items())
        },
        "variables": sorted(stack.get("variable", {})),
    }


def _workspace(cloud: Mapping[str, Any] | None) -> dict[str, Any] | None:
    named = (cloud or {}).get("workspaces", {})
    return {key: named[key] for key in ("name", "tags") if key in named} or None


def _providers(
    blocks: Mapping[str, Any], required: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, some in sorted(blocks.items()):
        for body in some if isinstance(some, list) else [some]:
            if "source" not in required.get(name, {}):
                raise NotListable(f"terraform.required_providers does not say what {name} is")
            source = required[name]["source"]
            host = f"{_REGISTRY}/" if source.count("/") == 1 else ""
            found: dict[str, Any] = {"name": name, "full_name": f"{host}{source}"}
            if "version" in required[name]:
                found["version_constraint"] = full_versions(required[name]["version"])
            if "alias" in body:
                found["alias"] = body["alias"]
            rest = {key: value for key, value in body.items() if key not in ("//", "alias")}
            found["arguments"] = dict(leaves(_as_planned(rest, PROVIDER_BLOCKS)))
            yield f"{name}.{body['alias']}" if "alias" in body else name, found


def full_versions(constraint: str) -> str:
    """Return a version constraint as a plan has it, with three numbers in each version."""

    def full(match: re.Match[str]) -> str:
        return ".".join([*match[0].split("."), "0", "0"][:3])

    return re.sub(r"(?<![\w.-])\d+(?:\.\d+){0,2}(?![\w.-])", full, constraint)


def _resource(kind: str, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    values, references, documents = {}, {}, {}
    if kind not in KINDS:
        raise NotListable(f"{kind}.{name} is of a kind that athena-gate does not make")
    arguments = {key: value for key, value in body.items() if key not in _META}
    for path, value in sorted(
        leaves(_as_planned(arguments, KINDS[kind].blocks)), key=lambda leaf: leaf[0]
    ):
        if not isinstance(value, str):
            values[path] = value
        elif reference := REFERENCE.fullmatch(value):
            references[path] = f"{reference[1]}.{reference[2]}"
        elif _TEMPLATE.search(value):
            raise NotListable(f"{kind}.{name}: {path} is an expression: {value}")
        elif path in POLICIES:
            documents[path] = _document(unescaped(value), f"{kind}.{name}: {path}")
        else:
            values[path] = unescaped(value)
    default = "terraform" if kind == "terraform_data" else kind.partition("_")[0]
    return {
        "provider": body.get("provider", default),
        "depends_on": sorted(body.get("depends_on", [])),
        # What is changed elsewhere stays as it is:
        # https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle (2026-11)
        "ignored": sorted(body.get("lifecycle", {}).get("ignore_changes", [])),
        "values": values,
        "references": references,
        "documents": documents,
    }


def _document(text: str, place: str) -> Any:
    try:
        return parse_json(text, place)
    except Unreadable as error:
        raise NotListable(str(error)) from None


def _as_planned(body: Mapping[str, Any], nested: Set[str]) -> dict[str, Any]:
    """Return the arguments of a block with its ``nested`` blocks in lists, as a plan has them."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        if name in nested:
            blocks = value if isinstance(value, list) else [value]
            found[name] = [_as_planned(one, nested) for one in blocks]
        else:
            found[name] = value
    return found


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted path and the value of each scalar in ``value``, and of what is empty."""
    if isinstance(value, Mapping) and value:
        for name, one in value.items():
            yield from leaves(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for number, one in enumerate(value):
            yield from leaves(one, f"{path}.{number}" if path else str(number))
    else:
        yield path, value


def unescaped(text: str) -> str:
    """Return a string without Terraform's escapes, as AWS gets it."""
    return text.replace("$${", "${").replace("%%{", "%{")
