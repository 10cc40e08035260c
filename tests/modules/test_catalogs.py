"""Catalogs beside the account's own: what they are, what is granted for them, what others must do,
and what is claimed of both together."""

import re
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.explain import can, words
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.todo import todo
from athena_gate.gate.todo.terraform import as_terraform
from athena_gate.gate.todo.text import as_text
from athena_gate.modules.iam.attached import Document, Identity
from athena_gate.modules.iam.policy import Condition, Policy, Statement
from athena_gate.modules.iam.proof import prove
from athena_gate.modules.iam.result import Result
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load
from tests.conftest import ROOT

OURS, THEIRS, OTHERS = "111122223333", "444455556666", "999999999999"
KEY = "arn:aws:kms:eu-central-1:{}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FUNCTION = "arn:aws:lambda:eu-central-1:{}:function:postgres"
GLUE = "arn:aws:glue:eu-central-1:{}"
ACCOUNTS = f"""
account "analytics" {{
  id     = "{OURS}"
  region = "eu-central-1"
}}
account "partner" {{
  id          = "{THEIRS}"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::{THEIRS}:role/terraform"
}}
account "ireland" {{
  id     = "666677778888"
  region = "eu-west-1"
}}
"""
# Lines 15 to 24 after ACCOUNTS; what is INSIDE begins on line 23.
DOT = f"""dot "reporting" {{
  account   = "analytics"
  databases = ["sales"]
  source "acme-lake" {{}}
  keys {{
    pgp_key_file = "{ROOT / "keys" / "example.asc"}"
    generations  = ["2026-11"]
  }}
  INSIDE
}}
"""
# Takes a role, so it may be a reader of another account's connector.
IMMUTA = """
immuta "reporting" {
  account = "analytics"
  runs_on {
    on = "ec2"
  }
  INSIDE
}
"""
DBT = """
dbt "ci" {
  account   = "analytics"
  mode      = "run"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_ci"]
  INSIDE
}
"""
DATADOG = """
datadog "catalog" {
  account   = "analytics"
  databases = ["sales"]
  assumed_by {
    external_id = "x-4711"
  }
  INSIDE
}
"""
CONNECTOR = """
dynamodb_connector "orders" {
  owner    = "analytics"
  consumer = "analytics"
  tables   = ["orders"]
  spill { create_kms_key = true }
}
"""
SHARED = CONNECTOR.replace('owner    = "analytics"', 'owner    = "partner"').replace(
    "tables ", f'readers  = ["arn:aws:iam::{OURS}:role/immuta-reporting"]\n  tables '
)
PARTNER = f"""catalog "theirs" {{
    owner     = "{OTHERS}"
    databases = ["orders"]
  }}"""
POSTGRES = f"""catalog "postgres" {{
    function      = "{FUNCTION.format(OURS)}"
    spill_bucket  = "acme-spill"
    spill_prefix  = "postgres/"
    spill_kms_key = "{KEY.format(OURS)}"
  }}"""
POSTGRES_OF_OTHERS = f"""catalog "postgres" {{
    function      = "{FUNCTION.format(OTHERS)}"
    spill_bucket  = "their-spill"
    spill_kms_key = "{KEY.format(OTHERS)}"
  }}"""
TABLES = 'catalog "s3tablescatalog/acme-tables" { databases = ["web"] }'
MADE = 'catalog "dynamodb_connector_orders" { connector = "orders" }'
NESTED = f"{GLUE.format(OURS)}:table/s3tablescatalog/acme-tables"
VIA_ATHENA = (Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("athena.amazonaws.com",)),)
VIA_S3 = Condition("StringEquals", "kms:ViaService", ("s3.eu-central-1.amazonaws.com",))


def configured(folder: Path, text: str, inside: str = "") -> Configuration:
    file = folder / "gate.hcl"
    file.write_text(ACCOUNTS + text.replace("INSIDE", inside))
    return load(file)


def block(folder: Path, text: str, inside: str = "") -> ConfiguredBlock:
    return configured(folder, text, inside).blocks[0]


