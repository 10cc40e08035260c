"""Whether a statement allows some request that a claim forbids: a proof, or a counter-example.

Actions and resources are compared as patterns, so the answer holds for every action AWS has or
will have and for every resource. What cannot be decided counts as allowed: an Allow applies unless
its conditions contradict the claim, and a Deny counts only where it is certain to apply. Left out
are an action on a type of resource that AWS documents it does not work on, and actions that need no
permission.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from athena_gate.modules.iam.actions import grants_nothing
from athena_gate.modules.iam.beyond_policies import FREE
from athena_gate.modules.iam.circumstances import circumstances
from athena_gate.modules.iam.claims import Requests, When
from athena_gate.modules.iam.intersection import arn_intersection, intersection
from athena_gate.modules.iam.patterns import (
    PatternsTooComplex,
    action_matches,
    arn_difference_example,
    arn_matches,
    difference_example,
)
from athena_gate.modules.iam.policy import Statement

_MOST_DENIES = 2_000


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
    return next((region for region, _ in escapes(requests, when, allow, denies)), None)


def escapes(
    requests: Iterable[Requests], when: When, allow: Statement, denies: Sequence[Statement]
) -> Iterator[tuple[Region, Mapping[str, tuple[str, ...]]]]:
    """Yield what ``escaped`` returns, once for each kind of circumstances, with condition keys (by
    their names in lower case) that stand for them; no values: a request lacks the key."""
    claimed = tuple(requests)
    conditions = [deny.conditions for deny in denies]
    for one in circumstances(allow.conditions, conditions, when):
        sure = [deny for number, deny in enumerate(denies) if number in one.sure]
        if region := _escaped(claimed, allow, sure):
            yield region, one.values


def _escaped(
    requests: Sequence[Requests], allow: Statement, sure: Sequence[Statement]
) -> Region | None:
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
    parts = (
        (both, (*buts, *(free for free in FREE if action_matches(both, free))))
        for one in allowed or ("*",)
        for other in claimed
        for both in intersection(one.lower(), other.lower())
    )
    return tuple(part for part in parts if _action_of(*part) is not None)


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
