"""Whether a statement allows what a claim forbids, as patterns and against the decider."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena_gate.modules.iam.claims import AnyBut, Given, Requests, When
from athena_gate.modules.iam.decide import Caller, Policies, Request, decide
from athena_gate.modules.iam.inclusion import (
    Region,
    asks,
    escaped,
    example,
)
from athena_gate.modules.iam.intersection import arn_intersection, intersection
from athena_gate.modules.iam.patterns import PatternsTooComplex, matches
from athena_gate.modules.iam.policy import Condition, Policy, Statement
from tests.conftest import tries

LAKE = "arn:aws:s3:::acme-lake"
USER = Caller.of("arn:aws:iam::111122223333:user/dot")
VIA_ATHENA = Condition("ForAnyValue:StringEquals", "aws:CalledVia", ("athena.amazonaws.com",))
DIRECT: When = {"aws:CalledVia": AnyBut(("athena.amazonaws.com",))}


def allow(
    *actions: str, on: tuple[str, ...] = ("*",), when: tuple[Condition, ...] = ()
) -> Statement:
    return Statement("Allow", actions=actions, resources=on, conditions=when)


def deny(
    *actions: str, on: tuple[str, ...] = ("*",), when: tuple[Condition, ...] = ()
) -> Statement:
    return Statement("Deny", actions=actions, resources=on, conditions=when)


def test_a_statement_within_what_is_left_out_is_proved() -> None:
    elsewhere = Requests(("s3:*",), but_resources=(LAKE, f"{LAKE}/*"))
    assert escaped([elsewhere], {}, allow("s3:GetObject", on=(f"{LAKE}/sales/*",)), []) is None


def test_a_statement_beyond_it_has_an_example() -> None:
    elsewhere = Requests(("s3:*",), but_resources=(f"{LAKE}/sales/*",))
    left = escaped([elsewhere], {}, allow("s3:Get*", on=(f"{LAKE}/sal*",)), [])
    assert left == Region("s3:get*", (), f"{LAKE}/sal*", (f"{LAKE}/sales/*",))
    assert example(left) == ("s3:get", f"{LAKE}/salx")


def test_actions_have_no_case() -> None:
    assert escaped([Requests(("S3:putobject",))], {}, allow("s3:PutOBJECT"), []) is not None
    assert (
        escaped([Requests(("s3:*",), but_actions=("S3:GET*",))], {}, allow("s3:get*"), []) is None
    )


def test_actions_and_resources_that_only_overlap_are_found() -> None:
    writes = Requests(("s3:*Object",), resources=(f"{LAKE}/*",), but_actions=("s3:GetObject",))
    left = escaped([writes], {}, allow("s3:Put*", on=("arn:aws:s3:::*/sales",)), [])
    assert left == Region("s3:put*object", ("s3:getobject",), f"{LAKE}/*/sales", ()) or left == (
        Region("s3:put*object", ("s3:getobject",), f"{LAKE}/sales", ())
    )


def test_an_action_on_a_type_of_resource_it_does_not_work_on_is_left_out() -> None:
    reads = Requests(("s3:*",), resources=(f"{LAKE}/*",), but_actions=("s3:GetObject",))
    assert escaped([reads], {}, allow("s3:ListBucket", on=(f"{LAKE}/*",)), []) is None


def test_a_star_that_ends_a_segment_reaches_an_object_with_colons_in_its_key() -> None:
    mistaken = allow("s3:GetObject", on=("arn:aws:s3:*:*:acme-lake",))
    secret = "arn:aws:s3:::secret/y:z:acme-lake"
    asked = Request(USER, "s3:GetObject", secret, "111122223333")
    assert decide(asked, Policies((Policy((mistaken,)),))).answer == "allowed"
    found = escaped([Requests(("s3:*",))], {}, mistaken, [])
    assert found == Region("s3:getobject", (), "arn:aws:s3:*:*:acme-lake", ())


def test_a_star_that_ends_a_segment_reaches_over_an_account_that_was_forgotten() -> None:
    mistaken = allow("lambda:InvokeFunction", on=("arn:aws:lambda:*:function:f:*",))
    function = "arn:aws:lambda:eu-central-1:111122223333:function:f:prod"
    asked = Request(USER, "lambda:InvokeFunction", function, "111122223333")
    assert decide(asked, Policies((Policy((mistaken,)),))).answer == "allowed"
    assert escaped([Requests(("lambda:*",))], {}, mistaken, []) is not None


def test_an_action_is_asked_of_what_a_star_has_reached_and_not_of_the_type_it_was_written_for() -> (
    None
):
    objects = [Requests(("s3:*",), resources=(f"{LAKE}/*",))]
    point = "arn:aws:s3:*:111122223333:accesspoint/sales"
    assert escaped(objects, {}, allow("s3:ListBucket", on=(point,)), []) is None
    left = escaped(objects, {}, allow("s3:DeleteObject", on=(point,)), [])
    assert left == Region("s3:deleteobject", (), f"{LAKE}/*:111122223333:accesspoint/sales", ())


def test_a_condition_that_contradicts_the_claim_proves_it() -> None:
    anything = [Requests(("s3:*",))]
    assert escaped(anything, DIRECT, allow("s3:GetObject", when=(VIA_ATHENA,)), []) is None
    assert escaped(anything, {}, allow("s3:GetObject", when=(VIA_ATHENA,)), []) is not None
    assert escaped(anything, DIRECT, allow("s3:GetObject"), []) is not None


def test_a_deny_that_is_certain_proves_it() -> None:
    outside: When = {"aws:SourceIp": AnyBut(("192.0.2.0/24",)), "aws:ViaAWSService": ("false",)}
    denied = deny(
        "*",
        when=(
            Condition("NotIpAddress", "aws:SourceIp", ("192.0.2.0/24",)),
            Condition("Bool", "aws:ViaAWSService", ("false",)),
        ),
    )
    assert escaped([Requests(("*",))], outside, allow("*"), [denied]) is None
    assert escaped([Requests(("*",))], {}, allow("*"), [denied]) is not None


def test_several_denies_together_prove_it() -> None:
    denies = [
        deny("s3:Put*", "s3:Delete*"),
        Statement("Deny", not_actions=("s3:P*", "s3:D*", "s3:Get*")),
        Statement("Deny", actions=("s3:P*", "s3:D*"), not_resources=(f"{LAKE}/*",)),
        deny("s3:*", on=("arn:aws:s3:::acme-*",)),
    ]
    writes = [Requests(("s3:*",), but_actions=("s3:Get*",))]
    assert escaped(writes, {}, allow("s3:*"), denies) is None
    left = escaped(writes, {}, allow("s3:*"), [denies[0], denies[2], denies[3]])
    assert left is not None
    found = example(left)
    assert found is not None
    assert not found[0].startswith(("s3:put", "s3:delete", "s3:get"))
    assert not found[1].startswith("arn:aws:s3:::acme-")


def test_a_deny_with_a_variable_is_not_counted_on() -> None:
    denied = deny("s3:*", on=("arn:aws:s3:::${aws:username}*",))
    own = Statement("Deny", actions=("s3:*",), not_resources=("arn:aws:s3:::${aws:username}/*",))
    home = [Requests(("s3:*",))]
    assert escaped(home, {}, allow("s3:GetObject", on=("arn:aws:s3:::x/*",)), [denied]) is not None
    assert escaped(home, {}, allow("s3:GetObject", on=("arn:aws:s3:::x/*",)), [own]) is not None


def test_a_variable_in_an_allow_can_be_anything() -> None:
    homes = allow("s3:GetObject", on=("arn:aws:s3:::homes/${aws:username}/*",))
    assert escaped([Requests(("s3:*",), (f"{LAKE}/*",))], {}, homes, []) is None
    assert escaped([Requests(("s3:*",), ("arn:aws:s3:::homes/x/*",))], {}, homes, []) is not None


def test_an_allow_with_not_action_allows_everything_else() -> None:
    statement = Statement("Allow", not_actions=("s3:*", "iam:*"), resources=("*",))
    assert escaped([Requests(("iam:*", "s3:*"))], {}, statement, []) is None
    assert escaped([Requests(("*",))], {}, statement, []) is not None


def test_an_allow_with_not_resource_allows_everywhere_else() -> None:
    statement = Statement("Allow", actions=("s3:GetObject",), not_resources=(f"{LAKE}/*",))
    assert escaped([Requests(("s3:*",), (f"{LAKE}/sales/*",))], {}, statement, []) is None
    assert escaped([Requests(("s3:*",), ("arn:aws:s3:::acme*",))], {}, statement, []) is not None


def test_what_a_claim_asks_for_can_be_told_of_one_request() -> None:
    some = [Requests(("s3:*",), (f"{LAKE}/*",), ("s3:GetObject",), (f"{LAKE}/sales/*",))]
    assert asks(some, "s3:PutObject", f"{LAKE}/x")
    assert not asks(some, "s3:GetObject", f"{LAKE}/x")
    assert not asks(some, "s3:PutObject", f"{LAKE}/sales/x")
    assert not asks(some, "s3:PutObject", "arn:aws:s3:::other/x")


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [
        ("s3:*", "s3:Get*", ("s3:Get*",)),
        ("*", "x", ("x",)),
        ("a*", "b*", ()),
        ("a*c", "ab*", ("ab*c",)),
        ("a?c", "*b*", ("abc",)),
        ("*a", "a*", ("a", "a*a")),
    ],
)
def test_an_intersection_is_a_union_of_patterns(a: str, b: str, both: tuple[str, ...]) -> None:
    assert (intersection(a, b), intersection(b, a)) == (both, both)


def test_an_intersection_of_arns_is_taken_segment_by_segment() -> None:
    assert arn_intersection("arn:aws:s3:::*/sales", f"{LAKE}/*") == (
        f"{LAKE}/*/sales",
        f"{LAKE}/sales",
    )
    # The star of the region may be part of the name too.
    wide, narrow = "arn:aws:glue:*:1:table/*/t", "arn:aws:glue:eu-central-1:1:table/sales/*"
    assert arn_intersection(wide, narrow) == arn_intersection(narrow, wide)
    assert arn_intersection(wide, narrow) == (
        "arn:aws:glue:eu-central-1:1:table/sales/*/t",
        "arn:aws:glue:eu-central-1:1:table/sales/t",
        "arn:aws:glue:eu-central-1:1:table/sales/*:1:table/*/t",
    )
    # Where both have such a star, nothing is cut away.
    assert arn_intersection(wide, "arn:aws:glue:*:1:*/sales/*") == (wide,)
    # Nor where it takes too long.
    long, longer = "*a" * 80 + "*", "*b" * 80 + "*"
    wide, narrow = f"arn:aws:s3:*:1:{long}", f"arn:aws:s3:::{longer}"
    assert arn_intersection(wide, narrow) == (wide,)
    with pytest.raises(PatternsTooComplex):
        arn_intersection(f"arn:aws:s3:::{long}", narrow)
    assert arn_intersection(LAKE, f"{LAKE}/*") == ()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("*a" * 40 + "x*", "x*" + "b*" * 40),
        ("*a*" * 200, "*b*" * 200 + "c"),
    ],
)
def test_patterns_made_to_explode_are_refused(a: str, b: str) -> None:
    with pytest.raises(PatternsTooComplex):
        intersection(a, b)


PATTERNS = st.text("ab*?", max_size=5)
TEXTS = st.text("ab", max_size=6)


@settings(max_examples=tries(200), deadline=None)
@given(PATTERNS, PATTERNS, TEXTS)
def test_an_intersection_matches_what_both_match(a: str, b: str, text: str) -> None:
    both = any(matches(pattern, text) for pattern in intersection(a, b))
    assert both == (matches(a, text) and matches(b, text))


ACTIONS = st.lists(
    st.sampled_from(["*", "x:*", "x:a*", "x:*b", "x:ab", "y:*"]), min_size=1, max_size=2
).map(tuple)
RESOURCES = st.lists(
    st.sampled_from(["*", "arn:aws:x:::*", "arn:aws:x:::a*", "arn:aws:x:::*b", "arn:aws:x:::?b"]),
    min_size=1,
    max_size=2,
).map(tuple)
CONDITIONS = st.lists(
    st.sampled_from(
        [
            Condition("StringEquals", "k", ("a",)),
            Condition("StringNotEquals", "k", ("a",)),
            Condition("StringLike", "k", ("a*", "b")),
            Condition("StringEqualsIfExists", "k", ("b",)),
            Condition("ForAnyValue:StringEquals", "k", ("a",)),
            Condition("ForAllValues:StringEquals", "k", ("a", "b")),
            Condition("ForAnyValue:StringLike", "k", ("*",)),
            Condition("Null", "k", ("true",)),
            Condition("Bool", "l", ("false",)),
        ]
    ),
    max_size=2,
).map(tuple)
GIVEN = st.sampled_from([AnyBut(), AnyBut(("a",)), AnyBut(("a*",)), ("a",), ("b",), ()])
ALLOWS = st.builds(
    Statement,
    effect=st.just("Allow"),
    actions=ACTIONS,
    resources=RESOURCES,
    conditions=CONDITIONS,
) | st.builds(
    Statement,
    effect=st.just("Allow"),
    not_actions=ACTIONS,
    not_resources=RESOURCES,
    conditions=CONDITIONS,
)
DENIES = st.lists(
    st.builds(
        Statement,
        effect=st.just("Deny"),
        actions=ACTIONS,
        resources=RESOURCES,
        conditions=st.just(()) | CONDITIONS,
    )
    | st.builds(Statement, effect=st.just("Deny"), not_actions=ACTIONS, not_resources=RESOURCES),
    max_size=3,
)
CLAIMS = st.builds(
    Requests,
    actions=ACTIONS,
    resources=RESOURCES,
    but_actions=st.just(()) | ACTIONS,
    but_resources=st.just(()) | RESOURCES,
)
REQUESTS = [
    Request(
        USER,
        action,
        f"arn:aws:x:::{name}",
        "111122223333",
        {key: (value,) for key, value in (("k", k), ("l", l)) if value},
    )
    for action in ("x:ab", "x:ba", "y:a")
    for name in ("ab", "ba", "b")
    for k in ("", "a", "ab", "b", "c")
    for l in ("", "false")  # noqa: E741
]


def agrees(request: Request, when: Given) -> bool:
    """Return whether the key k of ``request`` is as ``when`` has it."""
    values = request.context.get("k", ())
    if isinstance(when, AnyBut):
        return not any(matches(but, value) for but in when.values for value in values)
    return when == values


@settings(max_examples=tries(300), deadline=None)
@given(ALLOWS, DENIES, CLAIMS, GIVEN)
def test_what_is_proved_is_never_allowed(
    statement: Statement, denies: list[Statement], claim: Requests, when: Given
) -> None:
    """The proof against the decider: of the requests that it forbids, AWS would allow none."""
    if escaped([claim], {"k": when}, statement, denies) is not None:
        return
    policies = Policies((Policy((statement, *denies)),))
    forbidden = [
        request
        for request in REQUESTS
        if agrees(request, when) and asks([claim], request.action, request.resource)
    ]
    assert [r for r in forbidden if decide(r, policies).answer == "allowed"] == []
