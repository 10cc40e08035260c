"""Whether a plan is the stack it came from."""

import copy
import json
import random
from typing import Any

import pytest

from athena_gate.gate.stack.kinds import KINDS, POLICIES, PROVIDER_BLOCKS
from athena_gate.gate.stack.listed import NotListable, full_versions, listed
from athena_gate.gate.stack.plan import Difference, differences
from tests.conftest import tries
from tests.gate.stack.plan_edits import edits, stranger
from tests.gate.stack.plans import ADMINISTRATOR, STACK, Json, likeness


def said(plan: Json) -> list[str]:
    return [one.says for one in differences(plan, STACK)]


def resource(plan: Json, address: str) -> tuple[Json, Json]:
    """Return a resource's change, and its expressions in the configuration."""
    changes, root = plan["resource_changes"], plan["configuration"]["root_module"]
    return (
        next(one["change"] for one in changes if one["address"] == address),
        next(one["expressions"] for one in root["resources"] if one["address"] == address),
    )


def applied(plan: Json) -> Json:
    """Return the plan of the same stack once everything in ``plan`` is there."""
    ids = {"aws_iam_user.user": "dot", "aws_s3_bucket.results": "dot-results"}
    later = copy.deepcopy(plan)
    for entry in later["resource_changes"]:
        after = entry["change"]["after"]
        kind = entry["type"]
        after |= {
            name: ids.get(entry["address"], f"{kind}/{name}")
            for name, value in entry["change"]["after_unknown"].items()
            if value is True and name in KINDS[kind].computed
        }
    known = {one["address"]: one["change"]["after"] for one in later["resource_changes"]}
    for entry in later["resource_changes"]:
        after, (_, expressions) = entry["change"]["after"], resource(later, entry["address"])
        for name, expression in expressions.items():
            if isinstance(expression, dict) and "references" in expression:
                address, _, attribute = expression["references"][0].rpartition(".")
                after[name] = known[address][attribute]
        entry["change"] |= {"actions": ["no-op"], "before": after, "after_unknown": {}}
    for one in later["planned_values"]["root_module"]["resources"]:
        one["values"] = known[one["address"]]
    user = known["aws_iam_user.user"]["arn"]
    for name, value in (
        ("encrypted_secret_2026-11", known["aws_iam_access_key.key"]["encrypted_secret"]),
        ("handoff", {"workgroup": "dot", "user": user, "profile": f"[dot]\nuser = {user}\n"}),
    ):
        later["output_changes"][name] |= {"actions": ["no-op"], "before": value, "after": value}
        later["output_changes"][name]["after_unknown"] = False
        later["planned_values"]["outputs"][name]["value"] = value
    made: Json = json.loads(json.dumps(later))
    return made


def test_a_plan_of_the_stack_is_the_stack() -> None:
    assert said(likeness(STACK)) == []
    assert said(applied(likeness(STACK))) == []


@pytest.mark.slow
def test_every_hostile_edit_of_a_plan_is_a_difference_that_names_the_resource() -> None:
    addresses = {f"{kind}.{name}" for kind, some in STACK["resource"].items() for name in some}
    count = 0
    for name, edited in edits(likeness(STACK)):
        count += 1
        found = differences(edited, STACK)
        assert found, name
        address = name.partition(": ")[0]
        named = address not in addresses or address in {one.address for one in found}
        assert named or address in found[0].says, name
    assert count > 600


@pytest.mark.slow
def test_every_hostile_edit_of_a_plan_that_changes_nothing_is_a_difference() -> None:
    every = edits(applied(likeness(STACK)), every=3)
    unseen = [name for name, edited in every if not said(edited)]
    assert unseen == []


def test_a_resource_is_created_that_was_not_there_and_changed_that_was() -> None:
    created, changed = likeness(STACK), applied(likeness(STACK))
    resource(created, "aws_iam_user.user")[0]["before"] = {"name": "dot"}
    resource(changed, "aws_iam_user.user")[0].update(actions=["update"], before=None)
    assert said(created) == [
        "aws_iam_user.user: the plan would create it, and what it was before says otherwise"
    ]
    assert said(changed)[0] == (
        "aws_iam_user.user: the plan would update it, and what it was before says otherwise"
    )


def test_a_resource_has_all_tags_of_its_provider() -> None:
    plan = likeness(STACK)
    resource(plan, "aws_iam_policy.access")[0]["after"]["tags_all"] = {}
    assert next(one for one in said(plan) if "tags_all" in one) == (
        "aws_iam_policy.access: tags_all.athena-gate is missing; allowed: nothing that is not in "
        "the stack"
    )


