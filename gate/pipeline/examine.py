"""What a job does before it has credentials and before Terraform runs: it takes of a stack what is
understood, and refuses it when there is anything else.

    # one stack of a synth, by its entry of `pipeline.stacks`
    python3 -m athena_gate.gate.pipeline.examine ENTRY SYNTHESIZED TARGET
    # all stacks of a synth, and its manifest
    python3 -m athena_gate.gate.pipeline.examine SYNTHESIZED TARGET

The synth comes from a job that had installed packages, so it may be anything. TARGET becomes a new
folder with the stack's JSON, written from what was read, and the provider's lock of the current
folder, the project's; no other file of SYNTHESIZED, and no lock of it, gets there. Exit code 1, and
no TARGET, where something is not of a known kind: another type of resource, a data source, module
or provisioner, another provider, an expression, a file beside that Terraform would read.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from athena_gate.gate.pipeline.program import Usage, run
from athena_gate.gate.pipeline.stacks import FILE, MANIFEST, NAME, STACK_LIMIT, entry_of, listed
from athena_gate.gate.stack.beside import not_the_lock
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.stack.reader import NotReadable, read
from athena_gate.modules.files import (
    Unreadable,
    parse_json,
    read_bytes,
    read_json,
    visible,
    visible_lines,
)
from athena_gate.stacks.providers import LOCK, LOCK_LIMIT, PROVIDER_SOURCE

# What is written is indented.
_WRITTEN_LIMIT = 4 * STACK_LIMIT
# Where a pipeline synthesizes: what is built now, and what earlier commits have built.
_BUILT, _EARLIER = "cdktf.out", "previous"
_ALLOWED = {
    "apply": (f"{_BUILT}/stacks",),
    "destroy": (f"{_BUILT}/removed", f"{_EARLIER}/stacks", f"{_EARLIER}/removed"),
}


class Refused(Exception):
    """A stack is not one to run Terraform on; each line of the message is a reason."""


def one(entry: Mapping[str, str], synthesized: Path, target: Path) -> None:
    """Write the stack of ``entry``, as it lies in ``synthesized``, into the new folder ``target``.
    Raises ``Refused`` and ``Unreadable``."""
    name, place, action = entry["stack"], Path(entry["folder"]), entry["action"]
    allowed = [f"{at}/{name}" for at in _ALLOWED.get(action, ())]
    if not NAME.fullmatch(name) or place.as_posix() not in allowed:
        shown = visible(place, 200)
        raise Refused(f"{visible(name, 100)}: {shown} is no folder of a stack to {visible(action)}")
    found = {**entry_of(name, synthesized / place, action), "folder": place.as_posix()}
    if found != {key: entry.get(key) for key in found}:
        raise Refused(f"{name}: its account and region are not those of the job")
    stack = _understood(name, synthesized / place)
    if "s3" not in stack.content.get("terraform", {}).get("backend", {}):
        raise Refused(f"{name}: keeps no state in S3, and a file is gone after the job")
    _write(stack, target)


def every(synthesized: Path, target: Path) -> None:
    """Write all stacks of the manifest in ``synthesized``, and that manifest, into the new folder
    ``target``. Raises ``Refused`` and ``Unreadable``."""
    stacks = {name: _understood(name, at) for name, at in listed(synthesized / MANIFEST).items()}
    target.mkdir()
    for name, stack in stacks.items():
        _write(stack, target / "stacks" / name)
    manifest = {name: {"name": name, "workingDirectory": f"stacks/{name}"} for name in stacks}
    (target / MANIFEST).write_text(json.dumps({"stacks": manifest}, indent=2) + "\n")


def digest(folder: Path) -> str:
    """Return a SHA-256 over all that ``one`` has written into ``folder``. Raises ``Unreadable``."""
    whole = hashlib.sha256()
    for name in (FILE, LOCK.name):
        whole.update(hashlib.sha256(read_bytes(folder / name, _WRITTEN_LIMIT)).digest())
    return whole.hexdigest()


def about(folder: Path) -> list[str]:
    """Return, in lines, what a plan of the stack that ``one`` has written into ``folder`` does not
    show: where its state is, and as whom it is made. Raises ``Unreadable``."""
    try:
        content = read_json(folder / FILE, _WRITTEN_LIMIT)
        s3 = content["terraform"]["backend"]["s3"]
        lines = [
            f"state: s3://{s3['bucket']}/{s3['key']} in {s3['region']}{_as(s3.get('assume_role'))}"
        ]
        for provider in content["provider"]["aws"]:
            accounts = ", ".join(provider.get("allowed_account_ids", ())) or "any account"
            role = _as(*provider.get("assume_role", ()))
            lines.append(f"made in: {accounts}, {provider.get('region', 'any region')}{role}")
    except (KeyError, TypeError, AttributeError):
        problem = "is not what gate.pipeline.examine has written"
        raise Unreadable(str(folder / FILE), problem) from None
    return lines


def _as(role: Mapping[str, str] | None = None) -> str:
    return f" as {role['role_arn']}" if role else ""


def _understood(name: str, folder: Path) -> Stack:
    try:
        stack = read(folder / FILE)
    except NotReadable as error:
        raise Refused(str(error)) from None
    reasons = [f"{visible(one.address, 300)} {visible(one.text, 300)}" for one in stack.problems]
    if stack.name != name:
        reasons.append(f"is the stack {visible(stack.name, 100)}")
    required = stack.content.get("terraform", {}).get("required_providers", {}).get("aws", {})
    if (source := required.get("source")) != PROVIDER_SOURCE:
        reasons.append(f"asks for the provider {visible(source, 100)}, not {PROVIDER_SOURCE}")
    reasons += [
        f"{address}: {reason}"
        for kind in ("resource", "output")
        for address, reason in _odd(stack.content.get(kind))
    ]
    keys = stack.content.get("resource", {}).get("aws_iam_access_key", {})
    reasons += [
        f"aws_iam_access_key.{visible(name, 100)}: its secret is encrypted to no PGP key of its own"
        for name, body in keys.items()
        if not re.fullmatch(r"[A-Za-z0-9+/=]{64,}", str(body.get("pgp_key", "")))
    ]
    hidden = "holds what nobody sees, or a command to the runner"
    reasons += [f"{hidden}: {visible(text, 100)}" for text in not_visible(stack.content)]
    if reasons:
        raise Refused("\n".join(f"{name}: {reason}" for reason in reasons))
    return stack


def _odd(part: object, depth: int = 2) -> Iterator[tuple[str, str]]:
    """Yield the names of resources or outputs in ``part`` that Terraform's own could not be."""
    for name, body in part.items() if isinstance(part, Mapping) else ():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", str(name)):
            yield visible(str(name), 100), "is no name"
        elif depth > 1 and str(name).startswith(("aws_", "terraform_")):
            yield from _odd(body, depth - 1)


