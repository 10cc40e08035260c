"""What `gate prove` says of a stack."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.prove import Proof, check_only, prove_grants
from athena_gate.gate.prove.json import as_json
from athena_gate.gate.prove.sarif import as_sarif
from athena_gate.gate.prove.text import as_text
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.stack.reader import read
from athena_gate.modules.access.policies import access
from athena_gate.modules.access.settings import Access
from athena_gate.modules.iam.arn import managed_policy
from athena_gate.modules.iam.claims import Anyone, Never, Requests, Strangers
from athena_gate.modules.iam.policy import EVERYONE, Condition, Policy, Principal, Statement
from athena_gate.modules.iam.proof import prove_never
from athena_gate.modules.iam.result import Failure, Result
from athena_gate.stacks.configuration import ConfiguredBlock, load
from tests.conftest import ACCOUNT, DOT, Project
from tests.gate.stack.written import written
from tests.gate.test_cli import gate

# It runs the command line, and proves dozens of stacks.
pytestmark = pytest.mark.slow

RESULTS = "dot-reporting-results-111122223333"
USER = "arn:aws:iam::111122223333:user/dot-reporting"
LAKE = "arn:aws:s3:::acme-lake"
TLS = Statement(
    "Deny",
    sid="DenyInsecureTransport",
    principals=(EVERYONE,),
    actions=("s3:*",),
    resources=(f"arn:aws:s3:::{RESULTS}", f"arn:aws:s3:::{RESULTS}/*"),
    conditions=(Condition("Bool", "aws:SecureTransport", ("false",)),),
)
PRIVATE = Policy((TLS,))
ATTACHED = {"user": "${aws_iam_user.user.name}", "policy_arn": "${aws_iam_policy.access.arn}"}


@pytest.fixture
def block(project: Project) -> ConfiguredBlock:
    """The Dot block of the project."""
    return load(project.file).blocks[0]


def content(policy: Policy, bucket: Policy = PRIVATE, **resources: Any) -> dict[str, Any]:
    """Return what of a Dot stack grants anything, with these policies of user and bucket."""
    return {
        "//": {"metadata": {"stackName": "dot-reporting"}},
        "provider": {
            "aws": [
                {
                    "allowed_account_ids": ["111122223333"],
                    "region": "eu-central-1",
                    "default_tags": [{"tags": {"athena-gate": "dot/reporting"}}],
                }
            ]
        },
        "resource": {
            "aws_iam_user": {"user": {"name": "dot-reporting"}},
            "aws_iam_policy": {
                "access": {"name": "dot-reporting", "policy": policy.terraform_json(10**9)}
            },
            "aws_iam_user_policy_attachment": {"attach": ATTACHED},
            "aws_s3_bucket": {"results": {"bucket": RESULTS}},
            "aws_s3_bucket_policy": {
                "policy": {
                    "bucket": "${aws_s3_bucket.results.id}",
                    "policy": bucket.terraform_json(10**9),
                }
            },
            **resources,
        },
    }


Make = Callable[..., Stack]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a Dot stack: see ``content``."""

    def stack(policy: Policy, bucket: Policy = PRIVATE, **resources: Any) -> Stack:
        file = tmp_path / "cdk.tf.json"
        file.write_text(json.dumps(content(policy, bucket, **resources)))
        return read(file)

    return stack


def wider(settings: Access, *statements: Statement) -> Policy:
    """Return Dot's policy with further statements."""
    return Policy((*access(settings).statements, *statements))


def failures(proof: Proof) -> dict[str, tuple[Failure, ...]]:
    """Return what does not hold, by the names of the claims."""
    return {result.name: result.failures for result in proof.results if not result.holds}


def test_what_is_built_is_proved(make: Make, block: ConfiguredBlock) -> None:
    proof = prove_grants(make(access(block.settings)), block)
    assert proof == Proof(
        stack="dot-reporting",
        file=proof.file,
        block='dot "reporting"',
        line=6,
        results=tuple(replace(result, failures=()) for result in proof.results),
        notes=(),
    )