def mistakes(folder: Path, text: str, inside: str = "") -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        configured(folder, text, inside)
    return [line.removeprefix(f"{folder / 'gate.hcl'}:") for line in str(raised.value).split("\n")]


def granted(one: ConfiguredBlock) -> dict[str, tuple[Any, ...]]:
    """Return actions, resources and conditions of each statement, by its id."""
    policy = one.integration.documents(one.settings)["access"]
    return {s.sid: (s.actions, s.resources, s.conditions) for s in policy.statements}


def added(folder: Path, text: str, inside: str) -> dict[str, tuple[Any, ...]]:
    """Return the statements that ``inside`` adds to a block."""
    before = granted(block(folder, text))
    return {
        sid: s for sid, s in granted(block(folder, text, inside)).items() if s != before.get(sid)
    }


def stack_of(one: ConfiguredBlock, policy: Policy | None = None) -> Stack:
    """Return a stack with who queries, who has ``policy`` or by default the block's."""
    settings, integration = one.settings, one.integration
    arn = next(need.holder for need in integration.needs(settings) if need.holder)
    kind: Any = arn.split(":")[5].split("/")[0]
    own = policy or integration.documents(settings)["access"]
    documents = (Document("aws_iam_policy.x", "managed", own),)
    identity = Identity("aws_x", kind, settings.resource_name, arn, OURS, None, documents)
    return Stack((OURS,), ("eu-central-1",), (identity,), (), one.stack, Path(), {}, None, ())


def proved(one: ConfiguredBlock, policy: Policy | None = None) -> dict[str, Result]:
    """Return what holds of the claims on who queries, by name, with ``policy`` or the block's."""
    settings, integration = one.settings, one.integration
    needs = [need for need in integration.needs(settings) if need.holder]
    nevers = [never for never in integration.never(settings) if isinstance(never.of, str)]
    return {result.name: result for result in prove(stack_of(one, policy), needs, nevers)}


def answers(results: dict[str, Result]) -> dict[str, str]:
    """Return the answers that are not simply yes."""
    return {name: one.answer for name, one in results.items() if one.answer != "holds"}


