"""What is read of a stack: identities, what they are granted, and the policies of resources."""

import json
from pathlib import Path
from typing import Any

import pytest

from gate.stack.model import Document, Identity, Problem, ResourcePolicy, Stack
from gate.stack.reader import NotReadable, files, read
from gate.stack.terraform_json import Provider, from_plan, providers
from modules.iam.policy import EVERYONE, Condition, Policy, Principal, Statement

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
                    "user": "dot",
                    "policy_arn": "arn:aws:iam::aws:policy/AmazonAthenaFullAccess",
                },
            },
            "aws_iam_user_policy": {
                "inline": {"user": "${aws_iam_user.user.id}", "policy": document(READ)}
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
            policies=(
                Document("aws_iam_policy.access", "managed", Policy((READ,))),
                Document("aws_iam_user_policy.inline", "inline", Policy((READ,))),
            ),
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
        block_tag="dot/reporting",
        accounts=("111122223333", "444455556666"),
        regions=("eu-central-1", "cn-north-1"),
        identities=(),
        resource_policies=(),
        problems=(),
    )


def test_a_role_has_its_trust_and_what_stands_within_it(tmp_path: Path) -> None:
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
                    "inline_policy": [{"name": "x", "policy": document(READ)}, {}],
                    "managed_policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
                    "provider": "aws.consumer",
                }
            },
            "aws_iam_instance_profile": {
                "profile": {
                    "name": "nodes",
                    "role": "${aws_iam_role.role.name}",
                    "provider": "aws.consumer",
                }
            },
        },
    )
    written = Document("aws_iam_role.role", "resource", Policy((trust,)))
    arn = "arn:aws-cn:iam::444455556666:role/immuta"
    assert found.identities == (
        Identity(
            "aws_iam_role.role",
            "role",
            "immuta",
            arn,
            "444455556666",
            trust=written,
            policies=(Document("aws_iam_role.role", "inline", Policy((READ,))),),
            aws_managed=("arn:aws:iam::aws:policy/ReadOnlyAccess",),
            instance_profiles=("nodes",),
        ),
    )
    assert found.resource_policies == (
        ResourcePolicy("aws_iam_role.role", "trust", arn, "444455556666", (written,)),
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


def test_users_have_what_their_groups_have(tmp_path: Path) -> None:
    found = stack(
        tmp_path,
        {
            "aws_iam_user": {"user": {"name": "dot"}},
            "aws_iam_group": {"group": {"name": "vendors"}},
            "aws_iam_group_policy": {
                "inline": {"group": "${aws_iam_group.group.name}", "policy": document(READ)}
            },
            "aws_iam_policy_attachment": {
                "all": {
                    "groups": ["vendors"],
                    "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
                }
            },
            "aws_iam_user_group_membership": {
                "in": {
                    "user": "${aws_iam_user.user.name}",
                    "groups": ["${aws_iam_group.group.name}"],
                }
            },
        },
    )
    inline = Document("aws_iam_group_policy.inline", "inline", Policy((READ,)))
    assert [(one.kind, one.name, one.policies, one.aws_managed) for one in found.identities] == [
        ("user", "dot", (inline,), ("arn:aws:iam::aws:policy/ReadOnlyAccess",)),
        ("group", "vendors", (inline,), ("arn:aws:iam::aws:policy/ReadOnlyAccess",)),
    ]


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
                    "policy": document(deny).replace(
                        "arn:aws:s3:::results", "${aws_s3_bucket.results.arn}"
                    ),
                }
            },
            "aws_kms_key": {"key": {"policy": document(opened)}, "other": {}},
            "aws_kms_key_policy": {
                "policy": {"key_id": "${aws_kms_key.other.key_id}", "policy": document(opened)}
            },
            "aws_sqs_queue_policy": {"queue": {"queue_url": "x", "policy": document(deny)}},
        },
    )

    def written(address: str, statement: Statement) -> tuple[Document, ...]:
        return (Document(address, "resource", Policy((statement,))),)

    key = "arn:aws:kms:eu-central-1:111122223333:key"
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
            f"{key}/key",
            "111122223333",
            written("aws_kms_key.key", opened),
        ),
        ResourcePolicy(
            "aws_kms_key_policy.policy",
            "key",
            f"{key}/other",
            "111122223333",
            written("aws_kms_key_policy.policy", opened),
        ),
        ResourcePolicy(
            "aws_sqs_queue_policy.queue",
            "other",
            "*",
            "111122223333",
            written("aws_sqs_queue_policy.queue", deny),
        ),
    )


