"""``until``: access that ends on a day by itself, whether or not anybody deploys.

A condition on the time is in the policies, and AWS sends the time with every request:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
(2026-11). What Athena calls for somebody counts as theirs, so that queries that run then end too.
"""

from dataclasses import replace
from datetime import date, timedelta

from pydantic import Field

from athena_gate.modules import clock
from athena_gate.modules.fields import Day
from athena_gate.modules.findings import Remark
from athena_gate.modules.iam.policy import Condition, Policy, Statement

Until = Day | None
UNTIL = Field(
    None,
    description="The last day of the access, as in `2027-03-31`, by the clock of UTC; from then on "
    "AWS refuses it.",
)
# How long before the end it is said.
SOON = timedelta(days=30)
_TIME = "aws:CurrentTime"


def end(until: str) -> str:
    """Return the moment from which on access has ended, as policies write it."""
    return f"{date.fromisoformat(until) + timedelta(days=1)}T00:00:00Z"


def ending(policy: Policy, until: Until) -> Policy:
    """Return ``policy`` of somebody made here, who can do nothing any more after ``until``."""
    if until is None or not policy.statements:
        return policy
    return Policy(
        (
            *policy.statements,
            Statement(
                "Deny",
                sid="DenyAfterTheLastDay",
                why=f"Access ends with {until}, whether or not anybody deploys.",
                actions=("*",),
                resources=("*",),
                conditions=(Condition("DateGreaterThanEquals", _TIME, (end(until),)),),
            ),
        )
    )


def allowing(policy: Policy, until: Until) -> Policy:
    """Return ``policy`` with nothing allowed after ``until``: of a role, which others may take, or
    for somebody who has other rights, which a Deny would take."""
    if until is None:
        return policy
    ends = Condition("DateLessThan", _TIME, (end(until),))
    # Those of a page say no why, and differ from it now.
    why = f"As on the page, and access ends with {until}."
    return Policy(
        tuple(
            replace(one, conditions=(*one.conditions, ends), why=one.why or why)
            if one.effect == "Allow"
            else one
            for one in policy.statements
        )
    )


def remarks(until: Until) -> tuple[Remark, ...]:
    """Return what is to be known of ``until`` today."""
    if until is None:
        return ()
    last, today = date.fromisoformat(until), clock.today()
    if last < today:
        return (
            Remark(
                "GATE226",
                "until",
                f"access has ended with {until}, AWS refuses all of it; delete the block and "
                "destroy its stack, or set a later day",
            ),
        )
    if last - today > SOON:
        return ()
    left = (last - today).days
    days = {0: "today", 1: "tomorrow"}.get(left, f"in {left} days")
    return (
        Remark(
            "GATE632", "until", f"access ends with {until}, {days}; from then on AWS refuses it"
        ),
    )
