"""The shapes that a vendor's block can have: a class, a way in, and what is granted.

What is made and granted is the same for all vendors of a shape, but for what a profile adds, so
the block of the vendor whose profile adds most stands for it. ``python -m development.shapes``
makes the policies of each wider and narrower in many small ways, and those of every vendor's
largest block: see ``development.mutation``.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from athena_gate.modules.access.catalogue import vendor_block
from athena_gate.modules.access.profile import Profile
from athena_gate.stacks.integrations import INTEGRATIONS, Vendor
from development.examples import account, blocks_of
from development.mutants import KINDS
from development.mutation import Score, add, as_text, synthesize

LARGEST = "everything"


def shapes(partition: str = "aws") -> dict[tuple[str, str], str]:
    """Return a block of each shape, by its class and the name it has: its way in and grants."""
    found: dict[tuple[str, str], str] = {}
    for kind, profile in sorted(_profiles().items(), key=lambda one: -_added(one[1])):
        for name, text in blocks_of(kind, profile, partition).items():
            found.setdefault((profile.cls, name), text)
    return found


def _profiles() -> dict[str, Profile]:
    vendors = (kind for kind, one in INTEGRATIONS.items() if isinstance(one, Vendor))
    return {kind: vendor_block(kind).profile for kind in vendors}


def _added(profile: Profile) -> int:
    return len(profile.bundles) + len(profile.itself)


def score(blocks: Iterable[str]) -> dict[str, Score]:
    """Return the score of each of ``blocks`` that grants what this repository claims; the rest
    grant what a page or AWS says."""
    scores: dict[str, Score] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "gate.hcl").write_text(account() + "".join(blocks))
        for block, stack in synthesize(folder, folder / "gate.hcl"):
            if block.settings.grants == "least_privilege":
                add(block, stack, scores.setdefault(f"{block.kind} {block.name}", Score()))
    return scores


if __name__ == "__main__":
    largest = (blocks_of(kind, profile)[LARGEST] for kind, profile in _profiles().items())
    found = score(dict.fromkeys([*shapes().values(), *largest]))
    print(as_text(found))
    sys.exit(any(own.survived[kind] for own in found.values() for kind in KINDS))
