"""gate.hcl as plain values, each with the line it stands on.

A parser of its own rather than python-hcl2's: values are plain data and no expressions, every line
is known, a mistake of syntax is explained, and what follows it is read all the same. What it takes
python-hcl2 takes too, with the same values (compared by a test).
"""

import math
import re
from bisect import bisect_left, insort
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile

from athena_gate.modules.fields import has_template
from athena_gate.modules.files import NUMBER_LIMIT, visible
from athena_gate.modules.findings import Line, Mistake
from athena_gate.modules.tokens import (
    BAD,
    COMMENT,
    END,
    HEREDOC,
    NAME,
    NEWLINE,
    NUMBER,
    SIGN,
    SPACE,
    STRING,
    Token,
    tokens,
)

# A hundred Dot blocks have 50 KB, and 10,000 tokens.
SIZE_LIMIT = 256 * 1024
# What is wrong is compared with what is known, one by one.
_TOKEN_LIMIT = 60_000
# Blocks, lists and maps in each other; gate.hcl has 4 at most.
NESTING_LIMIT = 30

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
Path = tuple[str | int, ...]


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
    # Something in it was no HCL, and is a mistake: what seems to be missing may be just that.
    incomplete: bool = field(default=False, compare=False)

    @property
    def title(self) -> str:
        """Return the block as errors name it: ``dot "reporting"``."""
        return " ".join([self.type, *(f'"{label}"' for label in self.labels)])


def parse(text: str) -> tuple[Block, list[Mistake]]:
    """Return the file's body as a block without type, and the mistakes found on the way.

    Around what is not HCL the rest is read. What comes from a file has ``SIZE_LIMIT`` characters at
    most.
    """
    if mistake := _another_language(text) or _too_much(text):
        return Block("", (), 1), [mistake]
    whole, conflicts = _without_conflicts(text)
    found = list(tokens(whole))
    reader = _Reader(found, whole.split("\n"), by_indentation=False)
    body = reader.read_file()
    if reader.unbalanced:
        # Where a bracket is missing or one too many, the indentation says which.
        other = _Reader(found, whole.split("\n"), by_indentation=True)
        indented = other.read_file()
        if len(other.mistakes) <= len(reader.mistakes):
            reader, body = other, indented
    return body, conflicts + reader.mistakes


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


def _too_much(text: str) -> Mistake | None:
    """Return the mistake of a text that would take long to check."""
    if len(text) > _TOKEN_LIMIT:
        count = len(_TOKEN.findall(_PLAIN_STRING.sub('""', text)))
        if count > _TOKEN_LIMIT:
            allowed = f"allowed: {_TOKEN_LIMIT:,} at most; divide the file"
            return Mistake(1, "", "", f"has {count:,} words and signs; {allowed}", "GATE018")
    return None


_YAML = re.compile(r"---|[\w-]+:(?: |$)|- ")


