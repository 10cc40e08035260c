"""Names that are written into gate.hcl, whose comments and layout stay."""

from pathlib import Path

import pytest

from athena_gate.gate.adopt.names import additions, with_blocks
from athena_gate.gate.eject.hcl import Attribute, Block
from athena_gate.stacks.configuration import ConfiguredBlock, load
from tests.conftest import ACCOUNT
from tests.modules.access.vendors import PUBLIC_KEY

ADOPTED = Block("adopted", (), (Attribute("user", "u"), Attribute("bucket", True)))
TEXT = """\
# of the data platform
dot "other" { # }
}
dot "reporting" { // dot "reporting" {
  account   = "analytics"   # a comment }
  keys { /* { */
    generations = ["{"]
  }

  # the last one
}
looker "reporting" {}
"""
WRITTEN = """\
# of the data platform
dot "other" { # }
}
dot "reporting" { // dot "reporting" {
  account   = "analytics"   # a comment }
  keys { /* { */
    generations = ["{"]
  }

  # the last one
  adopted {
    user   = "u"
    bucket = true
  }
}
looker "reporting" {}
"""
ON_ONE_LINE = """\
dot reporting {
  account = "a"
  adopted {
    user   = "u"
    bucket = true
  }
}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [(TEXT, WRITTEN), ('dot reporting { account = "a" }\n', ON_ONE_LINE)],
    ids=["a file with comments", "a block on one line"],
)
def test_a_block_is_added_to_and_everything_else_stays(before: str, after: str) -> None:
    assert with_blocks(before, "dot", "reporting", [ADOPTED]) == after


def block(folder: Path, kind: str = "dot", more: str = "") -> ConfiguredBlock:
    way = f'keys {{\n pgp_key = "{PUBLIC_KEY}"\n generations = ["a"]\n}}\n'
    body = 'databases = ["sales"]\n lake_formation {}\n'
    if kind == "metronome":
        body = 'bucket = "acme-exports"\n schema = "exports"\n'
    file = folder / "gate.hcl"
    file.write_text(f'{ACCOUNT}{kind} "x" {{\n account = "analytics"\n{body}{way}{more}\n}}\n')
    return load(file).blocks[0]


def test_what_is_asked_for_becomes_fields_of_the_block(tmp_path: Path) -> None:
    asked = {"user": "u", "workgroup": "w", "bucket": "acme-results"}
    assert additions(block(tmp_path), asked) == [
        Block("results", (), (Attribute("bucket", "acme-results"),)),
        Block(
            "adopted",
            (),
            (Attribute("user", "u"), Attribute("workgroup", "w"), Attribute("bucket", True)),
        ),
    ]


def test_a_bucket_that_the_block_names_already_needs_no_other_name(tmp_path: Path) -> None:
    found = additions(block(tmp_path, "metronome"), {"bucket": "acme-exports"})
    assert found == [Block("adopted", (), (Attribute("bucket", True),))]


def test_what_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    there = block(tmp_path, more='adopted {\n user = "u"\n}')
    assert additions(there, {"user": "u"}) == additions(there, {}) == []


@pytest.mark.parametrize(
    ("kind", "more", "asked", "says"),
    [
        ("dot", 'adopted {\n user = "u"\n}', {"user": "other"}, "adopted is there already"),
        ("dot", 'results {\n path = "a/"\n}', {"bucket": "b-b"}, 'write bucket = "b-b" into resu'),
        ("metronome", "", {"bucket": "b-b"}, 'write bucket = "b-b" into the block'),
    ],
)
def test_what_somebody_has_to_decide_is_said(
    tmp_path: Path, kind: str, more: str, asked: dict[str, str], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        additions(block(tmp_path, kind, more), asked)
