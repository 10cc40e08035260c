"""What two syntheses of the same stacks do not share."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Documents of stacks by name.
Stacks = Mapping[str, dict[str, Any]]

MISSING = "(missing)"
# What may differ, as paths into a stack's document. The empty objects that the engines format
# differently are the same once parsed; the provider's version and source, which every binding
# writes in its own way, are overridden by stacks.stack and have to be equal.
NORMALISED = (("//", "metadata", "version"),)


@dataclass(frozen=True, slots=True)
class Difference:
    """An argument that is not the same; ``MISSING`` where only one side has it.

    ``address`` is a resource's, as in ``aws_iam_user.user``, or the part of the document and the
    name in it, as in ``output.handoff``.
    """

    stack: str
    address: str
    argument: str
    first: Any
    other: Any


def differences(first: Stacks, other: Stacks) -> list[Difference]:
    """Return every difference between two documents of each stack, in the order of addresses."""
    return [
        Difference(stack, *_named(path), left, right)
        for stack in sorted(first.keys() | other.keys())
        for path, left, right in _unequal(
            _normalised(first[stack]) if stack in first else MISSING,
            _normalised(other[stack]) if stack in other else MISSING,
            (),
        )
    ]


def resources(stacks: Stacks) -> int:
    """Return how many resources the stacks have."""
    return sum(
        len(some) for document in stacks.values() for some in document.get("resource", {}).values()
    )


def _normalised(document: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(document)
    for *parents, name in NORMALISED:
        part = document
        for parent in parents:
            part = part.get(parent, {})
        part.pop(name, None)
    return document


def _unequal(
    left: Any, right: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            yield from _unequal(left.get(key, MISSING), right.get(key, MISSING), (*path, key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, another) in enumerate(zip(left, right, strict=True)):
            yield from _unequal(one, another, (*path, str(index)))
    # In Python 1 == True, and in Terraform they are not the same.
    elif left != right or type(left) is not type(right):
        yield path, left, right


def _named(path: tuple[str, ...]) -> tuple[str, str]:
    """Return the address and the argument that ``path`` leads to."""
    parts = list(path)
    if parts[:1] == ["resource"]:
        parts = parts[1:]
    return ".".join(parts[:2]), ".".join(parts[2:])
