"""gate.hcl as plain values with lines."""

import pytest

from stacks.hcl import Attribute, Block, Mistake, parse


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
        ("12", 12),
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
        ('a "b" {\n', 1, "the file ends within a block, list or string; close it"),
        ("x = [1,\n", 1, "the file ends within a block, list or string; close it"),
        ('x = "abc\ny = 1\n', 1, 'a string is not closed: x = "abc'),
        ('a {\n  x = "abc\n  y = "d"\n}\n', 2, 'a string is not closed: x = "abc'),
        ("x = = 1\n", 1, "not HCL at column 5: x = = 1"),
        ("}\n", 1, "not HCL at column 1: }"),
    ],
)
def test_what_is_not_hcl_is_one_mistake_with_its_line(text: str, line: int, problem: str) -> None:
    body, mistakes = parse(text)
    assert (body, mistakes) == (Block("", (), 1), [Mistake(line, "", "", problem)])
