"""gate.hcl as plain values, each with the line it stands on.

python-hcl2 parses the text; this module walks its syntax tree instead of taking the dictionary it
can make, because that has no lines for values, merges duplicates, and would accept expressions.
"""

import math
import re
from dataclasses import dataclass, field, replace
from typing import Any

import hcl2
from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from athena_gate.modules.fields import has_template
from athena_gate.modules.files import NUMBER_LIMIT, visible

# A hundred Dot blocks have 50 KB, and 10,000 tokens, of which the parser takes 30,000 a second at
# the worst (measured 2026-11, python-hcl2 8.1).
SIZE_LIMIT = 256 * 1024
_TOKEN_LIMIT = 60_000
# Blocks, lists and maps in each other; gate.hcl has 4 at most.
NESTING_LIMIT = 30

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
Path = tuple[str | int, ...]


class Line(int):
    """The number of a line, and the file it stands in, where that is not the file one has asked
    for: a part of the configuration, or an environment."""

    file: str

    def __new__(cls, number: int, file: str) -> "Line":
        made = super().__new__(cls, number)
        made.file = file
        return made


def file_of(line: int) -> str:
    """Return the file that ``line`` stands in, empty where it is the one that was asked for."""
    return line.file if isinstance(line, Line) else ""


def where(line: int) -> str:
    """Return ``line 3``, or ``line 3 of gate.d/vendors.hcl``."""
    file = file_of(line)
    return f"line {line}{f' of {visible(file)}' if file else ''}"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Something wrong in the configuration: ``subject`` is the block, ``field`` a dotted path
    within it (both may be empty), ``problem`` says what is wrong and what is allowed. What they
    quote of the file is ``visible``."""

    line: int
    subject: str
    field: str
    problem: str

    def __post_init__(self) -> None:
        for name in ("subject", "field", "problem"):
            object.__setattr__(self, name, visible(getattr(self, name), _LONGEST_MISTAKE))

    @property
    def file(self) -> str:
        """Return the file it stands in, empty where it is the one that was asked for."""
        return file_of(self.line)

    def text(self, file: str) -> str:
        """Return the mistake on one line, as ``file:line: block: field: problem``; ``file`` is the
        one that was asked for."""
        place = f"{visible(self.file or file)}:{self.line}"
        return ": ".join(part for part in (place, self.subject, self.field, self.problem) if part)


_LONGEST_MISTAKE = 500


@dataclass(slots=True)
class Attribute:
    """``name = value``; ``lines`` has the line of each item within the value by its path, and
    ``broken`` the paths of those that could not be read, for which a mistake was noted."""

    name: str
    line: int
    value: Value
    lines: dict[Path, int]
    broken: set[Path]


@dataclass(slots=True)
class Block:
    """``type "label" { ... }``."""

    type: str
    labels: tuple[str, ...]
    line: int
    attributes: list[Attribute] = field(default_factory=list)
    blocks: list["Block"] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Return the block as errors name it: ``dot "reporting"``."""
        return " ".join([self.type, *(f'"{label}"' for label in self.labels)])


def parse(text: str) -> tuple[Block, list[Mistake]]:
    """Return the file's body as a block without type, and the mistakes found on the way.

    A text that is not HCL gives an empty body and a single mistake. What comes from a file has
    ``SIZE_LIMIT`` characters at most.
    """
    if too_much := _too_much(text):
        return Block("", (), 1), [too_much]
    try:
        tree = hcl2.parses_to_tree(text)
    except UnexpectedInput as error:
        return Block("", (), 1), [_syntax(error, text)]
    reader = _Reader(text)
    body = Block("", (), 1)
    reader.read_body(tree.children[0], body, "")
    return body, reader.mistakes


def located(body: Block, mistakes: list[Mistake], file: str) -> tuple[Block, list[Mistake]]:
    """Return what ``parse`` found, with ``file`` as the file of every line."""
    for block in body.blocks:
        located(block, [], file)
    for attribute in body.attributes:
        attribute.line = Line(attribute.line, file)
        attribute.lines = {path: Line(line, file) for path, line in attribute.lines.items()}
    body.line = Line(body.line, file)
    return body, [replace(one, line=Line(one.line, file)) for one in mistakes]


