"""How vendors are shown in a terminal of 80 columns."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from athena_gate.gate.text import wrapped
from athena_gate.gate.vendors import Listed
from athena_gate.gate.vendors.example import example, granted
from athena_gate.modules.files import visible
from athena_gate.modules.terminal import WIDTH
from athena_gate.stacks.reference import Row


def table(vendors: Sequence[Listed]) -> str:
    """Return a line for each vendor, then how to go on."""
    name = max((len(one.kind) for one in vendors), default=0)
    lines = [f"{'block':{name}}  {'class':8}  {'page read':10}  ways in"]
    for one in vendors:
        ways = ", ".join(one.ways)
        first, *rest = textwrap.wrap(ways, WIDTH - name - 24) or [""]
        lines.append(f"{visible(one.kind):{name}}  {one.cls:8}  {one.date:10}  {first}".rstrip())
        lines += [f"{'':{name + 24}}{more}" for more in rest]
    lines += ["", f"{len(vendors)} vendors; gate vendors NAME shows one, with a block to paste"]
    return "\n".join(lines)


def one(kind: str, block: Any, fields: Sequence[Row], inner: Mapping[str, Sequence[Row]]) -> str:
    """Return what is known of a vendor: ``block`` is the settings' class of its block, ``fields``
    are the block's fields, ``inner`` those of its nested blocks."""
    profile = block.profile
    lines = [profile.title, "", *wrapped(f"page     {profile.page.title}", 0, 9)]
    lines += [f"         {profile.page.source}", f"         read {profile.page.date}"]
    kinds = {
        "query": "reads tables through Athena",
        "tables": "makes and changes tables through Athena",
        "metadata": "reads descriptions of tables only",
    }
    lines += [f"class    {profile.cls}: {kinds[profile.cls]}"]
    itself = f"it calls {', '.join(profile.itself)} itself" if profile.itself else ""
    for text in filter(None, (itself, ", ".join(profile.bundles))):
        lines += wrapped(f"         {text.replace('_', ' ')}", 0, 9)
    lines += wrapped(f"ways in  {', '.join(profile.ways)}", 0, 9)
    grants = ["least_privilege"]
    grants += ["documented"] if profile.page.access else []
    grants += ["full_access"] if profile.page.managed else []
    lines += [f"grants   {', '.join(grants)}"]
    may, known = granted(kind, block)
    for sentence in profile.todo:
        lines += wrapped(f"to do    {sentence.format_map(known)}", 0, 9)
    fields = [
        (name, default, f"One of: {', '.join(grants)}." if name == "grants" else meaning)
        for name, default, meaning in fields
    ]
    lines += ["", "fields", *_fields(fields, inner), "", "what the block below may do"]
    for sentence in may:
        lines += wrapped(f"  - {sentence}", 0, 4)
    return "\n".join([*lines, "", "a block to paste", "", example(kind, block)])


def _fields(
    fields: Sequence[Row], inner: Mapping[str, Sequence[Row]], indent: int = 2
) -> Iterator[str]:
    for name, default, meaning in fields:
        head = f"{name} ({default})" if default else name
        yield from wrapped(f"{'':{indent}}{head}: {meaning}", 0, indent + 4)
        yield from _fields(inner.get(name, ()), {}, indent + 4)
