"""Whether a statement allows some request that a claim forbids: a proof, or a counter-example.

Actions and resources are compared as patterns, so the answer holds for every action AWS has or
will have and for every resource. What cannot be decided counts as allowed: an Allow applies unless
its conditions contradict the claim, and a Deny counts only where it is certain to apply. Left out
is an action on a type of resource that AWS documents it does not work on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from modules.iam.actions import grants_nothing
from modules.iam.circumstances import certain, satisfiable
from modules.iam.claims import AnyBut, Requests, When
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
)
from modules.iam.policy import Statement

# Patterns whose intersection is asked for have a handful of wildcards; more would be a trick.
_MOST_PATTERNS = 500
_MOST_DENIES = 2_000
# The search goes a call deeper with each letter.
_LONGEST = 300


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
    """Return where requests of ``requests`` lie that ``allow`` allows and none of ``denies`` is
    certain to deny in the circumstances ``when``, ``example`` among them; None is the proof that
    there are none.

    Raises ``PatternsTooComplex`` when the patterns would take too long, and ``UnknownOperator``.
    """
    when = {key.lower(): given for key, given in when.items()}
    if not all(satisfiable(c, when.get(c.key.lower(), AnyBut())) for c in allow.conditions):
        return None
    sure = [deny for deny in denies if certain(deny.conditions, when)]
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
                if left := _less_denies(region, sure):
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


def asks(requests: Iterable[Requests], action: str, resource: str) -> bool:
    """Return whether the request for ``action`` on ``resource`` is one of ``requests``."""
    return any(
        any(action_matches(pattern, action) for pattern in some.actions)
        and not any(action_matches(but, action) for but in some.but_actions)
        and any(arn_matches(pattern, resource) for pattern in some.resources)
        and not any(arn_matches(but, resource) for but in some.but_resources)
        for some in requests
    )


def _less_denies(region: Region, denies: Sequence[Statement]) -> Region | None:
    """Return a part of ``region`` whose example no deny touches, or None when there is none.

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
    match: exactly that, or all of ``a`` where a star may reach beyond its segment.

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
    segments = [pattern.split(":", 5) for pattern in (a, b)]
    if any(len(parts) < 6 or any(p.endswith("*") for p in parts[:5]) for parts in segments):
        return (a,)
    shared = (intersection(one, other) for one, other in zip(*segments, strict=True))
    return tuple(":".join(parts) for parts in product(*shared))
