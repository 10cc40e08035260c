"""The words and signs of HCL.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md (2026-11). A file that is not HCL has
tokens too: those of the kind ``bad``. The texts of all tokens, in their order, are the file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

NAME, NUMBER, STRING, HEREDOC = "name", "number", "string", "heredoc"
NEWLINE, COMMENT, SPACE, SIGN, BAD, END = "newline", "comment", "space", "sign", "bad", "end"


@dataclass(slots=True)
class Token:
    """A word or sign, where it starts (``line`` and ``column`` from 1), and whether it is the
    first of its line. A string or comment that is never closed is ``open``."""

    kind: str
    text: str
    line: int
    column: int
    first: bool
    open: bool = False


_TOKEN = re.compile(
    r"""
    (?P<newline>\n)
  | (?P<space>[ \t]+)
  | (?P<comment>(?:\#|//)[^\n]*)
  | (?P<name>[^\W\d][\w-]*)
  | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
  | (?P<sign>\.\.\.|==|!=|<=|>=|=>|&&|\|\||[{}\[\]()=:,.?!<>+*/%&|-])
    """,
    re.VERBOSE,
)
_COMMENT_IN_LINES = re.compile(r"/\*.*?(?P<end>\*/|\Z)", re.DOTALL)
# A sign of a template, an escape, or a quote; a line's end always ends a string.
_IN_STRING = re.compile(r'\\[^\n]|\$\$\{|%%\{|[$%]\{|["\n]')
_IN_TEMPLATE = re.compile(r'["{}\n]')
_HEREDOC_TAG = re.compile(r"<<-?([^\W\d][\w-]*)\n")


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of ``text``, whose lines end with ``\\n``, and at last one of the kind
    ``end``."""
    at, line, start, first = 0, 1, 0, True
    while at < len(text):
        kind, end, is_open = _next(text, at)
        shown = text[at:end]
        yield Token(kind, shown, line, at - start + 1, first, is_open)
        if "\n" in shown:
            line += shown.count("\n")
            start = at + shown.rindex("\n") + 1
        first = (kind == NEWLINE) or (first and kind == SPACE)
        at = end
    yield Token(END, "", line, at - start + 1, first)


def _next(text: str, at: int) -> tuple[str, int, bool]:
    """Return the kind of the token at ``at``, where it ends, and whether it is never closed."""
    if text[at] == '"':
        return (STRING, *_string_end(text, at))
    if text.startswith("/*", at):
        found = _COMMENT_IN_LINES.match(text, at)
        assert found is not None
        return COMMENT, found.end(), not found["end"]
    if text.startswith("<<", at) and (tag := _HEREDOC_TAG.match(text, at)):
        return (HEREDOC, *_heredoc_end(text, tag))
    found = _TOKEN.match(text, at)
    if found is None:
        return BAD, at + 1, False
    assert found.lastgroup is not None
    return found.lastgroup, found.end(), False


def _heredoc_end(text: str, tag: re.Match[str]) -> tuple[int, bool]:
    """Return where the heredoc that starts with ``tag`` ends, before the end of its last line, and
    whether it never does."""
    end = tag.end()
    while end < len(text):
        newline = text.find("\n", end)
        stop = len(text) if newline < 0 else newline
        if text[end:stop].strip() == tag[1]:
            return stop, False
        end = stop + 1
    return len(text), True


def _string_end(text: str, at: int) -> tuple[int, bool]:
    """Return where the string that starts at ``at`` ends, and whether it does not before its line
    does; a template in it may hold strings and braces of its own."""
    # The templates and strings that are open here: '"' for a string, "{" for what is in a template.
    inside = ['"']
    at += 1
    while inside:
        found = (_IN_STRING if inside[-1] == '"' else _IN_TEMPLATE).search(text, at)
        if found is None:
            return len(text), True
        sign = found[0]
        if sign == "\n":
            return found.start(), True
        at = found.end()
        if sign == '"':
            if inside[-1] == '"':
                inside.pop()
            else:
                inside.append('"')
        elif sign in ("${", "%{", "{"):
            inside.append("{")
        elif sign == "}":
            inside.pop()
    return at, False