def test_an_expression_of_how_many_there_are_is_refused_when_it_tells_nothing() -> None:
    plan = likeness(STACK)
    plan["configuration"]["root_module"]["resources"][0]["for_each_expression"] = {}
    assert [one.partition(" ")[2] for one in said(plan)] == ["has for_each; allowed: none"]


def test_a_policy_attached_by_a_condition_is_refused() -> None:
    """The first plan does not know which policy that is; the text of the expression does."""
    plan = likeness(STACK)
    _, expressions = resource(plan, "aws_iam_user_policy_attachment.attach")
    text = f'${{aws_iam_policy.access.arn == "" ? "" : "{ADMINISTRATOR}"}}'
    expressions["policy_arn"]["constant_value"] = text
    assert differences(plan, STACK) == (
        Difference(
            "aws_iam_user_policy_attachment.attach",
            "policy_arn",
            text,
            "${aws_iam_policy.access.arn}",
            f"aws_iam_user_policy_attachment.attach: policy_arn is written as {json.dumps(text)}; "
            'allowed: "${aws_iam_policy.access.arn}"',
        ),
    )


def test_a_plan_of_hcl_does_not_tell_what_an_expression_is_and_is_refused() -> None:
    plan = likeness(STACK)
    _, expressions = resource(plan, "aws_iam_user_policy_attachment.attach")
    del expressions["policy_arn"]["constant_value"]
    assert said(plan) == [
        "aws_iam_user_policy_attachment.attach: policy_arn is an expression, and the plan does "
        "not tell which: it was not made from Terraform's JSON; plan the folder "
        "cdktf.out/stacks/STACK, with no other file in it"
    ]


def test_a_reference_that_is_known_is_what_it_refers_to() -> None:
    plan = applied(likeness(STACK))
    change, _ = resource(plan, "aws_iam_user_policy_attachment.attach")
    change |= {"actions": ["update"], "after": {**change["after"], "policy_arn": ADMINISTRATOR}}
    for one in plan["planned_values"]["root_module"]["resources"]:
        if one["address"] == "aws_iam_user_policy_attachment.attach":
            one["values"] = change["after"]
    assert said(plan) == [
        'aws_iam_user_policy_attachment.attach: policy_arn is "arn:aws:iam::aws:policy/'
        'AdministratorAccess"; allowed: aws_iam_policy.access.arn, "aws_iam_policy/arn"'
    ]


def test_a_difference_in_a_policy_names_its_statement() -> None:
    plan = likeness(STACK)
    change, expressions = resource(plan, "aws_iam_policy.access")
    policy = json.loads(change["after"]["policy"])
    policy["Statement"][1]["Action"] = ["s3:*"]
    change["after"]["policy"] = json.dumps(policy)
    assert said(plan)[0] == (
        'aws_iam_policy.access: policy is {"Sid":"Addresses","Effect":"Deny","Action":["s3:*"],'
        '"Resource":["*"],"Condition":{"NotIpAddress":{"aws:SourceIp":["3.122.135.165/32"]}}}; '
        'allowed: {"Sid":"Addresses","Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":'
        '{"NotIpAddress":{"aws:SourceIp":["3.122.135.165/32"]}}}'
    )
    assert expressions


def test_what_is_no_longer_in_the_stack_may_be_deleted() -> None:
    """A key that was rotated away, and what is left of a replacement that was cut off."""
    plan = likeness(STACK)
    stranger("aws_iam_access_key", {"user": "dot"}, name="old")(plan)
    plan["configuration"]["root_module"]["resources"].pop()
    plan["planned_values"]["root_module"]["resources"].pop()
    plan["resource_changes"][-1]["change"] = {
        "actions": ["delete"],
        "before": {"user": "dot"},
        "after": None,
    }
    plan["resource_changes"].append(
        {
            **plan["resource_changes"][-1],
            "address": "aws_iam_user.user",
            "type": "aws_iam_user",
            "deposed": "00000001",
        }
    )
    plan["output_changes"]["encrypted_secret_2026-10"] = {"actions": ["delete"], "before": "x"}
    assert said(plan) == []


def test_what_a_resource_of_the_stack_makes_is_not_deleted_under_another_name() -> None:
    plan = likeness(STACK)
    plan["resource_changes"].append(
        {
            "address": "aws_s3_bucket.old",
            "mode": "managed",
            "type": "aws_s3_bucket",
            "name": "old",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["delete"], "before": {"bucket": "dot-results"}, "after": None},
        }
    )
    assert said(plan) == [
        "aws_s3_bucket.old is not in the stack, and deleting it would delete what "
        'aws_s3_bucket.results makes: bucket is "dot-results" in both'
    ]


