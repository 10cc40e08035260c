"""What is read of a stack: identities, what they are granted, and the policies of resources."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.stack.model import Problem, Stack
from athena_gate.gate.stack.reader import NotReadable, files, read
from athena_gate.modules.iam.attached import Document, Identity, ResourcePolicy
from athena_gate.modules.iam.policy import EVERYONE, Condition, Policy, Principal, Statement

PROVIDERS: dict[str, Any] = {
    "aws": [
        {
            "allowed_account_ids": ["111122223333"],
            "region": "eu-central-1",
            "default_tags": [{"tags": {"owner": "data", "athena-gate": "dot/reporting"}}],
        },
        {
            "alias": "consumer",
            "region": "cn-north-1",
            "assume_role": [{"role_arn": "arn:aws-cn:iam::444455556666:role/terraform"}],
        },
    ]
}
READ = Statement("Allow", actions=("s3:GetObject",), resources=("arn:aws:s3:::acme-lake/*",))


def document(*statements: Statement) -> str:
    return Policy(statements).json()


def stack(folder: Path, resources: dict[str, Any], **others: Any) -> Stack:
    """Read a stack with these resources."""
    file = folder / "cdk.tf.json"
    file.write_text(json.dumps({"provider": PROVIDERS, "resource": resources, **others}))
    return read(file)


def test_a_user_has_what_is_attached_to_it_wherever_that_stands(tmp_path: Path) -> None:
    found = stack(
        tmp_path,
        {
            "aws_iam_user": {
                "user": {
                    "name": "dot",
                    "path": "/vendors/",
                    "permissions_boundary": "arn:aws:iam::111122223333:policy/edge",
                }
            },
            "aws_iam_policy": {"access": {"name": "dot", "policy": document(READ)}},
            "aws_iam_user_policy_attachment": {
                "one": {
                    "user": "${aws_iam_user.user.name}",
                    "policy_arn": "${aws_iam_policy.access.arn}",
                },
                "two": {
                    "user": "${aws_iam_user.user.name}",
                    "policy_arn": "arn:aws:iam::aws:policy/AmazonAthenaFullAccess",
                },
            },
            "aws_iam_access_key": {"key": {"user": "${aws_iam_user.user.name}"}},
        },
    )
    assert found.identities == (
        Identity(
            address="aws_iam_user.user",
            kind="user",
            name="dot",
            arn="arn:aws:iam::111122223333:user/vendors/dot",
            account="111122223333",
            policies=(Document("aws_iam_policy.access", "managed", Policy((READ,))),),
            aws_managed=("arn:aws:iam::aws:policy/AmazonAthenaFullAccess",),
            boundary="arn:aws:iam::111122223333:policy/edge",
            access_keys=("aws_iam_access_key.key",),
        ),
    )


def test_a_stack_knows_its_block_and_its_accounts(tmp_path: Path) -> None:
    found = stack(tmp_path, {}, **{"//": {"metadata": {"stackName": "dot-reporting"}}})
    assert found == Stack(
        name="dot-reporting",
        file=tmp_path / "cdk.tf.json",
        content={"provider": PROVIDERS, "resource": {}},
        block_tag="dot/reporting",
        accounts=("111122223333", "444455556666"),
        regions=("eu-central-1", "cn-north-1"),
        identities=(),
        resource_policies=(),
        problems=(),
    )


def test_a_role_has_its_trust_its_own_policies_and_its_instance_profile(tmp_path: Path) -> None:
    trust = Statement(
        "Allow",
        actions=("sts:AssumeRole",),
        principals=(Principal("Service", "ec2.amazonaws.com"),),
    )
    found = stack(
        tmp_path,
        {
            "aws_iam_role": {
                "role": {
                    "name": "immuta",
                    "assume_role_policy": document(trust),
                }
            },
            "aws_iam_role_policy": {
                "own": {"role": "${aws_iam_role.role.name}", "policy": document(READ)}
            },
            "aws_iam_instance_profile": {
                "profile": {"name": "nodes", "role": "${aws_iam_role.role.name}"}
            },
        },
    )
    written = Document("aws_iam_role.role", "resource", Policy((trust,)))
    arn = "arn:aws:iam::111122223333:role/immuta"
    assert found.identities == (
        Identity(
            "aws_iam_role.role",
            "role",
            "immuta",
            arn,
            "111122223333",
            trust=written,
            policies=(Document("aws_iam_role_policy.own", "inline", Policy((READ,))),),
            instance_profiles=("nodes",),
        ),
    )
    assert found.resource_policies == (
        ResourcePolicy("aws_iam_role.role", "trust", arn, "111122223333", (written,)),
    )


def test_a_role_from_elsewhere_and_a_policy_of_nobody_are_known(tmp_path: Path) -> None:
    found = stack(
        tmp_path,
        {
            "aws_iam_policy": {
                "readers": {"name": "readers", "policy": document(READ)},
                "spare": {"name": "spare", "path": "/x/", "policy": document(READ)},
            },
            "aws_iam_role_policy_attachment": {
                "one": {"role": "analyst", "policy_arn": "${aws_iam_policy.readers.arn}"}
            },
        },
    )
    assert found.identities == (
        Identity(
            "aws_iam_role_policy_attachment.one",
            "role",
            "analyst",
            "arn:aws:iam::111122223333:role/analyst",
            "111122223333",
            policies=(Document("aws_iam_policy.readers", "managed", Policy((READ,))),),
            here=False,
        ),
        Identity(
            "aws_iam_policy.spare",
            "policy",
            "x/spare",
            "arn:aws:iam::111122223333:policy/x/spare",
            "111122223333",
            policies=(Document("aws_iam_policy.spare", "managed", Policy((READ,))),),
        ),
    )


def test_an_application_of_aws_is_an_identity_whose_grants_stand_elsewhere(tmp_path: Path) -> None:
    application = "arn:aws:serverlessrepo:us-east-1:292517598671:applications/X"
    kind = "aws_serverlessapplicationrepository_cloudformation_stack"
    found = stack(tmp_path, {kind: {"app": {"name": "x", "application_id": application}}})
    assert found.identities == (
        Identity(
            f"{kind}.app",
            "application",
            "x",
            application,
            "111122223333",
            aws_managed=(application,),
        ),
    )


def test_policies_of_buckets_and_keys_are_those_of_their_arns(tmp_path: Path) -> None:
    deny = Statement(
        "Deny", principals=(EVERYONE,), actions=("s3:*",), resources=("arn:aws:s3:::results/*",)
    )
    opened = Statement(
        "Allow",
        principals=(Principal("AWS", "111122223333"),),
        actions=("kms:*",),
        resources=("*",),
    )
    found = stack(
        tmp_path,
        {
            "aws_s3_bucket": {"results": {"bucket": "results"}},
            "aws_s3_bucket_policy": {
                "policy": {
                    "bucket": "${aws_s3_bucket.results.id}",
                    "policy": document(deny),
                }
            },
            "aws_kms_key": {"key": {"policy": document(opened)}, "other": {}},
        },
    )

    def written(address: str, statement: Statement) -> tuple[Document, ...]:
        return (Document(address, "resource", Policy((statement,))),)

    assert found.resource_policies == (
        ResourcePolicy(
            "aws_s3_bucket_policy.policy",
            "bucket",
            "arn:aws:s3:::results",
            "111122223333",
            written("aws_s3_bucket_policy.policy", deny),
        ),
        ResourcePolicy(
            "aws_kms_key.key",
            "key",
            "arn:aws:kms:eu-central-1:111122223333:key/key",
            "111122223333",
            written("aws_kms_key.key", opened),
        ),
    )


def test_the_permissions_of_a_function_are_its_policy(tmp_path: Path) -> None:
    reader = "arn:aws:iam::444455556666:role/analyst"
    found = stack(
        tmp_path,
        {
            "aws_lambda_permission": {
                "one": {
                    "statement_id": "readers",
                    "function_name": "orders",
                    "action": "lambda:InvokeFunction",
                    "principal": reader,
                    "principal_org_id": "o-a1b2c3d4e5",
                },
                "two": {
                    "function_name": "orders",
                    "action": "lambda:InvokeFunction",
                    "principal": "s3.amazonaws.com",
                },
                "three": {
                    "function_name": "arn:aws:lambda:eu-central-1:111122223333:function:orders",
                    "action": "lambda:InvokeFunction",
                    "principal": "*",
                },
            },
        },
    )
    arn = "arn:aws:lambda:eu-central-1:111122223333:function:orders"
    (policy,) = found.resource_policies
    assert (policy.kind, policy.arn) == ("function", arn)
    invoke = Statement("Allow", actions=("lambda:InvokeFunction",), resources=(arn,))
    assert policy.policy.statements == (
        replace(
            invoke,
            sid="readers",
            principals=(Principal("AWS", reader),),
            conditions=(Condition("StringEquals", "aws:PrincipalOrgID", ("o-a1b2c3d4e5",)),),
        ),
        replace(invoke, principals=(Principal("Service", "s3.amazonaws.com"),)),
        replace(invoke, principals=(EVERYONE,)),
    )


def test_the_policy_variables_of_iam_are_data_and_not_references(tmp_path: Path) -> None:
    home = Statement("Allow", actions=("s3:*",), resources=("arn:aws:s3:::h/${aws:username}/*",))
    found = stack(
        tmp_path,
        {"aws_iam_policy": {"p": {"name": "p", "policy": Policy((home,)).terraform_json(6144)}}},
    )
    assert found.identities[0].policies[0].policy == Policy((home,))


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        (
            "{",
            "has a policy that cannot be read: line 1, column 2 is not JSON: Expecting ",
        ),
        ("[]", "is no IAM policy: a policy is a JSON object with Version and Statement"),
        (
            '{"Statement": {"Effect": "Maybe", "Action": "*", "Resource": "*"}}',
            "is no IAM policy: Statement[0].Effect: expected Allow or Deny, found 'Maybe'",
        ),
        (
            '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}',
            'has a policy that cannot be read: Statement: the key "Effect" stands twice',
        ),
        (" " * 200_000, "has a policy of 200,000 characters, more than AWS takes of any kind"),
        (
            "[" * 100_000,
            "has a policy that cannot be read: is nested too deeply; allowed: 100 levels",
        ),
    ],
)
def test_a_policy_that_cannot_be_read_is_a_problem(
    tmp_path: Path, policy: str, problem: str
) -> None:
    found = stack(tmp_path, {"aws_iam_policy": {"p": {"name": "p", "policy": policy}}})
    ((address, text),) = [(one.address, one.text) for one in found.problems]
    assert (address, text[: len(problem)]) == ("aws_iam_policy.p", problem)
    assert [one.policies for one in found.identities] == [()]


def test_what_is_not_understood_is_named_and_left_out(tmp_path: Path) -> None:
    """Of a resource, all of it, so that nothing is said of half of one; of other sections too."""
    user = {"name": "dot", "tags": {"a": "b"}}
    found = stack(
        tmp_path,
        {
            "aws_iam_user": {"user": user, "other": {"name": "other"}},
            "aws_iam_group": {"group": {"name": "vendors"}},
            "aws_iam_policy": {"p": [{"name": "p"}], "q": 5},
            "aws_iam_role": [{"role": {"name": "r"}}],
        },
        data={"aws_caller_identity": {"me": {}}},
        output=[],
        terraform={"required_version": ">= 1", "cloud": {"token": "x"}},
    )
    assert found.problems == (
        Problem("resource.aws_iam_user.user.tags", "is an argument that is not understood"),
        Problem("resource.aws_iam_group", "is a type of resource that is not understood"),
        Problem("resource.aws_iam_policy.p", "is not the body of one resource"),
        Problem("resource.aws_iam_policy.q", "is not the body of one resource"),
        Problem("resource.aws_iam_role", "is no map of resources by name"),
        Problem("data", "is a section that is not understood"),
        Problem("output", "is no map of outputs"),
        Problem("terraform.cloud.token", "is an argument that is not understood"),
    )
    assert found.content == {
        "provider": PROVIDERS,
        "resource": {"aws_iam_user": {"other": {"name": "other"}}, "aws_iam_policy": {}},
    }
    assert [one.name for one in found.identities] == ["other"]


@pytest.mark.parametrize("resources", [5, [], "x", None, [{"aws_iam_user": {}}]])
def test_a_section_of_another_type_is_a_problem(tmp_path: Path, resources: Any) -> None:
    found = stack(tmp_path, resources)
    assert found.problems == (Problem("resource", "is no map of resources by type"),)
    assert found.content == {"provider": PROVIDERS}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{,}", ": line 1, column 2 is not JSON: Expecting property name enclosed in double"),
        ("[" * 100_000, ": is nested too deeply; allowed: 100 levels"),
        ("[]", ": is no stack in Terraform's JSON syntax; allowed: "),
        ("{}", ": is no stack in Terraform's JSON syntax; allowed: "),
        ('{"planned_values": {}}', ": is no stack in Terraform's JSON syntax; allowed: "),
        ('{"resource": {}, "resource": {}}', ': the document: the key "resource" stands twice'),
        (
            r'{"resource": {"aws_iam_policy": {"p": {"policy": "", "\u0070olicy": "x"}}}}',
            ': resource.aws_iam_policy.p: the key "policy" stands twice; Terraform takes both',
        ),
        ('{"resource": {}} {}', ": line 1, column 18 is not JSON: Extra data"),
        ('{"resource": {"a": 1' + "0" * 400 + "}}", ": has a number of 401 digits; allowed: 155"),
        ('{"resource": {"a": NaN}}', ": has NaN, which is not JSON; allowed: a number in digits"),
    ],
)  # fmt: skip
def test_a_file_that_is_something_else_is_told(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "cdk.tf.json"
    file.write_text(content)
    with pytest.raises(NotReadable) as raised:
        read(file)
    assert str(raised.value)[: len(f"{file}{message}")] == f"{file}{message}"


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "plan"
    file.write_bytes(b"\xff\xfe\x00plan")
    with pytest.raises(NotReadable) as raised:
        read(file)
    assert str(raised.value) == (
        f"{file}: line 1 is UTF-16, not UTF-8; allowed: a folder with cdk.tf.json in it, such a "
        "file, or for gate prove a plan as `terraform show -json PLAN` prints it"
    )


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "cdk.tf.json"
    file.write_text('\ufeff{"resource": {}}', encoding="utf-8")
    assert read(file).problems == ()


def test_a_folder_is_every_stack_in_it(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / "stacks" / name).mkdir(parents=True)
        (tmp_path / "stacks" / name / "cdk.tf.json").write_text("{}")
    assert files(tmp_path) == (
        tmp_path / "stacks" / "a" / "cdk.tf.json",
        tmp_path / "stacks" / "b" / "cdk.tf.json",
    )
    file = tmp_path / "plan.json"
    file.write_text("{}")
    assert files(file) == (file,)


@pytest.mark.parametrize(("name", "what"), [("", "holds no cdk.tf.json"), ("x", "no such file or")])
def test_a_folder_without_a_stack_is_told(tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(NotReadable, match=what):
        files(tmp_path / name)
