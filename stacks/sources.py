"""The files that a configuration is read from, and how they become one.

Beside ``gate.hcl`` lie, if there is a need,

- ``gate.d/*.hcl``: more blocks, read as if they stood in gate.hcl, in the order of their names;
- ``environments/NAME.hcl``: what is different in the environment NAME.

A block of an environment that gate.hcl has as well, by its type and label, changes that one:

- an attribute takes the place of the one of its name; with ``null`` the field's default holds;
- nested blocks of one type take the place of all nested blocks of that type, as in Terraform's
  override files (https://developer.hashicorp.com/terraform/language/files/override, 2026-11);
- what it does not name stays. A ``backend`` of another type takes the place of the whole block.

Any other block of an environment is one more. Paths are relative to the folder of gate.hcl, in
whichever file they stand. Where states lie has the environment's name in it, so no two
environments share one: see ``athena_gate.stacks.backends``.
"""

from dataclasses import replace
from pathlib import Path

from athena_gate.modules import hcl
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable, read_text
from athena_gate.modules.findings import Mistake, unreadable, where
from athena_gate.modules.hcl import Block
from athena_gate.modules.reading import unknown
from athena_gate.stacks.places import ENVIRONMENTS, environment_file, environments, parts


def read(file: Path, environment: str) -> tuple[Block, list[Mistake]]:
    """Return what ``file`` says in ``environment`` (empty for none) as one body, and the mistakes
    of syntax in all of its files. Lines of another file than ``file`` know which."""
    body, mistakes = _parsed(
        file,
        f"; `{to_run('init', environment='')}` makes one, `gate --file FILE` or GATE_FILE names "
        "another",
    )
    for part in parts(file):
        more, wrong = hcl.located(*_parsed(part), str(part))
        body.attributes += more.attributes
        body.blocks += more.blocks
        mistakes += wrong
    if environment:
        known = environments(file)
        if environment not in known:
            problem = unknown("environment", environment, known)
            place = f"an environment is a file {ENVIRONMENTS}/NAME.hcl beside {file.name}"
            return body, [*mistakes, Mistake(1, "", "", f"{problem}; {place}", "GATE114")]
        own = environment_file(file, environment)
        changes, wrong = hcl.located(*_parsed(own), str(own))
        mistakes += [*wrong, *_change(body, changes)]
    return body, mistakes


def _parsed(file: Path, when_missing: str = "") -> tuple[Block, list[Mistake]]:
    try:
        return hcl.parse(read_text(file, hcl.SIZE_LIMIT))
    except Unreadable as error:
        return Block("", (), 1), [unreadable(error, when_missing if error.missing else "")]


def _change(body: Block, changes: Block) -> list[Mistake]:
    """Change ``body`` to what ``changes`` make of it; return what cannot be."""
    body.attributes += changes.attributes
    mistakes = []
    changed: dict[tuple[str, tuple[str, ...]], Block] = {}
    for block in changes.blocks:
        key = (block.type, block.labels)
        if key in changed:
            problem = f"stands on {where(changed[key].line)} as well; keep one of the two"
            mistakes.append(Mistake(block.line, block.title, "", problem, "GATE113"))
            continue
        changed[key] = block
        at = next((at for at, one in enumerate(body.blocks) if _is_changed(one, block)), None)
        if at is None:
            body.blocks.append(block)
        else:
            same = body.blocks[at].labels == block.labels
            body.blocks[at] = _merged(body.blocks[at], block) if same else block
    return mistakes


def _is_changed(block: Block, by: Block) -> bool:
    # A configuration has one backend, whatever its type.
    return block.type == by.type and (block.labels == by.labels or block.type == "backend")


def _merged(block: Block, by: Block) -> Block:
    names = {attribute.name for attribute in by.attributes}
    types = {nested.type for nested in by.blocks}
    return replace(
        block,
        attributes=[*(one for one in block.attributes if one.name not in names), *by.attributes],
        blocks=[*(one for one in block.blocks if one.type not in types), *by.blocks],
    )
