"""Writes the parts of README.md that come from the code: ``python -m development.readme``.

A part stands between ``<!-- NAME -->`` and ``<!-- end -->``. A test compares.
"""

import re
from pathlib import Path

from athena_gate.modules.access.settings import CLASSES
from athena_gate.modules.access.ways import AssumedBy, RunsOn, Service, Trusted, WebIdentity
from athena_gate.modules.account import Account
from athena_gate.modules.athena.settings import Keys, Results, Source, Workgroup
from athena_gate.modules.fields import Settings
from athena_gate.modules.reading import nested_blocks
from athena_gate.stacks import reference
from athena_gate.stacks.backends import BACKENDS
from athena_gate.stacks.integrations import INTEGRATIONS, Vendor

# The nested blocks that several integrations accept, documented once: name, settings, label.
SHARED: tuple[tuple[str, type[Settings], str | None], ...] = (
    ("source", Source, "bucket"),
    ("results", Results, None),
    ("workgroup", Workgroup, None),
    ("keys", Keys, None),
)
# The ways in, documented once.
WAYS: tuple[tuple[str, type[Settings]], ...] = (
    ("assumed_by", AssumedBy),
    ("web_identity", WebIdentity),
    ("runs_on", RunsOn),
    ("service", Service),
    ("trusted", Trusted),
)
README = Path(__file__).resolve().parent.parent / "README.md"


def parts() -> dict[str, str]:
    """Return the text of each generated part by its name."""
    blocks: dict[str, type[Settings]] = {
        "account": Account,
        **{kind: i.settings for kind, i in INTEGRATIONS.items() if not isinstance(i, Vendor)},
        **CLASSES,
    }
    return {
        **{f"fields {kind}": fields(kind, model) for kind, model in blocks.items()},
        "fields backend": "\n".join(
            fields(f'backend "{kind}"', model, label=None)
            for kind, model in BACKENDS.items()
            if model.model_fields
        ),
        "fields ways": "\n".join(fields(name, model, None) for name, model in WAYS),
        "fields shared": "\n".join(fields(name, model, label) for name, model, label in SHARED),
    }


def fields(kind: str, model: type[Settings], label: str | None = "name") -> str:
    """Return the reference of a block and the blocks within it, as Markdown tables."""
    nested = nested_blocks(model)
    head = f'`{kind} "{label.upper()}"`' if label else f"`{kind}`"
    rows = [f"**{head}**", "", "| Field | Default | Meaning |", "|---|---|---|"]
    for shown, standard, meaning in reference.rows(model, label):
        code = f"`{standard}`" if standard not in ("", "none", "required") else standard
        rows.append(f"| `{shown}` | {code} | {meaning} |")
    text = "\n".join(rows) + "\n"
    for block, (_, inner, marker) in nested.items():
        if inner not in {model for _, model, _ in SHARED} | {model for _, model in WAYS}:
            text += "\n" + fields(block, inner, marker.label)
    return text


def rendered(text: str) -> str:
    """Return ``text`` with every generated part made anew.

    Raises ``KeyError`` for a part that does not exist.
    """
    made = parts()
    return re.sub(
        r"<!-- (fields \w+) -->\n.*?<!-- end -->",
        lambda match: f"<!-- {match[1]} -->\n{made[match[1]]}<!-- end -->",
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    README.write_text(rendered(README.read_text()))
