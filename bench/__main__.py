"""The command line of the bench: see README.md beside this file."""

import argparse
import os
import sys
from collections.abc import Sequence

from rich.console import Console

from athena_gate.gate.terraform import NoTerraform, require_terraform
from bench.measure import measure
from bench.process import Failed
from bench.report import as_json, show


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when every target is met, 1 when one is missed or something could not be measured,
    2 for wrong usage or without Terraform."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure speed and memory, beside stock cdktf and cdktn.",
    )
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    parser.add_argument(
        "--runs",
        type=_positive,
        default=5,
        metavar="N",
        help="rounds, 5 by default; the stock peers run in every second one",
    )
    options = parser.parse_args(arguments)
    try:
        terraform = require_terraform(os.environ)
        report = measure(options.runs, terraform, Console(stderr=True, highlight=False))
    except NoTerraform as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except Failed as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    if options.json:
        print(as_json(report))
    else:
        show(report)
    return 0 if all(target.met for target in report.targets) else 1


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("allowed: 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
