"""`gate report`: one HTML file for whoever reviews the access."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from gate.explain import explain_stack
from gate.parity import parity
from gate.prove import prove_stack
from gate.report.documented import documented
from gate.report.flow import lanes
from gate.report.limits import limits
from gate.report.page import Chapter, page
from gate.synthesized import Stack
from stacks.configuration import Configuration, ConfiguredBlock
from stacks.integrations import INTEGRATIONS


def report(configuration: Configuration, stacks: Iterable[tuple[Stack, ConfiguredBlock]]) -> str:
    """Return the report on ``stacks``, each with its block of ``configuration``, as HTML."""
    digest = hashlib.sha256(Path(configuration.file).read_bytes()).hexdigest()
    return page(
        configuration.file,
        digest,
        tuple(configuration.accounts.values()),
        [_chapter(stack, block) for stack, block in stacks],
    )


def _chapter(stack: Stack, block: ConfiguredBlock) -> Chapter:
    content = json.loads(stack.file.read_text(encoding="utf-8"))
    return Chapter(
        title=block.title,
        vendor=block.vendor,
        stack=block.stack,
        accounts=block.settings.accounts,
        lanes=lanes(
            stack, content, block.vendor, getattr(block.settings, "results_location", None)
        ),
        explanation=explain_stack(stack),
        proof=prove_stack(stack, block),
        parity=parity(block),
        limits=limits(stack, content),
        remarks=INTEGRATIONS[block.kind].policies.remarks(block.settings),
        documented=prove_stack(documented(stack, block), block),
    )
