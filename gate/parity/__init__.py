"""`gate parity`: what a block grants beside what the vendor's page grants, and why they differ.

It reads gate.hcl and the guides, nothing else: no synthesis, no Terraform.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from athena_gate.gate.parity.comparison import STATUSES, Cell, Status, compare
from athena_gate.modules.iam.guide import Guide
from athena_gate.modules.iam.policy import Condition, Effect, Grant, Policy, Statement
from athena_gate.stacks.configuration import ConfiguredBlock
from athena_gate.stacks.integrations import Integration

UNEXPLAINED = "Unexplained: nothing says why."

# What AWS's own policies hold of the services that guides open; the rest of them is for consoles.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ has a page for each (2026-11).
_MANAGED = {
    "AmazonAthenaFullAccess": ("athena:*",),
    "AWSGlueConsoleFullAccess": ("glue:*",),
    "AWSQuicksightAthenaAccess": ("athena:*", "glue:*", "s3:*", "lakeformation:GetDataAccess"),
}
_MANAGED_REASON = (
    "The block asks for AWS's managed policies, the guide's other way, and they know neither this "
    "workgroup nor these databases."
)


@dataclass(frozen=True, slots=True)
class Side:
    """What is granted, to whom (nobody in an identity policy), on what (nothing in a trust
    policy) and when."""

    actions: tuple[str, ...]
    principals: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Grants of one statement that fare alike; ``guide`` or ``ours`` is None where that side has
    nothing of the kind. ``explained`` is False when nothing says why."""

    status: Status
    effect: Effect
    guide: Side | None
    ours: Side | None
    reasons: tuple[str, ...]
    explained: bool


@dataclass(frozen=True, slots=True)
class Section:
    """What became of one statement of the guide or, last, what the guide does not have."""

    statement: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One policy of the guide beside ours; ``deployed`` is False when the block has no such
    policy. ``counts`` are grants by status, ``unexplained`` those without a reason."""

    name: str
    policy: Literal["access", "trust"]
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

    @property
    def counts(self) -> dict[Status, int]:
        """Return the number of grants by status, in all documents."""
        return {
            status: number
            for status in STATUSES
            if (number := sum(d.counts.get(status, 0) for d in self.documents))
        }

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as dictionaries, lists, texts and numbers."""
        return {**asdict(self), "counts": self.counts, "unexplained": self.unexplained}


def parity(block: ConfiguredBlock) -> Parity:
    """Return ``block`` beside its vendor's guide, document by document."""
    return Parity(block.title, block.vendor, tuple(_documents(block)))


def _documents(block: ConfiguredBlock) -> Iterator[Document]:
    integration, settings = block.integration, block.settings
    values = integration.values(settings)
    policies, trusts = integration.documents(settings), integration.trusts(settings)
    for name, guide in integration.guides.items():
        ours = policies.get(name)
        if managed := _managed_policies(integration, settings):
            ours = Policy((*(ours.statements if ours else ()), *managed))
            opened = {action: _MANAGED_REASON for one in managed for action in one.actions}
            guide = replace(guide, beside={**guide.beside, **opened})
        documented = guide.documented_for(values)
        if guide.attached:
            attached = [_managed_policy(one) for one in guide.attached]
            documented = Policy((*documented.statements, *attached))
        yield _document(name, "access", guide, documented, ours)
        if guide.documented_trust is not None or name in trusts:
            documented = guide.trust_for(values)
            yield _document(name, "trust", guide, documented, trusts.get(name))


def _managed_policies(integration: Integration, settings: Any) -> list[Statement]:
    """Return what is known of the AWS managed policies that are attached."""
    return [_managed_policy(arn) for arn in integration.managed(settings)]


def _managed_policy(arn: str) -> Statement:
    """Return what is known of one of AWS's own policies, by its ARN or name."""
    name = arn.rsplit("/", 1)[-1]
    return Statement(
        "Allow",
        sid=name,
        why=_MANAGED_REASON,
        actions=_MANAGED.get(name, ("*",)),
        resources=("*",),
    )


