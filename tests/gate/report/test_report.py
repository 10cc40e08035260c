"""The report as whoever reviews the access meets it."""

import base64
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from athena_gate.gate.diff import Difference, Part, Party, Rights
from athena_gate.gate.explain import Explained, Explanation, Rule
from athena_gate.gate.parity import Document, Parity, Row, Section, Side
from athena_gate.gate.prove import Proof
from athena_gate.gate.report.chapter import Chapter
from athena_gate.gate.report.flow import Lane, Node
from athena_gate.gate.report.limits import Limits
from athena_gate.gate.report.made import Made
from athena_gate.gate.report.page import page
from athena_gate.gate.report.principals import Item
from athena_gate.gate.report.principals import Row as PrincipalRow
from athena_gate.gate.report.summary import Changes
from athena_gate.modules.account import Account
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from athena_gate.modules.iam.result import Failure, Result
from athena_gate.modules.iam.todo import ToDo
from tests.conftest import ACCOUNT, ROOT, Project, make_project
from tests.gate.report.browser import Browser, NoBrowser, browser, find
from tests.gate.test_cli import gate

HOSTILE = """</code><script>alert('x')</script><img src=x onerror=alert(1)>"' & ${x}"""
_VOID = {"br", "meta", "wbr"}


class Page(HTMLParser):
    """The elements of a page; fails where one is not closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def made(text: str) -> str:
    """Return a page in which everything that can come from elsewhere is ``text``."""
    account = Account.model_construct(
        name=text, id=text, region=text, assume_role=text, tags={text: text}
    )
    side = Side((text,), (text,), (text,), (Condition(text, text, (text,)),))
    row = Row("added", "Allow", side, side, (text,), False)
    result = Result(
        "never", text, text, text, (Failure(text, text, text, text, {text: (text,)}, (text,)),)
    )
    proof = Proof(text, text, text, 1, (result,), (text,))
    rule = Rule("Deny", (text,), (text,), text, (text,), text, text, (text,))
    node = Node("data", text, text, "1", (text,), text)
    item = Item(text, text, text)
    policy = Policy((Statement("Allow", (text,), (text,), sid=text),))
    chapter = Chapter(
        title=text,
        vendor=text,
        stack="stack",
        accounts=(account,),
        lanes=(Lane((node,), node, node, (node,)),),
        explanation=Explanation(text, (Explained(text, text, (text,), (rule,), (text,)),), ()),
        proof=proof,
        parity=Parity(
            text,
            text,
            (
                Document(
                    text,
                    "access",
                    text,
                    "https://example.com",
                    text,
                    True,
                    (Section(text, (row,)),),
                    {"added": 1},
                    1,
                ),
            ),
        ),
        limits=(Limits(text, text, text, ((text, text),)),),
        remarks=(text,),
        todos={text: (ToDo(text, text, text, text, text, text, policy),)},
        documented=proof,
        principals=(
            PrincipalRow(
                text,
                text,
                True,
                text,
                text,
                (item,),
                (item,),
                (replace(item, minor=True),),
                (text,),
            ),
        ),
    )
    rights = Rights((text,), (text,), side.conditions, (side.conditions,), text)
    party = Party(text, Principal("AWS", text), False, (rights,), (rights,), (text,))
    part = Part("replaced", text, text, (text,))
    changed = Changes(text, (Difference(text, "changed", (party,), (part,), (text,)),))
    made_of = Made(text, text, text, text, True)
    return page(text, text, [(text, text)], made_of, [account], [chapter], changed)


def test_nothing_from_elsewhere_becomes_part_of_the_page() -> None:
    plain, hostile = Page(made("x")), Page(made(HOSTILE))

    def structure(found: Page) -> list[tuple[str, list[str]]]:
        # Where a long text may be cut depends on the text.
        return [(tag, sorted(a)) for tag, a in found.elements if tag not in ("wbr", "text")]

    assert structure(hostile) == structure(plain)
    assert HOSTILE in hostile.text


def test_a_script_in_a_tag_is_a_mistake_in_the_configuration(project: Project) -> None:
    tagged = ACCOUNT.replace("}\n", '  tags = { owner = "<script>" }\n}\n')
    project.write(project.file.read_text().replace(ACCOUNT, tagged))
    done = gate(project.folder, "report")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate.hcl:4: account \"analytics\": tags: owner: '<script>' is not a tag value; allowed: "
        'up to 256 letters, digits, spaces and _ . : / = + - @, not starting with "aws:" '
        "[GATE207]\n"
        "gate: 1 mistake in gate.hcl\n",
    )


def test_the_page_allows_itself_nothing_but_its_own_style_sheet() -> None:
    found = Page(made("x"))
    style = re.findall("<style>(.*?)</style>", made("x"), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    policies = [m["content"] for m in found.all("meta") if "http-equiv" in m]
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
    inline = [tag for tag, attributes in found.elements if "style" in attributes]
    fetched = [tag for tag, attributes in found.elements if "src" in attributes]
    assert (inline, fetched, found.all("script"), found.all("link")) == ([], [], [], [])
    assert re.findall(r"url\((?!#)|@import", style[0]) == []


def test_a_stack_that_was_not_synthesized_is_named(project: Project) -> None:
    done = gate(project.folder, "report")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: dot-reporting was not synthesized yet; run: gate synth (or cdktf synth)\n",
    )


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, pgp_key: pysequoia.Tsk) -> Project:
    """The repository's own gate.hcl, which has a block of each integration, synthesized."""
    text = (ROOT / "gate.hcl").read_text().replace("keys/example.asc", "keys/ops.asc")
    project = make_project(tmp_path_factory.mktemp("report"), pgp_key, text)
    project.synth()
    return project


