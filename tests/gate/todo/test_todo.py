"""What `gate todo` lists, and how other commands say what rests on it."""

import json
from pathlib import Path

import hcl2
import pytest

from athena_gate.gate.explain import can
from athena_gate.gate.explain.text import answers_as_text
from athena_gate.gate.prove import Proof
from athena_gate.gate.prove.text import as_text as proofs_as_text
from athena_gate.gate.sheet import sheet
from athena_gate.gate.sheet.text import as_markdown as sheet_as_markdown
from athena_gate.gate.sheet.text import as_text as sheet_as_text
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.todo import Listed, todo
from athena_gate.gate.todo.json import as_json
from athena_gate.gate.todo.terraform import as_terraform
from athena_gate.gate.todo.text import as_text
from athena_gate.modules.athena.todo import BUCKETS
from athena_gate.modules.iam.attached import Document, Identity
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from athena_gate.modules.iam.result import Result
from athena_gate.modules.iam.todo import ToDo
from athena_gate.stacks.configuration import ConfiguredBlock, load
from tests.gate.test_cli import gate

ROLE, LAKE = "arn:aws:iam::111122223333:role/acme-bi", "arn:aws:s3:::lake"
READ = Statement(
    "Allow",
    ("s3:GetObject",),
    (f"{LAKE}/${{aws:PrincipalTag/team}}/*",),
    (Condition("StringEquals", "aws:PrincipalOrgID", ("o-1",)),),
    (Principal("AWS", ROLE),),
    "AcmeBiRead",
)
BUCKET = ToDo(
    "bucket",
    "account 444455556666",
    "the policy of bucket lake lets the role acme-bi read it",
    BUCKETS,
    "444455556666",
    LAKE,
    Policy((READ,)),
)
VENDOR = ToDo("vendor", "Acme", "Name the workgroup.", "https://acme.example.com")
LIST = Listed(
    'acme "bi"', "Acme", "acme-bi", {"account 444455556666": (BUCKET,), "Acme": (VENDOR,)}
)
GATE = """
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}
account "lake" {
  id     = "444455556666"
  region = "eu-central-1"
}
superset "bi" {
  account   = "analytics"
  databases = ["sales"]
  trusted {
    principals = ["arn:aws:iam::111122223333:role/nodes", "arn:aws:iam::444455556666:role/nodes"]
  }
  source "lake" { owner = "lake" }
}
"""


@pytest.fixture
def block(tmp_path: Path) -> ConfiguredBlock:
    (tmp_path / "gate.hcl").write_text(GATE)
    (found,) = load(tmp_path / "gate.hcl").blocks
    return found


def test_the_list_has_statements_to_paste() -> None:
    assert (
        as_text([LIST])
        == f"""\
acme "bi"
  account 444455556666
    - the policy of bucket lake lets the role acme-bi read it
      {BUCKETS}
      add to the policy of {LAKE}:

{json.dumps(READ.document(), indent=2)}

  Acme
    - Name the workgroup.
      https://acme.example.com

Deploy first: AWS takes no policy that names a user or role which does not
exist, and one that is made anew has to be named anew.
2 things to do outside of the stacks; --terraform prints the statements as
Terraform has them"""
    )
    assert as_text([Listed("", "", "", {})]) == "nothing to do outside of the stacks"


def test_the_list_is_json_for_scripts() -> None:
    (found,) = as_json([LIST])
    assert found["todo"][0] == {
        "name": "bucket",
        "who": "account 444455556666",
        "says": BUCKET.says,
        "page": BUCKETS,
        "account": "444455556666",
        "resource": LAKE,
        "policy": Policy((READ,)).document(),
        "run": None,
    }
    assert (found["todo"][1]["resource"], found["todo"][1]["policy"]) == (None, None)


def test_the_statements_are_a_policy_document_of_terraforms() -> None:
    text = as_terraform([LIST])
    read = hcl2.loads(text)
    (document,) = read["data"]
    ((_, named),) = document.items()
    ((name, body),) = named.items()
    assert name.strip('"') == "acme_bi_lake"
    assert text.endswith(
        """\
data "aws_iam_policy_document" "acme_bi_lake" {
  statement {
    sid       = "AcmeBiRead"
    effect    = "Allow"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::lake/$${aws:PrincipalTag/team}/*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:role/acme-bi"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-1"]
    }
  }
}
"""
    )
    assert len(body["statement"]) == 1
    assert as_terraform([Listed("", "", "", {"Acme": (VENDOR,)})]) == ""


