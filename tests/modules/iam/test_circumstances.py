"""Conditions of which only some values are known."""

import pytest

from athena_gate.modules.iam.circumstances import candidates, certain, circumstances
from athena_gate.modules.iam.claims import AnyBut, Given, When
from athena_gate.modules.iam.policy import Condition

VENDOR = ("3.229.110.216/32", "3.122.135.165/32")
ATHENA = "athena.amazonaws.com"


def condition(operator: str, *values: str, key: str = "aws:PrincipalTag/k") -> Condition:
    return Condition(operator, "aws:SourceIp" if "IpAddress" in operator else key, values)


def satisfiable(one: Condition, given: Given) -> bool:
    """Return whether some value that ``given`` allows may meet ``one``."""
    return bool(circumstances([one], [], {one.key: given}))


@pytest.mark.parametrize(
    ("given", "one"),
    [
        (AnyBut(), condition("StringEquals", "x")),
        (AnyBut(), condition("StringLike", "*")),
        (AnyBut(), condition("ForAnyValue:StringLike", "*")),
        (AnyBut(), condition("Null", "true")),
        (AnyBut(), condition("NumericLessThan", "5")),
        (AnyBut(), condition("DateGreaterThan", "2026-01-01T00:00:00Z")),
        (AnyBut(), condition("IpAddress", "10.0.0.0/8")),
        (AnyBut(), condition("ArnLike", "arn:aws:iam::*:role/x")),
        (AnyBut((ATHENA,)), condition("ForAnyValue:StringEquals", ATHENA, "glue.amazonaws.com")),
        (AnyBut((ATHENA,)), condition("ForAllValues:StringEquals", ATHENA)),
        (AnyBut((ATHENA,)), condition("StringEqualsIfExists", ATHENA)),
        (AnyBut((ATHENA,)), condition("StringLike", "a*")),
        (AnyBut((ATHENA,)), condition("StringEqualsIgnoreCase", ATHENA)),
        (AnyBut(VENDOR), condition("IpAddress", "3.229.110.0/24")),
        (AnyBut(("sales/*",)), condition("StringLike", "sal*")),
        (("false",), condition("Bool", "false")),
        ((), condition("Null", "true")),
        # What a variable stands for is not known.
        (AnyBut(("x",)), condition("StringEquals", "${aws:username}")),
    ],
)
def test_a_condition_that_some_value_meets_is_satisfiable(given: Given, one: Condition) -> None:
    assert satisfiable(one, given)


@pytest.mark.parametrize(
    ("given", "one"),
    [
        (AnyBut((ATHENA,)), condition("ForAnyValue:StringEquals", ATHENA)),
        (AnyBut((ATHENA,)), condition("StringEquals", ATHENA)),
        (AnyBut(("sales/*",)), condition("StringLike", "sales/2026/*")),
        (AnyBut(VENDOR), condition("IpAddress", "3.229.110.216")),
        (AnyBut(("10.0.0.0/8",)), condition("IpAddress", "10.1.0.0/16", "10.2.0.0/16")),
        (("false",), condition("Bool", "true")),
        ((), condition("StringEquals", "x")),
        (("x",), condition("StringNotEquals", "x")),
    ],
)
def test_a_condition_that_contradicts_what_is_given_is_not(given: Given, one: Condition) -> None:
    assert not satisfiable(one, given)


@pytest.mark.parametrize(
    ("given", "one"),
    [
        (AnyBut(VENDOR), condition("NotIpAddress", *VENDOR)),
        (AnyBut(VENDOR), condition("NotIpAddress", VENDOR[0])),
        (AnyBut(("10.0.0.0/8",)), condition("NotIpAddress", "10.1.0.0/16")),
        (AnyBut((ATHENA,)), condition("StringNotEquals", ATHENA)),
        (("false",), condition("Bool", "false")),
        ((), condition("Null", "true")),
        ((), condition("StringEqualsIfExists", "x")),
    ],
)
def test_a_condition_that_every_value_meets_is_certain(given: Given, one: Condition) -> None:
    assert certain([one], {one.key.lower(): given})


@pytest.mark.parametrize(
    ("given", "one"),
    [
        (AnyBut(VENDOR), condition("NotIpAddress", *VENDOR, "198.51.100.0/24")),
        (AnyBut(VENDOR), condition("IpAddress", "0.0.0.0/0")),
        (AnyBut(), condition("StringLike", "*")),
        (AnyBut(), condition("Bool", "false")),
        (AnyBut(), condition("NumericGreaterThanIfExists", "0")),
        (("false",), condition("StringNotEquals", "${aws:username}")),
    ],
)
def test_a_condition_that_some_value_breaks_is_not_certain(given: Given, one: Condition) -> None:
    assert not certain([one], {one.key.lower(): given})


def test_all_conditions_have_to_be_certain() -> None:
    deny = [
        Condition("NotIpAddress", "aws:SourceIp", VENDOR),
        Condition("Bool", "aws:ViaAWSService", ("false",)),
    ]
    elsewhere: When = {"aws:sourceip": AnyBut(VENDOR), "aws:viaawsservice": ("false",)}
    assert certain(deny, elsewhere)
    assert not certain(deny, {"aws:sourceip": AnyBut(VENDOR)})


def test_candidates_are_the_classes_that_conditions_tell_apart() -> None:
    # No value and any other value are one class to this condition.
    assert candidates(AnyBut(), [condition("StringEquals", "sales")]) == ((), ("sales",))
    assert candidates(AnyBut(), [condition("StringNotLike", "sales*")]) == ((), ("sales",))
    assert candidates(("a", "b"), [condition("StringEquals", "sales")]) == (("a", "b"),)
    assert candidates(AnyBut(("10.0.0.0/8",)), [condition("IpAddress", "10.0.0.0/7")]) == (
        (),
        ("11.0.0.0",),
    )