def _document(
    name: str,
    policy: Literal["access", "trust"],
    guide: Guide,
    documented: Policy,
    ours: Policy | None,
) -> Document:
    cells = [] if ours is None else compare(documented, guide, ours)
    grants: dict[tuple[Status, Grant], bool] = {}
    for cell in cells:
        found = (cell.status, cell.grant)
        grants[found] = grants.get(found, True) and cell.explained
    counts = Counter(status for status, _ in grants)
    return Document(
        name,
        policy,
        guide.title,
        guide.source,
        guide.date,
        ours is not None,
        tuple(_sections(documented, cells)),
        {status: counts[status] for status in STATUSES if counts[status]},
        sum(not explained for explained in grants.values()),
    )


def _sections(documented: Policy, cells: Sequence[Cell]) -> Iterator[Section]:
    for number, statement in enumerate(documented.statements, start=1):
        grants = statement.grants()
        if rows := _rows([c for c in cells if c.status != "added" and c.grant in grants]):
            services = dict.fromkeys(action.partition(":")[0] for action in statement.actions)
            label = statement.sid or f"Statement {number}: {', '.join(services)}"
            yield Section(label, tuple(rows))
    if rows := _rows([cell for cell in cells if cell.status == "added"]):
        yield Section("Not in the guide", tuple(rows))


# A principal and a resource of the guide, and ours in their place: action, principal, resource,
# where the action is "=" for the guide's own.
_Place = tuple[str, str, frozenset[tuple[str, str, str]]]


def _rows(cells: Iterable[Cell]) -> list[Row]:
    """Return the cells as rows: actions that are granted in the same places stand together."""
    alike: defaultdict[tuple[Any, ...], defaultdict[str, set[_Place]]]
    alike = defaultdict(lambda: defaultdict(set))
    for cell in cells:
        grant = cell.grant
        given = frozenset[Condition]().union(*(g.conditions for g in cell.ours))
        fate = (cell.status, grant.effect, cell.reasons, cell.explained, grant.conditions, given)
        ours = frozenset(
            ("=" if g.action == grant.action else g.action, g.principal, g.resource)
            for g in cell.ours
        )
        alike[fate][grant.action].add((grant.principal, grant.resource, ours))
    rows = []
    for fate, places in alike.items():
        together = defaultdict(list)
        for action, found in places.items():
            together[frozenset(found)].append(action)
        rows += [_row(fate, actions, found) for found, actions in together.items()]
    return sorted(rows, key=_order)


def _row(fate: tuple[Any, ...], actions: Sequence[str], places: Iterable[_Place]) -> Row:
    status, effect, reasons, explained, wanted, given = fate
    guide = ours = None
    if status != "added":
        guide = _side(actions, ((p, r) for p, r, _ in places), wanted)
    if found := {place for _, _, places_of_ours in places for place in places_of_ours}:
        granted = {one for name, _, _ in found for one in (actions if name == "=" else (name,))}
        ours = _side(granted, ((p, r) for _, p, r in found), given)
    return Row(status, effect, guide, ours, reasons, explained)


def _order(row: Row) -> tuple[object, ...]:
    sides = [
        (
            side.actions,
            side.resources,
            side.principals,
            [(c.key, c.operator, c.values) for c in side.conditions],
        )
        for side in (row.guide, row.ours)
        if side is not None
    ]
    return list(STATUSES).index(row.status), row.effect, sides


def _side(
    actions: Iterable[str], places: Iterable[tuple[str, str]], conditions: Iterable[Condition]
) -> Side:
    principals, resources = zip(*places, strict=True)
    return Side(
        tuple(sorted(actions)),
        tuple(sorted(set(principals) - {""})),
        tuple(sorted(set(resources) - {""})),
        tuple(sorted(conditions, key=lambda c: (c.key, c.operator))),
    )
