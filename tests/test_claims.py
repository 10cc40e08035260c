"""The claims of the integrations on what is synthesized: which hold, which of the vendors' guides
break them, and that they notice every change of a policy."""

import pytest

from athena_gate.gate.prove import prove_grants
from athena_gate.gate.stack.model import Stack
from athena_gate.stacks.configuration import ConfiguredBlock
from development.mutants import KINDS
from development.mutation import proved, score, synthesize

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def modes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[ConfiguredBlock, Stack]]:
    """Every integration in every mode, synthesized."""
    return synthesize(tmp_path_factory.mktemp("modes"))


def broken(modes: list[tuple[ConfiguredBlock, Stack]]) -> dict[str, list[str]]:
    """Return the claims that do not hold, by block."""
    return {
        block.title: [
            f"{result.kind} {result.name}"
            for result in prove_grants(stack, block).results
            if not result.holds
        ]
        for block, stack in modes
    }


def test_every_claim_holds_in_every_mode_of_ours(
    modes: list[tuple[ConfiguredBlock, Stack]],
) -> None:
    ours = [(block, stack) for block, stack in modes if proved(block)]
    assert broken(ours) == {
        'dot "least"': [],
        'metronome "role"': [],
        'webflow "keys"': [],
        'immuta "keys"': [],
        'immuta "role"': [],
        'immuta "attached"': [],
        'dbt "via-athena"': [],
        'dbt "run"': [],
        'dynamodb_connector "two"': [],
        'dynamodb_connector "one"': [],
        'dynamodb_connector "unattached"': [],
        'dynamodb_connector "nobody"': [],
        'dot "elsewhere"': [],
        'metronome "elsewhere"': [],
        'dbt "elsewhere"': [],
        'dynamodb_connector "elsewhere"': [],
        'looker "places"': [],
        'dbt "managed"': [],
    }


def test_every_guide_breaks_some(modes: list[tuple[ConfiguredBlock, Stack]]) -> None:
    theirs = [(block, stack) for block, stack in modes if not proved(block)]
    assert broken(theirs) == {
        'dot "documented"': [
            # No GetWorkGroup, no way to find a table, and above all none to write results.
            "need run-queries",
            "need stream-results",
            "need earlier-queries",
            "need browse-catalog",
            "need list-account",
            "need describe-tables",
            "need read-data",
            "need write-results",
            # Every table of the account, the whole bucket, directly and from everywhere.
            "never no-other-database",
            "never no-other-bucket",
            "never only-through-athena",
            "never vendor-addresses",
        ],
        # What AWS's managed policies say is AWS's: they fail whatever they might break, and only
        # the address is kept, by a Deny of ours.
        'dot "full"': [
            "need run-queries",
            "need read-results",
            "need stream-results",
            "need earlier-queries",
            "need browse-catalog",
            "need list-account",
            "need describe-tables",
            "need default-database",
            "never no-iam",
            "never no-other-service",
            "never queries-only",
            "never one-workgroup",
            "never no-other-database",
            "never catalog-reads-only",
            "never no-other-bucket",
            "never sources-read-only",
            "never results-only",
            "never only-through-athena",
        ],
        'metronome "documented"': [
            # No StopQueryExecution; catalog reads on a workgroup; no partitions, no multipart.
            "need run-queries",
            "need browse-catalog",
            "need write-tables",
            "need write-data",
            # StartSession, and every region.
            "never queries-only",
            "never one-workgroup",
            "never no-other-database",
            "check takes-effect",
        ],
        'immuta "documented"': [
            "need run-queries",
            "need browse-catalog",
            "need list-account",
            "need describe-tables",
            "need describe-directly",
            # Legacy actions, every workgroup and table, and a prefix without its slash.
            "never queries-only",
            "never one-workgroup",
            "never no-other-database",
            "never catalog-reads-only",
            "never no-other-bucket",
            "never sources-read-only",
        ],
        'dbt "documented"': [
            "need browse-catalog",
            "need build-tables",
            # The whole account takes the role, which reaches everything through Athena.
            "never nobody-else",
            "never one-workgroup",
            "never no-other-database",
            "never no-other-bucket",
            "never results-only",
        ],
        'dynamodb_connector "documented"': [
            # Any catalog can be made, and the whole account B has function and bucket.
            "never share-only",
            "never nobody-else",
            "never opened",
            "never opened-prefix",
        ],
        'dynamodb_connector "application"': [
            "never no-iam",
            "never no-other-service",
            "never tables-read-only",
            "never no-other-table",
            "never no-other-bucket",
            "never spill-write-only",
            "never own-log",
        ],
    }


def test_every_change_that_gives_or_takes_a_right_breaks_a_claim() -> None:
    survivors = {
        name: own.survived for name, own in score().items() if any(own.survived[k] for k in KINDS)
    }
    assert survivors == {}