EPOCH = "1795651200"


@pytest.fixture(scope="module")
def written(everything: Project) -> Path:
    """The report on ``everything``."""
    done = gate(everything.folder, "report", SOURCE_DATE_EPOCH=EPOCH)
    assert (done.returncode, done.stdout, done.stderr) == (0, ".gate/report.html\n", "")
    return everything.folder / ".gate" / "report.html"


@pytest.mark.slow
def test_the_report_is_whole_and_in_order(written: Path) -> None:
    found = Page(written.read_text())
    ids = [str(a["id"]) for _, a in found.elements if "id" in a]
    assert sorted(set(ids)) == sorted(ids)
    targets = {str(a["href"])[1:] for a in found.all("a") if str(a["href"]).startswith("#")}
    assert targets - set(ids) == set()
    assert [a for a in found.all("th") if "scope" not in a] == []
    assert [tag for tag, _ in found.elements if tag in ("header", "nav", "main", "footer")][:2] == [
        "header",
        "nav",
    ]
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert [(a, b) for a, b in pairwise(levels) if b > a + 1] == []
    labels = {str(a["aria-labelledby"]) for a in found.all("section")}
    assert labels == {
        "glance",
        "blocks",
        "accounts",
        "dot-reporting",
        "metronome-billing",
        "immuta-governed",
        "dbt-ci",
        "dynamodb-connector-orders",
        "guides",
    }


@pytest.mark.slow
def test_the_same_configuration_gives_the_same_report(everything: Project, written: Path) -> None:
    other = everything.folder / "other.html"
    variables = {"SOURCE_DATE_EPOCH": EPOCH, "PYTHONHASHSEED": "1"}
    done = gate(everything.folder, "report", "--output", str(other), **variables)
    assert (done.returncode, done.stdout) == (0, f"{other}\n")
    assert other.read_bytes() == written.read_bytes()


@pytest.mark.slow
def test_the_report_says_when_and_by_which_version_it_was_made(written: Path) -> None:
    facts = re.findall('<dl class="facts">(.*?)</dl>', written.read_text())
    told = [re.sub("<[^>]*>", "", fact) for fact in re.findall("<d[td]>(.*?)</d[td]>", facts[0])]
    digest = hashlib.sha256((written.parent.parent / "gate.hcl").read_bytes()).hexdigest()
    assert told == [
        *("Date", "2026-11-26 00:00 UTC, as SOURCE_DATE_EPOCH has it"),
        *("Version", f"athena-gate {version('athena-gate')}"),
        *("Commit", "none: the file is in no repository of git"),
        *("SHA-256 of gate.hcl", digest),
    ]


