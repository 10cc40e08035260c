"""What a report costs."""

import time
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.diff.sides import asked_for
from athena_gate.gate.report import report
from athena_gate.gate.report.made import Made
from athena_gate.stacks.configuration import load
from tests.conftest import ACCOUNT, DOT, make_project

_BLOCK = DOT.removeprefix(ACCOUNT)


@pytest.mark.slow
def test_a_report_costs_no_more_for_each_stack_however_many_there_are(
    tmp_path: Path, pgp_key: Any
) -> None:
    """Processor time: what is computed once for all stacks makes the first ones dearer."""

    def seconds(count: int) -> float:
        blocks = (_BLOCK.replace("reporting", f"reporting-{number}") for number in range(count))
        text = ACCOUNT + "".join(blocks)
        configuration = load(
            make_project(tmp_path / f"{count}-{time.perf_counter_ns()}", pgp_key, text).file
        )
        stacks = list(zip(asked_for(configuration), configuration.blocks, strict=True))
        begun = time.process_time()
        report(configuration, stacks, Made("", "", ""), ("x", [stack for stack, _ in stacks]))
        return time.process_time() - begun

    seconds(1)
    few, many = min(seconds(5), seconds(5)), seconds(25)
    assert many < 1.5 * 5 * few
