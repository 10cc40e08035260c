"""HCL as values, and their text as `terraform fmt` lays it out.

python-hcl2's own writer does not serve: it knows no comments, and aligns every `=` of a body where
`terraform fmt` aligns those of neighbouring lines (measured 2026-11, python-hcl2 8.1.0, Terraform
1.11.4). It reads what is written here: see `athena_gate.gate.eject.read_back`.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Union

# What a line should not exceed where it can be broken.
WIDTH = 100

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Letters, digits, _ and - (https://developer.hashicorp.com/terraform/language/syntax/configuration,
# 2026-11). As the first key of an object, `for` would begin a for expression.
_IDENTIFIER = re.compile(r"(?!(?:for|if|in|true|false|null)$)[A-Za-z_][A-Za-z0-9_-]*")


class NotEjectable(Exception):
    """A stack cannot be written as HCL; the message says what is in the way and what to do."""


@dataclass(frozen=True, slots=True)
class Expression:
    """Something Terraform evaluates, such as ``var.name``, verbatim."""

    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions in it."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function, or a constructor of a type, with one argument: ``jsonencode(...)``."""

    name: str
    argument: "Value"


@dataclass(frozen=True, slots=True)
class Noted:
    """An element of a list with a comment above it."""

    comment: str
    value: "Value"


# A ``str`` is a text without expressions, as it is meant, unescaped.
Value = Union[  # noqa: UP007 - the forward references rule out `|`
    None,
    bool,
    int,
    float,
    str,
    Expression,
    Template,
    Call,
    Noted,
    Sequence["Value"],
    Mapping[str, "Value"],
]


