"""`gate fmt`: gate.hcl as `terraform fmt` would write it.

The rules are those of hclwrite, which Terraform formats with, so that either gives the same:
https://github.com/hashicorp/hcl/blob/main/hclwrite/format.go (2026-11).
"""

import unicodedata
from dataclasses import dataclass, field

from athena_gate.modules.tokens import COMMENT, END, NAME, NEWLINE, NUMBER, SIGN, SPACE, STRING
from athena_gate.modules.tokens import Token as Read
from athena_gate.modules.tokens import tokens as read


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    before: int = 0

    @property
    def brackets(self) -> int:
        """Return 1 for a bracket that opens, -1 for one that closes."""
        if self.kind != SIGN:
            return 0
        return 1 if self.text in "{[(" else -1 if self.text in "}])" else 0

    @property
    def columns(self) -> int:
        """Return how wide it is, with the spaces before it."""
        return self.before + sum(not unicodedata.combining(c) for c in self.text)


@dataclass(slots=True)
class _Line:
    """A line in three cells: up to a =, from it on, and the comment at its end."""

    lead: list[_Token]
    assign: list[_Token] = field(default_factory=list)
    comment: list[_Token] = field(default_factory=list)

    @property
    def tokens(self) -> list[_Token]:
        return self.lead + self.assign + self.comment


def formatted(text: str) -> str:
    """Return ``text``, which is HCL without a mistake, as `terraform fmt` writes it, its last line
    ended."""
    lines = _lines([one for one in read(text) if one.kind not in (SPACE, END)])
    _indent(lines)
    for line in lines:
        _space(line.lead)
        if line.assign:
            line.assign[0].before = 1
            _space(line.assign)
    _align(lines)
    return "".join(
        "".join(" " * one.before + one.text for one in line.tokens) + "\n" for line in lines
    )


def _lines(found: list[Read]) -> list[_Line]:
    rows: list[list[_Token]] = [[]]
    for token in found:
        if token.kind == NEWLINE:
            rows.append([])
        else:
            rows[-1].append(_Token(token.kind, token.text))
    if not rows[-1]:
        rows.pop()
    lines = []
    for row in rows:
        _quote_labels(row)
        line = _Line(row)
        if len(row) > 1 and row[-1].kind == COMMENT and not row[-1].text.startswith("/*"):
            line.lead, line.comment = row[:-1], row[-1:]
        equals = next((at for at, one in enumerate(line.lead) if at and one.text == "="), None)
        # Not when a value goes on in other lines.
        if equals is not None and not sum(one.brackets for one in line.lead[equals:]):
            line.lead, line.assign = line.lead[:equals], line.lead[equals:]
        lines.append(line)
    return lines


def _quote_labels(row: list[_Token]) -> None:
    """Put the labels of a block into quotes: ``dot reporting {``."""
    words = [one.kind in (NAME, STRING) for one in row]
    count = words.index(False) if False in words else len(row)
    if 1 < count < len(row) and row[count].text == "{" and row[0].kind == NAME:
        for one in row[1:count]:
            if one.kind == NAME:
                one.kind, one.text = STRING, f'"{one.text}"'


def _indent(lines: list[_Line]) -> None:
    # How many brackets each line that opens some has left open.
    opened: list[int] = []
    for line in lines:
        if not line.lead:
            continue
        net = sum(one.brackets for one in line.tokens)
        left = -net
        while left > 0 and opened:
            if left >= opened[-1]:
                left -= opened.pop()
            else:
                opened[-1] -= left
                left = 0
        line.lead[0].before = 2 * len(opened)
        if net > 0:
            opened.append(net)


def _space(cell: list[_Token]) -> None:
    nothing = _Token(NEWLINE, "")
    for at, after in enumerate(cell[1:], 1):
        before = cell[at - 2] if at > 1 else nothing
        after.before = int(_apart(before, cell[at - 1], after))


def _apart(before: _Token, one: _Token, after: _Token) -> bool:
    """Return whether a space stands between ``one`` and ``after``."""
    if after.text == ",":
        return False
    if one.text == ",":
        return True
    if after.text == "[" and (one.kind in (NAME, NUMBER) or one.brackets < 0):
        return False
    if one.text == "-" and one.kind == SIGN:
        return before.kind in (NAME, NUMBER, STRING) or before.brackets < 0
    if one.text == "{" or after.text == "}":
        return (one.text, after.text) != ("{", "}")
    return one.brackets <= 0 and after.brackets >= 0


def _align(lines: list[_Line]) -> None:
    """Align the = of neighbouring lines, then their comments."""
    for chain in _chains(lines, [bool(line.assign) for line in lines]):
        widths = [sum(one.columns for one in line.lead) for line in chain]
        for line, width in zip(chain, widths, strict=True):
            line.assign[0].before = max(widths) - width + 1
    for chain in _chains(lines, [bool(line.comment) for line in lines]):
        widths = [sum(one.columns for one in line.lead + line.assign) for line in chain]
        for line, width in zip(chain, widths, strict=True):
            line.comment[0].before = max(widths) - width + 1


def _chains(lines: list[_Line], belongs: list[bool]) -> list[list[_Line]]:
    """Return the runs of lines that belong, each with one at least."""
    found: list[list[_Line]] = [[]]
    for line, one in zip(lines, belongs, strict=True):
        if one:
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [chain for chain in found if chain]