def not_visible(value: object) -> Iterator[str]:
    """Yield each text in ``value``, a part of a stack, that would not be seen as it is in the log
    of a job, where Terraform prints its lines as they are."""
    if isinstance(value, str) and visible_lines(value) != value:
        yield value
    elif isinstance(value, Mapping | list):
        inside = [*value, *value.values()] if isinstance(value, Mapping) else value
        for one in inside:
            yield from not_visible(one)


def _write(stack: Stack, target: Path) -> None:
    try:
        lock = read_bytes(LOCK, LOCK_LIMIT)
    except Unreadable as error:
        if error.missing:
            raise Refused(
                f"the repository has no {LOCK}, so any provider would do; run gate lock, and "
                "commit it"
            ) from None
        raise
    if reason := not_the_lock(LOCK):
        raise Refused(f"{LOCK} {reason}")
    target.mkdir(parents=True)
    content = _without_comments(stack.content)
    (target / FILE).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
    (target / LOCK.name).write_bytes(lock)


def _without_comments(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stack without what the engine writes into the bodies of resources for itself."""
    resources = {
        kind: {
            name: {key: value for key, value in body.items() if key != "//"}
            for name, body in some.items()
        }
        for kind, some in content.get("resource", {}).items()
    }
    return {**content, **({"resource": resources} if resources else {})}


def main(arguments: Sequence[str]) -> int:
    """Return 1 when a stack is refused; see the module."""
    try:
        match arguments:
            case [entry, synthesized, target]:
                one(_entry(entry), Path(synthesized), Path(target))
            case [synthesized, target]:
                every(Path(synthesized), Path(target))
            case _:
                raise Usage
    except Refused as refused:
        print(f"Nothing is planned and nothing is changed.\n{refused}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{visible(error.filename)} cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def _entry(text: str) -> dict[str, str]:
    found = parse_json(text, "ENTRY")
    match found:
        case {"stack": str(), "folder": str(), "account": str(), "region": str(), "action": str()}:
            return dict(found)
    raise Unreadable("ENTRY", "is not what gate.pipeline.stacks prints of a stack")


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
