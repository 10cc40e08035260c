"""What Lake Formation gives whom: by the block's own words, and by the calls of who is given it."""

from pathlib import Path

import pytest

from athena_gate.gate.diff.sides import asked_for
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import ConfiguredBlock, load

ACCOUNT = """\
account "a" {
  id     = "111122223333"
  region = "eu-central-1"
}
"""
KEY = Path(__file__).parents[2] / "keys" / "example.asc"
KEYS = f"""\
  keys {{
    pgp_key_file = "{KEY}"
    generations  = ["1"]
  }}
}}
"""
QUERY = f"""\
dot "x" {{
  account = "a"
  databases = ["sales", "stock"]
@LAKE@
{KEYS}"""
METADATA = QUERY.replace('dot "x"', 'elementary "x"')
TABLES = f"""\
webflow "x" {{
  account = "a"
  bucket  = "acme-exports"
  schema  = "exports"
@LAKE@
{KEYS}"""
DBT = """\
dbt "x" {
  account   = "a"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["marts"]
  source_databases = ["sales"]
@LAKE@
}
"""
COLUMNS = """\
lake_formation {
  default_database = false
  table "sales.orders" {}
  table "sales.customers" { columns = ["id", "city"] }
  table "sales.staff" { without_columns = ["salary"] }
}"""
TAGS = """\
lake_formation {
  tag "domain" { values = ["sales", "stock"] }
  tag "tier" { values = ["public"] }
}"""
ALL_OF_MARTS = "ALTER, DELETE, DESCRIBE, DROP, INSERT, SELECT on all tables of marts"


def block_of(folder: Path, text: str, lake: str) -> ConfiguredBlock:
    file = folder / "gate.hcl"
    file.write_text(ACCOUNT + text.replace("@LAKE@", lake))
    (block,) = load(file).blocks
    return block


def given(folder: Path, text: str, lake: str) -> list[str]:
    """Return what the stack of a block makes Lake Formation give, after it was told to be what the
    calls of its vendor ask for, to the letter."""
    block = block_of(folder, text, lake)
    (stack,) = asked_for(load(folder / "gate.hcl"))
    made = {one for grant in stack.lake_grants for one in grant.each()}
    asked = {
        one for grant in block.integration.lake_formation(block.settings) for one in grant.each()
    }
    assert made == asked
    return [grant.says for grant in stack.lake_grants]


@pytest.mark.parametrize(
    ("text", "lake", "expected"),
    [
        (
            QUERY,
            "lake_formation {}",
            [
                "DESCRIBE on database default",
                "DESCRIBE on database sales",
                "SELECT on all tables of sales",
                "DESCRIBE on database stock",
                "SELECT on all tables of stock",
            ],
        ),
        (
            QUERY,
            COLUMNS,
            [
                "DESCRIBE on database sales",
                "SELECT on table sales.orders",
                "SELECT on table sales.customers, columns city, id",
                "SELECT on table sales.staff, all columns but salary",
                "DESCRIBE on database stock",
                "SELECT on all tables of stock",
            ],
        ),
        (
            QUERY,
            TAGS,
            [
                "DESCRIBE on database default",
                "DESCRIBE on databases with the LF-tag domain = sales or stock and tier = public",
                "SELECT on tables with the LF-tag domain = sales or stock and tier = public",
            ],
        ),
        (
            METADATA,
            'lake_formation {\n  table "sales.orders" {}\n}',
            [
                "DESCRIBE on database sales",
                "DESCRIBE on table sales.orders",
                "DESCRIBE on database stock",
                "DESCRIBE on all tables of stock",
            ],
        ),
        (
            TABLES,
            "create_bucket = false\nlake_formation {}",
            [
                "DESCRIBE on database default",
                "CREATE_DATABASE on the Glue catalog",
                "CREATE_TABLE, DESCRIBE on database exports",
                ALL_OF_MARTS.replace("marts", "exports"),
                "DATA_LOCATION_ACCESS on location s3://acme-exports/exports",
            ],
        ),
        (
            TABLES,
            'create_bucket = false\nbucket_owner = "999999999999"\nlake_formation {}',
            [
                "DESCRIBE on database default",
                "CREATE_DATABASE on the Glue catalog",
                "CREATE_TABLE, DESCRIBE on database exports",
                ALL_OF_MARTS.replace("marts", "exports"),
            ],
        ),
        (
            TABLES,
            'lake_formation {\n  new_databases = ["exports"]\n}',
            ["DESCRIBE on database default", "CREATE_DATABASE on the Glue catalog"],
        ),
        (
            DBT,
            'drop_schemas = true\ndata {\n bucket = "acme-lake"\n create = false\n}\n'
            "lake_formation {}",
            [
                "DESCRIBE on database default",
                "CREATE_DATABASE on the Glue catalog",
                "CREATE_TABLE, DESCRIBE, DROP on database marts",
                ALL_OF_MARTS,
                "DATA_LOCATION_ACCESS on location s3://acme-lake/dbt-x-tables",
                "DESCRIBE on database sales",
                "SELECT on all tables of sales",
            ],
        ),
        (DBT, "lake_formation {\n  grants = false\n}", []),
        (DBT, "", []),
    ],
)
def test_lake_formation_gives_what_is_read_and_written_and_no_more(
    tmp_path: Path, text: str, lake: str, expected: list[str]
) -> None:
    assert given(tmp_path, text, lake) == expected


