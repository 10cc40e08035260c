"""One block, as it is written and as the stack it must have."""

import json
from pathlib import Path

from athena_gate.gate.stack.model import Stack
from athena_gate.gate.stack.reader import read_content
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import Configuration, load
from athena_gate.stacks.expected import expected_json
from tests.conftest import ACCOUNT


def configured(folder: Path, kind: str, block: str, region: str = "eu-central-1") -> Configuration:
    """Return a configuration with one block, in an account in ``region``."""
    file, account = folder / "gate.hcl", ACCOUNT.replace("eu-central-1", region)
    file.write_text(f'{account}{kind} "x" {{\n account = "analytics"\n{block}\n}}\n')
    return load(file)


def mistakes(folder: Path, kind: str, block: str, region: str = "eu-central-1") -> list[str]:
    """Return what is wrong with a block, at lines of its own, without these."""
    try:
        configured(folder, kind, block, region)
    except ConfigurationError as error:
        found = error.mistakes
    else:
        return []
    first, last = ACCOUNT.count("\n") + 1, (folder / "gate.hcl").read_text().count("\n")
    assert all(first <= one.line <= last for one in found)
    return [one.text("gate.hcl").partition(": ")[2] for one in found]


def read(configuration: Configuration) -> Stack:
    """Return the stack that the one block must have."""
    (block,) = configuration.blocks
    content = json.loads(json.dumps(expected_json(block, configuration.backend)))
    return read_content(content, Path("cdk.tf.json"))
