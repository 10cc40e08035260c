"""`gate recover`: what a run that was cut short has left, and its mending.

A Terraform that is killed has made what its state does not have. Every name of a stack is compared
with what stands in its accounts and with what is in its state; on yes the state is mended: what
stands is imported, what nobody can use is deleted. Nothing else in an account changes, and what is
still to do is left to the next apply, or destroy.

`wanted` are the stack's names, `account` what stands, `state` what is known, `mending` does it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from athena_gate.gate.doctor.aws import Refused
from athena_gate.gate.recover import backend
from athena_gate.gate.recover.account import (
    AccessKey,
    Account,
    NotAllowed,
    Standing,
    account,
    looks_for,
)
from athena_gate.gate.recover.leftovers import Leftover, leftovers
from athena_gate.gate.recover.wanted import Place, Wanted, wanted
from athena_gate.gate.stack.state import ERRORED, LIMIT, State, holder, parse, running_in
from athena_gate.modules.files import Unreadable, read_text
from athena_gate.stacks.configuration import ConfiguredBlock

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11)
KEYS_OF_A_USER = 2

# "import": it is this stack's; "forget": it is another thing that the state knows, and is gone, and
# what stands is imported; "foreign": it is somebody else's.
Verdict = Literal["import", "forget", "foreign"]


@dataclass(frozen=True, slots=True)
class Left:
    """A resource of the stack that stands and that the state does not know: the id to import it by,
    and why it is left alone when it is somebody else's."""

    address: str
    id: str
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """An access key of a user of the stack that its state does not know; ``mentioned`` when a
    broken state has its id, or may; ``unused`` when neither that nor any use is known, so that
    nobody misses it: its secret went with the state. A user that was made ``by_hand`` may have
    brought it, and where no state is found at all, nor a lock of its run (``stateless``), another
    clone or backend may have the state that knows it.
    """

    key: AccessKey
    place: Place
    by_hand: bool = False
    mentioned: bool = False
    stateless: bool = False

    @property
    def unused(self) -> bool:
        """Return whether nobody can have it."""
        return not (self.key.used or self.by_hand or self.mentioned or self.stateless)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a run has left of ``stack``. ``running`` is the process of a Terraform that still works
    there, negative where it has no id here, ``errored`` a state that the backend would not take;
    ``unseen`` are the questions that were not answered; ``crowded`` are users who would get more
    access keys than a user may have; ``leftovers`` are things of this stack's tag that it does not
    ask for any more."""

    stack: str
    folder: Path
    state: State
    left: tuple[Left, ...] = ()
    keys: tuple[UnknownKey, ...] = ()
    unseen: tuple[str, ...] = ()
    running: int = 0
    errored: Path | None = None
    crowded: tuple[str, ...] = ()
    leftovers: tuple[Leftover, ...] = ()

    @property
    def imports(self) -> list[Left]:
        """Return what is to be imported."""
        return [one for one in self.left if one.verdict != "foreign"]

    @property
    def stateless(self) -> bool:
        """Return whether there is no state at all, nor a sign that one is being written."""
        state = self.state
        return not (state.resources or state.lock or state.broken or state.mentioned)

    @property
    def foreign(self) -> list[Left]:
        """Return what stands in the way and is somebody else's."""
        return [one for one in self.left if one.verdict == "foreign"]

    @property
    def deletable(self) -> list[UnknownKey]:
        """Return the access keys that nobody can use."""
        return [one for one in self.keys if one.unused]

    @property
    def removable(self) -> list[Leftover]:
        """Return the leftovers that hold nothing."""
        return [one for one in self.leftovers if one.empty]

    @property
    def mendable(self) -> bool:
        """Return whether there is anything that can be mended from here."""
        state = self.state
        # A local state is locked by the process itself.
        locked = state.lock is not None and state.lock.ours and state.file is None
        if state.broken and (state.file is None or state.whole):
            # An earlier version of the object comes first, and only its owner can bring it back;
            # what is whole and not read here is nothing to write over.
            return False
        broken = bool(state.broken)
        things = (self.imports, self.deletable, self.removable, self.errored, broken, locked)
        return any(map(bool, things))

    @property
    def stops(self) -> bool:
        """Return whether an apply would fail, or lose something."""
        locked = self.state.lock is not None and self.state.file is None
        stuck = (self.state.broken, locked, self.running)
        things = (self.left, self.deletable, self.crowded, self.errored, *stuck)
        return any(map(bool, things))