def test_grants_left_to_others_are_their_list_and_what_the_need_rests_on(tmp_path: Path) -> None:
    made = given(tmp_path, DBT, "lake_formation {}")
    block = block_of(tmp_path, DBT, "lake_formation {\n  grants = false\n}")
    todos = block.integration.todo(block.settings)
    asked = [one for one in todos if one.name == "lake-formation"]
    assert [one.says for one in asked] == [
        f"Lake Formation gives the role dbt-x {says}" for says in made
    ]
    assert asked[-1].run.split(" \\\n  ") == [
        "aws lakeformation grant-permissions --region eu-central-1",
        "--principal DataLakePrincipalIdentifier=arn:aws:iam::111122223333:role/dbt-x",
        "--permissions SELECT",
        '--resource \'{"Table": {"DatabaseName": "sales", "TableWildcard": {}}}\'',
    ]
    assert {(one.who, one.account) for one in asked} == {
        ("a data lake administrator of account 111122223333", "111122223333")
    }
    resting = {
        need.name: tuple(dict.fromkeys(one for call in need.calls for one in call.given))
        for need in block.integration.needs(block.settings)
    }
    assert resting["lake-formation"] == tuple(asked)
    assert [name for name, given in resting.items() if set(given) & set(asked)] == [
        "browse-catalog",
        "build-tables",
        "describe-tables",
        "default-database",
        "write-data",
        "lake-formation",
    ]


def test_of_tables_given_alone_each_is_a_condition_of_its_own(tmp_path: Path) -> None:
    lake = COLUMNS.replace("lake_formation {", "lake_formation {\n  grants = false")
    block = block_of(tmp_path, QUERY, lake)
    table = "arn:aws:glue:eu-central-1:111122223333:table/"
    (need,) = [n for n in block.integration.needs(block.settings) if n.name == "describe-tables"]
    found = {
        resource.removeprefix(table): [one.says.partition("dot-x ")[2] for one in call.given]
        for call in need.calls
        for resource in call.resources
        if call.action == "glue:GetTable" and resource.startswith(table)
    }
    assert found == {
        "sales/orders": ["SELECT on table sales.orders"],
        "sales/customers": ["SELECT on table sales.customers, columns city, id"],
        "sales/staff": ["SELECT on table sales.staff, all columns but salary"],
        "stock/t": ["SELECT on all tables of stock"],
    }


def test_grants_by_tag_rest_on_who_assigns_the_tags(tmp_path: Path) -> None:
    """The stack makes the grants, and what has the tags is said elsewhere."""
    block = block_of(tmp_path, QUERY, TAGS)
    says = "the LF-tag domain = sales or stock and tier = public"
    assert [
        (one.who, one.says)
        for one in block.integration.todo(block.settings)
        if one.name.startswith("lake-formation")
    ] == [
        ("a data lake administrator of account 111122223333", f"{what} {says}")
        for what in (
            "the databases sales, stock have",
            "the tables of sales, stock that are read have",
        )
    ]
    resting = {
        need.name: len({one for call in need.calls for one in call.given})
        for need in block.integration.needs(block.settings)
    }
    assert {name: count for name, count in resting.items() if count} == {
        "browse-catalog": 2,
        "describe-tables": 2,
    }