def test_the_permissions_of_a_function_are_its_policy(tmp_path: Path) -> None:
    reader = "arn:aws:iam::444455556666:role/analyst"
    found = stack(
        tmp_path,
        {
            "aws_lambda_function": {"function": {"function_name": "orders"}},
            "aws_lambda_permission": {
                "one": {
                    "statement_id": "readers",
                    "function_name": "${aws_lambda_function.function.function_name}",
                    "action": "lambda:InvokeFunction",
                    "principal": reader,
                    "principal_org_id": "o-a1b2c3d4e5",
                },
                "two": {
                    "function_name": "orders",
                    "action": "lambda:InvokeFunction",
                    "principal": "s3.amazonaws.com",
                    "source_account": "111122223333",
                    "source_arn": "arn:aws:s3:::acme",
                    "qualifier": "live",
                },
                "three": {
                    "function_name": "${aws_lambda_function.function.arn}",
                    "action": "lambda:InvokeFunctionUrl",
                    "principal": "*",
                    "function_url_auth_type": "NONE",
                },
            },
        },
    )
    arn = "arn:aws:lambda:eu-central-1:111122223333:function:orders"
    (policy,) = found.resource_policies
    assert (policy.kind, policy.arn) == ("function", arn)
    assert policy.policy.statements == (
        Statement(
            "Allow",
            sid="readers",
            principals=(Principal("AWS", reader),),
            actions=("lambda:InvokeFunction",),
            resources=(arn,),
            conditions=(Condition("StringEquals", "aws:PrincipalOrgID", ("o-a1b2c3d4e5",)),),
        ),
        Statement(
            "Allow",
            principals=(Principal("Service", "s3.amazonaws.com"),),
            actions=("lambda:InvokeFunction",),
            resources=(f"{arn}:live",),
            conditions=(
                Condition("StringEquals", "aws:SourceAccount", ("111122223333",)),
                Condition("ArnLike", "aws:SourceArn", ("arn:aws:s3:::acme",)),
            ),
        ),
        Statement(
            "Allow",
            principals=(EVERYONE,),
            actions=("lambda:InvokeFunctionUrl",),
            resources=(arn,),
            conditions=(Condition("StringEquals", "lambda:FunctionUrlAuthType", ("NONE",)),),
        ),
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
        ("{", "the policy is not JSON"),
        ("[]", "not an IAM policy: a policy is a JSON object with Version and Statement"),
        (
            '{"Statement": {"Effect": "Maybe", "Action": "*", "Resource": "*"}}',
            "not an IAM policy: Statement[0].Effect: expected Allow or Deny, found 'Maybe'",
        ),
        (
            "${jsonencode({})}",
            "the policy is an expression of Terraform's and stands in a plan only; give the plan: "
            "terraform show -json PLAN",
        ),
        (
            "${data.aws_iam_policy_document.p.json}",
            "the policy is an expression of Terraform's and stands in a plan only; give the plan: "
            "terraform show -json PLAN",
        ),
        (" " * 200_000, "the policy has 200,000 characters, more than AWS takes of any kind"),
        ("[" * 100_000, "the policy is not JSON"),
    ],
)
def test_a_policy_that_cannot_be_read_is_a_problem(
    tmp_path: Path, policy: str, problem: str
) -> None:
    found = stack(tmp_path, {"aws_iam_policy": {"p": {"name": "p", "policy": policy}}})
    assert found.problems == (Problem("aws_iam_policy.p", problem),)
    assert [one.policies for one in found.identities] == [()]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{,}", ":1: not JSON: Expecting property name enclosed in double quotes"),
        ("[" * 100_000, ": nested too deeply to be Terraform's JSON"),
        ("[]", ": neither Terraform's JSON syntax nor a plan; expected what cdktf writes, or "),
        ('{"a": 1}', ": neither Terraform's JSON syntax nor a plan; expected what cdktf writes, "),
        ('{"resource": {"aws_iam_user": [1]}}', ": neither Terraform's JSON syntax nor a plan; "),
        ('{"planned_values": 5}', ": neither Terraform's JSON syntax nor a plan; expected what "),
    ],
)
def test_a_file_that_is_something_else_is_told(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "cdk.tf.json"
    file.write_text(content)
    with pytest.raises(NotReadable) as raised:
        read(file)
    assert str(raised.value).startswith(f"{file}{message}")


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "plan"
    file.write_bytes(b"\xff\xfe\x00plan")
    with pytest.raises(NotReadable, match="plan: not a text file in UTF-8"):
        read(file)


def test_values_of_odd_types_are_left_out(tmp_path: Path) -> None:
    found = stack(
        tmp_path,
        {
            "aws_iam_user": {"u": {"name": "u", "managed_policy_arns": 5, "path": None}},
            "aws_iam_role": {"r": {"name": "r", "inline_policy": "x", "assume_role_policy": 7}},
            "aws_iam_policy_attachment": {"a": {"users": {"x": 1}, "policy_arn": None}},
        },
    )
    assert [(one.name, one.arn) for one in found.identities] == [
        ("u", "arn:aws:iam::111122223333:user/u"),
        ("r", "arn:aws:iam::111122223333:role/r"),
    ]


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


def plan(resources: list[dict[str, Any]], configured: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a plan as `terraform show -json` prints it."""
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": resources}},
        "configuration": {
            "provider_config": {
                "aws": {
                    "name": "aws",
                    "expressions": {
                        "allowed_account_ids": {"constant_value": ["111122223333"]},
                        "region": {"constant_value": "eu-central-1"},
                        "default_tags": [
                            {"tags": {"constant_value": {"athena-gate": "dot/reporting"}}}
                        ],
                    },
                },
                "aws.consumer": {
                    "name": "aws",
                    "alias": "consumer",
                    "expressions": {
                        "region": {"constant_value": "eu-central-1"},
                        "assume_role": [
                            {"role_arn": {"constant_value": "arn:aws:iam::444455556666:role/t"}}
                        ],
                    },
                },
                "null": {"name": "null"},
            },
            "root_module": {"resources": configured},
        },
    }


def test_account_and_region_of_a_provider_may_be_variables_of_the_plan() -> None:
    found = plan([], [])
    aws = found["configuration"]["provider_config"]["aws"]
    aws["expressions"]["region"] = {"references": ["var.region"]}
    aws["expressions"]["allowed_account_ids"] = {"references": ["var.account_id"]}
    found["variables"] = {
        "region": {"value": "eu-west-1"},
        "account_id": {"value": "444455556666"},
    }
    assert dict(providers(from_plan(found)["provider"])) == {
        "aws": Provider("444455556666", "eu-west-1", "dot/reporting"),
        "aws.consumer": Provider("444455556666", "eu-central-1", None),
    }


def test_a_plan_is_read_like_the_stack_it_is_of(tmp_path: Path) -> None:
    home = Statement("Allow", actions=("s3:*",), resources=("arn:aws:s3:::h/${aws:username}/*",))

    def resource(kind: str, values: dict[str, Any]) -> dict[str, Any]:
        address = f"{kind}.x"
        return {
            "address": address,
            "mode": "managed",
            "type": kind,
            "name": "x",
            "values": values,
        }

    def configured(kind: str, **expressions: Any) -> dict[str, Any]:
        return {
            "address": f"{kind}.x",
            "provider_config_key": "aws.consumer",
            "expressions": expressions,
        }

    file = tmp_path / "plan.json"
    file.write_text(
        json.dumps(
            plan(
                [
                    resource("aws_iam_role", {"name": "r", "inline_policy": None}),
                    resource("aws_iam_policy", {"name": "p", "policy": document(home)}),
                    resource("aws_iam_role_policy_attachment", {"role": "r"}),
                    {"address": "data.x.y", "mode": "data", "type": "x", "name": "y"},
                ],
                [
                    configured(
                        "aws_iam_role",
                        name={"constant_value": "r"},
                        assume_role_policy={"references": ["data.aws_iam_policy_document.t.json"]},
                    ),
                    configured("aws_iam_policy", name={"constant_value": "p"}),
                    configured(
                        "aws_iam_role_policy_attachment",
                        policy_arn={"references": ["aws_iam_policy.x.arn", "aws_iam_policy.x"]},
                        role={"references": ["aws_iam_role.x.name", "aws_iam_role.x"]},
                    ),
                ],
            )
        )
    )
    found = read(file)
    assert (found.name, found.block_tag) == ("dot-reporting", "dot/reporting")
    assert found.accounts == ("111122223333", "444455556666")
    assert found.identities == (
        Identity(
            "aws_iam_role.x",
            "role",
            "r",
            "arn:aws:iam::444455556666:role/r",
            "444455556666",
            policies=(Document("aws_iam_policy.x", "managed", Policy((home,))),),
        ),
    )
    assert found.problems == (
        Problem(
            "aws_iam_role.x",
            "the policy is an expression of Terraform's and stands in a plan only; give the plan: "
            "terraform show -json PLAN",
        ),
    )