@pytest.mark.parametrize(
    ("text", "inside", "mistake"),
    [
        (
            DOT,
            'catalog = "partner"',
            '23: dot "reporting": catalog: is a block: write it without =, as in catalog "partner" '
            '{ owner = "999999999999" }; AwsDataCatalog needs none [GATE109]',
        ),
        (
            DOT,
            'catalog "partner" {}',
            '23: dot "reporting": catalog "partner": does not say what it is; allowed: owner = '
            '"999999999999" (Glue of another account), function = "arn:aws:lambda:..." (a '
            "connector), connector = NAME (a dynamodb_connector of this file), or the name "
            '"s3tablescatalog/BUCKET" (S3 Tables) [GATE320]',
        ),
        (
            DOT,
            'catalog "awsdatacatalog" { owner = "partner" }',
            '23: dot "reporting": catalog "awsdatacatalog": name: AwsDataCatalog is the account\'s '
            "own and there without a block; its databases are databases = [...]; remove the block "
            "[GATE320]",
        ),
        (
            DOT,
            'catalog "s3tablescatalog" { databases = ["web"] }',
            '23: dot "reporting": catalog "s3tablescatalog": name: \'s3tablescatalog\' holds '
            'catalogs of its own; allowed: one of them, as in "s3tablescatalog/BUCKET" with the '
            "name of a table bucket [GATE320]",
        ),
        (
            DOT,
            'catalog "theirs" {\n    owner = "partner"\n  }',
            '23: dot "reporting": catalog "theirs": name at least one database of it, as in '
            'databases = ["orders"] [GATE302]',
        ),
        (
            DOT,
            'catalog "theirs" {\n    owner = "partners"\n    databases = ["orders"]\n  }',
            '24: dot "reporting": catalog "theirs": owner: no account "partners"; did you mean '
            '"partner"?; allowed: analytics, partner, ireland, or the 12 digits of an account\'s '
            "id [GATE112]",
        ),
        (
            DOT,
            f'catalog "ours" {{\n    owner = "{OURS}"\n    databases = ["orders"]\n  }}',
            f'24: dot "reporting": catalog "ours": owner: {OURS} is this block\'s own account, '
            "whose databases are databases = [...] of the block; remove the catalog [GATE320]",
        ),
        (
            DOT,
            'catalog "theirs" {\n    owner = "ireland"\n    databases = ["orders"]\n  }',
            '24: dot "reporting": catalog "theirs": owner: that account is in eu-west-1, this '
            "one in eu-central-1; Athena queries Glue of other accounts within one region only "
            "[GATE209]",
        ),
        (
            DOT,
            POSTGRES.replace("function ", 'owner = "partner"\n    function '),
            '25: dot "reporting": catalog "postgres": function: owner says where it leads already; '
            "keep one of the two [GATE320]",
        ),
        (
            DOT,
            f'catalog "x" {{\n    function = "{FUNCTION.format(OURS)}"\n  }}',
            '23: dot "reporting": catalog "x": spill_bucket is missing: what does not fit into a '
            "response of Lambda (6 MB) goes there, and Athena reads it back as the vendor "
            "[GATE302]",
        ),
        (
            DOT,
            POSTGRES.replace("eu-central-1:111122223333:function", "eu-west-1:1:function"),
            '24: dot "reporting": catalog "postgres": function: '
            "'arn:aws:lambda:eu-west-1:1:function:postgres' is not valid; allowed: the ARN of a "
            "function, without version or alias, as in "
            '"arn:aws:lambda:eu-central-1:111122223333:function:orders" [GATE204]',
        ),
        (
            DOT,
            POSTGRES.replace("lambda:eu-central-1", "lambda:eu-west-1"),
            '24: dot "reporting": catalog "postgres": function: it is in eu-west-1, the account '
            "in eu-central-1; Athena calls connectors of its own region only [GATE209]",
        ),
        (
            DOT,
            POSTGRES.replace("spill_bucket  =", 'databases = ["x"]\n    spill_bucket  ='),
            '25: dot "reporting": catalog "postgres": databases: has no effect on a connector: IAM '
            "decides whether its function is called, not for which tables; remove it, and limit "
            "what the function may read [GATE301]",
        ),
        (
            DOT,
            f'{TABLES[:-1]}\n    kms_key = "{KEY.format(OURS)}"\n  }}',
            '24: dot "reporting": catalog "s3tablescatalog/acme-tables": kms_key: a table bucket '
            "that is encrypted with a key cannot be opened narrowly: AWS's page grants the whole "
            "key, for whatever it encrypts; allowed: a table bucket with S3's own encryption, or "
            "one that Lake Formation governs (lake_formation = true), whose role uses the key "
            "[GATE320]",
        ),
        (
            DOT + CONNECTOR,
            'catalog "dynamodb_connector_orders" {\n    connector = "order"\n  }',
            '24: dot "reporting": catalog "dynamodb_connector_orders": connector: no '
            'dynamodb_connector "order" makes a connector; allowed: orders [GATE321]',
        ),
        (
            DOT + CONNECTOR,
            'catalog "orders" { connector = "orders" }',
            '23: dot "reporting": catalog "orders": name: the catalog of '
            'dynamodb_connector "orders" '
            "is called 'dynamodb_connector_orders'; write catalog "
            '"dynamodb_connector_orders" { ... } [GATE322]',
        ),
        (
            DOT + SHARED,
            MADE,
            '15: dot "reporting": catalog "dynamodb_connector_orders": dynamodb_connector "orders" '
            "lets in roles of another account, and this block makes an IAM user; allowed: another "
            "way in [GATE322]",
        ),
        (
            IMMUTA + SHARED.replace("immuta-reporting", "immuta-other"),
            MADE,
            '16: immuta "reporting": catalog "dynamodb_connector_orders": dynamodb_connector '
            f'"orders" lets in its readers only; add "arn:aws:iam::{OURS}:role/immuta-reporting" '
            "to its readers [GATE322]",
        ),
        (
            DOT.replace('"sales"]', '"sales"]\n  grants = "documented"'),
            PARTNER,
            '24: dot "reporting": catalog "theirs": its statements are no part of documented; '
            'remove the block, or set grants = "least_privilege" [GATE323]',
        ),
        (
            DATADOG,
            PARTNER,
            '22: datadog "catalog": catalog "theirs": Datadog Data Observability runs no '
            "queries of other catalogs: allowed is AwsDataCatalog of the account alone, which "
            "needs no block; remove it [GATE323]",
        ),
        (
            DBT.replace(
                'mode      = "run"\n  trusted   = ["arn:aws:iam::111122223333:role/ci"]',
                'mode = "documented"',
            ),
            PARTNER,
            '20: dbt "ci": catalog "theirs": its statements are no part of the guide\'s role; '
            'remove the block, or set mode = "via_athena" or "run" [GATE323]',
        ),
        (
            DOT,
            PARTNER.replace('"theirs"', f'"{OTHERS}:theirs"'),
            f'23: dot "reporting": catalog "{OTHERS}:theirs": name: \'{OTHERS}:theirs\' is an '
            "account and a name; write the name that the catalog has in Athena, and the account as "
            f'owner: catalog "theirs" {{ owner = "{OTHERS}" }} [GATE320]',
        ),
        (
            DOT,
            PARTNER.replace(OTHERS, f"{OTHERS}:theirs"),
            f'24: dot "reporting": catalog "theirs": owner: \'{OTHERS}:theirs\' is not an account '
            f'alone; write owner = "{OTHERS}", and what the catalog is called in Athena as the '
            "label of the block [GATE320]",
        ),
        (
            DOT,
            PARTNER.replace(f'"{OTHERS}"', OTHERS),
            f'24: dot "reporting": catalog "theirs": owner: {OTHERS} is not a string; allowed: a '
            "string in quotes [GATE105]",
        ),
        (
            DOT,
            PARTNER.replace(f'"{OTHERS}"', "partner"),
            '24: dot "reporting": catalog "theirs": owner: partner is a word without quotes; write '
            '"partner" [GATE013]',
        ),
        (
            DOT,
            f"{PARTNER}\n  {PARTNER}",
            "27: dot \"reporting\": catalog: 'theirs' stands here twice; once is enough [GATE213]",
        ),
    ],
)
def test_what_is_no_catalog_of_these_kinds_is_refused_with_its_line(
    tmp_path: Path, text: str, inside: str, mistake: str
) -> None:
    assert mistakes(tmp_path, text, inside) == [mistake]


