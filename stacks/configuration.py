"""gate.hcl as typed settings: the only parsing there is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from athena_gate.modules import fields, hcl
from athena_gate.modules.account import Account
from athena_gate.modules.fields import Settings
from athena_gate.modules.findings import where
from athena_gate.modules.iam.policy import ATTACHED_POLICIES_LIMIT
from athena_gate.modules.reading import ConfigurationError, Notes, build, unknown
from athena_gate.stacks import places, sources
from athena_gate.stacks.backends import (
    BACKENDS,
    WORKSPACE_LIMIT,
    Backend,
    CloudBackend,
    LocalBackend,
    S3Backend,
)
from athena_gate.stacks.integrations import Integration, Integrations
from athena_gate.stacks.places import VENDORS

DEFAULT_FILE = places.FIRST


StackName = Annotated[
    str, fields.pattern(r"[a-z][a-z0-9-]*", 'the name of a stack, as in "dot-reporting"')
]


class Ejected(Settings):
    """The ``ejected`` block: a stack that `gate eject` has written out, so that its resources are
    looked after elsewhere and nothing here may destroy them."""

    name: StackName = Field(description="The stack, as in `dot-reporting`.")


@dataclass(frozen=True, slots=True)
class ConfiguredBlock:
    """An integration's block: its kind (``dot``), settings, the line it starts on, and the
    integration that it is a block of. ``lines`` has the line of each field and block in it, by its
    name and label."""

    kind: str
    settings: Any
    line: int
    integration: Integration
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.settings.name)

    @property
    def title(self) -> str:
        """Return the block as gate.hcl writes it: ``dot "reporting"``."""
        return f'{self.kind} "{self.name}"'

    @property
    def stack(self) -> str:
        """Return the name of the block's stack: ``dot-reporting``."""
        return stack_name(self.kind, self.name)

    @property
    def vendor(self) -> str:
        """Return who is given access, as they write themselves; a block may say who it is."""
        return str(self.settings.vendor_name)

    @property
    def tag(self) -> str:
        """Return what the tag ``athena-gate`` says: ``dot/reporting``, or ``webflow/site``."""
        return f"{getattr(self.settings, 'vendor', self.kind)}/{self.name}"


