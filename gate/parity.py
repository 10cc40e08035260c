"""`gate parity`: what a block grants beside what the vendor's page grants, and why they differ.

It reads gate.hcl and the guides, nothing else: no synthesis, no Terraform.
"""

import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from modules.iam.actions import exists, grants_nothing
from modules.iam.guide import Deviation, Guide, fill
from modules.iam.patterns import arn_includes, includes
from modules.iam.policy import Condition, Effect, Grant, Policy, Statement
from stacks.configuration import ConfiguredBlock
from stacks.integrations import INTEGRATIONS

Status = Literal["same", "narrower", "wider", "added", "dropped", "ineffective"]

STATUSES: dict[Status, str] = {
    "same": "granted as the guide has it",
    "narrower": "granted, but less of it than the guide has",
    "wider": "granted, and more of it than the guide has",
    "added": "granted, and not in the guide",
    "dropped": "in the guide, and not granted",
    "ineffective": "in the guide, where it grants nothing",
}
UNEXPLAINED = "Unexplained: no stated deviation from the guide mentions this."

# What AWS's own policies hold of the services that guides open; the rest of them is for consoles.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ has a page for each (2026-11).
_MANAGED = {"AmazonAthenaFullAccess": "athena:*", "AWSGlueConsoleFullAccess": "glue:*"}
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
    nothing of the kind. ``explained`` is False when no deviation states the difference."""

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
    policy. ``counts`` are grants by status, ``unexplained`` those that no deviation states."""

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
    module: Any = INTEGRATIONS[block.kind].guide
    settings = block.settings
    values: Mapping[str, tuple[str, ...]] = module.values(settings)
    policies, trusts = _policies(block), _trusts(block)
    for name, guide in module.GUIDES.items():
        documented = fill(guide.documented, values)
        ours = policies.get(name)
        stated = _stated(guide.deviations, values, settings)
        if managed := _managed_policies(block):
            ours = Policy((*(ours.statements if ours else ()), *managed))
            stated = [Deviation(_MANAGED_REASON, documented.statements, ours.statements)]
        yield _document(name, "access", guide, documented, stated, ours)
        if guide.documented_trust is not None:
            documented = fill(guide.documented_trust, values)
            stated = _stated(guide.trust_deviations, values, settings)
        elif name in trusts:
            documented = Policy(())
            stated = [Deviation(s.why, added=(s,)) for s in trusts[name].statements]
        else:
            continue
        yield _document(name, "trust", guide, documented, stated, trusts.get(name))


def _stated(
    deviations: Iterable[Deviation], values: Mapping[str, tuple[str, ...]], settings: Any
) -> list[Deviation]:
    """Return the deviations whose setting is on, with their placeholders filled."""
    return [
        Deviation(
            deviation.reason,
            fill(Policy(deviation.dropped), values).statements,
            fill(Policy(deviation.added), values).statements,
        )
        for deviation in deviations
        if not (setting := deviation.when)
        or (values[setting] if setting in values else getattr(settings, setting))
    ]


def _policies(block: ConfiguredBlock) -> dict[str, Policy]:
    """Return the policies that ``block`` deploys by the name of the guide they belong to."""
    policies: Any = INTEGRATIONS[block.kind].policies
    settings = block.settings
    if block.kind == "dynamodb_connector":
        documents: dict[str, Policy] = policies.documents(settings)
        return documents
    return {"access": policies.access(settings)}


def _trusts(block: ConfiguredBlock) -> dict[str, Policy]:
    """Return the trust policies that ``block`` deploys by the name of the guide they belong to."""
    policies: Any = INTEGRATIONS[block.kind].policies
    settings = block.settings
    match block.kind:
        case "metronome" if settings.authentication == "web_identity":
            return {"access": policies.trust(settings)}
        case "immuta" if settings.authentication == "instance_role" and not settings.role_name:
            return {"access": policies.trust(settings)}
        case "dbt":
            return {"access": policies.trust(settings)}
        case "dynamodb_connector":
            image, sharing = settings.deployment == "image", settings.console_sharing
            return {
                **({"sharing": policies.sharing_trust(settings)} if sharing else {}),
                **({"connector": policies.connector_trust()} if image else {}),
            }
    return {}


