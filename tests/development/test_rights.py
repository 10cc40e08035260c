"""The rights that deploys are tried with: what a call asks for, and what is granted for nothing."""

import json
from pathlib import Path

import pytest

from athena_gate.modules.iam.arn import Arns
from athena_gate.modules.iam.policy import Condition, Policy, Statement
from athena_gate.stacks.configuration import Configuration, load
from development.rights.asked import Asked, Sent, World
from development.rights.enforcing import Enforcing, allows, rights, unasked

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def modes() -> Configuration:
    return load(ROOT / "development" / "modes.hcl")


def asked(service: str, target: str, given: dict[str, object]) -> list[Asked]:
    stack = f"arn:aws:cloudformation:eu-central-1:{ACCOUNT}:stack/serverlessrepo-one/*"
    world = World(Arns(ACCOUNT, "eu-central-1"), {("stack", "*"): stack}, {})
    if target:
        return list(world.asked(Sent(service, "POST", "/", target, json.dumps(given).encode())))
    body = "&".join(f"{name}={value}" for name, value in given.items()).encode()
    return list(world.asked(Sent(service, "POST", "/", "", body)))


def test_a_key_that_is_made_is_tagged_and_one_that_is_there_has_its_tag() -> None:
    tags = [{"TagKey": "changed", "TagValue": "yes"}]
    region = {"aws:RequestedRegion": ("eu-central-1",)}
    sent = {**region, "aws:RequestTag/changed": ("yes",)}
    made = asked("kms", "TrentService.CreateKey", {"Tags": tags})
    assert made == [
        Asked("kms:CreateKey", "*", sent),
        Asked("kms:TagResource", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/new", sent),
    ]
    there = asked("kms", "TrentService.TagResource", {"KeyId": KEY, "Tags": tags})
    its = {"aws:ResourceTag/athena-gate": ("some/block",)}
    assert there == [Asked("kms:TagResource", KEY, {**sent, **its})]


def test_a_change_set_that_names_no_stack_is_of_the_stack_that_is_made() -> None:
    (one,) = asked("cloudformation", "", {"Action": "ExecuteChangeSet", "ChangeSetName": "x"})
    stack = f"arn:aws:cloudformation:eu-central-1:{ACCOUNT}:stack/serverlessrepo-one/x"
    assert (one.action, one.resource) == ("cloudformation:ExecuteChangeSet", stack)


def test_who_takes_a_role_is_asked_for_that_role() -> None:
    role = "arn:aws:iam::444455556666:role/terraform"
    (one,) = asked("sts", "", {"Action": "AssumeRole", "RoleArn": role})
    allowed = Policy((Statement("Allow", actions=("sts:AssumeRole",), resources=(role,)),))
    assert one.resource == role
    assert [allows(some, ACCOUNT, one) for some in ([allowed], [])] == [True, False]


def test_a_key_of_the_account_is_used_as_the_policies_of_whoever_deploys_say() -> None:
    of_ours = Condition("Null", "aws:ResourceTag/athena-gate", ("false",))
    policy = Policy(
        (Statement("Allow", actions=("kms:DescribeKey",), resources=(KEY,), conditions=(of_ours,)),)
    )
    tagged = Asked("kms:DescribeKey", KEY, {"aws:ResourceTag/athena-gate": ("some/block",)})
    other = Asked("kms:DescribeKey", KEY, {})
    assert [allows([policy], ACCOUNT, one) for one in (tagged, other)] == [True, False]


def test_what_is_granted_and_not_asked_for_is_told_but_for_what_aws_does_itself() -> None:
    buckets = ("arn:aws:s3:::one", "arn:aws:s3:::two")
    group = f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:one"
    policy = Policy(
        (
            Statement("Allow", actions=("s3:CreateBucket", "s3:DeleteBucket"), resources=buckets),
            # One log group, in both forms of its ARN.
            Statement("Allow", actions=("logs:CreateLogGroup",), resources=(group, f"{group}:*")),
        )
    )
    relay = Enforcing("", policies={ACCOUNT: (policy,)})
    relay.questions.append((ACCOUNT, Asked("s3:CreateBucket", buckets[0], {})))
    relay.questions.append((ACCOUNT, Asked("logs:CreateLogGroup", group, {})))
    relay.questions.append(("444455556666", Asked("s3:CreateBucket", buckets[1], {})))
    behind = {("s3:DeleteBucket", bucket) for bucket in buckets}
    assert unasked(relay, behind) == ["s3:CreateBucket on arn:aws:s3:::two"]


def test_a_block_that_reaches_all_its_accounts_by_roles_has_the_deployers_account_too(
    modes: Configuration,
) -> None:
    block = next(one for one in modes.blocks if one.stack == "dynamodb-connector-documented")
    found = rights(modes, block, "apply")
    assert set(found) == {ACCOUNT, "222233334444", "444455556666"}
    ((statement,),) = (policy.statements for policy in found[ACCOUNT])
    assert statement.resources == (
        "arn:aws:iam::222233334444:role/terraform",
        "arn:aws:iam::444455556666:role/terraform",
    )