def stack_name(kind: str, name: str) -> str:
    """Return the name of the stack of the block ``kind "name"``."""
    return f"{kind}-{name}".replace("_", "-")


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything gate.hcl says."""

    file: str
    accounts: Mapping[str, Account]
    backend: Backend
    blocks: tuple[ConfiguredBlock, ...]
    ejected: frozenset[str] = frozenset()
    environment: str = ""

    @property
    def stacks(self) -> list[str]:
        """Return the names of the stacks that are built, in the order of the file."""
        return [block.stack for block in self.blocks]


def load(file: Path, environment: str | None = None) -> Configuration:
    """Return the configuration in ``file`` and the files beside it (``athena_gate.stacks.sources``)
    in ``environment``: by default the one that ``GATE_ENV`` names, empty for none.

    Raises ``ConfigurationError`` with every mistake of the files at once.
    """
    shown = str(file)
    if environment is None:
        environment = places.named(os.environ)
    body, mistakes = sources.read(file, environment)
    notes = Notes(mistakes)
    if mistakes and not body.blocks and not body.attributes:
        raise ConfigurationError(shown, mistakes)
    for attribute in body.attributes:
        notes.add("GATE110", attribute.line, "", attribute.name, _NO_ATTRIBUTES)

    integrations = Integrations(file.absolute().parent / VENDORS)
    known = ["account", *integrations, "backend", "ejected"]
    for block in body.blocks:
        if block.type not in known:
            problem = integrations.missing(block.type) or unknown("block", block.type, known)
            notes.add("GATE101", block.line, "", block.type, problem)

    context: dict[str, Any] = {"folder": file.parent, "accounts": {}}
    accounts: dict[str, Account | None] = context["accounts"]
    for block in body.blocks:
        if block.type == "account":
            account = build(block, Account, "name", notes, context)
            if block.labels:
                accounts.setdefault(block.labels[0], account)
    backend = _backend([block for block in body.blocks if block.type == "backend"], notes, context)
    if backend is not None and environment:
        backend = backend.within(environment)
    configured = _configured(body.blocks, integrations, notes, context)
    ejected = {
        settings.name: block
        for block in body.blocks
        if block.type == "ejected"
        and (settings := build(block, Ejected, "name", notes, context)) is not None
    }
    for one in configured:
        if one.stack in ejected:
            block = ejected[one.stack]
            problem = f"{one.title} on {where(one.line)} still builds it; delete one of the two"
            notes.add("GATE405", block.line, block.title, "", problem)
    _duplicates(body.blocks, notes)
    _shared_names(configured, notes)
    _policy_sizes(configured, notes)
    _states(body.blocks, backend, configured, notes)
    if not notes.mistakes and not configured and not accounts and not ejected:
        notes.add(
            "GATE111", 1, "", "", "nothing to build; `gate vendors` lists the blocks that build"
        )
    if notes.mistakes or backend is None:
        raise ConfigurationError(shown, notes.mistakes)
    return Configuration(
        shown,
        {name: account for name, account in accounts.items() if account is not None},
        backend,
        tuple(configured),
        frozenset(ejected),
        environment,
    )


def outline(file: Path, environment: str) -> tuple[Backend | None, dict[str, str], bool]:
    """Return what can be told of a configuration with mistakes: its backend, if that has none; the
    titles of its blocks, by the names of the stacks they would build; and whether it is whole, for
    of a file with mistakes of syntax some blocks may be missing."""
    body, mistakes = sources.read(file, environment)
    context: dict[str, Any] = {"folder": file.parent, "accounts": {}}
    backend = _backend([one for one in body.blocks if one.type == "backend"], Notes(), context)
    if backend is not None and environment:
        backend = backend.within(environment)
    titles = {stack_name(one.type, one.labels[0]): one.title for one in body.blocks if one.labels}
    return backend, titles, not mistakes


def _configured(
    blocks: list[hcl.Block], integrations: Integrations, notes: Notes, context: dict[str, Any]
) -> list[ConfiguredBlock]:
    """Return the blocks that build, in the order of the file; those that make connectors are read
    first, for other blocks name them."""
    ours = [(at, block) for at, block in enumerate(blocks) if block.type in integrations]
    kinds = {block.type for _, block in ours}
    makers = {kind for kind in kinds if hasattr(integrations[kind].settings, "connector")}
    connectors = context.setdefault("connectors", {})
    found: dict[int, ConfiguredBlock] = {}
    for at, block in sorted(ours, key=lambda one: one[1].type not in makers):
        integration = integrations[block.type]
        settings = build(block, integration.settings, "name", notes, context)
        if block.type in makers and block.labels:
            connectors.setdefault(block.labels[0], settings and settings.connector)
        if settings is not None:
            lines = _lines(block)
            found[at] = ConfiguredBlock(block.type, settings, block.line, integration, lines)
    return [one for _, one in sorted(found.items())]


def _lines(block: hcl.Block) -> dict[tuple[str, str], int]:
    fields = {(one.name, ""): one.line for one in block.attributes}
    return fields | {(one.type, "".join(one.labels[:1])): one.line for one in block.blocks}


_NO_ATTRIBUTES = "stands outside any block; allowed here: blocks such as account and dot"


def _backend(blocks: list[hcl.Block], notes: Notes, context: Mapping[str, Any]) -> Backend | None:
    """Return the backend, the local one when no block names another, ``None`` for a mistake."""
    for extra in blocks[1:]:
        notes.add("GATE113", extra.line, extra.title, "", "a second backend; keep one")
    for block in blocks[:1]:
        kind = block.labels[0] if len(block.labels) == 1 else ""
        if kind in BACKENDS:
            backend: Backend | None = build(block, BACKENDS[kind], None, notes, context)
            return backend
        notes.add("GATE106", block.line, block.title, "", unknown("backend", kind, BACKENDS))
        return None
    return LocalBackend()


def _duplicates(blocks: list[hcl.Block], notes: Notes) -> None:
    """Note blocks of one type whose names are the same, or would be to CDKTF.

    CDKTF strips construct ids of all but ``[A-Za-z0-9_-]``; of two that become equal, the first
    one's resources are lost without a word (measured 2026-11, cdktf 0.21.0).
    """
    seen: dict[tuple[str, str], hcl.Block] = {}
    for block in blocks:
        if block.type == "backend" or len(block.labels) != 1:
            continue
        squeezed = "".join(c for c in block.labels[0] if c.isalnum() or c in "-_")
        first = seen.setdefault((block.type, squeezed), block)
        if first is not block:
            same = "the same name" if first.labels == block.labels else "the same id to CDKTF"
            notes.add(
                "GATE113",
                block.line,
                block.title,
                "",
                f"has {same} as the block on {where(first.line)}; choose another",
            )


def _shared_names(blocks: list[ConfiguredBlock], notes: Notes) -> None:
    makers: dict[str, ConfiguredBlock] = {}
    for block in blocks:
        buckets = [f"the bucket {bucket!r}" for bucket in block.settings.made_buckets]
        # What is named after its block may be what another one adopts.
        for name in (*buckets, *getattr(block.settings, "made_names", ())):
            first = makers.setdefault(name, block)
            if first is not block:
                adopted = any(getattr(one.settings, "adopted", None) for one in (first, block))
                does = "makes or adopts" if adopted else "makes"
                notes.add(
                    "GATE401",
                    block.line,
                    block.title,
                    "",
                    f"{does} {name}, as {first.title} does; choose another name, or have only one "
                    "of the two make it",
                )


def _policy_sizes(blocks: list[ConfiguredBlock], notes: Notes) -> None:
    for block in blocks:
        count = block.integration.attached_policies(block.settings)
        if count > ATTACHED_POLICIES_LIMIT:
            notes.add(
                "GATE402",
                block.line,
                block.title,
                "",
                f"needs {count} managed policies, and AWS attaches {ATTACHED_POLICIES_LIMIT} at "
                "most to one user or role; name fewer databases and prefixes, or divide the block",
            )


def _states(
    blocks: list[hcl.Block],
    backend: Backend | None,
    configured: list[ConfiguredBlock],
    notes: Notes,
) -> None:
    """Note what keeps ``backend`` from holding the states of these blocks."""
    for block in blocks:
        for attribute in block.attributes:
            if (
                block.type == "account"
                and attribute.name == "hcp_credentials"
                and isinstance(backend, LocalBackend | S3Backend)
            ):
                notes.add(
                    "GATE404",
                    attribute.line,
                    block.title,
                    attribute.name,
                    'only HCP Terraform provides these; they need backend "cloud" { ... }',
                )
    for one in configured:
        if isinstance(backend, CloudBackend):
            workspace = backend.workspace_of(one.stack)
            if len(workspace) > WORKSPACE_LIMIT:
                notes.add(
                    "GATE210",
                    one.line,
                    one.title,
                    "",
                    f"its workspace would be {workspace}, {len(workspace)} characters; allowed: "
                    f"{WORKSPACE_LIMIT}",
                )
        if isinstance(backend, S3Backend) and backend.bucket in _buckets(one.settings.model_dump()):
            notes.add(
                "GATE403",
                one.line,
                one.title,
                "",
                f"uses the bucket {backend.bucket!r}, which holds the states; a vendor must not "
                "come near them: choose another bucket for one of the two",
            )


def _buckets(value: Any) -> set[str]:
    """Return the buckets that settings, as plain values, name."""
    if isinstance(value, Mapping):
        named = {str(item) for key, item in value.items() if key == "bucket"}
        return named.union(*map(_buckets, value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(_buckets, value))
    return set()
