"""Proofs about conditions against the decider: whatever is proved, AWS denies every request that
can be drawn from the borders of what the policies name."""

import random
import sys

import pytest

from athena_gate.modules.iam.claims import AnyBut, Requests, When
from athena_gate.modules.iam.inclusion import escaped
from athena_gate.modules.iam.policy import Condition, Statement
from athena_gate.modules.iam.value_classes import BEYOND_ASCII
from development.random_conditions import attack, question
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


@pytest.mark.slow
def test_every_letter_that_may_be_ascii_in_another_case_is_known() -> None:
    found: dict[str, set[str]] = {"i": {"\u0130"}}
    for letter in map(chr, range(128, sys.maxunicode + 1)):
        for other in (letter.lower(), letter.upper(), letter.casefold()):
            if other.isascii():
                found.setdefault(other.lower(), set()).add(letter)
    assert {word: set(letters) for word, letters in BEYOND_ASCII.items()} == found


@pytest.mark.parametrize(
    ("allow", "denies", "when"),
    [
        # What no page says: fewer components of an ARN, other spellings of a boolean, an IPv6
        # address without a prefix, bits beyond a prefix, what an address is as a text, whether a
        # letter beyond ASCII is one in another case.
        ((Condition("ArnLike", "aws:SourceArn", ("arn:aws:sns:*",)),), (), {}),
        ((), ((Condition("ArnLikeIfExists", "aws:SourceArn", ("*",)),),), {}),
        ((), ((Condition("ArnNotLike", "aws:SourceArn", ("arn:*",)),),), {}),
        (
            (Condition("Bool", "aws:SecureTransport", ("True",)),),
            (),
            {"aws:SecureTransport": ("false",)},
        ),
        ((Condition("Null", "aws:SourceArn", ("True",)),), (), {"aws:SourceArn": ("x",)}),
        (
            (Condition("IpAddress", "aws:SourceIp", ("2001:db8::7",)),),
            (),
            {"aws:SourceIp": AnyBut(("2001:db8::7/128",))},
        ),
        (
            (),
            ((Condition("IpAddress", "aws:SourceIp", ("203.0.113.7/24",)),),),
            {"aws:SourceIp": ("203.0.113.9",)},
        ),
        (
            (Condition("StringEquals", "aws:SourceIp", ("203.0.113.7",)),),
            (),
            {"aws:SourceIp": ("203.0.113.8",)},
        ),
        (
            (Condition("NumericEquals", "aws:MultiFactorAuthAge", ("300",)),),
            (),
            {"aws:MultiFactorAuthAge": AnyBut(("300",))},
        ),
        (
            (Condition("StringEqualsIgnoreCase", "k:x", ("ss",)),),
            (),
            {"k:x": AnyBut(("s*", "S*"))},
        ),
        ((Condition("BinaryEquals", "k:x", ("QR==",)),), (), {"k:x": ("QQ==",)}),
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