_PLAIN_STRING = re.compile(r'"[^"\n$%]*"')
_TOKEN = re.compile(r"[\w-]+|[^\w\s]")
_BLANK = re.compile(r"\s{200}")


def _too_much(text: str) -> Mistake | None:
    """Return the mistake of a text that the parser would take long for."""
    if len(text) > _TOKEN_LIMIT:
        tokens = len(_TOKEN.findall(_PLAIN_STRING.sub('""', text)))
        if tokens > _TOKEN_LIMIT:
            allowed = f"allowed: {_TOKEN_LIMIT:,} at most; divide the file"
            return Mistake(1, "", "", f"has {tokens:,} words and signs; {allowed}")
    # The parser's expression for heredocs is quadratic in these.
    if "<<" in text and (blank := _BLANK.search(text)):
        line = text.count("\n", 0, blank.start()) + 1
        problem = "a heredoc and 200 blank characters in one file; allowed: strings in quotes"
        return Mistake(line, "", "", problem)
    return None


def _syntax(error: UnexpectedInput, text: str) -> Mistake:
    # As the parser counts them; splitlines() has other ends of lines too.
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        comment = line.lstrip().startswith(("#", "//"))
        if not comment and line.replace('\\"', "").count('"') % 2:
            return Mistake(number, "", "", f"a string is not closed: {line.strip()}")
    if not 0 < error.line <= len(lines):
        problem = "the file ends within a block, list or string; close it"
        return Mistake(len(lines), "", "", problem)
    column = min(max(error.column, 1), len(lines[error.line - 1]))
    line = lines[error.line - 1].strip()
    return Mistake(error.line, "", "", f"not HCL at column {column}: {line}")


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
# https://developer.hashicorp.com/terraform/language/expressions/strings (2026-11)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.mistakes: list[Mistake] = []
        self._subject = ""
        self._field = ""
        self._broken: set[Path] = set()

    def _mistake(self, problem: str, line: int, path: Path = ()) -> None:
        self._broken.add(path)
        self.mistakes.append(Mistake(line, self._subject, self._field, problem))

    def read_body(self, body: Tree[Token], into: Block, subject: str, depth: int = 0) -> None:
        names: set[str] = set()
        for child in body.children:
            if not isinstance(child, Tree):
                continue
            if child.data == "attribute":
                self._attribute(child, into, subject, names)
            elif child.data == "block":
                block = self._block(child, subject, depth)
                into.blocks.append(block)

    def _attribute(self, tree: Tree[Token], into: Block, subject: str, names: set[str]) -> None:
        self._subject, self._field = subject, _text(tree.children[0])
        line = tree.meta.line
        if self._field in names:
            self._mistake("is set twice; keep one", line)
            return
        names.add(self._field)
        self._broken = set()
        lines: dict[Path, int] = {}
        value = self._value(tree.children[-1], (), lines)
        into.attributes.append(Attribute(self._field, line, value, lines, self._broken))

    def _block(self, tree: Tree[Token], subject: str, depth: int) -> Block:
        *head, _brace, body, _end = [c for c in tree.children if not _is_space(c)]
        type_ = _text(head[0])
        self._subject, self._field = subject or type_, "name"
        labels = [
            self._string(label)
            if isinstance(label, Tree) and label.data == "string"
            else _text(label)
            for label in head[1:]
        ]
        block = Block(type_, tuple(labels), tree.meta.line)
        assert isinstance(body, Tree)
        if depth == NESTING_LIMIT:
            self._mistake(_TOO_DEEP, tree.meta.line)
            return block
        inside = f"{subject}: {block.title}" if subject else block.title
        self.read_body(body, block, inside, depth + 1)
        return block

    def _value(self, node: Any, path: Path, lines: dict[Path, int]) -> Value:
        lines[path] = line = node.meta.line
        if len(path) > NESTING_LIMIT:
            self._mistake(_TOO_DEEP, line, path)
            return None
        if node.data == "expr_term":
            inner = [child for child in node.children if not _is_space(child)]
            if len(inner) != 1:
                self._mistake(_PLAIN, line, path)
                return None
            return self._value(inner[0], path, lines)
        if node.data == "string":
            return self._string(node, path)
        if node.data == "int_lit":
            return self._number(int, _text(node), line, path)
        if node.data == "float_lit":
            return self._number(float, _text(node), line, path)
        if node.data == "literal_value":
            return {"true": True, "false": False, "null": None}[_text(node)]
        if node.data == "unary_op" and _text(node.children[0]) == "-":
            number = self._value(node.children[1], path, lines)
            if isinstance(number, int | float) and not isinstance(number, bool):
                return -number
        if node.data == "tuple":
            items = [c for c in node.children if isinstance(c, Tree) and not _is_space(c)]
            return [self._value(item, (*path, i), lines) for i, item in enumerate(items)]
        if node.data == "object":
            return self._object(node, path, lines)
        if node.data in ("heredoc_template", "heredoc_template_trim"):
            self._mistake("is a heredoc; allowed: a string in quotes", line, path)
        else:
            self._mistake(_PLAIN, line, path)
        return None

    def _number(
        self, kind: type[int] | type[float], digits: str, line: int, path: Path
    ) -> int | float | None:
        # An int of many digits takes long, and of more than 4,300 is none to Python.
        if len(digits) > NUMBER_LIMIT or not math.isfinite(float(digits)):
            allowed = f"allowed: {NUMBER_LIMIT} digits, up to 1e308"
            self._mistake(f"{visible(digits, 40)} is too large a number; {allowed}", line, path)
            return None
        return kind(digits)

    def _object(self, node: Tree[Token], path: Path, lines: dict[Path, int]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for element in node.children:
            if not isinstance(element, Tree) or element.data != "object_elem":
                continue
            key = self._key(element.children[0])
            if key in found:
                self._mistake(f"{key!r} is set twice; keep one", element.meta.line)
            found[key] = self._value(element.children[-1], (*path, key), lines)
        return found

    def _key(self, node: Any) -> str:
        while isinstance(node, Tree) and node.data in ("object_elem_key", "expr_term"):
            if len(node.children) != 1:
                break
            node = node.children[0]
        if isinstance(node, Tree) and node.data == "string":
            return self._string(node)
        if isinstance(node, Tree) and node.data in ("identifier", "keyword", "literal_value"):
            return _text(node)
        self._mistake("has a key that is an expression; allowed: a plain key", node.meta.line)
        return ""

    def _string(self, node: Tree[Token], path: Path = ()) -> str:
        line = node.meta.line
        # From the source: the tokens of a template have lost the space between them.
        raw = self._text[node.meta.start_pos + 1 : node.meta.end_pos - 1]
        if "\n" in raw:
            self._mistake("a string is not closed on this line", line, path)
            return ""

        def unescape(match: re.Match[str]) -> str:
            code = match[1]
            if len(code) > 1:
                number = int(code[1:], 16)
                if not 0 < number <= 0x10FFFF or 0xD800 <= number <= 0xDFFF:
                    problem = f"has the escape \\{code}, which is no character"
                    self._mistake(f"{problem}; allowed: \\u0001 to \\U0010ffff", line, path)
                    return ""
                return chr(number)
            if code not in _ESCAPES:
                self._mistake(
                    f'has an unknown escape \\{code}; allowed: \\n \\r \\t \\" \\\\',
                    line,
                    path,
                )
            return _ESCAPES.get(code, "")

        # Before the escapes, for what is written as a template, and after them, for what becomes
        # one: "\u0024{".
        text = raw if has_template(raw) else _ESCAPE.sub(unescape, raw)
        if has_template(text):
            self._mistake(
                f"{_shorten(text)} holds a template; values are plain data, and "
                '"${" and "%{" are not allowed in them',
                line,
                path,
            )
            return ""
        return text


_TOO_DEEP = f"is nested too deeply; allowed: {NESTING_LIMIT} levels"
_PLAIN = (
    "is an expression; allowed: a plain string in quotes, a number, true, false, or a list or "
    "map of these"
)


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _text(node: Any) -> str:
    if isinstance(node, Tree):
        return "".join(_text(child) for child in node.children)
    return str(node)


def _is_space(node: Any) -> bool:
    return (isinstance(node, Tree) and node.data == "new_line_or_comment") or (
        isinstance(node, Token) and node.type == "NL_OR_COMMENT"
    )
