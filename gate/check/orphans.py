"""`gate check --against`: the states that a change of gate.hcl would leave behind.

A stack that is no longer synthesized is no longer planned either: nothing says any more that its
resources exist, and they go on existing. The same holds for a state that the backend no longer
looks for where it is. And what becomes of access keys, which are in use outside.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from athena_gate.gate.keys.state import generation_of
from athena_gate.gate.pipeline.stacks import MANIFEST, STACK_LIMIT, listed, set_aside
from athena_gate.gate.quoting import shell
from athena_gate.gate.stack.state import local
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable, read_json
from athena_gate.stacks.backends import (
    HCP_TERRAFORM,
    Backend,
    CloudBackend,
    LocalBackend,
    S3Backend,
)
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock
from athena_gate.stacks.removed import FILE

_KEY = "aws_iam_access_key"


class NoManifest(Exception):
    """There is no earlier synth to compare with; the message says what to do."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a stack's state is: in words, and the last step after its stack is destroyed."""

    where: str
    delete: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """A stack as it was synthesized: its folder, and its state, ``None`` without its JSON."""

    folder: Path
    state: State | None

    def terraform(self, *arguments: str) -> str:
        """Return a command line of Terraform's in this folder."""
        return shell(["terraform", f"-chdir={self.folder}", *arguments])


def compare(configuration: Configuration, against: Path) -> dict[str, Any]:
    """Compare ``configuration`` with the synth in ``against``, JSON-ready.

    ``{"removed": [{"stack", "state", "destroy": [step]}], "moved": [{"stack", "state", "now",
    "migrate": [step]}], "added": [stack], "keys": [{"stack", "made", "removed", "rekeyed":
    [generation]}]}``; ``state`` and ``now`` say in words where a state is, and "keys" what becomes
    of access keys: "rekeyed" are those that stay encrypted to another PGP key than the block has.
    Raises ``NoManifest``.
    """
    earlier = read(against)
    blocks = configuration.stacks
    looked_after = {*blocks, *configuration.ejected}
    return {
        "removed": [
            _removed(stack, one)
            for stack, one in earlier.items()
            if stack not in looked_after and not _destroyed(one)
        ],
        "moved": [
            _moved(stack, earlier[stack], was, now)
            for stack in blocks
            if stack in earlier
            and (was := earlier[stack].state)
            and (now := configured(configuration.backend, stack)).where != was.where
        ],
        "added": [stack for stack in blocks if stack not in earlier],
        "keys": [
            found
            for block in configuration.blocks
            if block.stack in earlier and (found := _keys(block, earlier[block.stack].folder))
        ],
    }


def _keys(block: ConfiguredBlock, folder: Path) -> dict[str, Any]:
    """Return what becomes of the access keys of ``block``, of which ``folder`` has the earlier
    stack; nothing where all stay as they are."""
    try:
        content = read_json(folder / FILE, STACK_LIMIT)
    except Unreadable:
        return {}
    resources = content.get("resource") if isinstance(content, dict) else None
    old = resources.get(_KEY) if isinstance(resources, dict) else None
    was = {f"{_KEY}.{name}": body for name, body in old.items()} if isinstance(old, dict) else {}
    wanted = {
        one.address: (one.path[-1].removeprefix("key-"), one.arguments["pgp_key"])
        for one in block.integration.resources(block.settings)
        if one.type == _KEY
    }
    found = {
        "made": [name for address, (name, _) in wanted.items() if address not in was],
        "removed": [generation_of(address) for address in was if address not in wanted],
        "rekeyed": [
            name
            for address, (name, key) in wanted.items()
            if isinstance(was.get(address), dict) and was[address].get("pgp_key") != key
        ],
    }
    return {"stack": block.stack, **found} if any(found.values()) else {}


def read(against: Path) -> dict[str, Earlier]:
    """Return the stacks of an earlier synth by their names: those of its manifest, and those that
    were removed before it and are still kept for their destroy.

    ``against`` is a folder such as cdktf.out, or the manifest.json in it. Raises ``NoManifest``.
    """
    manifest = against / MANIFEST if against.is_dir() else against
    try:
        folders = {**set_aside(manifest.parent), **listed(manifest)}
    except Unreadable as error:
        otherwise = (
            ". Is there none, check out what was applied last, run CDKTF_OUTDIR=previous "
            f"{to_run('synth')}, and compare with previous"
        )
        raise NoManifest(
            f"{error}; name the output folder of an earlier synth, as in --against cdktf.out"
            f"{otherwise if error.missing else ''}"
        ) from None
    return {name: Earlier(folder, _state(folder)) for name, folder in folders.items()}


