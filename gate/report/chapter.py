"""What the report says of one block."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from athena_gate.gate.explain import Explained, Explanation, Rule, words
from athena_gate.gate.parity import UNEXPLAINED, Document, Parity, Row, Side
from athena_gate.gate.parity.comparison import STATUSES
from athena_gate.gate.prove import Proof
from athena_gate.gate.report import picture
from athena_gate.gate.report.flow import Lane
from athena_gate.gate.report.limits import Limits
from athena_gate.gate.report.markup import Markup, element
from athena_gate.gate.report.parts import code, deeds, listed, mark, table
from athena_gate.gate.report.principals import Row as PrincipalRow
from athena_gate.gate.text import counted
from athena_gate.modules.account import Account
from athena_gate.modules.iam.policy import Condition
from athena_gate.modules.iam.result import Answer, Failure, Result
from athena_gate.modules.iam.todo import ToDo

# One status of a difference each: what lets in more is to be looked at, what lets in less is not.
_MARKS = {"wider": "care", "added": "care", "narrower": "good", "dropped": "good"}


_IDENTITIES = ("user ", "role ", "policy ")
# Of the failures of one claim; `gate prove` has them all.
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Chapter:
    """What the report says of one block. ``documented`` is the proof of the same claims for the
    vendor's own policies, ``remarks`` are what `gate check` points out, ``todos`` what others must
    do, by whom, and ``principals`` the rows of the first table."""

    title: str
    vendor: str
    stack: str
    accounts: tuple[Account, ...]
    lanes: tuple[Lane, ...]
    explanation: Explanation
    proof: Proof
    parity: Parity
    limits: tuple[Limits, ...]
    remarks: tuple[str, ...]
    todos: Mapping[str, tuple[ToDo, ...]]
    documented: Proof
    principals: tuple[PrincipalRow, ...]


def section(chapter: Chapter) -> Markup:
    """Return the section on one block."""
    name = chapter.stack
    return element(
        "section",
        element(
            "header",
            element("h2", f"{chapter.vendor}: ", code(chapter.title), id=name),
            element(
                "ul",
                element("li", proved(chapter.proof)),
                element("li", explained(chapter.parity)),
                class_="marks",
            ),
        ),
        _picture(chapter),
        _todos(chapter),
        _remarks(chapter),
        _access(chapter),
        _claims(chapter),
        _beside_the_guide(chapter),
        _limits(chapter),
        class_="sheet",
        aria_labelledby=name,
    )


def _picture(chapter: Chapter) -> Markup:
    titles = {a.id: f"Account {a.name}, {a.id}, {a.region}" for a in chapter.accounts}
    return element(
        "figure",
        picture.wide(chapter.lanes, titles, chapter.stack),
        picture.narrow(chapter.lanes, titles, chapter.stack),
        element("figcaption", [element("p", lane.sentence()) for lane in chapter.lanes]),
    )


def _todos(chapter: Chapter) -> Markup | None:
    """Return what others must do, with the statements of policies folded."""
    if not chapter.todos:
        return None
    rows = [
        (who, Markup.joined([mark("to do", "care"), " ", one.says]), _asked(one))
        for who, todos in chapter.todos.items()
        for one in todos
    ]
    return Markup.joined(
        [
            element("h3", "What others must do", id=f"{chapter.stack}-todo"),
            element("p", "It lies outside of this stack, and what is proved of it rests on this."),
            table(("Who", "What must be so", "How"), rows),
        ]
    )


def _asked(todo: ToDo) -> Markup:
    page = element("a", todo.page, href=todo.page, rel="noreferrer") if todo.page else None
    if todo.policy is None:
        return Markup.joined([page])
    text = json.dumps(todo.policy.document()["Statement"], indent=2)
    said = element("summary", "statements for the policy of ", code(todo.resource))
    return Markup.joined([page, element("details", said, element("pre", text))])


def _remarks(chapter: Chapter) -> Markup | None:
    if not chapter.remarks:
        return None
    return Markup.joined(
        [
            element("h3", "Worth knowing", id=f"{chapter.stack}-remarks"),
            element("ul", [element("li", remark) for remark in chapter.remarks]),
        ]
    )


def _access(chapter: Chapter) -> Markup:
    told = (*chapter.explanation.identities, *chapter.explanation.resources)
    return Markup.joined([element("h3", "Who may do what"), [_explained_one(one) for one in told]])


def _explained_one(one: Explained) -> Markup:
    return Markup.joined(
        [
            element("h4", _capitalized(one.title)),
            [element("p", f"Who may become it: {who}.") for who in one.becomes],
            [element("p", f"It {remark}.") for remark in one.remarks],
            _rules(one.rules),
        ]
    )


def _rules(rules: Sequence[Rule]) -> Markup:
    if not rules:
        return element("p", "No policy in this stack grants it anything.")
    told = ("Who", "May", "Where", "When", "Statement")
    rows = [
        (
            words.joined(rule.who) or None,
            Markup.joined(
                [
                    None if rule.effect == "Allow" else [mark("never", "good"), " "],
                    deeds(rule.does),
                ]
            ),
            listed(rule.where) or "everywhere in the account",
            rule.when or "always",
            element(
                "details",
                element("summary", rule.by.rpartition(" ")[2]),
                listed([code(action) for action in rule.actions]),
                element("p", "on"),
                listed([code(resource) for resource in rule.resources]),
            ),
        )
        for rule in rules
    ]
    if not any(rule.who for rule in rules):
        return table(told[1:], [row[1:] for row in rows], class_="rules")
    return table(told, rows, class_="rules")


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _claims(chapter: Chapter) -> Markup:
    groups = (
        ("need", "What it needs, and can"),
        ("never", "What it never can"),
        ("check", "What was checked besides"),
    )
    proof = chapter.proof
    return Markup.joined(
        [
            element("h3", "What was proved"),
            element(
                "div",
                [
                    element(
                        "div",
                        element("h4", title),
                        _results([r for r in proof.results if r.kind == kind]),
                    )
                    for kind, title in groups
                ],
                class_="columns",
            ),
            [element("p", note, class_="soft") for note in proof.notes],
        ]
    )


def _results(results: Sequence[Result]) -> Markup:
    several = len({one.of for one in results if one.of.startswith(_IDENTITIES)}) > 1
    return element(
        "ul",
        [
            element(
                "li",
                _sign(result.answer),
                result.says,
                element("span", f" ({result.of})", class_="soft") if several else None,
                _conditions(result),
                [_failure(failure) for failure in result.failures[:SHOWN]],
                element("p", f"and {len(result.failures) - SHOWN} more like these")
                if len(result.failures) > SHOWN
                else None,
            )
            for result in results
        ],
        class_="claims",
        role="list",
    )


def _conditions(result: Result) -> Markup | None:
    if result.answer != "holds if":
        return None
    return element("div", [element("p", f"if {one}") for one in result.conditions], class_="soft")


_SIGNS: Mapping[Answer, tuple[str, str, str]] = {
    "holds": ("Proved: ", "✓", "good"),
    "holds if": ("Proved if others do their part: ", "\N{EN DASH}", "care"),
    "fails": ("Not proved: ", "✗", "bad"),
}


def _sign(answer: Answer) -> Markup:
    said, sign, style = _SIGNS[answer]
    return element(
        "span",
        element("span", sign, aria_hidden="true"),
        class_=f"sign {style}",
        role="img",
        aria_label=said,
    )


def _failure(failure: Failure) -> Markup:
    lines = [element("p", failure.reason)]
    if failure.caller:
        lines = [
            element("p", code(failure.action), f" {failure.reason}, on ", code(failure.resource)),
            element("p", "for ", code(failure.caller)),
        ]
    if failure.context:
        given = [code(f"{key} = {', '.join(of)}") for key, of in failure.context.items()]
        lines.append(element("p", "with ", [[", " if n else None, g] for n, g in enumerate(given)]))
    lines += [element("p", "by ", code(place)) for place in failure.by]
    return element("div", lines, class_="failure")


def _beside_the_guide(chapter: Chapter) -> Markup:
    counts = chapter.parity.counts
    return Markup.joined(
        [
            element("h3", "Beside the vendor's guide"),
            element(
                "dl",
                [
                    [
                        element("dt", mark(f"{counts[status]} {status}", _MARKS.get(status, ""))),
                        element("dd", meaning),
                    ]
                    for status, meaning in STATUSES.items()
                    if status in counts
                ],
                class_="counts",
            ),
            [_document(document) for document in chapter.parity.documents],
        ]
    )


def _document(document: Document) -> Markup:
    title = document.title + (", trust policy" if document.policy == "trust" else "")
    if not document.deployed:
        return Markup.joined(
            [element("h4", title), element("p", "This block has no such policy.", class_="soft")]
        )
    changed, same = (
        [
            (section.statement, kept)
            for section in document.sections
            if (kept := [row for row in section.rows if (row.status == "same") is wanted])
        ]
        for wanted in (False, True)
    )
    unexplained = document.unexplained > 0
    return Markup.joined(
        [
            element("h4", title),
            element(
                "p",
                element("a", document.source, href=document.source, rel="noreferrer"),
                f", read {document.date}",
            ),
            _differences("What differs", changed, opened=unexplained),
            _differences("What is the same", same, opened=False),
        ]
    )


def _differences(
    title: str, sections: Sequence[tuple[str, Sequence[Row]]], opened: bool
) -> Markup | None:
    rows = [row for _, rows in sections for row in rows]
    if not rows:
        return None
    return element(
        "details",
        element("summary", f"{title}: {counted(len(rows), 'row')}"),
        table(
            ("What", "In the guide", "Ours", "Why"),
            [
                (
                    Markup.joined([mark(row.status, _MARKS.get(row.status, "")), _actions(row)]),
                    _side(row.guide),
                    _side(row.ours),
                    [element("p", reason) for reason in _reasons(row)],
                )
                for row in rows
            ],
            groups=[(statement, len(rows)) for statement, rows in sections],
            class_="quarters",
        ),
        open=opened,
    )


def _reasons(row: Row) -> tuple[str, ...]:
    return row.reasons if row.explained else (*row.reasons, UNEXPLAINED)


def _actions(row: Row) -> Markup:
    side = row.guide or row.ours
    denied = "Deny " if row.effect == "Deny" else ""
    return listed([code(denied + action) for action in side.actions] if side else [])


def _side(side: Side | None) -> Markup | str:
    if side is None:
        return "nothing"
    places = [code(text) for text in side.resources]
    places += [Markup.joined(["for ", code(principal)]) for principal in side.principals]
    return Markup.joined(
        [listed(places), [element("p", _condition(c), class_="soft") for c in side.conditions]]
    )


def _condition(condition: Condition) -> Markup:
    values = " or ".join(condition.values)
    return Markup.joined(["if ", code(f"{condition.key} {condition.operator} {values}")])


def _limits(chapter: Chapter) -> Markup:
    several = len(chapter.accounts) > 1
    names = {account.id: account.name for account in chapter.accounts}
    return Markup.joined(
        [
            element("h3", "Cost and retention"),
            table(
                ("Resource", "Settings"),
                [
                    (
                        Markup.joined(
                            [
                                found.resource,
                                element("br"),
                                code(found.name),
                                [element("br"), f"in {names.get(found.account, found.account)}"]
                                if several
                                else None,
                            ]
                        ),
                        element(
                            "dl",
                            [
                                [element("dt", name), element("dd", value)]
                                for name, value in found.settings
                            ],
                        ),
                    )
                    for found in chapter.limits
                ],
            ),
        ]
    )


def proved(proof: Proof) -> Markup:
    """Return how many claims are proved."""
    failed = sum(not result.holds for result in proof.results)
    if failed:
        return mark(f"{failed} of {len(proof.results)} not proved", "bad")
    conditional = sum(result.answer == "holds if" for result in proof.results)
    if conditional:
        told = f"all {len(proof.results)} proved, {conditional} if others do their part"
        return mark(told, "care")
    return mark(f"all {len(proof.results)} proved", "good")


def explained(parity: Parity) -> Markup:
    """Return how many differences from the guide there are, and whether all have a reason."""
    if parity.unexplained:
        return mark(f"{counted(parity.unexplained, 'difference')} unexplained", "bad")
    different = sum(number for status, number in parity.counts.items() if status != "same")
    if not different:
        return mark("the same", "")
    return mark(f"{counted(different, 'difference')}, all explained", "good")
