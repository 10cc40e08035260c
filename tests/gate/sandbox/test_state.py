import json
from pathlib import Path

import pytest

from athena_gate.gate.sandbox.state import StateElsewhere, require_folders_inside

COMMAND = ["terraform", "-chdir=stack", "init"]
CLOUD = {"organization": "acme", "workspaces": {"name": "dot-reporting"}}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = Path("stack")
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("terraform", "kind"),
    [
        ({"cloud": CLOUD}, "cloud"),
        ({"cloud": [CLOUD]}, "cloud"),
        ([{"required_version": ">= 1.11"}, {"cloud": CLOUD}], "cloud"),
        ({"backend": {"remote": {}}}, "remote"),
        ({"backend": [{"http": {}}]}, "http"),
        ({"backend": {"gcs": {}}}, "gcs"),
    ],
)
def test_a_synthesized_folder_with_its_state_elsewhere_is_refused(
    stack: Path, terraform: object, kind: str
) -> None:
    (stack / "cdk.tf.json").write_text(json.dumps({"terraform": terraform}))

    with pytest.raises(StateElsewhere) as error:
        require_folders_inside(COMMAND)

    assert str(error.value) == (
        f"stack/cdk.tf.json keeps its state elsewhere ({kind}), which is not in the sandbox; "
        "synthesize it from a gate.hcl without that backend: gate --file COPY sandbox -- gate "
        "synth"
    )


@pytest.mark.parametrize(
    "text",
    ['terraform {\n  cloud {\n    organization = "acme"\n  }\n}\n', "terraform {\n  cloud {}\n}\n"],
)
def test_so_is_the_folder_the_command_starts_in(stack: Path, text: str) -> None:
    (stack.parent / "main.tf").write_text(text)

    with pytest.raises(StateElsewhere, match=r"^main\.tf keeps its state elsewhere \(cloud\)"):
        require_folders_inside(["terraform", "init"])


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"terraform": {"backend": {"local": {"path": "x"}}}}),
        json.dumps({"terraform": {"backend": {"s3": {"bucket": "acme-states"}}}}),
        json.dumps({"resource": {"cloud": {}}, "terraform": {"required_version": ">= 1.11"}}),
        json.dumps({"terraform": "cloud"}),
        "[]",
        "null",
        "not JSON",
        "[" * 100_000,
    ],
)
def test_a_state_in_a_file_or_in_s3_is_taken_and_what_is_broken_is_terraforms_to_tell(
    stack: Path, text: str
) -> None:
    (stack / "cdk.tf.json").write_text(text)
    (stack / "more.tf").write_text('terraform {\n  backend "s3" {}\n}\n')

    require_folders_inside(COMMAND)
