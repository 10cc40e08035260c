"""gate.hcl as typed settings: the only parsing there is."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from modules import fields
from modules.account import Account
from modules.fields import Settings
from modules.files import Unreadable, read_text
from modules.iam.policy import ATTACHED_POLICIES_LIMIT
from stacks import hcl
from stacks.backends import (
    BACKENDS,
    WORKSPACE_LIMIT,
    Backend,
    CloudBackend,
    LocalBackend,
    S3Backend,
)
from stacks.hcl import Mistake
from stacks.integrations import INTEGRATIONS

DEFAULT_FILE = "gate.hcl"
MISTAKES_SHOWN = 100


StackName = Annotated[
    str, fields.pattern(r"[a-z][a-z0-9-]*", 'the name of a stack, as in "dot-reporting"')
]


class ConfigurationError(Exception):
    """The configuration cannot be used; ``mistakes`` are all that was found, in order of line. The
    message has the first ``MISTAKES_SHOWN``, each on a line."""

    def __init__(self, file: str, mistakes: Iterable[Mistake]) -> None:
        self.file = file
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(as_lines(file, self.mistakes)))


def as_lines(file: str, mistakes: Sequence[Mistake]) -> list[str]:
    """Return the first ``MISTAKES_SHOWN`` of ``mistakes`` in ``file``, each on a line, and how many
    more there are."""
    lines = [mistake.text(file) for mistake in mistakes[:MISTAKES_SHOWN]]
    left = len(mistakes) - MISTAKES_SHOWN
    return [*lines, f"and {left:,} more"] if left > 0 else lines


class Ejected(Settings):
    """The ``ejected`` block: a stack that `gate eject` has written out, so that its resources are
    looked after elsewhere and nothing here may destroy them."""

    name: StackName = Field(description="The stack, as in `dot-reporting`.")


@dataclass(frozen=True, slots=True)
class ConfiguredBlock:
    """An integration's block: its kind (``dot``), settings, and the line it starts on."""

    kind: str
    settings: Any
    line: int

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
        return f"{self.kind}-{self.name}".replace("_", "-")

    @property
    def vendor(self) -> str:
        """Return who is given access, as they write themselves; a block may say who it is."""
        return str(self.settings.vendor_name)

    @property
    def tag(self) -> str:
        """Return what the tag ``athena-gate`` says: ``dot/reporting``, or ``webflow/site``."""
        return f"{getattr(self.settings, 'vendor', self.kind)}/{self.name}"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything gate.hcl says."""

    file: str
    accounts: Mapping[str, Account]
    backend: Backend
    blocks: tuple[ConfiguredBlock, ...]
    ejected: frozenset[str] = frozenset()

    @property
    def stacks(self) -> list[str]:
        """Return the names of the stacks that are built, in the order of the file."""
        return [block.stack for block in self.blocks]


@dataclass(slots=True)
class _Notes:
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, line: int, subject: str, name: str, problem: str) -> None:
        self.mistakes.append(Mistake(line, subject, name, problem))


def load(file: Path) -> Configuration:
    """Return the configuration in ``file``.

    Raises ``ConfigurationError`` with every mistake of the file at once.
    """
    shown = str(file)
    try:
        text = read_text(file, hcl.SIZE_LIMIT)
    except Unreadable as error:
        next_step = "; name one with `gate --file FILE` or GATE_FILE" if error.missing else ""
        mistake = Mistake(1, "", "", f"{error.problem}{next_step}")
        raise ConfigurationError(shown, [mistake]) from None
    body, mistakes = hcl.parse(text)
    notes = _Notes(mistakes)
    if mistakes and not body.blocks and not body.attributes:
        raise ConfigurationError(shown, mistakes)
    for attribute in body.attributes:
        notes.add(attribute.line, "", attribute.name, _NO_ATTRIBUTES)

    known = ["account", *INTEGRATIONS, "backend", "ejected"]
    for block in body.blocks:
        if block.type not in known:
            notes.add(block.line, "", block.type, _unknown("block", block.type, known))

    context: dict[str, Any] = {"folder": file.parent, "accounts": {}}
    accounts: dict[str, Account | None] = context["accounts"]
    for block in body.blocks:
        if block.type == "account":
            account = _build(block, Account, "name", notes, context)
            if block.labels:
                accounts.setdefault(block.labels[0], account)
    backend = _backend([block for block in body.blocks if block.type == "backend"], notes, context)
    configured = []
    for block in body.blocks:
        if block.type in INTEGRATIONS:
            settings = _build(block, INTEGRATIONS[block.type].settings, "name", notes, context)
            if settings is not None:
                configured.append(ConfiguredBlock(block.type, settings, block.line))
    ejected = {
        settings.name: block
        for block in body.blocks
        if block.type == "ejected"
        and (settings := _build(block, Ejected, "name", notes, context)) is not None
    }
    for one in configured:
        if one.stack in ejected:
            block = ejected[one.stack]
            problem = f"{one.title} on line {one.line} still builds it; delete one of the two"
            notes.add(block.line, block.title, "", problem)
    _duplicates(body.blocks, notes)
    _shared_names(configured, notes)
    _policy_sizes(configured, notes)
    _states(body.blocks, backend, configured, notes)
    if not notes.mistakes and not configured:
        notes.add(1, "", "", f"nothing to build; allowed blocks: {', '.join(INTEGRATIONS)}")
    if notes.mistakes or backend is None:
        raise ConfigurationError(shown, notes.mistakes)
    return Configuration(
        shown,
        {name: account for name, account in accounts.items() if account is not None},
        backend,
        tuple(configured),
        frozenset(ejected),
    )


_NO_ATTRIBUTES = "stands outside any block; allowed here: blocks such as account and dot"


def _backend(blocks: list[hcl.Block], notes: _Notes, context: Mapping[str, Any]) -> Backend | None:
    """Return the backend, the local one when no block names another, ``None`` for a mistake."""
    for extra in blocks[1:]:
        notes.add(extra.line, extra.title, "", "a second backend; keep one")
    for block in blocks[:1]:
        kind = block.labels[0] if len(block.labels) == 1 else ""
        if kind in BACKENDS:
            backend: Backend | None = _build(block, BACKENDS[kind], None, notes, context)
            return backend
        notes.add(block.line, block.title, "", _unknown("backend", kind, BACKENDS))
        return None
    return LocalBackend()


def _build(
    block: hcl.Block,
    model: type[Settings],
    label: str | None,
    notes: _Notes,
    context: Mapping[str, Any],
) -> Any:
    """Return the settings in ``block``, or ``None`` when they have mistakes, which are noted."""
    before = len(notes.mistakes)
    reading = _Reading(notes, block.title)
    data = reading.read(block, model, label, (), block.title)
    try:
        settings = model.model_validate(data, context=dict(context))
    except ValidationError as error:
        for details in error.errors():
            reading.note(details, model, context)
        return None
    return settings if len(notes.mistakes) == before and not reading.broken else None


class _Reading:
    """Turns one top-level block into the dictionary its model validates, and pydantic's errors
    back into lines of the file."""

    def __init__(self, notes: _Notes, title: str) -> None:
        self._notes = notes
        self._title = title
        self._lines: dict[hcl.Path, int] = {}
        self._titles: dict[hcl.Path, str] = {}
        self.broken: set[hcl.Path] = set()

    def read(
        self,
        block: hcl.Block,
        model: type[Settings],
        label: str | None,
        path: hcl.Path,
        title: str,
    ) -> dict[str, Any]:
        self._lines[path] = block.line
        self._titles[path] = title
        data: dict[str, Any] = {}
        self._read_label(block, label, path, title, data)
        nested = nested_blocks(model)
        for attribute in block.attributes:
            if attribute.name in nested:
                self._mistake(
                    attribute.line, title, attribute.name, "is a block: write it without ="
                )
                self.broken.add((*path, nested[attribute.name][0]))
                continue
            if attribute.name == label or attribute.name in {f for f, _, _ in nested.values()}:
                known = [*_attributes(model, label), *nested]
                self._mistake(
                    attribute.line, title, attribute.name, _unknown("field", attribute.name, known)
                )
                continue
            at = (*path, attribute.name)
            self._lines[at] = attribute.line
            for item, line in attribute.lines.items():
                self._lines[(*at, *item)] = line
            self.broken.update((*at, *path) for path in attribute.broken)
            if () not in attribute.broken and attribute.value is not None:
                data[attribute.name] = attribute.value
        for child in block.blocks:
            self._read_child(child, model, path, title, data, label)
        return data

    def _read_label(
        self,
        block: hcl.Block,
        label: str | None,
        path: hcl.Path,
        title: str,
        data: dict[str, Any],
    ) -> None:
        expected = 1 if label else 0
        if path == () and label is None:
            expected = len(block.labels)
        if len(block.labels) != expected:
            form = f'{block.type} "{label}" {{ ... }}' if label else f"{block.type} {{ ... }}"
            self._mistake(block.line, title, "", f"has the wrong number of labels; write {form}")
            self.broken.add((*path, label or ""))
        elif label:
            data[label] = block.labels[0]
            self._lines[(*path, label)] = block.line

    def _read_child(
        self,
        child: hcl.Block,
        model: type[Settings],
        path: hcl.Path,
        title: str,
        data: dict[str, Any],
        label: str | None,
    ) -> None:
        nested = nested_blocks(model)
        if child.type not in nested:
            known = [*_attributes(model, label), *nested]
            problem = (
                f"is not a block: write {child.type} = ..."
                if child.type in _attributes(model, label)
                else _unknown("block", child.type, known)
            )
            self._mistake(child.line, title, child.type, problem)
            self.broken.add((*path, child.type))
            return
        name, child_model, marker = nested[child.type]
        if _is_list(model, name):
            items = data.setdefault(name, [])
            at: hcl.Path = (*path, name, len(items))
            # A mistake of the list as a whole, such as a name that stands twice: the last one.
            self._lines[(*path, name)] = child.line
            items.append({})
            items[-1] = self.read(child, child_model, marker.label, at, f"{title}: {child.title}")
        elif name in data:
            self._mistake(child.line, title, child.type, "stands here twice; keep one")
        else:
            at = (*path, name)
            data[name] = self.read(child, child_model, marker.label, at, f"{title}: {child.title}")

    def note(
        self, details: ErrorDetails, model: type[Settings], context: Mapping[str, Any]
    ) -> None:
        """Note pydantic's ``details`` as a mistake, unless it follows from one noted before."""
        loc = tuple(details["loc"])
        # The longest first: a list may have as many mistakes as items.
        above = [loc[:end] for end in range(len(loc), -1, -1)]
        if any(path in self.broken for path in above):
            return
        if details["type"] == "broken_account":
            return
        owner = next(path for path in above if path in self._titles)
        line = self._lines[next(path for path in above if path in self._lines)]
        names = [str(part) for part in loc[len(owner) :][:1]]
        nested = {f: b for b, (f, _, _) in nested_blocks(_model_at(model, owner)).items()}
        name = "".join(nested.get(part, part) for part in names)
        self._mistake(line, self._titles[owner], name, _problem(details, model, owner, context))

    def _mistake(self, line: int, title: str, name: str, problem: str) -> None:
        self._notes.add(line, title, name, problem)


