"""`gate parity`: what a block grants beside what the vendor's page grants, difference by difference.

It reads gate.hcl and the guides, nothing else: no synthesis, no Terraform.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from modules.iam.actions import exists, grants_nothing
from modules.iam.guide import Deviation, Guide, fill
from modules.iam.patterns import arn_includes, includes
from modules.iam.policy import Condition, Effect, Grant, Policy
from stacks.configuration import ConfiguredBlock
from stacks.integrations import INTEGRATIONS

Status = Literal["same", "narrower", "wider", "added", "dropped", "ineffective"]

STATUSES: dict[Status, str] = {
    "same": "granted as the guide has it",
    "narrower": "granted, but less of it than the guide has",
    "wider": "granted, and more of it than the guide has",
    "added": "granted, and not by the guide",
    "dropped": "granted by the guide only",
    "ineffective": "in the guide, where it grants nothing",
}
UNEXPLAINED = "unexplained: no deviation in the guide's data mentions it"


@dataclass(frozen=True, slots=True)
class Side:
    """Where a row's actions are granted, to whom (nobody in an identity policy) and when."""

    principals: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Actions of one statement that fare alike; ``guide`` or ``ours`` is None where that side
    has nothing of the kind. ``explained`` is False when no deviation states the difference."""

    status: Status
    effect: Effect
    actions: tuple[str, ...]
    guide: Side | None
    ours: Side | None
    reasons: tuple[str, ...]
    explained: bool


@dataclass(frozen=True, slots=True)
class Section:
    """What became of one statement of the guide, or, last, what the guide does not have."""

    statement: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One policy of the guide beside ours; ``deployed`` is False when this block has no such
    policy. ``counts`` are grants by status, ``unexplained`` those that no deviation states."""

    name: str
    title: str
    source: str
    date: str
    deployed: bool
    sections: tuple[Section, ...]
    counts: Mapping[Status, int]
    unexplained: int


@dataclass(frozen=True, slots=True)
class Parity:
    """A block beside its vendor's guide."""

    block: str
    vendor: str
    documents: tuple[Document, ...]

    @property
    def unexplained(self) -> int:
        """Return how many grants differ without a stated reason."""
        return sum(document.unexplained for document in self.documents)

    def counts(self) -> Counter[Status]:
        """Return the grants of all documents by status."""
        return sum((Counter(document.counts) for document in self.documents), Counter[Status]())

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as JSON takes it: dictionaries, lists, texts and numbers."""
        return {**asdict(self), "counts": dict(self.counts()), "unexplained": self.unexplained}


def parity(block: ConfiguredBlock) -> Parity:
    """Return ``block`` beside its vendor's guide, document by document."""
    return Parity(block.title, block.vendor, tuple(_documents(block)))


def _documents(block: ConfiguredBlock) -> Iterator[Document]:
    guides, settings = INTEGRATIONS[block.kind].guide, block.settings
    values = guides.values(settings)

    def stated(deviations: Iterable[Deviation]) -> list[Deviation]:
        return [
            Deviation(
                deviation.reason,
                fill(Policy(deviation.dropped), values).statements,
                fill(Policy(deviation.added), values).statements,
            )
            for deviation in deviations
            if not deviation.when
            or (
                values[deviation.when]
                if deviation.when in values
                else getattr(settings, deviation.when)
            )
        ]

    granted, trusts = _access(block), _trusts(block)
    for name, guide in guides.GUIDES.items():
        yield _document(
            name,
            guide,
            fill(guide.documented, values),
            stated(guide.deviations),
            granted.get(name),
        )
        trust = f"{name} trust" if len(guides.GUIDES) > 1 else "trust"
        if name in trusts or guide.documented_trust:
            yield _document(
                trust,
                guide,
                fill(guide.documented_trust or Policy(()), values),
                stated(getattr(guides, "TRUST_DEVIATIONS", ())),
                trusts.get(name),
            )


def _access(block: ConfiguredBlock) -> dict[str, Policy]:
    """Return the policies that ``block`` deploys by the name of their guide."""
    policies = INTEGRATIONS[block.kind].policies
    if hasattr(policies, "documents"):
        documents: dict[str, Policy] = policies.documents(block.settings)
        return documents
    return {"access": policies.access(block.settings)}


def _trusts(block: ConfiguredBlock) -> dict[str, Policy]:
    """Return the trust policies that ``block`` deploys by the name of the guide they belong to."""
    policies, settings = INTEGRATIONS[block.kind].policies, block.settings
    match block.kind:
        case "dbt":
            return {"access": policies.trust(settings)}
        case "metronome" if settings.authentication == "web_identity":
            return {"access": policies.trust(settings)}
        case "immuta" if settings.authentication == "instance_role" and not settings.role_name:
            return {"access": policies.trust(settings)}
    return {}


def _document(
    name: str,
    guide: Guide,
    documented: Policy,
    deviations: Sequence[Deviation],
    ours: Policy | None,
) -> Document:
    if ours is None:
        return Document(name, guide.title, guide.source, guide.date, False, (), {}, 0)
    cells = compare(documented, deviations, ours)
    grants = {(cell.status, cell.of): cell.explained for cell in cells}
    return Document(
        name,
        guide.title,
        guide.source,
        guide.date,
        True,
        tuple(_sections(documented, cells)),
        dict(Counter(status for status, _ in grants)),
        sum(not explained for explained in grants.values()),
    )
