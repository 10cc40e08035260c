"""`gate report`: one HTML file for whoever reviews the access."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from athena_gate.gate.diff import compare
from athena_gate.gate.explain import explain_stack
from athena_gate.gate.parity import parity
from athena_gate.gate.prove import prove_grants, prove_stack
from athena_gate.gate.report.chapter import Chapter
from athena_gate.gate.report.documented import documented
from athena_gate.gate.report.flow import WORKGROUP, Lane, lanes
from athena_gate.gate.report.limits import Limits, limits
from athena_gate.gate.report.made import Made
from athena_gate.gate.report.page import page
from athena_gate.gate.report.principals import principals
from athena_gate.gate.report.summary import Changes
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.todo import todo
from athena_gate.modules.files import read_bytes
from athena_gate.modules.hcl import SIZE_LIMIT
from athena_gate.stacks import places
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock


def report(
    configuration: Configuration,
    stacks: Sequence[tuple[Stack, ConfiguredBlock]],
    made: Made,
    earlier: tuple[str, Iterable[Stack]] | None = None,
) -> str:
    """Return the report on ``stacks``, each with its block of ``configuration``, as HTML: ``made``
    when and of what. ``earlier`` are the stacks to say the changes since, and what they are of."""
    files = places.files(Path(configuration.file), configuration.environment)
    return page(
        configuration.file,
        configuration.environment,
        [(str(one), hashlib.sha256(read_bytes(one, SIZE_LIMIT)).hexdigest()) for one in files],
        made,
        tuple(configuration.accounts.values()),
        [_chapter(stack, block, configuration) for stack, block in stacks],
        Changes(earlier[0], compare([stack for stack, _ in stacks], earlier[1]))
        if earlier
        else None,
    )


def _chapter(stack: Stack, block: ConfiguredBlock, configuration: Configuration) -> Chapter:
    content = stack.content
    results = getattr(block.settings, "results_location", None)
    shown = lanes(stack, content, block.vendor, results)
    limited = limits(stack, content)
    beside = parity(block)
    return Chapter(
        title=block.title,
        vendor=block.vendor,
        stack=block.stack,
        accounts=block.settings.accounts,
        lanes=shown,
        explanation=explain_stack(stack),
        proof=prove_stack(stack, block, configuration.backend),
        parity=beside,
        limits=(*_shared_workgroups(shown, limited), *limited),
        todos=todo(block, configuration.accounts).todos,
        # What is left to do is among the to-dos.
        remarks=tuple(
            str(one)
            for one in block.integration.remarks(block.settings)
            if one.code not in ("GATE701", "GATE715")
        ),
        documented=prove_grants(documented(stack, block), block),
        principals=principals(stack, block, beside),
    )


def _shared_workgroups(shown: Iterable[Lane], made: Iterable[Limits]) -> Iterator[Limits]:
    """Yield the workgroups that are queried in and not ``made`` by the stack."""
    known = {(one.name, one.account) for one in made if one.resource == WORKGROUP}
    for workgroup in dict.fromkeys(lane.workgroup for lane in shown if lane.workgroup):
        if (workgroup.name, workgroup.account) not in known:
            unknown = (("Limits", "not known here: the workgroup is shared and set up elsewhere"),)
            yield Limits(WORKGROUP, workgroup.name, workgroup.account, unknown)
