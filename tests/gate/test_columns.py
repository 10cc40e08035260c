"""Every text that a command prints of a block, in a terminal of 80 columns."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.check import check
from athena_gate.gate.check.text import as_text as checked
from athena_gate.gate.explain import explain_stack
from athena_gate.gate.explain.text import as_text as explained
from athena_gate.gate.parity import parity
from athena_gate.gate.parity.text import as_text as compared
from athena_gate.gate.prove import prove_stack
from athena_gate.gate.prove.text import as_text as proved
from athena_gate.gate.sheet import sheet
from athena_gate.gate.sheet.text import as_text as handed_over
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.stack.reader import FILE, read_content
from athena_gate.gate.todo import todo
from athena_gate.gate.todo.text import as_text as left_to_do
from athena_gate.gate.vendors.text import one as vendor_shown
from athena_gate.modules.terminal import WIDTH, folded
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load
from athena_gate.stacks.expected import expected_json
from athena_gate.stacks.integrations import Vendor
from athena_gate.stacks.reference import inner_rows, rows
from tests.conftest import ROOT

MODES = ROOT / "development" / "modes.hcl"
STACKS = Path("cdktf.out/stacks")
# As long as names may be that nothing shortens, with everything that hangs on them.
LONG = """
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}
dynamodb_connector "a-name-of-thirty-two-letters-xyz" {
  owner    = "analytics"
  consumer = "analytics"
  tables   = ["orders"]
  owner_results { bucket = "acme-results" }
  spill { bucket = "acme-spill" }
}
"""


@pytest.fixture(scope="module")
def configurations(tmp_path_factory: pytest.TempPathFactory) -> list[Configuration]:
    file = tmp_path_factory.mktemp("long") / "gate.hcl"
    file.write_text(LONG)
    return [load(MODES), load(file)]


def outputs(block: ConfiguredBlock, configuration: Configuration) -> dict[str, Any]:
    found: dict[str, Any] = expected_json(block, configuration.backend)["output"]
    return found


def stack_of(block: ConfiguredBlock, configuration: Configuration) -> Stack:
    content = json.loads(json.dumps(expected_json(block, configuration.backend)))
    return read_content(content, STACKS / block.stack / FILE)


def proof(block: ConfiguredBlock, configuration: Configuration) -> str:
    proofs = [prove_stack(stack_of(block, configuration), block, configuration.backend)]
    return proved(proofs, "ok", "no", "--")


def vendor(block: ConfiguredBlock, _: Configuration) -> str:
    if not isinstance(block.integration, Vendor):
        return ""
    shape = block.integration.settings
    return vendor_shown(block.kind, shape, rows(shape), inner_rows(shape))


TEXTS: dict[str, Callable[[ConfiguredBlock, Configuration], str]] = {
    "sheet": lambda block, all_: handed_over(sheet(block, outputs(block, all_), STACKS / "a")),
    "todo": lambda block, all_: left_to_do([todo(block, all_.accounts)]),
    "explain": lambda block, all_: explained(explain_stack(stack_of(block, all_))),
    "parity": lambda block, _: compared(parity(block)),
    "vendors": vendor,
}


def to_paste(block: ConfiguredBlock, configuration: Configuration) -> set[str]:
    """Return the lines that are there to be pasted as they are: commands and files."""
    files = outputs(block, configuration)["handoff"]["value"].values()
    commands = [one.run for one in block.integration.todo(block.settings)]
    pasted = [text for text in (*files, *commands) if "\n" in text]
    return {line for text in pasted for line in text.split("\n")}


def too_wide(
    text: Callable[[ConfiguredBlock, Configuration], str], configurations: list[Configuration]
) -> dict[str, list[str]]:
    """Return the lines, by block, that are too wide without need: a word that is longer than a
    line stays whole, so that it can be copied."""
    return {
        block.stack: lines
        for configuration in configurations
        for block in configuration.blocks
        if (
            lines := [
                line
                for line in text(block, configuration).splitlines()
                if len(line) > WIDTH
                and len(line.split()) > 1
                and line not in to_paste(block, configuration)
            ]
        )
    }


@pytest.mark.slow
@pytest.mark.parametrize("command", TEXTS)
def test_no_line_is_wider_than_a_terminal(
    configurations: list[Configuration], command: str
) -> None:
    assert too_wide(TEXTS[command], configurations) == {}


@pytest.mark.slow
def test_no_line_of_a_proof_is_wider_than_a_terminal(configurations: list[Configuration]) -> None:
    assert too_wide(proof, configurations) == {}


def test_no_finding_is_wider_than_a_terminal() -> None:
    lines = [
        line for text in checked(check(MODES), "ok").split("\n") for line in folded(text, rest=2)
    ]
    assert [line for line in lines if len(line) > WIDTH and len(line.split()) > 1] == []
