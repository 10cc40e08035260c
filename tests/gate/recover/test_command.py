"""What `gate recover` on the command line does not begin."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from athena_gate.gate.commands.recover import _end_provider, _require_names_of_its_own
from athena_gate.gate.deploy import Target
from athena_gate.gate.stack.state import is_orphan, running_in
from tests.conftest import DOT, Project

PROD = 'account "analytics" {\n  id = "444455556666"\n}\n'


@pytest.fixture
def folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the Dot stack, in no environment."""
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("GATE_ENV", "")
    Path("environments").mkdir()
    return project.folder


def refused(capsys: pytest.CaptureFixture[str], *, report: bool = False) -> tuple[bool, str]:
    """Return whether it ends, and what it says."""
    ended = False
    try:
        _require_names_of_its_own(Path("gate.hcl"), report=report)
    except typer.Exit as exit_:
        ended = exit_.exit_code == 1
    return ended, " ".join(capsys.readouterr().err.split())


def test_things_of_the_same_names_that_others_make_end_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment, beside = folder / "environments/prod.hcl", folder / "other.hcl"
    environment.write_text(PROD)
    assert refused(capsys) == (False, "")
    environment.write_text("")
    assert refused(capsys)[1].startswith(
        "gate: the environment prod makes the iam_policy dot-reporting in account 111122223333 too"
    )
    environment.unlink()
    beside.write_text(DOT)
    assert refused(capsys)[1] == (
        "gate: other.hcl makes the iam_policy dot-reporting in account 111122223333 too, so what "
        "stands there may be its own; give each an account or names of its own; a copy that "
        "nothing is built from goes elsewhere"
    )


@pytest.mark.parametrize(
    ("name", "text", "look"),
    [
        (
            "environments/prod.hcl",
            'account "analytics" {\n  id = "4"\n}\n',
            "gate --env prod check",
        ),
        ("other.hcl", DOT.replace("111122223333", "4"), "gate --file other.hcl check"),
    ],
)
def test_what_others_make_is_not_guessed_where_they_have_mistakes(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, look: str
) -> None:
    (folder / name).write_text(text)
    ended, said = refused(capsys)
    assert ended
    assert f"not known; nothing was changed; {look} names them" in said
    assert refused(capsys, report=True) == (False, said.partition(";")[0])
    (folder / "other.hcl").write_text('source "docker" "x" {}\n')
    (folder / "environments/prod.hcl").write_text(PROD)
    assert refused(capsys) == (False, "")


@pytest.mark.parametrize(
    "text", ['source "docker" "x" {}\n', DOT.replace('"reporting"', '"other"')]
)
def test_what_an_environment_gives_to_a_file_beside_is_not_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Of another program, or a configuration that this environment is not for."""
    monkeypatch.setenv("GATE_ENV", "prod")
    block = 'dot "reporting" {\n  databases = ["finance"]\n}\n'
    (folder / "environments/prod.hcl").write_text(PROD + block)
    (folder / "other.hcl").write_text(text)
    assert refused(capsys) == (False, "")


def await_provider(process: int) -> None:
    """Return once ``process`` has the provider's name: it has its parent's until it has begun."""
    while not Path(f"/proc/{process}/comm").read_text().startswith("terraform-provi"):
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="whose child a process is is asked of Linux")
def test_a_provider_whose_terraform_is_gone_is_ended_on_yes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    provider, folder = tmp_path / "terraform-provider-aws", tmp_path / "stack"
    sleep = shutil.which("sleep")
    assert sleep
    shutil.copy(sleep, provider)
    folder.mkdir()
    with subprocess.Popen([provider, "60"], cwd=folder) as process:
        await_provider(process.pid)
        assert running_in(folder) == process.pid
        with pytest.raises(typer.Exit):
            _end_provider(Target("dot-x", folder), ["x"], yes=False)
        assert (process.poll(), capsys.readouterr().err) == (
            None,
            "gate: nothing was changed: nobody can be asked here; run: gate recover --yes x\n",
        )
        _end_provider(Target("dot-x", folder), ["x"], yes=True)
        assert process.wait(10) == -signal.SIGTERM
    said = f"dot-x: ended process {process.pid}, a provider without Terraform\n"
    assert capsys.readouterr().err == said


@pytest.mark.skipif(sys.platform != "linux", reason="whose child a process is is asked of Linux")
def test_one_that_ended_while_it_was_asked_about_is_not_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = tmp_path / "terraform-provider-aws"
    shutil.copy(str(shutil.which("sleep")), provider)
    with subprocess.Popen([provider, "60"], cwd=tmp_path) as process:
        await_provider(process.pid)

        end, killed = os.kill, list[int]()

        def answer(*_: object) -> None:
            end(process.pid, signal.SIGKILL)
            process.wait()

        monkeypatch.setattr("athena_gate.gate.commands.recover._ask", answer)
        monkeypatch.setattr(os, "kill", lambda number, _: killed.append(number))
        _end_provider(Target("dot-x", tmp_path), ["x"], yes=False)
    assert (killed, capsys.readouterr().err) == ([], "")


@pytest.mark.skipif(sys.platform != "linux", reason="where a process works is asked of Linux")
def test_terraform_in_a_folder_that_was_deleted_is_seen(tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    shutil.copy(str(shutil.which("sleep")), program)
    own, other = tmp_path / "a" / "dot-x", tmp_path / "b" / "dot-x"
    own.mkdir(parents=True)
    for place, elsewhere in ((own, False), (other, True)):
        place.mkdir(parents=True, exist_ok=True)
        with subprocess.Popen([program, "60"], cwd=place) as process:
            shutil.rmtree(place)
            while not Path(f"/proc/{process.pid}/comm").read_text().startswith("terraform"):
                time.sleep(0.01)
            assert running_in(own, elsewhere=elsewhere) == process.pid
            process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="whose child a process is is asked of Linux")
def test_one_that_terraform_still_works_with_is_left(tmp_path: Path) -> None:
    terraform = tmp_path / "terraform"
    terraform.write_text("#!/bin/sh\n./terraform-provider-aws 60 & echo $!; wait\n")
    terraform.chmod(0o755)
    shutil.copy(str(shutil.which("sleep")), tmp_path / "terraform-provider-aws")
    with subprocess.Popen([terraform], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        provider = int(process.stdout.readline())
        await_provider(provider)
        assert not is_orphan(provider)
        process.kill()
        process.wait()
        assert is_orphan(provider)
        os.kill(provider, signal.SIGTERM)
