"""What the pages of five vendors have one make by hand, adopted on real Terraform and an embedded
AWS, while clients with the old keys go on asking."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import botocore.session
import pysequoia
import pytest
from typer.testing import CliRunner

from athena_gate.gate.cli import app
from athena_gate.gate.sandbox import Sandbox
from athena_gate.modules.access.adopted import Adopted
from athena_gate.modules.access.claims import holder, needs
from athena_gate.modules.access.settings import Access
from athena_gate.modules.iam.attached import (
    AttachedPolicies,
    Document,
    Identity,
    ResourcePolicy,
)
from athena_gate.modules.iam.policy import Policy
from athena_gate.modules.iam.proof import prove_need
from athena_gate.stacks.configuration import ConfiguredBlock, load
from tests.conftest import ACCOUNT, Project, make_project

pytestmark = pytest.mark.slow

AWS = "arn:aws:iam::aws:policy"
QUERIES = """
  databases = ["sales"]
  source "acme-lake" { prefixes = ["sales/"] }
  results {
    create = false
    bucket = "acme-results"
    path   = "reports/"
  }
  keys {
    pgp_key_file = "keys/ops.asc"
    generations  = ["2026-11"]
  }
"""
TEXT = f"""{ACCOUNT}
dot "reporting" {{ # as clicked together in 2024
  account = "analytics"
{QUERIES}}}

immuta "governance" {{
  account = "analytics"
{QUERIES}}}

looker "bi" {{
  account = "analytics"
{QUERIES}}}

metronome "billing" {{
  account = "analytics"
  bucket  = "acme-exports"
  schema  = "billing"
  results_folder            = "answers"
  results_expire_after_days = 14
  web_identity {{
    subject                 = "123456789012345678901"
    organization_identifier = "org-4711"
  }}
}}

zuora "finance" {{
  account       = "analytics"
  bucket        = "acme-finance"
  create_bucket = false
  schema        = "finance"
  assumed_by {{ principals = ["arn:aws:iam::999988887777:role/zuora"] }}
}}
"""
# Block -> the user or role, and what else is adopted.
ADOPTED = {
    "reporting": ("--user", "dot_athena_user", "--workgroup", "dot"),
    "governance": ("--user", "immuta-athena"),
    "bi": ("--user", "looker"),
    "billing": ("--role", "transfer-role", "--bucket", "acme-exports"),
    "finance": ("--role", "zuora-transfer"),
}


class Account:
    """The account as whoever clicked has it."""

    def __init__(self, endpoint: str) -> None:
        session = botocore.session.Session()
        session.set_credentials("sandbox", "sandbox")
        place = {"region_name": "eu-central-1", "endpoint_url": endpoint}
        self.iam = session.create_client("iam", **place)
        self.s3 = session.create_client("s3", **place)
        self.athena = session.create_client("athena", **place)

    def user(self, name: str) -> str:
        """Make a user with a key, and return the key's id."""
        self.iam.create_user(UserName=name)
        return str(self.iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"])

    def attach(self, kind: str, name: str, arn: str) -> None:
        attach = getattr(self.iam, f"attach_{kind}_policy")
        attach(**{f"{kind.title()}Name": name, "PolicyArn": arn})

    def policy(self, name: str, policy: Policy) -> str:
        made = self.iam.create_policy(PolicyName=name, PolicyDocument=policy.json())
        return str(made["Policy"]["Arn"])

    def bucket(self, name: str) -> None:
        place = {"LocationConstraint": "eu-central-1"}
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)


