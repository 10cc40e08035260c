"""What some policies allow and others do not, whatever their texts look like.

Both are compared as what they mean: statements in another order or split in two are no difference,
nor is an action that a pattern of another statement covers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from athena_gate.modules.iam.claims import Requests
from athena_gate.modules.iam.inclusion import Region, escaped
from athena_gate.modules.iam.policy import Condition, Statement


@dataclass(frozen=True, slots=True)
class Right:
    """Requests that are allowed: those for an action of the pattern ``action`` on a resource of the
    pattern ``resource``, if all of ``conditions`` are met. ``otherwise`` are the conditions under
    which some or all of them are allowed on the other side: none of them, if none is; empty
    conditions for what was allowed of a wider pattern. ``sid`` names the statement that allows
    them, or denies them on the other side."""

    action: str
    resource: str
    conditions: tuple[Condition, ...]
    otherwise: tuple[tuple[Condition, ...], ...]
    sid: str


def more(new: Sequence[Statement], old: Sequence[Statement]) -> Iterator[Right]:
    """Yield what the statements ``new`` of one caller allow and ``old`` do not allow for certain.

    Raises ``PatternsTooComplex`` when the patterns would take too long, and ``UnknownOperator``.
    """
    allows, denies = _of(new, "Allow"), _of(new, "Deny")
    were_allowed, were_denied = _of(old, "Allow"), _of(old, "Deny")
    covering = [*denies, *(replace(one, effect="Deny") for one in were_allowed)]
    kept = {_meaning(one) for one in old}
    for allow in allows:
        for asked in _asked(allow) if _meaning(allow) not in kept else ():
            if region := escaped([asked], {}, allow, covering):
                otherwise = _met(asked, were_allowed)
                yield _right(region, allow.actions, allow.conditions, otherwise, allow.sid)
    still = {_meaning(one) for one in denies}
    for deny in were_denied:
        for allow in allows if _meaning(deny) not in still else ():
            both = tuple(dict.fromkeys((*allow.conditions, *deny.conditions)))
            taken = replace(deny, effect="Allow", conditions=both)
            for asked in () if _contradict(both) else _asked(allow):
                if region := escaped([asked], {}, taken, denies):
                    yield _right(region, (*allow.actions, *deny.actions), both, (), deny.sid)


def _met(asked: Requests, allows: Sequence[Statement]) -> tuple[tuple[Condition, ...], ...]:
    """Return the conditions of those of ``allows`` that allow some of what is ``asked``."""
    meeting = (one for one in allows if escaped([asked], {}, one, ()))
    return tuple(dict.fromkeys(one.conditions for one in meeting))


def _contradict(conditions: Sequence[Condition]) -> bool:
    """Return whether ``conditions`` ask for a request of a service on the caller's behalf, and for
    one that is none: aws:CalledVia is there "when a service ... makes a request", and
    aws:ViaAWSService is then true.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    (2026-11).
    """
    asked = {(one.key.lower(), one.operator) for one in conditions}
    itself = Condition("Bool", "aws:ViaAWSService", ("false",))
    return ("aws:calledvia", "ForAnyValue:StringEquals") in asked and itself in conditions


def _of(statements: Sequence[Statement], effect: str) -> list[Statement]:
    return [one for one in statements if one.effect == effect]


def _meaning(statement: Statement) -> Statement:
    """Return ``statement`` without its name and reason."""
    return replace(statement, sid="", why="")


def _asked(statement: Statement) -> Iterator[Requests]:
    """Yield the requests that ``statement`` speaks of, one for each action and resource."""
    for action in statement.actions or ("*",):
        for resource in statement.resources or ("*",):
            yield Requests((action,), (resource,), statement.not_actions, statement.not_resources)


def _right(
    region: Region,
    spelled: Sequence[str],
    conditions: tuple[Condition, ...],
    otherwise: tuple[tuple[Condition, ...], ...],
    sid: str,
) -> Right:
    """Return the right to ``region``; its action as one of ``spelled`` has it."""
    action = next((one for one in spelled if one.lower() == region.action), region.action)
    return Right(action, region.resource, conditions, otherwise, sid)
