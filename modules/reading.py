"""HCL as typed settings, each mistake with its line: blocks of gate.hcl, profiles of vendors."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from athena_gate.modules import fields, hcl
from athena_gate.modules.fields import Settings
from athena_gate.modules.findings import Mistake, Wrong

MISTAKES_SHOWN = 100


class ConfigurationError(Exception):
    """The configuration cannot be used; ``mistakes`` are all that was found, in order of line,
    those in other files than ``file`` after its own. The message has the first
    ``MISTAKES_SHOWN``, as ``as_lines`` shows them."""

    def __init__(self, file: str, mistakes: Iterable[Mistake]) -> None:
        self.file = file
        # Lines of two files are equal where their numbers are.
        found = {(one.file, one) for one in mistakes}
        self.mistakes = tuple(one for _, one in sorted(found))
        super().__init__("\n".join(as_lines(file, self.mistakes)))


def as_lines(file: str, mistakes: Sequence[Mistake]) -> list[str]:
    """Return the first ``MISTAKES_SHOWN`` of ``mistakes`` in ``file``, each on a line, those of
    syntax with the line they stand in, and how many more there are."""
    lines = [line for mistake in mistakes[:MISTAKES_SHOWN] for line in mistake.lines(file)]
    left = len(mistakes) - MISTAKES_SHOWN
    return [*lines, f"and {left:,} more"] if left > 0 else lines


@dataclass(slots=True)
class Notes:
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, code: str, line: int, subject: str, name: str, problem: str) -> None:
        self.mistakes.append(Mistake(line, subject, name, problem, code))


def build(
    block: hcl.Block,
    model: type[Settings],
    label: str | None,
    notes: Notes,
    context: Mapping[str, Any],
) -> Any:
    """Return the settings in ``block``, or ``None`` when they have mistakes, which are noted."""
    before = len(notes.mistakes)
    reading = _Reading(notes)
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

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._lines: dict[hcl.Path, int] = {}
        self._titles: dict[hcl.Path, str] = {}
        self.broken: set[hcl.Path] = set()
        # Where something was no HCL: what is missing there may be just that.
        self._incomplete: set[hcl.Path] = set()

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
        if block.incomplete:
            self._incomplete.add(path)
        data: dict[str, Any] = {}
        self._read_label(block, label, path, title, data)
        nested = nested_blocks(model)
        for attribute in block.attributes:
            if attribute.name in nested:
                problem = f"is a block: write it without ={nested[attribute.name][2].instead}"
                if isinstance(attribute.value, bool):
                    instead = f"{attribute.name} {{}}" if attribute.value else "nothing"
                    problem = f"is a block: write {instead} in its place"
                self._notes.add("GATE109", attribute.line, title, attribute.name, problem)
                self.broken.add((*path, nested[attribute.name][0]))
                self._incomplete.add(path)
                continue
            if attribute.name == label or attribute.name in {f for f, _, _ in nested.values()}:
                problem = unknown("field", attribute.name, _known(model, label))
                self._notes.add("GATE102", attribute.line, title, attribute.name, problem)
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
            problem = f"has the wrong number of labels; write {form}"
            self._notes.add("GATE108", block.line, title, "", problem)
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
            if child.type in _attributes(model, label):
                code, problem = "GATE109", f"is not a block: write {child.type} = ..."
            else:
                code = "GATE101"
                problem = unknown("block", child.type, _known(model, label))
            self._notes.add(code, child.line, title, child.type, problem)
            self.broken.add((*path, child.type))
            return
        name, child_model, marker = nested[child.type]
        if _is_list(model, name):
            items = data.setdefault(name, [])
            at: hcl.Path = (*path, name, len(items))
            # A mistake of the list as a whole, such as a name that stands twice: the last one.
            self._lines[(*path, name)] = child.line
            items.append({})
            items[-1] = self.read(child, child_model, marker.label, at, _within(title, child))
        elif name in data:
            self._notes.add("GATE104", child.line, title, child.type, "stands here twice; keep one")
        else:
            at = (*path, name)
            data[name] = self.read(child, child_model, marker.label, at, _within(title, child))

    def note(
        self, details: ErrorDetails, model: type[Settings], context: Mapping[str, Any]
    ) -> None:
        """Note pydantic's ``details`` as a mistake, unless it follows from one noted before."""
        error = details.get("ctx", {}).get("error")
        loc = tuple(details["loc"])
        # The longest first: a list may have as many mistakes as items.
        above = [loc[:end] for end in range(len(loc), -1, -1)]
        if any(path in self.broken for path in above):
            return
        if details["type"] == "broken_account":
            return
        owner = next(path for path in above if path in self._titles)
        if loc == owner and any(path[:-1] == owner for path in self.broken):
            # What the block as a whole lacks may be the field that could not be read.
            return
        if owner in self._incomplete and (loc == owner or loc not in self._lines):
            return
        at = loc
        if isinstance(error, Wrong) and error.item is not None:
            within = error.item if isinstance(error.item, tuple) else (error.item,)
            inside = [(*loc, *within[:end]) for end in range(len(within), 0, -1)]
            above[:0] = inside
            # One of several blocks is called by its label, unless it is the list that is wrong.
            block = next((p for p in inside if p in self._titles and isinstance(p[-1], int)), None)
            if block is not None and isinstance(error.item, tuple):
                owner, at = block, inside[0]
        line = self._lines[next(path for path in above if path in self._lines)]
        names = [str(part) for part in at[len(owner) :][:1]]
        nested = {f: b for b, (f, _, _) in nested_blocks(_model_at(model, owner)).items()}
        name = "".join(nested.get(part, part) for part in names)
        problem = _problem(details, model, owner, context)
        code = error.code if isinstance(error, Wrong) else _CODES.get(details["type"], "GATE201")
        self._notes.add(code, line, self._titles[owner], name, problem)


