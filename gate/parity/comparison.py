"""Two policies grant by grant: what one kept of the other, and why."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from athena_gate.modules.athena.beside import BESIDE
from athena_gate.modules.iam.actions import exists, grants_nothing
from athena_gate.modules.iam.guide import Guide
from athena_gate.modules.iam.patterns import action_matches, arn_includes, includes
from athena_gate.modules.iam.policy import Condition, Grant, Policy

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
    grants in its place, all under the same conditions. ``explained`` is False when a grant was
    dropped, or an action added, without a reason."""

    status: Status
    grant: Grant
    ours: frozenset[Grant]
    reasons: tuple[str, ...]
    explained: bool


def compare(documented: Policy, guide: Guide, ours: Policy) -> list[Cell]:
    """Return what became of each grant of ``documented``, a policy of ``guide``, in ``ours``, then
    what ``ours`` adds.

    Why a grant is ours, the statement itself says; an action that the page does not name needs a
    reason of its own, and so does one that is left out.
    """
    named, whys = documented.grants(), _whys(ours)
    granted = whys.keys()
    known = tuple(grant.action for grant in named)

    def reasons(grants: Iterable[Grant]) -> tuple[tuple[str, ...], bool]:
        found: dict[str, None] = {}
        explained = True
        for grant in sorted(grants, key=lambda one: (one.action, one.resource)):
            found.update(dict.fromkeys(whys[grant]))
            if grant.effect == "Allow" and not _named(grant.action, known):
                why = guide.beside.get(grant.action) or BESIDE.get(grant.action)
                found.update({why: None} if why else {})
                explained &= bool(why)
            explained &= bool(whys[grant])
        return tuple(found), explained

    cells, placed = [], set[Grant]()
    for grant in named:
        if grant in granted:
            cells.append(Cell("same", grant, frozenset({grant}), (), True))
            continue
        inside = {g for g in granted if _covers(grant, g)}
        around = {g for g in granted if _covers(g, grant)}
        placed |= inside | around
        if equal := inside & around:
            # Written otherwise, as an account is by its id or its root.
            cells.append(Cell("same", grant, frozenset(equal), (), True))
        elif around or inside:
            status: Status = "wider" if around else "narrower"
            by_conditions = defaultdict(set)
            for found in around or inside:
                by_conditions[found.conditions].add(found)
            for alike in by_conditions.values():
                cells.append(Cell(status, grant, frozenset(alike), *reasons(alike)))
        elif does_nothing(grant):
            cells.append(Cell("ineffective", grant, frozenset(), (_no_effect(grant),), True))
        else:
            why = tuple(drop.reason for drop in guide.drops if drop.about(grant.action))
            cells.append(Cell("dropped", grant, frozenset(), why, bool(why)))
    cells += [
        Cell("added", grant, frozenset({grant}), *reasons([grant]))
        for grant in granted - named - placed
    ]
    return cells


def _whys(policy: Policy) -> dict[Grant, tuple[str, ...]]:
    """Return why each grant is there, by the statements that make it."""
    found: dict[Grant, tuple[str, ...]] = {}
    for statement in policy.statements:
        for grant in statement.grants():
            found[grant] = (*found.get(grant, ()), *((statement.why,) if statement.why else ()))
    return found


def _named(action: str, known: Iterable[str]) -> bool:
    return any(
        one.lower() == action.lower() or (_is_pattern(one) and action_matches(one, action))
        for one in known
    )


def _no_effect(grant: Grant) -> str:
    if not exists(grant.action):
        return "AWS has no such action."
    return f"{grant.action} does not work on such a resource."


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
    named = outer.action.lower()
    if not _is_pattern(named) and named != inner.action.lower():
        return False
    texts = (outer.action, inner.action, outer.resource, inner.resource)
    if any(text.startswith("Not ") for text in texts):
        return False
    return (
        _includes(includes, named, inner.action.lower())
        and _covers_principal(outer.principal, inner.principal)
        and all(any(_implies(c, wanted) for c in inner.conditions) for wanted in outer.conditions)
        and _includes(arn_includes, outer.resource, inner.resource)
    )


# A page grants many actions on few resources.
@lru_cache(maxsize=1 << 14)
def _includes(decide: Callable[[str, str], bool], outer: str, inner: str) -> bool:
    # Most pairs are plain and different; deciding them costs far more than comparing them.
    return outer == inner or (_is_pattern(outer) and decide(outer, inner))


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


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