def test_a_grant_too_many_is_shown_by_a_request(make: Make, block: ConfiguredBlock) -> None:
    whole_lake = Statement("Allow", ("s3:GetObject",), (f"{LAKE}/*",), sid="WholeLake")
    proof = prove_grants(make(wider(block.settings, whole_lake)), block)
    failure = Failure(
        "is allowed",
        caller=USER,
        action="s3:GetObject",
        resource=f"{LAKE}/x",
        context={"aws:SourceIp": ("3.122.135.165",)},
        by=("aws_iam_policy.access WholeLake",),
    )
    assert failures(proof) == {"no-other-bucket": (failure,), "only-through-athena": (failure,)}


def test_a_grant_missing_is_shown_by_the_call_it_denies(make: Make, block: ConfiguredBlock) -> None:
    policy = access(block.settings)
    less = [s for s in policy.statements if s.sid != "AthenaAccountLists"]
    proof = prove_grants(make(Policy(tuple(less))), block)
    assert [(f.reason, f.action, f.resource) for f in failures(proof)["list-account"]] == [
        ("denied: no statement allows it", f"athena:{name}", "*")
        for name in ("ListDataCatalogs", "ListWorkGroups", "ListEngineVersions")
    ]


def test_a_deny_that_breaks_a_need_is_named(make: Make, block: ConfiguredBlock) -> None:
    no_lists = Statement("Deny", ("athena:List*",), ("*",), sid="NoLists")
    proof = prove_grants(make(wider(block.settings, no_lists)), block)
    assert failures(proof)["earlier-queries"] == (
        Failure(
            "denied: explicit deny",
            caller=USER,
            action="athena:ListQueryExecutions",
            resource="arn:aws:athena:eu-central-1:111122223333:workgroup/dot-reporting",
            context={
                "aws:PrincipalArn": (USER,),
                "aws:PrincipalAccount": ("111122223333",),
                "aws:SecureTransport": ("true",),
                "aws:SourceIp": ("3.229.110.216",),
                "aws:ViaAWSService": ("false",),
            },
            by=("aws_iam_policy.access NoLists",),
        ),
    )


def test_the_circumstances_of_a_request_are_part_of_it(make: Make, block: ConfiguredBlock) -> None:
    through_glue = Statement(
        "Allow",
        ("s3:GetObject",),
        (f"{LAKE}/sales/*",),
        sid="ThroughGlue",
        conditions=(
            Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("glue.amazonaws.com",)),
        ),
    )
    proof = prove_grants(make(wider(block.settings, through_glue)), block)
    assert failures(proof) == {
        "only-through-athena": (
            Failure(
                "is allowed",
                caller=USER,
                action="s3:GetObject",
                resource=f"{LAKE}/sales/x",
                context={"aws:CalledVia": ("glue.amazonaws.com",)},
                by=("aws_iam_policy.access ThroughGlue",),
            ),
        )
    }


def test_not_action_and_not_resource_are_taken_for_what_they_match(
    make: Make, block: ConfiguredBlock
) -> None:
    but_iam = Statement("Allow", not_actions=("iam:*", "sts:*"), not_resources=(f"{LAKE}/*",))
    proof = prove_grants(make(wider(block.settings, but_iam)), block)
    assert [*failures(proof)] == [
        "no-iam",
        "no-other-service",
        "queries-only",
        "one-workgroup",
        "no-other-database",
        "catalog-reads-only",
        "no-other-bucket",
        "sources-read-only",
        "results-only",
        "only-through-athena",
    ]
    assert [(f.action, f.resource) for f in failures(proof)["no-other-bucket"]] == [
        ("s3:DeleteObject", "arn:aws:s3:::x/x")
    ]