def examine(
    stack: str,
    folder: Path,
    content: Mapping[str, Any],
    accounts: dict[Place, Account],
    adopted: Collection[str] = (),
) -> Recovery:
    """Return what a run has left of ``stack``, whose JSON is ``content`` and lies in ``folder``.

    ``accounts`` are those that were asked before; what is asked anew is added. ``adopted`` are the
    users of gate.hcl that were made by hand. Raises ``Refused`` when no credentials lead to an
    account or to the state.
    """
    state = backend.read(content, folder)
    unseen: list[str] = []
    errored = folder / ERRORED
    handed = errored.is_file()
    if handed:
        try:
            # What is to be handed over is what will be known.
            there = parse(read_text(errored, LIMIT), str(errored))
            if there.lineage == state.lineage and there.serial < state.serial:
                handed = False
                unseen.append(
                    f"{errored} is older than the state, which a later run has written: delete it"
                )
            else:
                state = replace(state, resources=there.resources, tainted=there.tainted)
        except Unreadable as error:
            handed = False
            unseen.append(str(error))
    asked = wanted(content)
    for place in {one.place for one in asked}:
        if place not in accounts:
            accounts[place] = account(place)
    left: list[Left] = []
    users: dict[str, Wanted] = {}
    for one in asked:
        known = state.resources.get(one.address)
        if known is not None and one.is_known(known):
            if one.type == "aws_iam_user":
                users[one.address] = one
            continue
        if not looks_for(one.type):
            continue
        try:
            found = accounts[one.place].stands(one)
        except NotAllowed as error:
            unseen.append(f"{one.address}: {error}")
            continue
        if found is None:
            continue
        judged = _judged(one, found, known is not None)
        if judged.verdict == "forget" and known is not None:
            try:
                other = replace(one, arguments={**one.arguments, **known})
                judged = _gone(judged, accounts[one.place].stands(other))
            except NotAllowed as error:
                unseen.append(f"{one.address}: whether what the state has is gone: {error}")
                continue
        left.append(judged)
        if one.type == "aws_iam_user" and judged.verdict != "foreign":
            users[one.address] = one
    keys, crowded = _keys(users.values(), asked, state, accounts, unseen, adopted)
    others = tuple(_leftovers(asked, state, accounts, unseen))
    return Recovery(
        stack,
        folder,
        state,
        tuple(left),
        tuple(keys),
        tuple(unseen),
        # A lock is of whoever runs, in this clone or in another.
        running_in(folder, elsewhere=state.lock is not None and state.file is None)
        or holder(state.file),
        errored if handed else None,
        tuple(crowded),
        others,
    )


def made_by_hand(blocks: Iterable[ConfiguredBlock]) -> frozenset[str]:
    """Return the users that ``blocks`` have adopted."""
    kept = (getattr(block.settings, "adopted", None) for block in blocks)
    return frozenset(one.user for one in kept if one and one.user)


def _leftovers(
    asked: list[Wanted], state: State, accounts: Mapping[Place, Account], unseen: list[str]
) -> Iterator[Leftover]:
    """Yield what has the stack's tag, and neither the stack nor its state has."""
    names = {
        str(body.get(name))
        for body in (*(one.arguments for one in asked), *state.resources.values())
        for name in ("name", "bucket")
    }
    for place, tag in dict.fromkeys((one.place, one.tag) for one in asked):
        try:
            found = leftovers(accounts[place], tag)
            yield from (one for one in found if one.name not in names)
        except NotAllowed as error:
            unseen.append(f"what else has the tag {tag} in {place.account}: {error}")


def _judged(one: Wanted, found: Standing, known: bool) -> Left:
    """Return what is to be done with ``found``, which stands under the name of ``one``; ``known``
    when the state has another thing at that address."""
    if found.whose:
        return Left(one.address, found.id, "foreign", f"it is {found.whose}")
    if found.tag == one.tag:
        return Left(one.address, found.id, "forget" if known else "import")
    if found.tag is None and found.empty:
        # S3 has no tags in CreateBucket as the provider calls it: cut short between the two calls.
        return Left(one.address, found.id, "forget" if known else "import")
    whose = f"of {found.tag}" if found.tag else "without the tag athena-gate"
    return Left(one.address, found.id, "foreign", f"it is {whose}, not of {one.tag}")


def _gone(judged: Left, other: Standing | None) -> Left:
    """Return ``judged``, or that both stand where ``other``, what the state has at that address, is
    not gone: forgotten it would be nobody's."""
    if other is None or other.id == judged.id:
        return judged
    why = f"the state has {other.id} in its place, which stands as well, so neither is forgotten"
    return replace(judged, verdict="foreign", why=why)


def _keys(
    users: Iterable[Wanted],
    asked: Iterable[Wanted],
    state: State,
    accounts: Mapping[Place, Account],
    unseen: list[str],
    adopted: Collection[str],
) -> tuple[list[UnknownKey], list[str]]:
    """Return the access keys that the state does not know, and the users who could not be given
    those that the stack asks for."""
    unknown: list[UnknownKey] = []
    crowded: list[str] = []
    made = {one.arguments["name"] for one in asked if one.type == "aws_iam_policy"}
    for user in users:
        name = user.arguments["name"]
        try:
            found = accounts[user.place].access_keys(name)
            # One of that name may have been made anew by hand, with a key that nobody has used yet.
            strangers = any(key.id not in state.keys for key in found)
            stands = accounts[user.place].stands(user) if strangers else None
        except NotAllowed as error:
            unseen.append(f"{user.address}: {error}")
            continue
        # A user that was made here is called as its policy; one that was adopted brought keys. Of
        # a block that is gone only the name tells.
        by_hand = name not in made or name in adopted
        by_hand |= stands is not None and stands.tag != user.tag
        stateless = not (state.resources or state.lock or state.broken)
        strange = [
            UnknownKey(key, user.place, by_hand, _may_have(state, key), stateless)
            for key in found
            if key.id not in state.keys
        ]
        unknown += strange
        missing = [
            one
            for one in asked
            if one.type == "aws_iam_access_key"
            and one.arguments["user"] == name
            and one.address not in state.resources
        ]
        kept = len(found) - sum(one.unused for one in strange)
        if missing and kept + len(missing) > KEYS_OF_A_USER:
            crowded.append(name)
    return unknown, crowded


def _may_have(state: State, key: AccessKey) -> bool:
    """Return whether a broken ``state`` may have ``key``: one that is whole is not read here."""
    # Of one that ends early the last id may be cut short itself.
    return state.whole or key.id.startswith((*state.mentioned,))


__all__ = ["Left", "Recovery", "Refused", "UnknownKey", "examine", "made_by_hand"]
