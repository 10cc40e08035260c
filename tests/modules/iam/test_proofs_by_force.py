"""Proofs about conditions against the decider: whatever is proved, AWS denies every request that
can be drawn from the borders of what the policies name."""

import random

import pytest

from development.random_conditions import attack, question
from modules.iam.claims import AnyBut, Requests, When
from modules.iam.inclusion import escaped
from modules.iam.policy import Condition, Statement
from tests.conftest import tries

ATHENA = "athena.amazonaws.com"


def proved(
    allow: tuple[Condition, ...] = (),
    denies: tuple[tuple[Condition, ...], ...] = (),
    when: When | None = None,
) -> bool:
    """Return whether nothing is allowed by an Allow and Denies of everything with these
    conditions."""
    everything = Statement("Allow", ("*",), ("*",), conditions=allow)
    left = [Statement("Deny", ("*",), ("*",), conditions=conditions) for conditions in denies]
    return escaped([Requests(("*",))], when or {}, everything, left) is None


@pytest.mark.parametrize(
    ("allow", "denies", "when"),
    [
        # The empty text is a value.
        ((Condition("StringEquals", "k:x", ("",)),), (), {}),
        # Addresses beside those that a policy names, also beside the documentation's.
        ((), ((Condition("IpAddressIfExists", "aws:SourceIp", ("0.0.0.0/0",)),),), {}),
        (
            (),
            (
                (
                    Condition(
                        "IpAddressIfExists",
                        "aws:SourceIp",
                        ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"),
                    ),
                ),
            ),
            {},
        ),
        ((), ((Condition("IpAddressIfExists", "aws:SourceIp", ("0.0.0.0/0", "::/1")),),), {}),
        # Spellings between upper and lower case.
        (
            (Condition("StringEqualsIgnoreCase", "k:x", ("athena",)),),
            (),
            {"k:x": AnyBut(("athena", "ATHENA"))},
        ),
        # Several values, of which a plain operator says nothing.
        (
            (),
            ((Condition("StringNotEquals", "aws:CalledVia", (ATHENA,)),),),
            {"aws:CalledVia": AnyBut((ATHENA,))},
        ),
        # Several values, each for one condition.
        (
            (
                Condition("ForAnyValue:StringEquals", "aws:TagKeys", ("a",)),
                Condition("ForAnyValue:StringEquals", "aws:TagKeys", ("b",)),
            ),
            (),
            {},
        ),
        # ForAnyValue never holds without its key.
        (
            (),
            ((Condition("ForAnyValue:StringNotEqualsIfExists", "aws:TagKeys", ("x",)),),),
            {"aws:TagKeys": AnyBut(("x",))},
        ),
        # In version 2008-10-17 this is a text of four letters.
        ((), ((Condition("StringEquals", "k:x", ("${$}",)),),), {"k:x": ("$",)}),
        # Between two numbers lie others.
        (
            (),
            (
                (Condition("NumericLessThanEquals", "aws:MultiFactorAuthAge", ("5",)),),
                (Condition("NumericGreaterThanEqualsIfExists", "aws:MultiFactorAuthAge", ("6",)),),
            ),
            {},
        ),
    ],
)
def test_what_some_value_escapes_is_not_proved(
    allow: tuple[Condition, ...], denies: tuple[tuple[Condition, ...], ...], when: When
) -> None:
    assert not proved(allow, denies, when)


@pytest.mark.parametrize(
    ("allow", "denies", "when"),
    [
        # Two conditions on one key that contradict each other.
        (
            (
                Condition("StringEquals", "aws:PrincipalTag/t", ("a",)),
                Condition("StringNotLike", "aws:PrincipalTag/t", ("a*",)),
            ),
            (),
            {},
        ),
        (
            (
                Condition("NumericGreaterThan", "aws:MultiFactorAuthAge", ("5",)),
                Condition("NumericLessThanEquals", "aws:MultiFactorAuthAge", ("5",)),
            ),
            (),
            {},
        ),
        # Denies that cover everything together.
        (
            (),
            (
                (Condition("Bool", "aws:SecureTransport", ("true",)),),
                (Condition("Bool", "aws:SecureTransport", ("false",)),),
            ),
            {},
        ),
        (
            (),
            (
                (Condition("IpAddress", "aws:SourceIp", ("0.0.0.0/1", "::/0")),),
                (Condition("IpAddressIfExists", "aws:SourceIp", ("128.0.0.0/1",)),),
            ),
            {},
        ),
        # AWS sends it with every request.
        ((Condition("Null", "aws:CurrentTime", ("true",)),), (), {}),
        (
            (),
            (
                (Condition("DateLessThan", "aws:CurrentTime", ("2026-11-01",)),),
                (Condition("DateGreaterThanEquals", "aws:CurrentTime", ("2026-11-01",)),),
            ),
            {},
        ),
        # ForAnyValue is never met without its key.
        (
            (Condition("ForAnyValue:StringLikeIfExists", "aws:TagKeys", ("*",)),),
            (),
            {"aws:TagKeys": ()},
        ),
        ((Condition("ArnLike", "aws:SourceArn", ("arn:*:a",)),), (), {}),
    ],
)
def test_what_no_value_escapes_is_proved(
    allow: tuple[Condition, ...], denies: tuple[tuple[Condition, ...], ...], when: When
) -> None:
    assert proved(allow, denies, when)


# More of them: python -m development.random_conditions.
@pytest.mark.parametrize("seed", range(4))
def test_no_proof_falls_to_a_request_from_the_borders(seed: int) -> None:
    rng = random.Random(f"force {seed}")
    found = [attack(rng, question(rng), 25) for _ in range(tries(500))]
    assert [wrong for _, wrong in found if wrong] == []
    assert {name for name, _ in found} >= {"proved", "escapes"}