def test_a_policy_variable_may_stand_for_anything(make: Make, block: ConfiguredBlock) -> None:
    homes = "arn:aws:s3:::homes/${aws:username}/*"
    home = Statement("Allow", ("s3:GetObject",), (homes,), sid="Home")
    proof = prove_grants(make(wider(block.settings, home)), block)
    assert failures(proof)["no-other-bucket"] == (
        Failure(
            "may be allowed",
            caller=USER,
            action="s3:GetObject",
            resource="arn:aws:s3:::homes/x/x",
            context={
                "aws:ViaAWSService": ("true",),
                "aws:SourceIp": ("3.122.135.165",),
                "aws:SecureTransport": ("true",),
            },
            by=("aws_iam_policy.access Home",),
        ),
    )


def test_what_aws_manages_is_not_provable(make: Make, block: ConfiguredBlock) -> None:
    attachments = {
        "attach": ATTACHED,
        "full": {**ATTACHED, "policy_arn": managed_policy("aws", "ReadOnlyAccess")},
    }
    stack = make(access(block.settings), aws_iam_user_policy_attachment=attachments)
    unknown = Failure(
        "not provable: ReadOnlyAccess is AWS's and may change", by=("aws_iam_user.user",)
    )
    found = failures(prove_grants(stack, block))
    assert set(found.values()) == {(unknown,)}
    # A Deny of ours keeps it out, whatever it says.
    assert "vendor-addresses" not in found
    assert "tls-only" not in found


def test_what_another_stack_manages_is_not_provable_either(
    make: Make, block: ConfiguredBlock
) -> None:
    attachments = {"x": {**ATTACHED, "policy_arn": "arn:aws:iam::1:policy/theirs"}}
    stack = make(access(block.settings), aws_iam_user_policy_attachment=attachments)
    found = failures(prove_grants(stack, block))
    assert found["no-iam"] == (
        Failure("not provable: what theirs grants is not in the stack", by=("aws_iam_user.user",)),
    )
    assert found["read-results"][0].reason == (
        "not provable: what theirs grants is not in the stack"
    )


def test_a_bucket_policy_that_lets_somebody_in_is_shown(make: Make, block: ConfiguredBlock) -> None:
    partner = Statement(
        "Allow",
        sid="Partner",
        principals=(Principal("AWS", "444455556666"),),
        actions=("s3:GetObject",),
        resources=(f"arn:aws:s3:::{RESULTS}/*",),
    )
    proof = prove_grants(make(access(block.settings), Policy((partner, TLS))), block)
    assert failures(proof) == {
        "nobody-else": (
            Failure(
                "is allowed",
                caller="arn:aws:iam::444455556666:role/x",
                action="s3:GetObject",
                resource=f"arn:aws:s3:::{RESULTS}/x",
                context={"aws:SecureTransport": ("true",)},
                by=("aws_s3_bucket_policy.policy Partner",),
            ),
        )
    }


def test_a_bucket_policy_that_names_the_user_counts_as_its_own(
    make: Make, block: ConfiguredBlock
) -> None:
    own = Statement(
        "Allow",
        principals=(Principal("AWS", USER),),
        actions=("s3:DeleteObject",),
        resources=(f"arn:aws:s3:::{RESULTS}/*",),
    )
    proof = prove_grants(make(access(block.settings), Policy((own, TLS))), block)
    assert [*failures(proof)] == [
        "no-other-bucket",
        "results-only",
        "only-through-athena",
        "nobody-else",
    ]


def test_a_bucket_without_its_deny_lets_plain_http_in(make: Make, block: ConfiguredBlock) -> None:
    proof = prove_grants(make(access(block.settings), aws_s3_bucket_policy={}), block)
    assert failures(proof) == {
        "tls-only": (
            Failure(
                "is allowed",
                caller="arn:aws:iam::111122223333:user/any",
                action="s3:ListBucket",
                resource=f"arn:aws:s3:::{RESULTS}",
                context={"aws:SecureTransport": ("false",)},
            ),
        )
    }


