"""Policies as values: documents, grants, sizes, and what Terraform makes of them."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_gate.modules.iam.policy import (
    EVERYONE,
    MANAGED_POLICY_LIMIT,
    Condition,
    Grant,
    MalformedPolicy,
    Policy,
    PolicyTooLarge,
    Principal,
    Statement,
)

READ = Statement("Allow", sid="Read", actions=("s3:GetObject",), resources=("arn:aws:s3:::a/*",))


def test_a_policy_is_the_json_that_iam_documents() -> None:
    policy = Policy(
        (
            Statement(
                "Allow",
                sid="Web",
                actions=("sts:AssumeRoleWithWebIdentity",),
                principals=(Principal("Federated", "accounts.google.com"),),
                conditions=(Condition("StringEquals", "accounts.google.com:sub", ("1", "0")),),
            ),
            Statement("Deny", actions=("*",), resources=("*",), principals=(EVERYONE,)),
        )
    )
    assert policy.document() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Web",
                "Effect": "Allow",
                "Principal": {"Federated": ["accounts.google.com"]},
                "Action": ["sts:AssumeRoleWithWebIdentity"],
                "Condition": {"StringEquals": {"accounts.google.com:sub": ["0", "1"]}},
            },
            {"Effect": "Deny", "Principal": "*", "Action": ["*"], "Resource": ["*"]},
        ],
    }


def test_equal_grants_make_equal_json_whatever_the_order() -> None:
    one = Policy((Statement("Allow", actions=("b:B", "a:A"), resources=("y", "x")),))
    two = Policy((Statement("Allow", actions=("a:A", "b:B", "a:A"), resources=("x", "y")),))
    assert one.json() == two.json()


def test_a_document_read_back_is_the_policy_it_was_written_from() -> None:
    text = Policy((READ,)).json()
    assert Policy.from_document(json.loads(text)).json() == text


def test_grants_are_one_for_each_action_and_resource() -> None:
    statement = Statement("Allow", actions=("a:A", "a:B"), resources=("x", "y"))
    assert statement.grants() == {
        Grant("Allow", "", action, resource, frozenset())
        for action in ("a:A", "a:B")
        for resource in ("x", "y")
    }


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "a policy is a JSON object with Version and Statement"),
        ({"Statement": []}, "Statement: expected an object or a list of objects"),
        ({"Statement": [{}], "Statment": 1}, "a policy has no element 'Statment'"),
        ({"Version": "2013", "Statement": [{}]}, "Version: '2013' is neither 2012-10-17 nor 2008"),
        ({"Statement": ["x"]}, "Statement[0]: expected an object"),
        ({"Statement": {"Effect": "allow"}}, "Statement[0].Effect: expected Allow or Deny, found"),
        ({"Statement": {"Effect": "Allow"}}, "Statement[0]: expected either Action or NotAction"),
        (
            {"Statement": {"Effect": "Allow", "Action": "*", "Ressource": "*"}},
            "Statement[0]: a statement has no element 'Ressource'",
        ),
        (
            {"Statement": {"Effect": "Allow", "Action": [], "Resource": "*"}},
            "Statement[0].Action: expected a string or a list of strings",
        ),
        (
            {"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": 1}}},
            "Statement[0].Condition.Bool: expected an object of condition keys",
        ),
        (
            {"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"Bool": {}}}},
            "Statement[0].Condition.Bool: expected an object of condition keys",
        ),
        (
            {"Statement": {"Effect": "Allow", "Action": "*", "Resource": ["*", ""]}},
            "Statement[0].Resource: expected a name, found an empty text",
        ),
    ],
)
def test_a_malformed_document_is_refused_with_its_place(document: object, problem: str) -> None:
    with pytest.raises(MalformedPolicy) as caught:
        Policy.from_document(document)
    assert str(caught.value)[: len(problem)] == problem


def test_white_space_does_not_count_towards_the_size() -> None:
    spaced = Policy((Statement("Allow", actions=("a:A",), resources=("x y z",)),))
    solid = Policy((Statement("Allow", actions=("a:A",), resources=("xyz",)),))
    assert spaced.size() == solid.size() == len(solid.json())


def test_a_policy_over_the_limit_is_refused_with_both_numbers() -> None:
    policy = Policy((Statement("Allow", actions=("a:A",), resources=("x" * 7000,)),))
    with pytest.raises(PolicyTooLarge) as caught:
        policy.terraform_json(MANAGED_POLICY_LIMIT)
    assert str(caught.value) == "the policy has 7,090 characters, AWS takes 6,144 at most"


@given(
    resources=st.lists(st.text("abcdef:/*-", min_size=1, max_size=60), min_size=1, max_size=80),
    limit=st.integers(200, 700),
)
def test_the_parts_of_a_split_policy_say_the_same_and_fit(resources: list[str], limit: int) -> None:
    policy = Policy((READ, Statement("Allow", actions=("a:A",), resources=tuple(set(resources)))))
    parts = policy.split(limit)
    assert frozenset[Grant]().union(*(part.grants() for part in parts)) == policy.grants()
    assert max(part.size() for part in parts) <= limit


def test_one_resource_too_long_for_a_policy_cannot_be_split() -> None:
    with pytest.raises(PolicyTooLarge):
        Policy((Statement("Allow", actions=("a:A",), resources=("x" * 300,)),)).split(200)


def test_a_policy_never_holds_a_token_of_the_engine() -> None:
    policy = Policy((Statement("Allow", actions=("a:A",), resources=("${TfToken[TOKEN.1]}",)),))
    with pytest.raises(ValueError, match="never holds a CDKTF token"):
        policy.terraform_json(MANAGED_POLICY_LIMIT)


@pytest.mark.slow
def test_terraform_reads_a_policy_variable_as_text(
    tmp_path: Path, terraform_variables: dict[str, str]
) -> None:
    resource = "arn:aws:s3:::a/${aws:username}/%{x}/$${y}/*"
    policy = Policy((Statement("Allow", actions=("s3:GetObject",), resources=(resource,)),))
    configuration = {"output": {"policy": {"value": policy.terraform_json(MANAGED_POLICY_LIMIT)}}}
    (tmp_path / "main.tf.json").write_text(json.dumps(configuration))
    for command in (["init"], ["apply", "-auto-approve"]):
        subprocess.run(
            ["terraform", f"-chdir={tmp_path}", *command],
            env=terraform_variables,
            check=True,
            capture_output=True,
        )
    shown = subprocess.run(
        ["terraform", f"-chdir={tmp_path}", "output", "-raw", "policy"],
        env=terraform_variables,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert json.loads(shown) == policy.document()


def test_a_policy_is_read_from_its_text() -> None:
    policy = Policy((READ,))
    assert Policy.from_json(policy.json()) == policy


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"Version": "2012-10-17", "Version": "2008-10-17"}', "Version: the key stands twice"),
        (
            '{"Statement": [{"Effect": "Allow"}, {"Effect": "Allow", "Effect": "Deny"}]}',
            "Statement[1].Effect: the key stands twice",
        ),
        (
            '{"Statement": {"Condition": {"Bool": {"a:b": "true"}, "Bool": {"c:d": "true"}}}}',
            "Statement.Condition.Bool: the key stands twice",
        ),
        (
            json.dumps({"Statement": [READ.document(), {**READ.document(), "Effect": "Deny"}]}),
            "Statement[1].Sid: 'Read' is the Sid of Statement[0] too",
        ),
        (
            json.dumps(
                {
                    "Statement": {
                        **READ.document(),
                        "Condition": {"Bool": {"aws:Key": "true", "AWS:key": "x"}},
                    }
                }
            ),
            "Statement[0].Condition.Bool.aws:Key: the key stands twice, for its name has no case",
        ),
    ],
)
def test_what_stands_twice_in_a_policy_is_refused(text: str, problem: str) -> None:
    with pytest.raises(MalformedPolicy) as error:
        Policy.from_json(text)
    assert str(error.value).startswith(problem)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ('{"Version": Infinity}', "Infinity is no JSON"),
    ],
)
def test_a_text_that_is_no_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Policy.from_json(text)
