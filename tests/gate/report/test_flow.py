"""What the picture shows is what the policies say."""

import json
from pathlib import Path
from typing import Any

from athena_gate.gate.report.flow import Lane, Node, lanes
from athena_gate.gate.stack.reader import read

ACCOUNT = "111122223333"
VIA_ATHENA = {"ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}
RUN_QUERIES = {
    "Effect": "Allow",
    "Action": "athena:StartQueryExecution",
    "Resource": f"arn:aws:athena:eu-central-1:{ACCOUNT}:workgroup/dot",
}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def shown(folder: Path, resources: dict[str, Any], results: str | None = None) -> tuple[Lane, ...]:
    """Return the lanes of a stack with ``resources`` by their type; each has one."""
    provider = {"region": "eu-central-1", "allowed_account_ids": [ACCOUNT]}
    content = {
        "provider": {"aws": [provider]},
        "resource": {kind: {"x": body} for kind, body in resources.items()},
    }
    (folder / "cdk.tf.json").write_text(json.dumps(content))
    return lanes(read(folder / "cdk.tf.json"), content, "Dot", results)


def role(trust: dict[str, Any], *statements: dict[str, Any]) -> dict[str, Any]:
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", **trust}
    return {
        "aws_iam_role": {"name": "dbt", "assume_role_policy": policy(trusted)},
        "aws_iam_role_policy": {"role": "${aws_iam_role.x.name}", "policy": policy(*statements)},
    }


def test_a_user_with_a_key_reads_through_athena_and_writes_results(tmp_path: Path) -> None:
    found = shown(
        tmp_path,
        {
            "aws_iam_user": {"name": "dot"},
            "aws_iam_access_key": {"user": "${aws_iam_user.x.name}"},
            "aws_iam_user_policy_attachment": {
                "user": "${aws_iam_user.x.name}",
                "policy_arn": "${aws_iam_policy.x.arn}",
            },
            "aws_iam_policy": {
                "name": "dot",
                "policy": policy(
                    RUN_QUERIES,
                    {
                        "Effect": "Allow",
                        "Action": ["s3:GetObject"],
                        "Resource": ["arn:aws:s3:::lake/sales/*", "arn:aws:s3:::lake"],
                        "Condition": VIA_ATHENA,
                    },
                    {
                        "Effect": "Allow",
                        "Action": ["s3:GetObject", "s3:PutObject"],
                        "Resource": "arn:aws:s3:::results/dot/*",
                    },
                    {
                        "Effect": "Deny",
                        "Action": "*",
                        "Resource": "*",
                        "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.1/32"}},
                    },
                ),
            },
        },
        results="s3://results/dot/",
    )
    assert found == (
        Lane(
            (
                Node(
                    "vendor",
                    "Dot",
                    "holds 1 access key",
                    notes=("only from 192.0.2.1",),
                    words="Dot holds 1 access key of",
                ),
            ),
            Node("identity", "User", "dot", ACCOUNT),
            Node("workgroup", "Athena workgroup", "dot", ACCOUNT),
            (
                Node("data", "Source data", "lake/sales/", "", ("read through Athena only",)),
                Node(
                    "data",
                    "Query results",
                    "results/dot/",
                    "",
                    ("read, write also without Athena",),
                ),
            ),
        ),
    )
    assert found[0].sentence() == (
        "Dot holds 1 access key of user dot. It runs queries in workgroup dot and reaches Source "
        "data lake/sales/ (read through Athena only); Query results results/dot/ (read, write "
        "also without Athena)."
    )


def test_a_policy_that_opens_everything_is_drawn_so(tmp_path: Path) -> None:
    everything = {
        "Effect": "Allow",
        "Action": ["athena:*", "s3:GetObject", "glue:Get*", "glue:DeleteTable"],
        "Resource": "*",
    }
    (lane,) = shown(tmp_path, role({"Principal": "*"}, everything))
    assert lane == Lane(
        (Node("vendor", "Everyone", "on AWS", words="Everyone may take"),),
        Node("identity", "Role", "dbt", ACCOUNT),
        Node("workgroup", "Athena workgroup", "every workgroup", ACCOUNT),
        (
            Node(
                "catalog",
                "Glue database",
                "every one",
                ACCOUNT,
                ("read, change also without Athena",),
            ),
            Node("data", "Source data", "every bucket", "", ("read also without Athena",)),
        ),
    )


def test_whoever_a_trust_policy_names_stands_at_the_start(tmp_path: Path) -> None:
    def who(principal: dict[str, Any], **more: Any) -> tuple[Node, ...]:
        (lane,) = shown(tmp_path, role({"Principal": principal, **more}, RUN_QUERIES))
        return lane.who

    assert who({"AWS": [f"arn:aws:iam::{ACCOUNT}:role/ci", f"arn:aws:iam::{ACCOUNT}:role/cd"]}) == (
        Node(
            "vendor",
            "Role",
            "ci, cd",
            ACCOUNT,
            words=f"Role ci, cd of account {ACCOUNT} may take",
        ),
    )
    assert who({"AWS": "arn:aws:iam::444455556666:user/dbt"}) == (
        Node(
            "vendor",
            "User",
            "dbt",
            "",
            ("in account 444455556666",),
            "User dbt of account 444455556666 may take",
        ),
    )
    assert who({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}) == (
        Node(
            "vendor",
            "Whole account",
            ACCOUNT,
            ACCOUNT,
            words=f"Whoever account {ACCOUNT} lets may take",
        ),
    )
    claims = {"StringEquals": {"accounts.google.com:sub": "1080"}}
    assert who({"Federated": "accounts.google.com"}, Condition=claims) == (
        Node(
            "vendor",
            "Dot",
            "by accounts.google.com",
            notes=("sub = 1080",),
            words="Dot, vouched for by accounts.google.com with sub = 1080, may take",
        ),
    )


def test_a_function_stands_at_the_start_of_the_role_it_runs_as(tmp_path: Path) -> None:
    reads = {
        "Effect": "Allow",
        "Action": ["dynamodb:Scan"],
        "Resource": [
            f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/orders",
            f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/orders/index/*",
        ],
    }
    resources = role({"Principal": {"Service": "lambda.amazonaws.com"}}, reads)
    function = {"function_name": "connector", "role": "${aws_iam_role.x.arn}"}
    assert shown(tmp_path, {**resources, "aws_lambda_function": function}) == (
        Lane(
            (
                Node(
                    "function",
                    "Lambda function",
                    "connector",
                    ACCOUNT,
                    words="Lambda function connector runs as",
                ),
            ),
            Node("identity", "Role", "dbt", ACCOUNT),
            None,
            (Node("data", "DynamoDB table", "orders", ACCOUNT, ("read",)),),
        ),
    )


def test_who_may_take_a_role_from_elsewhere_is_not_claimed(tmp_path: Path) -> None:
    (lane,) = shown(
        tmp_path,
        {
            "aws_iam_policy": {"name": "readers", "policy": policy(RUN_QUERIES)},
            "aws_iam_role_policy_attachment": {
                "role": "analyst",
                "policy_arn": "${aws_iam_policy.x.arn}",
            },
        },
    )
    assert (lane.who, lane.identity.notes) == ((), ("not made here",))
    assert lane.sentence() == (
        "Who may become role analyst (not made here) is decided elsewhere. It runs queries in "
        "workgroup dot and reaches nothing."
    )