def test_the_deny_of_another_resource_does_not_count(make: Make) -> None:
    """The policy of a key denies everything, to that key."""
    everything = Statement("Deny", principals=(EVERYONE,), actions=("*",), resources=("*",))
    stack = make(
        Policy((Statement("Allow", ("s3:*",), ("*",)),)),
        aws_kms_key={"key": {"policy": Policy((everything,)).json()}},
    )
    anything = (Requests(("s3:*",)),)
    assert not prove_never(stack, Never("x", "x", USER, anything)).holds
    assert not prove_never(stack, Never("x", "x", Anyone(), anything)).holds


def test_a_trust_policy_that_lets_an_account_in_is_shown(make: Make) -> None:
    trust = Statement(
        "Allow",
        principals=(
            Principal("AWS", "arn:aws:iam::111122223333:role/ci"),
            Principal("AWS", "arn:aws:iam::444455556666:root"),
        ),
        actions=("sts:AssumeRole",),
    )
    role = {"name": "dbt", "assume_role_policy": Policy((trust,)).json()}
    stack = make(Policy((TLS,)), aws_iam_policy={}, aws_iam_role={"role": role})
    only_ci = Never(
        "nobody-else",
        "nobody else is let in",
        Strangers((Principal("AWS", "arn:aws:iam::111122223333:role/ci"),)),
        (Requests(("*",)),),
    )
    assert prove_never(stack, only_ci) == Result(
        "never",
        "nobody-else",
        "nobody else is let in",
        "anyone else",
        (
            Failure(
                "is allowed",
                caller="arn:aws:iam::444455556666:role/x",
                action="sts:AssumeRole",
                resource="arn:aws:iam::111122223333:role/dbt",
                context={},
                by=("aws_iam_role.role",),
            ),
        ),
    )


def test_somebody_of_whom_no_claim_speaks_is_pointed_out(
    make: Make, block: ConfiguredBlock
) -> None:
    users = {"user": {"name": "dot-reporting"}, "spy": {"name": "spy"}}
    everything = managed_policy("aws", "AdministratorAccess")
    spied = {"user": "${aws_iam_user.spy.name}", "policy_arn": everything}
    attachments = {"attach": ATTACHED, "spied": spied}
    stack = make(
        access(block.settings), aws_iam_user=users, aws_iam_user_policy_attachment=attachments
    )
    proof = prove_grants(stack, block)
    assert failures(proof) == {
        "claimed": (Failure("no claim speaks of the user spy", by=("aws_iam_user.spy",)),)
    }


def test_a_user_that_is_not_there_fails_its_claims(make: Make, block: ConfiguredBlock) -> None:
    stack = make(Policy((TLS,)), aws_iam_policy={}, aws_iam_user_policy_attachment={})
    proof = prove_grants(replace(stack, identities=()), block)
    assert failures(proof)["no-iam"] == (Failure(f"the stack has no {USER}"),)
    assert failures(proof)["read-results"] == (Failure(f"the stack has no {USER}"),)


@pytest.mark.parametrize(
    ("statement", "check", "reason"),
    [
        (
            Statement("Allow", ("athena:GetDatabase", "athena:GetWorkGroup"), ("w",), sid="A"),
            "takes-effect",
            "athena:GetDatabase does not work on w",
        ),
        (
            Statement("Allow", ("s3:GetObject",), (f"{LAKE}/*", LAKE), sid="A"),
            "takes-effect",
            f"no action of the statement works on {LAKE}",
        ),
        (
            Statement("Allow", ("dynamodb:ListSchemas",), ("*",), sid="A"),
            "actions-exist",
            "AWS has no action dynamodb:ListSchemas",
        ),
        (
            Statement(
                "Allow", ("s3:*",), ("*",), sid="A", conditions=(Condition("Equals", "a", ("b",)),)
            ),
            "understood",
            "'Equals' is no condition operator; IAM has Null, ",
        ),
        (
            Statement("Allow", ("s3:*",), ("*",), sid="A", principals=(EVERYONE,)),
            "understood",
            "statement A: an identity-based policy has no Principal",
        ),
        (
            Statement("Allow", ("s3:GetObject",), tuple(f"{LAKE}/{n}/*" for n in range(300))),
            "within-limits",
            "the policy: 9,286 characters, AWS takes 6,144",
        ),
    ],
)
def test_what_aws_would_not_take_or_not_heed_is_pointed_out(
    make: Make, statement: Statement, check: str, reason: str
) -> None:
    workgroup = "arn:aws:athena:eu-central-1:111122223333:workgroup/x"
    named = tuple(workgroup if r == "w" else r for r in statement.resources)
    proof = check_only(make(Policy((replace(statement, resources=named),))))
    found = failures(proof)
    assert [*found] == [check]
    assert [f.reason.replace(workgroup, "w")[: len(reason)] for f in found[check]] == [reason]