def _problem(
    details: ErrorDetails, model: type[Settings], owner: hcl.Path, context: Mapping[str, Any]
) -> str:
    found = details["input"]
    limits = details.get("ctx", {})
    match details["type"]:
        case "value_error":
            return str(limits["error"])
        case "missing":
            return "is missing; it is required"
        case "extra_forbidden":
            inner = _model_at(model, owner)
            nested = nested_blocks(inner)
            known = [*_attributes(inner, _label_at(model, owner)), *nested]
            return _unknown("field", str(details["loc"][-1]), known)
        case "unknown_account":
            return _unknown("account", str(found), context["accounts"])
        case "string_type":
            return f"{_shown(found)} is not a string; allowed: a string in quotes"
        case "bool_type":
            return f"{_shown(found)} is not a truth value; allowed: true or false, without quotes"
        case "int_type" | "int_from_float":
            return f"{_shown(found)} is not a whole number; allowed: digits, without quotes"
        case "tuple_type":
            return f"{_shown(found)} is not a list; allowed: a list, as in [{_shown(found)}]"
        case "dict_type":
            return f'{_shown(found)} is not a map; allowed: a map, as in {{ key = "value" }}'
        case "literal_error":
            return f"{_shown(found)} is not one of the choices; allowed: {limits['expected']}"
        case "too_long":
            return f"has {limits['actual_length']} items; allowed: {limits['max_length']} at most"
        case "too_short":
            return f"is empty; allowed: {limits['min_length']} item at least"
        case "greater_than_equal":
            return f"{found} is too small; allowed: {limits['ge']:,} at least"
        case "less_than_equal":
            return f"{found} is too large; allowed: {limits['le']:,} at most"
        case "string_too_short":
            return "is empty; allowed: a text, or leave the field out"
        case "model_type" | "model_attributes_type":
            return f"{_shown(found)} is not the name of an account; allowed: a name in quotes"
    return details["msg"]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    known = list(known)
    # Quadratic in what is compared; no name here is half as long.
    close = difflib.get_close_matches(name[:100], known, n=1, cutoff=0.6)
    hint = f'; did you mean "{close[0]}"?' if close else ""
    allowed = ", ".join(known) if known else "none"
    return f'no {what} "{name}"{hint}; allowed: {allowed}'


