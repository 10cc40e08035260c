"""What a job does before it has credentials and before Terraform runs: it takes of a stack what is
understood, and refuses it when there is anything else.

    # one stack of a synth, by its entry of `pipeline.stacks`
    python3 -m athena_gate.gate.pipeline.examine ENTRY SYNTHESIZED TARGET
    # all stacks of a synth, and its manifest
    python3 -m athena_gate.gate.pipeline.examine SYNTHESIZED TARGET

The synth comes from a job that had installed packages, so it may be anything. TARGET becomes a new
folder with the stack's JSON, written from what was read, and the provider's lock of the current
folder, the project's; no other file of SYNTHESIZED, and no lock of it, gets there. What a plan does
not show of it is printed. Exit code 1, and no TARGET, where something is not of a known kind:
another type of resource, a data source, module or provisioner, another provider, an expression, a
file beside that Terraform would read.
"""

import base64
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
    if _keeps_state(stack) != ["s3"]:
        raise Refused(f"{name}: keeps its state elsewhere than in S3 alone")
    _write(stack, target)


def every(synthesized: Path, target: Path) -> None:
    """Write all stacks of the manifest in ``synthesized``, and that manifest, into the new folder
    ``target``. Raises ``Refused`` and ``Unreadable``."""
    stacks = {name: _understood(name, at) for name, at in listed(synthesized / MANIFEST).items()}
    for name, stack in stacks.items():
        if _keeps_state(stack) != ["cloud"]:
            raise Refused(f"{name}: keeps its state elsewhere than in HCP Terraform alone")
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
    """Return, in lines, what a plan of the stack that was written into ``folder`` does not show:
    where its state is, as whom it is made, and who can read the secrets of its access keys: whoever
    made the stack could have put a key of their own there. Raises ``Unreadable``."""
    try:
        content = read_json(folder / FILE, _WRITTEN_LIMIT)
        lines = [f"state: {_state(content['terraform'])}"]
        for provider in content["provider"]["aws"]:
            accounts = ", ".join(provider.get("allowed_account_ids", ())) or "any account"
            role = _as(*provider.get("assume_role", ()))
            lines.append(f"made in: {accounts}, {provider.get('region', 'any region')}{role}")
        for name, key in content.get("resource", {}).get("aws_iam_access_key", {}).items():
            lines.append(f"secret of {name}: for the PGP key {_fingerprint(key['pgp_key'])}")
    except (KeyError, TypeError, AttributeError):
        problem = "is not what gate.pipeline.examine has written"
        raise Unreadable(str(folder / FILE), problem) from None
    return lines


def _state(terraform: Mapping[str, Any]) -> str:
    if cloud := terraform.get("cloud"):
        workspaces = cloud["workspaces"]
        named = workspaces.get("name") or f"tagged {', '.join(workspaces['tags'])}"
        host = f" at {cloud['hostname']}" if "hostname" in cloud else ""
        return f"workspace {named} of {cloud['organization']}{host}"
    s3 = terraform["backend"]["s3"]
    # Whoever has that key can keep the state from everybody; two applies at once spoil it.
    key = f", encrypted with {s3['kms_key_id']}" if "kms_key_id" in s3 else ""
    key = key if s3.get("encrypt") is True else f", not encrypted{key}"
    lock = "" if s3.get("use_lockfile") is True else ", without a lock"
    place = f"s3://{s3['bucket']}/{s3['key']} in {s3['region']}"
    return f"{place}{_as(s3.get('assume_role'))}{key}{lock}"


def _as(role: Mapping[str, str] | None = None) -> str:
    return f" as {role['role_arn']}" if role else ""


def _fingerprint(text: str) -> str:
    """Return the fingerprint of the PGP key in ``text``, in base64, which is its first packet as
    the provider takes it; empty where that is something else.

    https://www.rfc-editor.org/rfc/rfc9580#section-4.2 and #section-5.5.4.2 (2024-07).
    """
    try:
        data = base64.b64decode(text, validate=True)
        match data[0]:
            case 0x98 | 0x99 | 0x9A as tag:
                size = 1 << (tag & 3)
                start, length = 1 + size, int.from_bytes(data[1 : 1 + size])
            case 0xC6 if data[1] < 192:
                start, length = 2, data[1]
            case 0xC6 if data[1] < 224:
                start, length = 3, (data[1] - 192 << 8) + data[2] + 192
            case 0xC6 if data[1] == 255:
                start, length = 6, int.from_bytes(data[2:6])
            case _:
                return ""
        key = data[start : start + length]
        match key[0]:
            case _ if len(key) != length:
                return ""
            case 4:
                framed = b"\x99" + length.to_bytes(2) + key
                return hashlib.sha1(framed, usedforsecurity=False).hexdigest().upper()
            case 6:
                framed = b"\x9b" + length.to_bytes(4) + key
                return hashlib.sha256(framed).hexdigest().upper()
    except (ValueError, IndexError, OverflowError):
        pass
    return ""


def _understood(name: str, folder: Path) -> Stack:
    try:
        stack = read(folder / FILE)
    except NotReadable as error:
        raise Refused(str(error)) from None
    # Of what is not understood nothing more is asked: the answer would be about what is missing.
    reasons = [
        f"{visible(one.address, 300)} {visible(one.text, 300)}" for one in stack.problems
    ] or [*_odd(stack)]
    reasons = reasons or [*_other(stack, name)]
    if reasons:
        raise Refused("\n".join(f"{name}: {reason}" for reason in reasons))
    return stack


def _keeps_state(stack: Stack) -> list[str]:
    """Return where ``stack`` says that its state is, which Terraform takes one answer to."""
    terraform = stack.content.get("terraform", {})
    return [*terraform.get("backend", {}), *(["cloud"] if "cloud" in terraform else [])]


def _odd(stack: Stack) -> Iterator[str]:
    """Yield why names of resources or outputs in ``stack`` could not be Terraform's own."""
    named = [stack.content.get("output", {}), *stack.content.get("resource", {}).values()]
    for name in (name for some in named for name in some):
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", str(name)):
            yield f"{visible(str(name), 100)}: is no name"


def _other(stack: Stack, name: str) -> Iterator[str]:
    """Yield what of ``stack``, all of it understood, is not as a stack ``name`` of ours has it, and
    what a plan would not show to whoever approves."""
    if stack.name != name:
        yield f"is the stack {visible(stack.name, 100)}"
    required = stack.content.get("terraform", {}).get("required_providers", {}).get("aws", {})
    if (source := required.get("source")) != PROVIDER_SOURCE:
        yield f"asks for the provider {visible(source, 100)}, not {PROVIDER_SOURCE}"
    keys = stack.content.get("resource", {}).get("aws_iam_access_key", {})
    for key, body in keys.items():
        if not _fingerprint(body.get("pgp_key", "")):
            yield f"aws_iam_access_key.{key}: its secret is encrypted to no PGP key of its own"
    for output, body in stack.content.get("output", {}).items():
        if output != "handoff" and body.get("sensitive") is not True:
            yield f"output.{output}: is a secret, and not sensitive, so that the log would show it"
    for text in not_visible(stack.content):
        yield f"holds what nobody sees, or a command to the runner: {visible(text, 100)}"


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
                print("\n".join(about(Path(target))))
            case [synthesized, target]:
                every(Path(synthesized), Path(target))
                for folder in sorted(Path(target).glob("stacks/*")):
                    print("\n  ".join([f"{folder.name}:", *about(folder)]))
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
