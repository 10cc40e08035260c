"""What in the documentation comes from the code: tables in pages, and whole pages.

A table stands in its page between ``<!-- NAME -->`` and ``<!-- end -->``. The pages of the
commands, rules and licences are made whole, and those of vendors for the site alone.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from athena_gate.gate.vendors.example import example
from athena_gate.modules.accept import Accept
from athena_gate.modules.access.settings import CLASSES
from athena_gate.modules.access.ways import AssumedBy, RunsOn, Service, Trusted, WebIdentity
from athena_gate.modules.account import Account
from athena_gate.modules.athena.alarm import Alarm
from athena_gate.modules.athena.only_from import OnlyFrom
from athena_gate.modules.athena.settings import (
    Keys,
    LakeFormation,
    LakeFormationMetadata,
    LakeFormationWriter,
    Results,
    Source,
    Workgroup,
)
from athena_gate.modules.fields import Settings
from athena_gate.modules.reading import nested_blocks
from athena_gate.modules.rules import rules
from athena_gate.stacks import reference
from athena_gate.stacks.backends import BACKENDS
from athena_gate.stacks.configuration import load
from athena_gate.stacks.integrations import INTEGRATIONS, Vendor
from development.docs import commands, licences

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
# The nested blocks that several integrations accept, documented once: name, settings, label.
SHARED: tuple[tuple[str, type[Settings], str | None], ...] = (
    ("source", Source, "bucket"),
    ("results", Results, None),
    ("workgroup", Workgroup, None),
    ("alarm", Alarm, None),
    ("keys", Keys, None),
    ("only_from", OnlyFrom, None),
    # What writers take has all that readers take.
    ("lake_formation", LakeFormationWriter, None),
    ("accept", Accept, "code"),
)
# The ways in, documented once.
WAYS: tuple[tuple[str, type[Settings]], ...] = (
    ("assumed_by", AssumedBy),
    ("web_identity", WebIdentity),
    ("runs_on", RunsOn),
    ("service", Service),
    ("trusted", Trusted),
)
_ONCE = {model for _, model, _ in SHARED} | {model for _, model in WAYS}
_ONCE |= {LakeFormation, LakeFormationMetadata}
_ACCOUNT = """\
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}
"""
_CLASS = {
    "query": "reads tables through Athena",
    "tables": "makes and changes tables through Athena",
    "metadata": "reads descriptions of tables only",
}


def tables() -> dict[str, str]:
    """Return the text of each generated table by its name."""
    blocks: dict[str, type[Settings]] = {
        "account": Account,
        **{kind: i.settings for kind, i in INTEGRATIONS.items() if not isinstance(i, Vendor)},
        **CLASSES,
    }
    return {
        **{f"fields {kind}": _fields(kind, model) for kind, model in blocks.items()},
        "fields backend": "\n".join(
            _fields(f'backend "{kind}"', model, label=None)
            for kind, model in BACKENDS.items()
            if model.model_fields
        ),
        "fields ways": "\n".join(_fields(name, model, None) for name, model in WAYS),
        "fields shared": "\n".join(_fields(name, model, label) for name, model, label in SHARED),
    }


def _fields(kind: str, model: type[Settings], label: str | None = "name") -> str:
    """Return the reference of a block and the blocks within it, as Markdown tables."""
    head = f'`{kind} "{label.upper()}"`' if label else f"`{kind}`"
    text = "\n".join([f"**{head}**", "", *_table(model, label)]) + "\n"
    for block, (_, inner, marker) in nested_blocks(model).items():
        if inner not in _ONCE:
            text += "\n" + _fields(block, inner, marker.label)
    return text


def _table(model: type[Settings], label: str | None = "name") -> Iterator[str]:
    yield from ("| Field | Default | Meaning |", "|---|---|---|")
    for shown, standard, meaning in reference.rows(model, label):
        code = f"`{standard}`" if standard not in ("", "none", "required") else standard
        yield f"| `{shown}` | {code} | {meaning} |"


def rendered(text: str) -> str:
    """Return ``text`` with every generated table made anew.

    Raises ``KeyError`` for a table that does not exist.
    """
    made = tables()
    return re.sub(
        r"<!-- (fields \w+) -->\n.*?<!-- end -->",
        lambda match: f"<!-- {match[1]} -->\n{made[match[1]]}<!-- end -->",
        text,
        flags=re.DOTALL,
    )


def whole() -> dict[Path, str]:
    """Return the text of each page that is made whole, by its file."""
    return {
        DOCS / "commands.md": commands.page(),
        DOCS / "rules.md": _rules(),
        DOCS / "licences.md": licences.page(),
    }


@cache
def catalogue() -> dict[str, str]:
    """Return the pages of the catalogue, which are made for the site alone, so that a vendor is
    nothing but its folder: the list of vendors, as ``README``, and a page for each."""
    vendors = {kind: one for kind, one in INTEGRATIONS.items() if isinstance(one, Vendor)}
    examples = _examples(vendors)
    made = {kind: _vendor(kind, one, examples[kind]) for kind, one in vendors.items()}
    return {"README": _catalogue(vendors), **made}


def outdated() -> dict[Path, str]:
    """Return each file that is not what the code makes of it, with what it must be."""
    pages = whole()
    made = {file: rendered(file.read_text()) for file in DOCS.glob("*.md") if file not in pages}
    return {
        file: text
        for file, text in (made | pages).items()
        if not file.exists() or file.read_text() != text
    }


def _examples(vendors: Iterable[str]) -> dict[str, Any]:
    """Return of each vendor the block that its page shows, as gate.hcl has it."""
    text = _ACCOUNT + "\n".join(example(kind, INTEGRATIONS[kind].settings) for kind in vendors)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gate.hcl"
        (file.parent / "keys").mkdir()
        (file.parent / "keys" / "example.asc").write_bytes(
            (ROOT / "keys" / "example.asc").read_bytes()
        )
        file.write_text(text)
        return {block.kind: block for block in load(file).blocks}


def _rules() -> str:
    lines = [
        "# Rules of gate check",
        "",
        "[Mistakes and findings](findings.md) says what the severities mean, and how a finding is",
        "accepted. `gate rule CODE` prints the same.",
    ]
    for one in rules().values():
        lines += [
            "",
            f"## {one.code}: {one.title}",
            "",
            f"`{one.name}`, {one.severity}",
            "",
            one.why,
        ]
        lines += ["", "```", *one.example.splitlines(), "```", "", one.remedy]
        lines += ["", f"See [{one.page}]({one.page})."] if one.page else []
    return "\n".join(lines) + "\n"


def _catalogue(vendors: dict[str, Vendor]) -> str:
    lines = [
        "# The catalogue of vendors",
        "",
        "[Vendors](../vendors.md) says what is the same for all of them. A vendor that is not here",
        "is [a folder of your own](../own-vendor.md).",
        "",
        "| Vendor | Block | Class | Ways in | Page read |",
        "|---|---|---|---|---|",
    ]
    for kind, one in vendors.items():
        profile: Any = one.settings.profile  # type: ignore[attr-defined]
        ways = ", ".join(f"`{way}`" for way in profile.ways)
        lines.append(
            f"| [{profile.title}]({kind}.md) | `{kind}` | {profile.cls} | {ways} "
            f"| {profile.page.date} |"
        )
    return "\n".join(lines) + "\n"


def _vendor(kind: str, vendor: Vendor, block: Any) -> str:
    model: Any = vendor.settings
    profile = model.profile
    page = profile.page
    grants = ["`least_privilege`"]
    grants += ["`documented`"] if page.access else []
    grants += ["`full_access`"] if page.managed else []
    lines = [
        f"# {profile.title}",
        "",
        f"{profile.title} {_CLASS[profile.cls]}.",
        "",
        f"- Its page: [{page.title}]({page.source}), read {page.date}.",
        f"- Class: [`{profile.cls}`](../vendors.md#classes).",
        f"- Ways in: {', '.join(f'`{way}`' for way in profile.ways)}.",
        f"- Grants: {', '.join(grants)}.",
    ]
    if profile.itself:
        lines.append(f"- Calls it makes itself, past Athena: {', '.join(profile.itself)}.")
    if profile.bundles:
        lines.append(f"- It also does: {', '.join(profile.bundles).replace('_', ' ')}.")
    if profile.addresses:
        lines.append(f"- Its addresses: {', '.join(f'`{one}`' for one in profile.addresses)}.")
    known = _known(block)
    lines += [f"- To do: {sentence.format_map(known)}" for sentence in profile.todo]
    lines += ["", "## A block to paste", "", "```hcl", example(kind, model), "```"]
    other = list(profile.ways)[1:]
    if other:
        lines += ["", "With another way in:", ""]
        for way in other:
            text = example(kind, model, way=way).splitlines()
            start = next(i for i, line in enumerate(text) if line.startswith(f"  {way} "))
            lines += ["```hcl", *(line.removeprefix("  ") for line in text[start:-1]), "```", ""]
        lines.pop()
    lines += [
        "",
        "## Fields",
        "",
        "[gate.hcl](../gate-hcl.md) has the blocks that several integrations share, and "
        "[Vendors](../vendors.md#ways-in)",
        "the ways in.",
        "",
        *_table(model),
        "",
        "## What the block grants",
        "",
        "Of the block above:",
        "",
        *_granted(block),
        "",
        "## What the form asks for",
        "",
        f"{vendor.form}; `gate sheet` prints it:",
        "",
        *_asked(vendor, block),
    ]
    if profile.dropped or profile.beside:
        lines += ["", "## What differs from the page", ""]
        for word, found in (("Left out", profile.dropped), ("Added", profile.beside)):
            for one in found:
                actions = ", ".join(f"`{action}`" for action in one.actions)
                lines.append(f"- {word}: {actions}. {one.reason}")
    return "\n".join(lines) + "\n"


def _known(block: Any) -> dict[str, str]:
    """Return what the placeholders of the profile's sentences stand for in ``block``."""
    return {
        name: " and ".join(found)
        for name, found in block.integration.values(block.settings).items()
    }


def _asked(vendor: Vendor, block: Any) -> Iterator[str]:
    """List the form's fields, with the values that are known before a deploy."""
    labels = vendor.labels
    for name, value in vendor.handoff(block.settings).items():
        yield f"- {labels.get(name, name.replace('_', ' '))}: `{value}`"
    if block.settings.keys:
        yield "- The access key's id, and the command that decrypts its secret"


def _granted(block: Any) -> Iterator[str]:
    documents = block.integration.documents(block.settings)
    yield from ("| Actions | On | Only when | Why |", "|---|---|---|---|")
    for policy in documents.values():
        for one in policy.statements:
            deny = "**Denied**: " if one.effect == "Deny" else ""
            actions = ", ".join(f"`{action}`" for action in one.actions)
            where = "<br>".join(f"`{resource}`" for resource in one.resources)
            when = "<br>".join(
                f"`{c.key}` {c.operator} {', '.join(f'`{value}`' for value in c.values)}"
                for c in one.conditions
            )
            yield f"| {deny}{actions} | {where} | {when} | {one.why} |"