@pytest.mark.slow
def test_the_report_says_what_changed_since_another(everything: Project) -> None:
    earlier = everything.folder / "earlier"
    earlier.mkdir()
    shutil.copytree(everything.folder / "keys", earlier / "keys")
    (earlier / "gate.hcl").write_text(
        everything.file.read_text().replace('prefixes = ["sales/"]', 'prefixes = ["hr/"]')
    )
    changed = everything.folder / "changed.html"
    for since in ("earlier", "cdktf.out"):
        done = gate(everything.folder, "report", "--output", str(changed), "--against", since)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{changed}\n", "")
        section = changed.read_text().partition('id="changes"')[2].partition("</section>")[0]
        marks = re.findall('class="mark [a-z]+">([^<]*)<', section)
        assert marks == {"earlier": ["may now", "may no longer"], "cdktf.out": []}[since]
    done = gate(everything.folder, "report", "--against", "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'nowhere' is neither a folder nor a commit of git here" in done.stderr


@pytest.mark.slow
def test_a_date_that_is_none_is_refused(everything: Project) -> None:
    done = gate(everything.folder, "report", SOURCE_DATE_EPOCH="today")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: SOURCE_DATE_EPOCH is 'today'; allowed: seconds since 1970, as in 1795651200\n",
    )


@pytest.mark.slow
def test_the_report_says_which_guides_fail_which_claims(written: Path) -> None:
    text = Page(written.read_text()).text
    for sentence in (
        "It cannot let Athena write results",
        "athena:GetDatabase does not work on arn:aws:athena:*:111122223333:workgroup/primary",
    ):
        assert sentence in text


