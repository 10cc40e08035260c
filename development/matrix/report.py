"""The table, what differs, and both as JSON."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from development.matrix.comparison import Difference
from development.matrix.environments import Installed

# Differences shown; --json has all of them.
SHOWN = 20
_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Row:
    """What a pair made of one source.

    ``differences`` are those to the first pair, whose own are ``None``. ``stock_seconds`` is the
    synth with stock loading, and ``deployed`` the version of the AWS provider that applied and
    destroyed the stacks; both are ``None`` for a source that was not tried so.
    """

    source: str
    pair: str
    installed: Installed
    stacks: int
    resources: int
    differences: Sequence[Difference] | None
    seconds: float
    stock_seconds: float | None
    deployed: str | None


def show(rows: Sequence[Row]) -> None:
    """Print the table, the differences and how to read both on standard output."""
    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("engine", "binding", "schema"):
        table.add_column(heading)
    for heading in ("stacks", "resources", "compared", "synth", "deployed"):
        table.add_column(heading, justify="right")
    source = ""
    for row in rows:
        if row.source != source:
            source = row.source
            table.add_row(Text(source, style="bold"))
        table.add_row(
            f"{row.installed.engine} {row.installed.engine_version}",
            row.installed.binding_version,
            row.installed.schema,
            str(row.stacks),
            str(row.resources),
            _compared(row),
            f"{row.seconds:.2f} s",
            row.deployed or "",
        )
    console.print(table)
    for row in rows:
        found = row.differences or ()
        if found:
            console.print(f"\n{row.source}, {row.pair} beside {rows[0].pair}:", style="bold")
        for difference in found[:SHOWN]:
            console.print(
                f"  {difference.stack}: {difference.address}: {difference.argument}\n"
                f"    {_short(difference.first)}\n    {_short(difference.other)}",
                markup=False,
                soft_wrap=True,
            )
        if len(found) > SHOWN:
            console.print(f"  and {len(found) - SHOWN} more, which --json lists")
    console.print()
    for note in notes(rows):
        console.print(note, markup=False)


def notes(rows: Sequence[Row]) -> list[str]:
    """Return how the table is to be read."""
    stock = ", ".join(f"{row.stock_seconds:.1f}" for row in rows if row.stock_seconds is not None)
    deployed = sorted({row.deployed for row in rows if row.deployed})
    only = sorted({row.installed.schema for row in rows} - set(deployed))
    return [
        "compared: every document of every stack with the first pair's, except for the engine's "
        "version in its metadata.",
        f"synth: seconds; stock loading of gate.hcl took {stock} s and gave the same bytes.",
        "deployed: applied, planned again without a change, and destroyed in an embedded AWS by "
        "this version of the AWS provider, the newest that Terraform could install here.",
        f"By synth only: the schemas {', '.join(only)}.",
    ]


def as_json(rows: Sequence[Row]) -> str:
    """Return the rows with every difference."""
    return json.dumps([dataclasses.asdict(row) for row in rows], indent=2)


def _compared(row: Row) -> str:
    if row.differences is None:
        return "first"
    return f"{len(row.differences)} differ" if row.differences else "same"


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."
