"""HTML as values: everything that is put into an element is escaped unless it is markup
already, and nothing in it changes what is seen around it."""

import html
from collections.abc import Iterable
from typing import Self

from athena_gate.modules.files import printable

# https://html.spec.whatwg.org/multipage/syntax.html#void-elements (2026-11)
_VOID = frozenset({"br", "meta", "wbr"})


class Markup(str):
    """HTML that stands in a page as it is."""

    __slots__ = ()

    @classmethod
    def joined(cls, parts: Iterable[object]) -> Self:
        """Return ``parts`` one after the other; a part is escaped unless it is ``Markup``, a list
        or tuple is its parts, and None is nothing."""
        return cls("".join(_markup(part) for part in parts))


def _markup(part: object) -> str:
    if part is None:
        return ""
    if isinstance(part, Markup):
        return part
    if isinstance(part, list | tuple):
        return Markup.joined(part)
    return html.escape(_printable(part))


def _printable(part: object) -> str:
    return "\n".join(map(printable, str(part).split("\n")))


def element(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return the element ``name`` with ``children``, escaped as ``Markup.joined`` does.

    In an attribute's name ``_`` stands for ``-``, and one at the end is left out (``class_``); an
    attribute that is None or False is left out, one that is True has no value.
    """
    written = "".join(
        f" {_attribute(key)}" + ("" if value is True else f'="{html.escape(_printable(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{Markup.joined(children)}</{name}>")


def _attribute(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")
