"""Whom a role trusts, by the partition that it is in."""

from pathlib import Path

import pytest

from athena_gate.modules.access.claims import needs
from athena_gate.modules.access.settings import Access
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import load

ELEMENTARY = "743289191656"


def accepted(folder: Path, region: str, *principals: str) -> Access:
    """Return the block that trusts ``principals``, or whom Elementary's page prints."""
    named = ", ".join(f'"{one}"' for one in principals)
    told = f" principals = [{named}]\n" if principals else ""
    (folder / "gate.hcl").write_text(
        f'account "a" {{\n id = "111122223333"\n region = "{region}"\n}}\n'
        'elementary "x" {\n account = "a"\n databases = ["sales"]\n source "acme-lake" {}\n'
        f'assumed_by {{\n{told} external_id = "x-4711"\n}}\n}}\n'
    )
    (block,) = load(folder / "gate.hcl").blocks
    found: Access = block.settings
    return found


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
@pytest.mark.parametrize("written", [(), (ELEMENTARY,)], ids=["by default", "written out"])
def test_an_account_that_a_page_prints_is_nobody_in_another_partition(
    tmp_path: Path, region: str, partition: str, written: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        accepted(tmp_path, region, *written)
    (mistake,) = raised.value.mistakes
    assert (mistake.line, mistake.problem, mistake.code) == (
        10 if written else 9,
        f"principals: '{ELEMENTARY}' of Elementary Cloud's page is in partition aws, and no "
        f"identity there can take a role in {partition}; name in principals whom the vendor tells "
        "you for it",
        "GATE209",
    )


def test_it_is_somebody_in_its_own_and_an_id_that_one_writes_is_of_the_role_s(
    tmp_path: Path,
) -> None:
    for region, partition, written in (
        ("eu-central-1", "aws", ()),
        ("eu-central-1", "aws", (ELEMENTARY,)),
        ("cn-north-1", "aws-cn", ("999988887777",)),
    ):
        settings = accepted(tmp_path, region, *written)
        takers = [one.caller.issuer for one in needs(settings) if one.name == "take-role"]
        owner = written[0] if written else ELEMENTARY
        assert takers == [f"arn:{partition}:iam::{owner}:role/vendor"]
