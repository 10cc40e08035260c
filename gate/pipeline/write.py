"""`gate pipeline`: the pipeline's files for what gate.hcl says.

The templates are files that can be read and linted as they stand, under pipelines/ of the
repository. Two things in them are filled in: the lines about account 111122223333 in the comment
at the top, which are repeated for each account, and the name of the configuration. What they call
and the page about them are written beside, under the paths they have there, so that nothing of
this repository is needed where the pipeline runs but the package that `REQUIREMENTS` pins.
"""

import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from athena_gate.gate.quoting import github, gitlab
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_text, visible
from athena_gate.stacks.backends import CloudBackend, LocalBackend
from athena_gate.stacks.configuration import DEFAULT_FILE, Configuration

Platform = Literal["github", "gitlab"]

# In an installed package they lie beside this file, in the repository at its root.
_PACKAGED = Path(__file__).parent / "templates"
TEMPLATES = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).resolve().parents[2] / "pipelines"

_PLACES = {
    "github": Path(".github/workflows/athena-gate.yml"),
    "gitlab": Path(".gitlab-ci.yml"),
}
_S3 = {"github": "github-actions/athena-gate.yml", "gitlab": "gitlab-ci/gitlab-ci.yml"}
_CLOUD = {"github": "hcp-vcs/github.yml", "gitlab": "hcp-vcs/gitlab.yml"}
# What a template needs beside it.
_BESIDE = {
    "github-actions": ("github-actions/README.md",),
    "gitlab-ci": ("gitlab-ci/stack.yml", "gitlab-ci/README.md"),
    "hcp-vcs": (
        "hcp-vcs/collect.sh",
        "hcp-vcs/publish.sh",
        "hcp-vcs/README.md",
        "hcp-credentials.md",
    ),
}
_FOLDER = Path("pipelines")
REQUIREMENTS = Path("gate-requirements.txt")
_EXAMPLE = "111122223333"
_LIMIT = MEBIBYTE


class NoPipeline(Exception):
    """The pipeline cannot be written; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A file of a pipeline: where it goes and its text."""

    path: Path
    text: str


def pipeline(platform: Platform, configuration: Configuration) -> list[Pipeline]:
    """Return the files of the pipeline of ``platform`` for ``configuration``: first its own, last
    the page about it. Raises ``NoPipeline``."""
    if isinstance(configuration.backend, LocalBackend):
        raise NoPipeline(
            f"{visible(configuration.file)} keeps states in local files, and a runner's disk is "
            'gone after the run; write backend "s3" { ... } or backend "cloud" { ... }'
        )
    templates = _CLOUD if isinstance(configuration.backend, CloudBackend) else _S3
    template = TEMPLATES / templates[platform]
    lines = template.read_text(encoding="utf-8").splitlines(keepends=True)
    comment = _comment("".join(lines))
    text = "".join([*_for_each(accounts(configuration), comment), *lines[len(comment) :]])
    name = Path(configuration.file).as_posix()
    if not name.isprintable():
        raise NoPipeline(
            f"{visible(name)}: a pipeline cannot name a file with such characters; rename it"
        )
    value = github(name) if platform == "github" else gitlab(name)
    text = text.replace(f"GATE_FILE: {DEFAULT_FILE}", f"GATE_FILE: {value}")
    beside = [
        Pipeline(_FOLDER / name, (TEMPLATES / name).read_text(encoding="utf-8"))
        for name in _BESIDE[template.parent.name]
    ]
    return [Pipeline(_PLACES[platform], text), Pipeline(REQUIREMENTS, requirements()), *beside]


def requirements() -> str:
    """Return what pins the package that the pipeline installs: this version, and the checksum of
    its wheel where it was installed from a file or an address that says it.

    https://packaging.python.org/en/latest/specifications/direct-url-data-structure/ (2026-11)
    """
    found = importlib.metadata.distribution("athena-gate")
    lines = [
        "# What the pipeline installs; the versions and checksums of what that needs lie in it.",
        "# From an index of your own: set the variable PIP_INDEX_URL in the repository's settings.",
        "# From this repository: write the path of a wheel that lies in it instead.",
    ]
    pin = f"athena-gate=={found.version}"
    try:
        origin = json.loads(found.read_text("direct_url.json") or "{}")
        digest = str(origin["archive_info"]["hashes"]["sha256"])
    except (KeyError, TypeError, ValueError):
        lines += [
            "#",
            "# Add its checksum, which `pip hash FILE` prints: --hash=sha256:...",
        ]
        return "\n".join([*lines, pin, ""])
    return "\n".join([*lines, f"{pin} \\", f"    --hash=sha256:{digest}", ""])


def accounts(configuration: Configuration) -> list[str]:
    """Return the ids of the accounts that jobs need credentials for: each block's own. The
    connector's consumer is reached from there, by its ``assume_role``."""
    return list(dict.fromkeys(block.settings.accounts[0].id for block in configuration.blocks))


def about(made: Pipeline) -> str:
    """Return the comment at the top of ``made``: what is to be set up once."""
    return "\n".join(line.rstrip()[1:].removeprefix(" ") for line in _comment(made.text))


def _comment(text: str) -> list[str]:
    """Return the lines of the comment at the top of ``text``."""
    lines = text.splitlines(keepends=True)
    end = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    return lines[:end]


def _for_each(ids: list[str], comment: list[str]) -> list[str]:
    """Return ``comment`` with its lines about the example's account for each of ``ids``."""
    about = [line for line in comment if _EXAMPLE in line]
    filled = [line.replace(_EXAMPLE, account) for account in ids for line in about]
    start = comment.index(about[0]) if about else 0
    rest = [line for line in comment if _EXAMPLE not in line]
    return [*rest[:start], *filled, *rest[start:]]


def write(made: Pipeline, folder: Path, force: bool) -> bool:
    """Write ``made`` under ``folder`` and return whether that changed anything.

    Raises ``NoPipeline`` when a file is there that differs, unless ``force``.
    """
    path = folder / made.path
    try:
        if read_text(path, _LIMIT) == made.text:
            return False
        there = True
    except Unreadable as error:
        there = not error.missing
    if there and not force:
        raise NoPipeline(f"{made.path} is there and differs; --force overwrites it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made.text, encoding="utf-8")
    except OSError as error:
        raise NoPipeline(f"{visible(path)} cannot be written: {error.strerror}") from None
    return True
