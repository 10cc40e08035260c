"""What people get wrong in gate.hcl, and what they are told: line, problem, remedy, and nothing
else, for the rest of the file is read."""

# ruff: noqa: E501 - messages on one line

from pathlib import Path

import pytest

from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import load
from tests.conftest import ROOT

GOOD = """\
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
  tags = {
    owner = "data"
    team  = "bi"
  }
}

dot "reporting" {
  account   = "analytics"
  databases = ["sales", "hr"]
  path      = "/vendors/"

  source "acme-lake" {
    prefixes = ["sales/"]
  }

  keys {
    pgp_key_file = "keys/example.asc"
    generations  = ["2026-11"]
  }
}
"""
# What is replaced in it and by what (all of it, when that is empty); line, code and text of the one
# mistake that is told.
WRONG = [
    ("id     =", "id\xa0    =", 2, "GATE004", "a no-break space at column 5; write a plain space"),
    (
        "databases =",
        "\u200bdatabases =",
        12,
        "GATE004",
        "a zero-width space at column 3; write a plain space",
    ),
    (
        "  region",
        "\ufeff  region",
        3,
        "GATE004",
        "a byte order mark at column 1; write a plain space",
    ),
    (
        '"111122223333"',
        "\u201c111122223333\u201d",
        2,
        "GATE005",
        'curly quotes around 111122223333; write "111122223333"',
    ),
    (
        '"111122223333"',
        '\u201c111122223333"',
        2,
        "GATE005",
        'curly quotes around 111122223333; write "111122223333"',
    ),
    (
        '"sales", "hr"',
        '\u201esales\u201c, "hr"',
        12,
        "GATE005",
        'curly quotes around sales; write "sales"',
    ),
    (
        '"eu-central-1"',
        "'eu-central-1'",
        3,
        "GATE005",
        'single quotes around eu-central-1; write "eu-central-1"',
    ),
    (
        '"reporting"',
        "'reporting'",
        10,
        "GATE005",
        'single quotes around reporting; write "reporting"',
    ),
    ('"sales/"', "`sales/`", 16, "GATE005", 'backward quotes around sales/; write "sales/"'),
    (
        "  region ",
        '  "region" ',
        3,
        "GATE005",
        'account "analytics": quotes around a name; write region = ...',
    ),
    (
        '"111122223333"',
        '"111122223333',
        2,
        "GATE006",
        'a quote is missing: id     = "111122223333; put " around each text',
    ),
    (
        '"111122223333"',
        '111122223333"',
        2,
        "GATE006",
        'a quote is missing: id     = 111122223333"; put " around each text',
    ),
    (
        'dot "reporting" {',
        'dot "reporting {',
        10,
        "GATE006",
        'a quote is missing: dot "reporting {; put " around each text',
    ),
    (
        '"sales", "hr"',
        '"sales, "hr"',
        12,
        "GATE006",
        'a quote is missing: databases = ["sales, "hr"]; put " around each text',
    ),
    (
        '["2026-11"]',
        '["2026-11]',
        21,
        "GATE006",
        'a quote is missing: generations  = ["2026-11]; put " around each text',
    ),
    (
        '"111122223333"',
        '"111122223333",',
        2,
        "GATE010",
        'account "analytics": a comma after the value; delete it',
    ),
    (
        '"sales", "hr"',
        '"sales" "hr"',
        12,
        "GATE010",
        'dot "reporting": no comma after "sales" in a list; write one',
    ),
    (
        '["sales", "hr"]',
        '[\n    "sales"\n    "hr",\n  ]',
        13,
        "GATE010",
        'dot "reporting": no comma after "sales" in a list; write one',
    ),
    (
        '"sales", "hr"',
        '"sales",, "hr"',
        12,
        "GATE010",
        'dot "reporting": a comma without a value before it; delete it',
    ),
    (
        '"sales", "hr"',
        ', "sales"',
        12,
        "GATE010",
        'dot "reporting": a comma without a value before it; delete it',
    ),
    (
        '"111122223333"',
        '"111122223333";',
        2,
        "GATE010",
        'account "analytics": a semicolon after the value; delete it',
    ),
    (
        '"sales", "hr"',
        '"sales"; "hr"',
        12,
        "GATE010",
        'dot "reporting": a semicolon in a list; write a comma',
    ),
    (
        '{\n    owner = "data"\n    team  = "bi"\n  }',
        '{ owner = "data" team = "bi" }',
        4,
        "GATE010",
        'account "analytics": no comma after "data" in a map; write one',
    ),
    (
        '["sales/"]\n  }',
        '["sales/"]\n  },',
        17,
        "GATE010",
        'dot "reporting": source "acme-lake": a comma after the block source; delete it',
    ),
    (
        "account   = ",
        "account: ",
        11,
        "GATE009",
        'dot "reporting": a colon after account; write account = ...',
    ),
    (
        "account   = ",
        "account := ",
        11,
        "GATE009",
        'dot "reporting": := after account; write account = ...',
    ),
    (
        "account   = ",
        "account == ",
        11,
        "GATE009",
        'dot "reporting": == after account; write account = ...',
    ),
    (
        "account   = ",
        "account => ",
        11,
        "GATE009",
        'dot "reporting": => after account; write account = ...',
    ),
    (
        "owner = ",
        "owner => ",
        5,
        "GATE009",
        'account "analytics": => after owner; write owner = ...',
    ),
    (
        "owner = ",
        "owner ",
        5,
        "GATE009",
        'account "analytics": no = after owner in a map; write owner = ...',
    ),
    (
        "account   = ",
        "account ",
        11,
        "GATE009",
        'dot "reporting": no = after account; write account = "analytics"',
    ),
    (
        "databases = ",
        "databases ",
        12,
        "GATE009",
        'dot "reporting": no = after databases; write databases = ...',
    ),
    (
        "account   = ",
        "account = = ",
        11,
        "GATE009",
        'dot "reporting": a second =; write account = ...',
    ),
    ('"111122223333"', "", 2, "GATE012", 'account "analytics": no value after =; write id = ...'),
    ('"data"', "", 5, "GATE012", 'account "analytics": no value after =; write owner = ...'),
    ("keys {", "keys", 19, "GATE007", 'dot "reporting": no { after keys; write it on this line'),
    (
        "keys {",
        "keys\n  {",
        20,
        "GATE011",
        'dot "reporting": a { on a line of its own; write it after the block\'s name',
    ),
    (
        'dot "reporting" {',
        'dot "reporting" = {',
        10,
        "GATE011",
        'a = before a block; write dot "reporting" {',
    ),
    ("keys {", "keys = {", 19, "GATE109", 'dot "reporting": keys: is a block: write it without ='),
    (
        'source "acme-lake" {',
        'source "acme-lake" = {',
        15,
        "GATE011",
        'dot "reporting": a = before a block; write source "acme-lake" {',
    ),
    (
        '"111122223333"\n',
        '"111122223333" ',
        2,
        "GATE011",
        'account "analytics": a second field or block on a line; begin a new line',
    ),
    (
        "}\n\ndot",
        "} dot",
        8,
        "GATE011",
        'account "analytics": a second field or block on a line; begin a new line',
    ),
    ('dot "reporting" {', "{", 10, "GATE011", "a block without a name; write NAME before it"),
    (
        "  }\n}\n\ndot",
        "  }\n\ndot",
        1,
        "GATE007",
        'account "analytics": the block opens here and is never closed; add }',
    ),
    (
        '["sales/"]\n  }',
        '["sales/"]',
        15,
        "GATE007",
        'dot "reporting": source "acme-lake": the block opens here and is never closed; add }',
    ),
    (
        '    generations  = ["2026-11"]\n  }\n}\n',
        '    generations  = ["2026-11"]\n  }\n',
        10,
        "GATE007",
        'dot "reporting": the block opens here and is never closed; add }',
    ),
    (
        '"hr"]',
        '"hr"',
        12,
        "GATE007",
        'dot "reporting": the list opens here and is never closed; add ]',
    ),
    (
        '["sales", "hr"]',
        '[\n    "sales",\n    "hr",',
        12,
        "GATE007",
        'dot "reporting": the list opens here and is never closed; add ]',
    ),
    (
        '"bi"\n  }',
        '"bi"',
        4,
        "GATE007",
        'account "analytics": the map opens here and is never closed; add }',
    ),
    (
        '    generations  = ["2026-11"]\n  }\n}\n',
        '    generations  = ["2026-11"]\n  }\n}\n}\n',
        24,
        "GATE008",
        "a } that closes nothing; delete it",
    ),
    (
        '["sales/"]\n  }',
        '["sales/"]\n  }\n  }',
        18,
        "GATE008",
        'dot "reporting": a } that closes nothing; delete it',
    ),
    (
        '"bi"\n  }',
        '"bi"\n  ]',
        7,
        "GATE008",
        'account "analytics": a ] where the map needs }; write }',
    ),
    ('"hr"]', '"hr"}', 12, "GATE008", 'dot "reporting": a } where the list needs ]; write ]'),
    (
        '["sales", "hr"]',
        '("sales", "hr")',
        12,
        "GATE014",
        'dot "reporting": databases: is an expression; allowed: a plain string in quotes, a number, true, false, or a list or map of these',
    ),
    ('"hr"]', '"hr"]]', 12, "GATE008", 'dot "reporting": a ] that closes nothing; delete it'),
    (
        '  path      = "/vendors/"\n',
        '<<<<<<< HEAD\n  path      = "/vendors/"\n=======\n  path      = "/partners/"\n>>>>>>> feature\n',
        13,
        "GATE003",
        "a conflict of a merge, up to line 17; keep one side and delete the lines of signs",
    ),
    (
        '  path      = "/vendors/"\n',
        '<<<<<<< HEAD\n  path      = "/vendors/"\n||||||| base\n  path = "/"\n=======\n  path      = "/partners/"\n>>>>>>> feature\n',
        13,
        "GATE003",
        "a conflict of a merge, up to line 19; keep one side and delete the lines of signs",
    ),
    (
        '  path      = "/vendors/"\n',
        '=======\n  path      = "/vendors/"\n',
        13,
        "GATE003",
        "a sign that a merge left; delete the line",
    ),
    (
        '"analytics"\n  data',
        "analytics\n  data",
        11,
        "GATE013",
        'dot "reporting": account: analytics is a word without quotes; write "analytics"',
    ),
    (
        'path      = "/vendors/"',
        "reads_results_directly = True",
        13,
        "GATE013",
        'dot "reporting": reads_results_directly: True is a word without quotes; write true',
    ),
    (
        '"analytics"\n  data',
        "account.analytics.id\n  data",
        11,
        "GATE014",
        'dot "reporting": account: is an expression; allowed: a plain string in quotes, a number, true, false, or a list or map of these',
    ),
    (
        '"/vendors/"',
        "<<EOT\n/vendors/\nEOT",
        13,
        "GATE016",
        'dot "reporting": path: is a heredoc; allowed: a string in quotes',
    ),
    (
        '"/vendors/"',
        "<<EOT\n/vendors/",
        13,
        "GATE016",
        'dot "reporting": path: a heredoc is never closed; write EOT on a line',
    ),
    (
        '"/vendors/"',
        '"/${x}/"',
        13,
        "GATE015",
        'dot "reporting": path: \'/${x}/\' holds a template; values are plain data, and "${" and "%{" are not allowed in them',
    ),
    (
        '"/vendors/"',
        '"\\d"',
        13,
        "GATE020",
        'dot "reporting": path: has an unknown escape \\d; allowed: \\n \\r \\t \\" \\\\',
    ),
    ("  path ", "  /* path ", 13, "GATE017", "a comment is never closed; end it with */"),
    (
        "  path ",
        "  <!-- note -->\n  path ",
        13,
        "GATE012",
        'dot "reporting": not HCL at column 3; write NAME = VALUE here',
    ),
    (
        "  path ",
        "  -- note\n  path ",
        13,
        "GATE012",
        'dot "reporting": not HCL at column 3; write NAME = VALUE here',
    ),
    (
        "  path ",
        "  todo\n  path ",
        13,
        "GATE012",
        'dot "reporting": todo alone is no HCL; write todo = VALUE or todo { ... }',
    ),
    (
        "  path ",
        "  write this later\n  path ",
        13,
        "GATE012",
        'dot "reporting": write alone is no HCL; write write = VALUE or write { ... }',
    ),
    (
        "",
        '{"dot": {"reporting": {}}}\n',
        1,
        "GATE019",
        'is JSON; write HCL, as in account "analytics" { ... }',
    ),
    (
        "",
        "dot:\n  reporting:\n    account: analytics\n",
        1,
        "GATE019",
        'is YAML; write HCL, as in account "analytics" { ... }',
    ),
    (
        "eu-central-1",
        "eu-centrl-1",
        3,
        "GATE203",
        'account "analytics": region: \'eu-centrl-1\' is not valid; did you mean "eu-central-1"? allowed: a region of the partitions aws, aws-cn, aws-eusc or aws-us-gov, as in "eu-central-1"',
    ),
    (
        "eu-central-1",
        "eu-central1",
        3,
        "GATE203",
        'account "analytics": region: \'eu-central1\' is not valid; did you mean "eu-central-1"? allowed: a region of the partitions aws, aws-cn, aws-eusc or aws-us-gov, as in "eu-central-1"',
    ),
    (
        "eu-central-1",
        "eu-central-1a",
        3,
        "GATE203",
        'account "analytics": region: \'eu-central-1a\' is not valid; did you mean "eu-central-1"? allowed: a region of the partitions aws, aws-cn, aws-eusc or aws-us-gov, as in "eu-central-1"',
    ),
    (
        "source",
        "sources",
        15,
        "GATE101",
        'dot "reporting": sources: no block "sources"; did you mean "source"?; allowed: account, grants, restrict_to_vendor_ips, permissions_boundary, path, until, databases, list_all_databases, reads_results_directly, lake_formation, keys, only_from, catalog, adopted, accept, source, workgroup, results',
    ),
    (
        '"111122223333"',
        "111122223333",
        2,
        "GATE105",
        'account "analytics": id: 111122223333 is not a string; allowed: a string in quotes',
    ),
    (
        'source "acme-lake" {\n    prefixes = ["sales/"]\n  }',
        'source "acme-lake" {}\n  source "other" {}\n  source "acme-lake" {\n  prefixes = ["a/"]\n  }\n  source "third" {}',
        17,
        "GATE213",
        "dot \"reporting\": source: 'acme-lake' stands here twice; once is enough",
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("wrong")
    (found / "keys").symlink_to(ROOT / "keys")
    return found


def told(folder: Path, content: bytes) -> list[tuple[int, str, str]]:
    """Return line, code and text of the mistakes in a gate.hcl."""
    (folder / "gate.hcl").write_bytes(content)
    try:
        load(folder / "gate.hcl")
    except ConfigurationError as error:
        return [
            (m.line, m.code, ": ".join(part for part in (m.subject, m.field, m.problem) if part))
            for m in error.mistakes
        ]
    return []


def test_the_file_without_a_slip_has_no_mistake(folder: Path) -> None:
    assert told(folder, GOOD.encode()) == []


@pytest.mark.parametrize(("old", "new", "line", "code", "text"), WRONG)
def test_a_slip_is_told_with_its_line_and_the_remedy_and_nothing_else(
    folder: Path, old: str, new: str, line: int, code: str, text: str
) -> None:
    assert old in GOOD
    wrong = GOOD.replace(old, new, 1) if old else new
    assert told(folder, wrong.encode()) == [(line, code, text)]


@pytest.mark.parametrize(("old", "new"), [(one[0], one[1]) for one in WRONG if one[0]])
def test_beside_a_slip_the_other_blocks_are_checked(folder: Path, old: str, new: str) -> None:
    other = 'metronome "billing" {\n  account = "analytics"\n  colour  = "red"\n}\n\n'
    codes = [code for _, code, _ in told(folder, (other + GOOD.replace(old, new, 1)).encode())]
    assert "GATE102" in codes


@pytest.mark.parametrize(
    ("encoding", "line", "text"),
    [
        ("utf-16", 1, "line 1 is UTF-16, not UTF-8; allowed: a text file in UTF-8"),
        (
            "latin-1",
            5,
            "line 5 is not UTF-8: ü as Latin-1 has it; allowed: a text file in UTF-8",
        ),
    ],
)
def test_another_encoding_is_told_with_its_name(
    folder: Path, encoding: str, line: int, text: str
) -> None:
    content = GOOD.replace('"data"', '"Müller"').encode(encoding)
    assert told(folder, content) == [(line, "GATE002", text)]


def test_a_byte_order_mark_and_windows_ends_of_lines_are_fine(folder: Path) -> None:
    assert told(folder, GOOD.replace("\n", "\r\n").encode("utf-8-sig")) == []


def test_several_slips_are_told_in_one_go(folder: Path) -> None:
    wrong = (
        GOOD.replace('"111122223333"', "'111122223333'")
        .replace("eu-central-1", "eu-centrl-1")
        .replace('"sales", "hr"', '"sales" "hr"')
        .replace("pgp_key_file =", "pgp_key_file:")
    )
    assert [(line, code) for line, code, _ in told(folder, wrong.encode())] == [
        (2, "GATE005"),
        (3, "GATE203"),
        (12, "GATE010"),
        (20, "GATE009"),
    ]
