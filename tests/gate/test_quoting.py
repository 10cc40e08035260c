"""Text from outside, quoted for where it goes, as the reader of each place takes it."""

import random
import subprocess
from typing import Any

import pytest
import yaml

from athena_gate.gate.quoting import (
    github,
    gitlab,
    gitlab_variable,
    markdown_cell,
    markdown_code,
    markdown_fence,
    shell,
    yaml_json,
)

NASTY = [
    "plain.hcl", "x #y.hcl", "a: b", "- a", "-rf", "'", '"', "\\", "$(id)", "${HOME}", "`id`",
    "%x%", "${{ github.token }}", "}}", "*", "&a", "!b", "null", "yes", "1e3", "2026-11-01", "",
    " ", "~", "a b\tc", "\n", "a\nb: c", "\x1b[2J", "\u2028", "\u202e", "é", "\N{GRINNING FACE}",
    "a,b", "{a}", "[a]", "|", ">", "@a", "%a", "?", "a.b", "on.x", "```", "``a`", "<b>&", "a|b",
]  # fmt: skip


def _random_texts(count: int) -> list[str]:
    some = random.Random(11)
    return ["".join(some.choices(NASTY, k=some.randrange(1, 5))) for _ in range(count)]


TEXTS = [*NASTY, *_random_texts(200)]


def _evaluated(value: str) -> str:
    """Return what GitHub makes of a value: the only expression in it is a literal."""
    return value.replace("${{ '${{' }}", "${{")


@pytest.mark.parametrize("quoted", [github, gitlab])
def test_a_text_is_the_same_in_a_pipelines_yaml(quoted: Any) -> None:
    for text in TEXTS:
        read = yaml.safe_load(f"variables:\n  A: {quoted(text)}\n  B: b\n")["variables"]
        value = read["A"]["value"] if isinstance(read["A"], dict) else _evaluated(read["A"])
        assert (value, read["B"]) == (text, "b")


def test_what_is_plain_stays_plain_in_yaml() -> None:
    assert [github(name) for name in ("gate.hcl", "a/b-c.hcl", "1.hcl", "a b.hcl")] == [
        "gate.hcl",
        "a/b-c.hcl",
        '"1.hcl"',
        '"a b.hcl"',
    ]


def test_no_expression_of_github_is_left_but_the_one_that_is_its_beginning() -> None:
    assert github("a${{ x }}") == "\"a${{ '${{' }} x }}\""


def test_gitlab_expands_nothing_in_a_value_that_it_would_take_for_a_variable() -> None:
    assert [gitlab_variable(text) for text in ("a", "$a", "%a%")] == [
        "a",
        {"value": "$a", "expand": False},
        {"value": "%a%", "expand": False},
    ]


def test_json_is_yaml_whatever_is_in_it() -> None:
    for text in TEXTS:
        assert yaml.safe_load(yaml_json({text: [text]})) == {text: [text]}


def test_each_word_of_a_command_line_is_one_word_to_bash() -> None:
    words = [text for text in TEXTS if "\0" not in text]
    script = f"printf '%s\\0' {shell(words)}"
    assert script.isprintable()
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\0") == [*words, ""]


def test_a_name_that_is_no_utf_8_is_the_same_bytes_to_bash() -> None:
    script = "printf %s " + shell(["a\udcff\n"])
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    assert done.stdout == b"a\xff\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`a``", "``` `a`` ```"),
        ("", "`  `"),
        ("a\n- b\x1b", r"`a\n- b\x1b`"),
        ("<img>", "`<img>`"),
    ],
)
def test_code_in_markdown_ends_where_the_text_does(text: str, code: str) -> None:
    assert markdown_code(text) == code


def test_a_cell_of_a_table_ends_where_the_text_does() -> None:
    assert markdown_cell("a|b") == r"`a\|b`"


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    assert [markdown_fence(text) for text in ("", "a\n```\nb", "`````")] == [
        "```",
        "````",
        "``````",
    ]


def test_a_job_of_a_pipeline_cannot_be_left() -> None:
    """As `athena_gate.gate.pipeline.gitlab` appends it, on a line."""
    for text in TEXTS:
        line = f"{yaml_json(text)}: {yaml_json({'variables': {'A': text}})}"
        assert yaml.safe_load(line) == {text: {"variables": {"A": text}}}