@dataclass(frozen=True, slots=True)
class Attribute:
    """``name = value``."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Block:
    """``type "label" { ... }`` with a comment above it; None in the body is an empty line."""

    type: str
    labels: tuple[str, ...]
    body: tuple["Attribute | Block | None", ...]
    comment: str = ""


def template(text: str) -> tuple[str | Expression, ...]:
    """Return the parts of a string of Terraform's JSON syntax, in which ``${`` begins an
    expression and ``$${`` stands for itself.

    https://developer.hashicorp.com/terraform/language/syntax/json (2026-11). Raises
    ``NotEjectable`` for ``%{``, which nothing here writes.
    """
    parts: list[str | Expression] = []
    literal, at = "", 0
    while at < len(text):
        if text.startswith(("$${", "%%{"), at):
            literal, at = literal + text[at + 1 : at + 3], at + 3
        elif text.startswith("%{", at):
            raise NotEjectable(f"{text!r} holds a template directive, which is not known here")
        elif text.startswith("${", at):
            end = _end(text, at + 2)
            parts += [literal, Expression(text[at + 2 : end].strip())]
            literal, at = "", end + 1
        else:
            literal, at = literal + text[at], at + 1
    return tuple(part for part in (*parts, literal) if part != "")


def _end(text: str, start: int) -> int:
    """Return where the expression that begins at ``start`` is closed."""
    depth, quoted, at = 0, False, start
    while at < len(text):
        character = text[at]
        if quoted and character == "\\":
            at += 1
        elif character == '"':
            quoted = not quoted
        elif not quoted and character == "{":
            depth += 1
        elif not quoted and character == "}":
            if depth == 0:
                return at
            depth -= 1
        at += 1
    raise NotEjectable(f"{text!r}: an expression is not closed")


def document(comment: str, blocks: Sequence[Block]) -> str:
    """Return the text of a file that begins with ``comment``."""
    return "\n".join([*_comment(comment, 0), "", text(blocks)])


def text(blocks: Sequence[Block]) -> str:
    """Return ``blocks`` as lines, an empty one between two of them."""
    return "\n".join(_body(blocks, 0)) + "\n"


def _comment(text: str, indent: int) -> Iterator[str]:
    margin = " " * indent
    for line in text.splitlines():
        for part in textwrap.wrap(
            line, max(WIDTH - indent - 2, 40), break_long_words=False, break_on_hyphens=False
        ) or [""]:
            yield f"{margin}# {part}".rstrip()


def _body(items: Sequence[Attribute | Block | None], indent: int) -> list[str]:
    lines: list[str] = []
    attributes: list[tuple[str, Value]] = []
    for item in (*items, None):
        if isinstance(item, Attribute):
            attributes.append((item.name, item.value))
            continue
        if attributes:
            lines += [*_gap(lines), *_assignments(attributes, indent)]
            attributes = []
        if isinstance(item, Block):
            lines += [*_gap(lines), *_comment(item.comment, indent), *_block(item, indent)]
    return lines


def _gap(lines: list[str]) -> list[str]:
    return [""] if lines else []


def _block(block: Block, indent: int) -> list[str]:
    margin = " " * indent
    head = " ".join([block.type, *(quoted((label,)) for label in block.labels)])
    inner = _body(block.body, indent + 2)
    return [f"{margin}{head} {{", *inner, f"{margin}}}"] if inner else [f"{margin}{head} {{}}"]


def _assignments(pairs: Sequence[tuple[str, Value]], indent: int) -> list[str]:
    """Return ``name = value`` for each pair, the `=` of neighbouring lines aligned.

    As Terraform does: a value of several lines ends the alignment (`formatCells` in
    https://github.com/hashicorp/hcl/blob/main/hclwrite/format.go, 2026-11).
    """
    lines: list[str] = []
    run: list[tuple[str, str]] = []

    def close() -> None:
        width = max((len(name) for name, _ in run), default=0)
        lines.extend(f"{' ' * indent}{name.ljust(width)} = {value}" for name, value in run)
        run.clear()

    for name, value in pairs:
        first, *rest = _value(value, indent, WIDTH - indent - len(name) - 3)
        if rest:
            close()
            lines += [f"{' ' * indent}{name} = {first}", *rest]
        else:
            run.append((name, first))
    close()
    return lines


def _value(value: Value, indent: int, room: int) -> list[str]:
    """Return the lines of ``value``; all but the first are indented. A list stays on one line
    where that has no more than ``room`` characters."""
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int | float):
        return [repr(value)]
    if isinstance(value, Expression):
        return [value.text]
    if isinstance(value, str | Template):
        parts = (value,) if isinstance(value, str) else value.parts
        return _heredoc(parts, indent) or [quoted(parts)]
    if isinstance(value, Call):
        first, *rest = _value(value.argument, indent, room - len(value.name) - 2)
        lines = [f"{value.name}({first}", *rest]
        return [*lines[:-1], f"{lines[-1]})"]
    if isinstance(value, Noted):
        return _value(value.value, indent, room)
    if isinstance(value, Mapping):
        pairs = [(key(name), item) for name, item in value.items()]
        return ["{", *_assignments(pairs, indent + 2), f"{' ' * indent}}}"] if pairs else ["{}"]
    return _list(value, indent, room)


def _list(value: Sequence[Value], indent: int, room: int) -> list[str]:
    margin = " " * (indent + 2)
    items = [_value(item, indent + 2, WIDTH - indent - 3) for item in value]
    plain = not any(isinstance(item, Noted | Mapping) for item in value)
    if plain and all(len(item) == 1 for item in items):
        line = f"[{', '.join(item[0] for item in items)}]"
        if len(items) < 2 or len(line) <= room:
            return [line]
    lines = ["["]
    for item, (first, *rest) in zip(value, items, strict=True):
        lines += _comment(item.comment, indent + 2) if isinstance(item, Noted) else ()
        lines += [f"{margin}{first}", *rest]
        lines[-1] += ","
    return [*lines, f"{' ' * indent}]"]


def _heredoc(parts: Sequence[str | Expression], indent: int) -> list[str]:
    """Return a text of several lines as a heredoc; nothing where it would not keep every letter:
    one without an unindented line loses its indentation, and no escape works in it.

    https://developer.hashicorp.com/terraform/language/expressions/strings (2026-11).
    """
    lines = "".join(
        part.replace("${", "$${").replace("%{", "%%{")
        if isinstance(part, str)
        else f"${{{part.text}}}"
        for part in parts
    ).split("\n")
    literal = "".join(part for part in parts if isinstance(part, str))
    printable = all(character.isprintable() or character == "\n" for character in literal)
    if len(lines) < 2 or not printable or "EOT" in literal or not lines[-1].strip():
        return []
    if all(line.startswith(" ") for line in lines if line) or any(map(str.isspace, lines)):
        return []
    margin = " " * (indent + 2)
    inner = [f"{margin}{line}" if line else "" for line in lines]
    return ["chomp(<<-EOT", *inner, f"{' ' * indent}EOT", f"{' ' * indent})"]


def heredoc_text(text: str) -> str:
    """Return what ``_heredoc`` was given, in template syntax, of the text between its brackets."""
    return textwrap.dedent("\n".join(text.strip().split("\n")[1:-1]))


def quoted(parts: Sequence[str | Expression]) -> str:
    """Return a text in quotes, its special characters escaped."""
    return (
        '"'
        + "".join(
            _escaped(part) if isinstance(part, str) else f"${{{part.text}}}" for part in parts
        )
        + '"'
    )


def _escaped(text: str) -> str:
    escaped = "".join(
        _ESCAPES.get(c, c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in text
    )
    return escaped.replace("${", "$${").replace("%{", "%%{")


def key(name: str) -> str:
    """Return the key of an object, in quotes where it needs them."""
    return name if _IDENTIFIER.fullmatch(name) else quoted((name,))
