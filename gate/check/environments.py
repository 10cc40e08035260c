"""What two environments, or two files beside each other, would both make: their states are apart,
and names in AWS are not."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from athena_gate.modules.account import Account
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load, outline
from athena_gate.stacks.integrations import Integrations
from athena_gate.stacks.neighbours import Neighbours
from athena_gate.stacks.places import VENDORS, environments

# By its place (an account, or a region of it; empty where the name is taken in all accounts), its
# type without aws_, and its name.
Thing = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Clash:
    """A thing that ``block`` makes, which is of the environment or file that is called ``here``,
    and that the one called ``there`` makes too: its type and name, and in which account, if that
    matters."""

    here: str
    block: ConfiguredBlock
    there: str
    kind: str
    name: str
    place: str

    def __str__(self) -> str:
        place = f" in {self.place}" if self.place else ""
        return (
            f"{self.here} makes the {self.kind} {self.name}{place}, and {self.there} as well; give "
            "each an account or names of its own, or delete one of the two"
        )


def called(environment: str) -> str:
    """Return what ``environment`` is called in a sentence."""
    return f"the environment {environment}" if environment else "gate.hcl without an environment"


def clashes(file: Path) -> tuple[list[Clash], list[str]]:
    """Return, for each block in each environment of ``file``, the first thing of it that an earlier
    environment makes too; and the environments that are left out, for they have mistakes. What does
    not read without an environment is built in none, and is not said."""
    makers: dict[Thing, str] = {}
    clashing, left_out = [], []
    found = environments(file)
    for environment in ("", *found) if found else ():
        try:
            configuration = load(file, environment)
        except ConfigurationError:
            left_out += [environment] if environment else []
            continue
        own = [(block, made_by(block)) for block in configuration.blocks]
        for block, things in own:
            if shared := first(things & makers.keys()):
                place, kind, name = shared
                here, there = called(environment), called(makers[shared])
                clashing.append(Clash(here, block, there, kind, name, place))
        for thing in (thing for _, things in own for thing in things):
            makers.setdefault(thing, environment)
    return clashing, left_out


def beside(configuration: Configuration, others: Neighbours) -> tuple[list[Clash], list[str]]:
    """Return, for each block of ``configuration``, the first thing of it that one of ``others``,
    its neighbours, makes too; and the names of the files that are left out, for they have
    mistakes."""
    file = Path(configuration.file)
    own = [(block, made_by(block)) for block in configuration.blocks] if others else []
    clashing, left_out = [], []
    for one, other in others.items():
        if other is None:
            # What has no block of ours, but those of the environment, is another program's.
            _, titles, _ = outline(one, "")
            known = Integrations(file.absolute().parent / VENDORS)
            if any(title.partition(" ")[0] in known for title in titles.values()):
                left_out.append(one.name)
            continue
        theirs = made(other)
        for block, things in own:
            if shared := first(things & theirs):
                place, kind, name = shared
                clashing.append(Clash(file.name, block, one.name, kind, name, place))
    return clashing, left_out


def first(things: Collection[Thing]) -> Thing | None:
    """Return the one of ``things`` to be named, one that stands in an account if there is any."""
    return min(things, key=lambda thing: (not thing[0], thing), default=None)


def made(configuration: Configuration) -> set[Thing]:
    """Return everything with a name that ``configuration`` makes."""
    return {thing for block in configuration.blocks for thing in made_by(block)}


def made_by(block: ConfiguredBlock) -> set[Thing]:
    """Return everything with a name that ``block`` makes."""
    here, *others = block.settings.accounts
    found = set()
    for one in block.integration.resources(block.settings):
        # A reference is to what is named elsewhere.
        named = (str(one.arguments.get(field, "")) for field in _NAMES)
        name = next((text for text in named if text and "${" not in text), "")
        if name and one.type not in _INLINE:
            account = others[0] if "provider" in one.arguments else here
            place = _place(one.type, account)
            found.add((place, one.type.removeprefix("aws_"), name))
    return found


_NAMES = ("name", "bucket", "url")
# Their names are those of one role or user alone.
_INLINE = ("aws_iam_role_policy", "aws_iam_user_policy")


def _place(kind: str, account: Account) -> str:
    if kind == "aws_s3_bucket":
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html (2026-11):
        # a name is taken in all accounts.
        return ""
    where = f"account {account.id}"
    return where if kind.startswith("aws_iam_") else f"{where}, {account.region}"
