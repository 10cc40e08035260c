"""Whether a plan is the stack it came from: `terraform show -json PLAN` beside cdk.tf.json.

https://developer.hashicorp.com/terraform/internals/json-format (2026-11). A plan says of an
expression what it refers to and not what it makes of it; but of Terraform's JSON syntax it repeats
the text, as ``constant_value``, beside the references. (internal/command/jsonconfig/expression.go
evaluates without a context, in which a string of the JSON syntax is itself and an expression of HCL
is nothing; measured with Terraform 1.11.4, 2026-11.) So what is unknown until apply can be told in
a plan of cdk.tf.json, and cannot in a plan of HCL, which is refused.
"""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from athena_gate.gate.stack.kinds import KINDS, Kind
from athena_gate.gate.stack.listed import REFERENCE, TAG, leaves, listed, unescaped
from athena_gate.gate.stack.reader import not_readable
from athena_gate.modules.files import MEBIBYTE, Unreadable, parse_json, read_json

# What the parts of a plan of Terraform 1.11 can have; of the rest none of our stacks makes use.
PARTS: Mapping[str, frozenset[str]] = {
    part: frozenset(keys.split())
    for part, keys in {
        "plan": "format_version terraform_version variables planned_values resource_drift "
        "resource_changes output_changes prior_state configuration relevant_attributes timestamp "
        "applyable complete errored",
        "configuration": "provider_config root_module",
        "planned_values": "outputs root_module",
        "root_module": "resources outputs variables",
        "entry": "address mode type name provider_name change action_reason deposed",
        "change": "actions before after after_unknown before_sensitive after_sensitive "
        "replace_paths before_identity after_identity",
        "configured": "address mode type name provider_config_key expressions schema_version "
        "depends_on",
        "planned": "address mode type name provider_name schema_version values sensitive_values "
        "identity identity_schema_version",
        "output": "expression sensitive description",
    }.items()
}
# What those that are refused mean.
_REFUSED = {
    "deferred_changes": "puts changes off to a later plan",
    "deferred_action_invocations": "puts actions off to a later plan",
    "action_invocations": "invokes actions",
    "checks": "has checks or conditions",
    "module_calls": "calls modules",
    "importing": "imports what exists",
    "generated_config": "has configuration that Terraform made up",
    "previous_address": "moves what is in the state",
    "provisioners": "has provisioners",
    "count_expression": "has count",
    "for_each_expression": "has for_each",
    "index": "is one of several",
    "module_address": "is in a module",
    "child_modules": "has modules",
}
_OWN_ACTIONS = (
    ["no-op"],
    ["create"],
    ["update"],
    ["delete", "create"],
    ["create", "delete"],
)
_LONGEST = 200
# A plan repeats a stack some five times.
PLAN_LIMIT = 256 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Difference:
    """What a plan and its stack do not have in common.

    ``address`` is a resource's, an output's (``output.NAME``), a provider's (``provider.KEY``), or
    empty for the plan itself; ``attribute`` a dotted path or empty. ``plan`` and ``stack`` are what
    each has, as JSON values (None for nothing); ``says`` is one sentence about it.
    """

    address: str
    attribute: str
    plan: Any
    stack: Any
    says: str


class _NotAPlan(Exception):
    """Something in a plan has not the form it has in Terraform's."""


def read_plan(file: Path) -> dict[str, Any] | None:
    """Return the plan in ``file``, as `terraform show -json` prints it; None for JSON that is no
    plan. Raises ``NotReadable``."""
    try:
        content = read_json(file, PLAN_LIMIT)
    except Unreadable as error:
        raise not_readable(error) from None
    is_plan = isinstance(content, dict) and {"planned_values", "resource_changes"} & content.keys()
    return content if is_plan else None


