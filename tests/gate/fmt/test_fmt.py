"""`gate fmt` writes HCL as `terraform fmt` does."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_gate.gate.editing import edited
from athena_gate.gate.fmt import formatted
from athena_gate.modules.hcl import parse
from tests.conftest import DOT, ROOT, Project
from tests.gate.test_cli import gate

UNTIDY = """\
dot reporting {
account="analytics" # ours
    databases = ["sales","hr" , "it"]# three

  source "acme-lake" {
  prefixes=[
"sales/",
      # Europe's
    "hr/"]
  }
  keys { generations = ["a"] }
}
"""
TIDY = """\
dot "reporting" {
  account   = "analytics"           # ours
  databases = ["sales", "hr", "it"] # three

  source "acme-lake" {
    prefixes = [
      "sales/",
      # Europe's
    "hr/"]
  }
  keys { generations = ["a"] }
}
"""


def test_a_file_is_indented_aligned_and_spaced_and_keeps_its_comments() -> None:
    assert formatted(UNTIDY) == TIDY


def files() -> list[str]:
    """Return the HCL of this repository."""
    found = [ROOT / "gate.hcl", *sorted((ROOT / "modules").rglob("*.hcl"))]
    return [file.read_text() for file in (*found, ROOT / ".terraform.lock.hcl")]


def untidy(text: str, chance: random.Random) -> str:
    """Return ``text`` as somebody in a hurry would write it."""
    lines = []
    for line in text.split("\n"):
        changed = line
        if chance.random() < 0.5:
            changed = " " * chance.randrange(7) + changed.strip()
        if chance.random() < 0.4:
            changed = re.sub(" *= *", lambda _: chance.choice(["=", " =", "= ", "   =  "]), changed)
        if chance.random() < 0.3:
            changed = re.sub(", ", lambda _: chance.choice([",", ",   ", " , "]), changed)
        if chance.random() < 0.2 and changed.strip() and not changed.lstrip().startswith("#"):
            changed += chance.choice(["  # note", "# é", " // x", "  "])
        if chance.random() < 0.1:
            lines.append(chance.choice(["", "  ", "# comment", "    # indented"]))
        lines.append(changed)
    return "\n".join(lines).rstrip() + "\n"


ODD = [
    "a b c {\n}\n",
    "a {}\n\n\n\nb {}\n",
    "x = [1,2,\n3]\n",
    "x = [{a=1},{b=-2}]\n",
    "a { x=1 }\n",
    'x = {\n"a"=1, b : 2\n}\n',
    "x = [\n[\n1\n]\n]\n",
    "x = [[\n1\n]]\ny=-1\n",
    "x = 1 /* c */\n",
    "/* a\n b */\nx=1\n",
    "x = /* c */ 1\n",
    'a "é" {\n  éé = 1 # x\n  b = 2 # y\n}\n',
    "\n\n\nx = 1\n",
    "x = [ ]\ny = { }\n",
    "x = [\n# c\n1, # d\n22,# e\n]\n",
    "x = {\n # c\n a = 1 # d\n bbb = 22# e\n}\n",
    UNTIDY,
]


@pytest.mark.slow
def test_terraform_writes_the_same(tmp_path: Path) -> None:
    chance = random.Random(20261126)
    written = [one for text in files() for one in (text, *(untidy(text, chance) for _ in range(4)))]
    texts = [text for text in (*written, *ODD) if not parse(text)[1]]
    assert len(texts) > 200
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.tf").write_text(text)
        (tmp_path / f"{number}-windows.tf").write_text(text, newline="\r\n")
        # What it made is what it leaves as it is.
        (tmp_path / f"{number}-again.tf").write_text(formatted(text))
    terraform = shutil.which("terraform")
    assert terraform
    subprocess.run([terraform, "fmt", "-list=false", tmp_path], check=True, capture_output=True)
    assert [(tmp_path / f"{n}.tf").read_text() for n in range(len(texts))] == [
        formatted(text) for text in texts
    ]
    assert [(tmp_path / f"{n}-windows.tf").read_bytes() for n in range(len(texts))] == [
        edited(text.replace("\n", "\r\n").encode(), formatted) for text in texts
    ]
    assert [(tmp_path / f"{n}-again.tf").read_text() for n in range(len(texts))] == [
        formatted(text) for text in texts
    ]


@given(st.integers(0, 2**32), st.sampled_from(files()))
def test_what_a_file_says_stays_and_a_second_time_changes_nothing(seed: int, text: str) -> None:
    wrong = untidy(text, random.Random(seed))
    once = formatted(wrong)
    assert formatted(once) == once
    if not parse(wrong)[1]:
        assert shape(once) == shape(wrong)


def shape(text: str) -> list[str]:
    """Return ``text`` without blanks."""
    return [bare for line in text.split("\n") if (bare := re.sub(r"\s", "", line))]


def test_the_files_of_this_repository_are_formatted() -> None:
    assert [text for text in files() if formatted(text) != text] == []


def test_a_file_is_written_and_its_name_printed(project: Project) -> None:
    project.write(DOT.replace('account   = "analytics"', 'account="analytics"'))
    done = gate(project.folder, "fmt", "--check")
    assert (done.returncode, done.stdout) == (1, "gate.hcl\n")
    done = gate(project.folder, "fmt")
    assert (done.returncode, done.stdout) == (0, "gate.hcl\n")
    done = gate(project.folder, "fmt", "--check")
    assert (done.returncode, done.stdout) == (0, "")


def test_each_line_ends_as_it_did(project: Project) -> None:
    project.file.write_bytes(b"a {\r\nx=1 # one\r\ny = 22\n}\r\n")
    gate(project.folder, "fmt")
    assert project.file.read_bytes() == b"a {\r\n  x = 1 # one\r\n  y = 22\n}\r\n"


def test_a_difference_is_shown_and_nothing_written(project: Project) -> None:
    project.write("a {\nx=1\n}\n")
    done = gate(project.folder, "fmt", "--diff")
    assert (done.returncode, done.stdout) == (
        0,
        "--- old/gate.hcl\n+++ new/gate.hcl\n@@ -1,3 +1,3 @@\n a {\n-x=1\n+  x = 1\n }\n",
    )
    assert project.file.read_text() == "a {\nx=1\n}\n"


def test_a_file_with_mistakes_stays_as_it_is(project: Project) -> None:
    project.write("a {\nx:1\n}\n")
    done = gate(project.folder, "fmt")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate.hcl:2: a: a colon after x; write x = ... [GATE009]\n"
        "    2 | x:1\n"
        "      |  ^\n"
        "gate: gate.hcl has mistakes and stays as it is\n",
    )
    assert project.file.read_text() == "a {\nx:1\n}\n"


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    done = gate(tmp_path, "fmt", "no.hcl")
    assert (done.returncode, done.stderr) == (2, "gate: no.hcl: no such file\n")
