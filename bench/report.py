"""The table, the targets, and both as JSON."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.process import Run


def median_seconds(runs: Sequence[Run]) -> float:
    """Return the median wall-clock time."""
    return statistics.median(run.seconds for run in runs)


def median_megabytes(runs: Sequence[Run]) -> float | None:
    """Return the median peak, ``None`` when it was not measured."""
    peaks = [run.megabytes for run in runs if run.megabytes is not None]
    return statistics.median(peaks) if peaks else None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table.

    ``ratio`` is to the row its section compares with; ``ms_each`` and ``mb_each`` are per
    resource beyond start-up.
    """

    section: str
    name: str
    runs: Sequence[Run]
    ratio: float | None = None
    ms_each: float | None = None
    mb_each: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What a number must reach: ``limit`` at least, or at most."""

    name: str
    measured: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a bench found, in the order it is shown; rows of a section stand together."""

    rows: Sequence[Row]
    targets: Sequence[Target]
    notes: Sequence[str]


def show(report: Report) -> None:
    """Print the table, the notes and the targets on standard output."""
    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("")
    for heading in ("median", "peak", "ratio", "ms each", "MB each"):
        table.add_column(heading, justify="right")
    section = ""
    for row in report.rows:
        if row.section != section:
            section = row.section
            table.add_row(Text(section, style="bold"))
        table.add_row(
            f"  {row.name}",
            _time(median_seconds(row.runs)),
            _number(median_megabytes(row.runs), ".0f", " MB"),
            _number(row.ratio, ".1f"),
            _number(row.ms_each, ".2f"),
            _number(row.mb_each, ".2f"),
        )
    console.print(table)
    console.print()
    for note in report.notes:
        console.print(note, markup=False)
    console.print()
    unicode = "utf" in (console.encoding or "").lower()
    for target in report.targets:
        mark = ("✓" if unicode else "ok") if target.met else ("✗" if unicode else "no")
        text = Text(mark, style="green" if target.met else "red")
        bound = "at least" if target.at_least else "at most"
        console.print(text, f"{target.name}: {target.measured:.2f} ({bound} {target.limit:g})")


def as_json(report: Report) -> str:
    """Return everything measured, each run included."""
    return json.dumps(
        {
            "rows": [
                {
                    "section": row.section,
                    "name": row.name,
                    "median_seconds": median_seconds(row.runs),
                    "median_peak_megabytes": median_megabytes(row.runs),
                    "ratio": row.ratio,
                    "milliseconds_per_resource": row.ms_each,
                    "megabytes_per_resource": row.mb_each,
                    "seconds": [run.seconds for run in row.runs],
                    "peak_megabytes": [run.megabytes for run in row.runs],
                }
                for row in report.rows
            ],
            "targets": [
                {
                    "name": target.name,
                    "measured": target.measured,
                    "at_least" if target.at_least else "at_most": target.limit,
                    "met": target.met,
                }
                for target in report.targets
            ],
            "notes": list(report.notes),
        },
        indent=2,
    )


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _number(value: float | None, form: str, unit: str = "") -> str:
    return "" if value is None else f"{value:{form}}{unit}"