# Of pydantic's own errors that settings can give.
_CODES = {
    "missing": "GATE103",
    "extra_forbidden": "GATE102",
    "unknown_account": "GATE112",
    "string_type": "GATE105",
    "dataclass_type": "GATE105",
    "dataclass_exact_type": "GATE105",
    "bool_type": "GATE105",
    "int_type": "GATE105",
    "int_from_float": "GATE105",
    "tuple_type": "GATE105",
    "dict_type": "GATE105",
    "model_type": "GATE105",
    "model_attributes_type": "GATE105",
    "literal_error": "GATE106",
    "too_long": "GATE107",
    "too_short": "GATE107",
    "greater_than_equal": "GATE107",
    "less_than_equal": "GATE107",
    "string_too_short": "GATE107",
    "string_too_long": "GATE107",
}


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
            known = _known(_model_at(model, owner), _label_at(model, owner))
            return unknown("field", str(details["loc"][-1]), known)
        case "unknown_account":
            return f"{unknown('account', str(found), context['accounts'])}{limits['otherwise']}"
        case "string_type" | "dataclass_type" | "dataclass_exact_type":
            # What becomes another account or a connector is written as its name.
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


def unknown(what: str, name: str, known: Iterable[str]) -> str:
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


def _within(title: str, child: hcl.Block) -> str:
    """Return how ``child`` is called in mistakes; a file without blocks has no title."""
    return f"{title}: {child.title}" if title else child.title


def _is_list(model: type[Settings], name: str) -> bool:
    return get_origin(model.model_fields[name].annotation) is tuple


def _attributes(model: type[Settings], label: str | None) -> list[str]:
    nested = {name for name, _, _ in nested_blocks(model).values()}
    found = {name: info.alias or name for name, info in model.model_fields.items()}
    return [shown for name, shown in found.items() if name not in nested and name != label]


def _known(model: type[Settings], label: str | None) -> list[str]:
    """Return the fields and blocks that ``model`` has a use for, as a file names them."""
    unused: Iterable[str] = getattr(model, "unused", tuple)()
    nested = {block: name for block, (name, _, _) in nested_blocks(model).items()}
    every = {**{name: name for name in _attributes(model, label)}, **nested}
    return [written for written, name in every.items() if name not in unused]


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
