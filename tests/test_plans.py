"""Plans that Terraform made, of every mode: they are their stacks, and what is edited is not."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.policy_set import ATTACHABLE, policy_set
from athena_gate.gate.stack.kinds import KINDS
from athena_gate.gate.stack.plan import Difference, differences
from development.plans import plans, read
from tests.conftest import ROOT, Terraform
from tests.gate.policy_set.engines import Denials, InOpa
from tests.gate.stack.plan_edits import edits
from tests.gate.stack.plans import ADMINISTRATOR, likeness

pytestmark = pytest.mark.slow

Stacks = Mapping[str, dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans")


@pytest.fixture(scope="module")
def real(folder: Path, terraform_variables: dict[str, str]) -> Stacks:
    """The plan of every mode, before anything is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", terraform_variables["PATH"])
        return read(plans(ROOT / "development" / "modes.hcl", folder))


@pytest.fixture(scope="module")
def stacks(real: Stacks, folder: Path) -> Stacks:
    """The synthesized JSON that each was made from."""
    return {
        name: json.loads((folder / "cdktf.out" / "stacks" / name / "cdk.tf.json").read_text())
        for name in real
    }


@pytest.fixture(scope="module")
def opa(stacks: Stacks) -> InOpa:
    return InOpa(policy_set(stacks))


def test_a_plan_of_every_mode_is_its_stack(real: Stacks, stacks: Stacks, opa: InOpa) -> None:
    none: dict[str, tuple[Difference, ...]] = dict.fromkeys(stacks, ())
    assert {name: differences(real[name], stacks[name]) for name in real} == none
    assert {name: differences(likeness(stacks[name]), stacks[name]) for name in real} == none
    accepted: Denials = {"exact": [], "general": []}
    assert {name: opa.denials(plan) for name, plan in real.items()} == dict.fromkeys(real, accepted)


def test_hostile_edits_of_real_plans_are_differences_and_are_denied(
    real: Stacks, stacks: Stacks, opa: InOpa
) -> None:
    unseen, accepted, count = [], [], 0
    for number, (name, plan) in enumerate(real.items()):
        for place, (what, edited) in enumerate(edits(plan, number, 31)):
            if not differences(edited, stacks[name]):
                unseen.append(f"{name}: {what}")
            if place % 6 == 0:
                count += 1
                if not opa.denials(edited)["exact"]:
                    accepted.append(f"{name}: {what}")
    assert (unseen, accepted) == ([], [])
    assert count > 150


def test_every_row_of_the_kinds_is_one_that_plans_have(real: Stacks, stacks: Stacks) -> None:
    """No kind is missing, and none is listed that no mode makes."""
    entries = [entry for plan in real.values() for entry in plan["resource_changes"]]
    assert {entry["type"] for entry in entries} == set(KINDS)
    for kind, row in KINDS.items():
        changes = [entry["change"] for entry in entries if entry["type"] == kind]
        found = {name for change in changes for name, one in change["after_unknown"].items() if one}
        whole = {name for name in row.computed if "." not in name}
        assert whole <= found, kind
        for name, value in row.defaults.items():
            assert value in [change["after"].get(name) for change in changes], (kind, name)
    arns = {
        body["policy_arn"]
        for stack in stacks.values()
        for kind, bodies in stack["resource"].items()
        for body in bodies.values()
        if kind.endswith("_policy_attachment") and "${" not in body["policy_arn"]
    }
    assert {arn.rpartition("/")[2] for arn in arns} == set(ATTACHABLE)


HOSTILE = f"""
resource "aws_iam_user_policy_attachment" "@ATTACH@" {{
  policy_arn = aws_iam_policy.@POLICY@.arn == "" ? "" : "{ADMINISTRATOR}"
}}
resource "aws_iam_user" "@USER@" {{
  provisioner "local-exec" {{
    command = "true"
  }}
}}
"""
BESIDE = """
data "aws_caller_identity" "now" {}
module "more" {
  source = "./more"
}
locals {
  name = "x"
}
output "more" {
  value = local.name
}
check "it" {
  assert {
    condition     = local.name == "x"
    error_message = "no"
  }
}
"""


def test_what_files_beside_the_json_add_to_a_plan_is_refused_by_name(
    folder: Path, stacks: Stacks, opa: InOpa, terraform: Terraform
) -> None:
    stack = stacks["dot-least"]
    place = folder / "hostile"
    (place / "more").mkdir(parents=True)
    (place / "more" / "main.tf").write_text('resource "terraform_data" "x" {}\n')
    (place / "cdk.tf.json").write_text(
        json.dumps(
            {
                **stack,
                "terraform": {
                    key: value for key, value in stack["terraform"].items() if key != "backend"
                },
            }
        )
    )
    names = {
        f"@{word}@": next(iter(stack["resource"][kind]))
        for word, kind in (
            ("ATTACH", "aws_iam_user_policy_attachment"),
            ("POLICY", "aws_iam_policy"),
            ("USER", "aws_iam_user"),
        )
    }
    text = HOSTILE
    for word, name in names.items():
        text = text.replace(word, name)
    (place / "x_override.tf").write_text(text)
    (place / "beside.tf").write_text(BESIDE)
    terraform(place, "init", "-input=false")
    terraform(place, "plan", "-out=plan", "-input=false")
    plan = json.loads(terraform(place, "show", "-json", "plan").stdout)
    attachment = f"aws_iam_user_policy_attachment.{names['@ATTACH@']}"
    assert [one.says for one in differences(plan, stack)] == [
        "the plan has checks or conditions; allowed: none",
        "the plan calls modules; allowed: none",
        "the stack has no provider.module.more:terraform",
        "module.more.terraform_data.x is in a module; allowed: none",
        "module.more.terraform_data.x is not in the stack, and the plan would create it; "
        "allowed: to delete it",
        f"aws_iam_user.{names['@USER@']} has provisioners; allowed: none",
        f"{attachment}: policy_arn is an expression, and the plan does not tell which: it was not "
        "made from Terraform's JSON; plan the folder cdktf.out/stacks/STACK, with no other file "
        "in it",
        "data.aws_caller_identity.now is in the plan's configuration and not in the stack",
        "the plan has modules; allowed: none",
        "output.more is not in the stack",
    ]
    found = opa.denials(plan)
    assert [one for one in found["exact"] if one.startswith(attachment)] == [
        f'{attachment}: policy_arn as it is written is "nothing"; '
        f'allowed: "aws_iam_policy.{names["@POLICY@"]}.arn"'
    ]
    assert found["general"] != []
