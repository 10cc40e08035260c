"""What a report costs."""

import sys
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
    """In calls of functions, which no other work of the machine changes; what is computed once for
    all stacks makes the first ones dearer."""

    def calls(count: int) -> int:
        blocks = (_BLOCK.replace("reporting", f"reporting-{number}") for number in range(count))
        text = ACCOUNT + "".join(blocks)
        configuration = load(make_project(tmp_path / str(count), pgp_key, text).file)
        stacks = list(zip(asked_for(configuration), configuration.blocks, strict=True))
        made = 0

        def count_calls(_frame: object, event: str, _argument: object) -> None:
            nonlocal made
            made += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(count_calls)
        try:
            report(configuration, stacks, Made("", "", ""), ("x", [stack for stack, _ in stacks]))
        finally:
            sys.setprofile(before)
        return made

    calls(1)
    few, many = calls(5), calls(25)
    assert many < 1.1 * 5 * few
