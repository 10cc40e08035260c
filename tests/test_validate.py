"""Terraform's own opinion of every integration, mode and authentication in every partition."""

import json
import subprocess
from pathlib import Path

import pytest

from development.examples import REGIONS, synthesize

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("partition", REGIONS)
def test_terraform_finds_nothing_to_say(
    tmp_path: Path, partition: str, terraform_variables: dict[str, str]
) -> None:
    stacks = synthesize(partition, tmp_path)
    # As modules of one configuration they are validated in one go; the provider's schema, which
    # takes seconds to load, is loaded once.
    root = {
        "module": {name: {"source": f"./cdktf.out/stacks/{name}"} for name in stacks},
    }
    (tmp_path / "main.tf.json").write_text(json.dumps(root))

    def terraform(*arguments: str) -> str:
        return subprocess.run(
            ["terraform", f"-chdir={tmp_path}", *arguments],
            env=terraform_variables,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    terraform("init", "-backend=false", "-input=false")
    shown = json.loads(terraform("validate", "-json"))
    # A backend in a module is not used, and Terraform says so.
    said = [
        d["summary"]
        for d in shown["diagnostics"]
        if d["summary"] != "Backend configuration ignored"
    ]
    assert (shown["valid"], said) == (True, [])
