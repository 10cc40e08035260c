"""The picture of a block."""

import re

from athena_gate.gate.report.flow import Lane, Node
from athena_gate.gate.report.picture import cut, narrow, wide

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
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


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
