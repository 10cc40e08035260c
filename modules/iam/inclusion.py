"""Whether a statement allows some request that a claim forbids: a proof, or a counter-example.

Actions and resources are compared as patterns, so the answer holds for every action AWS has or
will have and for every resource. What cannot be decided counts as allowed: an Allow applies unless
its conditions contradict the claim, and a Deny counts only where it is certain to apply. Left out
is an action on a type of resource that AWS documents it does not work on.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from modules.iam.actions import grants_nothing
from modules.iam.claims import AnyBut, Given, Requests, When
from modules.iam.conditions import Context, Truth, holds, parsed_operator
from modules.iam.patterns import (
    PatternsTooComplex,
    action_matches,
    arn_difference_example,
    arn_includes,
    arn_intersects,
    arn_matches,
    difference_example,
    includes,
    intersects,
    literal,
)
from modules.iam.policy import Condition, Statement

# Patterns whose intersection is asked for have a handful of wildcards; more would be a trick.
_MOST_PATTERNS = 500
_MOST_DENIES = 2_000
# The search goes a call deeper with each letter.
_LONGEST = 300
# Addresses kept for documentation (RFC 5737, RFC 3849): nobody's.
_NOBODYS = ("198.51.100.7", "203.0.113.7", "192.0.2.7", "2001:db8::7")


@dataclass(frozen=True, slots=True)
class Region:
    """The requests for an action of the pattern ``action`` but ``but_actions``, in lower case, on a
    resource of the pattern ``resource`` but ``but_resources``."""

    action: str
    but_actions: tuple[str, ...]
    resource: str
    but_resources: tuple[str, ...]


def escaped(
    requests: Iterable[Requests], when: When, allow: Statement, denies: Sequence[Statement]
) -> Region | None:
    """Return requests of ``requests`` that ``allow`` allows and that none of ``denies`` is certain
    to deny in the circumstances ``when``; None is the proof that there are none.

    Raises ``PatternsTooComplex`` when the patterns would take too long, and ``UnknownOperator``.
    """
    when = {key.lower(): given for key, given in when.items()}
    if not all(satisfiable(c, when.get(c.key.lower(), AnyBut())) for c in allow.conditions):
        return None
    certain = [deny for deny in denies if _is_certain(deny, when)]
    for some in requests:
        actions = _actions(allow.actions, allow.not_actions, some.actions, some.but_actions)
        if not actions:
            continue
        resources = _resources(
            allow.resources, allow.not_resources, some.resources, some.but_resources
        )
        for action, but_actions in actions:
            for resource, but_resources in resources:
                if grants_nothing(action, resource):
                    continue
                region = Region(action, but_actions, resource, but_resources)
                if left := _less_denies(region, certain):
                    return left
    return None


def example(region: Region) -> tuple[str, str] | None:
    """Return an action and a resource of ``region``, or None when it is empty."""
    action = _action_of(region.action, region.but_actions)
    if action is None:
        return None
    resource = _resource_of(region.resource, region.but_resources)
    return None if resource is None else (action, resource)


def contains(region: Region, action: str, resource: str) -> bool:
    """Return whether the request for ``action`` on ``resource`` lies in ``region``."""
    return (
        action_matches(region.action, action)
        and not any(action_matches(but, action) for but in region.but_actions)
        and arn_matches(region.resource, resource)
        and not any(arn_matches(but, resource) for but in region.but_resources)
    )


def _less_denies(region: Region, denies: Sequence[Statement]) -> Region | None:
    """Return a part of ``region`` that no deny touches, or None when there is none.

    Whatever a Deny takes is a rectangle of actions and resources; around the one that takes the
    example, what is left of the region are two smaller ones.
    """
    waiting = [region]
    for _ in range(_MOST_DENIES):
        if not waiting:
            return None
        part = waiting.pop()
        found = example(part)
        if found is None:
            continue
        deny = next((deny for deny in denies if _applies(deny, *found)), None)
        if deny is None:
            return part
        waiting += _around(part, deny)
    raise PatternsTooComplex("too many Deny statements overlap to say what they leave")


def _applies(deny: Statement, action: str, resource: str) -> bool:
    # A pattern with a variable may match less than it seems to.
    plain = [pattern for pattern in deny.resources if "${" not in pattern]
    listed = any(action_matches(p, action) for p in deny.actions or deny.not_actions)
    if listed != bool(deny.actions):
        return False
    if deny.resources:
        return any(arn_matches(pattern, resource) for pattern in plain)
    return not any(arn_matches(_widest(pattern), resource) for pattern in deny.not_resources)


def _around(part: Region, deny: Statement) -> Iterator[Region]:
    if deny.actions:
        buts = (*part.but_actions, *(action.lower() for action in deny.actions))
        yield Region(part.action, buts, part.resource, part.but_resources)
    for pattern in deny.not_actions:
        for action in intersection(part.action, pattern.lower()):
            yield Region(action, part.but_actions, part.resource, part.but_resources)
    if deny.resources:
        plain = (pattern for pattern in deny.resources if "${" not in pattern)
        buts = (*part.but_resources, *plain)
        yield Region(part.action, part.but_actions, part.resource, buts)
    for pattern in deny.not_resources:
        for resource in arn_intersection(part.resource, _widest(pattern)):
            yield Region(part.action, part.but_actions, resource, part.but_resources)


@lru_cache(maxsize=1 << 16)
def _actions(
    allowed: tuple[str, ...],
    not_allowed: tuple[str, ...],
    claimed: tuple[str, ...],
    but: tuple[str, ...],
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return pattern and exceptions of each part that allowed and claimed actions share."""
    buts = tuple(pattern.lower() for pattern in (*but, *not_allowed))
    return tuple(
        (both, buts)
        for one in allowed or ("*",)
        for other in claimed
        for both in intersection(one.lower(), other.lower())
        if _action_of(both, buts) is not None
    )


