"""The report as one HTML page: no script, and nothing fetched from anywhere."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from athena_gate.gate.report.chapter import SHOWN, Chapter, explained, proved, section
from athena_gate.gate.report.made import Made
from athena_gate.gate.report.markup import Markup, element
from athena_gate.gate.report.parts import code, listed, mark, table
from athena_gate.gate.report.summary import Changes, changes, principals
from athena_gate.gate.text import counted
from athena_gate.modules.account import Account
from athena_gate.modules.iam.result import Result

_STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def page(
    file: str,
    environment: str,
    digests: Sequence[tuple[str, str]],
    made: Made,
    accounts: Sequence[Account],
    chapters: Sequence[Chapter],
    changed: Changes | None,
) -> str:
    """Return the report on the configuration ``file`` in ``environment`` (empty for none);
    ``digests`` are the SHA-256 of each file that it is read from, and ``changed`` is what changed,
    where it was compared.

    The same arguments always give the same page.
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
            _header(file, environment, digests, made, chapters),
            element(
                "div",
                _contents(chapters, changed),
                element(
                    "main",
                    changes(changed),
                    principals(
                        [(one.stack, one.title, one.principals) for one in chapters],
                        {account.id: account.name for account in accounts},
                    ),
                    _blocks(chapters),
                    _accounts(accounts),
                    [section(chapter) for chapter in chapters],
                    _guides(chapters),
                    id="report",
                ),
                class_="beside",
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


def _header(
    file: str,
    environment: str,
    digests: Sequence[tuple[str, str]],
    made: Made,
    chapters: Sequence[Chapter],
) -> Markup:
    facts = [
        ("Date", f"{made.date}, {made.of}"),
        ("Version", f"athena-gate {made.version}"),
        ("Commit", _commit(made)),
        *([("Environment", environment)] if environment else []),
        *((f"SHA-256 of {name}", code(digest)) for name, digest in digests),
    ]
    answers = [result.answer for chapter in chapters for result in chapter.proof.results]
    failed, conditional = answers.count("fails"), answers.count("holds if")
    verdict = "Every claim is proved."
    if failed:
        verdict = f"{counted(failed, 'claim')} not proved."
    elif conditional:
        verdict = f"Every claim is proved, {conditional} of them if others do their part."
    return element(
        "header",
        element("p", "Access report", class_="kicker"),
        element("h1", "Who may reach Athena, and how far"),
        element(
            "p",
            f"{counted(len(chapters), 'block')} of ",
            code(file),
            f". {verdict}",
            class_="facts",
        ),
        element("dl", [[element("dt", k), element("dd", v)] for k, v in facts], class_="facts"),
    )


def _commit(made: Made) -> Markup | str:
    if not made.commit:
        return "none: the file is in no repository of git"
    also = ", with changes that are not in it" if made.changed else None
    return Markup.joined([code(made.commit), also])


def _contents(chapters: Sequence[Chapter], changed: Changes | None) -> Markup:
    links = [("changes", "What changed")] if changed else []
    links += [("glance", "At a glance"), ("blocks", "Blocks"), ("accounts", "Accounts")]
    links += [(chapter.stack, f"{chapter.vendor}: {chapter.title}") for chapter in chapters]
    links.append(("guides", "The vendors' own policies"))
    return element(
        "nav",
        element("ul", [element("li", element("a", text, href=f"#{name}")) for name, text in links]),
        aria_label="Contents",
    )


def _blocks(chapters: Sequence[Chapter]) -> Markup:
    return element(
        "section",
        element("h2", "Blocks", id="blocks"),
        table(
            ("Block", "Accounts", "Claims", "Beside the guide", "Worth knowing"),
            [
                (
                    element("a", chapter.title, href=f"#{chapter.stack}"),
                    ", ".join(account.name for account in chapter.accounts),
                    proved(chapter.proof),
                    explained(chapter.parity),
                    element(
                        "a",
                        counted(len(chapter.remarks), "remark"),
                        href=f"#{chapter.stack}-remarks",
                    )
                    if chapter.remarks
                    else "nothing",
                )
                for chapter in chapters
            ],
        ),
        aria_labelledby="blocks",
    )


def _works_as(account: Account) -> Markup | str:
    if account.assume_role:
        return code(account.assume_role)
    if account.hcp_credentials:
        return f"HCP Terraform's dynamic credentials {account.hcp_credentials}"
    return "its own credentials"


def _accounts(accounts: Sequence[Account]) -> Markup:
    return element(
        "section",
        element("h2", "Accounts", id="accounts"),
        table(
            ("Account", "Id", "Region", "Terraform works as", "Tags on everything"),
            [
                (
                    account.name,
                    code(account.id),
                    code(account.region),
                    _works_as(account),
                    listed([code(f"{key} = {value}") for key, value in account.tags.items()])
                    or "none but the block's",
                )
                for account in accounts
            ],
        ),
        aria_labelledby="accounts",
    )


def _guides(chapters: Sequence[Chapter]) -> Markup:
    rows, failing, asked = [], 0, 0
    for chapter in chapters:
        results = chapter.documented.results
        failed = [result for result in results if not result.holds]
        failing, asked = failing + len(failed), asked + len(results)
        rows.append(
            (
                Markup.joined([chapter.vendor, element("br"), code(chapter.title)]),
                mark(f"{len(failed)} of {len(results)} fail", "bad" if failed else "good"),
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
        element(
            "details",
            element("summary", f"{failing} of {asked} fail: which, and why"),
            table(("Vendor", "Claims", "Which fail, and why"), rows, class_="guides"),
        ),
        class_="sheet",
        aria_labelledby="guides",
    )


def _in_short(result: Result) -> list[Markup]:
    """Return a claim that fails as a term, and as its description why."""
    first = result.failures[0]
    if not first.caller:
        why = [element("p", reason) for reason in dict.fromkeys(f.reason for f in result.failures)]
    elif result.kind == "need":
        actions = dict.fromkeys(failure.action for failure in result.failures)
        why = [element("p", "refused: ", [[code(action), " "] for action in actions])]
    else:
        why = [
            element("p", code(failure.action), " is allowed on ", code(failure.resource))
            for failure in result.failures[:SHOWN]
        ]
    if len(why) > SHOWN:
        why = [*why[:SHOWN], element("p", f"and {len(why) - SHOWN} more")]
    return [
        element("dt", f"{'It cannot ' if result.kind == 'need' else 'Not true: '}{result.says}"),
        element("dd", why),
    ]