def _state(folder: Path) -> State | None:
    """Return where the state of the stack in ``folder`` is, ``None`` when its JSON is gone or does
    not say."""
    try:
        content = read_json(folder / FILE, STACK_LIMIT)
    except Unreadable:
        return None
    match content:
        case {"terraform": {"backend": {"s3": {"bucket": str(bucket), "key": str(key)}}}}:
            return _in_s3(bucket, key)
        case {"terraform": {"cloud": {"organization": str(organization)} as cloud}}:
            host = cloud.get("hostname")
            if host is None or isinstance(host, str):
                match cloud.get("workspaces"):
                    case {"name": str(name)}:
                        return _in_hcp(host, organization, name, [])
                    case {"tags": list(tags)} if all(isinstance(tag, str) for tag in tags):
                        return _in_hcp(host, organization, None, tags)
        # Only the name: a folder that was copied elsewhere has not lost its state.
        case {"terraform": {"backend": {"local": {"path": str(path)}}}}:
            return _local(Path(path).name)
        case {"terraform": dict(terraform)} if terraform.get("backend", {"local": {}}) == {
            "local": {}
        }:
            return _local("terraform.tfstate")
    return None


def configured(backend: Backend, stack: str) -> State:
    """Return where ``backend`` keeps the state of ``stack``."""
    match backend:
        case S3Backend():
            return _in_s3(backend.bucket, backend.key(stack))
        case CloudBackend():
            tags = backend.tags_of(stack)
            name = None if tags else backend.workspace_of(stack)
            return _in_hcp(backend.hostname, backend.organization, name, tags)
        case LocalBackend():
            return _local(backend.file(stack))


def _in_s3(bucket: str, key: str) -> State:
    address = f"s3://{bucket}/{key}"
    return State(address, shell(["aws", "s3", "rm", address]))


def _in_hcp(host: str | None, organization: str, name: str | None, tags: list[str]) -> State:
    host = host or HCP_TERRAFORM
    place = f"{organization}/{name}" if name else f"of {organization} tagged {', '.join(tags)}"
    # https://developer.hashicorp.com/terraform/cloud-docs/workspaces/settings/deletion (2026-11)
    return State(
        f"the workspace {place} on {host}",
        f"delete the workspace {place} on {host}: Settings, Destruction and Deletion",
    )


def _local(name: str) -> State:
    file = f"./{name}" if name.startswith("-") else name
    return State(f"the file {name} beside cdktf.json", shell(["rm", file]))


def _destroyed(earlier: Earlier) -> bool:
    """Return whether the state of ``earlier`` has no resource any more.

    Only of a stack that was initialized in its folder, as the steps to destroy it begin: elsewhere,
    as in a pipeline's copy, a state that is not there says nothing. Without an answer, it has.
    """
    if earlier.state is None or not (earlier.folder / ".terraform").is_dir():
        return False
    # botocore takes 0.3 s.
    from athena_gate.gate.recover import Refused, backend

    try:
        content = read_json(earlier.folder / FILE, STACK_LIMIT)
        match content["terraform"].get("backend"):
            case {"local": {"path": str(path)}}:
                found = local(Path(Path(path).name))
            case _:
                found = backend.read(content, earlier.folder)
    except (Refused, Unreadable, KeyError, TypeError, AttributeError):
        return False
    return not found.broken and not found.resources


def _removed(stack: str, earlier: Earlier) -> dict[str, Any]:
    if earlier.state is None:
        return {
            "stack": stack,
            "state": f"unknown: {earlier.folder / FILE} is gone, or does not say",
            "destroy": ["put the block back and synthesize; then destroy it, then delete it"],
        }
    return {
        "stack": stack,
        "state": earlier.state.where,
        "destroy": [
            earlier.terraform("init"),
            earlier.terraform("destroy"),
            earlier.state.delete,
        ],
    }


def _moved(stack: str, earlier: Earlier, was: State, now: State) -> dict[str, Any]:
    return {
        "stack": stack,
        "state": was.where,
        "now": now.where,
        # Terraform knows the old place from the folder's .terraform, which the first init writes.
        "migrate": [
            f"{earlier.terraform('init')} # while the old JSON is there",
            to_run("synth"),
            earlier.terraform("init", "-migrate-state"),
        ],
    }