def test_a_mistake_of_a_connector_is_none_of_who_queries_it(tmp_path: Path) -> None:
    wrong = CONNECTOR.replace('["orders"]', "[]")
    (found,) = mistakes(tmp_path, DOT + wrong, MADE)
    assert found.startswith('29: dynamodb_connector "orders": tables: ')


def test_glue_of_another_account_is_read_through_athena_in_that_account(tmp_path: Path) -> None:
    catalog = "arn:aws:athena:eu-central-1:111122223333:datacatalog/"
    theirs = GLUE.format(OTHERS)
    found = added(tmp_path, DOT, PARTNER)
    assert found["AthenaCatalog"][1] == (f"{catalog}AwsDataCatalog", f"{catalog}theirs")
    assert found["GlueOtherAccounts"][1:] == (
        (f"{theirs}:catalog", f"{theirs}:database/orders", f"{theirs}:table/orders/*"),
        VIA_ATHENA,
    )
    assert set(found) == {"AthenaCatalog", "GlueOtherAccounts"}


def test_a_connector_is_called_and_what_it_spills_is_read_through_athena_only(
    tmp_path: Path,
) -> None:
    found = added(tmp_path, DOT, POSTGRES)
    del found["AthenaCatalog"]
    assert found == {
        "Connectors": (("lambda:InvokeFunction",), (FUNCTION.format(OURS),), VIA_ATHENA),
        "SpillBucket": (("s3:ListBucket",), ("arn:aws:s3:::acme-spill",), VIA_ATHENA),
        "SpillObjects": (("s3:GetObject",), ("arn:aws:s3:::acme-spill/postgres/*",), VIA_ATHENA),
        "KmsSpill": (("kms:Decrypt",), (KEY.format(OURS),), (VIA_S3,)),
    }


