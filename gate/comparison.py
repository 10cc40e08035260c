"""Two policies grant by grant: what one kept of the other, and which stated deviation says why."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from modules.iam.actions import exists, grants_nothing
from modules.iam.guide import Deviation
from modules.iam.patterns import arn_includes, includes
from modules.iam.policy import Condition, Grant, Policy, Statement

Status = Literal["same", "narrower", "wider", "added", "dropped", "ineffective"]

STATUSES: dict[Status, str] = {
    "same": "granted as the guide has it",
    "narrower": "granted, but less of it than the guide has",
    "wider": "granted, and more of it than the guide has",
    "added": "granted, and not in the guide",
    "dropped": "in the guide, and not granted",
    "ineffective": "in the guide, where it grants nothing",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one grant of the guide (or, when added, one of ours); ``ours`` are our
    grants in its place, all under the same conditions."""

    status: Status
    grant: Grant
    ours: frozenset[Grant]
    reasons: tuple[str, ...]
    explained: bool


def compare(documented: Policy, deviations: Sequence[Deviation], ours: Policy) -> list[Cell]:
    """Return what became of each grant of ``documented`` in ``ours``, then what ``ours`` adds.

    The reasons are those of the ``deviations`` (filled and in force) that mention the grant.
    """
    guide, granted = documented.grants(), ours.grants()
    dropped = _reasons((d.reason, d.dropped) for d in deviations)
    added = _reasons((d.reason, d.added) for d in deviations)
    order = {deviation.reason: place for place, deviation in enumerate(deviations)}

    def cell(status: Status, grant: Grant, counterparts: Iterable[Grant]) -> Cell:
        new = frozenset(counterparts)
        mentioned = [dropped.get(grant, ())] if status != "added" else []
        mentioned += [added.get(g, ()) for g in new if g not in guide]
        reasons = sorted({reason for found in mentioned for reason in found}, key=order.__getitem__)
        return Cell(status, grant, new, tuple(reasons), all(mentioned))

    cells, placed = [], set[Grant]()
    for grant in guide:
        if grant in granted:
            cells.append(Cell("same", grant, frozenset({grant}), (), True))
            continue
        inside = {g for g in granted if _covers(grant, g)}
        around = {g for g in granted if _covers(g, grant)}
        placed |= inside | around
        status: Status = "wider" if around else "narrower" if inside else "dropped"
        if does_nothing(grant):
            status = "ineffective"
        by_conditions = defaultdict(set)
        for found in around or inside:
            by_conditions[found.conditions].add(found)
        cells += [cell(status, grant, found) for found in by_conditions.values() or [()]]
    cells += [cell("added", grant, [grant]) for grant in granted - guide - placed]
    return cells


def _reasons(stated: Iterable[tuple[str, tuple[Statement, ...]]]) -> dict[Grant, list[str]]:
    found = defaultdict(list)
    for reason, statements in stated:
        for grant in Policy(statements).grants():
            found[grant].append(reason)
    return found


def does_nothing(grant: Grant) -> bool:
    """Return whether ``grant`` allows nothing: AWS has no such action, or the action does not
    work on such a resource."""
    return not exists(grant.action) or (
        bool(grant.resource) and grants_nothing(grant.action, grant.resource)
    )


def _covers(outer: Grant, inner: Grant) -> bool:
    """Return whether ``outer`` allows everything that ``inner`` does.

    Only for two Allow grants; a Not... element is compared for equality alone.
    """
    if outer.effect != "Allow" or inner.effect != "Allow":
        return False
    texts = (outer.action, inner.action, outer.resource, inner.resource)
    if any(text.startswith("Not ") for text in texts):
        return False
    return (
        _includes(includes, outer.action.lower(), inner.action.lower())
        and _covers_principal(outer.principal, inner.principal)
        and all(any(_implies(c, wanted) for c in inner.conditions) for wanted in outer.conditions)
        and _includes(arn_includes, outer.resource, inner.resource)
    )


def _includes(decide: Callable[[str, str], bool], outer: str, inner: str) -> bool:
    # Most pairs are plain and different; deciding them costs far more than comparing them.
    return outer == inner or (("*" in outer or "?" in outer) and decide(outer, inner))


# An account as a principal: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
# (2026-11), its id or the ARN of its root; either delegates to everyone in the account.
_ACCOUNT = re.compile(r"AWS:(?:arn:[a-z-]+:iam::)?([0-9]{12})(?::root)?")


def _covers_principal(outer: str, inner: str) -> bool:
    if outer in (inner, "*:*"):
        return True
    account = _ACCOUNT.fullmatch(outer)
    return bool(account and re.match(rf"AWS:(arn:[a-z-]+:(iam|sts)::)?{account[1]}\b", inner))


def _implies(condition: Condition, wanted: Condition) -> bool:
    """Return whether a request that meets ``condition`` meets ``wanted``: the same comparison with
    no further values, which are an or, or for a negated operator with no fewer."""
    if (condition.operator, condition.key.lower()) != (wanted.operator, wanted.key.lower()):
        return False
    given, needed = set(condition.values), set(wanted.values)
    return given >= needed if "Not" in wanted.operator else given <= needed
