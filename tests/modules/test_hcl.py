"""gate.hcl as plain values with lines."""

import json
from typing import Any

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_gate.modules.findings import Mistake
from athena_gate.modules.hcl import NESTING_LIMIT, SIZE_LIMIT, Attribute, Block, parse


def attribute(text: str) -> Attribute:
    body, mistakes = parse(f"x = {text}\n")
    assert mistakes == []
    return body.attributes[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a b"', "a b"),
        ('""', ""),
        ('"  a  "', "  a  "),
        (r'"a\nb\t\"c\" \\ \u00e9"', 'a\nb\t"c" \\ é'),
        (r'"\U0001F600 \U0010FFFF"', "\N{GRINNING FACE} \U0010ffff"),
        ("12", 12),
        ("9" * 155, 10**155 - 1),
        ("-3", -3),
        ("2.5", 2.5),
        ("true", True),
        ("false", False),
        ("null", None),
        ('["a", 1, [true]]', ["a", 1, [True]]),
        ("[]", []),
        ('{ a = "x", "b c" = 2, in = 3 }', {"a": "x", "b c": 2, "in": 3}),
    ],
)
def test_a_literal_is_the_value_it_shows(text: str, value: object) -> None:
    assert attribute(text).value == value


def test_each_item_of_a_list_knows_its_line() -> None:
    assert attribute('[\n  "a",\n  {\n    k = 1\n  },\n]').lines == {
        (): 1,
        (0,): 2,
        (1,): 3,
        (1, "k"): 4,
    }


def test_blocks_nest_and_keep_their_labels() -> None:
    body, mistakes = parse('a "b" {\n  c d {\n    e = 1\n  }\n}\n')
    inner = Block("c", ("d",), 2, [Attribute("e", 3, 1, {(): 3}, set())], [])
    assert (body, mistakes) == (Block("", (), 1, [], [Block("a", ("b",), 1, [], [inner])]), [])


TEMPLATE = 'values are plain data, and "${" and "%{" are not allowed in them'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('"${file("/etc/passwd")}"', '${file("/etc/passwd")}'),
        ('"a${b}c"', "a${b}c"),
        ('"%{ if true }a%{ endif }"', "%{ if true }a%{ endif }"),
        ('"$${escaped}"', "$${escaped}"),
        ('"%%{escaped}"', "%%{escaped}"),
        (r'"\u0024{hidden}"', "${hidden}"),
        (r'"\u0025{hidden}"', "%{hidden}"),
        ('["fine", "${x}"]', "${x}"),
        ('{ a = "${x}" }', "${x}"),
        ('{ "${x}" = 1 }', "${x}"),
    ],
)
def test_a_template_anywhere_is_a_mistake_with_its_line(text: str, shown: str) -> None:
    _, mistakes = parse(f"\nx = {text}\n")
    assert mistakes == [Mistake(2, "", "x", f"{shown!r} holds a template; {TEMPLATE}")]


def test_a_template_in_a_label_is_a_mistake() -> None:
    _, mistakes = parse('dot "${x}" {\n}\n')
    assert mistakes == [Mistake(1, "dot", "name", f"'${{x}}' holds a template; {TEMPLATE}")]


def test_all_templates_of_a_list_are_reported() -> None:
    _, mistakes = parse('x = ["${a}",\n "${b}"]\n')
    assert mistakes == [
        Mistake(1, "", "x", f"'${{a}}' holds a template; {TEMPLATE}"),
        Mistake(2, "", "x", f"'${{b}}' holds a template; {TEMPLATE}"),
    ]


PLAIN = (
    "is an expression; allowed: a plain string in quotes, a number, true, false, or a list or "
    "map of these"
)


@pytest.mark.parametrize(
    "text",
    ["var.a", 'upper("a")', "1 + 1", "true ? 1 : 2", "[for a in b : a]", "a[0]", "!true", "(1)"],
)
def test_an_expression_is_a_mistake(text: str) -> None:
    _, mistakes = parse(f"x = {text}\n")
    assert mistakes == [Mistake(1, "", "x", PLAIN)]