def make_by_hand(account: Account, blocks: dict[str, ConfiguredBlock]) -> dict[str, str]:
    """Do what the pages say, and return the ids of the access keys by block."""

    def page(name: str) -> Policy:
        block = blocks[name]
        values = block.integration.values(block.settings)
        return block.integration.guides["access"].documented_for(values)

    for bucket in ("acme-lake", "acme-results", "acme-exports", "acme-finance"):
        account.bucket(bucket)
    account.s3.put_object(Bucket="acme-exports", Key="billing/invoices/1.parquet", Body=b"1")
    account.athena.create_work_group(Name="dot")
    keys = {
        "reporting": account.user("dot_athena_user"),
        "governance": account.user("immuta-athena"),
        "bi": account.user("looker"),
    }
    for policy in ("AmazonAthenaFullAccess", "AWSGlueConsoleFullAccess"):
        account.attach("user", "dot_athena_user", f"{AWS}/{policy}")
    files = Policy.from_json(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", '
        '"Resource": ["arn:aws:s3:::acme-*", "arn:aws:s3:::acme-*/*"]}]}'
    )
    account.iam.put_user_policy(
        UserName="dot_athena_user", PolicyName="files", PolicyDocument=files.json()
    )
    account.attach("user", "immuta-athena", account.policy("immuta", page("governance")))
    account.iam.create_group(GroupName="analysts")
    account.attach("group", "analysts", f"{AWS}/AmazonAthenaFullAccess")
    account.attach("group", "analysts", account.policy("files", files))
    account.iam.add_user_to_group(GroupName="analysts", UserName="looker")
    for name, role, policy in (
        ("billing", "transfer-role", "transfer-service-policy"),
        ("finance", "zuora-transfer", "zuora-policy"),
    ):
        trust = blocks[name].integration.trusts(blocks[name].settings)["access"]
        account.iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust.json())
        account.attach("role", role, account.policy(policy, page(name)))
    return keys


def kept(settings: Access, options: tuple[str, ...]) -> Access:
    """Return the settings of a block with the names that ``options`` give."""
    names = dict(zip(options[::2], options[1::2], strict=True))
    adopted = {what.removeprefix("--"): name for what, name in names.items() if what != "--bucket"}
    return settings.model_copy(update={"adopted": Adopted(**adopted)})  # type: ignore[arg-type]


@dataclass
class Client:
    """Whoever uses an access: asks every 100 ms whether the key is active and AWS would let through
    what it let through before, by the policies that are attached at that moment."""

    account: Account
    settings: Access
    key: str | None
    could: frozenset[tuple[str, str]] = frozenset()
    answers: list[str] = field(default_factory=list)
    _known: dict[Any, frozenset[tuple[str, str]]] = field(default_factory=dict)
    _documents: dict[str, Policy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arn = holder(self.settings).arn
        self.kind, _, self.name = self.arn.rpartition(":")[2].partition("/")
        self.could = self.can()

    def can(self) -> frozenset[tuple[str, str]]:
        """Return which calls of what the vendor needs the policies allow, by claim and action."""
        iam, who = self.account.iam, {f"{self.kind.title()}Name": self.name}
        attached = getattr(iam, f"list_attached_{self.kind}_policies")(**who)["AttachedPolicies"]
        arns = [one["PolicyArn"] for one in attached]
        inline = getattr(iam, f"list_{self.kind}_policies")(**who)["PolicyNames"]
        groups: list[str] = []
        trust: dict[str, Any] = {}
        if self.kind == "user":
            groups = [g["GroupName"] for g in iam.list_groups_for_user(**who)["Groups"]]
        else:
            trust = iam.get_role(**who)["Role"]["AssumeRolePolicyDocument"]
        state = (tuple(arns), tuple(inline), tuple(groups), json.dumps(trust))
        if state not in self._known:
            for group in groups:
                of = iam.list_attached_group_policies(GroupName=group)["AttachedPolicies"]
                arns += [one["PolicyArn"] for one in of]
            policies = [self._document(arn) for arn in arns]
            for one in inline:
                found = getattr(iam, f"get_{self.kind}_policy")(**who, PolicyName=one)
                policies.append(Policy.from_json(json.dumps(found["PolicyDocument"])))
            self._known[state] = self._allowed(policies, trust)
        return self._known[state]

    def _document(self, arn: str) -> Policy:
        iam = self.account.iam
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        if (key := f"{arn} {version}") not in self._documents:
            found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
            self._documents[key] = Policy.from_json(json.dumps(found["Document"]))
        return self._documents[key]

    def _allowed(self, policies: list[Policy], trust: Any) -> frozenset[tuple[str, str]]:
        documents = tuple(Document("", "managed", one) for one in policies)
        one = Identity("", self.kind, self.name, self.arn, "111122223333", policies=documents)  # type: ignore[arg-type]
        open_to = Document("", "resource", Policy.from_json(json.dumps(trust))) if trust else None
        places = (
            (ResourcePolicy("", "trust", self.arn, "111122223333", (open_to,)),) if open_to else ()
        )
        there = AttachedPolicies(("111122223333",), ("eu-central-1",), (one,), places)
        return frozenset(
            (need.name, call.action)
            for need in needs(self.settings)
            for call in need.calls
            if prove_need(there, replace(need, calls=(call,))).holds
        )

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        ended = threading.Event()

        def ask() -> None:
            while not ended.wait(0.1):
                keys = []
                if self.kind == "user":
                    found = self.account.iam.list_access_keys(UserName=self.name)
                    keys = [
                        one["AccessKeyId"]
                        for one in found["AccessKeyMetadata"]
                        if one["Status"] == "Active"
                    ]
                lacks = self.could - self.can()
                gone = self.key is not None and self.key not in keys
                self.answers.append("no key" if gone else "works" if not lacks else str(lacks))

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            time.sleep(0.3)
            ended.set()
            thread.join()


@dataclass
class Company:
    """What was there before, what was said, and what is there after."""

    project: Project
    sandbox: Sandbox
    account: Account
    before: dict[str, list[str]]
    keys: dict[str, str]
    clients: dict[str, Client]
    said: dict[str, str] = field(default_factory=dict)
    refused: str = ""

    def gate(self, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*arguments], catch_exceptions=False)
        assert done.exit_code == code, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def company(
    tmp_path_factory: pytest.TempPathFactory,
    pgp_key: pysequoia.Tsk,
    sandbox_variables: dict[str, str],
    sandbox: Sandbox,
) -> Iterator[Company]:
    """A company that has done what the pages say, and then what `gate adopt` says."""
    project = make_project(tmp_path_factory.mktemp("company"), pgp_key, TEXT)
    account = Account(sandbox.endpoint)
    with contextlib.chdir(project.folder), mock.patch.dict(os.environ, sandbox_variables):
        blocks = {one.name: one for one in load(Path("gate.hcl")).blocks}
        keys = make_by_hand(account, blocks)
        before = sandbox.inventory()["111122223333"]
        clients = {
            name: Client(account, kept(blocks[name].settings, options), keys.get(name))
            for name, options in ADOPTED.items()
        }
        found = Company(project, sandbox, account, before, keys, clients)
        found.refused = found.gate("adopt", "reporting", "--user", "nobody", "--yes", code=1)
        assert (project.file.read_text(), sandbox.inventory()["111122223333"]) == (TEXT, before)
        for name, options in ADOPTED.items():
            with clients[name].asking(), mock.patch("athena_gate.gate.commands.adopt.SETTLED", 0.0):
                found.said[name] = found.gate("adopt", name, *options, "--detach", "--yes")
        yield found


