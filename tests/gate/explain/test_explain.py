"""What `gate explain` says of a stack."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.explain import (
    Explained,
    Explanation,
    Rule,
    Said,
    can,
    explain_stack,
    question,
)
from athena_gate.gate.explain.text import as_text
from athena_gate.gate.stack.model import Stack
from athena_gate.modules.access.policies import access
from athena_gate.modules.iam.arn import managed_policy
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from athena_gate.stacks.configuration import load
from tests.conftest import Project
from tests.gate.prove.test_prove import ATTACHED, LAKE, RESULTS, TLS, USER, Make, synthesized
from tests.gate.prove.test_prove import make as make
from tests.gate.test_cli import gate

# It runs the command line, and proves dozens of stacks.
pytestmark = pytest.mark.slow

READ = Policy((Statement("Allow", ("s3:GetObject",), (f"{LAKE}/*",)),))
FULL = {**ATTACHED, "policy_arn": managed_policy("aws", "AmazonAthenaFullAccess")}
VIA_ATHENA = {"aws:CalledVia": ("athena.amazonaws.com",)}


@pytest.fixture
def stack(make: Make, project: Project) -> Stack:
    """The stack of the project's Dot block."""
    return make(access(load(project.file).blocks[0].settings))


def test_a_user_is_whoever_has_its_keys(stack: Stack) -> None:
    (user,) = stack.identities
    keys = ("aws_iam_access_key.one", "aws_iam_access_key.two")
    for found, said in (
        ((), "whoever has credentials made elsewhere"),
        (keys[:1], "whoever has its access key"),
        (keys, "whoever has 2 access keys"),
    ):
        changed = replace(stack, identities=(replace(user, access_keys=found),))
        assert explain_stack(changed).identities[0].becomes == (said,)


def test_a_role_is_whoever_its_trust_policy_names(make: Make) -> None:
    role: dict[str, Any] = {
        "name": "dbt",
        "assume_role_policy": json.dumps(
            {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": ["arn:aws:iam::111122223333:role/ci"]},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"sts:ExternalId": "t-1"}},
                    },
                    {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"},
                ]
            }
        ),
    }
    stack = make(
        READ,
        aws_iam_policy={},
        aws_iam_user={},
        aws_iam_user_policy_attachment={},
        aws_iam_role={"role": role},
        aws_iam_instance_profile={
            "profile": {"name": "nodes", "role": "${aws_iam_role.role.name}"}
        },
    )
    assert explain_stack(stack).identities == (
        Explained(
            "role dbt",
            "arn:aws:iam::111122223333:role/dbt",
            (
                "role ci of account 111122223333, with the external id t-1",
                "never anyone",
                "EC2 instances with the instance profile nodes",
            ),
            (),
            (),
        ),
    )


def test_each_statement_is_a_sentence(stack: Stack) -> None:
    (user,) = explain_stack(stack).identities
    assert [rule.sentence for rule in user.rules] == [
        "may run queries, watch queries, stop queries, list queries, read results and read "
        "settings: workgroup dot-reporting",
        "may list and read: data catalog AwsDataCatalog",
        "may list data catalogs, engine versions and workgroups",
        "may read: the Glue catalog, database sales and tables of sales; only through Athena",
        "may read: the Glue catalog and database default; only through Athena",
        "may locate and list: bucket acme-lake; only through Athena",
        "may read: objects of acme-lake under sales/; only through Athena",
        f"may locate, list and list uploads to: bucket {RESULTS}; only through Athena",
        f"may read, write, abort uploads to and list uploads to: objects of {RESULTS} under "
        "dot-reporting/; only through Athena",
        "may never do anything; made by the caller itself, from any address but 3.122.135.165/32 "
        "or 3.229.110.216/32",
    ]
    assert user.rules[6] == Rule(
        effect="Allow",
        actions=("s3:GetObject",),
        resources=(f"{LAKE}/sales/*",),
        does="read",
        where=("objects of acme-lake under sales/",),
        when="only through Athena",
        by="aws_iam_policy.access SourceObjects",
    )


def test_resources_say_whom_they_let_in(stack: Stack) -> None:
    assert explain_stack(stack).resources == (
        Explained(
            f"bucket {RESULTS}",
            f"arn:aws:s3:::{RESULTS}",
            (),
            (
                Rule(
                    "Deny",
                    ("s3:*",),
                    (f"arn:aws:s3:::{RESULTS}", f"arn:aws:s3:::{RESULTS}/*"),
                    "do anything in S3",
                    (f"bucket {RESULTS}", f"objects of {RESULTS}"),
                    "without TLS",
                    "aws_s3_bucket_policy.policy DenyInsecureTransport",
                    ("anyone",),
                ),
            ),
            (),
        ),
    )


