"""Grants of Lake Formation, made and revoked by real Terraform in an embedded AWS."""

import json
from pathlib import Path

import pytest

from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.stack.lake_formation import lake_grants
from athena_gate.stacks.configuration import load
from athena_gate.stacks.expected import expected_json
from tests.conftest import Terraform

pytestmark = pytest.mark.slow

ACCOUNT = """
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}
"""
# Every kind of grant, and no bucket, which would take a minute.
BLOCKS = """
dbt "marts" {
  account          = "analytics"
  mode             = "run"
  trusted          = ["arn:aws:iam::111122223333:role/ci"]
  databases        = ["marts", "marts_new"]
  source_databases = ["sales", "stock"]
  lake_formation {
    new_databases = ["marts_new"]
    table "sales.orders" {}
    table "sales.customers" { columns = ["id", "city"] }
    table "sales.staff" { without_columns = ["salary"] }
  }
  results {
    bucket = "acme-results"
    create = false
  }
  data {
    bucket = "acme-lake"
    path   = "marts/"
    create = false
  }
}
immuta "tagged" {
  account   = "analytics"
  databases = ["sales"]
  runs_on { on = "ec2" }
  lake_formation {
    default_database = false
    tag "domain" { values = ["sales", "stock"] }
  }
  results {
    bucket = "acme-results"
    create = false
  }
}
"""
DBT = "arn:aws:iam::111122223333:role/dbt-marts"
IMMUTA = "arn:aws:iam::111122223333:role/immuta-tagged"
CATALOG = '"CatalogId": "111122223333"'


def granted(role: str, kind: str, on: str, *permissions: str) -> list[str]:
    resource = f'{{"{kind}": {{{on}}}}}'
    return [f"{role}: {permission} on {resource}" for permission in permissions]


def of_rows(table: str, columns: str) -> list[str]:
    name = f'"DatabaseName": "sales", "Name": "{table}"'
    return granted(DBT, "TableWithColumns", f"{CATALOG}, {columns}, {name}", "SELECT")


def all_of(database: str, *permissions: str) -> list[str]:
    tables = f'{CATALOG}, "DatabaseName": "{database}", "Name": "ALL_TABLES", "TableWildcard": {{}}'
    rows = f'{CATALOG}, "ColumnWildcard": {{}}, "DatabaseName": "{database}", "Name": "ALL_TABLES"'
    return [
        *granted(DBT, "Table", tables, *permissions),
        *granted(DBT, "TableWithColumns", rows, "SELECT"),
    ]


TAGS = '"Expression": [{"TagKey": "domain", "TagValues": ["sales", "stock"]}], "ResourceType"'
GRANTS = [
    *granted(DBT, "Catalog", "", "CREATE_DATABASE"),
    *granted(DBT, "Database", f'{CATALOG}, "Name": "default"', "DESCRIBE"),
    *granted(DBT, "Database", f'{CATALOG}, "Name": "marts"', "CREATE_TABLE", "DESCRIBE"),
    *granted(DBT, "Database", f'{CATALOG}, "Name": "sales"', "DESCRIBE"),
    *granted(DBT, "Database", f'{CATALOG}, "Name": "stock"', "DESCRIBE"),
    *all_of("marts", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT"),
    *all_of("stock"),
    *of_rows("orders", '"ColumnWildcard": {}'),
    *of_rows("customers", '"ColumnNames": ["city", "id"]'),
    *of_rows("staff", '"ColumnWildcard": {"ExcludedColumnNames": ["salary"]}'),
    *granted(
        DBT,
        "DataLocation",
        f'{CATALOG}, "ResourceArn": "arn:aws:s3:::acme-lake/marts"',
        "DATA_LOCATION_ACCESS",
    ),
    *granted(IMMUTA, "LFTagPolicy", f'{CATALOG}, {TAGS}: "DATABASE"', "DESCRIBE"),
    *granted(IMMUTA, "LFTagPolicy", f'{CATALOG}, {TAGS}: "TABLE"', "SELECT"),
]


def test_grants_are_made_as_planned_and_nothing_is_left_of_them(
    tmp_path: Path, terraform: Terraform, sandbox: Sandbox
) -> None:
    file = tmp_path / "gate.hcl"
    file.write_text(ACCOUNT + BLOCKS)
    configuration = load(file)
    # Both in one stack, which is applied once.
    stack, other = (expected_json(block, configuration.backend) for block in configuration.blocks)
    for kind, some in other["resource"].items():
        stack["resource"].setdefault(kind, {}).update(some)
    made = lake_grants(stack["resource"]["aws_lakeformation_permissions"].values())
    assert len([one for grant in made for one in grant.each()]) == len(GRANTS)
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "cdk.tf.json").write_text(json.dumps(stack))

    terraform(folder, "init", "-input=false")
    terraform(folder, "apply", "-auto-approve", "-input=false")
    inventory = sandbox.inventory()["111122223333"]
    assert sorted(inventory["aws_lakeformation_permissions"]) == sorted(GRANTS)
    terraform(folder, "plan", "-input=false", "-detailed-exitcode", ok=(0,))
    terraform(folder, "destroy", "-auto-approve", "-input=false")
    assert sandbox.inventory() == {}
