"""What every section of the report is put together from."""

import re
from collections.abc import Iterable, Sequence

from athena_gate.gate.report.markup import Markup, element


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    groups: Sequence[tuple[str, int]] = (),
    class_: str | None = None,
) -> Markup:
    """Return a table whose first column heads its rows; on a narrow screen each cell says what it
    is. ``groups`` are titles of rows that belong together, and how many each has."""
    bodies, start = [], 0
    for title, number in groups or [("", len(rows))]:
        head = element("th", title, scope="rowgroup", colspan=len(heads))
        bodies.append(
            element(
                "tbody",
                element("tr", head, class_="group") if title else None,
                [_row(heads, row) for row in rows[start : start + number]],
            )
        )
        start += number
    return element(
        "table",
        element("thead", element("tr", [element("th", head, scope="col") for head in heads])),
        bodies,
        class_=class_,
    )


def _row(heads: Sequence[str], row: Sequence[object]) -> Markup:
    return element(
        "tr",
        element("th", row[0], scope="row"),
        [
            element("td", cell, data_label=head)
            for head, cell in zip(heads[1:], row[1:], strict=True)
        ],
    )


def listed(items: Sequence[object]) -> Markup:
    """Return a list without bullets; empty without items."""
    if not items:
        return Markup()
    return element("ul", [element("li", item) for item in items], role="list")


def mark(text: str, style: str = "") -> Markup:
    """Return a short text that stands out; ``style`` is good, care, bad or nothing."""
    return element("span", text, class_=f"mark {style}".strip())


# What is more than reading, as `athena_gate.gate.explain.words` and the picture say it.
DEEDS = {
    "change": "writes",
    "create": "writes",
    "delete": "deletes",
    "make": "writes",
    "write": "writes",
}
_DEED = re.compile(rf"\b({'|'.join(DEEDS)})\b")


def deeds(text: str, tag: str = "strong") -> list[Markup | str]:
    """Return ``text``, which says what may be done, so that writing and deleting stand out."""
    return [
        element(tag, part, class_=DEEDS[part]) if n % 2 else part
        for n, part in enumerate(_DEED.split(text))
    ]


def strongest(texts: Iterable[str]) -> str:
    """Return ``deletes`` or ``writes`` if one of ``texts`` says so, else an empty text."""
    return min((DEEDS[word] for text in texts for word in _DEED.findall(text)), default="")


def code(text: object) -> Markup:
    """Return a name, an ARN or an action as it is written."""
    return element("code", breakable(text) if str(text).startswith("arn:") else text)


def breakable(text: object) -> Markup:
    """Return a long name that is rather cut behind its separators than anywhere."""
    parts = re.split("(?<=[:/_])(?=[^/])", str(text))
    return Markup.joined([[element("wbr") if n else None, part] for n, part in enumerate(parts)])
