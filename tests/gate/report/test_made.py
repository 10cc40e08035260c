"""When a report was made, and of which commit."""

import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from athena_gate.gate.report.made import Made, NoDate, made

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
VERSION = version("athena-gate")


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", str(folder), *settings, *arguments],
        env={"PATH": "/usr/bin:/bin", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05+02:00"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A gate.hcl in a folder of a repository, committed."""
    folder = tmp_path / "repository" / "access"
    folder.mkdir(parents=True)
    (folder / "gate.hcl").write_text("x")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "x")
    return folder / "gate.hcl"


def test_a_report_on_a_commit_has_its_date_whenever_it_is_made(file: Path) -> None:
    commit = git(file.parent, "rev-parse", "HEAD")
    assert made([file], {}, NOW) == Made(
        "2026-01-02 01:04 UTC", "the commit's", VERSION, commit, False
    )


def test_what_is_not_committed_is_dated_when_it_is_made(file: Path) -> None:
    commit = git(file.parent, "rev-parse", "HEAD")
    uncommitted = Made("2026-11-26 12:30 UTC", "when this was made", VERSION, commit, True)
    key = file.with_name("key.asc")
    key.write_text("new")
    assert made([file, key], {}, NOW) == uncommitted
    (file.parent / ".gitignore").write_text("key.asc")
    assert made([file, key], {}, NOW) == uncommitted
    assert made([file], {}, NOW).changed is False
    file.write_text("changed")
    assert made([file], {}, NOW) == uncommitted


def test_source_date_epoch_goes_before_any_other_date(file: Path, tmp_path: Path) -> None:
    alone = tmp_path / "gate.hcl"
    found = [made([one], {"SOURCE_DATE_EPOCH": "1795651200"}, NOW) for one in (file, alone)]
    assert [(one.date, one.of) for one in found] == [
        ("2026-11-26 00:00 UTC", "as SOURCE_DATE_EPOCH has it")
    ] * 2


def test_outside_of_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    alone = Made("2026-11-26 12:30 UTC", "when this was made", VERSION)
    assert made([tmp_path / "gate.hcl"], {}, NOW) == alone


def test_without_git_there_is_no_commit(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert made([file], {}, NOW).commit == ""


@pytest.mark.parametrize("epoch", ["today", "-1", "1.5", "9" * 30, "٣"])
def test_an_epoch_that_is_no_date_is_refused(tmp_path: Path, epoch: str) -> None:
    with pytest.raises(NoDate) as error:
        made([tmp_path / "gate.hcl"], {"SOURCE_DATE_EPOCH": epoch}, NOW)
    assert str(error.value) == (
        f"SOURCE_DATE_EPOCH is {epoch!r}; allowed: seconds since 1970, as in 1795651200"
    )