def _managed_policies(block: ConfiguredBlock) -> list[Statement]:
    """Return what is known of the AWS managed policies that ``block`` attaches."""
    policies: Any = INTEGRATIONS[block.kind].policies
    if not hasattr(policies, "aws_managed_policies"):
        return []
    names = [arn.rsplit("/", 1)[1] for arn in policies.aws_managed_policies(block.settings)]
    return [
        Statement("Allow", sid=name, actions=(_MANAGED[name],), resources=("*",)) for name in names
    ]


def _document(
    name: str,
    policy: Literal["access", "trust"],
    guide: Guide,
    documented: Policy,
    deviations: Sequence[Deviation],
    ours: Policy | None,
) -> Document:
    cells = [] if ours is None else compare(documented, deviations, ours)
    grants = {(cell.status, cell.grant): cell.explained for cell in cells}
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


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one grant of the guide (or, when added, one of ours); ``ours`` are our
    grants in its place, all under the same conditions."""

    status: Status
    grant: Grant
    ours: frozenset[Grant]
    reasons: tuple[str, ...]
    explained: bool


def compare(documented: Policy, deviations: Sequence[Deviation], ours: Policy) -> list[Cell]:
    """Return what became of each grant of ``documented`` in ``ours``, then what ``ours`` adds.

    The reasons are those of the ``deviations`` (filled and in force) that mention the grant.
    """
    guide, granted = documented.grants(), ours.grants()
    dropped = _reasons((d.reason, d.dropped) for d in deviations)
    added = _reasons((d.reason, d.added) for d in deviations)
    order = {deviation.reason: place for place, deviation in enumerate(deviations)}

    def cell(status: Status, grant: Grant, counterparts: Iterable[Grant]) -> Cell:
        new = frozenset(counterparts)
        mentioned = [dropped.get(grant, ())] if status != "added" else []
        mentioned += [added.get(g, ()) for g in new if g not in guide]
        reasons = sorted({reason for found in mentioned for reason in found}, key=order.__getitem__)
        return Cell(status, grant, new, tuple(reasons), all(mentioned))

    cells, placed = [], set[Grant]()
    for grant in guide:
        if grant in granted:
            cells.append(Cell("same", grant, frozenset({grant}), (), True))
            continue
        inside = {g for g in granted if _covers(grant, g)}
        around = {g for g in granted if _covers(g, grant)}
        placed |= inside | around
        status: Status = "wider" if around else "narrower" if inside else "dropped"
        if does_nothing(grant):
            status = "ineffective"
        by_conditions = defaultdict(set)
        for found in around or inside:
            by_conditions[found.conditions].add(found)
        cells += [cell(status, grant, found) for found in by_conditions.values() or [()]]
    cells += [cell("added", grant, [grant]) for grant in granted - guide - placed]
    return cells


def _reasons(stated: Iterable[tuple[str, tuple[Statement, ...]]]) -> dict[Grant, list[str]]:
    found = defaultdict(list)
    for reason, statements in stated:
        for grant in Policy(statements).grants():
            found[grant].append(reason)
    return found


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
    texts = (outer.action, inner.action, outer.resource, inner.resource)
    if any(text.startswith("Not ") for text in texts):
        return False
    return (
        _includes(includes, outer.action.lower(), inner.action.lower())
        and _covers_principal(outer.principal, inner.principal)
        and all(any(_implies(c, wanted) for c in inner.conditions) for wanted in outer.conditions)
        and _includes(arn_includes, outer.resource, inner.resource)
    )


def _includes(decide: Callable[[str, str], bool], outer: str, inner: str) -> bool:
    # Most pairs are plain and different; deciding them costs far more than comparing them.
    return outer == inner or (("*" in outer or "?" in outer) and decide(outer, inner))


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


_WIDTH = 80
# Room for the longest status, and beside it for most ARNs.
_INDENT = 12


def as_text(found: Parity) -> str:
    """Return the comparison for a terminal of 80 columns."""
    lines = [f"{found.block} beside the guide: {found.vendor}"]
    for document in found.documents:
        title = document.title + (", trust policy" if document.policy == "trust" else "")
        lines += ["", "", *_wrapped(title), *_wrapped(f"{document.source} (read {document.date})")]
        if not document.deployed:
            lines += ["", "This block has no such policy."]
        for section in document.sections:
            lines += ["", section.statement, "-" * min(len(section.statement), _WIDTH)]
            for row in section.rows:
                lines += _row_lines(row)
    counts = ", ".join(f"{number} {status}" for status, number in found.counts.items())
    lines += ["", "", *_wrapped(f"{found.block}: {counts or 'nothing to compare'}")]
    if found.unexplained:
        lines += _wrapped(f"{found.unexplained} unexplained: {_TO_DO}")
    return "\n".join(lines)


_STYLES = {
    "same": "dim",
    "narrower": "green",
    "wider": "bold yellow",
    "added": "yellow",
    "dropped": "green",
    "ineffective": "magenta",
    "why": "dim",
}


def show(found: Parity) -> None:
    """Print the comparison, in colours where the terminal has them and NO_COLOR is not set."""
    from rich.console import Console
    from rich.text import Text

    text = Text(as_text(found))
    for label, style in _STYLES.items():
        text.highlight_regex(rf"(?m)^{label} +", style)
    text.highlight_regex(rf"(?m)^.*\n-+$|^{re.escape(found.block)}.*$", "bold")
    text.highlight_regex("[Uu]nexplained:", "bold red")
    Console().print(text, soft_wrap=True)


_TO_DO = "state what was added or dropped, and why, as a Deviation in the integration's guide.py"


def _row_lines(row: Row) -> list[str]:
    side = row.guide or row.ours
    assert side is not None
    lines = ["", *_labelled(row.status, _action_list(row.effect, side))]
    if row.guide is None or row.status == "same":
        lines += _place_lines("on", side)
    else:
        lines += _place_lines("guide", row.guide)
        if row.ours is not None:
            if row.ours.actions != row.guide.actions:
                lines += _labelled("ours", _action_list(row.effect, row.ours))
            lines += _place_lines("ours", row.ours)
    for reason in row.reasons if row.explained else (*row.reasons, UNEXPLAINED):
        lines += _labelled("why", reason)
    return lines


def _action_list(effect: Effect, side: Side) -> str:
    """Return the actions, the service only where it changes."""
    texts, service = [], ""
    for action in side.actions:
        prefix, _, name = action.partition(":")
        texts.append(name if name and prefix == service else action)
        service = prefix
    return ("Deny " if effect == "Deny" else "") + ", ".join(texts)


def _place_lines(label: str, side: Side) -> list[str]:
    places = [
        *side.resources,
        *(f"for {principal}" for principal in side.principals),
        *(f"if {c.operator} {c.key} {' or '.join(c.values)}" for c in side.conditions),
    ]
    return [
        line
        for number, place in enumerate(places)
        for line in _labelled(label if number == 0 else "", place)
    ]


def _labelled(label: str, text: str) -> list[str]:
    first, *rest = _wrapped(text, _INDENT)
    return [label.ljust(_INDENT) + first[_INDENT:], *rest]


def _wrapped(text: str, indent: int = 0) -> list[str]:
    """Return ``text`` as lines; an ARN that is too long is cut behind one of its separators."""
    room, words = _WIDTH - indent, []
    for word in text.split():
        while len(word) > room:
            cut = max(word.rfind(mark, 0, room) for mark in "/:-_") + 1 or room
            words.append(word[:cut])
            word = word[cut:]
        words.append(word)
    return textwrap.wrap(
        " ".join(words),
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )
