"""Access that ends on a day: the policies say so, the claims prove it, and it is told before."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from athena_gate.gate.parity import parity
from athena_gate.gate.stack.reader import read_content
from athena_gate.modules import clock, until
from athena_gate.modules.access.claims import never
from athena_gate.modules.access.policies import access, remarks, trust
from athena_gate.modules.findings import Remark
from athena_gate.modules.iam.attached import AttachedPolicies, Document, Identity
from athena_gate.modules.iam.claims import Never, Requests, Since
from athena_gate.modules.iam.policy import Condition, Policy, Statement
from athena_gate.modules.iam.proof import prove_never
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.backends import LocalBackend
from athena_gate.stacks.configuration import load
from development.examples import text
from tests.conftest import ACCOUNT, Project
from tests.gate.stack.written import written
from tests.modules.access.vendors import vendor

DAY = "2027-03-31"
END = "2027-04-01T00:00:00Z"
DENY = Statement(
    "Deny",
    sid="DenyAfterTheLastDay",
    why="Access ends with 2027-03-31, whether or not anybody deploys.",
    actions=("*",),
    resources=("*",),
    conditions=(Condition("DateGreaterThanEquals", "aws:CurrentTime", (END,)),),
)
ENDS = Condition("DateLessThan", "aws:CurrentTime", (END,))
ROLE: dict[str, Any] = {"keys": None, "runs_on": {"role_name": "nodes"}}
TRUSTED: dict[str, Any] = {
    "keys": None,
    "trusted": {"principals": ("arn:aws:iam::111122223333:role/bi",), "external_id": "x-1"},
}


@pytest.mark.parametrize("grants", ["least_privilege", "documented", "full_access"])
def test_a_user_can_do_nothing_after_the_last_day(grants: str) -> None:
    with_end, without = vendor("dot", grants=grants, until=DAY), vendor("dot", grants=grants)
    assert access(with_end) == Policy((*access(without).statements, DENY))


def test_a_role_is_taken_by_nobody_and_its_sessions_end_too() -> None:
    with_end, without = vendor("superset", until=DAY, **TRUSTED), vendor("superset", **TRUSTED)
    assert access(with_end) == Policy((*access(without).statements, DENY))
    (one,) = trust(without).statements
    assert trust(with_end) == Policy((replace(one, conditions=(*one.conditions, ENDS)),))


def test_a_role_that_exists_keeps_what_others_grant_it() -> None:
    with_end, without = vendor("immuta", until=DAY, **ROLE), vendor("immuta", **ROLE)
    assert access(with_end) == Policy(
        tuple(
            replace(one, conditions=(*one.conditions, ENDS)) for one in access(without).statements
        )
    )


def attached(policy: Policy, arn: str) -> AttachedPolicies:
    documents = (Document("aws_iam_policy.access", "managed", policy),)
    user = Identity("aws_iam_user.user", "user", "ann", arn, "111122223333", policies=documents)
    return AttachedPolicies(("111122223333",), ("eu-central-1",), (user,), ())


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (DENY.conditions[0], True),
        (Condition("DateGreaterThan", "aws:CurrentTime", (END,)), False),
        (Condition("DateGreaterThanEquals", "aws:CurrentTime", ("2027-04-01T00:00:01Z",)), False),
        (Condition("DateEquals", "aws:CurrentTime", (END,)), False),
        (Condition("DateGreaterThanEquals", "aws:EpochTime", (END,)), False),
        (Condition("DateGreaterThanEquals", "aws:CurrentTime", ("2027-01-01",)), True),
    ],
)
def test_it_is_proved_for_every_moment_from_then_on(condition: Condition, holds: bool) -> None:
    arn = "arn:aws:iam::111122223333:user/ann"
    allow = Statement("Allow", actions=("s3:GetObject",), resources=("*",))
    deny = replace(DENY, conditions=(condition,))
    claim = Never("ends", "", arn, (Requests(("*",)),), {"aws:CurrentTime": Since(END)})
    assert prove_never(attached(Policy((allow, deny)), arn), claim).holds is holds
    dated = replace(allow, conditions=(ENDS,))
    assert prove_never(attached(Policy((dated,)), arn), claim).holds


def block_texts() -> dict[str, str]:
    """Return the accounts as ``""``, and each block of every mode by its name."""
    some = re.split(r'(?m)^(?=[a-z_]+ "\w+" \{)', text("aws"))
    heads = [one for one in some if one.startswith(("backend", "account"))]
    blocks = [one for one in some if one not in heads]
    return {"": "".join(heads)} | {one.split('"')[1]: one for one in blocks if '"' in one}


@pytest.mark.slow
def test_in_every_mode_all_that_is_made_or_given_ends(project: Project) -> None:
    head, *_ = texts = block_texts()
    goes_on = []
    for name in list(texts)[1:]:
        project.write(texts[head] + texts[name].replace("{", f'{{\n until = "{DAY}"', 1))
        try:
            (block,) = load(project.file).blocks
        except ConfigurationError as refused:
            goes_on.append(f"{name} {refused.mistakes[0].field}")
            continue
        stack = read_content(written(block, LocalBackend()), Path("cdk.tf.json"))
        for one in stack.identities:
            claim = Never("ends", "", one.arn, (Requests(("*",)),), {"aws:CurrentTime": Since(END)})
            assert prove_never(stack, claim).holds, (name, one.arn)
        goes_on += [
            f"{name} {place.kind} {statement.actions}"
            for place in stack.resource_policies
            for statement in place.policy.statements
            if statement.effect == "Allow" and ENDS not in statement.conditions
        ]
    # A function's policy takes no date, and its role ends; a key's own account stays its owner;
    # and until is refused where an application makes a role of its own.
    invoked = "function ('lambda:InvokeFunction',)"
    assert sorted(set(goes_on)) == [
        f"c0 {invoked}",
        f"c1 {invoked}",
        "c1 key ('kms:*',)",
        f"c2 {invoked}",
        "c5 until",
        "c6 until",
    ]


def test_the_counter_example_has_a_time() -> None:
    arn = "arn:aws:iam::111122223333:user/ann"
    allow = Statement("Allow", actions=("s3:GetObject",), resources=("*",))
    claim = Never("ends", "", arn, (Requests(("*",)),), {"aws:CurrentTime": Since(END)})
    (found,) = prove_never(attached(Policy((allow,)), arn), claim).failures
    assert found.context == {"aws:CurrentTime": ("2027-04-01T00:00:00Z",)}


def test_what_ends_is_claimed_once_of_the_holder_and_once_of_the_role() -> None:
    def said(settings: Any) -> list[tuple[str, str]]:
        return [(one.name, one.says) for one in never(settings) if "after" in one.says]

    ends, closes = ("ends", f"nothing after {DAY}"), ("closes", f"nobody after {DAY}")
    assert said(vendor("dot", until=DAY)) == [ends]
    assert said(vendor("immuta", until=DAY, **ROLE)) == [ends]
    assert said(vendor("superset", until=DAY, **TRUSTED)) == [ends, closes]
    assert said(vendor("dot")) == []


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ((2027, 2, 28), None),
        ((2027, 3, 1), "access ends with 2027-03-31, in 30 days; from then on AWS refuses it"),
        ((2027, 3, 31), "access ends with 2027-03-31, today; from then on AWS refuses it"),
        (
            (2027, 4, 1),
            "access has ended with 2027-03-31, AWS refuses all of it; delete the block and "
            "destroy its stack, or set a later day",
        ),
    ],
)
def test_the_end_is_told_thirty_days_before(
    today: tuple[int, int, int], expected: str | None
) -> None:
    with clock.at(date(*today)):
        found = [one for one in remarks(vendor("dot", until=DAY)) if one.field == "until"]
    code = "GATE226" if today > (2027, 3, 31) else "GATE632"
    assert found == ([] if expected is None else [Remark(code, "until", expected)])


def test_on_a_page_that_knows_no_end_it_is_an_explained_difference(project: Project) -> None:
    block = 'dbt "ci" {\n account = "analytics"\n mode = "documented"\n databases = ["d"]\n'
    project.write(f'{ACCOUNT}\n{block} until = "{DAY}"\n}}\n')
    (one,) = load(project.file).blocks
    found = parity(one)
    assert (found.unexplained, sorted(found.counts)) == (0, ["added", "narrower", "same"])


def test_the_last_day_is_whole() -> None:
    assert until.end("2027-12-31") == "2028-01-01T00:00:00Z"
    assert until.end("2028-02-28") == "2028-02-29T00:00:00Z"


def test_what_others_made_cannot_be_given_an_end() -> None:
    with pytest.raises(ValidationError) as refused:
        vendor("redash", grants="documented", until=DAY, **ROLE)
    assert (
        "until: no date goes into service-role/AWSQuicksightAthenaAccess, and a Deny would take "
        "the role 'nodes' everything else it may; remove until, or grant least_privilege"
    ) in str(refused.value)


def test_the_last_day_is_a_day() -> None:
    with pytest.raises(ValidationError) as caught:
        vendor("dot", until="March")
    assert "'March' is not valid; allowed: a day" in str(caught.value)


def test_grants_that_have_no_date_are_not_left_with_a_role_that_goes_on() -> None:
    with pytest.raises(ValidationError) as refused:
        vendor("immuta", until=DAY, lake_formation={}, **ROLE)
    assert (
        "until: grants of Lake Formation have no date, and the role 'nodes' would keep them, for "
        "whatever else lets it query; remove until, or set grants = false in lake_formation and "
        "have them taken back that day"
    ) in str(refused.value)
    assert vendor("immuta", until=DAY, lake_formation={"grants": False}, **ROLE)
    # Everything is denied to one that is made here, Lake Formation's data too.
    assert DENY in access(vendor("superset", until=DAY, lake_formation={}, **TRUSTED)).statements


def test_what_a_wide_page_can_leave_behind_is_said() -> None:
    def wide(**more: str) -> str:
        found = remarks(vendor("dot", grants="full_access", **more))
        (text,) = (one.text for one in found if one.code == "GATE605")
        return text

    later = "; what is set up with them for other roles or accounts goes on after until"
    assert wide(until=DAY) == f"{wide()}{later}"