def test_statements_that_leave_something_out_say_so(make: Make) -> None:
    others = Statement("Allow", not_actions=("iam:*",), not_resources=(f"{LAKE}/*",))
    refused = Statement(
        "Deny",
        not_principals=(Principal("AWS", USER),),
        actions=("s3:GetObject",),
        resources=(f"arn:aws:s3:::{RESULTS}/*",),
    )
    explained = explain_stack(make(Policy((others,)), Policy((refused,))))
    assert explained.identities[0].rules[0].sentence == (
        "may do everything but iam:*: everything but objects of acme-lake"
    )
    assert explained.resources[0].rules[0].sentence == (
        "everyone but user dot-reporting of account 111122223333 may never read: objects of "
        f"{RESULTS}"
    )


def test_what_is_not_in_the_stack_is_a_remark(make: Make) -> None:
    user = {
        "name": "dot-reporting",
        "permissions_boundary": "arn:aws:iam::111122223333:policy/edge",
    }
    stack = make(READ, aws_iam_user={"user": user}, aws_iam_user_policy_attachment={"full": FULL})
    explained = explain_stack(stack)
    assert explained.identities[0].remarks == (
        "also has what AmazonAthenaFullAccess grants, which is not in the stack",
        "is bounded by arn:aws:iam::111122223333:policy/edge, which is not in the stack",
    )


def test_a_request_through_athena_is_allowed(stack: Stack) -> None:
    assert can(stack, "s3:GetObject", f"{LAKE}/sales/x", VIA_ATHENA) == (
        Said("user dot-reporting", "yes", "allowed", ("aws_iam_policy.access SourceObjects",), ()),
    )


def test_a_request_that_nothing_allows_is_not(stack: Stack) -> None:
    assert can(stack, "s3:PutObject", f"{LAKE}/x", VIA_ATHENA) == (
        Said("user dot-reporting", "no", "no statement allows it", (), ()),
    )


def test_a_deny_is_named(stack: Stack) -> None:
    direct = {"aws:SourceIp": ("192.0.2.1",), "aws:ViaAWSService": ("false",)}
    workgroup = "arn:aws:athena:eu-central-1:111122223333:workgroup/dot-reporting"
    deny = ("aws_iam_policy.access DenyDirectCallsOutsideVendorIps",)
    assert can(stack, "athena:StartQueryExecution", workgroup, direct) == (
        Said("user dot-reporting", "no", "explicit deny", deny, ()),
    )


def test_what_hangs_on_a_key_that_is_not_known_is_unknown(stack: Stack) -> None:
    assert can(stack, "s3:GetObject", f"{LAKE}/sales/x", {}) == (
        Said(
            "user dot-reporting",
            "unknown",
            "an Allow may apply",
            (
                "aws_iam_policy.access SourceObjects",
                "aws_iam_policy.access DenyDirectCallsOutsideVendorIps",
            ),
            ("aws:CalledVia", "aws:SourceIp", "aws:ViaAWSService"),
        ),
    )
    absent: dict[str, tuple[str, ...]] = {"aws:CalledVia": ()}
    assert [said.answer for said in can(stack, "s3:GetObject", f"{LAKE}/sales/x", absent)] == ["no"]


def test_requests_are_taken_to_use_tls(make: Make) -> None:
    anything = Statement("Allow", ("s3:*",), ("*",))
    stack = make(Policy((anything,)), Policy((TLS,)))
    (said,) = can(stack, "s3:GetObject", f"arn:aws:s3:::{RESULTS}/x", {})
    assert said.answer == "yes"
    plain = {"aws:SecureTransport": ("false",)}
    (said,) = can(stack, "s3:GetObject", f"arn:aws:s3:::{RESULTS}/x", plain)
    assert (said.answer, said.by) == ("no", ("aws_s3_bucket_policy.policy DenyInsecureTransport",))


def test_what_stands_elsewhere_leaves_the_answer_open(make: Make) -> None:
    user: dict[str, Any] = {"name": "dot-reporting"}
    stack = make(READ, aws_iam_user_policy_attachment={"full": FULL})
    assert can(stack, "athena:GetWorkGroup", "*", {})[0].reason == (
        "what AmazonAthenaFullAccess grants is not in the stack"
    )
    edge = "arn:aws:iam::111122223333:policy/edge"
    anything = Policy((Statement("Allow", ("s3:*",), ("*",)),))
    stack = make(anything, aws_iam_user={"user": {**user, "permissions_boundary": edge}})
    said = can(stack, "s3:GetObject", f"{LAKE}/x", {})[0]
    assert (said.answer, said.reason) == (
        "unknown",
        f"what {edge} takes away is not in the stack",
    )