def test_a_connector_of_this_file_says_itself_where_it_is_and_spills(tmp_path: Path) -> None:
    found = added(tmp_path, DOT + CONNECTOR, MADE)
    bucket = f"arn:aws:s3:::dynamodb-connector-orders-spill-{OURS}"
    assert found["Connectors"][1] == (
        f"arn:aws:lambda:eu-central-1:{OURS}:function:dynamodb_connector_orders",
    )
    assert found["SpillObjects"][1] == (f"{bucket}/athena-spill/*",)
    assert found["KmsSpillMade"] == (
        ("kms:Decrypt",),
        (f"arn:aws:kms:eu-central-1:{OURS}:key/*",),
        (VIA_S3, Condition("StringEquals", "kms:EncryptionContext:aws:s3:arn", (bucket,))),
    )


def test_of_a_table_bucket_the_namespaces_named_are_read(tmp_path: Path) -> None:
    found = added(tmp_path, DOT, TABLES)
    ours, bucket = GLUE.format(OURS), f"arn:aws:s3tables:eu-central-1:{OURS}:bucket/acme-tables"
    of_web = (Condition("StringEquals", "s3tables:namespace", ("web",)),)
    assert found["GlueTableBucket"][1:] == (
        (
            f"{ours}:catalog",
            f"{ours}:catalog/s3tablescatalog",
            f"{ours}:catalog/s3tablescatalog/acme-tables",
            f"{ours}:database/s3tablescatalog/acme-tables/web",
            f"{ours}:table/s3tablescatalog/acme-tables/web/*",
        ),
        VIA_ATHENA,
    )
    assert {sid: found[sid][1:] for sid in found if sid.startswith("TableBucket")} == {
        "TableBucket": ((bucket,), ()),
        "TableBucketNamespaces": ((bucket,), of_web),
        "TableBucketTables": ((f"{bucket}/table/*",), of_web),
    }


def test_a_table_bucket_that_lake_formation_governs_is_read_by_its_credentials(
    tmp_path: Path,
) -> None:
    governed = TABLES.replace("}", "\n    lake_formation = true\n  }")
    assert set(added(tmp_path, DOT, governed)) == {
        "AthenaCatalog",
        "GlueTableBucket",
        "LakeFormationAccess",
    }


def test_databases_and_buckets_are_not_needed_where_all_lies_in_other_catalogs(
    tmp_path: Path,
) -> None:
    alone = block(tmp_path, IMMUTA, f"{POSTGRES}\n  {TABLES}")
    assert not {"GlueRead", "SourceBucket"} & set(granted(alone))
    (found,) = mistakes(tmp_path, IMMUTA, PARTNER)
    assert found.startswith('16: immuta "reporting": source: name at least one bucket')


# What rests on connectors that are there, and on table buckets.
CALLED = {"other-catalogs", "connectors", "read-spill", "spill-keys"}
STORED = {"other-catalogs", "describe-others", "table-buckets"}


@pytest.mark.parametrize(
    ("text", "inside", "conditional"),
    [
        (DOT, PARTNER, {"other-catalogs", "describe-others"}),
        (DOT, POSTGRES, CALLED),
        (DOT, POSTGRES_OF_OTHERS, CALLED),
        (DOT + CONNECTOR, MADE, CALLED),
        (IMMUTA + SHARED, MADE, CALLED),
        (DOT, TABLES, STORED),
        (DBT, f"{PARTNER}\n  {TABLES}", STORED),
        (DBT + CONNECTOR, f"{MADE}\n  {POSTGRES}", CALLED),
        (DBT, "list_all_databases = true", set()),
        (DOT, "list_all_databases = true", set()),
        (DOT, f"{PARTNER}\n  {POSTGRES}\n  {TABLES}", CALLED | STORED),
    ],
)
def test_the_claims_hold_if_others_do_their_part(
    tmp_path: Path, text: str, inside: str, conditional: set[str]
) -> None:
    assert answers(proved(block(tmp_path, text, inside))) == dict.fromkeys(conditional, "holds if")


