"""The report as one HTML page: no script, and nothing fetched from anywhere."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gate import words
from gate.explain import Explained, Explanation, Rule
from gate.parity import STATUSES, UNEXPLAINED, Document, Parity, Row, Side
from gate.prove import Failure, Proof, Result
from gate.report import picture
from gate.report.flow import Lane
from gate.report.limits import Limits
from gate.report.markup import Markup, element
from modules.account import Account
from modules.iam.policy import Condition

_STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
# One status of a difference each: what lets in more is to be looked at, what lets in less is not.
_MARKS = {"wider": "care", "added": "care", "narrower": "good", "dropped": "good"}


_IDENTITIES = ("user ", "role ", "policy ")
# Of the failures of one claim; `gate prove` has them all.
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Chapter:
    """What the report says of one block. ``documented`` is the proof of the same claims for the
    vendor's own policies, and ``remarks`` are what `gate check` points out."""

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
    documented: Proof


def page(file: str, digest: str, accounts: Sequence[Account], chapters: Sequence[Chapter]) -> str:
    """Return the report on the configuration ``file``, whose SHA-256 is ``digest``.

    The same configuration and stacks always give the same page.
    """
    style = Markup(_STYLE)
    # https://www.w3.org/TR/CSP3/ (2026-11): nothing but this very style sheet.
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"Access to Athena: {file}"),
        element("style", style),
    )
    body = element(
        "body",
        element("a", "Skip to the report", class_="skip", href="#report"),
        element(
            "div",
            _header(file, digest, chapters),
            _contents(chapters),
            element(
                "main",
                _summary(chapters),
                _accounts(accounts),
                [_chapter(chapter) for chapter in chapters],
                _guides(chapters),
                id="report",
            ),
            element(
                "footer",
                element(
                    "p",
                    "Made by athena-gate from the configuration and the synthesized stacks; "
                    "nothing was asked of AWS. What is proved holds for every request, as far as "
                    "the policies of these stacks decide it; what others of the accounts add is "
                    "not known here.",
                ),
            ),
            class_="page",
        ),
    )
    return "<!doctype html>\n" + element("html", head, body, lang="en") + "\n"


def _header(file: str, digest: str, chapters: Sequence[Chapter]) -> Markup:
    failed = sum(not result.holds for chapter in chapters for result in chapter.proof.results)
    verdict = "Every claim is proved." if not failed else f"{_count(failed, 'claim')} not proved."
    return element(
        "header",
        element("p", "Access report", class_="kicker"),
        element("h1", "Who may reach Athena, and how far"),
        element(
            "p",
            f"{_count(len(chapters), 'block')} of ",
            _code(file),
            f". {verdict}",
            class_="facts",
        ),
        element("p", "SHA-256 of the file: ", _code(digest), class_="facts"),
    )


def _contents(chapters: Sequence[Chapter]) -> Markup:
    links = [(chapter.stack, f"{chapter.vendor}: {chapter.title}") for chapter in chapters]
    links.append(("guides", "The vendors' own policies"))
    return element(
        "nav",
        element("ul", [element("li", element("a", text, href=f"#{name}")) for name, text in links]),
        aria_label="Contents",
    )


def _summary(chapters: Sequence[Chapter]) -> Markup:
    return element(
        "section",
        element("h2", "At a glance", id="summary"),
        _table(
            ("Block", "Accounts", "Claims", "Beside the guide", "Worth knowing"),
            [
                (
                    element("a", chapter.title, href=f"#{chapter.stack}"),
                    ", ".join(account.name for account in chapter.accounts),
                    _proved(chapter.proof),
                    _explained(chapter.parity),
                    element(
                        "a",
                        _count(len(chapter.remarks), "remark"),
                        href=f"#{chapter.stack}-remarks",
                    )
                    if chapter.remarks
                    else "nothing",
                )
                for chapter in chapters
            ],
        ),
        aria_labelledby="summary",
    )


def _proved(proof: Proof) -> Markup:
    failed = sum(not result.holds for result in proof.results)
    if failed:
        return _mark(f"{failed} of {len(proof.results)} not proved", "bad")
    return _mark(f"all {len(proof.results)} proved", "good")


def _explained(parity: Parity) -> Markup:
    if parity.unexplained:
        return _mark(f"{_count(parity.unexplained, 'difference')} unexplained", "bad")
    different = sum(number for status, number in parity.counts.items() if status != "same")
    return _mark(f"{_count(different, 'difference')}, all explained", "good")


def _accounts(accounts: Sequence[Account]) -> Markup:
    return element(
        "section",
        element("h2", "Accounts", id="accounts"),
        _table(
            ("Account", "Id", "Region", "Terraform works as", "Tags on everything"),
            [
                (
                    account.name,
                    _code(account.id),
                    _code(account.region),
                    _code(account.assume_role) if account.assume_role else "its own credentials",
                    _list([_code(f"{key} = {value}") for key, value in account.tags.items()])
                    or "none but the block's",
                )
                for account in accounts
            ],
        ),
        aria_labelledby="accounts",
    )


