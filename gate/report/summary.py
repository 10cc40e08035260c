"""The top of the report: a row for each principal, and what changed since another report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from athena_gate.gate.diff import Difference, Part, Party, Rights
from athena_gate.gate.explain import words
from athena_gate.gate.report.markup import Markup, element
from athena_gate.gate.report.parts import breakable, code, listed, mark, table
from athena_gate.gate.report.principals import Item, Row
from athena_gate.gate.text import counted
from athena_gate.modules.iam.policy import Principal

# Of a long list; the rest is folded.
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between these stacks and those of ``since``."""

    since: str
    differences: tuple[Difference, ...]


def principals(
    rows: Sequence[tuple[str, str, Sequence[Row]]], accounts: Mapping[str, str]
) -> Markup:
    """Return the table of all principals; ``rows`` are those of each stack by its name, with its
    title, and ``accounts`` the names of accounts by their ids."""
    told = [(name, title, row) for name, title, some in rows for row in some]
    return element(
        "section",
        element("h2", "At a glance", id="glance"),
        element(
            "p",
            "Who may do what in these accounts, and on what condition. ",
            mark("Amber", "care"),
            " is what goes beyond the vendor's page, and what these stacks do not limit.",
        ),
        table(
            ("Who", "Reads", "Writes", "Deletes", "On what condition"),
            [
                (
                    _who(name, title, row, accounts),
                    _items(row.reads, "read"),
                    _items(row.writes, "write"),
                    _items(row.deletes, "delete"),
                    listed(row.conditions) or "none",
                )
                for name, title, row in told
            ],
            class_="principals",
        ),
        aria_labelledby="glance",
    )


def _who(name: str, title: str, row: Row, accounts: Mapping[str, str]) -> Markup:
    account = accounts.get(row.account, row.account)
    becomes = f"as {row.becomes} of account {account}" if row.becomes else f"account {account}"
    return Markup.joined(
        [
            element("p", breakable(row.who), class_="who"),
            element("p", mark(row.kind, "outside" if row.outside else "inside")),
            element("p", breakable(becomes), class_="soft"),
            element("p", mark(row.care, "care")) if row.care else None,
            element("p", element("a", breakable(title), href=f"#{name}")),
        ]
    )


def _items(items: Sequence[Item], style: str) -> Markup | str:
    if not items:
        return element("span", "nothing", class_="soft")
    data = [item for item in items if not item.minor]
    rest = data[_SHOWN:] + [item for item in items if item.minor]
    folded = None
    if rest:
        cared = sum(bool(item.care) for item in rest)
        what = "more" if len(data) > _SHOWN else "of names and settings"
        folded = element(
            "details",
            element(
                "summary",
                f"{len(rest)} {what}",
                Markup.joined([", ", mark(f"{cared} to look at", "care")]) if cared else None,
            ),
            listed([_item(item) for item in rest]),
        )
    return element(
        "div", listed([_item(item) for item in data[:_SHOWN]]), folded, class_=f"items {style}"
    )


def _item(item: Item) -> Markup:
    return Markup.joined(
        [
            breakable(item.what),
            element("span", f", {item.when}", class_="soft") if item.when else None,
            [" ", mark(item.care, "care")] if item.care else None,
        ]
    )


def changes(found: Changes | None) -> Markup | None:
    """Return what changed, if anything was compared."""
    if found is None:
        return None
    told = [_changed(one) for one in found.differences]
    return element(
        "section",
        element("h2", "What changed", id="changes"),
        element("p", "Compared with ", code(found.since), "."),
        told or element("p", "Nothing: nobody's rights, no resource, nothing that is handed over."),
        aria_labelledby="changes",
    )


def _changed(one: Difference) -> Markup:
    fate = {"made": ", new", "gone": ", gone"}.get(one.fate, "")
    rows = [row for party in one.parties for row in _rights_of(party)]
    return Markup.joined(
        [
            element("h3", f"{one.stack}{fate}"),
            table(("Who", "Change", "What", "Where", "When"), rows, class_="changed")
            if rows
            else None,
            _parts(one.parts),
            element("ul", [element("li", other) for other in one.other]) if one.other else None,
        ]
    )


def _rights_of(party: Party) -> list[tuple[object, ...]]:
    who = _party(party)
    signs = (("may now", "care"), ("may no longer", "good"))
    if party.denied:
        signs = (("no longer denied", "care"), ("now denied", "good"))
    rows: list[tuple[object, ...]] = [
        (
            who,
            mark(*sign),
            listed([code(action) for action in rights.actions]),
            listed([words.resource(resource) for resource in rights.resources]),
            _when(rights, before="before" if some is party.more else "still"),
        )
        for sign, some in zip(signs, (party.more, party.fewer), strict=True)
        for rights in some
    ]
    rows += [(who, mark("not compared", "bad"), doubt, "", "") for doubt in party.doubts]
    return rows


def _party(party: Party) -> str:
    holder = words.principal(Principal("AWS", party.arn))
    if party.principal is None:
        return holder
    place = holder if ":role/" in party.arn else words.resource(party.arn)
    return f"{words.principal(party.principal)}, by {place}"


def _when(rights: Rights, before: str) -> Markup:
    lines = [words.conditions(rights.conditions) or "always"]
    for conditions in rights.otherwise:
        same = set(conditions) <= set(rights.conditions)
        lines.append(f"{before}: {'a part of it' if same else words.conditions(conditions)}")
    return Markup.joined([element("p", line) for line in lines])


def _parts(parts: Sequence[Part]) -> Markup | None:
    """Return the resources that differ: those made and gone by themselves, for a block that is new
    has many, folded."""
    if not parts:
        return None
    fates = {"made": "care", "gone": "bad", "replaced": "bad", "changed": "", "kept": ""}
    return element(
        "details",
        element("summary", counted(len(parts), "resource")),
        element(
            "ul",
            [
                element(
                    "li",
                    mark(part.fate, fates[part.fate]),
                    " ",
                    code(part.address),
                    f" ({part.name})" if part.name else None,
                    f": {', '.join(part.attributes)}" if part.attributes else None,
                )
                for part in parts
            ],
            role="list",
            class_="plain",
        ),
        open=len(parts) <= _SHOWN,
    )
