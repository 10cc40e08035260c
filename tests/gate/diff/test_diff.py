"""`gate diff`: pairs of configurations, and what a reviewer is told of each."""

import json
import shutil
import subprocess
from pathlib import Path

import pysequoia
import pytest

from athena_gate.gate.diff import Difference, Part, Party, compare
from athena_gate.gate.diff.sides import asked_for
from athena_gate.gate.diff.text import as_markdown, as_text
from athena_gate.gate.stack.model import Stack
from athena_gate.modules.athena.settings import read_public_key
from athena_gate.stacks.configuration import load
from tests.gate.test_cli import gate

ROOT = Path(__file__).resolve().parents[3]
KEY = read_public_key(ROOT / "keys" / "example.asc")
BASE = """
account "a" {
  id     = "111122223333"
  region = "eu-central-1"
}

dot "reporting" {
  account   = "a"
  databases = ["sales", "hr"]
  source "acme-lake" {
    prefixes = ["sales/"]
  }
  keys {
    pgp_key     = "KEY"
    generations = ["a"]
  }
}

hex "analytics" {
  account   = "a"
  databases = ["sales"]
  source "acme-lake" {}
  assumed_by {
    principals  = ["arn:aws:iam::999988887777:role/hex"]
    external_id = "x-1"
  }
  workgroup {
    bytes_scanned_cutoff = 10485760
  }
}
"""

# What is edited, by the name of the file that says what a reviewer is told.
EDITS = {
    "another-order": (
        '["sales", "hr"]',
        '["hr", "sales"]',
    ),
    "a-comment": (
        'dot "rep',
        '# c\ndot "rep',
    ),
    "a-database-more": (
        '["sales", "hr"]',
        '["sales", "hr", "ops"]',
    ),
    "a-database-fewer": (
        '["sales", "hr"]',
        '["sales"]',
    ),
    "a-narrower-prefix": (
        '["sales/"]',
        '["sales/2026/"]',
    ),
    "no-prefix": (
        '    prefixes = ["sales/"]\n',
        "",
    ),
    "another-principal": (
        'role/hex"]',
        'role/hex", "arn:aws:iam::999988887777:role/other"]',
    ),
    "another-external-id": (
        '"x-1"',
        '"x-2"',
    ),
    "no-external-id": (
        '    external_id = "x-1"\n',
        "",
    ),
    "another-cutoff": (
        "10485760",
        "20971520",
    ),
    "another-generation-of-keys": (
        '["a"]',
        '["a", "b"]',
    ),
    "lake-formation": (
        '  account   = "a"\n  databases = ["sales"]',
        '  account   = "a"\n  lake_formation {}\n  databases = ["sales"]',
    ),
    "another-account": (
        "111122223333",
        "444455556666",
    ),
    "another-region": (
        "eu-central-1",
        "eu-west-1",
    ),
    "tags": (
        '  region = "eu-central-1"\n',
        '  region = "eu-central-1"\n  tags = { a = "b" }\n',
    ),
    "another-role-for-terraform": (
        '  region = "eu-central-1"\n',
        '  region = "eu-central-1"\n  assume_role = "arn:aws:iam::111122223333:role/t"\n',
    ),
    "another-backend": (
        'account "a"',
        'backend "s3" {\n bucket = "acme-states"\n region = "eu-central-1"\n}\naccount "a"',
    ),
    "a-permissions-boundary": (
        'hex "analytics" {\n',
        'hex "analytics" {\n  permissions_boundary = "arn:aws:iam::111122223333:policy/b"\n',
    ),
    "another-name": (
        'hex "analytics"',
        'hex "insights"',
    ),
    "what-the-page-documents": (
        'dot "reporting" {\n',
        'dot "reporting" {\n  grants = "documented"\n',
    ),
    "results-read-directly": (
        'hex "analytics" {\n',
        'hex "analytics" {\n  reads_results_directly = true\n',
    ),
    "an-encrypted-source": (
        '  source "acme-lake" {}\n',
        '  source "acme-lake" {\n'
        '    kms_key = "arn:aws:kms:eu-central-1:111122223333:key/'
        '11111111-2222-3333-4444-555555555555"\n'
        "  }\n",
    ),
    "from-any-address": (
        'dot "reporting" {\n',
        'dot "reporting" {\n  restrict_to_vendor_ips = false\n',
    ),
}


def asked(folder: Path, text: str) -> tuple[Stack, ...]:
    folder.mkdir(exist_ok=True)
    (folder / "gate.hcl").write_text(text.replace("KEY", KEY))
    return asked_for(load(folder / "gate.hcl"))


@pytest.mark.parametrize("name", EDITS)
def test_a_reviewer_is_told_what_the_policies_mean(name: str, tmp_path: Path) -> None:
    before, after = EDITS[name]
    assert before in BASE
    old, new = asked(tmp_path, BASE), asked(tmp_path, BASE.replace(before, after, 1))
    expected = Path(__file__).parent / "expected" / f"{name}.txt"
    assert as_text(compare(new, old), "main") + "\n" == expected.read_text()


def test_every_answer_has_its_edit() -> None:
    folder = Path(__file__).parent / "expected"
    assert sorted(one.stem for one in folder.iterdir()) == sorted(EDITS)


