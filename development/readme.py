"""Writes the parts of README.md that come from the code: ``python -m development.readme``.

A part stands between ``<!-- NAME -->`` and ``<!-- end -->``. A test compares.
"""

import re
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from pydantic_core import PydanticUndefined

from modules.account import Account
from modules.athena.settings import Keys, Results, Source, Workgroup
from modules.fields import Settings
from modules.iam.guide import Deviation
from modules.iam.policy import Statement
from stacks.backends import BACKENDS
from stacks.configuration import nested_blocks
from stacks.integrations import INTEGRATIONS

# The nested blocks that several integrations accept, documented once: name, settings, label.
SHARED: tuple[tuple[str, type[Settings], str | None], ...] = (
    ("source", Source, "bucket"),
    ("results", Results, None),
    ("workgroup", Workgroup, None),
    ("keys", Keys, None),
)
README = Path(__file__).resolve().parent.parent / "README.md"


def parts() -> dict[str, str]:
    """Return the text of each generated part by its name."""
    blocks: dict[str, type[Settings]] = {
        "account": Account,
        **{kind: i.settings for kind, i in INTEGRATIONS.items()},
    }
    return {
        **{f"fields {kind}": fields(kind, model) for kind, model in blocks.items()},
        "fields backend": "\n".join(
            fields(f'backend "{kind}"', model, label=None)
            for kind, model in BACKENDS.items()
            if model.model_fields
        ),
        "fields shared": "\n".join(fields(name, model, label) for name, model, label in SHARED),
        **{
            f"deviations {kind}": "\n".join(
                deviations(part, stated)
                for name, guide in integration.guides.items()
                for part, stated in ((name, guide.deviations), ("trust", guide.trust_deviations))
                if stated
            )
            for kind, integration in INTEGRATIONS.items()
        },
    }


def fields(kind: str, model: type[Settings], label: str | None = "name") -> str:
    """Return the reference of a block and the blocks within it, as Markdown tables."""
    nested = nested_blocks(model)
    head = f'`{kind} "{label.upper()}"`' if label else f"`{kind}`"
    rows = [f"**{head}**", "", "| Field | Default | Meaning |", "|---|---|---|"]
    names = {name: block for block, (name, _, _) in nested.items()}
    for name, info in model.model_fields.items():
        if name == label:
            continue
        shown = f"{names[name]} {{ }}" if name in names else name
        rows.append(f"| `{shown}` | {default(info)} | {info.description} |")
    text = "\n".join(rows) + "\n"
    for block, (_, inner, marker) in nested.items():
        if inner not in {model for _, model, _ in SHARED}:
            text += "\n" + fields(block, inner, marker.label)
    return text


def default(info: Any) -> str:
    """Return a field's default as gate.hcl would write it."""
    value = info.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ((), {}) or isinstance(value, Settings):
        optional = NoneType in get_args(info.annotation)
        return "" if optional or value is not None else "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def deviations(name: str, stated: tuple[Deviation, ...]) -> str:
    """Return a guide's deviations as a Markdown table."""
    rows = [f"| Deviation ({name}) | Added | Dropped | When |", "|---|---|---|---|"]
    for deviation in stated:
        rows.append(
            f"| {deviation.reason} | {actions(deviation.added)} | {actions(deviation.dropped)} "
            f"| {f'`{deviation.when}`' if deviation.when else 'always'} |"
        )
    return "\n".join(rows) + "\n"


def actions(statements: tuple[Statement, ...]) -> str:
    """Return the actions of ``statements``, each once."""
    named = dict.fromkeys(
        f"`{'' if statement.effect == 'Allow' else 'Deny '}{action}`"
        for statement in statements
        for action in statement.actions
    )
    return ", ".join(named)


def rendered(text: str) -> str:
    """Return ``text`` with every generated part made anew.

    Raises ``KeyError`` for a part that does not exist.
    """
    made = parts()
    return re.sub(
        r"<!-- ((?:fields|deviations) \w+) -->\n.*?<!-- end -->",
        lambda match: f"<!-- {match[1]} -->\n{made[match[1]]}<!-- end -->",
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    README.write_text(rendered(README.read_text()))
