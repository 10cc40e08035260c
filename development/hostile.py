"""Hostile inputs: ``python -m development.hostile [COUNT]`` gives COUNT (10,000) of them to the
commands that read them, in two processes, and says what became of them.

The inputs are files that are in order (gate.hcl, a key, stacks, plans, a manifest, outputs, states,
reviews), changed at random: bytes, words, the values of JSON, and whole files. None may give a
trace, an exit code other than 0, 1 and 2, a control character in what is printed, or take more
than ``SECONDS`` of processor time or ``MEBIBYTES``.
"""

import base64
import contextlib
import importlib
import io
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from athena_gate.gate.pipeline.program import run
from athena_gate.stacks.integrations import INTEGRATIONS
from athena_gate.stacks.providers import place_lock

ROOT = Path(__file__).resolve().parent.parent
MODES = Path(__file__).with_name("modes.hcl")

SECONDS = 5.0
MEBIBYTES = 500
# How many cases one process is given.
_BATCH = 250

Kind = Literal["gate.hcl", "key", "stack", "plan", "manifest", "outputs", "state", "review"]
KINDS: tuple[Kind, ...] = (
    "gate.hcl",
    "key",
    "stack",
    "plan",
    "manifest",
    "outputs",
    "state",
    "review",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Originals:
    """The files that are changed: for each stack by its name the configuration that has its block
    alone, and its JSON; the key that all of them name."""

    configurations: Mapping[str, str]
    stacks: Mapping[str, dict[str, Any]]
    key: bytes


@dataclass(frozen=True, slots=True)
class Case:
    """What is given to a command: a file of some ``kind`` with ``content``, or in its place
    something that is no file; the stack whose configuration is beside it; and the command."""

    kind: Kind
    stack: str
    content: bytes
    place: str
    command: tuple[str, ...]


# ---------------------------------------------------------------- what is given


_WORDS = [
    "", " ", "\n", "\r", "\r\n", "\t", "\0", "\x1b[2J", "\x9b31m", "\u202e", "\u2028", "\ufeff",
    "::error::x", "##[error]x", "${{ github.token }}", "$(id)", "`id`", "${file(\"/etc/passwd\")}",
    "%{ if true }", "$${x}", "<script>", "--", "-rf", "'", '"', "\\", "\\u0000", "\\ud800",
    "\\UFFFFFFFF", "\\x", "{", "}", "[", "]", "(", ")", "=", ",", ":", "#", "//", "/*", "*/",
    "<<EOT\n", "null", "true", "NaN", "-Infinity", "1e999", "-0", "9" * 200, "9" * 5000, "0x1",
    "*" * 3000, "?" * 300, "a" * 70_000, "[" * 2000, "{" * 2000, "(" * 2000, '{"a":' * 500,
    "..", "/", "../" * 50, "//", "metadata", "__class__", "athena-gate", "aws:",
    "\N{GRINNING FACE}", "/dev/zero", "/dev/stdin", "/proc/self/mem", ".", "~",
]  # fmt: skip

_VALUES: list[Callable[[random.Random], Any]] = [
    lambda _: None,
    lambda _: True,
    lambda _: 0,
    lambda _: -1,
    lambda _: 1.5,
    lambda _: 10**150,
    lambda _: [],
    lambda _: {},
    lambda _: [[]],
    lambda _: [{}],
    lambda _: [None],
    lambda _: {"": None},
    lambda some: some.choice(_WORDS),
    lambda some: [some.choice(_WORDS)] * 3,
    lambda some: {some.choice(_WORDS): some.choice(_WORDS)},
    lambda some: "arn:aws:s3:::" + some.choice(_WORDS),
    lambda some: "${aws_iam_policy." + some.choice(_WORDS) + ".arn}",
    lambda _: json.dumps({"Version": "2012-10-17", "Statement": [{}]}),
    lambda some: json.dumps({"Statement": some.choice(["", 1, [1], {"Effect": 1}, None])}),
]


def case(originals: Originals, number: int, kinds: Sequence[Kind] = KINDS) -> Case:
    """Return the hostile case ``number``, which is always the same."""
    some = random.Random(number)
    kind = kinds[number % len(kinds)]
    name = some.choice(sorted(originals.stacks))
    original, place, commands = _of(kind, originals, name, some)
    command = some.choice(commands)
    if some.random() < 0.03:
        return Case(kind, name, some.choice(_NO_FILES).encode(), place, command)
    if some.random() < 0.02:
        return Case(kind, name, _flood(some), place, command)
    content = original
    if kind not in ("gate.hcl", "key") and some.random() < 0.7:
        document = json.loads(original)
        for _ in range(some.choice((1, 1, 1, 2, 4))):
            document = _changed(document, some)
        content = _written(document, some)
    for _ in range(some.choice((0, 1, 2, 5)) if content != original else some.choice((1, 1, 2, 8))):
        content = _mutated(content, some)
    return Case(kind, name, content, place, command)


# What stands where a file should be; `_put` makes it.
_NO_FILES = ("no file: pipe", "no file: folder", "no file: loop", "no file: zero", "no file: none")


def _of(
    kind: Kind, originals: Originals, name: str, some: random.Random
) -> tuple[bytes, str, list[tuple[str, ...]]]:
    """Return the file of ``kind`` as it should be, where it stands, and what reads it."""
    stack = originals.stacks[name]
    folder = f"cdktf.out/stacks/{name}"
    file = f"{folder}/cdk.tf.json"
    match kind:
        case "gate.hcl":
            check: list[tuple[str, ...]] = [("check",), ("check", "--json"), ("parity", name)]
            check += [("pipeline", "github", "--force"), ("pipeline", "gitlab", "--force")]
            text = originals.configurations[name] + some.choice(("", _S3))
            return text.encode(), "gate.hcl", [*check, *check[:1] * 4]
        case "key":
            key = originals.key if some.random() < 0.7 else _binary(originals.key)
            return key, "keys/example.asc", [("check",), ("check", "--json")]
        case "stack":
            commands: list[tuple[str, ...]] = [
                ("prove", folder),
                ("prove", name, "--json"),
                ("prove", name, "--output-format", "sarif"),
                ("prove", "--checks-only", file),
                ("prove", f"plan-{name}.json"),
                ("explain", folder),
                ("explain", name, "--json"),
                ("explain", name, "--can", "s3:GetObject arn:aws:s3:::acme-lake/sales/x"),
                ("eject", name, "--output", "ejected"),
                ("check", "--against", "cdktf.out"),
                ("python", "athena_gate.gate.pipeline.stacks", "cdktf.out"),
                ("python", "athena_gate.gate.pipeline.examine", "cdktf.out", "examined"),
                ("main", "lock"),
            ]
            return json.dumps(stack, indent=2).encode(), file, commands
        case "plan":
            plan_commands: list[tuple[str, ...]] = [
                ("prove", "plan.json"),
                ("explain", "plan.json"),
                (
                    "python",
                    "athena_gate.gate.pipeline.changes",
                    '{"stack": "x"}',
                    folder,
                    "plan.json",
                    "plan.json",
                ),
                (
                    "python",
                    "athena_gate.gate.pipeline.changes",
                    "--approved",
                    "0",
                    folder,
                    "plan.json",
                ),
                ("python", "athena_gate.gate.pipeline.gitlab", "counts", "plan.json"),
            ]
            return json.dumps(_plan(stack)).encode(), "plan.json", plan_commands
        case "manifest":
            stacks = {
                one: {"workingDirectory": f"stacks/{one}", "name": one} for one in originals.stacks
            }
            manifest = {"version": "0.21.0", "stacks": stacks}
            manifest_commands: list[tuple[str, ...]] = [
                ("check", "--against", "cdktf.out"),
                ("check", "--against", "cdktf.out/manifest.json", "--json"),
                ("python", "athena_gate.gate.pipeline.stacks", "cdktf.out"),
                ("python", "athena_gate.gate.pipeline.examine", "cdktf.out", "examined"),
            ]
            return json.dumps(manifest).encode(), "cdktf.out/manifest.json", manifest_commands
        case "outputs":
            return (
                json.dumps(_outputs()).encode(),
                "outputs.json",
                [("sheet", name, "text"), ("sheet", name, "markdown"), ("sheet", name, "json")],
            )
        case "state":
            state = {"format_version": "1.0", "values": _plan(stack)["planned_values"]}
            return (
                json.dumps(state).encode(),
                "state.json",
                [("prove", "state.json"), ("prove", "--checks-only", "state.json")],
            )
        case "review":
            file = "changes/one.json"
            review = {
                "stack": name, "folder": folder, "account": "111122223333", "region": "eu-west-1",
                "action": "apply", "digest": "0" * 64, "text": "the plan\n",
                "changes": [{"address": "aws_iam_role.role", "actions": ["delete", "create"]}],
            }  # fmt: skip
            return (
                json.dumps(review).encode(),
                file,
                [
                    ("python", "athena_gate.gate.pipeline.review", "page", "changes"),
                    ("python", "athena_gate.gate.pipeline.review", "changed", "changes"),
                    ("python", "athena_gate.gate.pipeline.review", "accounts", "changes"),
                    (
                        "python",
                        "athena_gate.gate.pipeline.review",
                        "difference",
                        "changes/one.json",
                    ),
                ],
            )


_S3 = 'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}\n'


def _binary(armored: bytes) -> bytes:
    body = armored.split(b"\n\n", 1)[1].split(b"-----END", 1)[0]
    return base64.b64decode(b"".join(one for one in body.split() if not one.startswith(b"=")))


def _plan(stack: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan that creates the resources of ``stack``, as `terraform show -json` has it."""
    resources = [
        {
            "address": f"{kind}.{name}",
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "schema_version": 0,
            "values": body,
        }
        for kind, some in stack.get("resource", {}).items()
        for name, body in some.items()
    ]
    tags = {"tags": {"constant_value": stack["provider"]["aws"][0]["default_tags"][0]["tags"]}}
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "variables": {},
        "planned_values": {"outputs": {}, "root_module": {"resources": resources}},
        "resource_changes": [
            {
                **{key: one[key] for key in ("address", "mode", "type", "name", "provider_name")},
                "change": {"actions": ["create"], "before": None, "after": one["values"]},
            }
            for one in resources
        ],
        "output_changes": {"handoff": {"actions": ["create"], "before": None, "after": {}}},
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "expressions": {"default_tags": [tags]}}},
            "root_module": {
                "resources": [
                    {
                        "address": one["address"],
                        "type": one["type"],
                        "provider_config_key": "aws",
                        "expressions": {
                            name: {"constant_value": value}
                            for name, value in one["values"].items()
                            if isinstance(value, str)
                        },
                    }
                    for one in resources
                ]
            },
        },
    }


def _outputs() -> dict[str, Any]:
    return {
        "handoff": {
            "sensitive": False,
            "type": ["object", {}],
            "value": {
                "access_key_id_2026-11": "AKIAEXAMPLE",
                "region": "eu-central-1",
                "workgroup": "dot-reporting",
                "s3_staging_dir": "s3://acme/x/",
                "policy": '{\n  "Version": "2012-10-17"\n}',
            },
        },
        "encrypted_secret_2026-11": {"sensitive": True, "type": "string", "value": "wcBM"},
    }


def _flood(some: random.Random) -> bytes:
    size = some.choice((300_000, 3_000_000, 10_000_000))
    unit = some.choice(
        [b"{", b"[", b'"', b"a", b"[],", b"{},", b'"a":', b"1,", b"a=1\n", b"a {}\n", b"\n", b"\0",
         b'{"a":', b"*", b"\\", b"<<A\n", b"${", b"/*", b"(", b'"\\u0041",', b"\xff", b"- "]
    )  # fmt: skip
    head = some.choice((b"", b"{", b"[", b"a = [", b'{"resource": {"aws_iam_policy": ['))
    return (head + unit * (size // len(unit)))[:size]


def _written(document: object, some: random.Random) -> bytes:
    text = json.dumps(document, ensure_ascii=some.random() < 0.8)
    if some.random() < 0.1 and '": ' in text:
        # A key that stands twice.
        pairs = re.findall(r'"[^"\\]*": (?:"[^"\\]*"|\d+)', text)
        if pairs:
            pair = some.choice(pairs)
            text = text.replace(pair, f"{pair}, {pair}", 1)
    return text.encode("utf-8", "surrogatepass")


def _changed(document: Any, some: random.Random) -> Any:
    """Return ``document`` with one of its values, keys or the JSON in one of its texts changed."""
    places = list(_places(document))
    if not places or some.random() < 0.01:
        return some.choice(_VALUES)(some)
    parent, key = some.choice(places)
    value = parent[key]
    match some.randrange(8):
        case 0 | 1 | 2:
            parent[key] = some.choice(_VALUES)(some)
        case 3:
            del parent[key]
        case 4 if isinstance(parent, dict):
            parent[some.choice(_WORDS)] = parent.pop(key)
        case 5:
            other, name = some.choice(places)
            with contextlib.suppress(LookupError, TypeError):
                parent[key] = json.loads(json.dumps(other[name]))
        case 6:
            parent[key] = some.choice(([value], {some.choice(_WORDS): value}, [value] * 50))
        case _ if isinstance(value, str) and value:
            parent[key] = _text_changed(value, some)
        case _:
            parent[key] = some.choice(_WORDS)
    return document


def _text_changed(value: str, some: random.Random) -> str:
    if value.startswith("{"):
        with contextlib.suppress(ValueError):
            return json.dumps(_changed(json.loads(value), some))
    at = some.randrange(len(value) + 1)
    return value[:at] + some.choice(_WORDS) + value[at + some.choice((0, 1, 5)) :]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


_TOKEN = re.compile(rb'"[^"\n]*"|[\w.-]+|\s+|.', re.DOTALL)


def _mutated(content: bytes, some: random.Random) -> bytes:
    at = some.randrange(len(content) + 1)
    end = min(len(content), at + some.choice((1, 1, 2, 10, 100)))
    word = some.choice(_WORDS).encode("utf-8", "surrogatepass")
    match some.randrange(9):
        case 0:
            return content[:at] + bytes([some.randrange(256)]) + content[at + 1 :]
        case 1:
            return content[:at] + word + content[end if some.random() < 0.5 else at :]
        case 2:
            return content[:at] + content[end:]
        case 3:
            return content[:end] + content[at:end] * some.choice((1, 3, 200)) + content[end:]
        case 4:
            return content[:at]
        case 5:
            return some.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\xed\xa0\x80")) + content
        case _:
            tokens = _TOKEN.findall(content)
            if not tokens:
                return word
            one, two = some.randrange(len(tokens)), some.randrange(len(tokens))
            match some.randrange(4):
                case 0:
                    tokens[one], tokens[two] = tokens[two], tokens[one]
                case 1:
                    tokens[one] = word if some.random() < 0.5 else b'"' + word + b'"'
                case 2:
                    tokens.insert(one, tokens[two])
                case _:
                    del tokens[one]
            return b"".join(tokens)


# ---------------------------------------------------------------- what becomes of it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did with a case: its exit code, and what it should not have done, if
    anything; where it was measured, the processor time in seconds and the memory in MiB."""

    code: int
    wrong: str = ""
    seconds: float = 0.0
    mebibytes: int = 0


def prepare(originals: Originals, folder: Path) -> None:
    """Write the files as they should be into ``folder``, which is emptied."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "keys").mkdir(parents=True)
    (folder / "changes").mkdir()
    (folder / "keys" / "example.asc").write_bytes(originals.key)
    for name, stack in originals.stacks.items():
        (folder / "cdktf.out" / "stacks" / name).mkdir(parents=True)
        (folder / "cdktf.out" / "stacks" / name / "cdk.tf.json").write_text(json.dumps(stack))
        (folder / f"plan-{name}.json").write_text(json.dumps(_plan(stack)))
    stacks = {name: {"workingDirectory": f"stacks/{name}"} for name in originals.stacks}
    (folder / "cdktf.out" / "manifest.json").write_text(json.dumps({"stacks": stacks}))


def outcome(one: Case, originals: Originals, folder: Path) -> Outcome:
    """Give ``one`` to its command in ``folder``, which was prepared, in this process."""
    written = folder / "gate.hcl"
    written.write_text(originals.configurations[one.stack])
    # Older than the stack, as after a synth.
    os.utime(written, (0, 0))
    place = folder / one.place
    before = place.read_bytes() if place.is_file() else None
    _put(one, place)
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    code, wrong = 0, ""
    with contextlib.chdir(folder), _streams(stdout, stderr):
        try:
            _run(one)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException:
            wrong = traceback.format_exc()[-1500:]
    printed = [_text(stream) for stream in (stdout, stderr)]
    if not wrong and code not in (0, 1, 2):
        wrong = f"exit code {code}"
    if not wrong and (raw := _raw("".join(printed))):
        wrong = f"prints {raw!r}"
    if not wrong and code and not "".join(printed).strip():
        wrong = "says nothing of what is wrong"
    if not wrong and sum(map(len, printed)) > 1_000_000 and len(one.content) < 1_000_000:
        wrong = f"prints {sum(map(len, printed)):,} characters"
    _restore(place, before)
    return Outcome(code, wrong)


def _put(one: Case, place: Path) -> None:
    _remove(place)
    match one.content:
        case b"no file: pipe":
            os.mkfifo(place)
        case b"no file: folder":
            place.mkdir()
        case b"no file: loop":
            place.symlink_to(place.name)
        case b"no file: zero":
            place.symlink_to("/dev/zero")
        case b"no file: none":
            pass
        case content:
            place.write_bytes(content)


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _restore(place: Path, before: bytes | None) -> None:
    _remove(place)
    if before is not None:
        place.write_bytes(before)
    folder = place.parent
    while not (folder / "keys").is_dir():
        folder = folder.parent
    shutil.rmtree(folder / "ejected", ignore_errors=True)


@contextlib.contextmanager
def _streams(stdout: io.TextIOWrapper, stderr: io.TextIOWrapper) -> Iterator[None]:
    before = sys.stdout, sys.stderr, sys.argv
    sys.stdout, sys.stderr = stdout, stderr
    try:
        yield
    finally:
        sys.stdout, sys.stderr, sys.argv = before


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    found = stream.buffer.getvalue()  # type: ignore[attr-defined]
    return str(found.decode("utf-8", "replace"))


def _raw(printed: str) -> str:
    """Return the first character of ``printed`` that would not be seen as it is."""
    return next((c for c in printed.replace("\n", "") if not c.isprintable()), "")


def _run(one: Case) -> None:
    from athena_gate.gate import cli

    match one.command:
        case "python", module, *arguments:
            program = importlib.import_module(module)
            sys.argv = [module, *arguments]
            sys.exit(run(program.main, program.__doc__))
        case "sheet", name, form:
            _sheet(name, form)
        case "main", "lock":
            sys.exit(run(lambda _: _lock(Path(one.place)), None))
        case arguments:
            sys.argv = ["gate", *arguments]
            cli.main()


def _lock(file: Path) -> int:
    place_lock(file, [Path("cdktf.out")])
    return 0


def _sheet(name: str, form: str) -> None:
    """Do what `gate sheet` does with what Terraform has printed."""
    from athena_gate.gate import console
    from athena_gate.gate.sheet import sheet
    from athena_gate.gate.sheet.outputs import OUTPUTS_LIMIT, NotDeployed, parse_outputs
    from athena_gate.gate.sheet.text import as_markdown, as_text
    from athena_gate.modules.files import Unreadable, read_text
    from athena_gate.stacks.configuration import load

    configuration = load(Path("gate.hcl"))
    block = next(block for block in configuration.blocks if block.stack == name)
    try:
        text = read_text(Path("outputs.json"), 4 * OUTPUTS_LIMIT)
        outputs = parse_outputs(block.stack, text)
    except (Unreadable, NotDeployed) as error:
        print(f"gate: {error}", file=sys.stderr)
        sys.exit(1)
    content = sheet(block, outputs, Path("cdktf.out"))
    if form == "json":
        print(json.dumps(content, indent=2))
    else:
        console.say(as_text(content) if form == "text" else as_markdown(content))


# ---------------------------------------------------------------- all of them, apart


class _Late(BaseException):
    """A case that has taken twice the time."""


def measured(one: Case, originals: Originals, folder: Path) -> Outcome:
    """Give ``one`` to its command, and say what that took: processor time, and the most memory
    that this process has had by then."""

    def late(*_: object) -> NoReturn:
        raise _Late

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, 2 * SECONDS)
    began = time.process_time()
    found = outcome(one, originals, folder)
    seconds = time.process_time() - began
    signal.setitimer(signal.ITIMER_PROF, 0)
    # KiB on Linux.
    mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    wrong = found.wrong
    if seconds > SECONDS:
        wrong = f"takes {seconds:.1f} s; {wrong}"
    if mebibytes > MEBIBYTES:
        wrong = f"takes {mebibytes} MiB; {wrong}"
    return Outcome(found.code, wrong, seconds, mebibytes)


def synthesized() -> Originals:
    """Return modes.hcl, its key, and its stacks, which takes some seconds and starts Node."""
    key = (ROOT / "keys" / "example.asc").read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "keys").mkdir()
        (folder / "keys" / "example.asc").write_bytes(key)
        text = MODES.read_text().replace('"../keys/', '"keys/')
        blocks = dict(_blocks(text))
        accounts = "".join(one for title, one in blocks.items() if title.startswith("account "))
        (folder / "gate.hcl").write_text(text)
        environment = {**os.environ, "CDKTF_OUTDIR": "cdktf.out"}
        environment.pop("GATE_FILE", None)
        subprocess.run(
            [sys.executable, str(ROOT / "main.py")], cwd=folder, env=environment, check=True
        )
        stacks = {
            file.parent.name: json.loads(file.read_text())
            for file in sorted(folder.glob("cdktf.out/stacks/*/cdk.tf.json"))
        }
    configurations = {
        title.replace(" ", "-").replace("_", "-"): accounts + one + _connectors(one, blocks)
        for title, one in blocks.items()
    }
    return Originals(configurations, stacks, key)


def _connectors(block: str, blocks: dict[str, str]) -> str:
    """Return the blocks of the connectors that ``block`` names."""
    named = re.findall(r'\bconnector\s+= "(.+?)"', block)
    return "".join(blocks[f"dynamodb_connector {name}"] for name in dict.fromkeys(named))


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield kind and name, and the text, of each block of a gate.hcl."""
    for found in re.finditer(r'^(\w+) "([\w-]+)" \{\n.*?^\}\n', text, re.DOTALL | re.MULTILINE):
        yield f"{found[1]} {found[2]}", found[0]


# Once rather than in each process.
_IMPORTED = (
    "athena_gate.gate.check.orphans",
    "athena_gate.gate.check.text",
    "athena_gate.gate.eject",
    "gate.explain.json",
    "athena_gate.gate.explain.text",
    "athena_gate.gate.parity.text",
    "athena_gate.gate.pipeline.examine",
    "athena_gate.gate.pipeline.gitlab",
    "athena_gate.gate.pipeline.write",
    "athena_gate.gate.prove.json",
    "athena_gate.gate.prove.sarif",
    "athena_gate.gate.prove.text",
    "athena_gate.gate.sheet.text",
    *{f"{one.package}.claims" for one in INTEGRATIONS.values()},
    *{f"{one.package}.resources" for one in INTEGRATIONS.values()},
)


def _several(originals: Originals, numbers: Sequence[int]) -> list[tuple[int, Outcome]]:
    # For the machine, and for what does not come back from C.
    resource.setrlimit(resource.RLIMIT_AS, (3 * 1024**3, 3 * 1024**3))
    resource.setrlimit(resource.RLIMIT_CPU, (600, 600))
    for name in _IMPORTED:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "case"
        found = []
        prepare(originals, folder)
        for number in numbers:
            found.append((number, measured(case(originals, number), originals, folder)))
            if found[-1][1].wrong:
                prepare(originals, folder)
        return found


def main(arguments: Sequence[str]) -> int:
    """Print what became of the cases; return 1 when one was not as it should be."""
    count = int(arguments[0]) if arguments else 10_000
    originals = synthesized()
    numbers = [range(start, min(start + _BATCH, count)) for start in range(0, count, _BATCH)]
    began, done, wrong = time.monotonic(), [], []
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=fresh, max_tasks_per_child=1) as pool:
        for batch in pool.map(_several, [originals] * len(numbers), numbers):
            done += batch
            for number, found in batch:
                if found.wrong:
                    wrong.append(number)
                    one = case(originals, number)
                    print(f"{number} {one.kind} {' '.join(one.command)}: {found.wrong}", flush=True)
    codes = Counter((KINDS[number % len(KINDS)], found.code) for number, found in done)
    for kind in KINDS:
        counts = {code: number for (what, code), number in sorted(codes.items()) if what == kind}
        print(f"{kind}: {sum(counts.values())} cases, exit codes {counts}")
    slowest = max(done, key=lambda item: item[1].seconds)
    largest = max(done, key=lambda item: item[1].mebibytes)
    print(f"slowest: {slowest[1].seconds:.2f} s (case {slowest[0]})")
    print(f"largest: {largest[1].mebibytes} MiB (case {largest[0]})")
    print(f"{len(done)} cases in {time.monotonic() - began:.0f} s, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
