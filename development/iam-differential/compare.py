"""Compares the policy evaluator with an independent IAM simulator on seeded random cases.

The simulator is a process of its own and gets the same requests and policies. Exit codes: 0 they
agree or the difference is explained, 1 a difference that nothing explains, 2 no simulator.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from cases import Case, Generator
from explanations import explained

HERE = Path(__file__).parent


def simulated(cases: list[Case], folder: Path) -> list[dict[str, Any]]:
    """Return the answers of the simulator that is installed in ``folder``."""
    node = shutil.which("node")
    if node is None or not (folder / "node_modules").is_dir():
        print(
            f"no simulator: install it with `npm ci` in {folder.name}, node on PATH",
            file=sys.stderr,
        )
        sys.exit(2)
    lines = "".join(json.dumps(case.simulation()) + "\n" for case in cases)
    done = subprocess.run(
        [node, "simulate.mjs"],
        cwd=folder,
        input=lines,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> int:
    """Run the comparison and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--simulator", type=Path, default=HERE, help="the folder of `npm ci`")
    options = parser.parse_args()
    generator = Generator(options.seed)
    cases = [generator.case() for _ in range(options.cases)]
    agreed: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    unexplained = []
    for number, (case, theirs) in enumerate(
        zip(cases, simulated(cases, options.simulator), strict=True)
    ):
        answer = case.decided()
        if theirs.get("ignored"):
            raise ValueError(f"the simulator does not know {theirs['ignored']}")
        if answer == theirs.get("answer"):
            agreed[answer] += 1
        elif names := explained(case.decided, theirs.get("answer", "")):
            reasons.update(["\n       + ".join(names)])
        else:
            unexplained.append((number, answer, theirs))
    print(f"{len(cases):,} cases of seed {options.seed}: {agreed.total():,} agree")
    for answer, times in agreed.most_common():
        print(f"{times:7,}  {answer}")
    print(f"{reasons.total():,} differ for a known reason")
    for name, times in reasons.most_common():
        print(f"{times:7,}  {name}")
    print(f"{len(unexplained):,} differ for no known reason")
    for number, answer, theirs in unexplained:
        print(f"case {number}: {answer}, the simulator: {json.dumps(theirs)}")
        print(json.dumps(cases[number].simulation(), indent=1))
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
