"""`python -m development.rights`: the truth of `gate deployer`.

record            write gate/deployer/calls.json anew (also: make rights)
enforce [STACK]   deploy each mode with exactly what `gate deployer` prints for it: nothing is
                  denied, and nothing is granted that no call asks for
less COUNT        the same with one action less, COUNT drawn at random: each must fail; what AWS
                  does behind a call is not drawn
"""

import os
import random
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from athena_gate.gate.deployer import makes
from athena_gate.gate.deployer.record import PASSES, behind
from athena_gate.gate.terraform import terraform_environment
from athena_gate.modules.iam.policy import Policy
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load
from development.rights.enforcing import enforced, policy_pairs, rights, unasked
from development.rights.recording import ROOT, SIDE_BY_SIDE, Failed, record

MODES = ROOT / "development" / "modes.hcl"
_SEED = 7


def main(arguments: Sequence[str]) -> int:
    """Return 0, 1 when something did not come out as it must, 2 for wrong usage."""
    configuration = load(MODES)
    variables = terraform_environment(ROOT / ".gate", os.environ)
    with tempfile.TemporaryDirectory(prefix="athena-gate-") as folder:
        place = Path(folder)
        match arguments:
            case ["record", *names]:
                try:
                    record(configuration, variables, place, names)
                except Failed as error:
                    print(error, file=sys.stderr)
                    return 1
                return 0
            case ["enforce", *names]:
                return _enforce(configuration, variables, place, names)
            case ["less", count] if count.isdigit():
                return _less(configuration, variables, place, int(count))
    print(__doc__, file=sys.stderr)
    return 2


def _enforce(
    configuration: Configuration, variables: dict[str, str], place: Path, names: Sequence[str]
) -> int:
    blocks = [b for b in configuration.blocks if not names or b.stack in names]

    def one(block: ConfiguredBlock) -> str:
        try:
            relay = enforced(
                configuration,
                block,
                place / block.stack,
                variables,
                rights(configuration, block, "apply"),
            )
        except Failed as error:
            return f"no {block.stack}: {error}"
        if relay.denied:
            return f"no {block.stack}: denied {sorted({one.action for one in relay.denied})}"
        if rest := unasked(relay, _behind(block)):
            return f"no {block.stack}: granted and never asked for: {', '.join(rest)}"
        return f"ok {block.stack}: {len(relay.questions)} questions, all allowed, none to spare"

    failed = 0
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for said in pool.map(one, blocks):
            print(said, flush=True)
            failed += said.startswith("no ")
    return 1 if failed else 0


def _behind(block: ConfiguredBlock) -> set[tuple[str, str]]:
    """Return the actions and resources for ``block`` that AWS takes behind calls, and no call of
    the provider."""
    found = set()
    for _, one in makes(block):
        actions = behind(one.type, one.arguments)
        if not PASSES.keys().isdisjoint(actions):
            actions.add("iam:PassRole")
        found |= {(action, where) for action in actions for where in (*one.arns, "*")}
    return found


def _called(configuration: Configuration, block: ConfiguredBlock) -> list[str]:
    """Return the actions granted for ``block`` that a deploy of it does not do without."""
    every = rights(configuration, block, "apply").values()
    granted = {pair for policies in every for policy in policies for pair in policy_pairs(policy)}
    found = {action for action, _ in granted - _behind(block)}
    # Only a role that has an inline policy has it read.
    if not any(one.type == "aws_iam_role_policy" for _, one in makes(block)):
        found.discard("iam:GetRolePolicy")
    return sorted(found)


def _less(configuration: Configuration, variables: dict[str, str], place: Path, count: int) -> int:
    every = [
        (block, action)
        for block in configuration.blocks
        for action in _called(configuration, block)
    ]
    drawn = random.Random(_SEED).sample(every, count)

    def one(numbered: tuple[int, tuple[ConfiguredBlock, str]]) -> str:
        number, (block, action) = numbered
        policies = {
            account: without(some, action)
            for account, some in rights(configuration, block, "apply").items()
        }
        try:
            relay = enforced(
                configuration, block, place / str(number) / block.stack, variables, policies
            )
        except Failed:
            return f"ok {block.stack} without {action}: fails"
        asked = "was denied" if relay.denied else "was never asked for"
        return f"no {block.stack} without {action}: deploys ({asked})"

    failed = 0
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for said in pool.map(one, enumerate(drawn)):
            print(said, flush=True)
            failed += said.startswith("no ")
    return 1 if failed else 0


def without(policies: Sequence[Policy], action: str) -> tuple[Policy, ...]:
    """Return ``policies`` without one ``action``."""
    found = []
    for policy in policies:
        kept = (
            replace(one, actions=tuple(other for other in one.actions if other != action))
            for one in policy.statements
        )
        found.append(Policy(tuple(one for one in kept if one.actions)))
    return tuple(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
