"""Whether a stack consists of what its block asks for, part by part: the claims on resources."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gate.findings import Failure, Result
from gate.stack.model import Stack
from gate.stack.understood import CLAIMS, RESOURCES
from modules.files import Unreadable, parse_json
from modules.iam.policy import MalformedPolicy, Policy

# Where in the JSON something stands: the names and numbers that lead to it.
_Place = tuple[str, ...]
_SECTIONS = {"provider": "providers", "terraform": "backend", "output": "outputs"}


def consists(stack: Stack, expected: Mapping[str, Any]) -> tuple[Result, ...]:
    """Return a result for each claim on the parts of ``stack``, which must equal ``expected``, what
    ``stacks.expected`` makes of its block. A policy is equal when it says the same."""
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
    folder or, in whatever folder the JSON was copied to, in one above it."""
    terraform = stack.content.get("terraform", {})
    path = terraform.get("backend", {}).get("local", {}).get("path", "")
    folder, name = os.path.split(path)
    up = set(folder.split("/")) <= {"..", ""} and not folder.startswith("/")
    here = (stack.file.absolute().parent / path).resolve() == Path(name).resolve()
    if not path or not (up or here):
        return dict(stack.content)
    return {**stack.content, "terraform": {**terraform, "backend": {"local": {"path": name}}}}


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
        if not _says(found, wanted):
            yield _failure(place, "is not the policy that the block makes of it")
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


def _says(found: Any, wanted: Policy) -> bool:
    """Return whether the text ``found`` is a policy that says what ``wanted`` says."""
    try:
        text = found.replace("$${", "${").replace("%%{", "%{")
        policy = Policy.from_document(parse_json(text, "policy"))
    except (AttributeError, Unreadable, MalformedPolicy):
        return False
    return (policy.version, policy.grants()) == (wanted.version, wanted.grants())


def _failure(place: _Place, text: str) -> Failure:
    return Failure(f"{'.'.join(place)} {text}", by=(".".join(place[:2]),))


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."