def tag_of(plan: Mapping[str, Any]) -> str | None:
    """Return ``kind/name`` of the block that the providers of ``plan`` say it is of."""
    try:
        configured = plan["configuration"]["provider_config"].values()
        tags = [one["expressions"]["default_tags"][0]["tags"] for one in configured]
        found = {one["constant_value"][TAG] for one in tags}
    except (AttributeError, IndexError, KeyError, TypeError):
        return None
    (tag,) = found if len(found) == 1 else (None,)
    return tag if isinstance(tag, str) else None


def differences(plan: Mapping[str, Any], stack: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return in what ``plan`` (of `terraform show -json`) is not a plan of ``stack`` (Terraform's
    JSON syntax, as cdk.tf.json has it); nothing when it is one.

    Resources of the stack may be created, updated, replaced or left. Others may be deleted, as
    when a key is rotated, but for what a resource of the stack is about: deleting only takes away.
    What was changed outside of Terraform (``resource_drift``) is not compared: the plan either
    puts it right or leaves it, and then it is in the values. A plan has no backend and no
    ``lifecycle``, so these are not compared either.

    Raises ``NotListable`` when ``stack`` is not what athena-gate makes.
    """
    try:
        found = {one.says: one for one in _Comparison(plan, listed(stack)).differences()}
    except _NotAPlan as error:
        return (Difference("", "", None, None, f"the plan is not one of Terraform's: {error}"),)
    return tuple(found.values())


def shown(value: Any) -> str:
    """Return a value as a message shows it: JSON on one line, cut when it is long."""
    text = json.dumps(value, separators=(",", ":"))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _map(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _NotAPlan(f"{what} is no object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise _NotAPlan(f"{what} is no list")
    return value


def _by_path(value: Any, what: str) -> dict[str, Any]:
    """Return the leaves of ``value`` by path, of which each is of one: a name can have dots."""
    pairs = list(leaves(value))
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotAPlan(f"{what} has two values for one attribute")
    return found


def _same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same; true is not 1."""
    if type(one) is type(other) and isinstance(one, str | bool | None):
        return bool(one == other)
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _is_empty(value: Any) -> bool:
    """Return whether a value is what an argument that nobody gave has."""
    return value is None or value is False or value in ("", 0, [], {})


def _below(path: str, names: Set[str]) -> bool:
    return any(path == name or path.startswith(f"{name}.") for name in names)


def _decoded(text: Any) -> Any:
    """Return what a policy's text holds; None when it holds nothing that is one."""
    try:
        return parse_json(text, "policy") if isinstance(text, str) else None
    except Unreadable:
        return None


class _Comparison:
    """Compares one plan with one list."""

    def __init__(self, plan: Mapping[str, Any], allowed: Mapping[str, Any]) -> None:
        self._plan = _map(plan, "it")
        self._allowed = allowed
        self._configuration = _map(plan.get("configuration"), "configuration")
        self._root = _map(self._configuration.get("root_module"), "the root module")

    def differences(self) -> Iterator[Difference]:
        yield from self._whole()
        yield from self._providers()
        yield from self._changes()
        yield from self._configured()
        yield from self._planned()
        yield from self._outputs()

    @staticmethod
    def _keys(of: Mapping[str, Any], known: Set[str], address: str = "") -> Iterator[Difference]:
        where = address or "the plan"
        for key in sorted(of.keys() - known):
            # Of HCL, a function with nothing in it that is known is an empty expression.
            if of[key] in (None, [], {}) and not key.endswith("_expression"):
                continue
            what = _REFUSED.get(key, f"has {shown(key)}, which is not understood")
            yield Difference(address, str(key), of[key], None, f"{where} {what}; allowed: none")

    def _whole(self) -> Iterator[Difference]:
        yield from self._keys(self._plan, PARTS["plan"])
        yield from self._keys(self._configuration, PARTS["configuration"])
        yield from self._keys(self._root, PARTS["root_module"])
        version = str(self._plan.get("format_version"))
        if not (version.startswith("1.") and version[2:].isdecimal()):
            says = f"the plan has format_version {shown(version)}; allowed: 1.2 and its successors"
            yield Difference("", "format_version", version, "1.2", says)
        for key, needed, why in (
            ("errored", False, "planning ended with an error"),
            ("complete", True, "it leaves out a part of the stack, as with -target"),
        ):
            if self._plan.get(key) is not needed:
                found = self._plan.get(key)
                says = f"the plan has {key} = {shown(found)}: {why}; allowed: {shown(needed)}"
                yield Difference("", key, found, needed, says)
        for part in (self._plan, self._root):
            names = _map(part.get("variables", {}), "variables").keys()
            for name in sorted(
                names ^ set(self._allowed["variables"])
                if part is self._root
                else names - set(self._allowed["variables"])
            ):
                says = f"the variable {name} stands in the plan or in the stack, not in both"
                yield Difference(f"var.{name}", "", name in names, name not in names, says)

    def _providers(self) -> Iterator[Difference]:
        found = _map(self._configuration.get("provider_config", {}), "provider_config")
        allowed = self._allowed["providers"]
        for key in sorted(found.keys() | allowed.keys()):
            address = f"provider.{key}"
            if key not in allowed or key not in found:
                where = "the stack" if key in found else "the plan"
                yield Difference(
                    address, "", found.get(key), allowed.get(key), f"{where} has no {address}"
                )
                continue
            one, other = dict(_map(found[key], address)), dict(allowed[key])
            expressions = _map(one.pop("expressions", {}), address)
            raw = dict(_raw(expressions))
            for path, names in _references(expressions):
                if not any(_below(place, {path}) for place in raw):
                    says = f"{address}: {path} {_NOT_TOLD}"
                    yield Difference(address, path, sorted(names), None, says)
            yield from self._equal(address, raw, other.pop("arguments"))
            yield from self._equal(address, dict(leaves(one)), other)

    @staticmethod
    def _equal(
        address: str, found: Mapping[str, Any], allowed: Mapping[str, Any]
    ) -> Iterator[Difference]:
        for path in sorted(found.keys() | allowed.keys()):
            one, other = found.get(path), allowed.get(path)
            if path not in found or path not in allowed or not _same(one, other):
                says = f"{address}: {path} is {shown(one)}; allowed: {shown(other)}"
                yield Difference(address, path, one, other, says)

    @cached_property
    def _entries(self) -> dict[str, Mapping[str, Any]]:
        """The changes of the stack's own resources, by address; of several the last."""
        return {
            entry["address"]: entry
            for entry in self._every_entry
            if entry.get("address") in self._allowed["resources"] and "deposed" not in entry
        }

    @cached_property
    def _every_entry(self) -> list[Mapping[str, Any]]:
        entries = _list(self._plan.get("resource_changes", []), "resource_changes")
        for entry in entries:
            change = _map(_map(entry, "a resource's change").get("change"), "a resource's change")
            for part in ("before", "after"):
                _map({} if change.get(part) is None else change[part], f"a resource's {part}")
            if not isinstance(entry.get("address"), str):
                raise _NotAPlan("a resource's change has no address")
        return entries

    def _changes(self) -> Iterator[Difference]:
        seen = set()
        for entry in self._every_entry:
            address, actions = entry["address"], entry["change"].get("actions")
            yield from self._keys(entry, PARTS["entry"], address)
            yield from self._keys(entry["change"], PARTS["change"], address)
            own = self._entries.get(address) is not None and "deposed" not in entry
            if own and address in seen:
                yield Difference(address, "", entry, None, f"{address} stands in the plan twice")
            elif own:
                seen.add(address)
                if actions not in _OWN_ACTIONS:
                    says = f"{address}: the plan would {_joined(actions)} it; allowed: to make it"
                    yield Difference(address, "", actions, "make", says)
                elif actions == ["no-op"] and not _is_left(entry["change"]):
                    says = f"{address}: the plan says that it changes nothing of it, and would"
                    yield Difference(address, "", actions, "make", says)
                elif (actions == ["create"]) != (entry["change"].get("before") is None):
                    says = f"{address}: the plan would {_joined(actions)} it, and what it was "
                    says += "before says otherwise"
                    yield Difference(address, "", actions, "make", says)
                yield from self._named(entry)
                if actions in _OWN_ACTIONS:
                    yield from self._values(address, entry["change"])
            elif actions != ["delete"] or entry.get("mode") != "managed":
                says = f"{address} is not in the stack, and the plan would {_joined(actions)} it"
                yield Difference(address, "", actions, None, f"{says}; allowed: to delete it")
            else:
                yield from self._deletes(entry)
        for address in sorted(self._allowed["resources"].keys() - seen):
            says = f"{address} is in the stack, and not in the plan"
            yield Difference(address, "", None, "make", says)

    def _named(self, entry: Mapping[str, Any]) -> Iterator[Difference]:
        """Yield where a resource is not what its address says, from the provider in the list."""
        address = entry["address"]
        kind, _, name = address.partition(".")
        provider = self._allowed["providers"][self._allowed["resources"][address]["provider"]]
        needed = {
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider_name": provider["full_name"],
        }
        yield from self._equal(address, {key: entry.get(key) for key in needed}, needed)

    def _deletes(self, entry: Mapping[str, Any]) -> Iterator[Difference]:
        """Yield when what goes is no kind that stacks are made of, or what a resource of the stack
        is about."""
        goes = f"{entry['address']} is not in the stack, and"
        kind = KINDS.get(str(entry.get("type")))
        providers = {one["full_name"] for one in self._allowed["providers"].values()}
        if kind is None or entry.get("provider_name") not in providers:
            of = f"{shown(entry.get('type'))} of {shown(entry.get('provider_name'))}"
            says = f"{goes} is {of}; allowed: to delete what a stack is made of"
            yield Difference(entry["address"], "type", entry.get("type"), None, says)
            return
        before = entry["change"].get("before") or {}
        for address, own in self._entries.items():
            after = own["change"].get("after") or {}
            pairs = [(before.get(name), after.get(name)) for name in kind.identity]
            same = all(one is not None and _same(one, other) for one, other in pairs)
            if own.get("type") == entry.get("type") and same:
                name = " and ".join(kind.identity)
                values = ", ".join(shown(one) for one, _ in pairs)
                says = f"{goes} deleting it would delete what {address} makes: {name} is {values}"
                yield Difference(entry["address"], name, before, address, f"{says} in both")

    def _values(self, address: str, change: Mapping[str, Any]) -> Iterator[Difference]:
        allowed = self._allowed["resources"][address]
        kind = KINDS[address.partition(".")[0]]
        found, before = (
            _by_path(change[part], address) if change.get(part) else {}
            for part in ("after", "before")
        )
        unknown = {path for path, value in leaves(change.get("after_unknown")) if value is True}
        tagged = "tags_all" in (change.get("after") or {})
        tags = {f"tags_all.{name}" for name in self._tags(address)} if tagged else set()
        for path in sorted(found.keys() | unknown | _needed(allowed) | tags):
            if path in allowed["references"]:
                yield from self._reference(address, path, found, unknown)
                continue
            if not self._is_right(address, kind, path, found, before, unknown):
                value = "unknown until apply" if path in unknown else found.get(path)
                stands = path in found and path not in unknown
                yield self._other(address, path, value, stands)

    def _is_right(
        self,
        address: str,
        kind: Kind,
        path: str,
        found: Mapping[str, Any],
        before: Mapping[str, Any],
        unknown: Set[str],
    ) -> bool:
        """Return whether an attribute is as the list, the provider's tags or its defaults say, or
        what AWS decides and the plan leaves as it was."""
        allowed = self._allowed["resources"][address]
        value = found.get(path)
        ignored = before and path not in unknown and _below(path, set(allowed["ignored"]))
        if ignored and _same(value, before.get(path)):
            return True
        if path in unknown:
            settled = path in _needed(allowed) or value is not None
            return _below(path, kind.computed) and not settled
        if path in allowed["documents"]:
            return _same(_decoded(value), allowed["documents"][path])
        if path in allowed["values"]:
            return _same(value, allowed["values"][path])
        if path.startswith("tags_all."):
            return _same(value, self._tags(address).get(path.removeprefix("tags_all.")))
        for shows, of in kind.repeats.items():
            if _below(path, {shows}):
                return _is_empty(value) or self._repeats(value, of)
        if _below(path, kind.computed) and path in before:
            return _same(value, before[path])
        if path in kind.defaults:
            return _same(value, kind.defaults[path])
        return _is_empty(value)

    def _repeats(self, value: Any, attributes: Sequence[str]) -> bool:
        """Return whether ``value`` is one of these attributes of a resource of the stack."""
        there = (
            (entry["change"].get("after") or {}).get(name)
            for entry in self._entries.values()
            for name in attributes
        )
        decoded = _decoded(value)
        return any(
            _same(value, one) or (decoded is not None and _same(decoded, _decoded(one)))
            for one in there
        )

    def _tags(self, address: str) -> dict[str, Any]:
        allowed = self._allowed["resources"][address]
        provider = self._allowed["providers"][allowed["provider"]]["arguments"]
        return {
            path.removeprefix(start): value
            for some, start in ((provider, "default_tags.0.tags."), (allowed["values"], "tags."))
            for path, value in some.items()
            if path.startswith(start)
        }

    def _other(self, address: str, path: str, value: Any, stands: bool) -> Difference:
        allowed = self._allowed["resources"][address]
        other = allowed["documents"].get(path, allowed["values"].get(path))
        has = shown(value) if stands else value or "missing"
        if path in allowed["documents"] and (found := _decoded(value)) is not None:
            has, needed = _statements(found, other)
        else:
            needed = (
                shown(other) if path in _needed(allowed) else "nothing that is not in the stack"
            )
        return Difference(
            address, path, value, other, f"{address}: {path} is {has}; allowed: {needed}"
        )

    def _reference(
        self, address: str, path: str, found: Mapping[str, Any], unknown: Set[str]
    ) -> Iterator[Difference]:
        """Yield when an attribute is not what it refers to in the stack."""
        reference = self._allowed["resources"][address]["references"][path]
        resolved, is_known = self._resolved(reference)
        value = found.get(path)
        if path in unknown and not is_known and value is None:
            return
        if path in unknown or not is_known or not _same(value, resolved):
            has = "unknown until apply" if path in unknown else shown(value)
            needed = f"{reference}, {shown(resolved) if is_known else 'unknown until apply'}"
            says = f"{address}: {path} is {has}; allowed: {needed}"
            yield Difference(address, path, value, reference, says)

    def _resolved(self, reference: str) -> tuple[Any, bool]:
        """Return what ``ADDRESS.ATTRIBUTE`` is in this plan, and whether it is known."""
        address, _, attribute = reference.rpartition(".")
        change = self._entries.get(address, {}).get("change", {})
        after, unknown = change.get("after") or {}, change.get("after_unknown")
        if isinstance(unknown, Mapping) and unknown.get(attribute) is True:
            return None, False
        return after.get(attribute), after.get(attribute) is not None

    def _configured(self) -> Iterator[Difference]:
        seen = set()
        for one in _list(self._root.get("resources", []), "the configuration's resources"):
            address = str(_map(one, "a configured resource").get("address"))
            yield from self._keys(one, PARTS["configured"], address)
            if address not in self._allowed["resources"] or address in seen:
                mode = "twice" if address in seen else "and not in the stack"
                says = f"{address} is in the plan's configuration {mode}"
                yield Difference(address, "", one, None, says)
                continue
            seen.add(address)
            allowed = self._allowed["resources"][address]
            kind, _, name = address.partition(".")
            needed = {
                "mode": "managed",
                "type": kind,
                "name": name,
                "provider_config_key": allowed["provider"],
                "depends_on": allowed["depends_on"],
            }
            found = {key: one.get(key) for key in needed}
            found["depends_on"] = sorted(map(str, one.get("depends_on") or []))
            yield from self._equal(address, found, needed)
            yield from self._arguments(address, _map(one.get("expressions", {}), address))
        for address in sorted(self._allowed["resources"].keys() - seen):
            says = f"{address} is in the stack, and not in the plan's configuration"
            yield Difference(address, "", None, "make", says)

    def _arguments(self, address: str, expressions: Mapping[str, Any]) -> Iterator[Difference]:
        """Yield where a resource's configuration is not the stack's, to the letter."""
        allowed = self._allowed["resources"][address]
        written = {
            **allowed["values"],
            **{path: f"${{{one}}}" for path, one in allowed["references"].items()},
            **allowed["documents"],
        }
        references = dict(_references(expressions))
        found = {}
        for path, value in _raw(expressions):
            if path in allowed["references"] or _below(path, references.keys()):
                found[path] = value
            elif path in allowed["documents"] and isinstance(value, str):
                found[path] = _decoded(unescaped(value))
            else:
                found[path] = unescaped(value) if isinstance(value, str) else value
        for path in sorted(references.keys() | allowed["references"].keys()):
            if path not in references and _below(path, references.keys()):
                continue
            names = references.get(path, set())
            needed = {one for at, one in allowed["references"].items() if _below(at, {path})}
            if names != needed | {one.rpartition(".")[0] for one in needed}:
                says = (
                    f"{address}: {path} refers to {', '.join(sorted(names)) or 'nothing'}; "
                    f"allowed: {', '.join(sorted(needed)) or 'nothing'}"
                )
                yield Difference(address, path, sorted(names), sorted(needed), says)
            if not any(_below(place, {path}) for place in found):
                yield Difference(address, path, None, None, f"{address}: {path} {_NOT_TOLD}")
                found |= {place: one for place, one in written.items() if _below(place, {path})}
        for difference in self._equal(address, found, written):
            path, (one, other) = difference.attribute, (difference.plan, difference.stack)
            says = f"{address}: {path} is written as {shown(one)}; allowed: {shown(other)}"
            yield Difference(address, path, one, other, says)

    def _planned(self) -> Iterator[Difference]:
        planned = _map(self._plan.get("planned_values"), "planned_values")
        root = _map(planned.get("root_module", {}), "planned_values")
        yield from self._keys(planned, PARTS["planned_values"])
        yield from self._keys(root, PARTS["root_module"])
        seen = set()
        for one in _list(root.get("resources", []), "planned_values"):
            address = str(_map(one, "a planned resource").get("address"))
            yield from self._keys(one, PARTS["planned"], address)
            entry = self._entries.get(address)
            if entry is None or address in seen:
                says = f"{address} is in the planned values, and not one change of the stack"
                yield Difference(address, "", one, None, says)
                continue
            seen.add(address)
            yield from self._named(one)
            found = _by_path(one.get("values", {}), address)
            after = _by_path(entry["change"].get("after") or {}, address)
            yield from self._equal(address, found, after)
        for address in sorted(self._entries.keys() - seen):
            says = f"{address} is changed, and not in the planned values"
            yield Difference(address, "", None, "make", says)

    def _outputs(self) -> Iterator[Difference]:
        allowed = self._allowed["outputs"]
        configured = _map(self._root.get("outputs", {}), "the configuration's outputs")
        changes = _map(self._plan.get("output_changes", {}), "output_changes")
        planned = _map(self._plan.get("planned_values"), "planned_values").get("outputs", {})
        for name in sorted(
            configured.keys() | allowed.keys() | changes.keys() | _map(planned, "outputs").keys()
        ):
            address = f"output.{name}"
            change = _map(changes.get(name, {}), address)
            yield from self._keys(change, PARTS["change"], address)
            if name not in allowed:
                if name in configured or name in planned or change.get("actions") != ["delete"]:
                    yield Difference(address, "", True, None, f"{address} is not in the stack")
                continue
            if name not in configured or name not in changes or name not in planned:
                yield Difference(address, "", None, True, f"{address} is not in the plan")
                continue
            one = _map(configured[name], address)
            yield from self._keys(one, PARTS["output"], address)
            expression = _map(one.get("expression"), address)
            found = {
                "sensitive": one.get("sensitive", False),
                "value": expression.get("constant_value"),
            }
            if "constant_value" not in expression and "references" in expression:
                yield Difference(address, "value", None, None, f"{address}: its value {_NOT_TOLD}")
                continue
            yield from self._equal(address, found, allowed[name])
            yield from self._output(address, allowed[name]["value"], change)
            value = _map(planned[name], address).get("value")
            whole = change.get("after") if not _unknown(change) else value
            if value is not None and not _same(value, whole):
                yield Difference(
                    address,
                    "value",
                    value,
                    change.get("after"),
                    f"{address}: is planned as {shown(value)} and changed to {shown(whole)}",
                )

    def _output(
        self, address: str, written: Any, change: Mapping[str, Any]
    ) -> Iterator[Difference]:
        """Yield where an output would not be what its expression in the stack makes."""
        found = {} if change.get("after") is None else dict(leaves(change["after"]))
        unknown = {path for path, value in leaves(change.get("after_unknown")) if value is True}
        needed: dict[str, Any] = {}
        for path, value in leaves(written):
            text, is_known = self._text(value)
            if is_known:
                needed[path] = text
            elif path not in unknown and "" not in unknown:
                says = f"{address}: {path or 'it'} is {shown(found.get(path))}; allowed: {value}"
                yield Difference(address, path, found.get(path), value, says)
        if "" not in unknown:
            yield from self._equal(address, found, needed)

    def _text(self, value: Any) -> tuple[Any, bool]:
        """Return a value of the stack with its references resolved, and whether all are known."""
        if not isinstance(value, str):
            return value, True
        resolved = {
            match[0]: self._resolved(f"{match[1]}.{match[2]}")
            for match in REFERENCE.finditer(value)
        }
        for text, (found, is_known) in resolved.items():
            if not is_known:
                return value, False
            value = value.replace(text, str(found))
        return unescaped(value), True


_NOT_TOLD = (
    "is an expression, and the plan does not tell which: it was not made from Terraform's JSON; "
    "plan the folder cdktf.out/stacks/STACK, with no other file in it"
)


def _needed(allowed: Mapping[str, Any]) -> Set[str]:
    return {*allowed["values"], *allowed["documents"], *allowed["references"]}


def _unknown(change: Mapping[str, Any]) -> bool:
    return any(value is True for _, value in leaves(change.get("after_unknown")))


def _is_left(change: Mapping[str, Any]) -> bool:
    return not _unknown(change) and _same(change.get("before"), change.get("after"))


def _joined(words: Any) -> str:
    return ", ".join(map(str, words)) if isinstance(words, list) and words else "do nothing to"


def _is_expression(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() <= {"constant_value", "references"}


def _raw(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted path of each argument of a configuration, and its text."""
    if _is_expression(value):
        if "constant_value" in value:
            yield from leaves(value["constant_value"], path)
        elif "references" not in value and path:
            yield path, {}
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _raw(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for number, one in enumerate(value):
            yield from _raw(one, f"{path}.{number}")
    else:
        yield path, value


def _references(value: Any, path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield the dotted path of each argument that refers to anything, and to what."""
    if _is_expression(value):
        if "references" in value:
            yield path, set(map(str, _list(value["references"], "references")))
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _references(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _references(one, f"{path}.{number}")


def _statements(found: Any, allowed: Any) -> tuple[str, str]:
    """Return the statements that only one of two policies has, as text."""

    def texts(policy: Any) -> list[str]:
        statements = policy.get("Statement") if isinstance(policy, Mapping) else policy
        return [shown(one) for one in (statements if isinstance(statements, list) else [policy])]

    one, other = texts(found), texts(allowed)
    return (
        ", ".join(text for text in one if text not in other) or "without a statement of its own",
        ", ".join(text for text in other if text not in one) or "no more than the others",
    )
