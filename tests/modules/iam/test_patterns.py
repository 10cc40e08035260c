"""Patterns: a table of cases by rule, and the algebra against brute force over short strings."""

import itertools
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena_gate.modules.iam import patterns
from athena_gate.modules.iam.intersection import arn_intersection
from athena_gate.modules.iam.patterns import (
    arn_difference_example,
    arn_example,
    arn_includes,
    arn_intersects,
    arn_matches,
    difference_example,
    example,
    includes,
    intersects,
    literal,
    matches,
)
from tests.conftest import tries

TABLE = "arn:aws:glue:eu-central-1:111122223333:table/sales/orders"
LOGS = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/x:log-stream:y"


def formula() -> list[str]:
    """Return patterns that are clauses: a variable is true if its run between two a's is not
    empty."""
    rng = random.Random(1)
    clauses = [["*"] * 21 for _ in range(210)]
    for clause in clauses:
        for variable in rng.sample(range(20), 3):
            clause[variable] = rng.choice(["", "?*"])
    return ["a".join(clause) for clause in clauses]


# For each rule: the function, what it is given, and what it returns or raises.
CASES: dict[str, tuple[str, tuple[Any, ...], object]] = {
    "a pattern without wildcards matches itself": ("matches", ("abc", "abc"), True),
    "a pattern without wildcards matches no longer text": ("matches", ("abc", "abcd"), False),
    "a pattern without wildcards matches no shorter text": ("matches", ("abc", "ab"), False),
    "a pattern without wildcards matches no other text": ("matches", ("abc", "abd"), False),
    "letter case counts": ("matches", ("abc", "Abc"), False),
    "an empty pattern matches an empty text": ("matches", ("", ""), True),
    "an empty pattern matches nothing else": ("matches", ("", "a"), False),
    "a star matches no character at all": ("matches", ("a*b", "ab"), True),
    "a star matches a run of characters": ("matches", ("a*b", "axyzb"), True),
    "a star alone matches everything": ("matches", ("*", "a/b:c"), True),
    "a star alone matches an empty text": ("matches", ("*", ""), True),
    "what stands before a star must be the start": ("matches", ("a*", "ba"), False),
    "what stands after a star must be the end": ("matches", ("*a", "ab"), False),
    "the start and the end do not share characters": ("matches", ("ab*bc", "abc"), False),
    "the start and the end may meet": ("matches", ("ab*bc", "abbc"), True),
    "pieces between stars keep their order": ("matches", ("*a*b*", "xbxa"), False),
    "pieces between stars are found in order": ("matches", ("*a*b*", "xaxbx"), True),
    "pieces between stars do not share characters": ("matches", ("*aba*ba*", "ababx"), False),
    "a piece does not reach into the end": ("matches", ("*ab*b", "xab"), False),
    "a piece between stars may stand at the very end": ("matches", ("x*ab*", "xyab"), True),
    "a piece with a question mark may stand at the end": ("matches", ("x*a?*", "xyab"), True),
    "a piece with a question mark is found later": ("matches", ("*a?c*", "abbabc"), True),
    "a piece with a question mark is not found": ("matches", ("*a?c*", "abbabd"), False),
    "pieces with question marks share nothing": ("matches", ("*a?*?b*", "aab"), False),
    "a piece with a question mark does not reach into the end": (
        "matches",
        ("*a?*b", "xab"),
        False,
    ),
    "a question mark matches one character": ("matches", ("a?c", "abc"), True),
    "a question mark does not match no character": ("matches", ("a?c", "ac"), False),
    "a question mark at the end needs a character": ("matches", ("ab?", "ab"), False),
    "a question mark at the end takes one only": ("matches", ("ab?", "abcd"), False),
    "question marks around a star set a least length": ("matches", ("?*?", "a"), False),
    "question marks around a star allow more": ("matches", ("?*?", "abc"), True),
    "brackets mean themselves": ("matches", ("[ab]", "a"), False),
    "a dot means itself": ("matches", ("a.c", "abc"), False),
    "a star in the text is a character like others": ("matches", ("a?c", "a*c"), True),
    "a literal star matches a star": ("matches", (literal("a*"), "a*"), True),
    "a literal star matches nothing else": ("matches", (literal("a*"), "ab"), False),
    "a literal question mark matches one": ("matches", (literal("a?"), "a?"), True),
    "a literal question mark matches nothing else": ("matches", (literal("a?"), "ab"), False),
    "a deep pattern that matches": ("matches", ("*a" * 900 + "*", "a" * 2000), True),
    "a deep pattern that does not match": ("matches", ("*a" * 900 + "b", "a" * 2000), False),
    "a deep pattern of question marks": ("matches", ("*" + "?a" * 60 + "b*", "a" * 600), False),
    "the name of an action has no case": ("action_matches", ("s3:GETobject", "S3:GetObject"), True),
    "actions take wildcards": ("action_matches", ("s3:Get*", "s3:getObjectAcl"), True),
    "the service of an action counts": ("action_matches", ("s3:*", "s3express:GetObject"), False),
    "a star is every action": ("action_matches", ("*", "athena:GetWorkGroup"), True),
    "an ARN matches itself": ("arn_matches", (TABLE, TABLE), True),
    "ARNs have a case": ("arn_matches", (TABLE.replace("sales", "Sales"), TABLE), False),
    "a star ends in the rest of the ARN": (
        "arn_matches",
        ("arn:aws:glue:eu-central-1:111122223333:table/sales/*", TABLE),
        True,
    ),
    "a star inside the rest crosses colons": (
        "arn_matches",
        ("arn:aws:logs:eu-central-1:111122223333:log-group:*:y", LOGS),
        True,
    ),
    "a question mark inside the rest matches a colon": (
        "arn_matches",
        ("arn:aws:logs:eu-central-1:111122223333:log-group?/aws/lambda/x:log-stream:y", LOGS),
        True,
    ),
    "a star stands for one segment": (
        "arn_matches",
        ("arn:*:glue:*:*:table/sales/orders", TABLE),
        True,
    ),
    "a star stands for an empty segment": (
        "arn_matches",
        ("arn:aws:s3:*:*:b", "arn:aws:s3:::b"),
        True,
    ),
    "a star inside a segment stays in it": (
        "arn_matches",
        ("arn:aws:glue:eu-*1:111122223333:table/sales/orders", TABLE),
        True,
    ),
    "a star inside a segment crosses no colon": (
        "arn_matches",
        ("arn:aws:glue:eu-*3:table/sales/orders", TABLE),
        False,
    ),
    "a question mark crosses no colon": (
        "arn_matches",
        ("arn:aws:glue:eu-central-1?111122223333:table/sales/orders", TABLE),
        False,
    ),
    "a star that ends a segment crosses colons": (
        "arn_matches",
        ("arn:aws:glue:*:table/sales/orders", TABLE),
        True,
    ),
    "a star that ends a segment can cross into the rest": (
        "arn_matches",
        ("arn:aws:logs:*:log-stream:y", LOGS),
        True,
    ),
    "a star that ends a short ARN takes all of the rest": (
        "arn_matches",
        ("arn:aws:glue:*", TABLE),
        True,
    ),
    "a short ARN that ends in a letter matches nothing": (
        "arn_matches",
        ("arn:aws:glue", TABLE),
        False,
    ),
    "a short ARN keeps its segments apart": ("arn_matches", ("arn:aws:g*:x*", TABLE), False),
    "another service does not match": ("arn_matches", ("arn:aws:s3:*", TABLE), False),
    "a star matches a resource that is no ARN": ("arn_matches", ("*", "*"), True),
    "an ARN does not match a resource that is no ARN": ("arn_matches", ("arn:*", "*"), False),
    "ArnLike matches segment by segment": ("arn_like", ("arn:aws:glue:*:*:table/*", TABLE), True),
    "ArnLike takes the rest as one": ("arn_like", ("arn:aws:logs:*:*:*", LOGS), True),
    "ArnLike compares the colons of the rest": (
        "arn_like",
        ("arn:aws:logs:*:*:log-group:*:log-stream:y", LOGS),
        True,
    ),
    # The example of the page on condition operators.
    "no star of ArnLike leaves its segment": (
        "arn_like",
        (
            "arn:aws:someservice:*:111122223333:finance/*",
            "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
        ),
        False,
    ),
    "what fewer components of ArnLike mean is open": ("arn_like", ("arn:aws:glue:*", TABLE), None),
    "what a bare star of ArnLike means is open": ("arn_like", ("*", TABLE), None),
    "ArnLike needs an ARN": ("arn_like", ("arn:*:*:*:*:*", "sales"), False),
    "ArnLike compares every segment": ("arn_like", (TABLE.replace("aws", "aws-cn"), TABLE), False),
    "a pattern includes itself": ("includes", ("*a*a*a*a*b", "*a*a*a*a*b"), True),
    "a star includes everything": ("includes", ("*", "a?b*c"), True),
    "fewer stars include more of them": ("includes", ("*a*", "*a*a*"), True),
    "more stars do not include fewer": ("includes", ("*a*a*", "*a*"), False),
    "a letter does not include a question mark": ("includes", ("a", "?"), False),
    "a question mark includes a letter": ("includes", ("?", "a"), True),
    "a question mark does not include a star": ("includes", ("?", "*"), False),
    "a star includes a question mark": ("includes", ("*", "?"), True),
    "a least length is kept": ("includes", ("??*", "*?"), False),
    "wildcards in any order mean the same": ("includes", ("?*?*", "**??"), True),
    "wildcards in any order mean the same both ways": ("includes", ("**??", "?*?*"), True),
    "an inner star can be empty": ("includes", ("a?*b", "a*b"), False),
    "two stars are one": ("includes", ("a**b", "ab"), True),
    "many lengths are no obstacle": (
        "difference_example",
        ("*a" * 30 + "*", ["", *("?" * n + "*" for n in range(1, 200))]),
        None,
    ),
    "an empty pattern includes itself": ("includes", ("", ""), True),
    "an empty pattern is not included in one letter": ("includes", ("?", ""), False),
    "a literal star is no wildcard": ("includes", (literal("a*"), "a*"), False),
    "a deep pattern includes a deeper one": (
        "includes",
        ("*a" * 500 + "*b", "*a" * 600 + "*b"),
        True,
    ),
    "a deep pattern is too deep for another": (
        "includes",
        ("*a" * 300 + "*b", "*a" * 299 + "*b"),
        False,
    ),
    "patterns with a common string intersect": ("intersects", ("a*", "*b"), True),
    "patterns without a common string do not": ("intersects", ("a*", "b*"), False),
    "an end without a common string": ("intersects", ("*a", "*b"), False),
    "a letter meets a question mark": ("intersects", ("a", "?"), True),
    "two letters do not meet a question mark": ("intersects", ("ab", "?"), False),
    "a question mark meets a star": ("intersects", ("?", "*"), True),
    "a question mark meets a letter": ("intersects", ("?", "a"), True),
    "a question mark does not meet an empty pattern": ("intersects", ("?", ""), False),
    "a star meets an empty pattern": ("intersects", ("*", ""), True),
    "lengths must agree": ("intersects", ("???", "??"), False),
    "lengths under a star must agree": ("intersects", ("a*??", "a?"), False),
    "a star inside meets letters": ("intersects", ("x*y", "xaay"), True),
    "a star inside meets no other letters": ("intersects", ("x*y", "xaaz"), False),
    "two stars cross": ("intersects", ("*ab*c", "a*bc*c"), True),
    "nothing follows a dead end": ("intersects", ("ab*", "ac*"), False),
    "an example of no wildcards": ("example", ("abc",), "abc"),
    "an example of wildcards": ("example", ("a*b?",), "axbx"),
    "an example of a literal star": ("example", (literal("a*?"),), "a*?"),
    "without patterns the shortest string is the difference": (
        "difference_example",
        ("a*", []),
        "a",
    ),
    "a difference of a star is as short as can be": ("difference_example", ("a*", ["a"]), "ax"),
    "a difference can be empty": ("difference_example", ("*", ["*a"]), ""),
    "a difference avoids the letters of the patterns": (
        "difference_example",
        ("?", ["x", "y"]),
        "z",
    ),
    "a difference avoids all plain letters": (
        "difference_example",
        ("?", list("abcdefghijklmnopqrstuvwxyz0123456789-_")),
        "\u0100",
    ),
    "a difference by length": ("difference_example", ("*", ["", "?", "???*"]), "xx"),
    "lengths together leave nothing": ("difference_example", ("*", ["", "?", "??*"]), None),
    "halves that need two stars": ("difference_example", ("*a*", ["a*", "?*a*"]), None),
    "halves that leave a middle": ("difference_example", ("*a*", ["a*", "??*a*"]), "xa"),
    "both stars matter": ("difference_example", ("*a*", ["a", "?*a", "a?*"]), "xax"),
    "a union covers what no part covers": (
        "difference_example",
        ("s3:get*", ["s3:get", "s3:get?", "s3:get??*"]),
        None,
    ),
    "no part covers a union": ("difference_example", ("s3:*", ["s3:get*", "s3:put*"]), "s3:x"),
    "a difference writes a literal star as it is": (
        "difference_example",
        (literal("a*") + "?", [literal("a*") + "x"]),
        "a*y",
    ),
    "a longer run than any pattern names": (
        "difference_example",
        ("a*b", [f"a{'?' * n}b" for n in range(4)]),
        "axxxxb",
    ),
    "one region lies within all": (
        "arn_includes",
        ("arn:aws:athena:*:*:workgroup/*", "arn:aws:athena:eu-central-1:111122223333:workgroup/w"),
        True,
    ),
    "all regions do not lie within one": (
        "arn_includes",
        ("arn:aws:athena:eu-central-1:*:workgroup/*", "arn:aws:athena:*:*:workgroup/*"),
        False,
    ),
    "a short ARN is the same as its long form": (
        "arn_includes",
        ("arn:aws:s3:*:*:*", "arn:aws:s3:*"),
        True,
    ),
    "every ARN begins with arn": ("arn_includes", ("arn:*", "?rn:aws:s3:::*"), True),
    "the resource of an action that has none is no ARN": ("arn_includes", ("arn:*", "*"), False),
    "a star lies within a star": ("arn_includes", ("*", "*"), True),
    "ARNs lie within a star": ("arn_includes", ("*", "arn:aws:s3:::b/*"), True),
    "a bucket is not its objects": (
        "arn_intersects",
        ("arn:aws:s3:::b", "arn:aws:s3:::b/*"),
        False,
    ),
    "prefixes that meet": ("arn_intersects", ("arn:aws:s3:::b*", "arn:aws:s3:::*/x"), True),
    "a star inside a segment meets no colon": (
        "arn_intersects",
        ("arn:aws:s3:::b", "arn:aws:s*3:::b"),
        True,
    ),
    "segments meet one by one": ("arn_intersects", ("arn:aws:x*y:::b", "arn:aws:x:y:::b"), False),
    "a star meets a star": ("arn_intersects", ("*", "*"), True),
    "a star meets an ARN": ("arn_intersects", ("*", TABLE), True),
    "a pattern that matches no ARN meets nothing": ("arn_intersects", ("foo", "*"), False),
    "an example of an ARN": (
        "arn_example",
        ("arn:aws:athena:eu-central-1:111122223333:workgroup/*",),
        "arn:aws:athena:eu-central-1:111122223333:workgroup/x",
    ),
    "an example of a short ARN": ("arn_example", ("arn:aws:s3:*",), "arn:aws:s3:x:x:x"),
    "an example of any ARN": ("arn_example", ("*",), "arn:x:x:x:x:x"),
    "an ARN begins with arn": ("arn_example", ("foo:aws:s3:::b",), None),
    "no example of what is no ARN": ("arn_example", ("foo",), None),
    "a difference of ARNs": (
        "arn_difference_example",
        ("arn:aws:s3:::b/*", ["arn:aws:s3:::b/a/*", "arn:aws:s3:::b/b/*"]),
        "arn:aws:s3:::b/x",
    ),
    "a difference in one segment": (
        "arn_difference_example",
        ("arn:aws:glue:*:1:*", ["arn:aws:glue:eu:1:*", "arn:aws:glue:us:1:*"]),
        "arn:aws:glue:x:1:",
    ),
    "a difference of a star is the resource that is no ARN": (
        "arn_difference_example",
        ("*", ["arn:*"]),
        "*",
    ),
    "no difference between a star and a star": (
        "arn_difference_example",
        ("*", ["arn:aws:s3:*", "*"]),
        None,
    ),
    "two segments covered by a union of products": (
        "arn_difference_example",
        ("arn:aws:s:?:?:b", ["arn:aws:s:a:*:b", "arn:aws:s:*:c:b"]),
        "arn:aws:s:x:x:b",
    ),
    "a union of products covers all lengths": (
        "arn_difference_example",
        ("arn:aws:s:*:*:b", ["arn:aws:s::*:b", "arn:aws:s:?*:?*:b", "arn:aws:s:*::b"]),
        None,
    ),
    "a wildcard of a segment takes no colon of the ARN": (
        "arn_difference_example",
        ("arn:aws:s3:::b", ["arn:aws:s3?::b", "arn:aws:s3*a:::b"]),
        "arn:aws:s3:::b",
    ),
    "a star that crosses colons has a difference": (
        "arn_difference_example",
        ("arn:aws:s3:*:1:b", ["arn:aws:s3::1:b", "arn:aws:s3:*?:1:b"]),
        "arn:aws:s3::x:1:b",
    ),
    "what is no ARN has no difference": ("arn_difference_example", ("foo", []), None),
    "a question that holds a formula is refused": (
        "difference_example",
        ("a".join(["*"] * 21), formula()),
        f"PatternsTooComplex: too many cases to decide whether '{'*a' * 20}*' lies within 210 "
        "patterns: use fewer '?'",
    ),
}