@pytest.mark.parametrize(
    ("action", "resource", "answer", "reason"),
    [
        ("sts:GetCallerIdentity", "*", "yes", "no permission is needed, and no policy can deny it"),
        ("iam:DeletePolicy", "arn:aws:iam::aws:policy/AdministratorAccess", "no", "an AWS managed"),
        (
            "iam:PutRolePolicy",
            "arn:aws:iam::111122223333:role/aws-service-role/athena.amazonaws.com/x",
            "no",
            "a service-linked role is changed by its service alone",
        ),
        (
            "kms:UpdateAlias",
            "arn:aws:kms:eu-central-1:111122223333:alias/aws/s3",
            "no",
            "aliases that begin with alias/aws/ are AWS's",
        ),
        # The default policy of a key leaves it to the account; what a role trusts is not known.
        ("kms:Decrypt", "arn:aws:kms:eu-central-1:111122223333:key/1", "yes", "allowed"),
        (
            "sts:AssumeRole",
            "arn:aws:iam::111122223333:role/x",
            "unknown",
            "what the trust policy of arn:aws:iam::111122223333:role/x says is not in the stack",
        ),
    ],
)
def test_an_administrator_is_told_what_policies_do_not_decide(
    make: Make, action: str, resource: str, answer: str, reason: str
) -> None:
    stack = make(Policy((Statement("Allow", ("*",), ("*",)),)))
    (said,) = can(stack, action, resource, {})
    assert (said.answer, said.reason[: len(reason)]) == (answer, reason)


def test_a_key_that_aws_always_sends_is_not_taken_for_absent(make: Make) -> None:
    elsewhere = Condition("StringNotEquals", "aws:RequestedRegion", ("us-east-1",))
    reads = Statement("Allow", ("s3:GetObject",), ("*",), sid="Reads", conditions=(elsewhere,))
    (said,) = can(make(Policy((reads,))), "s3:GetObject", f"{LAKE}/x", {})
    assert (said.answer, said.depends_on) == ("unknown", ("aws:RequestedRegion",))


def test_a_variable_is_what_the_caller_is_called(make: Make) -> None:
    home = Statement("Allow", ("s3:GetObject",), (f"{LAKE}/${{aws:username}}/*",))
    stack = make(Policy((home,)))
    answers = [
        can(stack, "s3:GetObject", f"{LAKE}/{n}/x", {})[0].answer for n in ("x", "dot-reporting")
    ]
    assert answers == ["no", "yes"]


def test_a_question_is_an_action_a_resource_and_keys() -> None:
    assert question(" s3:GetObject  arn:aws:s3:::a b ", ["k=v", "k=w", "l=", "m=a=b"]) == (
        "s3:GetObject",
        "arn:aws:s3:::a b",
        {"k": ("v", "w"), "l": (), "m": ("a=b",)},
    )


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("s3:GetObject", [], "--can 's3:GetObject': write action and resource, as in"),
        ("s3:GetObject x", ["k"], "--context 'k': write KEY=VALUE, or KEY= when"),
        ("s3:GetObject x", ["=v"], "--context '=v': write KEY=VALUE, or KEY= when"),
    ],
)
def test_a_question_written_otherwise_is_told(text: str, given: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("'", ".")):
        question(text, given)


def test_the_text_has_sentences_and_a_table_at_80_columns(stack: Stack) -> None:
    text = as_text(explain_stack(stack))
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith("""\
user dot-reporting
  arn:aws:iam::111122223333:user/dot-reporting
  who: whoever has credentials made elsewhere
  - may run queries, watch queries, stop queries, list queries, read results and
    read settings: workgroup dot-reporting [AthenaQuery]
""")
    assert (
        """
 where                      may                        when
────────────────────────────────────────────────────────────────────────────────
 workgroup dot-reporting    run queries, watch
                            queries, stop queries,
                            list queries, read
                            results and read
                            settings
"""
        in text
    )
    assert text.endswith(f"""
bucket {RESULTS}
  arn:aws:s3:::{RESULTS}
  - anyone may never do anything in S3: bucket
    {RESULTS} and objects of
    {RESULTS}; without TLS [DenyInsecureTransport]""")