@pytest.mark.parametrize(
    ("inside", "sid"),
    [(PARTNER, "GlueOtherAccounts"), (POSTGRES_OF_OTHERS, "Connectors"), (TABLES, "TableBucket")],
)
def test_what_others_do_is_of_no_use_without_the_own_statement(
    tmp_path: Path, inside: str, sid: str
) -> None:
    one = block(tmp_path, DOT, inside)
    policy = one.integration.documents(one.settings)["access"]
    less = Policy(tuple(s for s in policy.statements if s.sid != sid))
    assert "fails" in answers(proved(one, less)).values()


@pytest.mark.parametrize(
    ("inside", "action", "resource", "claim"),
    [
        (PARTNER, "glue:GetTable", f"{GLUE.format(OTHERS)}:table/x/*", "no-other-database"),
        (
            PARTNER,
            "glue:DeleteTable",
            f"{GLUE.format(OTHERS)}:table/orders/*",
            "catalog-reads-only",
        ),
        (POSTGRES, "lambda:InvokeFunction", "*", "connectors-only"),
        (POSTGRES, "s3:PutObject", "arn:aws:s3:::acme-spill/postgres/*", "sources-read-only"),
        (POSTGRES, "s3:GetObject", "arn:aws:s3:::acme-spill/*", "no-other-bucket"),
        (TABLES, "s3tables:GetTableData", "*", "namespaces-only"),
        (TABLES, "s3tables:PutTableData", "*", "table-buckets-read-only"),
        ("", "s3tables:GetTableData", "*", "no-other-service"),
    ],
)
def test_what_goes_beyond_a_catalog_breaks_a_claim(
    tmp_path: Path, inside: str, action: str, resource: str, claim: str
) -> None:
    one = block(tmp_path, DOT, inside)
    policy = one.integration.documents(one.settings)["access"]
    stray = Statement("Allow", (action,), (resource,), VIA_ATHENA)
    assert answers(proved(one, Policy((*policy.statements, stray))))[claim] == "fails"


def test_the_owner_of_glue_is_asked_for_the_databases_named_once_for_all_catalogs(
    tmp_path: Path,
) -> None:
    more = PARTNER.replace('"theirs"', '"governed"').replace('["orders"]', '["people"]')
    more = more.replace("owner ", "lake_formation = true\n    owner ")
    one = block(tmp_path, DOT, f"{PARTNER}\n  {more}")
    todos = {todo.name: todo for todo in one.integration.todo(one.settings)}
    asked = todos["glue-policy"]
    assert (asked.who, asked.resource) == (f"account {OTHERS}", f"{GLUE.format(OTHERS)}:catalog")
    assert asked.policy is not None
    tables, shares = asked.policy.statements
    assert tables.principals[0].id == f"arn:aws:iam::{OURS}:user/dot-reporting"
    assert [arn.rpartition(":")[2] for arn in tables.resources] == [
        "catalog",
        "database/orders",
        "table/orders/*",
        "database/people",
        "table/people/*",
    ]
    assert tables.conditions == VIA_ATHENA
    assert shares.principals[0].id == "ram.amazonaws.com"
    assert set(todos) == {
        "catalog-theirs",
        "catalog-governed",
        "catalog-governed-lake-formation",
        "glue-policy",
    }