def test_what_cannot_be_adopted_leaves_everything_as_it_was(company: Company) -> None:
    # The fixture has compared gate.hcl and the account.
    assert company.refused == (
        "dot \"reporting\"\n  stop    no user is called 'nobody' in account 111122223333\n"
    )


def test_no_user_role_workgroup_or_bucket_is_made_beside_what_was_there(company: Company) -> None:
    after = company.sandbox.inventory()["111122223333"]
    assert {
        kind: sorted(set(after[kind]) - set(company.before[kind]))
        for kind in ("aws_iam_user", "aws_iam_role", "aws_s3_bucket", "aws_athena_workgroup")
    } == {
        "aws_iam_user": [],
        "aws_iam_role": [],
        "aws_s3_bucket": [],
        # Immuta's and Looker's pages leave queries to primary, which no block adopts.
        "aws_athena_workgroup": ["immuta-governance", "looker-bi"],
    }


def test_a_client_with_the_old_key_works_before_meanwhile_and_after(company: Company) -> None:
    for name, client in company.clients.items():
        assert set(client.answers) == {"works"}, (name, client.answers)
        assert len(client.answers) > 10, name
        assert client.could <= client.can(), name
    for name in ("reporting", "governance", "bi"):
        assert company.clients[name].could >= {
            ("run-queries", "athena:StartQueryExecution"),
            ("read-results", "athena:GetQueryResults"),
            ("describe-tables", "glue:GetTables"),
            ("read-data", "s3:GetObject"),
            ("write-results", "s3:PutObject"),
        }, name
    for name, taken in (
        ("billing", "sts:AssumeRoleWithWebIdentity"),
        ("finance", "sts:AssumeRole"),
    ):
        assert company.clients[name].could >= {
            ("take-role", taken),
            ("run-queries", "athena:StartQueryExecution"),
            ("read-results", "athena:GetQueryResults"),
            ("write-tables", "glue:CreateTable"),
            ("write-data", "s3:PutObject"),
        }, name


