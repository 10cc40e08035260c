"""Writing into gate.hcl what a block keeps; its comments and layout stay as they are."""

import textwrap
from collections.abc import Mapping, Sequence

from athena_gate.gate.eject.hcl import Attribute, Block
from athena_gate.gate.eject.hcl import text as written
from athena_gate.modules.tokens import COMMENT, NEWLINE, SPACE, Token, tokens
from athena_gate.stacks.configuration import ConfiguredBlock


def with_blocks(text: str, kind: str, name: str, blocks: Sequence[Block]) -> str:
    """Return ``text``, HCL without a mistake, with ``blocks`` at the end of its block
    ``kind "name"``. Raises ``LookupError`` when it has no such block."""
    start, end = _brackets_of(text, kind, name)
    head, body, rest = text[: start + 1], text[start + 1 : end], text[end:]
    if "\n" not in body:
        body = f"\n  {body.strip()}" if body.strip() else ""
    body = body.rstrip(" \t").removesuffix("\n")
    return f"{head}{body}\n{textwrap.indent(written(blocks), '  ')}{rest}"


def _brackets_of(text: str, kind: str, name: str) -> tuple[int, int]:
    """Return where the brackets of the block ``kind "name"`` stand."""
    at, depth, start = 0, 0, None
    row: list[Token] = []
    for token in tokens(text):
        if token.text == "{" and depth == 0:
            start = at if _words(row) == [kind, name] else None
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        if token.text == "}" and depth == 0:
            if start is not None:
                return start, at
            row = []
        elif depth == 0:
            row = [] if token.kind == NEWLINE else [*row, token]
        at += len(token.text)
    raise LookupError(f"{kind} {name}")


def _words(row: Sequence[Token]) -> list[str]:
    return [one.text.strip('"') for one in row if one.kind not in (SPACE, COMMENT)]


def additions(block: ConfiguredBlock, asked: Mapping[str, str]) -> list[Block]:
    """Return what is to be added to ``block`` so that it keeps the names that are ``asked`` for
    (``user``, ``role``, ``workgroup``, ``bucket``); nothing when it does already. Raises
    ``ValueError`` where that is for whoever writes gate.hcl to decide."""
    settings = block.settings
    kept = settings.adopted.model_dump() if settings.adopted else {}
    known = {what: name for what, name in kept.items() if isinstance(name, str)}
    if kept.get("bucket"):
        known["bucket"] = settings.made_buckets[0]
    if settings.adopted is not None:
        if other := sorted(set(asked.items()) - set(known.items())):
            what, name = other[0]
            raise ValueError(f'adopted is there already; write {what} into it: "{name}"')
        return []
    found = []
    bucket = asked.get("bucket")
    if bucket is not None and bucket not in settings.made_buckets:
        if "results" not in type(settings).model_fields or ("results", "") in block.lines:
            place = "results" if ("results", "") in block.lines else "the block"
            raise ValueError(f'its bucket is another; write bucket = "{bucket}" into {place}')
        found.append(Block("results", (), (Attribute("bucket", bucket),)))
    elif bucket is not None and ("results", "") not in block.lines and hasattr(settings, "results"):
        found.append(Block("results", (), (Attribute("bucket", bucket),)))
    names = {what: True if what == "bucket" else name for what, name in asked.items()}
    return [*found, Block("adopted", (), tuple(Attribute(*one) for one in names.items()))]