def test_a_heredoc_is_a_mistake() -> None:
    _, mistakes = parse("x = <<EOT\na\nEOT\n")
    assert mistakes == [Mistake(1, "", "x", "is a heredoc; allowed: a string in quotes")]


def test_a_field_set_twice_is_a_mistake_at_the_second() -> None:
    _, mistakes = parse("x = 1\nx = 2\n")
    assert mistakes == [Mistake(2, "", "x", "is set twice; keep one")]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('a "b" {\n', 1, 'a "b": the block opens here and is never closed; add }'),
        ("x = [1,\n", 1, "the list opens here and is never closed; add ]"),
        ('x = "abc\ny = 1\n', 1, 'a quote is missing: x = "abc; put " around each text'),
        (
            'a {\n  x = "abc\n  y = "d"\n}\n',
            2,
            'a quote is missing: x = "abc; put " around each text',
        ),
        ("x = = 1\n", 1, "a second =; write x = ..."),
        ("}\n", 1, "a } that closes nothing; delete it"),
    ],
)
def test_what_is_not_hcl_is_one_mistake_with_its_line(text: str, line: int, problem: str) -> None:
    (found,) = parse(text)[1]
    said = f"{found.subject}: {found.problem}" if found.subject else found.problem
    assert (found.line, said) == (line, problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            rf'"\{escape}"',
            rf"has the escape \{escape}, which is no character; allowed: \u0001 to \U0010ffff",
        )
        for escape in ("U00110000", "UFFFFFFFF", "ud800", "U0000DFFF", "u0000")
    ]
    + [
        (
            number,
            f"{shown} is too large a number; allowed: 155 digits, up to 1e308",
        )
        for number, shown in (
            ("1" * 156, "1" * 40 + "... and 116 characters more"),
            ("1" * 5000, "1" * 40 + "... and 4,960 characters more"),
            ("1e999", "1e999"),
            ("1." + "1" * 200, "1." + "1" * 38 + "... and 162 characters more"),
        )
    ]
    + [
        ("[" * depth + "]" * depth, "is nested too deeply; allowed: 30 levels")
        for depth in (NESTING_LIMIT + 2, 5000)
    ],
)
def test_what_no_field_can_hold_is_a_mistake(text: str, problem: str) -> None:
    _, mistakes = parse(f"\nx = {text}\n")
    assert mistakes == [Mistake(2, "", "x", problem)]


def test_what_is_nested_as_deeply_as_allowed_is_read() -> None:
    depth = NESTING_LIMIT
    assert parse(f"x = {'[' * depth}{']' * depth}\n")[1] == []
    assert parse("a {\n" * depth + "}\n" * depth)[1] == []


@pytest.mark.slow
def test_blocks_that_are_nested_too_deeply_are_a_mistake_with_its_line() -> None:
    depth = 5000
    _, mistakes = parse("a {\n" * depth + "}\n" * depth)
    titles = ": ".join(["a"] * NESTING_LIMIT)
    assert mistakes == [
        Mistake(NESTING_LIMIT + 1, titles, "name", "is nested too deeply; allowed: 30 levels")
    ]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (
            "x = [" + "1," * 30_000 + "]",
            1,
            "has 60,004 words and signs; allowed: 60,000 at most; divide the file",
        ),
        (
            "{" * SIZE_LIMIT,
            1,
            "has 262,144 words and signs; allowed: 60,000 at most; divide the file",
        ),
        (
            'x = "' + "${a}" * 30_000 + '"',
            1,
            "has 120,004 words and signs; allowed: 60,000 at most; divide the file",
        ),
    ],
)
def test_what_would_take_long_to_check_is_refused_before_it(
    text: str, line: int, problem: str
) -> None:
    assert parse(text) == (Block("", (), 1), [Mistake(line, "", "", problem)])