def _chapter(chapter: Chapter) -> Markup:
    name = chapter.stack
    return element(
        "section",
        element(
            "header",
            element("h2", f"{chapter.vendor}: ", _code(chapter.title), id=name),
            element(
                "ul",
                element("li", _proved(chapter.proof)),
                element("li", _explained(chapter.parity)),
                class_="marks",
            ),
        ),
        _picture(chapter),
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
                    None if rule.effect == "Allow" else [_mark("never", "good"), " "],
                    rule.does,
                ]
            ),
            _list(rule.where) or "everywhere in the account",
            rule.when or "always",
            element(
                "details",
                element("summary", rule.by.rpartition(" ")[2]),
                _list([_code(action) for action in rule.actions]),
                element("p", "on"),
                _list([_code(resource) for resource in rule.resources]),
            ),
        )
        for rule in rules
    ]
    if not any(rule.who for rule in rules):
        return _table(told[1:], [row[1:] for row in rows], class_="rules")
    return _table(told, rows, class_="rules")


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
                _sign(result.holds),
                result.says,
                element("span", f" ({result.of})", class_="soft") if several else None,
                [_failure(failure) for failure in result.failures[:_SHOWN]],
                element("p", f"and {len(result.failures) - _SHOWN} more like these")
                if len(result.failures) > _SHOWN
                else None,
            )
            for result in results
        ],
        class_="claims",
        role="list",
    )


def _sign(holds: bool) -> Markup:
    said, sign, style = ("Proved: ", "✓", "good") if holds else ("Not proved: ", "✗", "bad")
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
            element("p", _code(failure.action), f" {failure.reason}, on ", _code(failure.resource)),
            element("p", "for ", _code(failure.caller)),
        ]
        context: Mapping[str, tuple[str, ...]] = failure.context or {}
        lines += [
            element("p", "with ", _code(f"{key} = {', '.join(values)}"))
            for key, values in context.items()
        ]
    lines += [element("p", "by ", _code(place)) for place in failure.by]
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
                        element("dt", _mark(f"{counts[status]} {status}", _MARKS.get(status, ""))),
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
        element("summary", f"{title}: {_count(len(rows), 'row')}"),
        _table(
            ("What", "In the guide", "Ours", "Why"),
            [
                (
                    Markup.joined([_mark(row.status, _MARKS.get(row.status, "")), _actions(row)]),
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
    return _list([_code(denied + action) for action in side.actions] if side else [])


def _side(side: Side | None) -> Markup | str:
    if side is None:
        return "nothing"
    places = [_code(text) for text in side.resources]
    places += [Markup.joined(["for ", _code(principal)]) for principal in side.principals]
    return Markup.joined(
        [_list(places), [element("p", _condition(c), class_="soft") for c in side.conditions]]
    )


def _condition(condition: Condition) -> Markup:
    values = " or ".join(condition.values)
    return Markup.joined(["if ", _code(f"{condition.key} {condition.operator} {values}")])


def _limits(chapter: Chapter) -> Markup:
    several = len(chapter.accounts) > 1
    names = {account.id: account.name for account in chapter.accounts}
    return Markup.joined(
        [
            element("h3", "Cost and retention"),
            _table(
                ("Resource", "Settings"),
                [
                    (
                        Markup.joined(
                            [
                                found.resource,
                                element("br"),
                                _code(found.name),
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


def _guides(chapters: Sequence[Chapter]) -> Markup:
    rows = []
    for chapter in chapters:
        results = chapter.documented.results
        failed = [result for result in results if not result.holds]
        rows.append(
            (
                Markup.joined([chapter.vendor, element("br"), _code(chapter.title)]),
                _mark(f"{len(failed)} of {len(results)} fail", "bad" if failed else "good"),
                element("dl", [_in_short(result) for result in failed]) if failed else "none",
            )
        )
    return element(
        "section",
        element("h2", "The vendors' own policies", id="guides"),
        element(
            "p",
            "The same claims, asked of the policies that the vendors' pages document, filled with "
            "the values of these blocks.",
        ),
        _table(("Vendor", "Claims", "Which fail, and why"), rows, class_="guides"),
        class_="sheet",
        aria_labelledby="guides",
    )


def _in_short(result: Result) -> list[Markup]:
    """Return a claim that fails as a term, and as its description why."""
    kinds = {"need": "It cannot ", "never": "Not true: ", "check": "Not true: "}
    first = result.failures[0]
    if not first.caller:
        why = [element("p", reason) for reason in dict.fromkeys(f.reason for f in result.failures)]
    elif result.kind == "need":
        actions = dict.fromkeys(failure.action for failure in result.failures)
        why = [element("p", "refused: ", [[_code(action), " "] for action in actions])]
    else:
        why = [
            element("p", _code(failure.action), " is allowed on ", _code(failure.resource))
            for failure in result.failures[:_SHOWN]
        ]
    if len(why) > _SHOWN:
        why = [*why[:_SHOWN], element("p", f"and {len(why) - _SHOWN} more")]
    return [
        element("dt", f"{kinds[result.kind]}{result.says}"),
        element("dd", why),
    ]


def _table(
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


def _list(items: Sequence[object]) -> Markup:
    if not items:
        return Markup()
    return element("ul", [element("li", item) for item in items], role="list")


def _mark(text: str, style: str = "") -> Markup:
    return element("span", text, class_=f"mark {style}".strip())


def _code(text: object) -> Markup:
    # An ARN is rather cut behind its separators than anywhere.
    parts = re.split("(?<=[:/])", str(text)) if str(text).startswith("arn:") else [text]
    return element("code", [[element("wbr") if n else None, part] for n, part in enumerate(parts)])


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
