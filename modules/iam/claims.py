"""What is claimed of policies, as data: calls that must be allowed, and requests that never may be.

``modules.iam.proof`` decides the first with ``decide`` and the second with ``inclusion``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from athena_gate.modules.iam.decide import Caller
from athena_gate.modules.iam.policy import Principal
from athena_gate.modules.iam.todo import ToDo


@dataclass(frozen=True, slots=True)
class AnyBut:
    """Any value of a condition key that none of these patterns (or, for an address, ranges)
    matches, or no value at all."""

    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Since:
    """Any time from ``moment`` on, a date as policies write it; of a key that has a time in every
    request."""

    moment: str


# What a claim says of a condition key: it has exactly these values (none of them: it is absent).
Given = tuple[str, ...] | AnyBut | Since
# Condition key -> what is given. A key that is not named may have any value or none.
When = Mapping[str, Given]


@dataclass(frozen=True, slots=True)
class Call:
    """One call to AWS: its action is checked on each of ``resources`` (ARNs, or ``*`` for none).

    ``context`` holds the condition keys of the call that policies may look at and ``unknown``
    those of which AWS documents no value; ``account`` owns the resources, by default the caller's.
    ``given`` is what others must do for it: what a policy of theirs must say, where it is refused
    without, and what has to be so whatever policies say.
    """

    action: str
    resources: tuple[str, ...]
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    account: str | None = None
    given: tuple[ToDo, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """Calls that must be allowed for something to work; ``says`` is that, in words.

    ``holder`` is the ARN of the user, role or (where nobody has it yet) managed policy whose
    policies have to allow the calls. It is None for a caller from elsewhere, whose own policies
    are taken to allow them, so that only the resource's policy counts. ``given`` is what no
    policy says and has to be so all the same.
    """

    name: str
    says: str
    holder: str | None
    caller: Caller
    calls: tuple[Call, ...]
    given: tuple[ToDo, ...] = ()


@dataclass(frozen=True, slots=True)
class Requests:
    """All requests for one of ``actions`` but ``but_actions`` on one of ``resources`` but
    ``but_resources``; all four are patterns of a policy's Action and Resource elements."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    but_actions: tuple[str, ...] = ()
    but_resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Strangers:
    """Whoever resource-based policies, trust policies included, let in, but these principals."""

    but: tuple[Principal, ...] = ()


@dataclass(frozen=True, slots=True)
class Anyone:
    """Whoever it is, whatever their own policies allow: only a Deny keeps them out."""


@dataclass(frozen=True, slots=True)
class Never:
    """Requests that are never allowed; ``says`` is that, in words.

    ``of`` is whom the claim speaks of: the ARN of a user, role or managed policy,
    ``Strangers`` or ``Anyone``. ``when`` says in which circumstances it holds.
    """

    name: str
    says: str
    of: str | Strangers | Anyone
    requests: tuple[Requests, ...]
    when: When = field(default_factory=dict)