def nested_blocks(
    model: type[Settings],
) -> dict[str, tuple[str, type[Settings], fields.Block]]:
    """Return block name -> (field, settings class, marker) for the nested blocks of ``model``."""
    found = {}
    for name, info in model.model_fields.items():
        for marker in info.metadata:
            if isinstance(marker, fields.Block):
                found[marker.name] = (name, _settings_in(info.annotation), marker)
    return found


def _settings_in(annotation: Any) -> type[Settings]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return annotation
    return next(
        found
        for argument in get_args(annotation)
        if argument is not Ellipsis and argument is not type(None)
        if (found := _settings_in(argument))
    )


def _is_list(model: type[Settings], name: str) -> bool:
    return get_origin(model.model_fields[name].annotation) is tuple


def _attributes(model: type[Settings], label: str | None) -> list[str]:
    nested = {name for name, _, _ in nested_blocks(model).values()}
    return [name for name in model.model_fields if name not in nested and name != label]


def _model_at(model: type[Settings], path: hcl.Path) -> type[Settings]:
    for part in path:
        if isinstance(part, str):
            model = next(m for name, m, _ in nested_blocks(model).values() if name == part)
    return model


def _label_at(model: type[Settings], path: hcl.Path) -> str | None:
    label: str | None = "name"
    for part in path:
        if isinstance(part, str):
            model, label = next(
                (m, marker.label)
                for name, m, marker in nested_blocks(model).values()
                if name == part
            )
    return label


