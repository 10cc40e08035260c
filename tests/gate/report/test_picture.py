"""The picture of a block."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena_gate.gate.report.flow import Lane, Node
from athena_gate.gate.report.picture import cut, narrow, wide
from tests.conftest import tries

ANALYTICS, PARTNER = "111122223333", "444455556666"
SPILL = Node("data", "Data", "spill/", ANALYTICS, ("read",))
FUNCTION = Node("function", "Lambda function", "orders", ANALYTICS, words="Lambda runs as")
LANES = (
    Lane(
        (),
        Node("identity", "Role", "analyst", PARTNER),
        Node("workgroup", "Athena workgroup", "orders", PARTNER),
        (FUNCTION, SPILL),
    ),
    Lane(
        (FUNCTION,),
        Node("identity", "Role", "connector", ANALYTICS),
        None,
        (Node("data", "Data", "spill/", ANALYTICS, ("write",)),),
    ),
)


def words(svg: str) -> list[str]:
    return [re.sub("<[^>]*>", "", text) for text in re.findall("<text[^>]*>(.*?)</text>", svg)]


def test_what_two_accounts_reach_is_drawn_once_and_says_who_does_what() -> None:
    accounts = {ANALYTICS: "Account analytics", PARTNER: "Account partner"}
    assert words(wide(LANES, accounts, "orders")) == [
        "Account partner",
        "Account analytics",
        *("Role", "analyst"),
        *("Athena workgroup", "orders"),
        *("Lambda function", "orders"),
        *("Role", "connector"),
        *("Data", "spill/", "analyst: read", "connector: write"),
    ]


def test_a_narrow_picture_says_the_same_from_top_to_bottom() -> None:
    assert words(narrow(LANES, {ANALYTICS: "A", PARTNER: "B"}, "orders")) == [
        "B",
        "A",
        *("Role", "analyst"),
        *("Athena workgroup", "orders"),
        *("Lambda function", "orders", f"in account {ANALYTICS}"),
        *("Data", "spill/", "read", f"in account {ANALYTICS}"),
        *("Lambda function", "orders"),
        *("Role", "connector"),
        *("Data", "spill/", "write"),
    ]


def test_names_from_elsewhere_are_escaped_in_the_picture() -> None:
    lane = Lane((), Node("identity", "Role", "<script>", ANALYTICS), None, ())
    assert words(wide((lane,), {}, "x")) == [ANALYTICS, "Role", "&lt;script&gt;"]


def test_a_long_name_is_cut_behind_a_separator_or_where_it_must() -> None:
    assert cut("dot-reporting-results/dot/", 18) == ["dot-reporting-", "results/dot/"]
    assert cut("read, write through Athena only", 20) == ["read, write through", "Athena only"]
    assert cut("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]
    assert cut("", 10) == [""]


def test_writing_and_deleting_look_different_from_reading() -> None:
    def reached(name: str, note: str) -> Node:
        return Node("data", "Data", name, ANALYTICS, (note,))

    lane = Lane(
        (Node("vendor", "Dot", "by x", notes=("sub = write",), words="Dot takes"),),
        Node("identity", "Role", "dot", ANALYTICS),
        None,
        (
            reached("a", "read, write, delete"),
            reached("b", "read also without Athena"),
            reached("c", "change through Athena only"),
        ),
    )
    svg = wide((lane,), {}, "x")
    assert re.findall('class="(link[^"]*)"', svg) == ["link", "link", "link writes", "link deletes"]
    assert re.findall("<text[^>]*note[^>]*>(.*?)</text>", svg) == [
        "sub = write",
        'read, <tspan class="writes">write</tspan>, <tspan class="deletes">delete</tspan>',
        "read also without Athena",
        '<tspan class="writes">change</tspan> through Athena only',
    ]
    assert re.findall('<marker id="([^"]*)"', svg) == [
        "arrow-x-wide",
        "arrow-x-wide-deletes",
        "arrow-x-wide-writes",
    ]


def test_whoever_takes_a_role_on_two_conditions_is_drawn_twice() -> None:
    def who(claim: str) -> Node:
        return Node("vendor", "Role", "ci", "", (claim,), "Role ci may take")

    lane = Lane(
        (who("sub = a"), who("sub = b")), Node("identity", "Role", "x", ANALYTICS), None, ()
    )
    drawn = [ANALYTICS, "Role", "ci", "sub = a", "Role", "ci", "sub = b", "Role", "x"]
    assert words(wide((lane,), {}, "x")) == drawn


@dataclass(frozen=True)
class Area:
    """A rectangle of the picture, and what it is."""

    what: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, x1: float, y1: float, x2: float, y2: float) -> bool:
        """Return whether the rectangle between two corners, which may be a line, meets it."""
        return (
            min(x1, x2) < self.right
            and max(x1, x2) > self.left
            and min(y1, y2) < self.bottom
            and max(y1, y2) > self.top
        )


# How wide a letter is, by the class of its text: those of DejaVu at 13 pixels, which are wide.
LETTERS = {"owner": 8.8, "name": 7.9, "what": 8.0, "note": 8.0}


def attributes(element: str) -> dict[str, str]:
    return dict(re.findall(r'([\w-]+)="([^"]*)"', element))


def areas(svg: str) -> Iterator[Area]:
    """Yield the boxes of a picture, and its labels as wide as the widest of common fonts has
    them."""
    for element in re.findall('<g class="box[^>]*><rect[^>]*>', svg):
        found = attributes(element.partition("<rect")[2])
        x, y, width, height = (float(found[name]) for name in ("x", "y", "width", "height"))
        yield Area("box", x, y, x + width, y + height)
    for element, text in re.findall("(<text[^>]*>)(.*?)</text>", svg):
        found = attributes(element)
        x, y = float(found["x"]), float(found["y"])
        text = re.sub("<[^>]*>|&[a-z]+;", "", text)
        yield Area(text, x, y - 11, x + len(text) * LETTERS[found["class"]], y + 4)


def pieces(path: str) -> Iterator[tuple[float, float, float, float]]:
    """Yield a path as straight lines."""
    x = y = 0.0
    for command, given_numbers in re.findall(r"([MHVC])([-\d. e]+)", path):
        numbers = [float(number) for number in given_numbers.split()]
        match command:
            case "M":
                x, y = numbers
            case "H":
                yield x, y, numbers[0], y
                x = numbers[0]
            case "V":
                yield x, y, x, numbers[0]
                y = numbers[0]
            case "C":
                ends = [(x, y), *zip(numbers[::2], numbers[1::2], strict=True)]
                for step in range(1, 33):
                    t = step / 32
                    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
                    across, down = (
                        sum(w * end[n] for w, end in zip(weights, ends, strict=True))
                        for n in (0, 1)
                    )
                    yield x, y, across, down
                    x, y = across, down


ACCOUNTS = (ANALYTICS, PARTNER, "")
NAMES = st.sampled_from(
    ["a", "orders", "dot-reporting-results-111122223333/dot-reporting/", "b" * 60]
)
NOTES = st.lists(
    st.sampled_from(["read", "read, write, delete also without Athena", "in account x"]), max_size=3
).map(tuple)


def nodes(kind: str, *accounts: str) -> st.SearchStrategy[Node]:
    return st.builds(
        Node, st.just(kind), st.just(kind), NAMES, st.sampled_from(accounts), NOTES, st.just("")
    )


def different(found: st.SearchStrategy[Node]) -> st.SearchStrategy[list[Node]]:
    return st.lists(found, unique_by=lambda node: node.key, max_size=4)


def lane(number: int) -> st.SearchStrategy[Lane]:
    who = st.one_of(nodes("vendor", *ACCOUNTS), nodes("function", *ACCOUNTS[:2]))
    reached = st.one_of(nodes("data", *ACCOUNTS), nodes("function", *ACCOUNTS[:2]))
    identity = nodes("identity", *ACCOUNTS[:2]).map(
        lambda node: Node(node.kind, "Role", f"{number}-{node.name}", node.account, node.notes)
    )
    workgroup = st.none() | nodes("workgroup", *ACCOUNTS[:2])
    return st.builds(
        lambda who, identity, workgroup, reached: Lane(
            tuple(who),
            identity,
            workgroup and Node(workgroup.kind, "W", workgroup.name, identity.account),
            tuple(reached),
        ),
        different(who),
        identity,
        workgroup,
        different(reached),
    )


LANES_OF_ANY_STACK = st.integers(1, 4).flatmap(
    lambda count: st.tuples(*(lane(number) for number in range(count)))
)
TITLES = {
    ANALYTICS: f"Account analytics, {ANALYTICS}, eu-central-1",
    PARTNER: "Account " + "a-long-name" * 4,
}


@pytest.mark.slow
@settings(max_examples=tries(60))
@given(LANES_OF_ANY_STACK)
def test_no_line_crosses_a_label_or_a_box(found: tuple[Lane, ...]) -> None:
    for svg in (wide(found, TITLES, "x"), narrow(found, TITLES, "x")):
        there = list(areas(svg))
        links = [attributes(path)["d"] for path in re.findall('<path[^>]*class="link[^>]*>', svg)]
        crossed = [
            (link, area.what)
            for link in links
            for piece in pieces(link)
            for area in there
            if area.meets(*piece)
        ]
        assert crossed == []


@pytest.mark.slow
@settings(max_examples=tries(60))
@given(LANES_OF_ANY_STACK)
def test_no_label_lies_on_another_or_leaves_the_picture(found: tuple[Lane, ...]) -> None:
    for svg in (wide(found, TITLES, "x"), narrow(found, TITLES, "x")):
        x, y, width, height = map(float, attributes(svg.partition(">")[0])["viewBox"].split())
        there = sorted(areas(svg), key=lambda area: area.top)
        texts = [area for area in there if area.what != "box"]
        boxes = [area for area in there if area.what == "box"]
        for alike in (texts, boxes):
            for n, one in enumerate(alike):
                for other in alike[n + 1 :]:
                    assert not one.meets(other.left, other.top, other.right, other.bottom)
        outside = [
            area.what
            for area in boxes
            if area.left < x or area.top < y or area.right > x + width or area.bottom > y + height
        ]
        assert outside == []