def test_only_a_newline_ends_a_line_whatever_stands_in_comments() -> None:
    _, mistakes = parse("# a\x0cb\u2028c\x85d\nx = = 1\n")
    assert mistakes == [Mistake(2, "", "", "a second =; write x = ...")]


def test_a_mistake_shows_what_it_quotes_on_one_short_line() -> None:
    found = Mistake(1, "a\x1b[2Jb", "c\nd", "x" * 1000)
    assert found.text("::error::\x9b") == (
        r"\x3a:error::\x9b:1: a\x1b[2Jb: c\nd: " + "x" * 500 + "... and 500 characters more"
    )


def test_a_long_heredoc_of_blank_lines_is_read_at_once() -> None:
    _, mistakes = parse("x = <<EOT\n" + "\n" * (SIZE_LIMIT - 20) + "EOT\n")
    assert mistakes == [Mistake(1, "", "x", "is a heredoc; allowed: a string in quotes")]


def test_a_mistake_of_syntax_shows_its_line_and_a_caret_below_the_column() -> None:
    (found,) = parse("a {\n  x\u00a0= 1\n}\n")[1]
    assert found.lines("gate.hcl") == [
        "gate.hcl:2: a no-break space at column 4; write a plain space [GATE004]",
        "    2 |   x\\xa0= 1",
        "      |    ^",
    ]


def test_of_a_long_line_what_is_around_the_caret_is_shown() -> None:
    (found,) = parse(f'x = ["{"a" * 100}" "{"b" * 100}"]\n')[1]
    _, line, caret = found.lines("gate.hcl")
    assert (len(line) <= 80, line[caret.index("^")]) == (True, '"')


# Values that HCL has, as (text, value); of strings also what has to be written otherwise.
TEXTS = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters='"\\$%') | st.just(" "),
    max_size=12,
)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True).filter(
    lambda name: name not in ("true", "false", "null", "for", "in", "if", "else", "endif", "endfor")
)
VALUES = st.recursive(
    st.one_of(
        TEXTS.map(lambda text: f'"{text}"'),
        st.integers(-(10**12), 10**12).map(str),
        st.sampled_from(["true", "false", "null", "1.5", '"a\\nb"', '"\\u00e9"']),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(inner, min_size=1, max_size=4).map(
            lambda items: "[\n" + "".join(f"  {item},\n" for item in items) + "]"
        ),
        st.dictionaries(NAMES, inner, max_size=4).map(
            lambda items: "{" + ", ".join(f"{k} = {v}" for k, v in items.items()) + "}"
        ),
        st.dictionaries(NAMES, inner, min_size=1, max_size=4).map(
            lambda items: "{\n" + "\n".join(f"  {k} = {v}" for k, v in items.items()) + "\n}"
        ),
    ),
    max_leaves=6,
)


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=3), NAMES, TEXTS)
def test_what_it_reads_python_hcl2_reads_with_the_same_values(
    fields: dict[str, str], block: str, label: str
) -> None:
    body = "\n".join(f"  {name} = {value} # {label}" for name, value in fields.items())
    text = f'# {label}\n{block} "{label}" {{\n{body}\n}}\n'
    found, mistakes = parse(text)
    (theirs,) = hcl2.loads(text)[block]
    (values,) = (value for name, value in theirs.items() if not name.startswith("__"))
    assert (mistakes, found.blocks[0].title) == ([], f'{block} "{label}"')
    assert {one.name: one.value for one in found.blocks[0].attributes} == plain(values)


def plain(value: Any) -> Any:
    """Return a value of python-hcl2's without its comments and the quotes of strings."""
    if isinstance(value, dict):
        kept = {name: one for name, one in value.items() if not name.startswith("__")}
        return {plain(name): plain(one) for name, one in kept.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return json.loads(value) if isinstance(value, str) and value.startswith('"') else value
