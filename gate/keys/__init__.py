"""`gate keys`: the access keys of a block's user, how old they are, when each was used last, and
which of them no state knows.

A state loses the key of an apply that ended while AWS was making it: the key is there, nobody has
its secret, and with two keys AWS makes no third (LimitExceeded), so that a rotation cannot go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from athena_gate.modules.command_line import to_run
from athena_gate.modules.findings import Remark

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11)
MOST = 2
# A key that was used within this time is in use.
QUIET = timedelta(hours=24)
# A key that is younger may be that of an apply that has not written its state yet.
FRESH = timedelta(minutes=10)
ELSEWHERE = "unless another clone or backend has a state that does, nobody has its secret"


@dataclass(frozen=True, slots=True)
class Key:
    """An access key as AWS has it: its ``generation``, None for one that the state does not know,
    when it was ``made`` and ``used`` last (None: never), and for which service."""

    id: str
    generation: str | None
    active: bool
    made: datetime
    used: datetime | None
    service: str = ""

    def age(self, now: datetime) -> int:
        """Return its age in days."""
        return (now - self.made).days

    def in_use(self, now: datetime) -> bool:
        """Return whether it was used within the last hours."""
        return self.used is not None and now - self.used < QUIET


@dataclass(frozen=True, slots=True)
class Keys:
    """The access keys of ``user`` in ``account``, the oldest first; ``wanted`` are the generations
    of gate.hcl, and ``state`` the key ids of the state by generation. A user that was made
    ``by_hand`` and adopted may have brought keys that somebody has."""

    stack: str
    user: str
    account: str
    found: tuple[Key, ...]
    wanted: tuple[str, ...]
    state: Mapping[str, str]
    max_age_days: int | None
    by_hand: bool = False

    @property
    def unknown(self) -> tuple[Key, ...]:
        """Return those that the state does not know."""
        return tuple(key for key in self.found if key.generation is None)

    def of(self, generation: str) -> Key | None:
        """Return the key of ``generation``, None where there is none."""
        return next((key for key in self.found if key.generation == generation), None)

    def to_deactivate(self, key: Key) -> str:
        """Return the command that deactivates ``key``, which can be taken back."""
        return (
            f"aws iam update-access-key --user-name {self.user} --access-key-id {key.id} "
            "--status Inactive"
        )

    def why_not_removed(self, key: Key, now: datetime) -> str:
        """Return why ``key`` must not be removed beside the state; empty when it may be."""
        if key.generation is not None:
            return (
                f"it is that of generation {key.generation}; {to_run('rotate')} removes it in turn"
            )
        if key.used is not None and (key.active or key.in_use(now)):
            return (
                f"it was used on {key.used.date()}, so somebody has it; find out who, deactivate "
                "it, and remove it a day later"
            )
        if now - key.made < FRESH:
            return (
                "it was made within ten minutes; an apply that is under way may still write it down"
            )
        if self.by_hand and key.active:
            return (
                f"{self.user} was made by hand, and so may this key have been: somebody may have "
                f"it, though it was never used; deactivate it ({self.to_deactivate(key)}), and "
                "remove it a day later"
            )
        return ""

    def problems(self, now: datetime) -> tuple[Remark, ...]:
        """Return what is wrong with them, and what to do."""
        found = []
        for key in self.unknown:
            # A state without any key may be of a clone that nothing is applied from.
            lost = "so nobody has its secret here" if self.state else f"nor any other; {ELSEWHERE}"
            whose = "" if self.by_hand else f", {lost}"
            remedy = self.why_not_removed(key, now) or (
                f"{to_run(f'keys {self.stack} --remove {key.id}')} removes it"
            )
            found.append(Remark("GATE633", key.id, f"no state knows it{whose}; {remedy}"))
        ids = {key.id for key in self.found}
        found += [
            Remark(
                "GATE634",
                generation,
                f"the state has its key {lost}, AWS does not: it was deleted by hand; "
                f"{to_run(f'apply {self.stack}')} makes another",
            )
            for generation, lost in self.state.items()
            if lost not in ids
        ]
        if self.max_age_days is not None:
            found += [
                Remark(
                    "GATE631",
                    key.generation or key.id,
                    f"its key is {key.age(now)} days old, max_age_days is {self.max_age_days}; "
                    f"{to_run(f'rotate {self.stack}')} begins a rotation",
                )
                for key in self.found
                if key.age(now) > self.max_age_days
            ]
        return tuple(found)


def from_aws(iam: Any, user: str, state: Mapping[str, str]) -> tuple[Key, ...]:
    """Return the access keys of ``user``, the oldest first, as ``iam``, a client, answers; none for
    a user that is not there. ``state`` has the ids of the state by generation.

    Raises botocore's errors.
    """
    generations = {id_: generation for generation, id_ in state.items()}
    try:
        listed: Sequence[Mapping[str, Any]] = iam.list_access_keys(UserName=user)[
            "AccessKeyMetadata"
        ]
    except iam.exceptions.NoSuchEntityException:
        return ()
    found = []
    for one in listed:
        # https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html (2026-11):
        # without a date for a key that was never used.
        last = iam.get_access_key_last_used(AccessKeyId=one["AccessKeyId"])["AccessKeyLastUsed"]
        used = last.get("LastUsedDate")
        found.append(
            Key(
                one["AccessKeyId"],
                generations.get(one["AccessKeyId"]),
                one["Status"] == "Active",
                one["CreateDate"],
                used,
                last.get("ServiceName", "") if used else "",
            )
        )
    return tuple(sorted(found, key=lambda key: (key.made, key.id)))
