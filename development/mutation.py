"""How much the claims notice: ``python -m development.mutation [INTEGRATION ...]``.

Each policy of modes.hcl is made wider in many small ways, and each must break a never-claim; and
narrower, and each must break a need. A change that breaks nothing has to be one that gives no
right or takes none away, which is told by comparing the policies as patterns.
"""

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from athena_gate.gate.prove import prove_grants
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.stack.reader import files, read
from athena_gate.modules.iam.attached import ResourcePolicy
from athena_gate.modules.iam.claims import Need, Never, Requests
from athena_gate.modules.iam.inclusion import escaped
from athena_gate.modules.iam.policy import EVERYONE, Principal, Statement
from athena_gate.modules.iam.proof import prove_need, prove_never
from athena_gate.modules.iam.resource_policies import meant, same
from athena_gate.stacks.configuration import ConfiguredBlock, load
from development.mutants import KINDS, Kind, Mutant, mutants

Claims = tuple[tuple[Need, ...], tuple[Never, ...]]

ROOT = Path(__file__).resolve().parent.parent
MODES = Path(__file__).with_name("modes.hcl")

# A resource's policy speaks of its own service; S3 refuses another, the rest take no notice.
_SPEAKS_OF = {
    "trust": "sts:*",
    "bucket": "s3:*",
    "key": "kms:*",
    "function": "lambda:*",
    "topic": "sns:*",
}


@dataclass(slots=True)
class Score:
    """What became of the mutants of one integration: how many were caught, which give no right or
    take none away and why, and which survived though they do."""

    caught: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    harmless: dict[Kind, dict[str, str]] = field(default_factory=lambda: {k: {} for k in KINDS})
    survived: dict[Kind, list[str]] = field(default_factory=lambda: {k: [] for k in KINDS})

    def total(self, kind: Kind) -> int:
        """Return how many mutants gave or took a right."""
        return self.caught[kind] + len(self.survived[kind])


def score(integrations: Iterable[str] = (), every: int = 1) -> dict[str, Score]:
    """Return the score of each integration, or of those named; of each stack one mutant in
    ``every`` is judged.

    Synthesizes modes.hcl, which takes some seconds and starts Node. Raises ``ValueError`` when a
    claim does not hold before anything is changed.
    """
    wanted = set(integrations)
    scores: dict[str, Score] = {}
    with tempfile.TemporaryDirectory() as folder:
        for block, stack in synthesize(Path(folder)):
            if not proved(block) or (wanted and block.kind not in wanted):
                continue
            add(block, stack, scores.setdefault(block.kind, Score()), every)
    return scores


def add(block: ConfiguredBlock, stack: Stack, own: Score, every: int = 1) -> None:
    """Add what becomes of one mutant in ``every`` of ``stack``, which is that of ``block``, to
    ``own``. Raises ``ValueError`` when a claim does not hold before anything is changed."""
    if not prove_grants(stack, block).holds:
        raise ValueError(f"{block.title} does not hold: gate prove says why")
    asked = claims(block)
    for mutant in islice(mutants(stack), 0, None, every):
        judge(mutant, asked, own)


def proved(block: ConfiguredBlock) -> bool:
    """Return whether the claims on a block of modes.hcl hold: not for what vendors document."""
    return block.name not in ("documented", "full", "application")


def synthesize(folder: Path, file: Path = MODES) -> list[tuple[ConfiguredBlock, Stack]]:
    """Return the blocks of ``file`` with their stacks, which are written into ``folder``."""
    subprocess.run(
        [sys.executable, str(ROOT / "main.py")],
        cwd=folder,
        env={**os.environ, "GATE_FILE": str(file), "CDKTF_OUTDIR": str(folder / "cdktf.out")},
        check=True,
    )
    stacks = {stack.name: stack for stack in map(read, files(folder))}
    return [(block, stacks[block.stack]) for block in load(file).blocks]


def claims(block: ConfiguredBlock) -> Claims:
    """Return the claims that changes of the stack of ``block`` are held against."""
    integration, settings = block.integration, block.settings
    return integration.needs(settings), integration.never(settings)


def judge(mutant: Mutant, asked: Claims, own: Score) -> None:
    """Add what becomes of ``mutant`` to ``own``; ``asked`` are the ``claims`` of its block."""
    kind, (needs, nevers) = mutant.kind, asked
    if kind == "wider":
        results = (prove_never(mutant.stack, claim) for claim in nevers)
    else:
        results = (prove_need(mutant.stack, claim) for claim in needs)
    if not all(result.holds for result in results):
        own.caught[kind] += 1
    elif reason := harmless(mutant):
        own.harmless[kind][mutant.title] = reason
    else:
        own.survived[kind].append(mutant.title)


def harmless(mutant: Mutant) -> str:
    """Return why the change gives no right, or takes none away, whatever the claims say of it;
    an empty text when it does."""
    larger, smaller = mutant.before, mutant.after
    if mutant.kind == "wider":
        larger, smaller = smaller, larger
    if larger is None or larger.effect == "Deny":
        return ""
    others = [*mutant.beside, *([smaller] if smaller else [])]
    for principal in larger.principals or (EVERYONE,):
        naming = [other for other in others if _names(other, principal)]
        if _allows_more(larger, naming, mutant.place):
            return ""
    actions = smaller.actions if smaller else ()
    resources = smaller.resources if smaller else ()
    added = replace(
        larger,
        actions=tuple(a for a in larger.actions if a not in actions) or larger.actions,
        resources=tuple(r for r in larger.resources if r not in resources) or larger.resources,
    )
    if not _allows_more(added, [], mutant.place):
        return "no action of it works on any resource of it"
    return "other statements grant the same"


def _names(statement: Statement, principal: Principal) -> bool:
    return not statement.principals or any(same(principal, one) for one in statement.principals)


def _allows_more(
    larger: Statement, others: Iterable[Statement], place: ResourcePolicy | None
) -> bool:
    """Return whether ``larger`` allows something that no statement of ``others`` does, of those
    whose conditions it shares."""
    covering = [
        replace(other, conditions=())
        for other in others
        if other.effect == "Allow" and set(other.conditions) <= set(larger.conditions)
    ]
    asked = ("*",)
    if place is not None:
        larger = meant(place, larger)
        covering = [meant(place, other) for other in covering]
        asked = (_SPEAKS_OF[place.kind],)
    return escaped([Requests(asked)], {}, larger, covering) is not None


def as_text(scores: Mapping[str, Score]) -> str:
    """Return a line for each integration and kind, then why mutants are harmless, and every one
    that survived."""
    lines = []
    for name, own in sorted(scores.items()):
        for kind in KINDS:
            lines.append(
                f"{name:20} {kind:9} {own.caught[kind]:5} of {own.total(kind):5} caught, "
                f"{len(own.harmless[kind])} harmless"
            )
            for reason, count in sorted(Counter(own.harmless[kind].values()).items()):
                lines.append(f"{'':20}   {count} harmless: {reason}")
            lines += [f"{'':20}   survived: {title}" for title in own.survived[kind]]
    return "\n".join(lines)


if __name__ == "__main__":
    found = score(sys.argv[1:])
    print(as_text(found))
    sys.exit(any(own.survived[kind] for own in found.values() for kind in KINDS))
