"""A block of each shape (class, way in, grants) in Terraform, and as plain Terraform after
`gate eject`."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from athena_gate.gate.eject import eject
from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.sandbox.existing import taken_for_granted
from athena_gate.gate.stack.model import Stack
from athena_gate.stacks.configuration import ConfiguredBlock, load
from development.examples import account
from development.mutants import KINDS, mutants
from development.mutation import Score, claims, judge, synthesize
from development.shapes import LARGEST, shapes
from tests.conftest import terraform_in, validated

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Shapes:
    """A folder with gate.hcl and what is synthesized of it."""

    folder: Path
    blocks: tuple[tuple[ConfiguredBlock, Stack], ...]

    def write(self, folders: dict[str, Path]) -> None:
        """Make the stacks in ``folders`` the modules of one configuration: Terraform starts once,
        and has one provider, which each of them would bring a process of its own for."""
        for folder in folders.values():
            for part in folder.glob("providers.tf"):
                part.unlink()
            for file in folder.glob("cdk.tf.json"):
                content = json.loads(file.read_text())
                del content["provider"]
                file.write_text(json.dumps(content))
        modules = {
            name: {"source": f"./{f.relative_to(self.folder)}"} for name, f in folders.items()
        }
        aws = {"region": "eu-central-1", "allowed_account_ids": ["111122223333"]}
        (self.folder / "main.tf.json").write_text(
            json.dumps({"module": modules, "provider": {"aws": aws}})
        )


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "gate.hcl").write_text(account() + "".join(shapes().values()))
    return Shapes(folder, tuple(synthesize(folder, folder / "gate.hcl")))


@pytest.fixture(scope="module")
def sandbox(synthesized: Shapes) -> Iterator[Sandbox]:
    existing = taken_for_granted(load(synthesized.folder / "gate.hcl"), "111122223333")
    with Sandbox("111122223333", existing) as running:
        yield running


def test_every_change_that_gives_or_takes_a_right_breaks_a_claim(synthesized: Shapes) -> None:
    """Of the largest block of each class, and of who takes the role in each way in; the rest is for
    `python -m development.shapes`."""
    survivors, classes = {}, set[str]()
    for block, stack in synthesized.blocks:
        if block.settings.grants != "least_privilege":
            continue
        whole = block.name == LARGEST and block.settings.profile.cls not in classes
        classes |= {block.settings.profile.cls} if whole else set()
        own, asked = Score(), claims(block)
        for mutant in mutants(stack):
            if whole or (mutant.place and mutant.place.kind == "trust"):
                judge(mutant, asked, own)
        survivors[block.title] = [title for kind in KINDS for title in own.survived[kind]]
    assert {title for title, found in survivors.items() if found} == set()
    assert (classes, len(survivors) > 25) == ({"query", "tables", "metadata"}, True)


def test_terraform_takes_every_shape(
    synthesized: Shapes, terraform_variables: dict[str, str]
) -> None:
    folders = [stack.file.parent for _, stack in synthesized.blocks]
    assert validated(synthesized.folder, folders, terraform_variables) == (True, [])


def test_terraform_finds_nothing_to_change_after_any_shape_is_ejected(
    synthesized: Shapes, sandbox: Sandbox, terraform_variables: dict[str, str]
) -> None:
    terraform = terraform_in(sandbox.environment(terraform_variables))
    deployed, ejected = {}, {}
    for block, stack in synthesized.blocks:
        ejected[block.stack] = synthesized.folder / "ejected" / block.stack
        eject(block, stack.file, ejected[block.stack])
        deployed[block.stack] = synthesized.folder / "deployed" / block.stack
        shutil.copytree(stack.file.parent, deployed[block.stack])
    synthesized.write(deployed)
    terraform(synthesized.folder, "init", "-input=false")
    # Most of the time goes into waiting for S3's lifecycle rules, which all can do at once.
    together = "-parallelism=50"
    terraform(synthesized.folder, "apply", "-auto-approve", "-input=false", together)
    synthesized.write(ejected)
    terraform(synthesized.folder, "init", "-input=false")
    terraform(synthesized.folder, "plan", "-detailed-exitcode", "-input=false", ok=(0,))
