"""Two provers, one answer: ``python -m development.second_prover``.

Asks `gate prove` and z3 the same: every never-claim of every block of modes.hcl, as it is and with
every change of development/mutants.py; and random conditions. Exit codes: 0 they agree, or a page
of AWS's explains why not; 1 they differ for no known reason.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from itertools import islice

from development.second_prover import explanations
from development.second_prover.cases import cases
from development.second_prover.comparison import Outcome, compared


def main() -> int:
    """Run both comparisons and print what came of them."""
    parser = argparse.ArgumentParser(
        prog="python -m development.second_prover", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="one in N of the changes (default 1)"
    )
    parser.add_argument(
        "--cases", type=int, default=20_000, help="random conditions (default 20000)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the random conditions (default 1)")
    options = parser.parse_args()
    if options.every < 1 or options.cases < 0:
        parser.error("--every is 1 or more, --cases 0 or more")

    outcomes = compared(options.every, lambda done, of: _told(f"block {done} of {of}"))
    reasons: Counter[str] = Counter()
    print(f"{'claims of':40} {'asked':>9} {'agreed':>9} {'explained':>9} {'unexplained':>11}")
    for title, outcome in sorted(outcomes.items()):
        reasons += outcome.reasons
        print(_row(title, outcome))
    whole = Outcome()
    for outcome in outcomes.values():
        whole.add(outcome)
    print(_row("all", whole))
    print(
        f"{whole.held:,} proved and {whole.broken:,} not, by both; {whole.unchanged:,} more are "
        "about policies that a change left alone"
    )
    for difference in whole.unexplained:
        print(difference)
    wrong = len(whole.unexplained)

    agreed = 0
    for number, case in enumerate(islice(cases(options.seed), options.cases)):
        if number % 100 == 0:
            _told(f"case {number:,} of {options.cases:,}")
        gate, z3 = case.gate_holds(), case.z3_holds(explanations.pages_only())
        if gate == z3:
            agreed += 1
        elif departures := explanations.of_case(case, gate):
            reasons.update(departures)
        else:
            wrong += 1
            print(f"case {number} of seed {options.seed}: the gate {gate}, z3 {z3}: {case}")
    _told("")
    print(f"{options.cases:,} random conditions of seed {options.seed}: {agreed:,} agree")
    _explain(reasons, stale=options.every == 1 and options.cases >= 20_000)
    print(f"{wrong:,} differ for no known reason")
    return 1 if wrong else 0


def _row(title: str, outcome: Outcome) -> str:
    explained = len(outcome.differences) - len(outcome.unexplained)
    return (
        f"{title:40} {outcome.asked:9,} {outcome.agreed:9,} {explained:9,} "
        f"{len(outcome.unexplained):11,}"
    )


def _explain(reasons: Mapping[str, int], stale: bool) -> None:
    """Print the explanations with how often each was needed; after a whole run, which were not."""
    for one in explanations.EXPLANATIONS:
        times = reasons.get(one.departure, 0)
        if times:
            print(f"{times:7,} differ: {one.why}\n{'':8}{one.page}")
        elif stale:
            print(f"stale: nothing differs any more because {one.why}")


def _told(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
