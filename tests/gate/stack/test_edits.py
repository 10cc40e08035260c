"""No edit of a stack that changes what Terraform would make of it is proved: random ones, of
everything in every mode."""

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from athena_gate.gate.prove import prove_stack
from athena_gate.gate.stack.consists import consists
from athena_gate.gate.stack.reader import read_content
from athena_gate.stacks.backends import Backend
from athena_gate.stacks.configuration import ConfiguredBlock
from athena_gate.stacks.expected import expected
from tests.conftest import tries
from tests.gate.stack.edits import Edit, changed, edits, harmless
from tests.gate.stack.written import examples, written

FILE = Path("cdktf.out/stacks/x/cdk.tf.json")
# Every integration in every mode, partition and kind of backend.
MODES = [
    ("aws", "local"),
    ("aws", "cloud-tags"),
    ("aws-cn", "s3-full"),
    ("aws-us-gov", "cloud-full"),
]


@dataclass(frozen=True, slots=True)
class Written:
    """A stack as the engine writes it, its block, and what the block asks for."""

    content: dict[str, Any]
    block: ConfiguredBlock
    backend: Backend
    expected: dict[str, Any]

    def refusals(self, content: dict[str, Any]) -> list[str]:
        """Return what is wrong with the parts of ``content``, be its grants as they may: what is
        not understood of it, or else what is not as the block asks for."""
        stack = read_content(content, FILE)
        if stack.problems:
            return [f"{problem.address} {problem.text}" for problem in stack.problems]
        results = consists(stack, self.expected)
        return [failure.reason for result in results for failure in result.failures]

    def named(self, reasons: Iterable[str], content: dict[str, Any]) -> bool:
        """Return whether one of ``reasons`` says where ``content`` differs from this stack."""
        places = changed(self.content, content)
        return any(place in reason for reason in reasons for place in places)


def stacks(modes: Iterable[tuple[str, str]]) -> Iterator[Written]:
    for mode in modes:
        configuration = examples(*mode)
        for block in configuration.blocks:
            wanted = expected(block, configuration.backend)
            content = written(block, configuration.backend)
            yield Written(content, block, configuration.backend, wanted)


def attacks(
    modes: Iterable[tuple[str, str]], number: int, seed: int
) -> Iterator[tuple[Written, Edit]]:
    """Yield ``number`` edits of each stack of ``modes``."""
    random = Random(seed)
    for one in stacks(modes):
        for edit in islice(edits(one.content, random), number):
            yield one, edit


def survivors(found: Iterable[tuple[Written, Edit]]) -> list[str]:
    """Return the edits that are proved though they change something, and those whose failure does
    not say where they are."""
    return [
        f"{one.block.title} {'.'.join(map(str, edit.place))}: {edit.what}"
        for one, edit in found
        if not one.named(one.refusals(edit.content), edit.content)
        and not harmless(one.content, edit.content)
    ]


def test_every_mode_is_what_its_block_asks_for() -> None:
    assert {one.block.title: one.refusals(one.content) for one in stacks(MODES[:1])} == {
        block.title: [] for block in examples(*MODES[0]).blocks
    }


def test_no_edit_is_proved_and_each_is_named() -> None:
    assert survivors(attacks(MODES[:1], tries(15), seed=1)) == []


@pytest.mark.slow
def test_none_of_many_edits_is_proved_and_each_is_named() -> None:
    # 103 stacks: 6,180 edits, of which some hundred are harmless.
    assert survivors(attacks(MODES, 60, seed=2)) == []


def policy(content: dict[str, Any]) -> dict[str, Any]:
    """Return the policy of the one user of a stack, to be written back with ``put``."""
    (made,) = content["resource"]["aws_iam_policy"].values()
    found: dict[str, Any] = json.loads(made["policy"])
    return found


