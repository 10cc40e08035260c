"""gate.hcl as settings, and its mistakes as lines a person can act on."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import load
from athena_gate.stacks.integrations import INTEGRATIONS
from tests.conftest import ACCOUNT, DOT, Project, tries


def mistakes(project: Project, text: str) -> list[str]:
    """Return the mistakes of ``text`` without the name of the file."""
    project.write(text)
    with pytest.raises(ConfigurationError) as caught:
        load(project.file)
    return [mistake.text("gate.hcl") for mistake in caught.value.mistakes]


def test_a_block_becomes_a_stack_with_its_settings(project: Project) -> None:
    configuration = load(project.file)
    block = configuration.blocks[0]
    assert (block.kind, block.name, block.title, block.stack, block.line) == (
        "dot",
        "reporting",
        'dot "reporting"',
        "dot-reporting",
        6,
    )
    assert block.settings.account == configuration.accounts["analytics"]
    assert block.settings.account.id == "111122223333"
    assert block.settings.databases == ("sales",)


def test_a_block_of_no_vendor_has_a_hint_and_the_blocks_there_are(project: Project) -> None:
    project.write(f'hexx "a" {{}}\n{DOT}')
    with pytest.raises(ConfigurationError) as raised:
        load(project.file)
    kinds = ", ".join(["account", *INTEGRATIONS, "backend", "ejected"])
    assert str(raised.value) == (
        f'{project.file}:1: hexx: no block "hexx"; did you mean "hex"?; allowed: {kinds} [GATE101]'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "acount {}\n" + DOT,
            'gate.hcl:1: acount: no block "acount"; did you mean "account"?; allowed: ',
        ),
        ("x = 1\n" + DOT, "gate.hcl:1: x: stands outside any block; allowed here: blocks such as "),
        (
            DOT.replace("databases", "database"),
            'gate.hcl:8: dot "reporting": database: no field "database"; did you mean '
            '"databases"?; allowed: account, grants, ',
        ),
        (
            DOT.replace('account   = "analytics"', 'account   = "analytcs"'),
            'gate.hcl:7: dot "reporting": account: no account "analytcs"; did you mean '
            '"analytics"?; allowed: analytics',
        ),
        (
            DOT.replace('"111122223333"', "111122223333"),
            'gate.hcl:2: account "analytics": id: 111122223333 is not a string; allowed: a string '
            "in quotes",
        ),
        (
            DOT.replace('"111122223333"', '"11112222333"'),
            "gate.hcl:2: account \"analytics\": id: '11112222333' is not valid; allowed: exactly "
            '12 digits, as in "111122223333"',
        ),
        (
            DOT.replace("eu-central-1", "eu-centrall-1"),
            "gate.hcl:3: account \"analytics\": region: 'eu-centrall-1' is not valid; did you "
            'mean "eu-central-1"? allowed: ',
        ),
        (
            DOT.replace('region = "eu-central-1"', 'region = "eu-central-1"\n  tags = { a = 1 }'),
            'gate.hcl:4: account "analytics": tags: 1 is not a string; allowed: a string in quotes',
        ),
        (
            DOT.replace(
                "}\n\ndot", '  assume_role = "arn:aws:iam::999999999999:role/x"\n}\n\ndot', 1
            ),
            'gate.hcl:4: account "analytics": assume_role: the role is in account 999999999999, '
            "not in 111122223333",
        ),
        (
            DOT.replace("}\n\ndot", '  tags = { "athena-gate" = "x" }\n}\n\ndot', 1),
            "gate.hcl:4: account \"analytics\": tags: 'athena-gate' is the tag that names the "
            "block; allowed: other keys",
        ),
        (
            DOT + '\nbackend "S3" {}\n',
            'gate.hcl:16: backend "S3": no backend "S3"; allowed: local, s3, cloud',
        ),
        (
            DOT + 'ejected "dot-reporting" {}\n',
            'gate.hcl:15: ejected "dot-reporting": dot "reporting" on line 6 still builds it; ',
        ),
        (
            DOT + 'ejected "dot.old" {}\n',
            "gate.hcl:15: ejected \"dot.old\": name: 'dot.old' is not valid; allowed: the name of ",
        ),
        (DOT + "backend {}\n", 'gate.hcl:15: backend: no backend ""; allowed: local, s3, cloud'),
        (DOT + 'backend "local" {}\nbackend "local" {}\n', 'gate.hcl:16: backend "local": a sec'),
        (
            DOT + 'dot "reporting" {}\n',
            'gate.hcl:15: dot "reporting": has the same name as the block on line 6; choose',
        ),
        (
            DOT + 'dot "report ing" {}\n',
            'gate.hcl:15: dot "report ing": has the same id to CDKTF as the block on line 6',
        ),
        (
            DOT.replace('source "acme-lake"', "source"),
            'gate.hcl:9: dot "reporting": source: has the wrong number of labels; write source '
            '"bucket" { ... }',
        ),
        (
            DOT.replace("keys {", "keys = {"),
            'gate.hcl:10: dot "reporting": keys: is a block: write it without =',
        ),
        (
            DOT.replace('databases = ["sales"]', "databases {}"),
            'gate.hcl:8: dot "reporting": databases: is not a block: write databases = ...',
        ),
        ("", "gate.hcl:1: nothing to build; `gate vendors` lists the blocks that build"),
    ],
)
def test_a_mistake_names_its_line_and_what_is_allowed(
    project: Project, text: str, expected: str
) -> None:
    assert expected in [line[: len(expected)] for line in mistakes(project, text)]


def test_all_mistakes_are_reported_in_one_go_in_order_of_line(project: Project) -> None:
    text = """\
