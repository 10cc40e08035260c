"""What `gate explain --can` says of requests that rest on somebody else."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from athena_gate.gate.explain import Said, can
from athena_gate.stacks.configuration import load
from tests.modules.access.vendors import PUBLIC_KEY
from tests.modules.athena.blocks import read

ACCOUNTS = """
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}
account "partner" {
  id          = "444455556666"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::444455556666:role/terraform"
}
"""
CONNECTOR = """
dynamodb_connector "orders" {
  owner    = "analytics"
  consumer = "partner"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::444455556666:role/team/bi"]
  MORE
}
"""
VPC = 'vpc {\n subnets = ["subnet-0a1b2c3d"]\n security_groups = ["sg-0a1b2c3d"]\n}'
KEY = "arn:aws:kms:eu-central-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# Tables and keys of another account that Lake Formation governs, and a workgroup that exists.
LOOKER = f"""
looker "bi" {{
  account   = "analytics"
  databases = ["sales"]
  lake_formation {{
    grants = false
    table "sales.orders" {{ columns = ["id"] }}
  }}
  source "their-lake" {{
    owner    = "partner"
    prefixes = ["sales/"]
    kms_key  = "{KEY}"
  }}
  workgroup {{
    name   = "bi"
    create = false
  }}
  results {{
    managed       = true
    kms_key       = "{KEY}"
    kms_key_owner = "partner"
  }}
  keys {{
    pgp_key     = "{PUBLIC_KEY}"
    generations = ["1"]
  }}
}}
"""
WEBFLOW = f"""
webflow "site" {{
  account = "analytics"
  bucket  = "acme-webflow"
  schema  = "webflow"
  lake_formation {{
    MORE
  }}
  keys {{
    pgp_key     = "{PUBLIC_KEY}"
    generations = ["1"]
  }}
}}
"""
ORDERS = "Lake Formation gives the user looker-bi SELECT on table sales.orders, columns id"
BUCKET = "the policy of bucket their-lake lets the user looker-bi read it"
OF_KEY = f"the policy of key {KEY.rpartition('/')[2]} lets "
OURS = "arn:aws:glue:eu-central-1:111122223333"
FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function:dynamodb_connector_orders"
ATHENA = ("athena.amazonaws.com",)
S3 = "s3.eu-central-1.amazonaws.com"


def asked(
    folder: Path, text: str, question: str, context: Mapping[str, tuple[str, ...]]
) -> dict[str, Said]:
    (folder / "gate.hcl").write_text(ACCOUNTS + text)
    configuration = load(folder / "gate.hcl")
    (block,) = configuration.blocks
    action, _, resource = question.partition(" ")
    todos = block.integration.conditions(block.settings)
    return {s.title: s for s in can(read(configuration), action, resource, context, todos)}


@pytest.mark.parametrize(
    ("question", "context", "conditions"),
    [
        (f"glue:GetTable {OURS}:table/sales/orders", {"aws:CalledVia": ATHENA}, [ORDERS]),
        (
            f"glue:GetTable {OURS}:table/sales/staff",
            {"aws:CalledVia": ATHENA},
            ["Lake Formation gives it SELECT or DESCRIBE on table sales.staff, where it governs"],
        ),
        (
            "s3:GetObject arn:aws:s3:::their-lake/sales/x",
            {"aws:CalledVia": ATHENA},
            [ORDERS, BUCKET],
        ),
        (
            f"kms:Decrypt {KEY}",
            {"aws:CalledVia": (*ATHENA, S3), "kms:ViaService": (S3,)},
            [f"{OF_KEY}the user looker-bi"],
        ),
        (
            f"kms:Decrypt {KEY}",
            {
                "kms:EncryptionContext:aws:athena:arn": (
                    "arn:aws:athena:eu-central-1:111122223333:workgroup/bi",
                )
            },
            [f"{OF_KEY}Athena", f"{OF_KEY}the user looker-bi"],
        ),
        (
            "athena:ListTableMetadata "
            "arn:aws:athena:eu-central-1:111122223333:datacatalog/AwsDataCatalog",
            {},
            [ORDERS],
        ),
    ],
)
def test_all_that_a_request_rests_on_is_named(
    tmp_path: Path, question: str, context: dict[str, tuple[str, ...]], conditions: list[str]
) -> None:
    (said,) = asked(tmp_path, LOOKER, question, context).values()
    assert said.answer == "yes, if"
    assert len(said.conditions) == len(conditions)
    for one, start in zip(said.conditions, conditions, strict=True):
        assert one.startswith(start)
        assert ": https://docs.aws.amazon.com/" in one


def test_a_connector_in_a_network_reads_if_that_leads_anywhere(tmp_path: Path) -> None:
    table = "dynamodb:Scan arn:aws:dynamodb:eu-central-1:111122223333:table/orders"
    title = "role dynamodb-connector-orders"
    within = asked(tmp_path, CONNECTOR.replace("MORE", VPC), table, {})[title]
    assert (within.answer, within.conditions[0][:24]) == ("yes, if", "subnet-0a1b2c3d leads to")
    without = asked(tmp_path, CONNECTOR.replace("MORE", ""), table, {})[title]
    assert (without.answer, without.conditions) == ("yes", ())


@pytest.mark.parametrize(
    ("more", "title", "condition"),
    [
        ("", "role bi", "the role bi exists in account 444455556666: "),
        (
            "attach_policy = false",
            "policy dynamodb-connector-orders-readers",
            "the policy dynamodb-connector-orders-readers of account 444455556666 is attached to "
            "the role bi: ",
        ),
    ],
)
def test_a_reader_from_elsewhere_is_let_in_by_its_whole_name(
    tmp_path: Path, more: str, title: str, condition: str
) -> None:
    """The stack knows neither the path of a role that exists nor whom a policy is attached to."""
    called = {"aws:CalledVia": ATHENA}
    text = CONNECTOR.replace("MORE", more)
    said = asked(tmp_path, text, f"lambda:InvokeFunction {FUNCTION}", called)[title]
    assert said.answer == "yes, if"
    assert [one.partition("https")[0] for one in said.conditions] == [condition]


@pytest.mark.parametrize("new", ["", 'new_databases = ["webflow"]'])
def test_what_a_vendor_makes_rests_on_one_grant_for_prove_and_explain(
    tmp_path: Path, new: str
) -> None:
    text = WEBFLOW.replace("MORE", f"grants = false\n{new}")
    catalog = f"{OURS}:catalog"
    (said,) = asked(tmp_path, text, f"glue:CreateDatabase {catalog}", {}).values()
    says = "Lake Formation gives the user webflow-site CREATE_DATABASE on the Glue catalog"
    assert said.answer == "yes, if"
    assert [one.partition(": https")[0] for one in said.conditions] == [says]
    (block,) = load(tmp_path / "gate.hcl").blocks
    rests = {
        tuple(todo.says for todo in call.given)
        for need in block.integration.needs(block.settings)
        for call in need.calls
        if call.action == "glue:CreateDatabase" and call.resources == (catalog,)
    }
    assert rests == {(says,)}
    made = text.replace("grants = false", "")
    (said,) = asked(tmp_path, made, f"glue:CreateDatabase {catalog}", {}).values()
    assert (said.answer, said.conditions) == ("yes", ())


@pytest.mark.parametrize(
    ("question", "key", "service"),
    [
        ("s3:GetObject arn:aws:s3:::their-lake/sales/x", "aws:CalledVia", ATHENA),
        ("s3:GetObject arn:aws:s3:::their-lake/sales/x", "aws:CalledViaFirst", ATHENA),
        ("s3:GetObject arn:aws:s3:::their-lake/sales/x", "aws:calledvialast", ATHENA),
        (f"kms:Decrypt {KEY}", "kms:ViaService", (S3,)),
    ],
)
def test_no_request_is_made_by_a_service_and_by_none(
    tmp_path: Path, question: str, key: str, service: tuple[str, ...]
) -> None:
    context = {key: service, "aws:ViaAWSService": ("false",)}
    with pytest.raises(ValueError, match=f"a request with {key} is made by a service"):
        asked(tmp_path, LOOKER, question, context)
    asked(tmp_path, LOOKER, question, {**context, key: ()})
    asked(tmp_path, LOOKER, question, {**context, "aws:ViaAWSService": ("true",)})