def outcome(function: Callable[..., object], arguments: tuple[Any, ...]) -> object:
    """Return what the function returns, or the error it raises as text."""
    try:
        return function(*arguments)
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


def failed(module: ModuleType = patterns) -> str | None:
    """Return the first case that goes wrong in ``module``."""
    for name, (function, arguments, expected) in CASES.items():
        if outcome(getattr(module, function), arguments) != expected:
            return name
    return None


@pytest.mark.parametrize("name", CASES)
def test_the_rule_holds_that(name: str) -> None:
    function, arguments, expected = CASES[name]
    assert outcome(getattr(patterns, function), arguments) == expected


def slowly_matches(pattern: str, text: str) -> bool:
    """Say by definition whether ``pattern`` matches, for short strings."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(slowly_matches(pattern[1:], text[n:]) for n in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and slowly_matches(pattern[1:], text[1:])


WORDS = ["".join(word) for n in range(6) for word in itertools.product("abc", repeat=n)]
# Three colons of five are given, the others and the letters vary.
ARNS = [
    f"arn:{':'.join(segments)}:{rest}"
    for segments in itertools.product(("", "a"), repeat=4)
    for rest in ("", "a", "b", ":", "a:b", "ab")
]
short_patterns = st.text(alphabet="aab*?", max_size=6)
arn_patterns = st.text(alphabet="aab:::*?", max_size=10).map("arn:".__add__)
thorough = settings(derandomize=True, deadline=None, max_examples=tries(200))


@thorough
@given(short_patterns)
def test_matching_is_as_defined(pattern: str) -> None:
    assert {word for word in WORDS if matches(pattern, word)} == {
        word for word in WORDS if slowly_matches(pattern, word)
    }


@thorough
@given(short_patterns, st.lists(short_patterns, max_size=5))
def test_a_difference_is_empty_or_has_an_example(inner: str, outers: list[str]) -> None:
    found = difference_example(inner, outers)
    if found is None:
        escaping = {
            word
            for word in WORDS
            if matches(inner, word) and not any(matches(outer, word) for outer in outers)
        }
        assert escaping == set()
    else:
        assert [matches(inner, found), *(matches(outer, found) for outer in outers)] == [
            True,
            *(False for _ in outers),
        ]


@thorough
@given(short_patterns, short_patterns)
def test_inclusion_agrees_with_brute_force(outer: str, inner: str) -> None:
    inside = {word for word in WORDS if slowly_matches(inner, word)}
    outside = {word for word in WORDS if slowly_matches(outer, word)}
    if includes(outer, inner):
        assert inside - outside == set()
    elif len(outer) + len(inner) <= 5:
        # The words are long enough to tell these two apart.
        assert inside - outside != set()


@thorough
@given(short_patterns, short_patterns)
def test_intersection_agrees_with_brute_force(one: str, other: str) -> None:
    common = {word for word in WORDS if slowly_matches(one, word) and slowly_matches(other, word)}
    assert intersects(one, other) == intersects(other, one)
    if len(one) + len(other) <= 5:
        assert intersects(one, other) == bool(common)
    elif common:
        assert intersects(one, other) is True


@thorough
@given(arn_patterns, st.lists(arn_patterns, max_size=4))
def test_a_difference_of_arns_is_empty_or_has_an_example(inner: str, outers: list[str]) -> None:
    found = arn_difference_example(inner, outers)
    if found is None:
        escaping = {
            arn
            for arn in ARNS
            if arn_matches(inner, arn) and not any(arn_matches(outer, arn) for outer in outers)
        }
        assert escaping == set()
    else:
        assert [arn_matches(inner, found), *(arn_matches(outer, found) for outer in outers)] == [
            True,
            *(False for _ in outers),
        ]


@thorough
@given(arn_patterns, arn_patterns)
def test_the_algebra_of_arns_agrees_with_matching(one: str, other: str) -> None:
    ones = {arn for arn in ARNS if arn_matches(one, arn)}
    others = {arn for arn in ARNS if arn_matches(other, arn)}
    if ones & others:
        assert arn_intersects(one, other) is True
    shared = arn_intersection(one, other)
    assert {arn for arn in ones & others if not any(arn_matches(s, arn) for s in shared)} == set()
    if not ones <= others:
        assert arn_includes(other, one) is False
    found = arn_example(one)
    if found is None:
        assert ones == set()
    else:
        assert arn_matches(one, found) is True


@thorough
@given(st.text(alphabet="ab*?", max_size=6), st.text(alphabet="ab*?", max_size=6))
def test_a_literal_matches_its_text_alone(text: str, other: str) -> None:
    assert matches(literal(text), other) == (text == other)


@thorough
@given(short_patterns)
def test_an_example_is_matched(pattern: str) -> None:
    assert matches(pattern, example(pattern)) is True


@pytest.mark.slow
def test_two_hundred_long_patterns_are_compared() -> None:
    outers = [f"arn:aws:s3:::bucket{n}/{'p' * 1900}*" for n in range(200)]
    assert arn_difference_example(f"arn:aws:s3:::bucket7/{'p' * 1950}", outers) is None
    assert (
        arn_difference_example(f"arn:aws:s3:::bucket*/{'p' * 1950}", outers)
        == f"arn:aws:s3:::bucketx/{'p' * 1950}"
    )


@pytest.mark.slow
def test_two_hundred_deep_patterns_are_compared() -> None:
    outers = [f"*{'ab*' * 650}{n}" for n in range(200)]
    assert difference_example(f"*{'ab*' * 660}", outers) == "ab" * 660
    assert difference_example(f"*{'ab*' * 660}7", outers) is None