@pytest.mark.parametrize(
    ("text", "inside", "asked"),
    [
        (DOT, PARTNER, {"glue DotReportingGlueOtherAccounts": VIA_ATHENA}),
        # They call Glue themselves: dbt too, Immuta alone.
        (
            DBT,
            PARTNER,
            {"glue DbtCiGlueOtherAccounts": VIA_ATHENA, "glue DbtCiGlueOthersDirect": ()},
        ),
        (
            IMMUTA,
            f'{PARTNER}\n  source "acme-lake" {{}}',
            {"glue ImmutaReportingGlueOtherAccounts": ()},
        ),
        (
            DOT,
            POSTGRES_OF_OTHERS,
            {
                "lambda DotReportingCalls": (),
                "s3 DotReportingSpillBucket": VIA_ATHENA,
                "s3 DotReportingSpillObjects": VIA_ATHENA,
                "kms DotReportingKmsSpill": (VIA_S3,),
            },
        ),
    ],
)
def test_the_other_side_is_asked_for_the_conditions_of_this_one(
    tmp_path: Path, text: str, inside: str, asked: dict[str, tuple[Condition, ...]]
) -> None:
    one = block(tmp_path, text, inside)
    found = {
        f"{todo.resource.split(':')[2]} {statement.sid}": statement.conditions
        for todo in one.integration.todo(one.settings)
        for statement in (todo.policy.statements if todo.policy else ())
    }
    assert found == asked


def test_what_connectors_share_is_asked_for_once(tmp_path: Path) -> None:
    # One bucket of tables and of two connectors, one key, and two functions called the same.
    other = POSTGRES_OF_OTHERS.replace('"postgres"', '"other"')
    far = f"""catalog "far" {{
    function     = "{FUNCTION.format("777777777777")}"
    spill_bucket = "far-spill"
  }}"""
    lake = f'source "their-spill" {{\n    owner = "{OTHERS}"\n  }}'
    one = block(tmp_path, DOT, f"{POSTGRES_OF_OTHERS}\n  {other}\n  {far}\n  {lake}")
    asked = [todo for todo in one.integration.todo(one.settings) if todo.policy]
    places = [todo.resource for todo in asked]
    assert len(places) == len(set(places)) == 5
    for wanted in asked:
        sids = [statement.sid for statement in wanted.policy.statements] if wanted.policy else []
        assert len(sids) == len(set(sids))
    written = as_terraform([todo(one, {})])
    named = re.findall(r'^(?:data|resource) "\w+" "(\w+)"', written, re.M)
    assert len(named) == len(set(named)) == 5


@pytest.mark.parametrize(
    ("text", "inside", "told"),
    [
        (DOT, PARTNER, True),
        (DBT, PARTNER, True),
        (DOT, f'{PARTNER}\n  source "theirs" {{ owner = "{OTHERS}" }}', False),
        (DBT, f'{PARTNER}\n  source "theirs" {{ owner = "{OTHERS}" }}', False),
        (DOT, f'{PARTNER}\n  source "theirs" {{ owner = "partner" }}', True),
        (DOT, f"{PARTNER[:-1]}  lake_formation = true\n  }}", False),
        (DOT, POSTGRES_OF_OTHERS, False),
    ],
)
def test_a_catalog_of_another_account_without_a_bucket_there_is_pointed_out(
    tmp_path: Path, text: str, inside: str, told: bool
) -> None:
    one = block(tmp_path, text, inside)
    remarks = [str(r) for r in one.integration.remarks(one.settings) if r.code == "GATE618"]
    says = (
        f"catalog 'theirs': no source is in account {OTHERS}, whose tables these are: their data "
        f'cannot be read where it lies there; add source "BUCKET" {{ owner = "{OTHERS}" }} for '
        "each bucket"
    )
    assert remarks == [says] * told


