"""`gate eject`: a stack as plain Terraform, for whoever goes on without athena-gate.

The state stays what it is: every resource keeps its address, every argument its value. What stands
between a stack's JSON and the files: `module` (blocks), `variables` (what varies), `schema` (blocks
or maps), `hcl` (text), `read_back` (the proof that the text says the same).
"""

import os
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from athena_gate.gate.eject.hcl import NotEjectable
from athena_gate.gate.eject.module import files
from athena_gate.gate.eject.read_back import compare
from athena_gate.gate.eject.variables import Variables
from athena_gate.gate.quoting import shell
from athena_gate.gate.stack.reader import NotReadable, read
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable, read_text, visible
from athena_gate.modules.findings import file_of
from athena_gate.modules.iam.policy import Grant, MalformedPolicy, Policy, Statement
from athena_gate.stacks import places
from athena_gate.stacks.configuration import ConfiguredBlock
from athena_gate.stacks.providers import LOCK, LOCK_LIMIT

__all__ = ["NotEjectable", "eject", "folder_of", "next_steps"]

# modules.athena.construct.bucket says so of each bucket it makes, and cannot be imported without
# the engine.
_BUCKETS = {"DenyInsecureTransport": "Nothing travels in the clear."}


def eject(block: ConfiguredBlock, file: Path, output: Path) -> list[str]:
    """Write ``block``, whose stack was synthesized into ``file`` (cdk.tf.json), as HCL into the
    folder ``output``, and return the names of the files there.

    Raises ``NotEjectable`` when ``output`` is there and not empty or the stack holds something
    that is not known here, and ``OSError`` when a file cannot be read or written.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise NotEjectable(
            f"{visible(output)} is there already, and nothing is overwritten; name another folder "
            "with --output, or move that one away"
        )
    try:
        stack = read(file)
    except NotReadable as error:
        raise NotEjectable(f"{error}; run: {to_run('synth')}") from None
    for problem in stack.problems:
        place = visible(f"{file}: {problem.address} {problem.text}")
        raise NotEjectable(f"{place}; run: {to_run('synth')}")
    texts = texts_of(block, _moved(stack.content, file.parent, output))
    try:
        texts[LOCK.name] = read_text(file.parent / LOCK, LOCK_LIMIT)
    except Unreadable as error:
        if not error.missing:
            raise NotEjectable(str(error)) from None
    output.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (output / name).write_text(text, encoding="utf-8")
    return list(texts)


def texts_of(block: ConfiguredBlock, content: Mapping[str, Any]) -> dict[str, str]:
    """Return the HCL of ``block``, whose stack's JSON is ``content``, by the names of the files.

    Raises ``NotEjectable``.
    """
    variables = Variables.of(content, block.settings)
    statements = tuple(_statements(block))

    def reason(document: Mapping[str, Any]) -> str:
        return _reason(document, statements)

    texts = files(content, variables, reason, head=_head(block), vendor=block.vendor)
    compare(content, texts.values())
    return texts


def _moved(content: Mapping[str, Any], old: Path, new: Path) -> dict[str, Any]:
    """Return the stack's JSON with the path of a local state as it is from the folder ``new``."""
    terraform = content.get("terraform", {})
    path = terraform.get("backend", {}).get("local", {}).get("path")
    if path is None or Path(path).is_absolute():
        return dict(content)
    moved = Path(os.path.relpath((old / path).resolve(), new.resolve())).as_posix()
    return {**content, "terraform": {**terraform, "backend": {"local": {"path": moved}}}}


def _head(block: ConfiguredBlock) -> str:
    read: dict[str, list[str]] = {}
    for guide in block.integration.guides.values():
        read.setdefault(guide.date, []).append(guide.source)
    lines = [
        f"The AWS side of {block.vendor}, which was {block.title} of gate.hcl, as `gate eject` "
        "wrote it.",
        "",
    ]
    for date, sources in read.items():
        lines += [f"The vendor's own instructions, read {date}:", *dict.fromkeys(sources)]
    lines += [
        "",
        "The state knows each resource by the name it has here, with the hash at its end. To give "
        "one a better name, add a `moved` block; without it Terraform makes the resource anew.",
    ]
    return "\n".join(lines)


def _statements(block: ConfiguredBlock) -> Iterator[Statement]:
    """Yield every statement that the block's policies may hold, each with its reason."""
    integration, settings = block.integration, block.settings
    every = (*integration.documents(settings).values(), *integration.trusts(settings).values())
    for policy in every:
        yield from policy.statements


def _reason(document: Mapping[str, Any], statements: tuple[Statement, ...]) -> str:
    """Return why the statement ``document`` is there: the reason of the one that grants as much,
    which may have been divided."""
    try:
        policy = Policy.from_document({"Version": "2012-10-17", "Statement": [document]})
    except MalformedPolicy:
        return ""
    grants: frozenset[Grant] = policy.grants()
    found = (statement.why for statement in statements if grants <= statement.grants())
    return next(found, "") or _BUCKETS.get(str(document.get("Sid")), "")


def folder_of(block: ConfiguredBlock, environment: str) -> Path:
    """Return the folder that ``block`` of ``environment`` (empty for none) is written into by
    default: that of another environment has another state."""
    within = Path(places.ENVIRONMENTS, environment) if environment else Path()
    return Path("ejected") / within / block.stack


def next_steps(
    block: ConfiguredBlock, file: Path, environment: str, output: Path, written: Iterable[str]
) -> str:
    """Return what was ``written`` of ``block`` in ``environment`` and what to do after it; ``file``
    is gate.hcl."""
    folder = shell([output])
    place = f"{block.title} ({visible(file_of(block.line) or file)}:{block.line})"
    others = [one for one in ("", *places.environments(file)) if one != environment]
    own = places.environment_file(file, environment) if environment else None
    if own and Path(file_of(block.line) or file) == own:
        others = []
    paragraphs = [
        f"{visible(output)}: {', '.join(written)}",
        f"Next:\n  terraform -chdir={folder} init\n  terraform -chdir={folder} plan",
        "The plan finds no changes if gate.hcl was deployed as it stands. Then replace "
        f"{place} by this line, which "
        f"keeps pipelines from destroying what is deployed, and do not run `{to_run('destroy')}`. "
        "The state stays where it is.",
        f'  ejected "{block.stack}" {{}}',
        *(_shared(block, file, own, others) if others else ()),
        f"Until then the new folder and the stack {block.stack} share one state, and an apply of "
        "one undoes the changes of the other.",
    ]
    return "\n\n".join(
        paragraph
        if "\n" in paragraph or paragraph.startswith(" ")
        else textwrap.fill(paragraph, 80, break_on_hyphens=False)
        for paragraph in paragraphs
    )


def _shared(
    block: ConfiguredBlock, file: Path, own: Path | None, others: Sequence[str]
) -> Iterator[str]:
    """Yield what the line means for ``others``, environments that read the block too; ``own`` is
    the file of the environment that was ejected, None without one."""
    names = " and ".join(one or f"{visible(file)} without an environment" for one in others)
    yield (
        f"That block is read by {names} as well: with the line in its place nothing of it is built "
        "there either, and nothing of that was written out. First eject what is deployed there:"
    )
    yield "\n".join(f"  {to_run(f'eject {block.stack}', environment=one)}" for one in others)
    if own is not None:
        yield (
            f"Or move the block into {places.ENVIRONMENTS}/NAME.hcl of each environment that keeps "
            f"it, and write the line into {visible(own)} alone, in the place of what that file "
            "says of the block; without an environment nothing of it is built then."
        )
