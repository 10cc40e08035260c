"""z3 and `gate prove` give the same answers, and z3 reads AWS's pages and not our code."""

import ast
import random
import tempfile
from itertools import islice
from pathlib import Path

import pytest

import development.second_prover
from athena_gate.modules.iam.claims import AnyBut, Given, Requests
from athena_gate.modules.iam.policy import Condition, Statement
from development.mutation import synthesize
from development.second_prover import explanations
from development.second_prover.cases import cases
from development.second_prover.comparison import Outcome, compare
from development.second_prover.prover import Prover
from development.second_prover.questions import Deny, Gate, Question

ANY = (Requests(("*",)),)
LAKE = "arn:aws:s3:::lake"


def answer(allow: Statement, *denies: Statement, requests: tuple[Requests, ...] = ANY) -> str:
    return Prover().answer(Question(requests, {}, allow, tuple(map(Deny, denies))))


def on(*resources: str, actions: tuple[str, ...] = ("s3:*",)) -> Statement:
    return Statement("Allow", actions=actions, resources=resources)


def test_the_prover_imports_nothing_that_decides() -> None:
    decides = {"decide", "conditions", "circumstances", "inclusion", "intersection", "patterns"}
    decides |= {"value_classes", "condition_keys", "actions", "beyond_policies"}
    folder = Path(development.second_prover.__file__).parent
    compares = ("cases.py", "comparison.py", "__main__.py", "explanations.py")
    imported = {
        node.module
        for file in folder.glob("*.py")
        if file.name not in compares
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert {name for name in imported if name.rpartition(".")[0] == "athena_gate.modules.iam"} == {
        "athena_gate.modules.iam.attached",
        "athena_gate.modules.iam.claims",
        "athena_gate.modules.iam.policy",
    }
    assert not imported & {f"athena_gate.modules.iam.{one}" for one in decides}


@pytest.mark.parametrize(
    ("pattern", "asked", "expected"),
    [
        (f"{LAKE}/a/*", f"{LAKE}/b*", "proved"),
        (f"{LAKE}/a*", f"{LAKE}/ab/?", "request"),
        # A star that ends a segment reaches into the next, one within it does not.
        ("arn:aws:s3:*", f"{LAKE}/a", "request"),
        ("arn:aws:s*3:::lake", f"{LAKE}/a", "proved"),
        ("arn:aws:logs:*:x", "arn:aws:logs:eu-central-1:111122223333:log-group:x", "request"),
    ],
)
def test_patterns_of_resources_are_read_by_segment(pattern: str, asked: str, expected: str) -> None:
    asks = (Requests(("*",), (asked,)),)
    assert answer(on(pattern, actions=("*",)), requests=asks) == expected


def test_an_action_is_not_asked_of_what_it_never_works_on() -> None:
    asks = (Requests(("s3:*",), (LAKE,)),)
    assert answer(on(LAKE, actions=("s3:GetObject",)), requests=asks) == "proved"
    assert answer(on(LAKE, actions=("s3:ListBucket",)), requests=asks) == "request"


def test_a_star_does_not_reach_into_a_name_that_can_hold_no_colon() -> None:
    for action, resource, expected in (
        ("s3:GetBucketLocation", "arn:aws:s3:*:111122223333:job/x", "proved"),
        ("athena:GetDataCatalog", "arn:aws:athena:*:111122223333:workgroup/x", "proved"),
        ("s3:GetObject", "arn:aws:s3:*:111122223333:job/x", "request"),
        ("lambda:InvokeFunction", "arn:aws:lambda:*:function:x", "request"),
    ):
        asks = (Requests((action,), ("arn:aws:*",)),)
        assert answer(on(resource, actions=(action,)), requests=asks) == expected


def test_an_action_that_aws_may_add_counts() -> None:
    all_known = ("s3:GetObject*",)
    asks = (Requests(("s3:Get*",), (f"{LAKE}/*",), but_actions=all_known),)
    assert answer(on(f"{LAKE}/*", actions=("s3:GetObject*",)), requests=asks) == "proved"
    assert answer(on(f"{LAKE}/*", actions=("s3:Get*",)), requests=asks) == "request"


def test_so_does_one_of_a_service_of_which_only_the_names_are_known() -> None:
    asks = (Requests(("ec2:*",), but_actions=("ec2:DescribeSubnets",)),)
    assert answer(on("*", actions=("ec2:DescribeSubnets",)), requests=asks) == "proved"
    assert answer(on("*", actions=("ec2:DescribeSubnet*",)), requests=asks) == "request"


def test_a_deny_counts_as_far_as_its_conditions_are_sure() -> None:
    tls = Condition("Bool", "aws:SecureTransport", ("false",))
    deny = Statement("Deny", actions=("s3:*",), resources=("*",))
    asks = (Requests(("s3:*",)),)
    assert answer(on("*"), deny, requests=asks) == "proved"
    some = Statement("Deny", actions=("s3:*",), resources=("*",), conditions=(tls,))
    assert answer(on("*"), some, requests=asks) == "request"
    claim: dict[str, Given] = {"aws:SecureTransport": ("false",)}
    assert Prover().answer(Question(asks, claim, on("*"), (Deny(some),))) == "proved"


def test_a_variable_stands_for_the_value_of_its_key() -> None:
    home = on(f"{LAKE}/${{aws:username}}/*")
    asks = (Requests(("s3:*",), (f"{LAKE}/bob/*",)),)
    ann: dict[str, Given] = {"aws:username": ("ann",)}
    assert Prover().answer(Question(asks, {}, home, facts=ann)) == "proved"
    bob: dict[str, Given] = {"aws:username": ("bob",)}
    assert Prover().answer(Question(asks, {}, home, facts=bob)) == "request"


def test_a_resource_whose_own_policy_must_allow_too_is_a_gate() -> None:
    key = "arn:aws:kms:eu-central-1:111122223333:key/k"
    asks = (Requests(("kms:*",), (key,)),)
    shut, ajar = Gate((key,), ()), Gate((key,), (on(key, actions=("kms:Decrypt",)),))
    for gate, action, expected in (
        (shut, "kms:Decrypt", "proved"),
        (ajar, "kms:Encrypt", "proved"),
        (ajar, "kms:Decrypt", "request"),
    ):
        question = Question(asks, {}, on(key, actions=(action,)), gates=(gate,))
        assert Prover().answer(question) == expected


@pytest.mark.parametrize(
    ("operator", "key", "values", "given", "expected"),
    [
        ("StringEquals", "aws:PrincipalTag/team", ("",), AnyBut(("a",)), True),
        ("StringNotEquals", "aws:PrincipalTag/team", ("a", "b"), ("b",), False),
        ("StringEqualsIgnoreCase", "aws:PrincipalTag/team", ("Ab",), ("aB",), True),
        ("ForAnyValue:StringEqualsIfExists", "aws:CalledVia", ("a",), (), False),
        ("ForAllValues:StringEquals", "aws:CalledVia", ("a",), (), True),
        ("ForAllValues:StringEquals", "aws:CalledVia", ("a",), ("a", "b"), False),
        ("ForAnyValue:StringNotEquals", "aws:CalledVia", ("a",), ("a", "b"), True),
        # Such a key requires a set operator; what happens without is not documented.
        ("StringEquals", "aws:CalledVia", ("a",), ("a", "b"), True),
        ("StringNotEquals", "aws:CalledVia", ("a",), ("a", "b"), True),
        ("Null", "aws:CurrentTime", ("true",), AnyBut(), False),
        ("NumericLessThan", "aws:MultiFactorAuthAge", ("300",), ("300.0",), False),
        ("DateEquals", "aws:CurrentTime", ("1793491200",), ("2026-11-01T01:00:00+01:00",), True),
        ("IpAddress", "aws:SourceIp", ("203.0.113.0/25",), ("203.0.113.128",), False),
        ("NotIpAddress", "aws:SourceIp", ("0.0.0.0/0",), ("2001:db8::7",), True),
        ("ArnLike", "aws:SourceArn", ("arn:aws:s*:*:*:t",), ("arn:aws:sns:x:1:t",), True),
        ("ArnLike", "aws:SourceArn", ("arn:aws:*:t",), ("arn:aws:sns:x:1:t",), True),
        ("ArnNotLike", "aws:SourceArn", ("arn:aws:*:t",), ("arn:aws:sns:x:1:t",), True),
    ],
)
def test_conditions_are_read_as_the_pages_say(
    operator: str, key: str, values: tuple[str, ...], given: Given, expected: bool
) -> None:
    assert Prover().allows([Condition(operator, key, values)], [], {key: given}) is expected


@pytest.mark.slow
def test_both_provers_agree_on_random_conditions() -> None:
    differ = [
        case
        for case in islice(cases(seed=6), 3_000)
        if (gate := case.gate_holds()) != case.z3_holds(explanations.pages_only())
        and not explanations.of_case(case, gate)
    ]
    assert differ == []


@pytest.mark.slow
def test_both_provers_agree_on_every_mode_and_a_sample_of_changes() -> None:
    whole = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        for block, stack in synthesize(Path(folder)):
            whole.add(
                compare(block, stack, every=199, first=random.Random(block.title).randrange(199))
            )
    assert [str(one) for one in whole.unexplained] == []
    assert whole.held > 1_000
    assert whole.broken > 100
