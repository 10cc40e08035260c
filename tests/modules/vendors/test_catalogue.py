"""Every profile of the catalogue, in every way in that it offers: its page, its policies beside the
claims, and the page beside them. A new profile is tested by lying there."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pytest

from athena_gate.gate.parity import parity
from athena_gate.gate.prove import prove_stack
from athena_gate.gate.stack.reader import files, read
from athena_gate.modules.access.claims import holder
from athena_gate.modules.access.guide import values
from athena_gate.modules.access.profile import PLACEHOLDERS, Profile
from athena_gate.modules.access.settings import Access
from athena_gate.modules.iam.attached import AttachedPolicies, Document, Identity, ResourcePolicy
from athena_gate.modules.iam.proof import prove_need, prove_never
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load
from athena_gate.stacks.integrations import INTEGRATIONS, Vendor
from athena_gate.stacks.reference import rows
from development.examples import REGIONS, account, blocks_of

ROOT = Path(__file__).resolve().parents[3]
# The quick run looks at the first.
PARTITIONS = [
    "aws",
    *(pytest.param(one, marks=pytest.mark.slow) for one in REGIONS if one != "aws"),
]
VENDORS = [kind for kind, found in INTEGRATIONS.items() if isinstance(found, Vendor)]
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@cache
def configured(kind: str, partition: str = "aws") -> Configuration:
    """Return the blocks of the vendor ``kind``, in every way in and with all grants."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "gate.hcl"
        file.write_text(
            account(partition) + "".join(blocks_of(kind, profile_of(kind), partition).values())
        )
        return load(file)


def block_of(kind: str) -> type[Access]:
    return cast("type[Access]", INTEGRATIONS[kind].settings)


def profile_of(kind: str) -> Profile:
    return block_of(kind).profile


def ours(configuration: Configuration) -> list[ConfiguredBlock]:
    return [one for one in configuration.blocks if one.settings.grants == "least_privilege"]


def few(kind: str, partition: str) -> list[ConfiguredBlock]:
    """Return the blocks of one way in and, where the page has a trust policy, of one that makes a
    role. How that differs from the page is the same for the others."""
    blocks, trusted = configured(kind, partition).blocks, profile_of(kind).page.trust is not None
    ways = [blocks[0].settings.way]
    ways += [one.settings.way for one in blocks if trusted and one.settings.makes_role][:1]
    return [one for one in blocks if one.settings.way in ways]


def hint(profile: Profile) -> str:
    """Return what is often left to say of ``profile`` where a trust policy differs."""
    way, trust = profile.assumed_by, profile.page.trust
    if trust is None or way is None or not way.principals:
        return "gate parity NAME shows what differs; say why in dropped {} or beside {}"
    account = way.principals[0]
    root = f"arn:aws:iam::{account}:root" if account.isdigit() else account
    return (
        "blocks may name others than the principals of the profile; where trust.json prints those, "
        f'say in names of page {{}}: "{root}" = "{{principal}}"'
    )


def attached(block: ConfiguredBlock) -> AttachedPolicies:
    """Return nothing but the policies of ``block``: those of its user or role, and who takes the
    role."""
    integration, settings = block.integration, block.settings
    arn = holder(settings).arn
    given = tuple(
        Document(f"policy.{name}", "managed", policy)
        for name, policy in integration.documents(settings).items()
    )
    trusts = tuple(
        Document(f"trust.{name}", "resource", policy)
        for name, policy in integration.trusts(settings).items()
    )
    kind, name = arn.rsplit(":", 1)[1].split("/", 1)
    owner = settings.account.id
    identity = Identity(
        f"{kind}.it",
        "user" if kind == "user" else "role",
        name.rsplit("/", 1)[-1],
        arn,
        owner,
        trusts[0] if trusts else None,
        given,
        here=settings.makes_role or kind == "user",
    )
    taken = (ResourcePolicy("role.it", "trust", arn, owner, trusts),) if trusts else ()
    return AttachedPolicies((owner,), (settings.account.region,), (identity,), taken)


@pytest.mark.parametrize("kind", VENDORS)
def test_a_profile_has_the_policies_of_its_page(kind: str) -> None:
    page, folder = profile_of(kind).page, block_of(kind).folder
    named = {f"{name}.json": getattr(page, name) for name in ("access", "trust")}
    found = {
        file.name: sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.name != "profile.hcl"
    }
    assert found == {name: digest for name, digest in named.items() if digest}


def test_only_pages_known_to_be_alike_have_the_same_policies() -> None:
    """A profile that begins as a copy of another must not end as one. These pages were read: they
    are written by Prequel for its customers, and have these policies letter for letter."""
    alike = defaultdict(set)
    for kind in VENDORS:
        page = profile_of(kind).page
        for digest in filter(None, (page.access, page.trust)):
            alike[digest].add(kind)
    assert [kinds for kinds in alike.values() if len(kinds) > 1] == [
        {"metronome", "zuora"},
        {"metronome", "prequel_source", "thanx"},
    ]


