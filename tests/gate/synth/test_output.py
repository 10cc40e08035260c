"""Where synthesized stacks lie."""

from pathlib import Path

import pytest

from athena_gate.gate.synth.output import Shared, output_folder
from athena_gate.modules.files import Unreadable


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("project", "variables", "expected"),
    [
        ("", {}, "cdktf.out"),
        ('{"output": "made"}', {}, "made"),
        ('{"output": "made"}', {"CDKTF_OUTDIR": "other"}, "other"),
        ('{"output": "made"}', {"GATE_ENV": "prod"}, "made/environments/prod"),
        ("", {"GATE_ENV": "prod", "CDKTF_OUTDIR": "other"}, "other"),
    ],
)
def test_the_folder_is_what_cdktf_says_and_an_environment_has_its_own(
    project: str, variables: dict[str, str], expected: str
) -> None:
    if project:
        Path("cdktf.json").write_text(project)
    assert output_folder(variables) == Path(expected)


def test_cdktf_is_to_be_told_the_folder_of_an_environment() -> None:
    with pytest.raises(Shared) as raised:
        output_folder({"GATE_ENV": "prod", "CDKTF_OUTDIR": str(Path("cdktf.out").absolute())})
    assert str(raised.value) == (
        "cdktf.out is not for one environment; run cdktf with --output cdktf.out/environments/prod"
    )


def test_a_project_file_without_an_output_that_is_a_name_is_told() -> None:
    Path("cdktf.json").write_text('{"output": 1}')
    with pytest.raises(Unreadable) as raised:
        output_folder({})
    assert str(raised.value) == 'cdktf.json: has no "output" that is the name of a folder'
