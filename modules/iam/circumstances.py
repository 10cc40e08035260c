"""Whether conditions can be met, and whether they must be, when only some values of the condition
keys are known."""

import ipaddress
from collections.abc import Iterator, Sequence
from functools import lru_cache

from modules.iam.claims import AnyBut, Given, When
from modules.iam.conditions import Context, Truth, holds, parsed_operator
from modules.iam.patterns import difference_example, intersects, literal
from modules.iam.policy import Condition

# Addresses kept for documentation (RFC 5737, RFC 3849): nobody's.
_NOBODYS = ("198.51.100.7", "203.0.113.7", "192.0.2.7", "2001:db8::7")


def satisfiable(condition: Condition, given: Given) -> bool:
    """Return False if no value that ``given`` allows meets ``condition``."""
    return _has_variable(condition) or any(
        _holds(condition, values) is not False for values in candidates(given, (condition,))
    )


def certain(conditions: Sequence[Condition], when: When) -> bool:
    """Return whether all of ``conditions`` are met, whatever the values that ``when`` leaves open.

    The keys of ``when`` are in lower case.
    """
    return all(
        not _has_variable(condition)
        and all(
            _holds(condition, values) is True
            for values in candidates(when.get(condition.key.lower(), AnyBut()), (condition,))
        )
        for condition in conditions
    )


def _holds(condition: Condition, values: tuple[str, ...]) -> Truth:
    return holds(condition, Context.of({condition.key: values} if values else {}), variables=True)


def _has_variable(condition: Condition) -> bool:
    return any("${" in value for value in condition.values)


def candidates(given: Given, conditions: Sequence[Condition]) -> tuple[tuple[str, ...], ...]:
    """Return values of a key that stand for all that ``given`` allows, as far as each of
    ``conditions``, all on that key, can tell them apart: none at all, one in their values and one
    out of them."""
    if not isinstance(given, AnyBut):
        return (given,)
    return _candidates(given.values, tuple(conditions))


@lru_cache(maxsize=1 << 12)
def _candidates(
    buts: tuple[str, ...], conditions: tuple[Condition, ...]
) -> tuple[tuple[str, ...], ...]:
    found: dict[str, None] = {}
    named: list[str] = [*buts]
    addresses = False
    for condition in conditions:
        _, operator, _ = parsed_operator(condition.operator)
        for value in condition.values:
            if operator in ("IpAddress", "NotIpAddress"):
                addresses = True
                found.update(dict.fromkeys(_addresses(value, buts)))
                continue
            if operator == "Null":
                continue
            pattern = value if "Like" in operator or "Arn" in operator else literal(value)
            named.append(pattern)
            if "IgnoreCase" in operator:
                named += [pattern.lower(), pattern.upper()]
            if operator == "Bool":
                found.update({"true": None, "false": None})
            if operator.startswith(("Numeric", "Date")):
                found.update(dict.fromkeys(_neighbours(value)))
    for pattern in named[len(buts) :]:
        # An empty value is none to the set operators, so stars alone stand for some text.
        some = pattern if pattern.strip("*") else "?*"
        if (one := difference_example(some, buts)) is not None:
            found[one] = None
    if addresses:
        outside = (a for a in _NOBODYS if not any(_within(a, but) for but in buts))
        found.update(dict.fromkeys(outside))
    elif (other := difference_example("?*", named)) is not None:
        found[other] = None
    allowed = [value for value in found if not any(_same(but, value) for but in buts)]
    return ((), *((value,) for value in allowed))


def _same(but: str, value: str) -> bool:
    return intersects(but, literal(value)) or _within(value, but)


def _neighbours(value: str) -> tuple[str, ...]:
    try:
        number = int(value)
    except ValueError:
        return (value, "1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z")
    return (str(number - 1), value, str(number + 1))


def _addresses(text: str, buts: tuple[str, ...]) -> Iterator[str]:
    """Yield an address of the range ``text`` that is in none of ``buts``, if there is one."""
    try:
        ranges = [ipaddress.ip_network(text, strict=False)]
    except ValueError:
        yield text
        return
    for but in buts:
        try:
            out = ipaddress.ip_network(but, strict=False)
        except ValueError:
            continue
        ranges = [rest for one in ranges for rest in _less_range(one, out)]
    if ranges:
        yield str(ranges[0][0])


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _less_range(one: _Network, out: _Network) -> Iterator[_Network]:
    if one.version != out.version or not one.overlaps(out):
        yield one
    elif not one.subnet_of(out):  # type: ignore[arg-type]
        yield from one.address_exclude(out)  # type: ignore[arg-type]


def _within(address: str, text: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
