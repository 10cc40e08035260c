"""`gate schema`: a JSON Schema of gate.hcl, for tools that read it as JSON.

HCL's own JSON form is meant: a block is an object by its labels, or a list of such where it stands
several times, which is what hcl2json and `python-hcl2` make of it:
https://github.com/hashicorp/hcl/blob/main/json/spec.md (2026-11).
"""

from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from athena_gate.modules import fields
from athena_gate.modules.account import Account
from athena_gate.modules.fields import Settings
from athena_gate.modules.reading import nested_blocks
from athena_gate.stacks.backends import BACKENDS
from athena_gate.stacks.configuration import Ejected
from athena_gate.stacks.integrations import Integrations
from athena_gate.stacks.places import VENDORS

_LEAVES: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
}


def schema(folder: Path) -> dict[str, Any]:
    """Return the schema of a gate.hcl in ``folder``, whose own vendors are part of it."""
    integrations = Integrations(folder / VENDORS)
    # What several blocks have in them, by the names of their settings.
    shared: dict[str, Any] = {}
    models: dict[str, type[Settings]] = {"account": Account, "ejected": Ejected}
    models |= {kind: integrations[kind].settings for kind in sorted(integrations)}
    blocks = {kind: _labelled(model, "name", shared) for kind, model in models.items()}
    kinds = {kind: _one_or_more(_body(BACKENDS[kind], None, shared)) for kind in BACKENDS}
    blocks["backend"] = _one_or_more(
        {"type": "object", "properties": kinds, "additionalProperties": False}
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gate.hcl",
        "type": "object",
        "properties": blocks,
        "additionalProperties": False,
        "$defs": shared,
    }


def _labelled(model: type[Settings], label: str, shared: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of blocks that have a label, which fills the field ``label``."""
    names = _type_of(model.model_fields[label])
    return _one_or_more(
        {
            "type": "object",
            "propertyNames": {key: value for key, value in names.items() if key == "pattern"},
            "additionalProperties": _one_or_more(_body(model, label, shared)),
        }
    )


def _nested(model: type[Settings], label: str | None, shared: dict[str, Any]) -> dict[str, Any]:
    """Return a reference to the schema of a block in another."""
    name = f"{model.__module__.split('.')[-2]}.{model.__qualname__}"
    if name not in shared:
        shared[name] = (
            _labelled(model, label, shared) if label else _one_or_more(_body(model, None, shared))
        )
    return {"$ref": f"#/$defs/{name}"}


def _one_or_more(of: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [of, {"type": "array", "items": of}]}


def _body(model: type[Settings], label: str | None, shared: dict[str, Any]) -> dict[str, Any]:
    unused: frozenset[str] = getattr(model, "unused", frozenset)()
    blocks = {name: (block, inner, at) for block, (name, inner, at) in nested_blocks(model).items()}
    properties: dict[str, Any] = {}
    required = []
    for name, info in model.model_fields.items():
        if name == label or name in unused:
            continue
        shown = str(info.alias or name)
        if name in blocks:
            shown, inner, at = blocks[name]
            found = _nested(inner, at.label, shared)
        else:
            found = _type_of(info)
        if info.description:
            found = {**found, "description": info.description}
        if info.is_required():
            required.append(shown)
        elif isinstance(info.default, str | int):
            found = {**found, "default": info.default}
        properties[shown] = found
    body = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**body, "required": required} if required else body


def _type_of(info: FieldInfo) -> dict[str, Any]:
    return {**_type(info.annotation), **_limits(info.metadata)}


def _type(annotation: Any) -> dict[str, Any]:
    """Return the schema of a field's type as gate.hcl writes it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return {**_type(arguments[0]), **_limits(arguments[1:])}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        # What is None is left out of the file.
        kinds = [_type(one) for one in arguments if one is not NoneType]
        return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type(arguments[1])}
    if isinstance(annotation, type) and (
        issubclass(annotation, BaseModel) or is_dataclass(annotation)
    ):
        # An account or a connector, by its name.
        return {"type": "string"}
    return dict(_LEAVES[annotation])


def _limits(metadata: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in metadata:
        expression = getattr(getattr(one, "func", None), fields.EXPRESSION, None)
        if expression is not None:
            found["pattern"] = f"^(?:{expression})$"
        for name, key in (("ge", "minimum"), ("le", "maximum"), ("min_length", "minLength")):
            if (value := getattr(one, name, None)) is not None:
                found[key] = value
    return found
