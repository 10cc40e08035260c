"""Whether a stack consists of what its block asks for, part by part: the claims on resources."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from athena_gate.gate.stack.beside import is_here
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.stack.understood import CLAIMS, RESOURCES
from athena_gate.modules.iam.policy import Grant, Policy, Principal
from athena_gate.modules.iam.result import Failure, Result

# Where in the JSON something stands: the names and numbers that lead to it.
_Place = tuple[str, ...]
_SECTIONS = {"provider": "providers", "terraform": "backend", "output": "outputs"}


def consists(stack: Stack, expected: Mapping[str, Any]) -> tuple[Result, ...]:
    """Return a result for each claim on the parts of ``stack``, which must equal ``expected``, what
    ``athena_gate.stacks.expected`` makes of its block. A policy is equal when it says the same."""
    failures: dict[str, list[Failure]] = {name: [] for name in CLAIMS}
    content = _with_local_state(stack)
    for section in dict.fromkeys((*expected, *content)):
        found, wanted = content.get(section, {}), expected.get(section, {})
        if section == "resource":
            _resources(found, wanted, failures)
        else:
            claim = _SECTIONS.get(section, "providers")
            failures[claim] += _differences((section,), found, wanted)
    used = {RESOURCES[kind].claim for kind in expected["resource"]} | {"resources"}
    used |= {_SECTIONS.get(section, "providers") for section in expected}
    return tuple(
        Result("resource", name, says, stack.name, tuple(failures[name]))
        for name, says in CLAIMS.items()
        if name in used or failures[name]
    )


def _with_local_state(stack: Stack) -> dict[str, Any]:
    """Return the content of ``stack`` with the name alone of a local state that lies in the current
    folder or, where the JSON was copied elsewhere, three above it: beside OUTPUT/stacks/NAME."""
    terraform = stack.content.get("terraform", {})
    backend = terraform.get("backend", {})
    local = backend.get("local", {})
    path = local.get("path", "")
    folder, name = os.path.split(path)
    up = folder == "../../.." and not is_here(stack.file)
    here = (stack.file.absolute().parent / path).resolve() == Path(name).resolve()
    if not path or not (up or here):
        return dict(stack.content)
    backend = {**backend, "local": {**local, "path": name}}
    return {**stack.content, "terraform": {**terraform, "backend": backend}}


def _resources(
    found: Mapping[str, Any], wanted: Mapping[str, Any], failures: dict[str, list[Failure]]
) -> None:
    for kind in dict.fromkeys((*wanted, *found)):
        some, asked = found.get(kind, {}), wanted.get(kind, {})
        for name in dict.fromkeys((*asked, *some)):
            address = f"{kind}.{name}"
            if name not in some:
                failures["resources"].append(Failure(f"{address} is missing", by=(address,)))
            elif name not in asked:
                reason = f"{address}: the block asks for no such resource"
                failures["resources"].append(Failure(reason, by=(address,)))
            else:
                body = {key: value for key, value in some[name].items() if key != "//"}
                failures[RESOURCES[kind].claim] += _differences((kind, name), body, asked[name])


def _differences(place: _Place, found: Any, wanted: Any) -> Iterator[Failure]:
    if isinstance(wanted, Policy):
        yield from _policy(place, found, wanted)
    elif isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name in dict.fromkeys((*wanted, *found)):
            at = (*place, name)
            if name not in found:
                yield _failure(at, f"is missing; expected {_shown(wanted[name])}")
            elif name not in wanted:
                yield _failure(at, f"is {_shown(found[name])}; expected nothing there")
            else:
                yield from _differences(at, found[name], wanted[name])
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(found, wanted, strict=True)):
            yield from _differences((*place, str(number)), one, other)
    elif type(found) is not type(wanted) or found != wanted:
        yield _failure(place, f"is {_shown(found)}; expected {_shown(wanted)}")


def _policy(place: _Place, found: Any, wanted: Policy) -> Iterator[Failure]:
    """Yield what the text ``found`` says and the policy ``wanted`` does not, and the reverse."""
    try:
        text = found.replace("$${", "${").replace("%%{", "%{")
        policy = Policy.from_json(text)
    except (AttributeError, RecursionError, ValueError):
        yield _failure(place, "is not a policy")
        return
    if policy.version != wanted.version:
        yield _failure(place, f"is of version {policy.version}; expected {wanted.version}")
    said, expected = _meaning(policy), _meaning(wanted)
    for verb, grants in (("also says", said - expected), ("does not say", expected - said)):
        for grant in sorted(map(_sentence, grants)):
            yield _failure(place, f"{verb}: {grant}")


# The actions, resources and principals that a statement leaves out.
_LeftOut = tuple[frozenset[str], frozenset[str], frozenset[Principal]]


def _meaning(policy: Policy) -> set[tuple[Grant, _LeftOut]]:
    """Return what ``policy`` says, however it is divided into statements: its grants, each with all
    that its statement leaves out, since of these one alone would be another statement."""
    return {
        (
            grant,
            (
                frozenset(one.not_actions),
                frozenset(one.not_resources),
                frozenset(one.not_principals),
            ),
        )
        for one in policy.statements
        for grant in one.grants()
    }


def _sentence(meant: tuple[Grant, _LeftOut]) -> str:
    grant, _ = meant
    conditions = sorted(f"{c.operator} {c.key} = {', '.join(c.values)}" for c in grant.conditions)
    parts = (
        f"{grant.effect} {grant.action}",
        f"on {grant.resource}" if grant.resource else "",
        f"for {grant.principal}" if grant.principal else "",
        f"if {' and '.join(conditions)}" if conditions else "",
    )
    return " ".join(part for part in parts if part)


def _failure(place: _Place, text: str) -> Failure:
    return Failure(f"{'.'.join(place)} {text}", by=(".".join(place[:2]),))


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."