account "analytics" {
  id     = "1"
  region = "eu-central-1"
}
dot "reporting" {
  account   = "analytics"
  databases = ["Sales", "${x}"]
  source "acme-lake" {
    prefixes = ["sales", "a/", "a/b/"]
  }
  keys {
    pgp_key_file = "keys/none.asc"
    generations  = []
  }
}
"""
    assert mistakes(project, text) == [
        "gate.hcl:2: account \"analytics\": id: '1' is not valid; allowed: exactly 12 digits, as "
        'in "111122223333"',
        "gate.hcl:7: dot \"reporting\": databases: '${x}' holds a template; values are plain "
        'data, and "${" and "%{" are not allowed in them',
        "gate.hcl:7: dot \"reporting\": databases: 'Sales' is not valid; allowed: 1 to 255 "
        "lower-case letters, digits, underscores and hyphens; no wildcards",
        'gate.hcl:9: dot "reporting": source "acme-lake": prefixes: \'sales\' would also match '
        "'sales-old/'; end it with a slash: 'sales/'",
        'gate.hcl:12: dot "reporting": keys: pgp_key_file: '
        f"{project.folder}/keys/none.asc: no such file; write your public key there with "
        "`gpg --armor --export KEY`",
        'gate.hcl:13: dot "reporting": keys: generations: has 0 items; allowed: 1 to 2',
    ]


def test_a_file_that_does_not_exist_is_a_mistake_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / "gate.hcl")
    assert str(caught.value) == (
        f"{tmp_path}/gate.hcl:1: no such file; `gate init` makes one, `gate --file FILE` or "
        "GATE_FILE names another [GATE001]"
    )


def test_two_blocks_cannot_make_one_bucket(project: Project) -> None:
    other = DOT.removeprefix(ACCOUNT).replace('"reporting"', '"other"')
    named = '  results { bucket = "acme-results" }\n  keys {'
    text = (DOT + other).replace("  keys {", named)
    assert mistakes(project, text) == [
        'gate.hcl:17: dot "other": makes the bucket \'acme-results\', as dot "reporting" does; '
        "choose another name, or have only one of the two make it"
    ]


def test_two_connectors_cannot_make_one_function(project: Project) -> None:
    connector = """dynamodb_connector "{}" {{
  owner    = "analytics"
  consumer = "analytics"
  catalog  = "orders"
  tables   = ["orders"]
}}
"""
    assert mistakes(project, ACCOUNT + connector.format("one") + connector.format("two")) == [
        "gate.hcl:11: dynamodb_connector \"two\": makes the function 'orders' of account "
        '111122223333 in eu-central-1, as dynamodb_connector "one" does; choose another name, or '
        "have only one of the two make it"
    ]


def test_a_block_that_needs_too_many_policies_is_a_mistake(project: Project) -> None:
    names = ", ".join(f'"database_with_a_rather_long_name_{n:03}"' for n in range(400))
    assert mistakes(project, DOT.replace('"sales"]', f"{names}]")) == [
        'gate.hcl:6: dot "reporting": needs 17 managed policies, and AWS attaches 10 at most to '
        "one user or role; name fewer databases and prefixes, or divide the block"
    ]


# Every string field there is, each on a line of its own.
MAXIMAL = """\
account "analytics" {
  id          = "111122223333"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::111122223333:role/terraform"
  tags        = {
    owner       = "data"
    "cost unit" = "4711"
  }
}
backend "local" {}
dot "reporting" {
  account   = "analytics"
  grants    = "least_privilege"
  databases = [
    "sales",
    "finance",
  ]
  path    = "/vendors/"
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"
  source "acme-lake" {
    prefixes = ["sales/"]
    kms_key  = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  }
  catalog "partner" {
    owner     = "999999999999"
    databases = ["orders"]
  }
  catalog "postgres" {
    function      = "arn:aws:lambda:eu-central-1:111122223333:function:postgres"
    spill_bucket  = "acme-spill"
    spill_prefix  = "athena/"
    spill_kms_key = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555557"
  }
  workgroup {
    engine_version = "AUTO"
  }
  results {
    bucket  = "acme-results"
    path    = "dot/"
    kms_key = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555556"
  }
  keys {
    pgp_key_file = "keys/ops.asc"
    generations  = ["2026-11"]
  }
}
"""
STRINGS = [match.span() for match in re.finditer(r'"[^"]*"', MAXIMAL)]


def test_every_field_at_once_is_accepted(project: Project) -> None:
    project.write(MAXIMAL)
    assert load(project.file).blocks[0].settings.results.bucket == "acme-results"


@pytest.mark.parametrize("span", STRINGS, ids=[MAXIMAL[a:b] for a, b in STRINGS])
@pytest.mark.parametrize("template", ['${file("/etc/passwd")}', "%{ if true }x%{ endif }"])
def test_a_template_in_any_string_is_refused_with_its_line(
    project: Project, span: tuple[int, int], template: str
) -> None:
    start, end = span
    text = f'{MAXIMAL[:start]}"{template}"{MAXIMAL[end:]}'
    line = MAXIMAL.count("\n", 0, start) + 1
    assert [
        entry
        for entry in mistakes(project, text)
        if entry.startswith(f"gate.hcl:{line}: ") and f"{template!r} holds a template" in entry
    ] != []


@settings(max_examples=tries(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_is_read_or_refused_without_a_trace(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gate.hcl"
    file.write_text(text, encoding="utf-8", errors="replace")
    with pytest.raises(ConfigurationError):
        load(file)