def _duplicates(blocks: list[hcl.Block], notes: _Notes) -> None:
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
                block.line,
                block.title,
                "",
                f"has {same} as the block on line {first.line}; choose another",
            )


def _shared_names(blocks: list[ConfiguredBlock], notes: _Notes) -> None:
    makers: dict[str, ConfiguredBlock] = {}
    for block in blocks:
        buckets = [f"the bucket {bucket!r}" for bucket in block.settings.made_buckets]
        # Everything else is named after its block, except in the connector.
        for name in (*buckets, *getattr(block.settings, "made_names", ())):
            first = makers.setdefault(name, block)
            if first is not block:
                notes.add(
                    block.line,
                    block.title,
                    "",
                    f"makes {name}, as {first.title} does; choose another name, or have only one "
                    "of the two make it",
                )


def _policy_sizes(blocks: list[ConfiguredBlock], notes: _Notes) -> None:
    for block in blocks:
        count = INTEGRATIONS[block.kind].attached_policies(block.settings)
        if count > ATTACHED_POLICIES_LIMIT:
            notes.add(
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
    notes: _Notes,
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
                    one.line,
                    one.title,
                    "",
                    f"its workspace would be {workspace}, {len(workspace)} characters; allowed: "
                    f"{WORKSPACE_LIMIT}",
                )
        if isinstance(backend, S3Backend) and backend.bucket in _buckets(one.settings.model_dump()):
            notes.add(
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