def test_what_was_attached_by_hand_is_gone_and_the_key_is_not(company: Company) -> None:
    iam = company.account.iam
    left = {}
    for name, (kind, called, *_) in ADOPTED.items():
        what = kind.removeprefix("--")
        who = {f"{what.title()}Name": called}
        attached = getattr(iam, f"list_attached_{what}_policies")(**who)["AttachedPolicies"]
        inline = getattr(iam, f"list_{what}_policies")(**who)["PolicyNames"]
        groups = iam.list_groups_for_user(**who)["Groups"] if what == "user" else []
        left[name] = [one["PolicyName"] for one in attached], inline, groups
    assert left == {
        "reporting": (["dot-reporting"], [], []),
        "governance": (["immuta-governance"], [], []),
        "bi": (["looker-bi"], [], []),
        "billing": (["metronome-billing"], [], []),
        "finance": (["zuora-finance"], [], []),
    }
    for name, key in company.keys.items():
        assert f"--access-key-id {key}\n" in company.said[name]


def test_what_no_longer_is_allowed_is_shown_before_and_how_to_have_it_back_after(
    company: Company,
) -> None:
    said = company.said["reporting"]
    shown = said.index('dot "reporting": no longer allowed\n')
    gone = said.index(f"{AWS}/AmazonAthenaFullAccess was detached\n")
    assert shown < gone
    assert "-     athena:*\n      on everything\n" in said[shown:gone]
    kept = company.project.folder / "adopted" / "dot-reporting"
    assert (kept / "back.sh").read_text().splitlines() == [
        f"aws iam attach-user-policy --user-name dot_athena_user --policy-arn "
        f"{AWS}/AWSGlueConsoleFullAccess",
        f"aws iam attach-user-policy --user-name dot_athena_user --policy-arn "
        f"{AWS}/AmazonAthenaFullAccess",
        "aws iam put-user-policy --user-name dot_athena_user --policy-name files "
        "--policy-document file://adopted/dot-reporting/files.json",
    ]
    assert json.loads((kept / "files.json").read_text())["Statement"][0]["Action"] == ["s3:*"]


def test_the_second_plan_is_empty_and_all_claims_hold(company: Company) -> None:
    outcomes = json.loads(company.gate("plan", "--json"))
    assert [one["state"] for one in outcomes] == ["no changes"] * 5
    assert "✓ 5 stacks: all " in company.gate("prove")


def test_a_bucket_that_was_adopted_keeps_what_is_in_it(company: Company) -> None:
    s3 = company.account.s3
    held = s3.list_objects_v2(Bucket="acme-exports")["Contents"]
    assert [one["Key"] for one in held] == ["billing/invoices/1.parquet"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket="acme-exports")["Rules"]
    assert {one["ID"]: one["Filter"] for one in rules} == {
        "abort-uploads": {"Prefix": "answers/athena_output/"},
        "expire": {"Prefix": "answers/athena_output/"},
    }
    made = company.project.stacks()["metronome-billing"]["resource"]["aws_s3_bucket"]
    assert [one["force_destroy"] for one in made.values()] == [False]


def test_gate_hcl_keeps_its_comments_and_has_the_names(company: Company) -> None:
    text = company.project.file.read_text()
    assert 'dot "reporting" { # as clicked together in 2024\n' in text
    assert (
        '    generations  = ["2026-11"]\n  }\n  adopted {\n    user      = "dot_athena_user"\n'
        '    workgroup = "dot"\n  }\n}\n'
    ) in text
    assert '  adopted {\n    role   = "transfer-role"\n    bucket = true\n  }\n}\n' in text


def test_once_more_changes_nothing(company: Company) -> None:
    before = company.sandbox.inventory()
    assert company.gate("adopt", "finance", "--detach", "--yes") == (
        'zuora "finance"\nzuora "finance": adopted\n'
    )
    assert company.sandbox.inventory() == before
