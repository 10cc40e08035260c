"""Texts of policies for z3: wildcards as regular expressions, policy variables as strings.

Wildcards: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
Variables: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
(both 2026-11).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import z3

# z3 has no types of its own to annotate with; this is one of its expressions.
Expression = Any

# All characters but the last, which Unicode gives to nobody
# (https://www.unicode.org/faq/private_use.html#noncharacters, 2026-11): with it z3 would take
# "abc*" for a prefix, and prefixes cost it seconds where derivatives of expressions cost
# milliseconds (5.4.1, measured 2026-11).
_ANY = z3.Range("\\u{0}", "\\u{2fffe}")
_ALL = z3.Star(_ANY)
_NO_COLON = z3.Union(z3.Range("\\u{0}", "9"), z3.Range(";", "\\u{2fffe}"))
_NO_COLONS = z3.Star(_NO_COLON)
_PRINTABLE = z3.Star(z3.Union(z3.Range("!", "9"), z3.Range(";", "~")))
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
# "Surround the default value with single quotes, and separate the variable text and the default
# value with a comma and space": any other spelling is not documented.
_DEFAULT = re.compile(r"([^,']+), '([^']*)'")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: characters, a wildcard, or the name of a variable, which may have a
    default."""

    kind: Literal["characters", "*", "?", "variable"]
    text: str = ""
    default: str | None = None


@lru_cache(maxsize=1 << 14)
def pieces(text: str, wildcards: bool, variables: bool = True) -> tuple[Piece, ...]:
    """Return the parts of ``text``; ``${*}``, ``${?}`` and ``${$}`` are those characters."""
    found: list[Piece] = []
    place = 0
    for match in _VARIABLE.finditer(text) if variables else ():
        found += _plain(text[place : match.start()], wildcards)
        place = match.end()
        name = match[1]
        if name in ("*", "?", "$"):
            found.append(Piece("characters", name))
        elif default := _DEFAULT.fullmatch(name):
            found.append(Piece("variable", default[1], default[2]))
        else:
            found.append(Piece("variable", name))
    found += _plain(text[place:], wildcards)
    return tuple(found)


def _plain(text: str, wildcards: bool) -> list[Piece]:
    parts = re.split(r"([*?])", text) if wildcards else [text]
    return [
        Piece("*") if part == "*" and wildcards else
        Piece("?") if part == "?" and wildcards else
        Piece("characters", part)
        for part in parts
        if part
    ]  # fmt: skip


def string(text: str) -> Expression:
    """Return ``text`` as a string of z3, which would take a backslash for an escape."""
    return z3.StringVal(text.replace("\\", "\\u{5c}"))


@lru_cache(maxsize=1 << 14)
def expression_of(
    parts: tuple[Piece, ...], colons: bool = True, any_case: bool = False
) -> Expression:
    """Return the regular expression of ``parts``, which hold no variable.

    ``colons`` says whether a wildcard can stand for a colon, ``any_case`` whether letters match in
    either case.
    """
    wild = {"*": _ALL if colons else _NO_COLONS, "?": _ANY if colons else _NO_COLON}
    found = [
        wild[part.kind] if part.kind in wild else _characters(part.text, any_case) for part in parts
    ]
    if not found:
        return z3.Re("")
    return found[0] if len(found) == 1 else z3.Concat(*found)


def _characters(text: str, any_case: bool) -> Expression:
    if not any_case:
        return z3.Re(string(text))
    letters = [
        z3.Union(z3.Re(one.lower()), z3.Re(one.upper()))
        if one.isascii() and one.isalpha()
        else z3.Re(string(one))
        for one in text
    ]
    return letters[0] if len(letters) == 1 else z3.Concat(*letters)


@lru_cache(maxsize=1)
def _folded() -> dict[str, set[str]]:
    """Return the characters that Unicode takes for these in another case, in full or simple
    mappings, and in Turkish: https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt."""
    found = {"i": {"\u0130"}}
    for character in map(chr, range(128, 0x1F000)):
        for other in (character.casefold(), character.lower(), character.upper()):
            found.setdefault(other.casefold(), set()).add(character)
    return found


@lru_cache(maxsize=1 << 10)
def _any_spelling(text: str) -> Expression:
    """Return the regular expression of what may be ``text`` in another case."""
    rest: dict[int, Expression] = {len(text): z3.Re("")}
    for place in reversed(range(len(text))):
        found = []
        for length in (1, 2, 3):
            letters = text[place : place + length].casefold()
            others = set(_folded().get(letters, ()))
            if length == 1:
                others |= {text[place], text[place].lower(), text[place].upper(), letters}
            if place + length <= len(text):
                found += [z3.Concat(z3.Re(string(o)), rest[place + length]) for o in sorted(others)]
        rest[place] = found[0] if len(found) == 1 else z3.Union(*found)
    return rest[0]


def may_be_spelled(value: Expression, text: str) -> Expression:
    """Return that ``value`` may be ``text`` in another case, by some rule of Unicode."""
    return z3.InRe(value, _any_spelling(text))


def matches(
    value: Expression, parts: tuple[Piece, ...], colons: bool = True, any_case: bool = False
) -> Expression:
    """Return that ``value``, a string, matches the whole of ``parts``, which hold no variable."""
    if not any_case and all(part.kind == "characters" for part in parts):
        return value == string("".join(part.text for part in parts))
    if len(parts) == 1 and parts[0].kind == "*" and colons:
        return z3.BoolVal(True)
    return z3.InRe(value, expression_of(parts, colons, any_case))


def same(pattern: str, text: str) -> bool:
    """Return whether ``text``, which is known, matches ``pattern``."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1 << 14)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def is_text(value: Expression) -> Expression:
    """Return that ``value`` is made of characters that somebody can use."""
    return z3.InRe(value, _ALL)


def without_colons(value: Expression) -> Expression:
    """Return that ``value`` holds nothing but printable characters other than a colon."""
    return z3.InRe(value, _PRINTABLE)


# What a variable stands for, and the premise on which it does.
Resolve = Callable[[Piece], tuple[Expression, Expression]]


def matches_with_variables(
    value: Expression, parts: Sequence[Piece], resolve: Resolve
) -> Expression | None:
    """Return that ``value`` matches ``parts``, among them variables; None for a shape that is not
    built here: ``?``, or a star between two others.

    What a variable stands for is literal. Without its value it matches nothing.
    """
    if any(part.kind == "?" for part in parts):
        return None
    premises = []
    runs: list[list[Expression]] = [[]]
    for part in parts:
        if part.kind == "*":
            if runs[-1] or len(runs) == 1:
                runs.append([])
            continue
        if part.kind == "variable":
            premise, text = resolve(part)
            premises.append(premise)
            runs[-1].append(text)
        else:
            runs[-1].append(string(part.text))
    texts = [_joined(run) for run in runs]
    if len(texts) == 1:
        return z3.And(*premises, value == texts[0])
    if len(texts) > 2:
        if len(texts) > 3 or runs[-1]:
            return None
        # Something between two stars, the last of which ends the pattern.
        rest = z3.SubString(value, z3.Length(texts[0]), z3.Length(value))
        return z3.And(*premises, z3.PrefixOf(texts[0], value), z3.Contains(rest, texts[1]))
    longest = z3.Length(texts[0]) + z3.Length(texts[1]) <= z3.Length(value)
    return z3.And(*premises, z3.PrefixOf(texts[0], value), z3.SuffixOf(texts[1], value), longest)


def _joined(run: Sequence[Expression]) -> Expression:
    if not run:
        return z3.StringVal("")
    return run[0] if len(run) == 1 else z3.Concat(*run)
