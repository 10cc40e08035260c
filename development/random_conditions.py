"""Random statements with conditions, and requests from the borders of what they name, to attack
proofs with: ``python -m development.random_conditions --cases 200000 --seed 7``.

A proof is attacked by every request that can be drawn: AWS must deny each. Ends with 1 and prints
the case when one is not denied, and when an escape is no request that may be allowed.
"""

import argparse
import ipaddress
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from athena_gate.modules.iam.claims import AnyBut, Given, Requests
from athena_gate.modules.iam.condition_keys import condition_key
from athena_gate.modules.iam.conditions import OPERATORS
from athena_gate.modules.iam.decide import Caller, Policies, Request, decide
from athena_gate.modules.iam.inclusion import escapes, example
from athena_gate.modules.iam.patterns import PatternsTooComplex
from athena_gate.modules.iam.policy import Condition, Policy, Statement
from athena_gate.modules.iam.value_classes import is_one_of

USER = Caller.of("arn:aws:iam::111122223333:user/ann")
TABLE = "arn:aws:dynamodb:eu-central-1:111122223333:table/t"
TEXTS = [
    "",
    "a",
    "A",
    "b",
    "ab",
    "aB",
    "a*",
    "*",
    "?",
    "?*",
    "*b",
    "a?",
    "x",
    "5",
    "${v:a}",
    "${*}",
]
TEXTS += ["${v:a, 'b'}", "${v:a,'b'}", "a${?}", "kk", "ss", "fi"]
ARNS = ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/*", "arn:aws:iam::*:*", "*", "arn:*"]
ARNS += ["arn:aws:*:a", "arn:?ws:iam::1:role/a", "*:*:*:*:*:*", "arn:aws:sns:*:1:a:b"]
NUMBERS = ["0", "5", "5.0", "6", "-1", "5.5", "x", "10"]
DATES = ["2026-11-01", "2026-11-01T00:00:00Z", "2026-12", "1793491200", "1793491201", "x"]
RANGES = [
    "0.0.0.0/0",
    "::/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "10.0.0.0/8",
    "10.0.0.0/9",
    "10.128.0.0/9",
]
RANGES += [
    "203.0.113.0/24",
    "192.0.2.0/24",
    "198.51.100.0/24",
    "10.0.0.1",
    "2001:db8::/32",
    "8000::/1",
]
# Without a prefix, and with bits beyond it.
RANGES += ["::/1", "x", "2001:db8::7", "10.0.0.7/9"]
BYTES = ["QQ==", "QR==", "QUI=", "x"]
# Key -> kinds of conditions on it.
KEYS = {
    "aws:SecureTransport": ["Bool", "String"],
    "aws:RequestedRegion": ["String", "String", "Arn"],
    "aws:CurrentTime": ["Date", "Date", "String"],
    "aws:EpochTime": ["Numeric", "Date"],
    "aws:SourceIp": ["IpAddress", "IpAddress", "String"],
    "aws:PrincipalTag/team": ["String"],
    "aws:SourceArn": ["Arn", "Arn", "String"],
    "aws:MultiFactorAuthAge": ["Numeric", "Numeric", "String"],
    "aws:TagKeys": ["String"],
    "aws:CalledVia": ["String"],
    "s3:max-keys": ["Numeric", "String"],
    "s3:prefix": ["String"],
    "k:any": ["String", "Numeric", "Bool", "Date", "IpAddress", "Arn", "BinaryEquals"],
}
NAMED = {
    "String": TEXTS,
    "Arn": ARNS,
    "Numeric": NUMBERS,
    "Date": DATES,
    "IpAddress": RANGES,
    "Bool": ["true", "false", "True", "FALSE", "x"],
    "BinaryEquals": BYTES,
}


# Values in requests that no policy names, or that are of another kind.
OTHERS = ["", "a", "b", "ab", "aB", "B", "a*", "a?", "*", "${*}", "${v:a}", "K", "\u212ak", "5"]
OTHERS += ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b", "arn:aws:sns:x:y:a", "arn:aws:sns:a"]
OTHERS += ["arn:aws:sns:e:1:a:b", "arn:x", "arn::::::", "5.0", "true", "False", "QQ==", "QR=="]
OTHERS += ["\u00df", "\ufb01", "\u017fs", "f\u0131", "2001:db8::8"]
OTHERS += ["10.0.0.1", "::1", "2026-11-01T00:00:00Z", "2026"]


@dataclass(frozen=True)
class Question:
    """Whether ``allow`` allows anything in circumstances ``when`` that ``denies`` leave."""

    allow: Statement
    denies: tuple[Statement, ...]
    when: Mapping[str, Given]
    version: str


def question(rng: random.Random) -> Question:
    """Return a random question about one key or two."""
    keys = rng.sample(sorted(KEYS), rng.choice([1, 1, 1, 2]))

    def statement(effect: str, most: int) -> Statement:
        conditions = tuple(_condition(rng, rng.choice(keys)) for _ in range(rng.randint(0, most)))
        return Statement(
            "Allow" if effect == "Allow" else "Deny",
            ("dynamodb:GetItem",),
            ("*",),
            conditions=conditions,
        )

    when: dict[str, Given] = {}
    if rng.random() < 0.5:
        key = rng.choice(keys)
        named = NAMED[rng.choice(KEYS[key])]
        some = tuple(rng.sample(named, rng.choice([1, 1, 2])))
        when[key] = AnyBut(tuple(s for s in some if s and "$" not in s))
        if rng.random() < 0.2:
            values = [
                one
                for one in _pool(rng, key, [], bool(condition_key(key).several))
                if one or not _is_always(key)
            ]
            when[key] = rng.choice(values)
    return Question(
        statement("Allow", 3),
        tuple(statement("Deny", 2) for _ in range(rng.choice([0, 1, 1, 2, 3]))),
        when,
        rng.choice(["2012-10-17"] * 4 + ["2008-10-17"]),
    )


def _is_always(key: str) -> bool:
    return condition_key(key).sent == "every request"


def _condition(rng: random.Random, key: str) -> Condition:
    if rng.random() < 0.08:
        return Condition("Null", key, (rng.choice(["true", "false"] * 4 + ["True"]),))
    kind = rng.choice(KEYS[key])
    name = rng.choice([name for name in OPERATORS if kind in name and _starts(name, kind)])
    quantified = 0.7 if condition_key(key).several else 0.15
    before = rng.choice(["ForAllValues:", "ForAnyValue:"]) if rng.random() < quantified else ""
    after = "IfExists" if rng.random() < 0.3 else ""
    values = tuple(rng.sample(NAMED[kind], rng.choice([1, 1, 2, 3])))
    return Condition(f"{before}{name}{after}", key, values)


def _starts(name: str, kind: str) -> bool:
    return kind == "IpAddress" or name.startswith(kind)


def _pool(
    rng: random.Random, key: str, named: Sequence[str], several: bool
) -> list[tuple[str, ...]]:
    """Return values of ``key`` in a request: what is named, its neighbours, and others; also
    ``several`` together."""
    kind = condition_key(key).kind
    if kind == "boolean":
        singles = ["true", "false"]
    elif kind == "address":
        singles = [text for one in (*named, *RANGES) for text in _ends(one)]
    elif kind == "number":
        singles = ["-2", "-1", "-0.5", "0", "4.9", "5", "5.0", "5.2", "5.5", "5.7", "6", "7", "10"]
        singles += ["10.5"]
    elif kind == "date":
        singles = ["2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "2026-11-01T00:00:01Z"]
        singles += ["2026-11-15T00:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"]
        if key == "aws:EpochTime":
            singles = ["1793491199", "1793491200", "1793491201", "1799999999", "5", "6", "7", "4"]
    else:
        short = ("".join(rng.choices("aAbBxkK\u212a5", k=rng.randint(0, 3))) for _ in range(9))
        singles = [*named, *short, *OTHERS]
    found: list[tuple[str, ...]] = [(text,) for text in dict.fromkeys(singles)]
    if not _is_always(key):
        found.append(())
    if several:
        found += [tuple(rng.choices(singles, k=rng.choice([2, 2, 3]))) for _ in range(60)]
        found += [("a", "b"), ("a", "a"), ("b", "x"), ("a", "b", "x"), ("", "a"), ("", "")]
    return found


def _ends(text: str) -> Iterator[str]:
    """Yield first and last address of a range, and their neighbours."""
    try:
        net = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return
    for number in (int(net[0]), int(net[-1])):
        for other in (number - 1, number, number + 1):
            if 0 <= other < 1 << net.max_prefixlen:
                yield str(net[0].__class__(other))


def allows(when: Given, values: tuple[str, ...]) -> bool:
    """Return whether a claim's circumstances leave a key these values."""
    if isinstance(when, AnyBut):
        return not any(is_one_of(value, when.values) for value in values)
    return when == values


def requests(rng: random.Random, asked: Question, most: int) -> Iterator[Request]:
    """Yield requests from the borders of the classes that ``asked`` makes."""
    conditions = [*asked.allow.conditions, *(c for deny in asked.denies for c in deny.conditions)]
    pools = []
    keys = sorted({condition.key for condition in conditions} | set(asked.when))
    for key in keys:
        named = [value for c in conditions if c.key == key for value in c.values]
        given = asked.when.get(key, AnyBut())
        several = condition_key(key).several
        if several is None:
            # A key of which nothing is known has several values where a policy says so.
            several = any(":" in c.operator for c in conditions if c.key == key)
        pool = [given] if isinstance(given, tuple) else _pool(rng, key, named, several)
        pools.append([values for values in pool if allows(given, values)])
    every = list(islice(product(*pools), 50_000))
    rng.shuffle(every)
    for chosen in every[:most]:
        yield request(dict(zip(keys, chosen, strict=True)), rng.choice(["", "a", "b"]))


def request(context: Mapping[str, tuple[str, ...]], variable: str = "") -> Request:
    """Return the request with these condition keys; ``variable`` is what a variable stands for."""
    low = {key.lower(): values for key, values in context.items()}
    others = {"aws:sourceip": ("203.0.113.9",), "v:a": (variable,) if variable else ()}
    return Request(USER, "dynamodb:GetItem", TABLE, "111122223333", {**others, **low})


def policies(asked: Question) -> Policies:
    """Return the policy that holds all statements of ``asked``."""
    return Policies((Policy((asked.allow, *asked.denies), asked.version),))


def attack(rng: random.Random, asked: Question, most: int) -> tuple[str, str]:
    """Return what was proved (``proved``, ``escapes`` or ``too complex``), and what is wrong with
    it, if anything is."""
    try:
        found = list(escapes([Requests(("*",))], asked.when, asked.allow, asked.denies))
    except PatternsTooComplex:
        return "too complex", ""
    conditions = [*asked.allow.conditions, *(c for deny in asked.denies for c in deny.conditions)]
    # What a variable stands for, or whether it is one, is not part of the question.
    doubtful = any("${" in value for condition in conditions for value in condition.values)
    for region, values in found:
        made = request(values)
        denied = example(region) is None or decide(made, policies(asked)).answer == "denied"
        if denied and not doubtful:
            return "escapes", f"no escape: {values}"
    if found:
        return "escapes", ""
    for one in requests(rng, asked, most):
        decision = decide(one, policies(asked))
        if decision.answer != "denied":
            return "proved", f"{decision.answer}: {dict(one.context)}"
    return "proved", ""


def main() -> int:
    """Run the attack and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=200, help="to attack each proof with")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    seen: Counter[str] = Counter()
    for number in range(options.cases):
        asked = question(rng)
        proved, wrong = attack(rng, asked, options.requests)
        seen[proved] += 1
        if wrong:
            print(f"case {number}: {asked}\n{wrong}")
            return 1
    print(", ".join(f"{times:,} {name}" for name, times in seen.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