def test_a_row_of_the_table_has_each_verb_once() -> None:
    catalog = "arn:aws:glue:eu-central-1:111122223333:catalog"
    both = [
        Rule("Allow", actions, (catalog,), does, ("the Glue catalog",), "", "policy.x Sid")
        for actions, does in (
            (("glue:GetTable", "glue:CreateTable"), "read and create"),
            (("glue:GetDatabase", "glue:DeleteTable"), "read and delete"),
        )
    ]
    text = as_text(Explanation("x", (Explained("user x", "", (), tuple(both), ()),), ()))
    (row,) = (line for line in text.splitlines() if line.startswith(" the Glue catalog"))
    assert row.split() == ["the", "Glue", "catalog", "read,", "create", "and", "delete"]


def test_explain_answers_on_the_command_line(project: Project) -> None:
    synthesized(project)
    asked = ["--can", f"s3:GetObject {LAKE}/sales/x"]
    done = gate(project.folder, "explain", "reporting", *asked)
    assert (done.returncode, done.stdout) == (
        1,
        "user dot-reporting: unknown (an Allow may apply)\n"
        "  by aws_iam_policy.reporting_access_F8E15C40 SourceObjects\n"
        "  by aws_iam_policy.reporting_access_F8E15C40 DenyDirectCallsOutsideVendorIps\n"
        "  say what it hangs on: --context aws:CalledVia=... --context aws:SourceIp=...\n"
        "    --context aws:ViaAWSService=...\n",
    )
    context = ["--context", "aws:CalledVia=athena.amazonaws.com"]
    done = gate(project.folder, "explain", "reporting", *asked, *context, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == [
        {
            "title": "user dot-reporting",
            "answer": "yes",
            "reason": "allowed",
            "by": ["aws_iam_policy.reporting_access_F8E15C40 SourceObjects"],
            "depends_on": [],
            "conditions": [],
        }
    ]


def test_explain_on_the_command_line_knows_what_others_must_do(project: Project) -> None:
    source = 'source "acme-lake" { prefixes = ["sales/"] }'
    owned = 'source "acme-lake" {\n prefixes = ["sales/"]\n owner = "444455556666"\n }'
    project.write(project.file.read_text().replace(source, owned))
    synthesized(project)
    asked = ["--can", f"s3:GetObject {LAKE}/sales/x"]
    context = ["--context", "aws:CalledVia=athena.amazonaws.com"]
    done = gate(project.folder, "explain", "reporting", *asked, *context)
    assert (done.returncode, done.stdout.split("\n")[0]) == (
        0,
        "user dot-reporting: yes, if (allowed on this side)",
    )


def test_explain_prints_text_and_json(project: Project) -> None:
    synthesized(project)
    done = gate(project.folder, "explain", "reporting")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "user dot-reporting")
    (explained,) = json.loads(gate(project.folder, "explain", "cdktf.out", "--json").stdout)
    assert explained["stack"] == "dot-reporting"
    assert explained["identities"][0]["rules"][6]["sentence"] == (
        "may read: objects of acme-lake under sales/; only through Athena"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--can", "s3:GetObject"], "--can 's3:GetObject': write action and resource"),
        (["--can", "s3:Get* x"], "'s3:Get*': expected one action, such as s3:GetObject"),
        (
            ["--can", "s3:ListObjectsV2 arn:aws:s3:::lake"],
            "AWS has no action s3:ListObjectsV2; did you mean s3:ListBucket?",
        ),
        (
            ["--can", "s3:GetObjekt arn:aws:s3:::lake/x"],
            "AWS has no action s3:GetObjekt; did you mean s3:GetObject?",
        ),
        (
            ["--can", "s3:GetObject arn:aws:s3:::lake"],
            "s3:GetObject does not work on arn:aws:s3:::lake; it works on arn:${Partition}:s3:::",
        ),
        (
            ["--can", "athena:ListWorkGroups arn:aws:s3:::lake"],
            "athena:ListWorkGroups does not work on arn:aws:s3:::lake; it takes no resource: write",
        ),
        (
            ["--can", "s3:GetObject arn:aws:s3:::lake/x", "--context", "aws:CurrentTime="],
            "--context aws:CurrentTime=: AWS sends aws:CurrentTime with every request",
        ),
        (["--context", "a=b"], "--context belongs to --can"),
        (["--can", "s3:GetObject x", "--context", "a"], "--context 'a': write KEY=VALUE"),
    ],
)
def test_a_mistake_in_a_question_is_one_sentence(
    project: Project, arguments: list[str], message: str
) -> None:
    synthesized(project)
    done = gate(project.folder, "explain", "reporting", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"gate: {message}")


def test_explain_of_nothing_says_what_there_is(tmp_path: Path) -> None:
    done = gate(tmp_path, "explain", "./nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gate: nowhere: no such file or folder; allowed: a folder")
