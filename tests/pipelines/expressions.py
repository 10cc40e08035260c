"""The part of GitHub's expression language that the workflows here use; anything else raises.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions (2026-11): `&&` and
`||` give one of their operands, strings are compared without case, and a property of nothing is
nothing.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<sign>&&|\|\||==|!=|[!().,\[\]]))"
)
STATUS = re.compile(r"\b(?:always|cancelled|failure|success)\(")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


class Unknown(Exception):
    """An expression uses what this evaluator does not know."""


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    """Return the value of the expression ``text``; ``context`` are github, needs, matrix ..."""
    return _Evaluator(text, context).value()


def interpolate(value: Any, context: Mapping[str, Any]) -> Any:
    """Return ``value`` with every ``${{ }}`` in it evaluated, in all depths of lists and maps."""
    if isinstance(value, Mapping):
        return {key: interpolate(item, context) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolate(item, context) for item in value]
    if not isinstance(value, str):
        return value
    whole = _EXPRESSION.fullmatch(value.strip())
    if whole and "}}" not in whole[1]:
        return evaluate(whole[1], context)
    return _EXPRESSION.sub(lambda found: _text(evaluate(found[1], context)), value)


def holds(condition: Any, context: Mapping[str, Any]) -> bool:
    """Return whether ``if: condition`` holds; ``${{ }}`` around it may be left out."""
    text = str(condition).strip()
    whole = _EXPRESSION.fullmatch(text)
    return _truth(evaluate(whole[1] if whole else text, context))


def _truth(value: Any) -> bool:
    return value not in (None, False, 0, "")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        raise Unknown(f"{value!r} inside a text")
    return str(value)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if type(one) is type(other) or one is None or other is None:
        return bool(one == other)
    raise Unknown(f"comparing {one!r} with {other!r}")


def _format(template: str, *values: Any) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: _text(values[int(found[1])]), template)


class _Evaluator:
    """A parser by recursive descent that evaluates as it goes."""

    def __init__(self, text: str, context: Mapping[str, Any]) -> None:
        self._context = context
        self._tokens: list[str] = []
        place = 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if not found:
                raise Unknown(f"{text[place:]!r} in {text!r}")
            self._tokens.append(found[0].strip())
            place = found.end()
        self._functions: dict[str, Callable[..., Any]] = {
            "cancelled": lambda: False,
            "format": _format,
            "fromJSON": json.loads,
            "toJSON": lambda value: json.dumps(value, indent=2),
        }

    def value(self) -> Any:
        value = self._or()
        if self._tokens:
            raise Unknown(f"{self._tokens} is left over")
        return value

    def _next(self, *allowed: str) -> bool:
        if self._tokens and self._tokens[0] in allowed:
            self._tokens.pop(0)
            return True
        return False

    def _or(self) -> Any:
        value = self._and()
        while self._next("||"):
            other = self._and()
            value = value if _truth(value) else other
        return value

    def _and(self) -> Any:
        value = self._comparison()
        while self._next("&&"):
            other = self._comparison()
            value = other if _truth(value) else value
        return value

    def _comparison(self) -> Any:
        value = self._not()
        if self._next("=="):
            return _equal(value, self._not())
        if self._next("!="):
            return not _equal(value, self._not())
        return value

    def _not(self) -> Any:
        if self._next("!"):
            return not _truth(self._not())
        return self._properties(self._operand())

    def _operand(self) -> Any:
        if self._next("("):
            value = self._or()
            self._expect(")")
            return value
        token = self._tokens.pop(0) if self._tokens else ""
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if self._next("("):
            if token not in self._functions:
                raise Unknown(f"the function {token}")
            return self._functions[token](*self._arguments())
        if token in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[token]
        if token not in self._context:
            raise Unknown(f"the context {token}")
        return self._context[token]

    def _arguments(self) -> list[Any]:
        found: list[Any] = []
        while not self._next(")"):
            found.append(self._or())
            self._next(",")
        return found

    def _properties(self, value: Any) -> Any:
        while True:
            if self._next("."):
                key = self._tokens.pop(0)
            elif self._next("["):
                key = self._or()
                self._expect("]")
            else:
                return value
            value = value.get(key) if isinstance(value, Mapping) else None

    def _expect(self, sign: str) -> None:
        if not self._next(sign):
            raise Unknown(f"{sign} is missing before {self._tokens}")