def put(content: dict[str, Any], document: dict[str, Any]) -> None:
    (made,) = content["resource"]["aws_iam_policy"].values()
    made["policy"] = json.dumps(document, indent=1)


def in_policy(edit: Callable[[list[dict[str, Any]]], Any]) -> Callable[[dict[str, Any]], None]:
    """Return an edit of a stack that edits the statements of its policy."""

    def whole(content: dict[str, Any]) -> None:
        document = policy(content)
        edit(document["Statement"])
        put(content, document)

    return whole


def divide(statements: list[dict[str, Any]]) -> None:
    one = statements[0]
    statements.append({**one, "Action": one["Action"][1:], "Sid": "More"})
    one["Action"] = one["Action"][:1]


def bare(statements: list[dict[str, Any]]) -> None:
    one = next(one for one in statements if len(one["Resource"]) == 1)
    (one["Resource"],) = one["Resource"]


def truth(statements: list[dict[str, Any]]) -> None:
    one = next(one for one in statements if "Bool" in one.get("Condition", {}))
    one["Condition"]["Bool"] = {"aws:ViaAWSService": False}


def state(path: str) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["terraform"]["backend"]["local"].update(path=path)


# The whole list of what may differ.
HARMLESS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "comments": lambda c: c["//"].update(note="x"),
    "comments in a resource": lambda c: next(iter(c["resource"]["aws_iam_user"].values())).update(
        {"//": ["x"]}
    ),
    "order of keys": lambda c: c.update({"terraform": c.pop("terraform")}),
    "a section with nothing in it": lambda c: c.update(variable={}),
    "a type with nothing in it": lambda c: c["resource"].update(aws_kms_key={}),
    "a local state that is not far up": state("terraform.dot-d0.tfstate"),
    "Id of a policy": lambda c: put(c, {**policy(c), "Id": "x"}),
    "Sid": in_policy(lambda s: s[0].update(Sid="Another")),
    "no Sid": in_policy(lambda s: s[0].pop("Sid")),
    "order of statements": in_policy(lambda s: s.reverse()),
    "order within a list": in_policy(lambda s: s[0]["Action"].reverse()),
    "a name that stands twice": in_policy(lambda s: s[0]["Action"].append(s[0]["Action"][0])),
    "a name without a list": in_policy(bare),
    "a truth value and the word for it": in_policy(truth),
    "a statement that stands twice": in_policy(lambda s: s.append({**s[0], "Sid": "More"})),
    "a statement divided": in_policy(divide),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_changes_nothing_is_no_difference(what: str) -> None:
    one = next(stacks(MODES[:1]))
    content = deepcopy(one.content)
    HARMLESS[what](content)
    assert json.dumps(content) != json.dumps(one.content)
    assert harmless(one.content, content)
    assert one.refusals(content) == []


@pytest.mark.slow
def test_what_is_wrong_with_a_part_is_wrong_with_the_proof() -> None:
    """The tests above leave out the proof of the grants, which takes most of the time."""
    for one, edit in attacks(MODES[:1], 1, seed=3):
        if not harmless(one.content, edit.content):
            proof = prove_stack(read_content(edit.content, FILE), one.block, one.backend)
            failures = [failure.reason for result in proof.results for failure in result.failures]
            assert not proof.holds
            assert one.named(failures, edit.content)


@pytest.mark.slow
def test_edits_are_of_every_kind_and_everywhere() -> None:
    """An attack that tries one thing proves nothing."""
    found = list(attacks(MODES, 60, seed=2))
    assert len(found) > 6_000
    assert len({(one.block.title, edit.place) for one, edit in found}) > 2_500
    assert {edit.place[0] for _, edit in found} == {
        "terraform",
        "provider",
        "variable",
        "resource",
        "output",
    }
    said = {edit.what.partition("'")[0].partition(" [")[0].partition(' "')[0] for _, edit in found}
    assert said >= {"add ", "deleted", "now", "renamed to ", "in the policy, : a statement more"}
