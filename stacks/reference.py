"""What a block accepts, for whoever writes one: fields, defaults, meanings."""

from types import NoneType
from typing import Any, get_args

from pydantic_core import PydanticUndefined

from athena_gate.modules.fields import Settings
from athena_gate.modules.reading import nested_blocks

# Name as gate.hcl writes it, default, meaning.
Row = tuple[str, str, str]


def rows(model: type[Settings], label: str | None = "name") -> list[Row]:
    """Return the fields of ``model`` but the one its label fills, in their order; of a vendor's
    block those that its profile leaves any use for."""
    unused: frozenset[str] = getattr(model, "unused", frozenset)()
    names = {name: block for block, (name, _, _) in nested_blocks(model).items()}
    return [
        (
            f"{names[name]} {{ }}" if name in names else str(info.alias or name),
            default(info),
            str(info.description),
        )
        for name, info in model.model_fields.items()
        if name != label and name not in unused
    ]


def inner_rows(model: type[Settings]) -> dict[str, list[Row]]:
    """Return the rows of each nested block of ``model``, by the name that ``rows`` gives it."""
    return {
        f"{name} {{ }}": rows(nested, marker.label)
        for name, (_, nested, marker) in nested_blocks(model).items()
    }


def default(info: Any) -> str:
    """Return a field's default as gate.hcl would write it; empty for none, ``required``."""
    value = info.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ((), {}) or isinstance(value, Settings):
        optional = NoneType in get_args(info.annotation)
        return "" if optional or value is not None else "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