def _another_language(text: str) -> Mistake | None:
    """Return the mistake of a text that is JSON or YAML from its first line on."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith(("#", "//")):
            continue
        if line.lstrip().startswith("{") and re.match(r'\{\s*("|\})', text[text.index("{") :]):
            problem = 'is JSON; write HCL, as in account "analytics" { ... }'
        elif _YAML.match(line) and "{" not in line:
            problem = 'is YAML; write HCL, as in account "analytics" { ... }'
        else:
            return None
        column = len(line) - len(line.lstrip()) + 1
        return Mistake(number, "", "", problem, "GATE019", column, line)
    return None


_CONFLICT = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?: .*)?")


def _without_conflicts(text: str) -> tuple[str, list[Mistake]]:
    """Return ``text`` with the first side of each conflict that a merge left, and a mistake for
    each: https://git-scm.com/docs/git-merge#_how_conflicts_are_presented (2026-11)."""
    lines = text.split("\n")
    marked = [(n, found[1]) for n, line in enumerate(lines) if (found := _CONFLICT.fullmatch(line))]
    mistakes = []
    for at, (number, sign) in enumerate(marked):
        if sign != "<" * 7:
            continue
        others = []
        for line, other in marked[at + 1 :]:
            if other == "<" * 7:
                break
            others.append(line)
            if other == ">" * 7:
                break
        last = others[-1] if others else number
        until = f", up to line {last + 1}" if others else ""
        problem = f"a conflict of a merge{until}; keep one side and delete the lines of signs"
        mistakes.append(Mistake(number + 1, "", "", problem, "GATE003", 1, lines[number]))
        for line in [number, *range(others[0] if others else number, last + 1)]:
            lines[line] = ""
    for number, _ in marked:
        if lines[number]:
            problem = "a sign that a merge left; delete the line"
            mistakes.append(Mistake(number + 1, "", "", problem, "GATE003", 1, lines[number]))
            lines[number] = ""
    return "\n".join(lines), mistakes


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
# https://developer.hashicorp.com/terraform/language/expressions/strings (2026-11)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
# Written by a word processor or a chat instead of '"'.
_CURLY = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"
_QUOTES = {"'": "single", "`": "backward"} | dict.fromkeys(_CURLY, "curly")
_UNSEEN = {
    "\u00a0": "a no-break space",
    "\u200b": "a zero-width space",
    "\u200c": "a zero-width character",
    "\u200d": "a zero-width character",
    "\u2060": "a zero-width character",
    "\ufeff": "a byte order mark",
}
_WORDS = {
    **dict.fromkeys(("True", "TRUE", "yes", "Yes", "on"), "true"),
    **dict.fromkeys(("False", "FALSE", "no", "No", "off"), "false"),
    **dict.fromkeys(("None", "nil", "Null", "NULL"), "null"),
}
_CLOSING = {"{": "}", "[": "]", "(": ")"}


@dataclass(slots=True)
class _Opened:
    """A bracket that is open: what it belongs to, where, and how far its line is indented."""

    what: str
    token: Token
    indent: int


