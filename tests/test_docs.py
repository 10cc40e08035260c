"""The documentation: what comes from the code is up to date, links lead somewhere, and every block
of shell commands does what its page says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pysequoia
import pytest

from athena_gate.gate.sandbox import Sandbox
from athena_gate.modules import hcl
from athena_gate.stacks.integrations import INTEGRATIONS, Vendor
from development.docs import licences, pages
from development.docs.site import build
from tests.conftest import ROOT, make_project

# Blocks that are not run, by what their info string says of them, as in ```sh not-run=aws: why, and
# how many there are on which page.
NOT_RUN: dict[str, tuple[str, dict[str, int]]] = {
    "aws": (
        "needs an AWS account, and changes it",
        {
            "README.md": 2,
            "docs/adopt.md": 3,
            "docs/keys.md": 1,
            "docs/recover.md": 1,
            "docs/state.md": 1,
            "docs/your-repository.md": 2,
        },
    ),
    "clone": (
        "what .ci/run runs, or what takes minutes",
        {"README.md": 1, "CONTRIBUTING.md": 1, "docs/recover.md": 1},
    ),
    "hcp": (
        "needs HCP Terraform or Vault; tests/pipelines has emulations of both",
        {
            "pipelines/hcp-api/README.md": 2,
            "pipelines/hcp-cli/README.md": 3,
        },
    ),
    "install": (
        "nothing is published yet, and an installation takes minutes",
        {
            "README.md": 1,
            "docs/air-gap.md": 1,
            "docs/engines.md": 1,
            "docs/your-repository.md": 1,
        },
    ),
    "network": ("needs the provider's registry", {"docs/air-gap.md": 2}),
    "state": (
        "needs another backend than the page's gate.hcl has; tests/gate/pipeline tries each",
        {
            "README.md": 1,
            "pipelines/README.md": 1,
            "pipelines/github-actions/README.md": 1,
        },
    ),
}
# Pages that begin in an empty folder, as a reader does.
FROM_NOTHING = ("README.md", "docs/your-repository.md")
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for folder in (".", "docs", "examples/*", "pipelines", "pipelines/*")
    for page in ROOT.glob(f"{folder}/*.md")
)
BLOCK = re.compile(r"^( *)```(?:sh|bash|shell|console)\b *([^\n]*)\n(.*?)^\1```$", re.M | re.S)


@dataclass(frozen=True)
class Commands:
    """A block of shell commands: the first line of its text, its mark, its text."""

    line: int
    mark: str
    text: str


def commands(page: str) -> list[Commands]:
    """Return the blocks of shell commands in ``page``, in order."""
    text = (ROOT / page).read_text()
    return [
        Commands(
            text[: found.start(3)].count("\n") + 1,
            found[2],
            "".join(line.removeprefix(found[1]) for line in found[3].splitlines(keepends=True)),
        )
        for found in BLOCK.finditer(text)
    ]


def test_what_comes_from_the_code_is_up_to_date() -> None:
    stale = [file.relative_to(ROOT).as_posix() for file in pages.outdated()]
    assert stale == [], "run: make docs"


def test_the_page_of_a_vendor_is_made_for_the_site_alone() -> None:
    """Else a new vendor would be more than its folder."""
    kept = [file.name for file in (pages.DOCS / "vendors").iterdir()]
    vendors = [kind for kind, one in INTEGRATIONS.items() if isinstance(one, Vendor)]
    made = pages.catalogue()
    assert (kept, sorted(made)) == (["README.md"], ["README", *vendors])
    assert [kind for kind in vendors if f"({kind}.md)" not in made["README"]] == []


def test_a_block_that_a_sentence_shows_can_be_pasted() -> None:
    shown = re.compile(r'`([a-z_]+(?: "[^`"]*")? \{[^`]*\})`')
    texts = [file.read_text() for file in (ROOT / "README.md", *pages.DOCS.rglob("*.md"))]
    wrong = {
        block: [mistake.problem for mistake in mistakes]
        for text in (*texts, *pages.catalogue().values())
        for block in shown.findall(text)
        if (mistakes := hcl.parse(f"{block}\n")[1])
    }
    assert wrong == {}


def test_every_block_and_every_backend_is_documented() -> None:
    text = "".join(file.read_text() for file in pages.DOCS.glob("*.md"))
    assert [name for name in pages.tables() if f"<!-- {name} -->" not in text] == []


def test_every_package_that_is_brought_along_has_a_permissive_licence() -> None:
    words = {
        word
        for one in licences.brought_along()
        for word in re.split(r" (?:AND|OR) ", licences.licence(one))
    }
    permissive = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "MIT"}
    # MPL-2.0 asks for changes to its own files alone.
    assert words - {*permissive, "MIT-0", "PSF-2.0", "MPL-2.0"} == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 200


def test_every_block_that_is_not_run_has_its_reason() -> None:
    found = Counter((page, one.mark) for page in PAGES for one in commands(page) if one.mark)
    assert found == {
        (page, f"not-run={why}"): count
        for why, (_, where) in NOT_RUN.items()
        for page, count in where.items()
    }


def test_ci_runs_the_commands_of_a_clone() -> None:
    (block,) = (one for one in commands("README.md") if one.mark == "not-run=clone")
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line.split("#")[0].strip() for line in block.text.splitlines()] == [
        line for line in script if line.startswith("make ")
    ]


@pytest.fixture(scope="module")
def shell(
    tmp_path_factory: pytest.TempPathFactory, terraform_variables: dict[str, str]
) -> Iterator[dict[str, str]]:
    """The environment of a reader's shell, whose AWS is embedded and has what is taken for
    granted."""
    folder = tmp_path_factory.mktemp("shell")
    program = folder / "bin" / "gate"
    program.parent.mkdir()
    call = "from athena_gate.gate.cli import main; main()"
    program.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-c", call])} "$@"\n')
    program.chmod(0o755)
    home = {"GNUPGHOME": str(folder / "gnupg")}
    Path(home["GNUPGHOME"]).mkdir(mode=0o700)
    with Sandbox("111122223333") as sandbox:
        variables = sandbox.environment(terraform_variables)
        path = [str(program.parent), str(Path(sys.executable).parent), variables["PATH"]]
        yield {
            **variables,
            "PATH": os.pathsep.join(path),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "80",
            **home,
        }
        # GnuPG leaves an agent running for each of its folders.
        subprocess.run(["gpgconf", "--kill", "all"], env=variables | home, check=False)


@pytest.fixture(scope="module")
def begun(
    tmp_path_factory: pytest.TempPathFactory, shell: dict[str, str], pgp_key: pysequoia.Tsk
) -> Path:
    """What the README ends with, as far as it is a repository: its gate.hcl, synthesized and
    committed."""
    (text,) = re.findall(r"```hcl\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    folder = tmp_path_factory.mktemp("begun") / "repository"
    make_project(folder, pgp_key, text)
    commit = "git init -q && git add . && git -c user.name=a -c user.email=a@b commit -qm a"
    run(f"gate synth && {commit}", folder, shell)
    return folder


def run(script: str, folder: Path, shell: dict[str, str], place: str = "") -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=shell,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        said = f"{place}{script}\nends with {done.returncode}"
        pytest.fail(f"{said}\n{done.stdout}{done.stderr}", pytrace=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(not one.mark for one in commands(page))]
)
def test_the_commands_of_a_page_run_in_their_order(
    page: str, tmp_path: Path, shell: dict[str, str], request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "repository"
    if page.startswith("examples/"):
        shutil.copytree(ROOT / Path(page).parent, folder)
    elif page in FROM_NOTHING:
        folder.mkdir()
    else:
        shutil.copytree(request.getfixturevalue("begun"), folder)
    for one in commands(page):
        if not one.mark:
            run(one.text, folder, shell, f"{page}:{one.line}\n")


@pytest.mark.slow
def test_the_site_has_no_link_that_leads_nowhere_and_nothing_of_other_hosts(tmp_path: Path) -> None:
    build(tmp_path / "site")
    loaded = {
        (file.name, address)
        for file in (tmp_path / "site").rglob("*.html")
        for address in Loaded.of(file.read_text())
        if re.match(r"(https?:)?//", address)
    }
    styles = "".join(file.read_text() for file in (tmp_path / "site").rglob("*.css"))
    assert (loaded, re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)]*", styles)) == (
        set(),
        [],
    )


class Loaded(HTMLParser):
    """Collects what a page has a browser load: all but links that a reader follows."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def of(cls, text: str) -> list[str]:
        reader = cls()
        reader.feed(text)
        return reader.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            self.found += [value for name, value in attrs if name in ("src", "href") and value]
