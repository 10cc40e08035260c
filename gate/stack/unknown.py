"""What of a stack is not understood: every part of its JSON that is in none of the tables."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from athena_gate.gate.stack.terraform_json import REFERENCE, from_expression, is_expression
from athena_gate.gate.stack.understood import (
    HANDOFF,
    OUTPUT,
    PROVIDERS,
    RESOURCES,
    TERRAFORM,
    VARIABLES,
    Address,
    Expression,
    Fields,
    Items,
    Names,
    Number,
    PolicyText,
    Reference,
    Shape,
    Text,
    Truth,
)
from athena_gate.modules.files import visible

# A place in the JSON: the names and numbers that lead to it.
Place = tuple[str | int, ...]
Unknown = tuple[Place, str]
_NOT_UNDERSTOOD = "that is not understood"


def unknown(content: Mapping[str, Any]) -> Iterator[Unknown]:
    """Yield the place and the reason of everything in a stack that is not understood.

    ``content`` is a stack in Terraform's JSON syntax, whose comments (``//``) are left out where
    the engine writes them: beside the sections, and in the body of a resource
    (https://developer.hashicorp.com/terraform/language/syntax/json, 2026-11).
    """
    addresses = {
        f"{kind}.{name}"
        for kind, some in _entries(content.get("resource"))
        for name, _ in _entries(some)
    }
    reader = _Reader(addresses)
    for section, body in content.items():
        match section:
            case "//":
                continue
            case "resource":
                yield from reader.resources(body)
            case "provider":
                yield from reader.named((section,), PROVIDERS, body, "provider")
            case "terraform":
                yield from reader.named((section,), TERRAFORM, body, "setting")
            case "variable":
                yield from reader.named((section,), VARIABLES, body, "variable")
            case "output":
                for name, output in _entries(body):
                    shape = HANDOFF if name == "handoff" else OUTPUT
                    yield from reader.shape((section, name), shape, output)
                if not isinstance(body, Mapping):
                    yield (section,), "is no map of outputs"
            case _:
                yield (section,), f"is a section {_NOT_UNDERSTOOD}"


def _entries(value: object) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


class _Reader:
    """Compares values with shapes; ``addresses`` are the resources of the stack."""

    def __init__(self, addresses: set[str]) -> None:
        self._addresses = addresses

    def resources(self, body: Any) -> Iterator[Unknown]:
        if not isinstance(body, Mapping):
            yield ("resource",), "is no map of resources by type"
        for kind, some in _entries(body):
            if kind not in RESOURCES:
                yield ("resource", kind), f"is a type of resource {_NOT_UNDERSTOOD}"
                continue
            if not isinstance(some, Mapping):
                yield ("resource", kind), "is no map of resources by name"
            for name, resource in _entries(some):
                place = ("resource", kind, name)
                if not isinstance(resource, Mapping):
                    # Terraform takes a list of bodies too; the engine never writes one.
                    yield place, "is not the body of one resource"
                    continue
                arguments = {key: value for key, value in resource.items() if key != "//"}
                yield from self.named(place, RESOURCES[kind].arguments, arguments, "argument")

    def named(
        self, place: Place, known: Mapping[str, Shape], found: Any, what: str
    ) -> Iterator[Unknown]:
        if not isinstance(found, Mapping):
            yield place, "is not one block or map"
        for name, value in _entries(found):
            if name in known:
                yield from self.shape((*place, name), known[name], value)
            else:
                yield (*place, name), f"is {_an(what)} {_NOT_UNDERSTOOD}"

    def shape(self, place: Place, shape: Shape, value: Any) -> Iterator[Unknown]:
        match shape:
            case Fields():
                yield from self.named(place, shape.fields, value, "argument")
            case Items():
                if not isinstance(value, list):
                    yield place, "is no list"
                for number, item in enumerate(value if isinstance(value, list) else ()):
                    yield from self.shape((*place, number), shape.of, item)
            case Names():
                if not isinstance(value, Mapping):
                    yield place, "is no map"
                for name, item in _entries(value):
                    if is_expression(name):
                        yield (*place, name), f"is a name with an expression {_NOT_UNDERSTOOD}"
                    yield from self.shape((*place, name), shape.of, item)
            case Number():
                if isinstance(value, bool) or not isinstance(value, int):
                    yield place, "is no whole number"
            case Truth():
                if not isinstance(value, bool):
                    yield place, "is neither true nor false"
            case _ if not isinstance(value, str):
                yield place, "is no text"
            case Text():
                if is_expression(value):
                    yield place, f"holds an expression {_NOT_UNDERSTOOD}: {visible(value, 200)}"
            case PolicyText():
                if found := from_expression(value):
                    yield place, f"holds an expression {_NOT_UNDERSTOOD}: {visible(found, 80)}"
            case Reference():
                plain = shape.or_text and not is_expression(value)
                if not plain and (reason := self._no_reference(shape, value)):
                    yield place, reason
            case Expression():
                if not re.fullmatch(shape.pattern, value):
                    yield place, f"holds an expression {_NOT_UNDERSTOOD}: {visible(value, 200)}"
            case Address():
                address = value.removesuffix(f".{shape.attribute}" if shape.attribute else "")
                if address not in self._addresses:
                    yield place, f"names what is not in the stack: {visible(value, 200)}"
                elif value not in self._named_by(shape):
                    yield place, f"names what it may not name here: {visible(value, 200)}"

    def _no_reference(self, shape: Reference, value: str) -> str:
        """Return why ``value`` is not the one whole reference that ``shape`` takes."""
        if not is_expression(value):
            return f"is not a reference to {shape.to}: {visible(value, 200)}"
        found = REFERENCE.fullmatch(value)
        if found is None:
            return f"holds an expression {_NOT_UNDERSTOOD}: {visible(value, 200)}"
        address, _, attribute = found[1].rpartition(".")
        if f"{address.partition('.')[0]}.{attribute}" != shape.to:
            return f"refers to what it may not refer to: {visible(value, 200)}"
        return (
            ""
            if address in self._addresses
            else f"refers to what is not in the stack: {visible(value, 200)}"
        )

    def _named_by(self, shape: Address) -> set[str]:
        suffix = f".{shape.attribute}" if shape.attribute else ""
        return {
            f"{address}{suffix}"
            for address in self._addresses
            if address.partition(".")[0] in shape.kinds
        }


def _an(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
