"""The package: what is in the wheel, and what its messages speak of."""

import ast
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from athena_gate.gate.cli import app
from tests.conftest import ROOT

DATA = re.compile(
    r"modules/(vendors/\w+|dbt|dynamodb_connector|iam)/\w+\.(json|hcl)|modules/(lazy_index\.cjs|rules\.toml)"
    r"|gate/policy_set/rego/\w+\.(rego|hcl)|gate/report/style\.css|requirements\.lock"
    r"|gate/deployer/calls\.json|gate/terraform/provider\.lock\.hcl"
)
TEMPLATES = [
    "github-actions/README.md",
    "github-actions/athena-gate.yml",
    "gitlab-ci/README.md",
    "gitlab-ci/gitlab-ci.yml",
    "gitlab-ci/stack.yml",
    "hcp-credentials.md",
    "hcp-vcs/README.md",
    "hcp-vcs/collect.sh",
    "hcp-vcs/github.yml",
    "hcp-vcs/gitlab.yml",
    "hcp-vcs/publish.sh",
]


def test_the_wheel_has_one_import_name_and_what_the_commands_read(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        texts = [archive.read(name) for name in names]
    inside = [name.removeprefix("athena_gate/") for name in names if ".dist-info/" not in name]
    assert {name.split("/")[0].split("-")[0] for name in names} == {"athena_gate"}
    templates = "gate/pipeline/templates/"
    assert sorted(n.removeprefix(templates) for n in inside if n.startswith(templates)) == TEMPLATES
    others = [n for n in inside if not n.endswith(".py") and not n.startswith(templates)]
    assert [name for name in others if not DATA.fullmatch(name)] == []
    # All of it but the pipelines' files and the lock, from where they lie in the repository.
    listed = {name for name in inside if not name.startswith(templates)}
    there = {
        str(path.relative_to(ROOT / "athena_gate"))
        for folder in ("", "gate", "modules", "stacks")
        for path in (ROOT / "athena_gate" / folder).glob("**/*" if folder else "*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert listed - there == {"gate/terraform/provider.lock.hcl"}
    assert there - listed == set()
    assert [
        name for name, text in zip(names, texts, strict=True) if str(ROOT).encode() in text
    ] == []


def pins(file: Path) -> dict[str, tuple[Version, frozenset[str]]]:
    """Return version and checksums of each package that ``file`` locks."""
    found = {}
    for entry in re.split(r"\n(?=\S)", file.read_text()):
        pin, *more = entry.split("\\\n")
        name, version = pin.split(";")[0].strip().split("==")
        hashes = frozenset(
            line.strip() for line in "\\\n".join(more).splitlines() if "--hash" in line
        )
        found[name] = Version(version), frozenset(one.rstrip(" \\") for one in hashes)
    return found


def test_what_is_installed_by_checksum_is_what_everything_is_tested_with() -> None:
    ours, theirs = pins(ROOT / "athena_gate/requirements.lock"), pins(ROOT / "requirements.lock")
    assert {name: theirs[name] for name in ours} == ours
    assert [name for name, (_, hashes) in ours.items() if not hashes] == []


def test_the_lock_has_all_that_the_package_needs() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = pins(ROOT / "athena_gate/requirements.lock")
    for text in project["dependencies"]:
        needed = Requirement(text)
        assert locked[canonicalize_name(needed.name)][0] in needed.specifier


# What there is in a clone alone: targets of make, its programs, its pages.
CLONE = re.compile(
    r"\bmake (setup|demo|test|check|bench|matrix|readme|lock|clean)\b|\bmain\.py\b"
    r"|\bCONTRIBUTING|\bREADME|\bdevelopment\.|\bmodules/\w+/\w+\.py"
)


def spoken(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string in ``file`` that is no docstring."""
    tree = ast.parse(file.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            yield node.lineno, str(node.value)


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["gate", "modules", "stacks"])
def test_no_message_speaks_of_what_only_a_clone_has(folder: str) -> None:
    # `gate pipeline` writes the pages that its pipelines speak of.
    written = ROOT / "gate/pipeline/write.py"
    assert [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        if file != written
        for line, text in spoken(file)
        if CLONE.search(text)
    ] == []


def test_no_help_speaks_of_what_only_a_clone_has() -> None:
    helps = [
        str(one.help or one.callback.__doc__) for one in app.registered_commands if one.callback
    ]
    assert [text for text in helps if CLONE.search(text)] == []
