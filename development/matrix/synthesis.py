"""The stacks of every source, synthesized with a pair."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.process import run
from development.matrix.environments import ROOT, variables

_BACKENDS = {
    "s3": """\
backend "s3" {
  bucket      = "acme-states"
  region      = "eu-central-1"
  kms_key     = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  assume_role = "arn:aws:iam::111122223333:role/states"
}
""",
    "cloud-names": """\
backend "cloud" {
  organization = "acme"
  project      = "athena"
  hostname     = "tfe.example.com"
  workspace    = "athena-{stack}"
}
""",
    "cloud-tags": """\
backend "cloud" {
  organization = "acme"
  tags         = ["athena"]
}
""",
}
_BLOCKS = """
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}

metronome "billing" {
  account = "analytics"
  bucket  = "acme-metronome"
  schema  = "metronome"
  web_identity {
    subject = "123456789012345678901"
  }
}
"""


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The JSON of stacks, as text, by name, and the seconds that writing it took."""

    texts: dict[str, str]
    seconds: float

    @property
    def stacks(self) -> dict[str, dict[str, Any]]:
        """Return the documents of the stacks by name."""
        return {name: json.loads(text) for name, text in self.texts.items()}


def sources(folder: Path) -> dict[str, list[Path]]:
    """Return the gate.hcl files to synthesize under the title of their rows; most are written into
    ``folder``. Together they have every integration in every mode, in every partition, and every
    backend."""
    # Imported late: it starts Node.
    from development.examples import REGIONS, text

    modes = [ROOT / "development" / "modes.hcl"]
    for partition in REGIONS:
        modes.append(folder / f"{partition}.hcl")
        modes[-1].write_text(text(partition))
    backends = []
    for name, block in _BACKENDS.items():
        backends.append(folder / f"{name}.hcl")
        backends[-1].write_text(block + _BLOCKS)
    return {"gate.hcl": [ROOT / "gate.hcl"], "every mode": modes, "backends": backends}


def output(folder: Path, file: Path) -> Path:
    """Return where the stacks of ``file`` are written by a pair that has ``folder``."""
    return folder / "out" / file.stem


def synthesize(python: Path, folder: Path, files: Iterable[Path], *, fast: bool) -> Synthesis:
    """Run main.py with ``python`` for each of ``files``; stacks are named ``<file>/<stack>``.

    It runs in ``folder``, the pair's, so that the local state of what is deployed lies there.
    Raises ``bench.process.Failed`` when a run fails.
    """
    texts = {}
    seconds = 0.0
    for file in files:
        into = output(folder, file)
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        environment = {
            **variables(folder.parent),
            "GATE_FILE": str(file),
            "CDKTF_OUTDIR": str(into),
            "GATE_FAST_BINDINGS": "1" if fast else "0",
        }
        command = [str(python), str(ROOT / "main.py")]
        seconds += run(command, cwd=folder, environment=environment).seconds
        for found in sorted(into.glob("stacks/*/cdk.tf.json")):
            texts[f"{file.stem}/{found.parent.name}"] = found.read_text()
    return Synthesis(texts, seconds)
