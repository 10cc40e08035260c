"""Seeded random conditions of an Allow, of a Deny beside it and of a claim, for both provers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from athena_gate.modules.iam.claims import AnyBut, Given, Requests
from athena_gate.modules.iam.inclusion import escaped
from athena_gate.modules.iam.patterns import PatternsTooComplex
from athena_gate.modules.iam.policy import Condition, Statement
from development.second_prover.keys import ALWAYS
from development.second_prover.prover import OutOfTime, Prover

_REQUESTS = (Requests(("s3:GetObject",)),)

_TEXTS = ("", "a", "b", "ab", "A", "a*", "*", "?", "a?", "*b", "a*b", "b*a", "${*}", "a${?}")
# With letters that have a case beyond ASCII, or may.
_WORDS = ("ss", "K", "fi", "i", "\u00e9a", "\u00c9A", "stra\u00dfe")
_VARIABLES = ("${aws:username}", "a${aws:PrincipalTag/team}", "${aws:PrincipalTag/team, 'a'}")
_NUMBERS = ("0", "-1", "299", "299.5", "300", "300.0", "301")
_DATES = (
    "2026-11-01",
    "2026-11-01T00:00:00Z",
    "2026-11-01T01:00:00+01:00",
    "2026-12",
    "1793491200",
)
_ADDRESSES = (
    "203.0.113.0/24",
    "203.0.113.0/25",
    "203.0.113.128/25",
    "203.0.113.7",
    "203.0.113.255/32",
    "0.0.0.0/0",
    "2001:db8::/32",
    "2001:db8::7/128",
    "::/0",
    # Without a prefix, and with bits beyond it.
    "2001:db8::7",
    "203.0.113.7/24",
)
_ARNS = (
    "arn:aws:sns:eu-central-1:111122223333:t",
    "arn:aws:sns:*:111122223333:*",
    "arn:aws:sns:eu-*:*:t",
    "arn:aws:sns:eu-central-1:111122223333:a:t",
    "arn:*:*:*:*:*",
    "arn:aws:s?s:*:*:a*",
    # With fewer than six components.
    "*",
    "arn:aws:sns:*",
    "arn:*:t",
)
_BOOLEANS = ("true", "false", "True", "FALSE")
# Bytes, one of which no encoder writes.
_BYTES = ("QQ==", "QUI=", "QR==")
_ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_STRINGS = ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
_OF_TEXTS = tuple(f"String{name}" for name in _STRINGS)
_OF_ARNS = tuple(f"Arn{name}" for name in ("Equals", "NotEquals", "Like", "NotLike"))
_OF_NUMBERS = tuple(f"Numeric{name}" for name in _ORDERS)
_OF_DATES = tuple(f"Date{name}" for name in _ORDERS)
_OF_ADDRESSES = ("IpAddress", "NotIpAddress")
# On keys that are no texts.
_A_FEW_TEXTS = ("StringEquals", "StringNotEquals", "StringLike", "ArnLike")


@dataclass(frozen=True, slots=True)
class _Key:
    """A condition key, the operators for it, texts that policies compare it with, and what a claim
    says of it."""

    name: str
    operators: tuple[str, ...]
    texts: tuple[str, ...]
    given: tuple[str, ...]
    several: bool = False


_KEYS = (
    _Key("aws:PrincipalTag/team", _OF_TEXTS, _TEXTS + _VARIABLES, ("a", "b", "ab", "A")),
    _Key("aws:username", _OF_TEXTS, _TEXTS, ("a", "b", "ab")),
    _Key("aws:UserAgent", _OF_TEXTS, _TEXTS, ("a", "b", "A")),
    _Key("aws:CalledVia", _OF_TEXTS, _TEXTS, ("a", "b", "ab"), several=True),
    _Key("aws:TagKeys", _OF_TEXTS, _TEXTS, ("a", "b", "A"), several=True),
    _Key("aws:SourceArn", _OF_ARNS, _ARNS, (_ARNS[0], _ARNS[3])),
    _Key("aws:username", _OF_TEXTS, _WORDS, ("ss", "fi", "k", "K", "\u212a", "\u00df")),
    _Key("aws:SecureTransport", ("Bool",), _BOOLEANS, _BOOLEANS[:2]),
    _Key("aws:MultiFactorAuthPresent", ("Bool",), _BOOLEANS, _BOOLEANS[:2]),
    _Key("aws:MultiFactorAuthAge", (*_OF_NUMBERS, *_A_FEW_TEXTS), _NUMBERS, _NUMBERS),
    _Key("aws:CurrentTime", (*_OF_DATES, *_A_FEW_TEXTS), _DATES, _DATES[1:3]),
    _Key("aws:TokenIssueTime", _OF_DATES, _DATES, _DATES[1:3]),
    _Key(
        "aws:SourceIp",
        (*_OF_ADDRESSES, *_OF_ADDRESSES, *_A_FEW_TEXTS),
        _ADDRESSES,
        ("203.0.113.7", "2001:db8::7", "2001:db8::8"),
    ),
    _Key("x:bytes", ("BinaryEquals",), _BYTES, _BYTES[:2]),
)


@dataclass(frozen=True, slots=True)
class Case:
    """The conditions of an Allow and of each Deny, and what a claim says of their keys."""

    allow: tuple[Condition, ...]
    denies: tuple[tuple[Condition, ...], ...]
    when: dict[str, Given]

    def gate_holds(self) -> bool:
        """Return whether the gate proves that nothing is allowed."""
        everything = partial(Statement, actions=("*",), resources=("*",))
        denies = [everything("Deny", conditions=one) for one in self.denies]
        allow = everything("Allow", conditions=self.allow)
        try:
            return escaped(_REQUESTS, self.when, allow, denies) is None
        except PatternsTooComplex:
            return False

    def z3_holds(self, prover: Prover) -> bool | None:
        """Return whether z3 proves that nothing is allowed; None when it does not come to an
        end."""
        try:
            return not prover.allows(self.allow, self.denies, self.when)
        except OutOfTime:
            return None


def cases(seed: int) -> Iterator[Case]:
    """Yield random cases, the same for one seed, without end."""
    rng = random.Random(seed)
    while True:
        keys = rng.sample(_KEYS, rng.choice((1, 1, 1, 2)))
        if len({key.name for key in keys}) < len(keys):
            continue
        some = partial(_condition, rng)
        yield Case(
            tuple(some(rng.choice(keys)) for _ in range(rng.choice((1, 1, 2)))),
            tuple(
                tuple(some(rng.choice(keys)) for _ in range(rng.choice((1, 1, 2))))
                for _ in range(rng.choice((0, 0, 1, 1, 2)))
            ),
            {key.name: given for key in keys if (given := _given(rng, key)) is not None},
        )


def _condition(rng: random.Random, key: _Key) -> Condition:
    if rng.random() < 0.1:
        # Seldom in a spelling that no page has.
        return Condition("Null", key.name, (rng.choice(_BOOLEANS),))
    operator = rng.choice(key.operators)
    if key.several and rng.random() < 0.9:
        operator = f"{rng.choice(('ForAnyValue', 'ForAllValues'))}:{operator}"
    if rng.random() < 0.25:
        operator += "IfExists"
    return Condition(operator, key.name, _some(rng, key.texts))


def _given(rng: random.Random, key: _Key) -> Given | None:
    chance = rng.random()
    if chance < 0.35:
        return None
    if chance < 0.45:
        # A claim on requests that cannot be would be proved of anything.
        return None if key.name.lower() in ALWAYS else ()
    if chance < 0.65:
        return _some(rng, key.given) if key.several else (rng.choice(key.given),)
    return AnyBut(_some(rng, key.texts if "Ip" in key.name else key.given))


def _some(rng: random.Random, texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rng.choices(texts, k=rng.choice((1, 1, 2, 3)))))