@lru_cache(maxsize=1 << 14)
def _resources(
    allowed: tuple[str, ...],
    not_allowed: tuple[str, ...],
    claimed: tuple[str, ...],
    but: tuple[str, ...],
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    buts = (*but, *(pattern for pattern in not_allowed if "${" not in pattern))
    return tuple(
        (both, buts)
        for one in allowed or ("*",)
        for other in claimed
        for both in arn_intersection(_widest(one), other)
        if _resource_of(both, buts) is not None
    )


def _widest(pattern: str) -> str:
    """Return ``pattern`` with a star for each policy variable, which can stand for anything."""
    while "${" in pattern:
        before, _, rest = pattern.partition("${")
        pattern = f"{before}*{rest.partition('}')[2]}"
    return pattern


@lru_cache(maxsize=1 << 16)
def _action_of(pattern: str, buts: tuple[str, ...]) -> str | None:
    if "*" not in pattern and "?" not in pattern:
        return None if any(action_matches(but, pattern) for but in buts) else pattern
    return difference_example(pattern, buts)


@lru_cache(maxsize=1 << 14)
def _resource_of(pattern: str, buts: tuple[str, ...]) -> str | None:
    if pattern in buts:
        return None
    if "*" not in pattern and "?" not in pattern:
        return None if any(arn_matches(but, pattern) for but in buts) else pattern
    return arn_difference_example(pattern, buts)


@lru_cache(maxsize=1 << 14)
def intersection(a: str, b: str) -> tuple[str, ...]:
    """Return patterns that together match what both ``a`` and ``b`` match.

    Raises ``PatternsTooComplex`` when that would be too many.
    """
    if a == b or b == "*":
        return (a,)
    if a == "*":
        return (b,)
    if not intersects(a, b):
        return ()
    if includes(a, b):
        return (b,)
    if includes(b, a):
        return (a,)
    if len(a) + len(b) > _LONGEST:
        raise PatternsTooComplex(f"{a!r} and {b!r} are too long to say what they share")
    found: dict[tuple[str, str], frozenset[str]] = {}

    def both(one: str, other: str) -> frozenset[str]:
        known = found.get((one, other))
        if known is None:
            known = found[one, other] = frozenset(parts(one, other))
            if len(known) > _MOST_PATTERNS or len(found) > _MOST_PATTERNS * 20:
                raise PatternsTooComplex(f"too many cases to say what {a!r} and {b!r} share")
        return known

    def parts(one: str, other: str) -> Iterator[str]:
        if not one or not other:
            if not (one + other).strip("*"):
                yield ""
        elif one[0] == other[0] == "*":
            yield from ("*" + rest for rest in both(one[1:], other) | both(one, other[1:]))
        elif other[0] == "*":
            yield from both(other, one)
        elif one[0] == "*":
            yield from both(one[1:], other)
            yield from (other[0] + rest for rest in both(one, other[1:]))
        elif "?" in (one[0], other[0]) or one[0] == other[0]:
            letter = other[0] if one[0] == "?" else one[0]
            yield from (letter + rest for rest in both(one[1:], other[1:]))

    return tuple(sorted(both(a, b)))


@lru_cache(maxsize=1 << 14)
def arn_intersection(a: str, b: str) -> tuple[str, ...]:
    """Return patterns that match at least what both ``a`` and ``b``, values of Resource elements,
    match, and no more where a star at the end of one of the first five segments does not matter.

    Raises ``PatternsTooComplex`` when that would be too many.
    """
    if a == b or b == "*":
        return (a,)
    if a == "*":
        return (b,)
    if not arn_intersects(a, b):
        return ()
    if arn_includes(a, b):
        return (b,)
    if arn_includes(b, a):
        return (a,)
    segments = [(one, other) for one, other in zip(a.split(":", 5), b.split(":", 5), strict=False)]
    if len(segments) < 6 or min(a.count(":"), b.count(":")) < 5:
        return (a,)
    patterns = [""]
    for n, (one, other) in enumerate(segments):
        shared = intersection(one, other)
        patterns = [f"{p}{':' if n else ''}{s}" for p in patterns for s in shared]
    # None in common but where a star reaches beyond its segment.
    return tuple(patterns) or (a,)


def satisfiable(condition: Condition, given: Given) -> bool:
    """Return False if no value that ``given`` allows meets ``condition``."""
    return _has_variable(condition) or any(
        _holds(condition, values) is not False for values in candidates(given, (condition,))
    )


def _is_certain(deny: Statement, when: When) -> bool:
    return all(
        not _has_variable(condition)
        and all(
            _holds(condition, values) is True
            for values in candidates(when.get(condition.key.lower(), AnyBut()), (condition,))
        )
        for condition in deny.conditions
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
        if (one := difference_example(pattern, buts)) is not None:
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