def test_a_second_policy_of_a_bucket_is_pointed_out(make: Make) -> None:
    text = PRIVATE.terraform_json(10**9)
    stack = make(
        Policy((Statement("Allow", ("s3:GetObject",), (f"{LAKE}/*",)),)),
        aws_s3_bucket={"results": {"bucket": RESULTS}, "another": {"bucket": "another"}},
        aws_s3_bucket_policy={
            "one": {"bucket": "${aws_s3_bucket.results.id}", "policy": text},
            "other": {"bucket": "${aws_s3_bucket.results.id}", "policy": text},
            "another": {"bucket": "${aws_s3_bucket.another.id}", "policy": text},
        },
    )
    found = failures(check_only(stack))["one-policy"]
    assert [(failure.resource, failure.by) for failure in found] == [
        (
            f"arn:aws:s3:::{RESULTS}",
            ("aws_s3_bucket_policy.one", "aws_s3_bucket_policy.other"),
        ),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('"Sid": "A", "Sid": "B"', 'cannot be read: Statement: the key "Sid" stands twice'),
        (
            '"Condition": {"StringEquals": {"aws:username": "a", "AWS:UserName": "b"}}',
            "is no IAM policy: Statement[0].Condition.StringEquals.aws:username: the key stands",
        ),
    ],
)
def test_a_key_that_stands_twice_in_a_policy_is_pointed_out(
    make: Make, block: ConfiguredBlock, text: str, problem: str
) -> None:
    policy = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", '
    policy += f'"Resource": "*", {text}}}}}'
    stack = make(PRIVATE, aws_iam_policy={"access": {"name": "x", "policy": policy}})
    proof = prove_grants(stack, block)
    assert proof.results[0].name == "understood"
    assert [problem in failure.reason for failure in proof.results[0].failures] == [True]


def test_inline_and_attached_policies_have_limits_of_their_own(make: Make) -> None:
    long = Statement("Allow", ("s3:GetObject",), tuple(f"{LAKE}/{n}/*" for n in range(350)))
    stack = make(
        Policy((TLS,)),
        aws_iam_policy={},
        aws_iam_user_policy_attachment={
            str(n): {**ATTACHED, "policy_arn": f"arn:aws:iam::111122223333:policy/{n}"}
            for n in range(11)
        },
        aws_iam_role={"role": {"name": "dbt", "assume_role_policy": Policy((TLS,)).json()}},
        aws_iam_role_policy={
            "inline": {"role": "${aws_iam_role.role.name}", "policy": Policy((long,)).json()}
        },
    )
    assert failures(check_only(stack))["within-limits"] == (
        Failure(
            "11 policies are attached to user dot-reporting, AWS takes 10",
            by=("aws_iam_user.user",),
        ),
        Failure(
            "the inline policies of role dbt together: 10,836 characters, AWS takes 10,240",
            by=("aws_iam_role_policy.inline",),
        ),
    )


