"""The command line of the torture: ``python -m development.torture``."""

import argparse
import itertools
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pysequoia

from athena_gate.gate.terraform import (
    NoProvider,
    NoTerraform,
    require_terraform,
    terraform_environment,
)
from development.torture.failing import Failure, denied, noisy
from development.torture.killing import ROOT, Kill, torture
from development.torture.scenes import Scene, scenes


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when all is mended, 1 when not, 2 without Terraform or a provider."""
    parser = argparse.ArgumentParser(
        prog="python -m development.torture",
        description="Kill runs of Terraform in an embedded AWS, and mend them.",
    )
    parser.add_argument("--kills", type=int, default=60, help="how many (default: 60)")
    parser.add_argument("--minutes", type=float, default=90, help="begin nothing after (90)")
    parser.add_argument("--seed", type=int, default=1, help="of where and who (default: 1)")
    parser.add_argument("--side-by-side", type=int, default=5, help="stacks at once (5)")
    parser.add_argument("--failures-only", action="store_true", help="kill nothing")
    parser.add_argument("--kills-only", action="store_true", help="fail and deny no calls")
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    options = parser.parse_args(arguments)
    if not any(options.only in str(one) for one in scenes()):
        parser.error(f"--only {options.only!r} is in none of: {'; '.join(map(str, scenes()))}")
    try:
        require_terraform(os.environ)
        variables = terraform_environment(ROOT / ".gate", os.environ)
    except (NoTerraform, NoProvider) as error:
        print(f"torture: {error}", file=sys.stderr)
        return 2
    if not options.failures_only and shutil.which("cdktf") is None:
        print("torture: cdktf is not on the PATH; run: make torture", file=sys.stderr)
        return 2
    began = time.monotonic()
    try:
        failures = [] if options.kills_only else _failures(options, variables, began)
        kills = [] if options.failures_only else _kills(options, variables, began)
    except KeyboardInterrupt:
        print("torture: interrupted", file=sys.stderr)
        return 130
    effective = [kill for kill in kills if kill.call]
    mended = sum(not kill.wrong for kill in effective)
    calls = sorted({kill.call for kill in effective})
    took = time.monotonic() - began
    if kills:
        print(f"\n{mended} of {len(effective)} kills mended, {took / 60:.0f} minutes")
        print(f"killed at: {', '.join(calls)}")
    if failures:
        went_on = sum(not one.wrong for one in failures)
        print(f"{went_on} of {len(failures)} runs with calls that failed or were denied went on")
    wrong = [one.wrong for one in kills] + [one.wrong for one in failures]
    return 1 if any(wrong) or not wrong else 0


def _failures(
    options: argparse.Namespace, variables: dict[str, str], began: float
) -> list[Failure]:
    """Return what came of failing calls, and of denying each call that any of the stacks makes: in
    that one of them that first comes to it."""
    key = _key()
    chosen = {one for one in scenes() if options.only in str(one) and not one.cdktf}
    taken: set[str] = set()
    missed: set[str] = set()
    choosing = threading.Lock()

    longest: float = options.minutes * 60 / 2

    def late() -> bool:
        return time.monotonic() - began > longest

    def mine(call: str) -> bool:
        with choosing:
            if call in taken:
                return False
            (missed if late() else taken).add(call)
            return call in taken

    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        place = Path(folder)

        def fail(scene: Scene) -> list[Failure]:
            if late():
                print(f"    {scene}: not begun, half of the time is over", flush=True)
                return []
            some: list[Failure] = []
            runs = (
                noisy(scene, place / f"{scene.stack}-noisy", key, variables, 0.1, options.seed),
                denied(scene, place / f"{scene.stack}-denied", key, variables, mine),
            )
            for one in itertools.chain(*runs):
                print(f"    {one}", flush=True)
                some.append(one)
            return some

        # What is made without waiting is denied first: that of a bucket takes a minute a time.
        order = sorted(chosen, key=lambda one: ("bucket" in one.text, one.s3, str(one)))
        with ThreadPoolExecutor(options.side_by_side) as pool:
            found = [one for some in pool.map(fail, order) for one in some]
    print(f"{len(taken)} calls denied", flush=True)
    if late_ones := sorted(missed - taken):
        print(f"not denied, half of the time is over: {', '.join(late_ones)}", flush=True)
    return found


def _key() -> str:
    profile = pysequoia.Profile.RFC4880
    tsk = pysequoia.Tsk.generate(user_id="torture", profile=profile)
    return str(tsk.extract_certificate())


def _kills(options: argparse.Namespace, variables: dict[str, str], began: float) -> list[Kill]:
    key = _key()
    chosen = [one for one in scenes() if options.only in str(one)]
    kills: list[Kill] = []

    def say(kill: Kill) -> None:
        kills.append(kill)
        print(f"{len(kills):3} {kill} ({kill.seconds:.0f} s)", flush=True)

    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        rounds = itertools.count(options.seed)

        def one_round(seed: int) -> None:
            def scene(number: int) -> None:
                late = time.monotonic() - began > options.minutes * 60
                if late or sum(bool(kill.call) for kill in kills) >= options.kills:
                    return
                place = Path(folder) / f"{seed}-{number}"
                torture(chosen[number], place, key, variables, seed, say)

            with ThreadPoolExecutor(options.side_by_side) as pool:
                list(pool.map(scene, range(len(chosen))))

        while (
            sum(bool(kill.call) for kill in kills) < options.kills
            and time.monotonic() - began < options.minutes * 60
        ):
            one_round(next(rounds))
    return kills


if __name__ == "__main__":
    sys.exit(main())
