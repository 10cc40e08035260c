"""A block's stack as plain Terraform: what is written, and that the state takes it for the same."""

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pysequoia
import pytest

from athena_gate.gate.eject import NotEjectable, texts_of
from athena_gate.gate.eject.read_back import compare
from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.synth import synthesize
from athena_gate.modules.iam.policy import Grant, Policy
from athena_gate.stacks.configuration import ConfiguredBlock, load
from development.examples import text
from tests.conftest import (
    ROOT,
    Project,
    Terraform,
    make_project,
    terraform_in,
    validated,
)
from tests.gate.test_cli import gate

TERRAFORM = {
    "required_version": ">= 1.11",
    "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}},
}
PROVIDER: dict[str, Any] = {"region": "eu-central-1", "allowed_account_ids": ["111122223333"]}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "SourceObjects",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::acme-lake/sales/*"],
            "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}},
        },
        {
            "Sid": "Home",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::acme-lake/$${aws:username}/*"],
        },
    ],
}


def stack(**sections: Any) -> dict[str, Any]:
    """Return a stack's JSON with a provider and ``sections``."""
    return {"terraform": TERRAFORM, "provider": {"aws": [PROVIDER]}, "resource": {}, **sections}


def resource(kind: str, **arguments: Any) -> dict[str, Any]:
    """Return a stack's JSON with one resource."""
    return stack(resource={kind: {"this": arguments}})


@pytest.fixture
def block(project: Project) -> ConfiguredBlock:
    """The block ``dot "reporting"``."""
    return load(project.file).blocks[0]


HEAD = """\
# The AWS side of Dot, which was dot "reporting" of gate.hcl, as `gate eject` wrote it.
#
# The vendor's own instructions, read 2026-11-22:
# https://docs.getdot.ai
#
# The state knows each resource by the name it has here, with the hash at its end. To give one a
# better name, add a `moved` block; without it Terraform makes the resource anew.

"""


def main(block: ConfiguredBlock, content: dict[str, Any]) -> str:
    """Return main.tf without its first comment."""
    return texts_of(block, content)["main.tf"].removeprefix(HEAD)


def test_a_policy_is_readable_and_says_why_each_statement_is_there(
    block: ConfiguredBlock,
) -> None:
    content = resource(
        "aws_iam_policy",
        **{"//": {"metadata": {"path": "dot-reporting/reporting/access"}}},
        name="dot-reporting-2",
        path="/",
        policy=json.dumps(POLICY),
    )
    assert (
        texts_of(block, content)["main.tf"]
        == HEAD
        + """\
# What Dot calls AWS as, and what it may do.
resource "aws_iam_policy" "this" {
  name = "${var.name}-2"
  path = "/"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # Read the tables' files, and nothing beside their prefixes.
      {
        Sid      = "SourceObjects"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["arn:aws:s3:::${var.source_bucket}/sales/*"]
        Condition = {
          "ForAnyValue:StringEquals" = {
            "aws:CalledVia" = ["athena.amazonaws.com"]
          }
        }
      },
      {
        Sid      = "Home"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["arn:aws:s3:::${var.source_bucket}/$${aws:username}/*"]
      },
    ]
  })
}
"""
    )


def test_what_terraform_is_told_of_a_resource_stands_where_people_look_for_it(
    block: ConfiguredBlock,
) -> None:
    content = stack(
        data={"aws_caller_identity": {"me": {"provider": "aws.consumer"}}},
        resource={
            "aws_athena_workgroup": {
                "this": {
                    "configuration": {
                        "engine_version": {"selected_engine_version": "AUTO"},
                        "requester_pays_enabled": False,
                    },
                    "depends_on": ["aws_s3_bucket.one", "data.aws_caller_identity.me"],
                    "lifecycle": {
                        "ignore_changes": ["description"],
                        "prevent_destroy": True,
                        "replace_triggered_by": ["aws_s3_bucket.one.id"],
                    },
                    "name": "dot-reporting",
                    "provider": "aws.consumer",
                }
            }
        },
    )
    assert (
        main(block, content)
        == """\
data "aws_caller_identity" "me" {
  provider = aws.consumer
}

# Where queries run, and how much they may read.
resource "aws_athena_workgroup" "this" {
  provider = aws.consumer

  name = var.name

  configuration {
    requester_pays_enabled = false

    engine_version {
      selected_engine_version = "AUTO"
    }
  }

  depends_on = [aws_s3_bucket.one, data.aws_caller_identity.me]

  lifecycle {
    ignore_changes       = [description]
    prevent_destroy      = true
    replace_triggered_by = [aws_s3_bucket.one.id]
  }
}
"""
    )


def test_every_text_keeps_its_letters(block: ConfiguredBlock) -> None:
    content = resource(
        "aws_lambda_function",
        environment={
            "variables": {
                "for": 'say "\\" \t\x00 $${a} %%{b} ü',
                "as_jsonencode_has_it": '{"a":[1,true,null],"b":{}}',
                "json_in_another_order": '{"b":1,"a":2}',
                "json_with_space": '{"a": 1}',
                "json_with_a_fraction": '{"a":1.0}',
                "lines": "one\n\n  two ${aws_iam_role.r.arn}\\",
                "indented_lines": " one\n two",
                "ending_line": "one\n",
                "empty": "",
            }
        },
        timeout=900,
        function_name="${aws_iam_role.r.name}-x",
    )
    assert (
        main(block, content)
        == """\
# Whatever else belongs to it.
resource "aws_lambda_function" "this" {
  function_name = "${aws_iam_role.r.name}-x"
  timeout       = 900

  environment {
    variables = {
      "for" = "say \\"\\\\\\" \\t\\u0000 $${a} %%{b} ü"
      as_jsonencode_has_it = jsonencode({
        a = [1, true, null]
        b = {}
      })
      json_in_another_order = "{\\"b\\":1,\\"a\\":2}"
      json_with_space       = "{\\"a\\": 1}"
      json_with_a_fraction  = "{\\"a\\":1.0}"
      lines = chomp(<<-EOT
        one

          two ${aws_iam_role.r.arn}\\
      EOT
      )
      indented_lines = " one\\n two"
      ending_line    = "one\\n"
      empty          = ""
    }
  }
}
"""
    )


CREDENTIALS = "object({ default = object({ shared_config_file = string }) })"
VERSIONS = """\
# Which Terraform and provider this needs, and where its state is kept.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

"""


def test_an_hcp_workspace_stays_the_same_and_so_do_its_credentials(
    block: ConfiguredBlock,
) -> None:
    settings = {"organization": "acme", "workspaces": {"name": "dot-reporting", "project": "x"}}
    name = "tfc_aws_dynamic_credentials"
    file = f"${{var.{name}.default.shared_config_file}}"
    provider = {**PROVIDER, "shared_config_files": [file]}
    texts = texts_of(
        block,
        stack(
            terraform={**TERRAFORM, "cloud": settings},
            variable={name: {"description": "Set by HCP Terraform.", "type": CREDENTIALS}},
            provider={"aws": [provider]},
        ),
    )
    assert (
        texts["versions.tf"]
        == VERSIONS
        + """\
  # The workspace is the one athena-gate deploys with.
  cloud {
    organization = "acme"

    workspaces {
      name    = "dot-reporting"
      project = "x"
    }
  }
}
"""
    )
    assert (
        texts["providers.tf"].partition("\n\n")[2]
        == """\
provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
  shared_config_files = [var.tfc_aws_dynamic_credentials.default.shared_config_file]
}
"""
    )
    assert (
        texts["variables.tf"].partition("\n\n")[2]
        == """\
variable "account_id" {
  description = "The AWS account."
  type        = string
  default     = "111122223333"
}

variable "region" {
  description = "The region that everything is in."
  type        = string
  default     = "eu-central-1"
}

variable "tfc_aws_dynamic_credentials" {
  description = "Set by HCP Terraform."
  type        = object({ default = object({ shared_config_file = string }) })
}
"""
    )


def test_an_s3_backend_stays_the_same(block: ConfiguredBlock) -> None:
    role = {"role_arn": "arn:aws:iam::111122223333:role/states"}
    settings = {"bucket": "acme", "key": "a/b.tfstate", "encrypt": True, "assume_role": role}
    texts = texts_of(block, stack(terraform={**TERRAFORM, "backend": {"s3": settings}}))
    assert (
        texts["versions.tf"]
        == VERSIONS
        + """\
  # The state is the one athena-gate deploys with.
  backend "s3" {
    bucket  = "acme"
    key     = "a/b.tfstate"
    encrypt = true
    assume_role = {
      role_arn = "arn:aws:iam::111122223333:role/states"
    }
  }
}
"""
    )


@pytest.mark.parametrize(
    ("argument", "value", "written"),
    [
        # The account id in an ARN, and alone.
        ("x", "arn:aws:iam::111122223333:role/a", '"arn:aws:iam::${var.account_id}:role/a"'),
        ("x", "111122223333", "var.account_id"),
        # Not another account, nor what merely holds the digits.
        ("x", "arn:aws:iam::999999999999:role/dot-reporting", None),
        ("x", "1111222233334", None),
        ("x", "about 111122223333", None),
        ("x", "acme-111122223333", None),
        # The region in an ARN, a host's name, a sentence.
        ("x", "arn:aws:sns:eu-central-1::a", '"arn:aws:sns:${var.region}::a"'),
        ("x", "s3.eu-central-1.amazonaws.com", '"s3.${var.region}.amazonaws.com"'),
        ("x", "in eu-central-1", '"in ${var.region}"'),
        ("x", "eu-central-1a", None),
        # A bucket in an ARN, a URI, an argument of that name; not a prefix or a database.
        ("x", "arn:aws:s3:::acme-lake/acme-lake", '"arn:aws:s3:::${var.source_bucket}/acme-lake"'),
        ("x", "s3://acme-lake/a", '"s3://${var.source_bucket}/a"'),
        ("log_bucket", "acme-lake", "var.source_bucket"),
        ("x", "acme-lake", None),
        ("x", "arn:aws:s3:::acme-lake-public", None),
        ("x", "arn:aws:s3:::acme-lake*", None),
        # The block's name where a resource is called so.
        ("name", "dot-reporting", "var.name"),
        ("name", "dot-reporting-2", '"${var.name}-2"'),
        ("name", "dot-reportings", None),
        ("description", "dot-reporting", None),
        # A workgroup that is not made here.
        ("x", "arn:aws:athena:::workgroup/dot-reporting", None),
    ],
)  # fmt: skip
def test_a_variable_stands_only_where_its_value_is_meant(
    block: ConfiguredBlock, argument: str, value: str, written: str | None
) -> None:
    text = main(block, resource("aws_iam_policy", **{argument: value}))
    (line,) = (line for line in text.splitlines() if line.startswith("  "))
    assert line == f"  {argument} = {written or json.dumps(value)}"


def test_a_condition_is_compared_with_somebody_elses_words(block: ConfiguredBlock) -> None:
    conditions = {
        "sts:ExternalId": ["111122223333"],
        "aws:SourceAccount": ["111122223333"],
        "aws:SourceArn": ["arn:aws:athena:eu-central-1:111122223333:*"],
        "kms:ViaService": ["s3.eu-central-1.amazonaws.com"],
    }
    statement = {"Effect": "Allow", "Action": ["a:B"], "Condition": {"StringLike": conditions}}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    text = main(block, resource("aws_iam_policy", policy=json.dumps(document)))
    assert [line.strip() for line in text.splitlines() if "[" in line][2:] == [
        '"sts:ExternalId"    = ["111122223333"]',
        '"aws:SourceAccount" = [var.account_id]',
        '"aws:SourceArn"     = ["arn:aws:athena:${var.region}:${var.account_id}:*"]',
        '"kms:ViaService"    = ["s3.${var.region}.amazonaws.com"]',
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            resource("aws_sns_topic", delivery={"a": "b"}),
            "resource.aws_sns_topic.this: delivery is a nested block or a map, and gate eject does "
            "not know which; add it to gate/eject/schema.py",
        ),
        (
            stack(module={"a": {}}),
            "the stack has 'module', which gate eject does not know; allowed: data, output, "
            "provider, resource, terraform, variable",
        ),
        (
            resource("aws_sns_topic", name="%{ if true }a%{ endif }"),
            "'%{ if true }a%{ endif }' holds a template directive, which is not known here",
        ),
    ],
)
def test_what_is_not_known_is_refused_rather_than_guessed(
    block: ConfiguredBlock, content: dict[str, Any], message: str
) -> None:
    with pytest.raises(NotEjectable) as error:
        texts_of(block, content)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"111122223333"', '"111122223334"'),
        ("[var.account_id]", "[var.region]"),
        ("timeout = 900", "timeout = 901"),
        ("a = true", 'a = "true"'),
        ("$${aws:username}", "$${aws:userid}"),
        ('resource "aws_lambda_function" "this"', 'resource "aws_lambda_function" "that"'),
        ("provider ", "#provider "),
    ],
)
def test_hcl_that_says_something_else_than_the_json_is_noticed(
    block: ConfiguredBlock, right: str, wrong: str
) -> None:
    variables = {"a": '{"a":true}', "u": '["$${aws:username}"]'}
    content = resource("aws_lambda_function", timeout=900, environment={"variables": variables})
    texts = "\n".join(texts_of(block, content).values())
    assert right in texts
    compare(content, [texts])
    with pytest.raises(NotEjectable, match="so nothing was written; this is a mistake of the"):
        compare(content, [texts.replace(right, wrong)])


def synthesized(project: Project, content: dict[str, Any]) -> Path:
    """Write ``content`` where the synthesis writes it, and return its folder."""
    folder = project.folder / "cdktf.out" / "stacks" / "dot-reporting"
    folder.mkdir(parents=True)
    (folder / "cdk.tf.json").write_text(json.dumps(content))
    project.remember()
    return folder


LOCAL = stack(
    terraform={**TERRAFORM, "backend": {"local": {"path": "../../../terraform.x.tfstate"}}},
    resource={"aws_iam_user": {"this": {"name": "dot-reporting"}}},
)


def test_eject_says_what_it_wrote_and_what_comes_next(project: Project) -> None:
    folder = synthesized(project, LOCAL)
    (folder / ".terraform.lock.hcl").write_text("# locked\n")
    done = gate(project.folder, "eject", "reporting")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == """\
ejected/dot-reporting: versions.tf, providers.tf, main.tf, outputs.tf,
variables.tf, .terraform.lock.hcl

Next:
  terraform -chdir=ejected/dot-reporting init
  terraform -chdir=ejected/dot-reporting plan

The plan finds no changes if gate.hcl was deployed as it stands. Then replace
dot "reporting" (gate.hcl:6) by this line, which keeps pipelines from destroying
what is deployed, and do not run `gate destroy`. The state stays where it is.

  ejected "dot-reporting" {}

Until then the new folder and the stack dot-reporting share one state, and an
apply of one undoes the changes of the other.
"""
    )
    ejected = project.folder / "ejected" / "dot-reporting"
    assert {file.name for file in ejected.iterdir()} == {
        "versions.tf",
        "providers.tf",
        "main.tf",
        "outputs.tf",
        "variables.tf",
        ".terraform.lock.hcl",
    }
    assert (ejected / ".terraform.lock.hcl").read_text() == "# locked\n"


def test_eject_in_an_environment_writes_a_folder_of_its_own_and_says_who_else_reads_the_block(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_ENV", "")
    in_environment(project, 'dot "reporting" { databases = ["sales_prod"] }\n')
    done = gate(project.folder, "--env", "prod", "eject", "reporting")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == """\
ejected/environments/prod/dot-reporting: versions.tf, providers.tf, main.tf,
outputs.tf, variables.tf

Next:
  terraform -chdir=ejected/environments/prod/dot-reporting init
  terraform -chdir=ejected/environments/prod/dot-reporting plan

The plan finds no changes if gate.hcl was deployed as it stands. Then replace
dot "reporting" (gate.hcl:6) by this line, which keeps pipelines from destroying
what is deployed, and do not run `gate --env prod destroy`. The state stays
where it is.

  ejected "dot-reporting" {}

That block is read by gate.hcl without an environment as well: with the line in
its place nothing of it is built there either, and nothing of that was written
out. First eject what is deployed there:

  gate eject dot-reporting

Or move the block into environments/NAME.hcl of each environment that keeps it,
and write the line into environments/prod.hcl alone, in the place of what that
file says of the block; without an environment nothing of it is built then.

Until then the new folder and the stack dot-reporting share one state, and an
apply of one undoes the changes of the other.
"""
    )
    assert (project.folder / "ejected/environments/prod/dot-reporting/main.tf").is_file()


def test_a_block_of_one_environment_alone_is_replaced_in_its_file(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_ENV", "")
    account, block = project.file.read_text().split("\n\n", 1)
    project.write(account)
    in_environment(project, block)
    done = gate(project.folder, "--env", "prod", "eject", "reporting")
    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(done.stdout.split())
    assert 'replace dot "reporting" (environments/prod.hcl:1) by this line' in words
    assert "is read by" not in words


def in_environment(project: Project, text: str) -> None:
    """Write ``text`` as environments/prod.hcl, and what the synthesis would make of it."""
    (project.folder / "environments").mkdir()
    (project.folder / "environments" / "prod.hcl").write_text(text)
    folder = project.out / "environments" / "prod" / "stacks" / "dot-reporting"
    folder.mkdir(parents=True)
    (folder / "cdk.tf.json").write_text(json.dumps(LOCAL))
    project.remember("prod")


@pytest.mark.parametrize(
    ("output", "path"),
    [("ejected/dot-reporting", "../../terraform.x.tfstate"), ("x", "../terraform.x.tfstate")],
)
def test_the_local_state_is_found_from_the_new_folder(
    project: Project, output: str, path: str
) -> None:
    synthesized(project, LOCAL)
    done = gate(project.folder, "eject", "dot.reporting", "--output", output)
    assert done.returncode == 0
    text = (project.folder / output / "versions.tf").read_text()
    assert (
        text
        == VERSIONS
        + f"""\
  # The state is the one athena-gate deploys with. The path begins at this folder.
  backend "local" {{
    path = "{path}"
  }}
}}
"""
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["billing"],
            "no block is called billing; allowed: dot.reporting",
        ),
        (
            ["reporting", "--output", "keys"],
            "keys is there already, and nothing is overwritten; name another folder with "
            "--output, or move that one away",
        ),
        (
            ["reporting", "--output", "gate.hcl"],
            "gate.hcl is there already, and nothing is overwritten; name another folder with "
            "--output, or move that one away",
        ),
        (
            ["reporting", "--output", "gate.hcl/x"],
            "gate.hcl/x: Not a directory; name another folder with --output",
        ),
    ],
)
def test_eject_refuses_with_the_way_out(
    project: Project, arguments: list[str], message: str
) -> None:
    synthesized(project, LOCAL)
    before = sorted(project.folder.rglob("*"))
    done = gate(project.folder, "eject", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"gate: {message}\n")
    assert sorted(project.folder.rglob("*")) == before


def test_eject_wants_a_synthesis_of_gate_hcl_as_it_stands(project: Project) -> None:
    done = gate(project.folder, "eject", "reporting")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: dot-reporting was not synthesized yet; run: gate synth (or cdktf synth)\n",
    )
    synthesized(project, LOCAL)
    project.write(project.file.read_text() + "# a comment\n")
    done = gate(project.folder, "eject", "reporting")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: cdktf.out was made before gate.hcl changed; run: gate synth (or cdktf synth)\n",
    )


STACKS = (
    "dot-reporting",
    "metronome-billing",
    "immuta-governed",
    "dbt-ci",
    "dynamodb-connector-orders",
)


@dataclass(frozen=True)
class Ejected:
    """The repository's gate.hcl, each stack ejected from its JSON, and the end of its deployment
    by Terraform from that JSON: most of a minute, in which S3 is waited for."""

    project: Project
    deployed: dict[str, Future[None]]

    def folder(self, stack: str) -> Path:
        return self.project.folder / "ejected" / stack

    def json(self, stack: str) -> Path:
        return self.project.folder / "cdktf.out" / "stacks" / stack / "cdk.tf.json"


@pytest.fixture(scope="module")
def ejected(
    tmp_path_factory: pytest.TempPathFactory,
    pgp_key: pysequoia.Tsk,
    sandbox: Sandbox,
    terraform: Terraform,
) -> Iterator[Ejected]:
    """The five stacks, ejected and being deployed."""
    text = (ROOT / "gate.hcl").read_text().replace("keys/example.asc", "keys/ops.asc")
    project = make_project(tmp_path_factory.mktemp("eject"), pgp_key, text)
    project.synth()
    make_reader(sandbox)
    for stack in STACKS:
        done = gate(project.folder, "eject", stack)
        assert (done.returncode, done.stderr) == (0, "")

    def deploy(stack: str) -> None:
        folder = project.folder / "cdktf.out" / "stacks" / stack
        terraform(folder, "init", "-input=false")
        terraform(folder, "apply", "-auto-approve", "-input=false")

    with ThreadPoolExecutor(len(STACKS)) as pool:
        yield Ejected(project, {stack: pool.submit(deploy, stack) for stack in STACKS})


def make_reader(sandbox: Sandbox) -> None:
    """Make the role in the consumer's account that gate.hcl takes for granted."""

    def client(service: str, **credentials: str) -> Any:
        return boto3.session.Session().client(
            service, endpoint_url=sandbox.endpoint, region_name="eu-central-1", **credentials
        )

    own = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    taken = client("sts", **own).assume_role(
        RoleArn="arn:aws:iam::444455556666:role/terraform", RoleSessionName="test"
    )["Credentials"]
    consumer = {
        "aws_access_key_id": taken["AccessKeyId"],
        "aws_secret_access_key": taken["SecretAccessKey"],
        "aws_session_token": taken["SessionToken"],
    }
    client("iam", **consumer).create_role(RoleName="analyst", AssumeRolePolicyDocument="{}")


@pytest.mark.slow
def test_terraform_has_nothing_to_say_of_any_ejected_stack(
    tmp_path: Path, ejected: Ejected, terraform_variables: dict[str, str]
) -> None:
    """Every mode of every integration, and the five of gate.hcl."""
    with contextlib.chdir(tmp_path):
        Path("gate.hcl").write_text(text("aws"))
        configuration = load(Path("gate.hcl"))
        synthesize(configuration, Path("cdktf.out"))
    for block in configuration.blocks:
        done = gate(tmp_path, "eject", block.stack)
        assert (done.returncode, done.stderr) == (0, "")
    for name in STACKS:
        shutil.copytree(ejected.folder(name), tmp_path / "ejected" / name)

    terraform = terraform_in(terraform_variables)
    assert terraform(tmp_path, "fmt", "-check", "-recursive", "ejected").stdout == ""
    folders = sorted((tmp_path / "ejected").iterdir())
    assert validated(tmp_path, folders, terraform_variables) == (True, [])


def synthesized_access(file: Path) -> dict[str, frozenset[Grant] | str]:
    """Return what each policy in a cdk.tf.json grants, and to whom policies are attached, by the
    addresses of their resources."""
    resources = json.loads(file.read_text())["resource"]
    found = access(
        (f"{kind}.{name}", body) for kind, some in resources.items() for name, body in some.items()
    )
    for address, said in found.items():
        if isinstance(said, str) and said.startswith("${"):
            kind, name, attribute = said[2:-1].split(".")
            found[address] = resources[kind][name][attribute]
    return found


def planned_access(plan: dict[str, Any]) -> dict[str, frozenset[Grant] | str]:
    """Return the same of a plan."""
    resources = plan["planned_values"]["root_module"]["resources"]
    return access((one["address"], one["values"]) for one in resources)


def access(resources: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, frozenset[Grant] | str]:
    found: dict[str, frozenset[Grant] | str] = {}
    for address, body in resources:
        # In a plan on a state, a bucket shows the policy that AWS has for it.
        policy = "assume_role_policy" if address.startswith("aws_iam_role.") else "policy"
        if policy in body and not address.startswith("aws_s3_bucket."):
            text = body[policy].replace("$${", "${")
            found[address] = Policy.from_document(json.loads(text)).grants()
        elif "_policy_attachment." in address:
            found[address] = body.get("user") or body["role"]
    return found


@pytest.mark.slow
def test_the_old_state_is_taken_over_without_a_change_of_any_grant(
    ejected: Ejected, terraform: Terraform
) -> None:
    def taken_over(stack: str) -> tuple[int, bool]:
        ejected.deployed[stack].result()
        folder = ejected.folder(stack)
        terraform(folder, "init", "-input=false")
        plan = ("plan", "-input=false", "-detailed-exitcode", "-out=plan")
        changes = terraform(folder, *plan, ok=(0, 2)).returncode
        planned = planned_access(json.loads(terraform(folder, "show", "-json", "plan").stdout))
        return changes, planned == synthesized_access(ejected.json(stack)) != {}

    with ThreadPoolExecutor(len(STACKS)) as pool:
        found = dict(zip(STACKS, pool.map(taken_over, STACKS), strict=True))
    assert found == dict.fromkeys(STACKS, (0, True))