def test_nothing_is_proved_of_what_cannot_be_read(make: Make, block: ConfiguredBlock) -> None:
    stack = make(access(block.settings), aws_iam_policy={"access": {"policy": "{"}})
    proof = prove_grants(stack, block)
    assert [(result.kind, result.name, result.holds) for result in proof.results] == [
        ("check", "understood", False),
        ("check", "within-limits", True),
        ("check", "one-policy", True),
        ("check", "actions-exist", True),
        ("check", "takes-effect", True),
    ]
    assert proof.notes == (
        "nothing else was proved: a part that is not understood may do anything. Synthesize again: "
        "gate synth (or cdktf synth); for a stack of somebody else there is --checks-only",
    )


def test_a_boundary_is_told_and_not_counted(make: Make, block: ConfiguredBlock) -> None:
    edge = {"user": {"name": "dot-reporting", "permissions_boundary": "arn:aws:iam::1:policy/e"}}
    proof = prove_grants(make(access(block.settings), aws_iam_user=edge), block)
    assert (proof.holds, proof.notes) == (
        True,
        (
            "user dot-reporting: what the permissions boundary arn:aws:iam::1:policy/e takes away "
            "is not in the stack and not counted",
        ),
    )


@pytest.mark.parametrize(
    "statement",
    [
        Statement("Allow", ("*a*a*a*a*b",), ("arn:aws:*s*3*:*:*:*a*a*a*a*a*b*c*d",)),
        Statement("Allow", ("s3:*a*?a*a?*a*b",), (f"{LAKE}/*a*a?*a*a*a*?a*b",)),
        Statement("Allow", ("s3:*",), ("arn:aws:s3:::" + "*a?" * 100 + "b",)),
        Statement("Allow", not_actions=("*a*a?" * 9,), not_resources=("*?a" * 30,)),
    ],
)
def test_deep_wildcards_are_answered(
    make: Make, block: ConfiguredBlock, statement: Statement
) -> None:
    """With a counter-example, or that it cannot be proved."""
    proof = prove_grants(make(wider(block.settings, statement)), block)
    assert "no-other-bucket" in failures(proof)


def test_a_policy_of_ten_thousand_statements_is_answered(
    make: Make, block: ConfiguredBlock
) -> None:
    many = (Statement("Allow", ("s3:GetObject",), (f"{LAKE}/{n}/*",)) for n in range(10_000))
    proof = prove_grants(make(Policy(tuple(many))), block)
    assert failures(proof) == {
        "understood": (
            Failure(
                "aws_iam_policy.access has a policy of 898,928 characters, more than AWS takes of "
                "any kind",
                by=("aws_iam_policy.access",),
            ),
        )
    }


def test_more_statements_than_anyone_reads_are_summed_up(
    make: Make, block: ConfiguredBlock
) -> None:
    many = (Statement("Allow", ("s3:GetObject",), (f"{LAKE}{n}/*",)) for n in range(20))
    found = failures(prove_grants(make(wider(block.settings, *many)), block))
    assert [f.resource for f in found["no-other-bucket"]] == [
        *(f"{LAKE}{n}/x" for n in range(10)),
        "",
    ]
    assert found["no-other-bucket"][-1] == Failure("further statements allow such requests")


FAILED = Proof(
    stack="dot-reporting",
    file="cdktf.out/stacks/dot-reporting/cdk.tf.json",
    block='dot "reporting"',
    line=6,
    results=(
        Result(
            "need",
            "write-results",
            "let Athena write results",
            "user dot-reporting",
            (
                Failure("denied: no statement allows it", USER, "s3:PutObject", f"{LAKE}/r", {}),
                Failure("denied: no statement allows it", USER, "s3:GetObject", f"{LAKE}/r", {}),
                Failure("denied: no statement allows it", USER, "s3:ListBucket", LAKE, {}),
            ),
        ),
        Result("never", "no-iam", "no IAM, no other role", "user dot-reporting", ()),
        Result(
            "never",
            "no-other-bucket",
            "no S3 outside the buckets and prefixes named",
            "user dot-reporting",
            (
                Failure(
                    "is allowed",
                    USER,
                    "s3:GetObject",
                    f"{LAKE}/x",
                    {"aws:CalledVia": ("glue.amazonaws.com",)},
                    ("aws_iam_policy.access WholeLake",),
                ),
            ),
        ),
        Result("check", "understood", "every part of it is understood", "dot-reporting", ()),
    ),
    notes=("user dot-reporting: something to know",),
)