@pytest.mark.slow
def test_a_file_that_cannot_be_written_is_named(everything: Project) -> None:
    done = gate(everything.folder, "report", "--output", "nowhere/report.html")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: nowhere/report.html cannot be written: No such file or directory; name another "
        "with --output\n",
    )


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium; without one the test is skipped, and fails where CI is set."""
    try:
        binary, variables = find()
    except NoBrowser as error:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    with browser(binary, variables, tmp_path_factory.mktemp("chromium")) as running:
        yield running


OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"

# WCAG 2.2, 1.4.3 (https://www.w3.org/TR/WCAG22/#contrast-minimum, 2026-11): 4.5, and 3 for text
# of 24 pixels, or 18.66 and bold. Yields what has less.
TOO_FAINT = """
(() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const rgba = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = element => {
    const box = element.closest("g.box");
    if (box) return rgba(getComputedStyle(box.querySelector("rect")).fill);
    for (let one = element; one; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const colour = element.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(rgba(colour)), light(behind(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5))
      found.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className.baseVal ??
        element.className}: ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
  return [...new Set(found)];
})()
"""

# A text of the picture that leaves its box.
TOO_LONG = """
[...document.querySelectorAll("svg text")].filter(text => {
  const right = element => element.getBoundingClientRect().right;
  const box = text.closest("g.box");
  return box && text.getClientRects().length && right(text) > right(box.querySelector("rect"));
}).map(text => text.textContent)
"""


# A text of a picture that a line goes through, as it is drawn.
CROSSED = """
[...document.querySelectorAll("svg")].filter(svg => svg.getClientRects().length).flatMap(svg => {
  const texts = [...svg.querySelectorAll("text")].map(text => [text, text.getBBox()]);
  return [...svg.querySelectorAll("path.link")].flatMap(path => {
    const points = [];
    for (let at = 0; at <= path.getTotalLength(); at += 2) points.push(path.getPointAtLength(at));
    return texts.filter(([, box]) => points.some(point =>
      point.x > box.x && point.x < box.x + box.width &&
      point.y > box.y && point.y < box.y + box.height)).map(([text]) => text.textContent);
  });
})
"""

# Whether the contents are in sight at the end of the page, and a link leads to what it names.
IN_SIGHT = """
new Promise(resolve => {
  document.documentElement.style.scrollBehavior = "auto";
  document.querySelector("nav a[href='#guides']").click();
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const nav = document.querySelector("nav").getBoundingClientRect();
    const heading = document.querySelector("#guides").getBoundingClientRect();
    const beside = heading.left >= nav.right || heading.top >= nav.bottom;
    resolve(nav.top >= 0 && nav.top < 20 && nav.height > 20 && heading.top >= 0 &&
      heading.bottom <= innerHeight && beside);
  }));
})
"""


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_is_readable(chromium: Browser, written: Path, width: int, scheme: str) -> None:
    chromium.emulate(width, 900, scheme)
    chromium.open(written.as_uri())
    assert chromium.evaluate(IN_SIGHT) is True
    chromium.evaluate("scrollTo(0, 0)")
    screenshot(chromium, f"report-{'phone' if width < 600 else 'wide'}-{scheme}.png", width)
    chromium.evaluate(OPEN_ALL)
    assert chromium.evaluate("document.title") == "Access to Athena: gate.hcl"
    assert chromium.evaluate("document.documentElement.scrollWidth") == width
    assert chromium.evaluate(TOO_FAINT) == []
    assert chromium.evaluate(TOO_LONG) == []
    assert chromium.evaluate(CROSSED) == []
    assert requested(chromium) == [written.as_uri()]
    assert complaints(chromium) == []


@pytest.mark.slow
def test_every_section_has_its_heading_on_the_screen(chromium: Browser, written: Path) -> None:
    chromium.emulate(1280, 900, "light")
    chromium.open(written.as_uri())
    shown = (
        "[...document.querySelectorAll('h1, h2')].filter(h => h.offsetHeight).map(h => h.innerText)"
    )
    assert chromium.evaluate(shown) == [
        "Who may reach Athena, and how far",
        "At a glance",
        "Blocks",
        "Accounts",
        'Dot: dot "reporting"',
        'Metronome: metronome "billing"',
        'Immuta: immuta "governed"',
        'dbt: dbt "ci"',
        'Athena DynamoDB connector: dynamodb_connector "orders"',
        "The vendors' own policies",
    ]


@pytest.mark.slow
def test_the_vendors_own_policies_are_folded(written: Path) -> None:
    section = written.read_text().partition('id="guides"')[2]
    folded = re.findall("<details[^>]*><summary>([^<]*)</summary><table", section)
    assert [re.sub("[0-9]+", "N", summary) for summary in folded] == ["N of N fail: which, and why"]
    assert "<details open" not in section


@pytest.mark.slow
def test_the_page_itself_refuses_what_is_not_its_own(chromium: Browser, written: Path) -> None:
    chromium.open(written.as_uri())
    refused = """
    new Promise(resolve => {
      const found = [];
      document.addEventListener("securitypolicyviolation", event =>
        found.push(event.effectiveDirective) === 2 && resolve(found.sort()));
      document.body.appendChild(new Image()).src = "https://example.com/x.png";
      document.body.appendChild(document.createElement("script")).textContent = "window.ran = 1";
    })
    """
    assert chromium.evaluate(refused) == ["img-src", "script-src-elem"]
    assert chromium.evaluate("window.ran") is None


@pytest.mark.slow
def test_on_paper_what_is_folded_away_is_printed(chromium: Browser, written: Path) -> None:
    chromium.emulate(1280, 900, "dark", media="print")
    chromium.open(written.as_uri())
    hidden = (
        "[...document.querySelectorAll('details')]"
        ".filter(one => one.offsetHeight <= one.querySelector('summary').offsetHeight + 2).length"
    )
    assert chromium.evaluate(hidden) == 0
    assert chromium.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    assert chromium.evaluate(TOO_FAINT) == []
    stranded = (
        "[...document.querySelectorAll('h2, h3, h4, h4 + p, summary, thead, .group')]"
        ".filter(one => getComputedStyle(one).breakAfter != 'avoid').length"
    )
    assert chromium.evaluate(stranded) == 0
    printed = chromium.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")


def requested(chromium: Browser) -> list[str]:
    return [
        event["request"]["url"]
        for name, event in chromium.events
        if name == "Network.requestWillBeSent"
    ]


def complaints(chromium: Browser) -> list[dict[str, Any]]:
    names = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
    return [event for name, event in chromium.events if name in names]


def screenshot(chromium: Browser, name: str, width: int) -> None:
    """Keep the page as an image in .gate, for people."""
    height = chromium.evaluate("document.documentElement.scrollHeight")
    taken = chromium.call(
        "Page.captureScreenshot",
        captureBeyondViewport=True,
        clip={"x": 0, "y": 0, "width": width, "height": min(height, 16000), "scale": 1},
    )
    folder = ROOT / ".gate"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(base64.b64decode(taken["data"]))