def test_whoever_must_do_something_is_named_as_the_file_names_them(block: ConfiguredBlock) -> None:
    accounts = {account.name: account for account in block.settings.accounts}
    theirs = block.settings.account.model_copy(update={"id": "444455556666", "name": "lake"})
    found = todo(block, {**accounts, "lake": theirs})
    assert [*found.todos] == ["account 444455556666, 'lake' in gate.hcl", "Apache Superset"]
    assert [one.says for one in found.todos["account 444455556666, 'lake' in gate.hcl"]] == [
        "the policies of the role nodes let it take the role superset-bi: sts:AssumeRole on "
        "arn:aws:iam::111122223333:role/superset-bi",
        "the policy of bucket lake lets the role superset-bi read it",
    ]


def test_a_claim_that_rests_on_others_says_on_what() -> None:
    both = ("the policy of bucket lake lets it in", "the workgroup bi exists")
    proof = Proof(
        "acme-bi",
        "cdk.tf.json",
        'acme "bi"',
        1,
        (
            Result("need", "a", "read", "role acme-bi", (), both[:1]),
            Result("need", "b", "query", "role acme-bi", (), both[::-1]),
            Result("need", "c", "list", "role acme-bi", ()),
        ),
        (),
    )
    assert (
        proofs_as_text([proof], "✓", "✗", "-")
        == """\
acme-bi (acme "bi")
  role acme-bi: needs
    - read, if 1
    - query, if 2 and 1
    ✓ list
  holds if (gate todo acme-bi)
    1 the policy of bucket lake lets it in
    2 the workgroup bi exists

✓ 1 stack: all 3 claims hold, 2 of them if others do their part (gate todo)"""
    )


def test_a_request_to_another_account_is_allowed_if_that_allows_it_too() -> None:
    own = Statement("Allow", ("s3:GetObject", "s3:PutObject"), (f"{LAKE}/*",))
    documents = (Document("aws_iam_policy.x", "managed", Policy((own,))),)
    role = Identity("aws_iam_role.x", "role", "acme-bi", ROLE, "111122223333", None, documents)
    stack = Stack(
        ("111122223333",), ("eu-central-1",), (role,), (), "acme-bi", Path("x"), {}, None, ()
    )
    given = {"aws:PrincipalTag/team": ("bi",), "aws:PrincipalOrgID": ("o-1",)}
    (yes,) = can(stack, "s3:GetObject", f"{LAKE}/bi/x", given, [BUCKET])
    assert (
        answers_as_text([yes])
        == f"""\
role acme-bi: yes, if (allowed on this side)
  the policy of bucket lake lets the role acme-bi read it:
    {BUCKETS}
  by aws_iam_policy.x"""
    )
    (no,) = can(stack, "s3:PutObject", f"{LAKE}/bi/x", given, [BUCKET])
    assert (no.answer, no.reason) == ("no", "the resource's own policy must allow it too")


def test_the_sheet_says_what_is_left_to_do(block: ConfiguredBlock) -> None:
    content = sheet(block, {"handoff": {"value": {}}}, Path("x"))
    assert [one["who"] for one in content["todo"]] == [
        "account 444455556666",
        "account 444455556666",
        "Apache Superset",
        "Apache Superset",
    ]
    for text in (sheet_as_text(content), sheet_as_markdown(content)):
        assert "the policy of bucket lake lets the role superset-bi read it" in " ".join(
            text.split()
        )


def test_the_command_prints_text_json_or_terraform(tmp_path: Path) -> None:
    (tmp_path / "gate.hcl").write_text(GATE)
    assert gate(tmp_path, "todo", "bi").stdout.startswith('superset "bi"\n')
    assert json.loads(gate(tmp_path, "todo", "--json").stdout)[0]["block"] == 'superset "bi"'
    assert (
        "aws_iam_policy_document"
        in gate(tmp_path, "todo", "bi", "--output-format", "terraform").stdout
    )
    assert gate(tmp_path, "todo", "bi", "--output-format", "terraform", "--json").returncode == 2