def test_listing_all_databases_is_a_choice_and_pointed_out(tmp_path: Path) -> None:
    listed = (f"{GLUE.format(OURS)}:catalog", f"{GLUE.format(OURS)}:database/*")
    actions = ("glue:GetDatabase", "glue:GetDatabases")
    for text, through in ((DOT, VIA_ATHENA), (DBT, ()), (DATADOG, ())):
        one = block(tmp_path, text, "list_all_databases = true")
        assert added(tmp_path, text, "list_all_databases = true") == {
            "GlueDatabases": (actions, listed, through)
        }
        assert "GATE615" in {remark.code for remark in one.integration.remarks(one.settings)}


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        (f"{GLUE.format(OTHERS)}:database/orders", f"database orders in account {OTHERS}"),
        (f"{GLUE.format(OURS)}:catalog/s3tablescatalog/t", "the Glue catalog s3tablescatalog/t"),
        (
            f"{GLUE.format(OURS)}:table/s3tablescatalog/t/web/*",
            "tables of web of the catalog s3tablescatalog/t",
        ),
        (
            f"{GLUE.format(OURS)}:database/s3tablescatalog/t/web",
            "database web of the catalog s3tablescatalog/t",
        ),
        (f"arn:aws:s3tables:eu-central-1:{OURS}:bucket/t", "table bucket t"),
        (f"arn:aws:s3tables:eu-central-1:{OURS}:bucket/t/table/*", "tables of table bucket t"),
    ],
)
def test_what_lies_in_other_catalogs_is_said_in_words(arn: str, said: str) -> None:
    assert words.resource(arn, OURS) == said


@pytest.mark.parametrize(
    ("inside", "asked", "answer"),
    [
        ("", f"glue:GetTable {GLUE.format(OTHERS)}:table/orders/t", "no"),
        (PARTNER, f"glue:GetTable {GLUE.format(OTHERS)}:table/orders/t", "yes, if"),
        (PARTNER, f"glue:GetTable {GLUE.format(OTHERS)}:table/people/t", "no"),
        (POSTGRES, f"lambda:InvokeFunction {FUNCTION.format(OURS)}", "yes, if"),
        (POSTGRES_OF_OTHERS, f"lambda:InvokeFunction {FUNCTION.format(OTHERS)}", "yes, if"),
        (TABLES, f"glue:GetTable {NESTED}/web/t", "yes, if"),
        (TABLES, f"glue:GetTable {NESTED}/hr/t", "no"),
        ("list_all_databases = true", f"glue:GetDatabases {GLUE.format(OURS)}:database/hr", "yes"),
        ("", f"glue:GetDatabases {GLUE.format(OURS)}:database/hr", "no"),
    ],
)
def test_explain_answers_for_the_request_that_failed(
    tmp_path: Path, inside: str, asked: str, answer: str
) -> None:
    one = block(tmp_path, DOT, inside)
    action, _, resource = asked.partition(" ")
    context = {"aws:CalledVia": ("athena.amazonaws.com",), "aws:ViaAWSService": ("true",)}
    (said,) = can(stack_of(one), action, resource, context, one.integration.todo(one.settings))
    assert said.answer == answer
    pages = [page for condition in said.conditions for page in condition.split(": ")[-1:]]
    assert all(page.startswith("https://docs.aws.amazon.com/athena/") for page in pages)
    assert bool(pages) == (answer == "yes, if")


def test_of_another_account_that_nothing_is_known_of_explain_knows_nothing(tmp_path: Path) -> None:
    one = block(tmp_path, IMMUTA + SHARED, MADE)
    function = f"arn:aws:lambda:eu-central-1:{THEIRS}:function:dynamodb_connector_orders"
    context = {"aws:CalledVia": ("athena.amazonaws.com",)}
    (said,) = can(stack_of(one), "lambda:InvokeFunction", function, context)
    assert (said.answer, said.reason) == (
        "unknown",
        f"account {THEIRS} must allow it too; its part is not known here",
    )


def test_the_list_has_a_command_for_lambda_which_writes_its_policies_itself(tmp_path: Path) -> None:
    one = block(tmp_path, DOT, f"{PARTNER}\n  {POSTGRES_OF_OTHERS}")
    listed = todo(one, {})
    assert (
        "aws lambda add-permission \\\n"
        f"  --function-name {FUNCTION.format(OTHERS)} \\\n"
        "  --statement-id DotReportingCalls --action lambda:InvokeFunction \\\n"
        f"  --principal arn:aws:iam::{OURS}:user/dot-reporting\n"
    ) in as_text([listed])
    terraform = as_terraform([listed])
    assert 'resource "aws_lambda_permission" "dot_reporting_postgres" {' in terraform
    assert '# resource "aws_glue_resource_policy" "dot_reporting_catalog" {' in terraform