def test_a_proof_is_a_line_for_each_claim_and_why_it_does_not_hold() -> None:
    assert (
        as_text([FAILED], "✓", "✗", "--")
        == """\
dot-reporting (dot "reporting")
  user dot-reporting: needs
    ✗ let Athena write results
        s3:PutObject, s3:GetObject, s3:ListBucket denied: no statement allows it
        on arn:aws:s3:::acme-lake/r and 1 more
  user dot-reporting: never
    ✓ no IAM, no other role
    ✗ no S3 outside the buckets and prefixes named
        s3:GetObject is allowed
          on arn:aws:s3:::acme-lake/x
          for arn:aws:iam::111122223333:user/dot-reporting
          with aws:CalledVia = glue.amazonaws.com
          by aws_iam_policy.access WholeLake
  checks
    ✓ every part of it is understood
  note: user dot-reporting: something to know

✗ 1 stack: 2 of 4 claims do not hold"""
    )


def test_a_proof_in_json_has_everything() -> None:
    content = json.loads(json.dumps(as_json([FAILED])))
    assert content["holds"] is False
    assert [result["holds"] for result in content["proofs"][0]["results"]] == [
        False,
        True,
        False,
        True,
    ]
    assert content["proofs"][0]["results"][2]["failures"] == [
        {
            "reason": "is allowed",
            "caller": USER,
            "action": "s3:GetObject",
            "resource": f"{LAKE}/x",
            "context": {"aws:CalledVia": ["glue.amazonaws.com"]},
            "by": ["aws_iam_policy.access WholeLake"],
        }
    ]


def test_a_proof_in_sarif_points_at_the_block_and_the_resource() -> None:
    sarif = as_sarif([FAILED], "gate.hcl")
    (run,) = sarif["runs"]
    assert (sarif["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "athena-gate")
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "need/write-results",
        "never/no-iam",
        "never/no-other-bucket",
        "check/understood",
    ]
    assert run["results"][-1] == {
        "ruleId": "never/no-other-bucket",
        "level": "error",
        "message": {
            "text": "dot-reporting: no S3 outside the buckets and prefixes named (user "
            "dot-reporting): s3:GetObject on arn:aws:s3:::acme-lake/x is allowed, for "
            "arn:aws:iam::111122223333:user/dot-reporting, with aws:CalledVia = "
            "glue.amazonaws.com, by aws_iam_policy.access WholeLake"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "gate.hcl"},
                    "region": {"startLine": 6},
                },
                "logicalLocations": [
                    {"fullyQualifiedName": "aws_iam_policy.access", "kind": "resource"}
                ],
            }
        ],
    }


def synthesized(project: Project, policy: Policy | None = None) -> Path:
    """Write what cdktf would, with ``policy`` for the one of Dot's user; return the file."""
    configuration = load(project.file)
    (block,) = configuration.blocks
    whole = written(block, configuration.backend)
    if policy is not None:
        (made,) = whole["resource"]["aws_iam_policy"].values()
        made["policy"] = policy.terraform_json(10**9)
    file = project.folder / "cdktf.out" / "stacks" / "dot-reporting" / "cdk.tf.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(whole))
    project.remember()
    return file


