"""`gate vendors NAME`: what is known of a vendor, and a block to paste."""

import pytest

from athena_gate.gate.vendors.text import one
from athena_gate.modules.terminal import WIDTH
from athena_gate.stacks.integrations import INTEGRATIONS, Vendor
from athena_gate.stacks.reference import inner_rows, rows
from tests.conftest import Project
from tests.gate.test_cli import gate

VENDORS = [kind for kind, found in INTEGRATIONS.items() if isinstance(found, Vendor)]


def shown(kind: str) -> list[str]:
    block = INTEGRATIONS[kind].settings
    return one(kind, block, rows(block), inner_rows(block)).splitlines()


@pytest.mark.parametrize("kind", VENDORS)
def test_a_vendor_is_shown_without_placeholders_in_the_width_of_a_terminal(kind: str) -> None:
    lines = shown(kind)
    heads = [line for line in lines if line.startswith("to do ")]
    assert not [line for line in heads if "{" in line]
    # An address of a page cannot be folded.
    assert not [line for line in lines if len(line) > WIDTH and "https://" not in line]


def test_fields_of_nested_blocks_are_shown_and_what_the_block_may_do() -> None:
    lines = shown("datadog")
    start = lines.index("what the block below may do")
    assert lines[start + 1 : lines.index("a block to paste") - 1] == [
        "  - The vendor asks Glue itself what its page lists, of these databases only.",
        "  - Find the tables' metadata files.",
        "  - Read the metadata of Iceberg tables; their data stays closed.",
    ]
    source = next(number for number, line in enumerate(lines) if line.startswith("  source { }"))
    assert any(line.startswith("      prefixes: ") for line in lines[source + 1 : source + 12])


def test_grants_that_the_vendor_does_not_offer_are_not_explained() -> None:
    assert '  grants ("least_privilege"): One of: least_privilege.' in shown("hex")


def test_an_integration_of_its_own_is_no_vendor(project: Project) -> None:
    done = gate(project.folder, "vendors", "dbt")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: dbt is no vendor but an integration of its own; gate init asks what it needs\n",
    )
