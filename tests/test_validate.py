"""Terraform's own opinion of every integration, mode and authentication in every partition."""

from pathlib import Path

import pytest

from development.examples import REGIONS, synthesize
from tests.conftest import validated

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("partition", REGIONS)
def test_terraform_finds_nothing_to_say(
    tmp_path: Path, partition: str, terraform_variables: dict[str, str]
) -> None:
    folders = [tmp_path / "cdktf.out" / "stacks" / name for name in synthesize(partition, tmp_path)]
    assert validated(tmp_path, folders, terraform_variables) == (True, [])
