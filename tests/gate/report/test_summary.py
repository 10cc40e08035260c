"""The top of the report, as HTML."""

import re
from pathlib import Path

import pysequoia

from athena_gate.gate.diff import compare
from athena_gate.gate.diff.sides import asked_for
from athena_gate.gate.report.principals import Item, Row
from athena_gate.gate.report.summary import Changes, changes, principals
from athena_gate.gate.stack.model import Stack
from athena_gate.stacks.configuration import load
from tests.conftest import DOT, make_project


def texts(markup: str) -> list[str]:
    """Return what is written in each cell, with its columns' names left out."""
    cells = re.findall(r"<t[hd] (?:scope=\"row\"|data-label)[^>]*>(.*?)</t[hd]>", markup)
    return [" ".join(re.sub("<wbr>", "", re.sub("<(?!wbr)[^>]*>", " ", c)).split()) for c in cells]


def row(**given: object) -> Row:
    empty: dict[str, object] = {
        "who": "Dot",
        "kind": "outside, with a key",
        "outside": True,
        "becomes": "user dot",
        "account": "1",
        "reads": (),
        "writes": (),
        "deletes": (),
        "conditions": (),
    }
    return Row(**{**empty, **given})  # type: ignore[arg-type]


def test_a_row_says_who_and_what_and_on_what_condition() -> None:
    found = row(
        reads=(
            Item("s3://lake/", "over TLS"),
            Item("names in Athena", care="not on the page", minor=True),
        ),
        writes=(Item("s3://results/", care="not on the page"),),
        conditions=("with 1 access key", "only from 192.0.2.1"),
        care="the vendor's page names no permissions",
    )
    markup = principals([("dot-a", 'dot "a"', [found])], {"1": "analytics"})
    assert texts(markup) == [
        "Dot outside, with a key as user dot of account analytics "
        "the vendor&#x27;s page names no permissions dot &quot;a&quot;",
        "s3://lake/ , over TLS 1 of names and settings, 1 to look at names in Athena "
        "not on the page",
        "s3://results/ not on the page",
        "nothing",
        "with 1 access key only from 192.0.2.1",
    ]
    # Writing and deleting look different, beside the name of the column.
    assert re.findall('class="items ([a-z]+)"', markup) == ["read", "write"]
    assert markup.count('class="mark care">not on the page') == 2


def test_a_long_list_is_folded_behind_its_first() -> None:
    items = tuple(Item(f"s3://bucket-{n}/") for n in range(10))
    (_, reads, *_) = texts(principals([("a", "a", [row(reads=items)])], {}))
    shown = [f"s3://bucket-{n}/" for n in range(8)]
    assert reads == " ".join([*shown, "2 more", "s3://bucket-8/", "s3://bucket-9/"])


def test_what_changed_is_told_by_principal(tmp_path: Path, pgp_key: pysequoia.Tsk) -> None:
    def stacks(name: str, text: str) -> tuple[Stack, ...]:
        return asked_for(load(make_project(tmp_path / name, pgp_key, text).file))

    old = stacks("old", DOT)
    assert compare(stacks("same", DOT), old) == ()
    new = stacks("new", DOT.replace('prefixes = ["sales/"]', 'prefixes = ["sales/", "hr/"]'))
    found = changes(Changes("main", compare(new, old)))
    assert found is not None
    athena = "only through Athena"
    assert texts(found) == [
        "user dot-reporting of account 111122223333",
        "may now",
        "s3:GetObject",
        "objects of acme-lake under hr/",
        athena,
    ]


def test_where_nothing_changed_it_says_so_and_without_a_comparison_nothing() -> None:
    nothing = "Nothing: nobody&#x27;s rights, no resource, nothing that is handed over."
    assert nothing in str(changes(Changes("main", ())))
    assert changes(None) is None
