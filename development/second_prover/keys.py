"""Condition keys of a request as variables of z3: what type each has, how many values, and which
AWS sends with every request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (2026-11):
"Availability", "Data type" and "Value type" of each.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import z3

from development.second_prover.texts import Expression, is_text, without_colons

Kind = Literal["text", "ARN", "boolean", "number", "date", "address", "bytes"]

KINDS: dict[str, Kind] = {
    "aws:currenttime": "date",
    "aws:epochtime": "date",
    "aws:tokenissuetime": "date",
    "aws:multifactorauthage": "number",
    "aws:multifactorauthpresent": "boolean",
    "aws:principalisawsservice": "boolean",
    "aws:assumedroot": "boolean",
    "aws:securetransport": "boolean",
    "aws:viaawsservice": "boolean",
    "aws:sourceip": "address",
    "aws:vpcsourceip": "address",
    "aws:ec2instancesourceprivateipv4": "address",
}
SEVERAL = {
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:tagkeys",
    "aws:vpceorgpaths",
}
# "Always included in the request context", or "for all requests, including anonymous requests".
ALWAYS = {
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:useragent",
    "aws:userid",
    "aws:viaawsservice",
}


@dataclass(frozen=True, slots=True)
class Key:
    """A condition key; ``has[n]`` says that the request has an nth value of it, ``values[n]``.

    A text is a string, an ARN whether it is empty and six strings, a number a real, a date the
    seconds since 1970, an address a triple of
    whether it is IPv6, and its bits in each family.
    """

    name: str
    kind: Kind
    has: tuple[Expression, ...]
    values: tuple[Expression, ...]

    @property
    def present(self) -> Expression:
        """Return that the request has the key."""
        return self.has[0]

    @property
    def is_null(self) -> Expression:
        """Return that the key is absent, or "resolves to a null dataset, such as an empty string".

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        (2026-11).
        """
        if self.kind not in ("text", "ARN"):
            return z3.Not(self.present)
        empty = (
            z3.Implies(has, value[0] if self.kind == "ARN" else value == z3.StringVal(""))
            for has, value in zip(self.has, self.values, strict=True)
        )
        return z3.Or(z3.Not(self.present), z3.And(*empty))

    def laws(self, wild: bool) -> list[Expression]:
        """Return what always holds: there is no second value without a first. ``wild`` says
        whether its texts are compared with patterns."""
        found = [z3.Implies(later, self.has[n]) for n, later in enumerate(self.has[1:])]
        for value in self.values if wild else ():
            if self.kind == "text":
                found.append(is_text(value))
            if self.kind == "ARN":
                found += [without_colons(segment) for segment in value[1:6]]
        return found


@lru_cache(maxsize=1 << 12)
def key_of(name: str, kind: Kind, values: int) -> Key:
    """Return the variables of the condition key ``name``, in lower case, with so many values."""
    slots = range(values)
    return Key(
        name,
        kind,
        tuple(z3.Bool(f"{name} has {n}") for n in slots),
        tuple(_value(f"{name} is {n}", kind) for n in slots),
    )


def _value(name: str, kind: Kind) -> Expression:
    if kind == "text" or kind == "bytes":
        return z3.String(f"{name} {kind}")
    if kind == "boolean":
        return z3.Bool(f"{name} {kind}")
    if kind == "ARN":
        segments = (z3.String(f"{name} segment {number}") for number in range(6))
        return (z3.Bool(f"{name} empty"), *segments)
    if kind == "address":
        return (
            z3.Bool(f"{name} is IPv6"),
            z3.BitVec(f"{name} IPv4", 32),
            z3.BitVec(f"{name} IPv6", 128),
        )
    return z3.Real(f"{name} {kind}")


_FAMILIES: dict[str, Kind] = {
    "Numeric": "number",
    "Date": "date",
    "Bool": "boolean",
    "Binary": "bytes",
    "IpAddress": "address",
    "NotIpAddress": "address",
}


def kind_asked(operator: str) -> Kind:
    """Return what type the operator, without set operator and IfExists, compares."""
    return next((kind for name, kind in _FAMILIES.items() if operator.startswith(name)), "text")


def kind_of(name: str, operators: Collection[str], texts: Iterable[str]) -> Kind:
    """Return the type of a key: as documented, else that of the operators it is compared by.

    An ARN is read in segments where nothing is asked of it as a text: ``texts`` are those that a
    claim compares it with.
    """
    if name in KINDS:
        return KINDS[name]
    named = set(operators) - {"Null"}
    if named and all(operator.startswith("Arn") for operator in named):
        whole = (text.count(":") >= 5 and "*" not in text and "?" not in text for text in texts)
        return "ARN" if all(whole) else "text"
    if name.startswith("aws:"):
        return "text"
    asked = set(map(kind_asked, named))
    return asked.pop() if len(asked) == 1 else "text"
