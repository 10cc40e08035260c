"""What some policies allow and others do not."""

import pytest

from athena_gate.modules.iam.difference import Right, more
from athena_gate.modules.iam.policy import Condition, Statement

HOME = Condition("IpAddress", "aws:SourceIp", ("203.0.113.0/24",))
AWAY = Condition("NotIpAddress", "aws:SourceIp", ("203.0.113.0/24",))
ROOM = Condition("IpAddress", "aws:SourceIp", ("203.0.113.0/25",))
SALES = "arn:aws:s3:::lake/sales/*"
LAKE = "arn:aws:s3:::lake/*"


def allow(
    actions: str, resources: str = "*", *conditions: Condition, sid: str = "", why: str = ""
) -> Statement:
    words = tuple(actions.split()), tuple(resources.split())
    return Statement("Allow", *words, conditions=conditions, sid=sid, why=why)


def deny(actions: str, resources: str = "*", *conditions: Condition) -> Statement:
    return Statement(
        "Deny", tuple(actions.split()), tuple(resources.split()), conditions=conditions, sid="Deny"
    )


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ([allow("s3:GetObject", LAKE)], [allow("s3:GetObject", LAKE)]),
        ([allow("s3:GetObject", LAKE, sid="A")], [allow("S3:getobject", LAKE, why="b")]),
        (
            [allow("s3:GetObject s3:PutObject", LAKE)],
            [allow("s3:PutObject", LAKE), allow("s3:GetObject", LAKE)],
        ),
        ([allow("s3:GetObject", SALES)], [allow("s3:Get*", LAKE)]),
        ([allow("s3:GetObject", LAKE, HOME)], [allow("s3:GetObject", LAKE)]),
        ([allow("s3:GetObject", LAKE, ROOM)], [allow("s3:GetObject", LAKE, HOME)]),
        # What a Deny takes everywhere else, and a condition of the Allow: the same from home.
        (
            [allow("s3:GetObject", LAKE, HOME)],
            [allow("s3:GetObject", LAKE), deny("s3:*", "*", AWAY)],
        ),
        ([allow("s3:GetObject", LAKE), deny("s3:GetObject", SALES)], [allow("s3:GetObject", LAKE)]),
        ([allow("s3:GetObject", SALES), deny("s3:*")], []),
        # No policy is needed for it.
        ([allow("sts:GetCallerIdentity")], []),
        # The action does not work there.
        ([allow("s3:GetObject", "arn:aws:s3:::lake")], []),
    ],
)
def test_what_allows_nothing_more_is_no_difference(
    new: list[Statement], old: list[Statement]
) -> None:
    assert list(more(new, old)) == []


@pytest.mark.parametrize(
    ("new", "old", "rights"),
    [
        (
            [allow("s3:GetObject s3:PutObject", LAKE, sid="A")],
            [allow("s3:GetObject", LAKE)],
            [Right("s3:PutObject", LAKE, (), (), "A")],
        ),
        (
            [allow("s3:GetObject", LAKE)],
            [allow("s3:GetObject", LAKE, HOME)],
            [Right("s3:GetObject", LAKE, (), ((HOME,),), "")],
        ),
        (
            [allow("s3:GetObject", LAKE, HOME)],
            [allow("s3:GetObject", LAKE, ROOM)],
            [Right("s3:GetObject", LAKE, (HOME,), ((ROOM,),), "")],
        ),
        # Part of what the statement says was allowed already.
        (
            [allow("s3:GetObject", LAKE)],
            [allow("s3:GetObject", SALES)],
            [Right("s3:GetObject", LAKE, (), ((),), "")],
        ),
        (
            [allow("s3:*Object", LAKE)],
            [allow("s3:GetObject", LAKE), deny("s3:DeleteObject")],
            [
                Right("s3:*Object", LAKE, (), ((),), ""),
                Right("s3:DeleteObject", LAKE, (), (), "Deny"),
            ],
        ),
        # A Deny that is gone.
        (
            [allow("s3:GetObject", LAKE)],
            [allow("s3:GetObject", LAKE), deny("s3:*", SALES)],
            [Right("s3:GetObject", SALES, (), (), "Deny")],
        ),
        (
            [allow("s3:GetObject", LAKE)],
            [allow("s3:GetObject", LAKE), deny("s3:GetObject", "*", AWAY)],
            [Right("s3:GetObject", LAKE, (AWAY,), (), "Deny")],
        ),
    ],
)
def test_what_is_allowed_for_the_first_time_is_named(
    new: list[Statement], old: list[Statement], rights: list[Right]
) -> None:
    assert list(more(new, old)) == rights
