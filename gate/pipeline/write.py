"""`gate pipeline`: the pipeline's files for what gate.hcl says.

The templates are files that can be read and linted as they stand, under pipelines/ of the
repository. Two things in them are filled in: the lines about account 111122223333 in the comment
at the top, which are repeated for each account, and the name of the configuration.
"""

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
_EXAMPLE = "111122223333"
_LIMIT = MEBIBYTE


class NoPipeline(Exception):
    """The pipeline cannot be written; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline's file: where it goes, its text, and the page about it."""

    path: Path
    text: str
    page: str

    @property
    def about(self) -> str:
        """Return the comment at the top: what is to be set up once."""
        return "\n".join(line.rstrip()[1:].removeprefix(" ") for line in _comment(self.text))


def pipeline(platform: Platform, configuration: Configuration) -> Pipeline:
    """Return the pipeline of ``platform`` for ``configuration``. Raises ``NoPipeline``."""
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
    return Pipeline(
        _PLACES[platform],
        text.replace(f"GATE_FILE: {DEFAULT_FILE}", f"GATE_FILE: {value}"),
        f"pipelines/{template.parent.name}/README.md",
    )


def accounts(configuration: Configuration) -> list[str]:
    """Return the ids of the accounts that jobs need credentials for: each block's own. The
    connector's consumer is reached from there, by its ``assume_role``."""
    return list(dict.fromkeys(block.settings.accounts[0].id for block in configuration.blocks))


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
