"""Two files in one folder have no state in common."""

from pathlib import Path

import pytest

from athena_gate.gate.check.environments import beside
from athena_gate.modules.findings import Mistake
from athena_gate.stacks.configuration import load
from athena_gate.stacks.neighbours import neighbours, shared_states
from tests.conftest import DOT, Project
from tests.gate.test_cli import gate

S3 = 'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}\n'
CLOUD = 'backend "cloud" {\n  organization = "acme"\n}\n'
LINE = DOT[: DOT.index('dot "reporting"')].count("\n") + 1
UNCLEAR = (
    "whether its state, s3://acme-states/athena-gate/dot-reporting.tfstate, is that of a block in "
)


def says(place: str) -> str:
    return (
        f'its state is {place}, which is that of dot "reporting" in gate.hcl, so that each would '
        "destroy what the other has made; choose another name, or give this file a folder of its "
        "own"
    )


def mistakes(file: str) -> list[Mistake]:
    configuration = load(Path(file))
    return shared_states(configuration, neighbours(configuration))


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(project.folder)
    return project.folder


@pytest.mark.parametrize(
    ("backend", "place"),
    [
        ("", "terraform.dot-reporting.tfstate"),
        (S3, "s3://acme-states/athena-gate/dot-reporting.tfstate"),
        (CLOUD, "https://app.terraform.io/app/acme/workspaces/dot-reporting"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_second_file_has_states_of_its_own(backend: str, place: str) -> None:
    Path("gate.hcl").write_text(DOT + backend)
    Path("staging.hcl").write_text(DOT + backend)
    (found,) = mistakes("staging.hcl")
    assert (found.line, found.subject, found.problem) == (LINE, 'dot "reporting"', says(place))
    assert mistakes("gate.hcl") == []
    for other in (
        DOT.replace('"reporting"', '"staging"') + backend,
        DOT + ("" if backend else S3),
    ):
        Path("staging.hcl").write_text(other)
        assert mistakes("staging.hcl") == []


@pytest.mark.usefixtures("here")
def test_of_two_files_the_later_is_at_fault_and_one_by_two_names_is_one() -> None:
    Path("gate.hcl").rename("a.hcl")
    Path("b.hcl").write_text(DOT)
    Path("c.hcl").symlink_to("a.hcl")
    Path("terragrunt.hcl").write_text("terraform {")
    Path(".terraform.lock.hcl").write_text("")
    assert [len(mistakes(name)) for name in ("a.hcl", "b.hcl")] == [0, 1]
    Path("b.hcl").unlink()
    assert mistakes("c.hcl") == []


@pytest.mark.usefixtures("here")
def test_what_an_environment_gives_to_a_file_of_another_program_is_not_its_own() -> None:
    Path("environments").mkdir()
    change = 'dot "reporting" {\n  databases = ["finance"]\n}\n'
    Path("environments/prod.hcl").write_text(change)
    Path("gate.hcl").rename("b.hcl")
    for text in ('source "docker" "x" {}\n', "terraform {"):
        Path("a.hcl").write_text(text)
        configuration = load(Path("b.hcl"), "prod")
        others = neighbours(configuration)
        assert [*others.values()] == [None]
        assert shared_states(configuration, others) == []
        assert beside(configuration, others) == ([], [])


@pytest.mark.parametrize(
    ("beside", "found"),
    [
        # What reads as HCL is compared all the same.
        (DOT.replace('databases = ["sales"]', "databases = 1") + S3, "its state is s3://"),
        (DOT + "surprise {}\n" + S3, "its state is s3://"),
        (DOT + "surprise {}\n", ""),
        (DOT.replace('"reporting"', '"staging"') + "surprise {}\n" + S3, ""),
        # Where its state is, or which blocks there are, cannot be told.
        (DOT + 'backend "s3" {}\n', UNCLEAR),
        (DOT.replace('"reporting"', '"staging"') + 'backend "s3" {}\n', ""),
        (DOT + S3 + "oops {", UNCLEAR),
        ("account {\n  x = \ndot reporting {", UNCLEAR),
        ("\0", UNCLEAR),
        ('terraform {\n  source = "${path}', ""),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_file_with_mistakes_has_states_too(beside: str, found: str) -> None:
    Path("gate.hcl").write_text(beside)
    Path("staging.hcl").write_text(DOT + S3)
    problems = [one.problem for one in mistakes("staging.hcl")]
    assert [one.startswith(found) for one in problems] == [True] * bool(found), problems


def test_check_and_synth_refuse_it(here: Path) -> None:
    Path("staging.hcl").write_text(DOT.replace('"reporting"', '"staging"'))
    assert gate(here, "--file", "staging.hcl", "check").returncode == 0
    # What was kept of that is not taken for another answer.
    gate_hcl = Path("gate.hcl")
    gate_hcl.write_text(DOT.replace('"reporting"', '"staging"'))
    for command in ("check", "synth"):
        done = gate(here, "--file", "staging.hcl", command, CDKTF_OUTDIR="other")
        assert done.returncode == 2
        assert f'staging.hcl:{LINE}: dot "staging": its state is terraform.dot-staging.' in (
            done.stdout + done.stderr
        ).replace("\n", " ")
        assert not Path("other").exists()
