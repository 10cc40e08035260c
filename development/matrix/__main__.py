"""The command line of the matrix: ``python -m development.matrix``."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console

from athena_gate.gate.sandbox import SandboxError
from athena_gate.gate.terraform import (
    NoProvider,
    NoTerraform,
    require_terraform,
    terraform_environment,
)
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import load
from bench.process import Failed
from development.matrix.comparison import differences, resources
from development.matrix.deployment import deploy
from development.matrix.environments import PAIRS, ROOT, installed, python
from development.matrix.report import Row, as_json, show
from development.matrix.synthesis import output, sources, synthesize

FOLDER = ROOT / ".gate" / "matrix"
DEPLOYED = ROOT / "gate.hcl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when all pairs make the same and it deploys, 1 when not, 2 for wrong usage or
    without Terraform or a provider."""
    parser = argparse.ArgumentParser(
        prog="python -m development.matrix",
        description="Synthesize with each pair of engine and provider package, compare, deploy.",
    )
    parser.add_argument("--json", action="store_true", help="print rows and differences as JSON")
    options = parser.parse_args(arguments)
    try:
        require_terraform(os.environ)
        variables = terraform_environment(ROOT / ".gate", os.environ)
        rows = matrix(variables, Console(stderr=True, highlight=False))
    except (NoTerraform, NoProvider, ConfigurationError) as error:
        print(f"matrix: {error}", file=sys.stderr)
        return 2
    except (Failed, SandboxError) as error:
        print(f"matrix: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("matrix: interrupted", file=sys.stderr)
        return 130
    if options.json:
        print(as_json(rows))
    else:
        show(rows)
    return 1 if any(row.differences for row in rows) else 0


def matrix(variables: Mapping[str, str], progress: Console) -> list[Row]:
    """Return a row for every source and pair; ``variables`` are Terraform's.

    Raises ``Failed`` when something cannot be installed, synthesized or deployed, or stock loading
    gives other bytes.
    """
    configuration = load(DEPLOYED)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER.parent / ".gitignore").write_text("*\n")
    pythons = {pair: python(pair, FOLDER / pair, progress) for pair in PAIRS}
    files = sources(FOLDER)
    packages, stock, made = {}, {}, {}
    for pair, program in pythons.items():
        progress.print(f"synthesizing with {pair}")
        folder = FOLDER / pair
        folder.mkdir(exist_ok=True)
        packages[pair] = installed(program, FOLDER)
        # First, so that no fast run is the one that unpacks packages; and jsii indexes a package
        # in the background, which only a run of some seconds lives to see the end of.
        stock[pair] = synthesize(program, folder, [DEPLOYED], fast=False)
        for source, some in files.items():
            made[source, pair] = synthesize(program, folder, some, fast=True)
        if stock[pair].texts != made[DEPLOYED.name, pair].texts:
            raise Failed(f"{pair}: with stock loading, gate.hcl gives other JSON")
    deployed = {}
    for pair in PAIRS:
        progress.print(f"deploying what {pair} made into an embedded AWS (over a minute)")
        stacks = output(FOLDER / pair, DEPLOYED) / "stacks"
        deployed[pair] = deploy(configuration, stacks, variables)
    first = PAIRS[0]
    return [
        Row(
            source=source,
            pair=pair,
            installed=packages[pair],
            stacks=len(made[source, pair].texts),
            resources=resources(made[source, pair].stacks),
            differences=(
                None
                if pair == first
                else differences(made[source, first].stacks, made[source, pair].stacks)
            ),
            seconds=made[source, pair].seconds,
            stock_seconds=stock[pair].seconds if source == DEPLOYED.name else None,
            deployed=deployed[pair] if source == DEPLOYED.name else None,
        )
        for source in files
        for pair in PAIRS
    ]


if __name__ == "__main__":
    sys.exit(main())