class _Reader:
    """Reads tokens by recursive descent. ``by_indentation`` takes a block for never closed where a
    line is indented less than it would be within; only for a file whose brackets do not match."""

    def __init__(self, found: list[Token], lines: list[str], *, by_indentation: bool) -> None:
        self._lines = lines
        self._by_indentation = by_indentation
        self.mistakes: list[Mistake] = []
        self.unbalanced = False
        self._cut_off = False
        self._tokens: list[Token] = []
        self._subject = ""
        self._field = ""
        self._broken: set[Path] = set()
        self._opened: list[_Opened] = []
        self._at = 0
        # The lines that are no HCL, by the first code, and in order.
        self._told: dict[int, str] = {}
        self._told_lines: list[int] = []
        self._take_in(found)

    # What is read

    def _take_in(self, found: list[Token]) -> None:
        """Keep the tokens that mean something; note the characters that no HCL has."""
        at = 0
        while at < len(found):
            token = found[at]
            if token.kind == COMMENT and token.open:
                self._cut_off = True
                self._syntax("GATE017", token, "a comment is never closed; end it with */")
            elif token.kind == BAD and token.text in _UNSEEN:
                self._syntax(
                    "GATE004",
                    token,
                    f"{_UNSEEN[token.text]} at column {token.column}; write a plain space",
                )
            elif token.kind == BAD and token.text in _QUOTES:
                at = self._other_quotes(found, at)
                continue
            elif token.kind == STRING and token.open:
                self._open_string(token)
            elif token.kind not in (COMMENT, SPACE):
                self._tokens.append(token)
            at += 1

    def _other_quotes(self, found: list[Token], at: int) -> int:
        """Take what stands in quotes of another kind as a string, and return where it ends."""
        token = found[at]
        kind = _QUOTES[token.text]
        end = at + 1
        inner = ""
        while found[end].kind not in (NEWLINE, END) and not (
            found[end].kind == BAD and _QUOTES.get(found[end].text) == kind
        ):
            inner += found[end].text
            end += 1
        closed = found[end].kind == BAD
        if not closed and (stop := inner.find('"')) >= 0:
            # One curly quote, and a straight one at the other end.
            inner = inner[:stop]
        problem = f'{kind} quotes around {inner}; write "{inner}"'
        self._syntax("GATE005", token, problem)
        self._tokens.append(Token(STRING, f'"{inner}"', token.line, token.column, token.first))
        return end + 1 if closed else end

    def _open_string(self, token: Token) -> None:
        """Take what ends a line with a quote too few as the signs they would be, and say where the
        quote may be missing."""
        # A string that is followed by a word ends too early: ["sales, "hr"].
        before = [*takewhile(lambda one: one.line == token.line, reversed(self._tokens))][::-1]
        wrong = next(
            (
                one
                for one, then in pairwise([*before, token])
                if one.kind == STRING
                and then.kind in (NAME, NUMBER, STRING)
                and then.column == one.column + len(one.text)
            ),
            token,
        )
        text = self._lines[token.line - 1].strip()
        self._syntax("GATE006", wrong, f'a quote is missing: {text}; put " around each text')
        signs = re.search(r"[\s,\]\[{})]*$", token.text)
        assert signs is not None
        kept = token.text[: signs.start()]
        self._tokens.append(Token(STRING, kept, token.line, token.column, token.first, open=True))
        for offset, sign in enumerate(signs[0]):
            if not sign.isspace():
                column = token.column + len(kept) + offset
                self._tokens.append(Token(SIGN, sign, token.line, column, False))

    def read_file(self) -> Block:
        body = Block("", (), 1)
        self._body(body, "", 0)
        self.mistakes.sort(key=lambda one: one.line)
        return body

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != END:
            self._at += 1
        return token

    def _after(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def _is(self, *signs: str) -> bool:
        return self._next.kind == SIGN and self._next.text in signs

    def _skip_newlines(self) -> None:
        while self._next.kind == NEWLINE:
            self._at += 1

    def _skip_line(self) -> None:
        """Leave out what is left of a line, and what lies in brackets that open in it."""
        depth = 0
        while self._next.kind != END:
            if self._next.kind == NEWLINE and depth == 0:
                return
            if self._is("{", "[", "("):
                depth += 1
            elif self._is("}", "]", ")"):
                if depth == 0:
                    return
                depth -= 1
            elif depth and self._ends_here():
                return
            self._at += 1

    # Mistakes

    def _note(self, code: str, line: int, problem: str, path: Path = ()) -> None:
        """Note what is wrong with a value, unless its line is no HCL."""
        self._broken.add(path)
        if line in self._told:
            return
        self.mistakes.append(Mistake(line, self._subject, self._field, problem, code))

    def _syntax(self, code: str, token: Token, problem: str) -> None:
        """Note what is no HCL at ``token``; of several on a line the first explains most."""
        if token.line in self._told and code != "GATE007":
            return
        if token.line not in self._told:
            self._told[token.line] = code
            insort(self._told_lines, token.line)
        line = self._lines[token.line - 1] if token.line <= len(self._lines) else ""
        self.mistakes.append(
            Mistake(token.line, self._subject, "", problem, code, token.column, line)
        )

    def _not_closed(self, opened: _Opened) -> None:
        self.unbalanced = True
        token = opened.token
        if self._cut_off:
            return
        closing = _CLOSING.get(token.text, "}")
        self._syntax(
            "GATE007", token, f"{opened.what} opens here and is never closed; add {closing}"
        )

    @contextmanager
    def _inside(self, what: str, token: Token) -> Iterator[None]:
        line = self._lines[token.line - 1]
        self._opened.append(_Opened(what, token, len(line) - len(line.lstrip())))
        yield
        self._opened.pop()

    def _ends_here(self) -> bool:
        """Return whether the innermost bracket was not closed before the next token: by the
        indentation, which is only asked where a bracket is missing."""
        token = self._next
        if token.kind == END:
            return True
        if not self._by_indentation or not token.first or not self._opened:
            return False
        innermost = self._opened[-1]
        indent = token.column - 1
        if token.kind == SIGN and token.text in ("}", "]", ")"):
            return indent < innermost.indent
        # A block or field as far to the left as what it would lie in.
        return (
            token.kind == NAME
            and token.line > innermost.token.line
            and indent <= innermost.indent
            and self._after().kind in (NAME, STRING, SIGN)
        )

    # Bodies

    def _body(self, into: Block, subject: str, depth: int) -> None:
        """Read fields and blocks up to the bracket that closes the body, which is left."""
        names: set[str] = set()
        while True:
            self._skip_newlines()
            token = self._next
            self._subject, self._field = subject, ""
            if token.kind == END or (depth and self._ends_here()):
                return
            if self._is("}"):
                if depth and not (self._by_indentation and self._too_far_in(token)):
                    return
                self.unbalanced = True
                self._syntax("GATE008", token, "a } that closes nothing; delete it")
                self._take()
            elif token.kind == NAME:
                self._item(into, subject, names, depth)
            else:
                self._no_item(token, into, subject, names)

    def _too_far_in(self, token: Token) -> bool:
        """Return whether a bracket of a line of its own is indented more than what it closes."""
        innermost = self._opened[-1]
        return (
            token.first
            and token.line > innermost.token.line
            and token.column - 1 > innermost.indent
        )

    def _no_item(self, token: Token, into: Block, subject: str, names: set[str]) -> None:
        """Explain what is neither a field nor a block."""
        if token.kind == STRING and self._after().text in ("=", ":"):
            name = token.text[1:-1]
            self._syntax("GATE005", token, f"quotes around a name; write {name} = ...")
            self._take()
            self._shownand_value(name, token, into, subject, names)
        elif self._is("]", ")"):
            self._syntax("GATE008", token, f"a {token.text} that closes nothing; delete it")
            self._take()
        elif self._is(","):
            self._syntax("GATE010", token, "a comma between fields; end each with its line")
            self._take()
        elif token.text == ";":
            self._syntax("GATE010", token, "a semicolon; end each field with its line")
            self._take()
        elif self._is("{", "["):
            what = "block" if token.text == "{" else "list"
            self._syntax("GATE011", token, f"a {what} without a name; write NAME before it")
            self._take()
            self._skip_closed()
        else:
            self._syntax(
                "GATE012", token, f"not HCL at column {token.column}; write NAME = VALUE here"
            )
            self._take()
            self._skip_line()

    def _skip_closed(self) -> None:
        """Leave out what lies in a bracket that was opened, and its end."""
        depth = 1
        while depth and self._next.kind != END:
            if self._is("{", "[", "("):
                depth += 1
            elif self._is("}", "]", ")"):
                depth -= 1
            self._at += 1

    def _item(self, into: Block, subject: str, names: set[str], depth: int) -> None:
        name = self._take()
        following = self._next
        if following.kind == SIGN and following.text in ("=", ":", "==", "=>"):
            self._shownand_value(name.text, name, into, subject, names)
            return
        labels: list[Token] = []
        while self._next.kind in (NAME, STRING):
            labels.append(self._take())
        if self._is("{"):
            into.blocks.append(self._block(name, labels, subject, depth))
            self._end_of_item(f"block {name.text}")
            return
        self._no_block(name, labels, into, subject, names, depth)

    def _no_block(
        self,
        name: Token,
        labels: list[Token],
        into: Block,
        subject: str,
        names: set[str],
        depth: int,
    ) -> None:
        """Explain a name that is followed by neither = nor {."""
        token = self._next
        if self._is("="):
            # dot "reporting" = {
            shown = " ".join([name.text, *(label.text for label in labels)])
            if self._after().text == "{":
                self._syntax("GATE011", token, f"a = before a block; write {shown} {{")
                self._take()
                into.blocks.append(self._block(name, labels, subject, depth))
                self._end_of_item(f"block {name.text}")
            else:
                self._syntax("GATE012", token, f"{shown} is no name of a field; write one word")
                self._skip_line()
        elif token.kind == NEWLINE and self._block_below():
            self._syntax(
                "GATE011", self._next, "a { on a line of its own; write it after the block's name"
            )
            into.blocks.append(self._block(name, labels, subject, depth))
            self._end_of_item(f"block {name.text}")
        elif token.kind == NEWLINE and self._indented_below(name):
            shown = " ".join([name.text, *(label.text for label in labels)])
            self._syntax("GATE007", name, f"no {{ after {shown}; write it on this line")
            into.blocks.append(self._block(name, labels, subject, depth, opening=name))
            self._end_of_item(f"block {name.text}")
        elif labels and token.kind in (NEWLINE, END) and len(labels) == 1:
            self._syntax(
                "GATE009",
                labels[0],
                f"no = after {name.text}; write {name.text} = {labels[0].text}"
                if depth
                else f"no {{ after {name.text} {labels[0].text}; write it on this line",
            )
        elif (not labels and self._is("[", "-")) or token.kind in (NUMBER, HEREDOC):
            self._syntax("GATE009", token, f"no = after {name.text}; write {name.text} = ...")
            self._shownand_value(name.text, name, into, subject, names, sign=False)
        elif token.kind == BAD and token.text == ";":
            self._syntax("GATE010", token, "a semicolon; end each field with its line")
            self._skip_line()
        else:
            form = f"{name.text} = VALUE or {name.text} {{ ... }}"
            self._syntax("GATE012", name, f"{name.text} alone is no HCL; write {form}")
            self._skip_line()

    def _block_below(self) -> bool:
        """Return whether the next line is a {, and go there."""
        before = self._at
        self._skip_newlines()
        if self._is("{"):
            return True
        self._at = before
        return False

    def _indented_below(self, name: Token) -> bool:
        """Return whether the next line is indented more than that of ``name``."""
        at = self._at
        while self._tokens[at].kind == NEWLINE:
            at += 1
        return self._tokens[at].first and self._tokens[at].column > name.column

    def _end_of_item(self, what: str) -> None:
        """Read the end of a line, or explain what stands before it."""
        token = self._next
        if token.kind in (NEWLINE, END) or token.first or self._is("}"):
            return
        if self._is(","):
            self._syntax("GATE010", token, f"a comma after the {what}; delete it")
            self._take()
            if self._next.kind == NAME:
                return
        elif token.text == ";":
            self._syntax("GATE010", token, f"a semicolon after the {what}; delete it")
            self._take()
        elif token.kind == NAME and self._starts_item():
            self._syntax("GATE011", token, "a second field or block on a line; begin a new line")
            return
        elif self._is("]", ")"):
            self._syntax("GATE008", token, f"a {token.text} that closes nothing; delete it")
            self._take()
        else:
            self._syntax(
                "GATE012", token, f"{visible(token.text, 20)} after the {what}; begin a new line"
            )
        self._skip_line()

    def _starts_item(self) -> bool:
        after = self._after()
        return (after.kind == SIGN and after.text in ("=", ":", "{")) or after.kind == STRING

    def _block(
        self,
        name: Token,
        labels: list[Token],
        subject: str,
        depth: int,
        *,
        opening: Token | None = None,
    ) -> Block:
        """Read a block from its bracket on; without one from what ``opening`` is instead."""
        self._subject, self._field = subject or name.text, "name"
        texts = [self._string(one) if one.kind == STRING else one.text for one in labels]
        block = Block(name.text, tuple(texts), name.line)
        opening = opening or self._take()
        if depth == NESTING_LIMIT:
            self._note("GATE018", name.line, _TOO_DEEP)
            self._skip_closed()
            return block
        inside = f"{subject}: {block.title}" if subject else block.title
        with self._inside("the block", opening):
            self._body(block, inside, depth + 1)
            self._subject, self._field = inside, ""
            self._close(opening, "the block", block)
        return block

    def _close(self, opening: Token, what: str, block: Block) -> None:
        block.incomplete = self._wrong_between(opening.line, self._next.line)
        if not self._is("}"):
            block.incomplete = True
            self._not_closed(self._opened[-1])
            return
        closing = self._take()
        inner = len(block.attributes) + len(block.blocks)
        if closing.line == opening.line and (inner > 1 or block.blocks):
            # https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#structural-elements
            # (2026-11): a block of one line has one field at most.
            self._syntax(
                "GATE011",
                opening,
                f"{what} has more than a field on one line; give each a line of its own",
            )

    def _shownand_value(
        self,
        name: str,
        token: Token,
        into: Block,
        subject: str,
        names: set[str],
        *,
        sign: bool = True,
    ) -> None:
        self._subject, self._field = subject, name
        if sign:
            written = self._take()
            if written.text == ":" and self._is("="):
                self._take()
                self._syntax("GATE009", written, f":= after {name}; write {name} = ...")
            elif written.text != "=":
                shown = "a colon" if written.text == ":" else written.text
                self._syntax("GATE009", written, f"{shown} after {name}; write {name} = ...")
        twice = name in names
        if twice:
            self._note("GATE104", token.line, "is set twice; keep one")
        names.add(name)
        self._broken = set()
        lines: dict[Path, int] = {}
        value = self._value((), lines, f"{name} = ...")
        last = self._tokens[self._at - 1].line
        if "GATE006" in (self._told.get(token.line), self._told.get(last)):
            self._broken.add(())
        if not twice:
            into.attributes.append(Attribute(name, token.line, value, lines, self._broken))
        self._subject = subject
        self._end_of_item("value")

    def _wrong_between(self, first: int, last: int) -> bool:
        """Return whether a line from ``first`` to ``last`` is no HCL, as far as it was read."""
        at = bisect_left(self._told_lines, first)
        return at < len(self._told_lines) and self._told_lines[at] <= last

    # Values

    def _value(self, path: Path, lines: dict[Path, int], form: str) -> Value:
        token = self._next
        lines[path] = token.line
        if len(path) > NESTING_LIMIT:
            self._note("GATE018", token.line, _TOO_DEEP, path)
            self._skip_expression()
            return None
        before, noted = self._at, len(self.mistakes)
        value = self._term(path, lines, form)
        if self._goes_on():
            # Of what is an expression no part is a mistake, but what is no HCL at all.
            self.mistakes[noted:] = [one for one in self.mistakes[noted:] if one.column]
            self._at = before
            self._note("GATE014", token.line, _PLAIN, path)
            self._skip_expression()
            return None
        return value

    def _goes_on(self) -> bool:
        """Return whether what was read is but the first term of an expression."""
        return self._is(*"?.+*/%<>-([", "==", "!=", "<=", ">=", "&&", "||", "...", "!")

    def _term(self, path: Path, lines: dict[Path, int], form: str) -> Value:
        token = self._next
        if token.kind == STRING:
            self._take()
            return self._string(token, path)
        if token.kind == NUMBER:
            self._take()
            return self._number(token, path)
        if self._is("-") and self._after().kind == NUMBER:
            self._take()
            number = self._number(self._take(), path)
            return None if number is None else -number
        if token.kind == NAME:
            return self._word(path)
        if self._is("["):
            return self._list(path, lines)
        if self._is("{"):
            return self._map(path, lines)
        if token.kind == HEREDOC:
            self._take()
            self._cut_off |= token.open
            problem = (
                f"a heredoc is never closed; write {token.text.split()[0].lstrip('<-')} on a line"
                if token.open
                else "is a heredoc; allowed: a string in quotes"
            )
            self._note("GATE016", token.line, problem, path)
            return None
        if token.kind in (NEWLINE, END) or self._is("}", "]", ",", "="):
            self._no_value(token, path, form)
            return None
        if self._is("(", "!", "-"):
            self._note("GATE014", token.line, _PLAIN, path)
            self._skip_expression()
            return None
        self._broken.add(path)
        self._syntax("GATE012", token, f"not HCL at column {token.column}; write {form}")
        self._skip_expression()
        return None

    def _no_value(self, token: Token, path: Path, form: str) -> None:
        self._broken.add(path)
        previous = self._tokens[self._at - 1]
        if self._is("="):
            self._syntax("GATE009", token, f"a second =; write {form}")
            self._skip_line()
        elif previous.kind == SIGN and previous.text in ("=", ":"):
            self._syntax("GATE012", previous, f"no value after {previous.text}; write {form}")

    def _word(self, path: Path) -> Value:
        token = self._take()
        literal = {"true": True, "false": False, "null": None}
        if token.text in literal:
            return literal[token.text]
        if self._goes_on():
            return None
        self._broken.add(path)
        meant = _WORDS.get(token.text, f'"{token.text}"')
        problem = f"{token.text} is a word without quotes; write {meant}"
        self._note("GATE013", token.line, problem, path)
        return None

    def _skip_expression(self) -> None:
        """Leave out an expression: up to a line's end, a comma or the bracket around it."""
        depth = 0
        while self._next.kind != END:
            if self._is("{", "[", "("):
                depth += 1
            elif self._is("}", "]", ")"):
                if depth == 0:
                    return
                depth -= 1
            elif (depth == 0 and (self._next.kind == NEWLINE or self._is(","))) or (
                depth and self._ends_here()
            ):
                return
            self._at += 1

    def _list(self, path: Path, lines: dict[Path, int]) -> Value:
        opening = self._take()
        if self._next.text == "for" and self._next.kind == NAME:
            self._note("GATE014", opening.line, _PLAIN, path)
            self._skip_closed()
            return None
        items: list[Value] = []
        with self._inside("the list", opening):
            while True:
                self._skip_newlines()
                if self._ends_list():
                    self._broken.add(path)
                    self._not_closed(self._opened[-1])
                    break
                if self._is("]"):
                    self._take()
                    break
                if self._is("}", ")"):
                    self._broken.add(path)
                    problem = f"a {self._next.text} where the list needs ]; write ]"
                    self._syntax("GATE008", self._next, problem)
                    if self._by_indentation or len(self._opened) == 1 or not self._next.first:
                        self._take()
                    break
                if self._is(","):
                    self._broken.add(path)
                    self._syntax(
                        "GATE010", self._next, "a comma without a value before it; delete it"
                    )
                    self._take()
                    continue
                items.append(self._value((*path, len(items)), lines, '"VALUE"'))
                self._comma(path)
        return items

    def _ends_list(self) -> bool:
        """Return whether a list ends without its bracket: a field or block comes."""
        if self._ends_here():
            return True
        return (
            self._next.kind == NAME
            and self._next.first
            and (self._after().text in ("=", "{") or self._after().kind == STRING)
        )

    def _comma(self, path: Path) -> None:
        """Read the comma after an item of a list, or explain what stands there."""
        last = self._tokens[self._at - 1]
        self._skip_newlines()
        if self._is(","):
            self._take()
            return
        if self._is("]", "}", ")") or self._ends_list():
            return
        self._broken.add(path)
        token = self._next
        if token.kind == BAD and token.text == ";":
            self._syntax("GATE010", token, "a semicolon in a list; write a comma")
            self._take()
            return
        if token.kind in (STRING, NUMBER, NAME) or self._is("[", "{", "-"):
            self._syntax(
                "GATE010", last, f"no comma after {visible(last.text, 40)} in a list; write one"
            )
            return
        self._syntax("GATE012", token, f"not HCL at column {token.column}; write a comma or ]")
        self._take()

    def _map(self, path: Path, lines: dict[Path, int]) -> Value:
        opening = self._take()
        found: dict[str, Value] = {}
        if self._next.kind == NAME and self._next.text == "for":
            self._note("GATE014", opening.line, _PLAIN, path)
            self._skip_closed()
            return None
        with self._inside("the map", opening):
            while True:
                self._skip_newlines()
                if self._ends_here():
                    self._broken.add(path)
                    self._not_closed(self._opened[-1])
                    break
                if self._is("}"):
                    self._take()
                    break
                if not self._element(found, path, lines):
                    break
        return found

    def _element(self, found: dict[str, Value], path: Path, lines: dict[Path, int]) -> bool:
        """Read ``key = value`` of a map; return whether more may follow."""
        token = self._next
        if self._is("]", ")"):
            self._broken.add(path)
            self._syntax("GATE008", token, f"a {token.text} where the map needs }}; write }}")
            self._take()
            return False
        if self._is(","):
            self._broken.add(path)
            self._syntax("GATE010", token, "a comma without a value before it; delete it")
            self._take()
            return True
        if token.kind in (NAME, STRING):
            self._take()
            key = self._string(token) if token.kind == STRING else token.text
            if not self._is("=", ":"):
                return self._no_element(token, key, path)
            self._take()
        else:
            self._note("GATE014", token.line, _KEY)
            self._skip_line()
            return self._next.kind == NEWLINE
        if key in found:
            self._note("GATE104", token.line, f"{key!r} is set twice; keep one")
        found[key] = self._value((*path, key), lines, f"{token.text} = ...")
        self._end_of_element(path)
        return True

    def _no_element(self, token: Token, key: str, path: Path) -> bool:
        self._broken.add(path)
        following = self._next
        if following.kind == SIGN and following.text in ("==", "=>"):
            self._syntax("GATE009", following, f"{following.text} after {key}; write {key} = ...")
        elif self._goes_on():
            self._note("GATE014", token.line, _KEY)
        else:
            self._syntax("GATE009", token, f"no = after {key} in a map; write {token.text} = ...")
        self._skip_expression()
        if self._is(","):
            self._take()
        return True

    def _end_of_element(self, path: Path) -> None:
        if self._is(","):
            self._take()
            return
        if self._next.kind in (NEWLINE, END) or self._is("}", "]", ")"):
            return
        self._broken.add(path)
        last = self._tokens[self._at - 1]
        if self._next.text == ";":
            self._syntax("GATE010", self._next, "a semicolon in a map; write a comma")
            self._take()
        else:
            self._syntax(
                "GATE010", last, f"no comma after {visible(last.text, 40)} in a map; write one"
            )

    # Literals

    def _number(self, token: Token, path: Path) -> int | float | None:
        digits = token.text
        # An int of many digits takes long, and of more than 4,300 is none to Python.
        if len(digits) > NUMBER_LIMIT or not math.isfinite(float(digits)):
            allowed = f"allowed: {NUMBER_LIMIT} digits, up to 1e308"
            problem = f"{visible(digits, 40)} is too large a number; {allowed}"
            self._note("GATE018", token.line, problem, path)
            return None
        return int(digits) if digits.isdigit() else float(digits)

    def _string(self, token: Token, path: Path = ()) -> str:
        if token.open:
            # What was meant, as far as can be told; the mistake is noted.
            return token.text[1:]
        line, raw = token.line, token.text[1:-1]

        def unescape(match: re.Match[str]) -> str:
            code = match[1]
            if len(code) > 1:
                number = int(code[1:], 16)
                if not 0 < number <= 0x10FFFF or 0xD800 <= number <= 0xDFFF:
                    problem = f"has the escape \\{code}, which is no character"
                    allowed = "allowed: \\u0001 to \\U0010ffff"
                    self._note("GATE020", line, f"{problem}; {allowed}", path)
                    return ""
                return chr(number)
            if code not in _ESCAPES:
                allowed = 'allowed: \\n \\r \\t \\" \\\\'
                self._note("GATE020", line, f"has an unknown escape \\{code}; {allowed}", path)
            return _ESCAPES.get(code, "")

        # Before the escapes, for what is written as a template, and after them, for what becomes
        # one: "\u0024{".
        text = raw if has_template(raw) else _ESCAPE.sub(unescape, raw)
        if has_template(text):
            self._note(
                "GATE015",
                line,
                f"{_shorten(text)} holds a template; values are plain data, and "
                '"${" and "%{" are not allowed in them',
                path,
            )
            return ""
        return text


_TOO_DEEP = f"is nested too deeply; allowed: {NESTING_LIMIT} levels"
_KEY = "has a key that is an expression; allowed: a plain key"
_PLAIN = (
    "is an expression; allowed: a plain string in quotes, a number, true, false, or a list or "
    "map of these"
)


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