def test_what_was_changed_outside_of_terraform_is_left_to_the_values() -> None:
    plan = applied(likeness(STACK))
    drifted = copy.deepcopy(plan["resource_changes"][0])
    drifted["change"]["actions"] = ["update"]
    assert said({**plan, "resource_drift": [drifted], "prior_state": {"values": {}}}) == []


@pytest.mark.parametrize("plan", [{}, [], "x", None, {"configuration": []}])
def test_what_is_no_plan_is_said_to_be_none(plan: Any) -> None:
    (found,) = differences(plan, STACK)
    assert found.says.startswith("the plan is not one of Terraform's: ")


def test_a_plan_in_which_anything_is_of_another_type_is_no_trace() -> None:
    chance = random.Random(9)
    for _ in range(tries(150)):
        plan = likeness(STACK)
        places = list(_places(plan))
        holder, key = chance.choice(places)
        holder[key] = chance.choice([None, True, 1, "x", [], {}, [1], {"x": 1}, [[]], {"": None}])
        differences(plan, STACK)


def _places(value: Any) -> Any:
    """Yield every container in ``value`` with each key that leads to something."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def test_the_list_says_what_a_plan_may_consist_of() -> None:
    found = listed(STACK)
    assert found["tag"] == "dot/reporting"
    assert found["workspace"] == {"name": "dot-reporting"}
    assert found["providers"]["aws.consumer"] == {
        "name": "aws",
        "full_name": "registry.terraform.io/hashicorp/aws",
        "version_constraint": ">= 5.100.0, < 7.0.0",
        "alias": "consumer",
        "arguments": {
            "region": "eu-central-1",
            "allowed_account_ids.0": "444455556666",
            "assume_role.0.role_arn": "arn:aws:iam::444455556666:role/terraform",
            "default_tags.0.tags.athena-gate": "dot/reporting",
        },
    }
    assert found["resources"]["aws_athena_workgroup.workgroup"] == {
        "provider": "aws",
        "depends_on": [],
        "ignored": [],
        "values": {
            "configuration.0.bytes_scanned_cutoff_per_query": 107374182400,
            "configuration.0.enforce_workgroup_configuration": True,
            "configuration.0.engine_version.0.selected_engine_version": "Athena engine version 3",
            "configuration.0.result_configuration.0.output_location": "s3://dot-results/dot/",
            "force_destroy": True,
            "name": "dot",
        },
        "references": {},
        "documents": {},
    }
    attachment = found["resources"]["aws_iam_user_policy_attachment.attach"]
    assert attachment["references"] == {
        "policy_arn": "aws_iam_policy.access.arn",
        "user": "aws_iam_user.user.name",
    }
    assert found["outputs"]["handoff"] == {"sensitive": False, **STACK["output"]["handoff"]}


def test_an_expression_and_an_unknown_kind_cannot_be_listed() -> None:
    for body, kind in (
        ({"name": '${upper("x")}'}, "aws_iam_user"),
        ({"name": "${aws_iam_user.user.name}-x"}, "aws_iam_user"),
        ({"group": "x"}, "aws_iam_group_policy"),
    ):
        stack = copy.deepcopy(STACK)
        stack["resource"][kind] = {"more": body}
        with pytest.raises(NotListable, match=f"{kind}.more"):
            listed(stack)


def test_a_version_constraint_is_written_out() -> None:
    assert full_versions(">= 5.100, < 7") == ">= 5.100.0, < 7.0.0"
    assert full_versions("~> 5.100.1") == "~> 5.100.1"


def test_nested_blocks_and_policies_are_those_that_eject_knows() -> None:
    from athena_gate.gate.eject import schema

    # A plan has a list of each, but for timeouts, of which there is one.
    once = {"timeouts"}
    listed = {kind: names - once for kind, names in schema.BLOCKS.items() if kind in KINDS}
    blocks = {kind: one.blocks for kind, one in KINDS.items() if one.blocks}
    assert blocks == {kind: names for kind, names in listed.items() if names}
    assert schema.BLOCKS["provider"] >= PROVIDER_BLOCKS
    assert schema.POLICIES == POLICIES


def test_a_name_with_dots_does_not_stand_for_what_is_nested() -> None:
    plan = likeness(STACK)
    entry = next(one for one in plan["resource_changes"] if one["type"] == "aws_athena_workgroup")
    address, after = entry["address"], entry["change"]["after"]
    path = "configuration.0.enforce_workgroup_configuration"
    after[path] = after["configuration"][0]["enforce_workgroup_configuration"]
    after["configuration"][0]["enforce_workgroup_configuration"] = False
    assert [one.says for one in differences(plan, STACK)] == [
        f"the plan is not one of Terraform's: {address} has two values for one attribute"
    ]