@pytest.mark.parametrize(
    ("text", "lake", "mistake"),
    [
        (
            QUERY,
            "lake_formation = true",
            '8: dot "x": lake_formation: is a block: write lake_formation {} in its place',
        ),
        (
            QUERY,
            'lake_formation {\n  table "hr.staff" {}\n}',
            '9: dot "x": lake_formation: table "hr.staff": the database \'hr\' is not named; '
            "allowed: tables of sales, stock",
        ),
        (
            QUERY,
            'lake_formation {\n  table "sales" {}\n}',
            '9: dot "x": lake_formation: table "sales": name: \'sales\' is not valid; allowed: '
            'database and table in lower case, as in "sales.orders"; no wildcards',
        ),
        (
            QUERY,
            'lake_formation {\n  table "sales.*" {}\n}',
            '9: dot "x": lake_formation: table "sales.*": name: \'sales.*\' is not valid; '
            'allowed: database and table in lower case, as in "sales.orders"; no wildcards',
        ),
        (
            QUERY,
            'lake_formation {\n  table "sales.a" {\n  columns = ["b"]\n'
            '  without_columns = ["c"]\n}\n}',
            '11: dot "x": lake_formation: table "sales.a": without_columns: columns names those '
            "that are given; keep one of the two",
        ),
        (
            QUERY,
            'lake_formation {\n  table "sales.a" {}\n  tag "b" { values = ["c"] }\n}',
            '10: dot "x": lake_formation: tag: table blocks give tables by name; keep either those '
            "or the tags",
        ),
        (
            QUERY,
            'lake_formation {\n  tag "Domain" { values = ["c"] }\n}',
            '9: dot "x": lake_formation: tag "Domain": key: \'Domain\' is not valid; allowed: 1 to '
            "50 lower-case letters, digits, spaces and _ . : / = + - @ %",
        ),
        (
            METADATA,
            'lake_formation {\n  table "sales.a" { columns = ["b"] }\n}',
            '9: elementary "x": lake_formation: table "sales.a": DESCRIBE is given on '
            "whole tables, and this vendor reads no rows; remove the columns",
        ),
        (
            TABLES,
            'lake_formation {\n  table "exports.a" {}\n}',
            '10: webflow "x": lake_formation: table "exports.a": \'exports\' is written, so all '
            "its tables are given; remove it",
        ),
        (
            TABLES,
            'lake_formation {\n  new_databases = ["other"]\n}',
            "10: webflow \"x\": lake_formation: new_databases: 'other' is not written; allowed: "
            "exports",
        ),
        (
            TABLES,
            "lake_formation {\n  data_location = true\n}",
            "10: webflow \"x\": lake_formation: data_location: the bucket 'acme-exports' is made "
            "here, so nobody has registered it with Lake Formation yet; remove the field: IAM "
            "alone opens what is not registered",
        ),
        (
            QUERY.replace('["sales", "stock"]', "[]"),
            'grants = "full_access"\nlake_formation {}',
            '9: dot "x": lake_formation: there is nothing to grant; name databases, or LF-tags as '
            'in tag "domain" { values = ["sales"] }',
        ),
        (
            DBT.replace("account ", 'mode = "documented"\n  account '),
            "lake_formation {}",
            '11: dbt "x": lake_formation: would change the guide\'s role, and documented is that '
            'role and nothing else; remove this field, or set mode = "via_athena" or "run"',
        ),
    ],
)
def test_a_wrong_grant_is_told_with_its_line_and_what_is_allowed(
    tmp_path: Path, text: str, lake: str, mistake: str
) -> None:
    if 'mode = "documented"' in text:
        text = text.replace('  trusted   = ["arn:aws:iam::111122223333:role/ci"]\n', "\n")
    with pytest.raises(ConfigurationError) as caught:
        block_of(tmp_path, text, lake)
    assert [one.text("gate.hcl") for one in caught.value.mistakes] == [f"gate.hcl:{mistake}"]


def test_dropping_a_database_rests_on_a_grant_of_it_that_is_left_to_others(
    tmp_path: Path,
) -> None:
    lake = "drop_schemas = true\nlake_formation {\n  grants = false\n}"
    block = block_of(tmp_path, DBT, lake)
    dropping = {
        call.resources[0].split(":", 5)[5]: [todo.says for todo in call.given]
        for need in block.integration.needs(block.settings)
        for call in need.calls
        if call.action == "glue:DeleteDatabase"
    }
    places = ("catalog", "database/marts", "table/marts/t", "userDefinedFunction/marts/f")
    says = "Lake Formation gives the role dbt-x CREATE_TABLE, DESCRIBE, DROP on database marts"
    assert dropping == {place: [says] for place in places}