def test_prove_exits_with_0_when_every_claim_holds(project: Project) -> None:
    synthesized(project)
    done = gate(project.folder, "prove")
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (
        0,
        "",
        "✓ 1 stack: all 39 claims hold",
    )
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_prove_exits_with_1_when_a_claim_does_not_hold(project: Project) -> None:
    settings = load(project.file).blocks[0].settings
    synthesized(project, wider(settings, Statement("Allow", ("iam:*",), ("*",), sid="Oops")))
    done = gate(project.folder, "prove", "reporting")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "✗ 1 stack: 3 of 39 claims do not hold"
    assert (
        """\
    ✗ no IAM, no other role
        iam:CreateAccessKey is allowed
          on arn:aws:iam::111122223333:user/x
          for arn:aws:iam::111122223333:user/dot-reporting
          with aws:SourceIp = 3.122.135.165
          by aws_iam_policy.reporting_access_F8E15C40 Oops
"""
        in done.stdout
    )
    assert json.loads(gate(project.folder, "prove", "--json").stdout)["holds"] is False
    assert gate(project.folder, "prove", "--output-format", "sarif").returncode == 1


def test_prove_before_the_synth_says_how_to(project: Project) -> None:
    done = gate(project.folder, "prove")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: dot-reporting was not synthesized yet; run: gate synth (or cdktf synth)\n",
    )


def test_prove_of_a_stale_synth_says_so(project: Project) -> None:
    file = synthesized(project)
    project.write(project.file.read_text() + "# a comment\n")
    done = gate(project.folder, "prove")
    said = "cdktf.out was made before gate.hcl changed; run: gate synth (or cdktf synth)\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"gate: {said}")
    for place in ("cdktf.out", str(file)):
        done = gate(project.folder, "prove", place)
        assert (done.returncode, done.stderr) == (0, f"gate: note: {said}")


def test_prove_looks_at_no_time_of_a_file(project: Project) -> None:
    file = synthesized(project)
    os.utime(file, (0, 0))
    assert gate(project.folder, "prove").returncode == 0


def test_prove_takes_a_folder_and_a_file(project: Project) -> None:
    file = synthesized(project)
    for place in (".", "cdktf.out", str(file)):
        done = gate(project.folder, "prove", place)
        assert (done.returncode, done.stdout.splitlines()[-1]) == (
            0,
            "✓ 1 stack: all 39 claims hold",
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reportin"], "no block is called reportin; did you mean reporting?; allowed: dot.repo"),
        (["no/where"], "no/where: no such file or folder; allowed: a folder with cdk.tf.json in "),
        (["keys"], "keys: holds no cdk.tf.json; allowed: a folder with cdk.tf.json in it, such a"),
        (["cdktf.json"], "cdktf.json: is no stack in Terraform's JSON syntax; allowed: a folder "),
        (
            ["--json", "--output-format", "sarif"],
            "--json and --output-format sarif print different things; choose one",
        ),
    ],
)
def test_a_mistake_of_the_user_is_one_sentence(
    project: Project, arguments: list[str], message: str
) -> None:
    synthesized(project)
    done = gate(project.folder, "prove", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"gate: {message}")


def test_prove_starts_no_node(project: Project) -> None:
    synthesized(project)
    done = gate(project.folder, "prove", JSII_NODE="/nowhere", PATH=os.environ["PATH"])
    assert done.returncode == 0


def test_sarif_names_the_file_that_a_block_stands_in(project: Project) -> None:
    (project.folder / "gate.d").mkdir()
    (project.folder / "gate.d" / "dot.hcl").write_text(DOT[len(ACCOUNT) :])
    project.write(ACCOUNT)
    settings = load(project.file).blocks[0].settings
    synthesized(project, wider(settings, Statement("Allow", ("iam:*",), ("*",), sid="Oops")))
    done = gate(project.folder, "prove", "--output-format", "sarif")
    (run,) = json.loads(done.stdout)["runs"]
    found = {
        (place["artifactLocation"]["uri"], place["region"]["startLine"])
        for one in run["results"]
        for location in one["locations"]
        for place in [location["physicalLocation"]]
    }
    assert (done.returncode, found) == (1, {("gate.d/dot.hcl", 2)})
