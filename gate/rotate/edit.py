"""Changes the generations of a block in the text of gate.hcl; comments and layout stay."""

from athena_gate.modules.tokens import (
    COMMENT,
    END,
    NAME,
    NEWLINE,
    SIGN,
    SPACE,
    STRING,
    Token,
    tokens,
)

_LIST = "generations"


class NotEdited(Exception):
    """The text is not laid out so that it can be changed; the message says what to do."""


def added(text: str, line: int, name: str) -> str:
    """Return ``text`` with ``name`` as the last item of the list ``generations`` that begins on
    ``line``. Raises ``NotEdited``."""
    found = list(tokens(text))
    first, end = _list(found, line)
    items = [at for at in range(first, end) if found[at].kind == STRING]
    if not items:
        raise NotEdited(f"line {line}: {_LIST} is empty; add {name!r} by hand")
    last = items[-1]
    before = found[last - 1].text if found[last].first and found[last - 1].kind == SPACE else ""
    rest = _next(found, last + 1)
    follows = found[rest].text == ","
    if found[last].first:
        # One item a line: below the last one and its comment, as it is.
        place = next(at for at in range(last, end + 1) if found[at].kind == NEWLINE or at == end)
        new = f'\n{before}"{name}"' + ("," if follows else "")
        comma = "" if follows else ","
        return (
            _text(found[: last + 1])
            + comma
            + _text(found[last + 1 : place])
            + new
            + _text(found[place:])
        )
    place = rest if follows else last + 1
    return _text(found[:place]) + f', "{name}"' + _text(found[place:])


def removed(text: str, line: int, name: str) -> str:
    """Return ``text`` without ``name`` in the list ``generations`` that begins on ``line``. Raises
    ``NotEdited``."""
    found = list(tokens(text))
    first, end = _list(found, line)
    items = [at for at in range(first, end) if found[at].kind == STRING]
    at = next((at for at in items if found[at].text == f'"{name}"'), None)
    if at is None:
        raise NotEdited(f"line {line}: {_LIST} has no {name!r}; remove it by hand")
    comma = _next(found, at + 1)
    stop = comma + 1 if found[comma].text == "," else at + 1
    if found[at].first and found[_next(found, stop)].kind == NEWLINE:
        # The whole line, with what is said of it; a list may end with a comma.
        start = at - 1 if found[at - 1].kind == SPACE else at
        stop = next(n for n in range(stop, end + 1) if found[n].kind == NEWLINE) + 1
        return _text(found[:start]) + _text(found[stop:])
    if before := [n for n in items if n < at]:
        kept = [one for one in found[before[-1] + 1 : at] if one.kind == COMMENT]
        return _text(found[: before[-1] + 1]) + _text(kept) + _text(found[at + 1 :])
    while found[stop].kind == SPACE:
        stop += 1
    return _text(found[:at]) + _text(found[stop:])


def _list(found: list[Token], line: int) -> tuple[int, int]:
    """Return the places of the brackets of the list that begins on ``line``."""
    for at, token in enumerate(found):
        if token.line != line or (token.kind, token.text) != (NAME, _LIST):
            continue
        sign = _next(found, at + 1)
        opening = _next(found, sign + 1)
        if (found[sign].text, found[opening].text) != ("=", "["):
            continue
        for end in range(opening, len(found)):
            if (found[end].kind, found[end].text) == (SIGN, "]"):
                return opening, end
    raise NotEdited(f"line {line} has no list {_LIST} that could be changed; change it by hand")


def _next(found: list[Token], at: int) -> int:
    """Return the place of the next token that is no space or comment within its line."""
    while found[at].kind in (SPACE, COMMENT) and found[at].kind != END:
        at += 1
    return at


def _text(found: list[Token]) -> str:
    return "".join(token.text for token in found)
