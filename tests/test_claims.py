"""The claims of the integrations on what is synthesized: which hold, which of the vendors' guides
break them, and that they notice every change of a policy."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from athena_gate.gate.explain import can
from athena_gate.gate.prove import prove_grants
from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam.attached import Identity
from athena_gate.modules.iam.claims import Call, Need
from athena_gate.modules.iam.proof import prove_need
from athena_gate.modules.iam.todo import same_name
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
        'immuta "catalogs"': [],
        'dot "connectors"': [],
        'dbt "catalogs"': [],
        'dbt "via-athena"': [],
        'dbt "run"': [],
        'dynamodb_connector "two"': [],
        'dynamodb_connector "one"': [],
        'dynamodb_connector "unattached"': [],
        'dynamodb_connector "nobody"': [],
        'dynamodb_connector "shared"': [],
        'dot "elsewhere"': [],
        'metronome "elsewhere"': [],
        'dbt "elsewhere"': [],
        'dynamodb_connector "elsewhere"': [],
        'looker "places"': [],
        'dbt "managed"': [],
    }


def test_what_rests_on_others_is_yes_if_wherever_it_is_asked(
    modes: list[tuple[ConfiguredBlock, Stack]],
) -> None:
    """gate prove and gate explain name the same things to do, need by need and call by call; of
    what a permissions boundary takes away explain knows nothing, and names them as well."""
    asked = 0
    for block, stack in [(b, s) for b, s in modes if proved(b)]:
        needs = block.integration.needs(block.settings)
        todos = block.integration.conditions(block.settings)
        for need, call, resource in resting(needs):
            one = holder(stack, need)
            alone = replace(need, calls=(replace(call, resources=(resource,)),), given=())
            mine = replace(stack, identities=(one,))
            said = can(mine, call.action, resource, call.context, todos)
            result = prove_need(stack, alone)
            assert result.answer == "holds if", alone
            pages = {t.says: f"{t.says}: {t.page}" for t in call.given}
            same = tuple(pages[says] for says in result.conditions)
            answer = "unknown" if one.boundary else "yes, if"
            assert [s.answer for s in said] == [answer], alone
            # Of a catalog explain is not told which of its databases is meant.
            of_which = [c for c in said[0].conditions if c in same or ":catalog" not in resource]
            assert tuple(of_which) == same, alone
            asked += 1
    assert asked > 500


def resting(needs: Iterable[Need]) -> Iterator[tuple[Need, Call, str]]:
    """Yield the calls of ``needs`` that somebody of the stack makes and that rest on others, each
    with one of its resources; not those whose resource has no name yet, as a key to be made."""
    for need in needs:
        for call in need.calls if need.holder else ():
            for resource in call.resources:
                if call.given and (resource == "*" or "*" not in resource):
                    yield need, call, resource


def holder(stack: Stack, need: Need) -> Identity:
    """Return who has ``need``; one from elsewhere is known without path."""
    (one,) = [i for i in stack.identities if need.holder and same_name(i.arn, need.holder)]
    return one


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


def test_a_change_that_gives_or_takes_a_right_breaks_a_claim() -> None:
    """One in three; the bench judges them all."""
    scores = score(every=3)
    survivors = {
        name: own.survived for name, own in scores.items() if any(own.survived[k] for k in KINDS)
    }
    assert survivors == {}