@pytest.mark.parametrize("name", EDITS)
def test_what_one_side_has_more_the_other_has_fewer(name: str, tmp_path: Path) -> None:
    before, after = EDITS[name]
    old, new = asked(tmp_path, BASE), asked(tmp_path, BASE.replace(before, after, 1))

    def turned(party: Party) -> Party:
        return Party(
            party.arn, party.principal, party.denied, party.fewer, party.more, party.doubts
        )

    there = [(one.stack, party) for one in compare(new, old) for party in one.parties]
    back = [(one.stack, turned(party)) for one in compare(old, new) for party in one.parties]
    assert sorted(map(str, there)) == sorted(map(str, back))


def test_another_pgp_key_leaves_the_access_keys_that_are_there(tmp_path: Path) -> None:
    old = asked(tmp_path, BASE)
    other = pysequoia.Tsk.generate(user_id="ops").extract_certificate()
    (tmp_path / "ops.asc").write_text(str(other))
    new = asked(tmp_path, BASE.replace('pgp_key     = "KEY"', 'pgp_key_file = "ops.asc"'))
    assert as_text(compare(new, old), "main").splitlines() == [
        "dot-reporting",
        "  resources",
        "=     aws_iam_access_key.reporting_key-a_45956ED2 stays as it was made: pgp_key",
        "",
        "beside main: 1 stack changed, 0 more and 0 fewer rights, 1 resource kept",
    ]


def test_a_key_that_is_replaced_is_counted() -> None:
    found = Part("replaced", "aws_iam_access_key.key-a", "", ("user",))
    assert as_text([Difference("dot-reporting", "changed", (), (found,), ())], "main").splitlines()[
        2:
    ] == [
        "!     aws_iam_access_key.key-a is replaced: user",
        "",
        "beside main: 1 stack changed, 0 more and 0 fewer rights, 1 resource replaced, 1",
        "access key replaced: whoever uses it must get the new one",
    ]


def test_in_markdown_each_stack_is_a_block_that_nothing_in_it_ends() -> None:
    found = [Difference("x", "changed", (), (), ("account ``` becomes\x1b[31m b",))]
    assert as_markdown(found, "a`b").splitlines() == [
        "### Who may do what",
        "",
        "Compared with ``a`b``: 1 stack changed, 0 more and 0 fewer rights.",
        "",
        "````diff",
        "x",
        r"  ! account ``` becomes\x1b[31m b",
        "````",
    ]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of git whose gate.hcl lies in a folder, one commit old, with a database more
    since."""
    folder = tmp_path / "access"
    asked(folder, BASE)
    shutil.copytree(ROOT / "keys", folder / "keys")
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", "."),
        ("-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "first"),
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    asked(folder, BASE.replace(*EDITS["a-database-more"], 1))
    return folder


@pytest.mark.parametrize("against", ["HEAD", "main", "../other", "../other/gate.hcl"])
def test_it_compares_with_a_commit_and_with_a_folder(repository: Path, against: str) -> None:
    asked(repository.parent / "other", BASE)
    done = gate(repository, "diff", "--against", against)
    expected = Path(__file__).parent / "expected" / "a-database-more.txt"
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == expected.read_text().replace("beside main", f"beside {against}")


def test_as_json_it_is_the_value(repository: Path) -> None:
    done = gate(repository, "diff", "--json")
    found = json.loads(done.stdout)
    (stack,) = found["differences"]
    assert (found["against"], stack["stack"], stack["fate"]) == ("HEAD", "dot-reporting", "changed")
    assert stack["parties"][0]["arn"] == "arn:aws:iam::111122223333:user/dot-reporting"
    assert stack["parties"][0]["more"][1]["resources"] == [
        "arn:aws:glue:eu-central-1:111122223333:table/ops/*"
    ]


ALLOWED = (
    " is neither a folder nor a commit of git here; allowed: a commit or branch, as in --against "
    "origin/main, a folder with another gate.hcl, or an earlier synth such as cdktf.out\n"
)


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("mian", f"gate: 'mian'{ALLOWED}"),
        ("", f"gate: ''{ALLOWED}"),
        ("--output=x", f"gate: '--output=x'{ALLOWED}"),
        ("HEAD~9", f"gate: 'HEAD~9'{ALLOWED}"),
    ],
)
def test_what_is_nothing_to_compare_with_is_told(repository: Path, against: str, said: str) -> None:
    done = gate(repository, "diff", f"--against={against}")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_folder_without_a_configuration_is_told(repository: Path) -> None:
    (repository / "empty").mkdir()
    done = gate(repository, "diff", "--against", "empty")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: empty holds neither gate.hcl nor a synthesized stack; allowed: a folder with one of "
        "the two, such as cdktf.out, or a commit of git\n",
    )


def test_mistakes_of_the_other_side_are_named(repository: Path) -> None:
    other = repository / "other"
    other.mkdir()
    (other / "gate.hcl").write_text("dto {}\n")
    done = gate(repository, "diff", "--against", "other")
    assert done.returncode == 2
    assert done.stderr.startswith("gate: other cannot be compared with: other/gate.hcl:1: ")