@pytest.mark.parametrize("kind", VENDORS)
def test_a_page_writes_for_its_readers_what_a_block_can_fill_in(kind: str) -> None:
    block = configured(kind).blocks[0]
    guide = block.integration.guides["access"]
    texts = [
        json.dumps(policy.document())
        for policy in (guide.documented, guide.documented_trust)
        if policy
    ]
    texts += [*profile_of(kind).fields.values(), *profile_of(kind).todo]
    used = {name for text in texts for name in PLACEHOLDER.findall(text)}
    unused = [
        written
        for written, meant in profile_of(kind).page.names.items()
        if not any(meant in text for text in texts)
    ]
    assert (used - set(values(block.settings)), unused) == (set(), [])
    assert set(values(block.settings)) == set(PLACEHOLDERS)


@pytest.mark.parametrize("kind", VENDORS)
def test_a_field_that_a_vendor_does_not_have_gets_the_list_of_those_it_has(
    kind: str, tmp_path: Path
) -> None:
    file = tmp_path / "gate.hcl"
    file.write_text(f'{account()}{kind} "x" {{\n  zzzzzz = 1\n}}\n')
    with pytest.raises(ConfigurationError) as raised:
        load(file)
    (problem,) = (one.problem for one in raised.value.mistakes if one.field == "zzzzzz")
    start = 'no field "zzzzzz"; allowed: '
    assert problem[: len(start)] == start
    assert sorted(problem.removeprefix(start).split(", ")) == sorted(
        name.removesuffix(" { }") for name, _, _ in rows(block_of(kind))
    )


@pytest.mark.slow
@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("kind", VENDORS)
def test_what_a_vendor_needs_is_granted_and_nothing_it_never_may(kind: str, partition: str) -> None:
    failures = {}
    for block in ours(configured(kind, partition)):
        policies, integration = attached(block), block.integration
        needs = [prove_need(policies, one) for one in integration.needs(block.settings)]
        nevers = [
            prove_never(policies, one)
            for one in integration.never(block.settings)
            # The policy of the bucket that is made is not among those of the block.
            if one.name != "tls-only"
        ]
        failures[block.title] = [one.name for one in (*needs, *nevers) if not one.holds]
    assert failures == {block.title: [] for block in ours(configured(kind, partition))}


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("kind", VENDORS)
def test_whatever_differs_from_the_page_has_a_reason(kind: str, partition: str) -> None:
    found = {block.title: parity(block).unexplained for block in few(kind, partition)}
    assert found == dict.fromkeys(found, 0), hint(profile_of(kind))


@pytest.mark.parametrize("kind", VENDORS)
def test_what_a_profile_says_is_beside_the_page_is_granted(kind: str) -> None:
    granted = {
        action
        for block in ours(configured(kind))
        for policy in block.integration.documents(block.settings).values()
        for statement in policy.statements
        for action in statement.actions
    }
    named = {action for one in profile_of(kind).beside for action in one.actions}
    assert named - granted == set()


@pytest.mark.parametrize("kind", VENDORS)
def test_a_documented_block_grants_the_policy_of_the_page(kind: str) -> None:
    for block in configured(kind).blocks:
        if block.settings.grants == "documented":
            integration, settings = block.integration, block.settings
            page = integration.guides["access"].documented_for(integration.values(settings))
            assert integration.documents(settings) == {"access": page}


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every vendor in every way in, synthesized."""
    folder = tmp_path_factory.mktemp("catalogue")
    texts = (blocks_of(kind, profile_of(kind)).values() for kind in VENDORS)
    (folder / "gate.hcl").write_text(account() + "".join(text for some in texts for text in some))
    outputs = {"GATE_FILE": str(folder / "gate.hcl"), "CDKTF_OUTDIR": str(folder / "cdktf.out")}
    subprocess.run(
        [sys.executable, str(ROOT / "main.py")],
        cwd=folder,
        env={**os.environ, **outputs},
        check=True,
    )
    return folder


@pytest.mark.slow
def test_every_way_in_of_every_vendor_is_proved(synthesized: Path) -> None:
    configuration = load(synthesized / "gate.hcl")
    stacks = {stack.name: stack for stack in map(read, files(synthesized))}
    assert [stack.name for stack in stacks.values() if stack.problems] == []
    failures = {
        block.title: [result.name for result in proof.results if not result.holds]
        for block in ours(configuration)
        for proof in [prove_stack(stacks[block.stack], block, configuration.backend)]
    }
    assert failures == {block.title: [] for block in ours(configuration)}
    assert sum(parity(block).unexplained for block in configuration.blocks) == 0
