"""HCL read with python-hcl2 and compared with Terraform's JSON.

`gate eject` reads its own text here before it writes a file, so that HCL which says something else
than the stack's JSON is never handed over. One thing JSON does not tell, whether an argument is a
nested block: that is up to `athena_gate.gate.eject.schema`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import hcl2
from lark import Token, Tree
from lark.exceptions import LarkError

from athena_gate.gate.eject import schema
from athena_gate.gate.eject.hcl import NotEjectable, heredoc_text
from athena_gate.gate.stack.terraform_json import dictionaries

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_CHARACTERS = {"n": "\n", "r": "\r", "t": "\t"}
_BARE = {
    "data": schema.BARE["resource"] | schema.BARE["lifecycle"],
    "resource": schema.BARE["resource"] | schema.BARE["lifecycle"],
    "output": schema.BARE["output"],
    "variable": schema.BARE["variable"],
}


@dataclass(frozen=True, slots=True)
class _Json:
    """What stands in ``jsonencode(...)``."""

    value: Any


class _Blocks(list[Any]):
    """The bodies of blocks of one type and labels; labels are the keys above them."""


def compare(content: Mapping[str, Any], texts: Iterable[str]) -> None:
    """Raise ``NotEjectable`` unless the files ``texts`` say what ``content`` (Terraform's JSON)
    says, with the variables that ``content`` does not have at their defaults."""
    try:
        found = read("\n".join(texts), content.get("variable", {}))
    except LarkError as error:
        raise NotEjectable(_mistake("HCL that cannot be read", str(error))) from None
    expected = {section: some for section, some in content.items() if some and section != "//"}
    if expected.keys() != {section for section, some in found.items() if some}:
        raise NotEjectable(_mistake("other sections", ", ".join(sorted(found))))
    for section, some in expected.items():
        if different := _difference(some, found[section], (section,)):
            raise NotEjectable(_mistake("something else", ".".join(different)))


def _mistake(what: str, where: str) -> str:
    return (
        f"eject would write {what} than the stack's JSON has ({where}), so nothing was written; "
        "this is a mistake of the program, please report it"
    )


def _difference(expected: Any, found: Any, place: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the names that lead to where the HCL ``found`` says something else than JSON."""
    if isinstance(found, _Blocks):
        expected = dictionaries(expected)
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        names = expected.keys() - {"//"}
        if names != found.keys():
            return place
        pairs = [(expected[name], found[name], (*place, name)) for name in names]
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return place
        pairs = [(*pair, place) for pair in zip(expected, found, strict=True)]
    else:
        return None if _same(expected, found, place) else place
    differences = (_difference(*pair) for pair in pairs)
    return next((difference for difference in differences if difference), None)


def _same(expected: Any, found: Any, place: tuple[str, ...]) -> bool:
    if isinstance(found, _Json):
        return bool(json.loads(_unescaped(expected)) == _unescaped(found.value))
    if place[-1] in _BARE.get(place[0], ()) and f"${{{expected}}}" == found:
        return True
    # In Python True is 1, in Terraform it is not.
    return bool(expected == found) and type(expected) is type(found)


def _unescaped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_unescaped(name): _unescaped(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_unescaped(item) for item in value]
    if isinstance(value, str):
        return value.replace("$${", "${").replace("%%{", "%{")
    return value


def read(text: str, kept: Iterable[str] = ()) -> dict[str, Any]:
    """Return what the HCL ``text`` says, in the shape of Terraform's JSON: texts as templates,
    other expressions as ``${...}``. Its variables are replaced by their defaults, except those in
    ``kept``."""
    tree = hcl2.parses_to_tree(text).children[0]
    declared = _Reader(text, {}).body(tree).get("variable", {})
    defaults = {name: body["default"] for name, (body,) in declared.items() if name not in kept}
    found = _Reader(text, defaults).body(tree)
    variables = {name: body for name, body in declared.items() if name in kept}
    return {**found, "variable": variables}


@dataclass(frozen=True, slots=True)
class _Reader:
    text: str
    defaults: Mapping[str, str]

    def body(self, tree: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in _trees(tree):
            if child.data == "attribute":
                found[_plain(child.children[0])] = self.value(child.children[-1])
            elif child.data == "block":
                self.block(child, found)
        return found

    def block(self, tree: Any, into: dict[str, Any]) -> None:
        *head, body = _trees(tree)
        *labels, last = (_plain(one).strip('"') for one in head)
        for label in labels:
            into = into.setdefault(label, {})
        into.setdefault(last, _Blocks()).append(self.body(body))

    def value(self, tree: Any) -> Any:
        inner = _trees(tree)
        match tree.data:
            case "expr_term" if len(inner) == 1:
                return self.value(inner[0])
            case "string":
                return self.replaced(_ESCAPE.sub(_character, self.source(tree)[1:-1]))
            case "int_lit":
                return int(_plain(tree))
            case "float_lit":
                return float(_plain(tree))
            case "literal_value":
                return {"true": True, "false": False, "null": None}[_plain(tree)]
            case "tuple":
                return [self.value(item) for item in inner]
            case "object":
                return {self.key(item.children[0]): self.value(item.children[-1]) for item in inner}
            case "function_call" if _plain(inner[0]) == "jsonencode":
                return _Json(self.value(_trees(inner[1])[0]))
            case "function_call" if _plain(inner[0]) == "chomp":
                return self.replaced(heredoc_text(_plain(inner[1])))
        return self.replaced(f"${{{self.source(tree)}}}")

    def key(self, tree: Any) -> str:
        text = self.source(tree)
        return _ESCAPE.sub(_character, text[1:-1]) if text.startswith('"') else text

    def replaced(self, text: str) -> str:
        for name, value in self.defaults.items():
            text = text.replace(f"${{var.{name}}}", value)
        return text

    def source(self, tree: Any) -> str:
        return self.text[tree.meta.start_pos : tree.meta.end_pos]


def _character(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) > 1 else _CHARACTERS.get(code, code)


def _trees(tree: Any) -> list[Any]:
    """Return the parts of a node without white space, comments and punctuation."""
    return [
        child
        for child in tree.children
        if isinstance(child, Tree) and child.data != "new_line_or_comment"
    ]


def _plain(node: Any) -> str:
    return str(node) if isinstance(node, Token) else "".join(map(_plain, node.children))
