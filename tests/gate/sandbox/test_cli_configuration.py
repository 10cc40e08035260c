import json
from pathlib import Path

import pytest

from athena_gate.gate.sandbox.cli_configuration import NotReadable, without_credentials

NO_HCP_TERRAFORM = 'host "app.terraform.io" {\n  services = {}\n}\n'
MIRROR = """provider_installation {
  # "}" in a comment, and in a text
  filesystem_mirror {
    path    = "/opt/}{"
    include = ["registry.terraform.io/*/*"]
  }
  dev_overrides { "hashicorp/null" = "/src" }
  direct {}
}"""


def taken_over(file: Path, text: str) -> str:
    file.write_text(text)
    return without_credentials({"TF_CLI_CONFIG_FILE": str(file)})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "terraform.rc"


def test_where_providers_come_from_stays_as_it_is_written(file: Path) -> None:
    text = f'plugin_cache_dir = "$HOME/cache"\n{MIRROR}\n'

    assert taken_over(file, text) == text + NO_HCP_TERRAFORM


@pytest.mark.parametrize(
    "secret",
    [
        'credentials "app.terraform.io" { token = "SECRET" }',
        'credentials "tfe.acme.com" {\n  token = "SECRET"\n}',
        '"credentials" "app.terraform.io" { token = "SECRET" }',
        'credentials = { "app.terraform.io" = { token = "SECRET" } }',
        'credentials_helper "SECRET" { args = ["SECRET"] }',
        'host "app.terraform.io" { services = { "tfe.v2" = "https://SECRET/" } }',
        'providers { aws = "SECRET" }',
        'anything_new = "SECRET"',
        'anything_new = ["SECRET", { a = "SECRET" }]',
        "/* SECRET */ # SECRET\n// SECRET",
    ],
)
@pytest.mark.parametrize("between", ["\n", " "])
def test_nothing_else_is_taken_over(file: Path, secret: str, between: str) -> None:
    text = between.join(["plugin_cache_dir = true", secret.rstrip() + "\n", MIRROR, secret])

    assert taken_over(file, text) == (f"plugin_cache_dir = true\n{MIRROR}\n{NO_HCP_TERRAFORM}")


def test_json_is_taken_over_as_json(file: Path) -> None:
    installation: dict[str, object] = {"direct": {}}
    text = json.dumps(
        {
            "credentials": {"app.terraform.io": {"token": "SECRET"}},
            "provider_installation": installation,
        }
    )

    assert json.loads(taken_over(file, text)) == {
        "provider_installation": installation,
        "host": {"app.terraform.io": {"services": {}}},
    }


@pytest.mark.parametrize(
    "text",
    ["provider_installation {", "plugin_cache_dir =", 'a "b"', "a = <<E\nE", "}", "{", "a = ]"],
)
def test_what_cannot_be_taken_apart_is_refused_with_what_to_do(file: Path, text: str) -> None:
    with pytest.raises(NotReadable) as error:
        taken_over(file, text)

    assert str(error.value).startswith(f"{file}, Terraform's CLI configuration, cannot be taken")
    assert str(error.value).endswith("; name another file with TF_CLI_CONFIG_FILE")


def test_without_a_file_named_the_users_own_are_read_and_no_tokens(tmp_path: Path) -> None:
    folder = tmp_path / ".terraform.d"
    folder.mkdir()
    (tmp_path / ".terraformrc").write_text('credentials "a.example" { token = "SECRET" }\n')
    (folder / "mirror.tfrc").write_text(MIRROR)
    (folder / "credentials.tfrc.json").write_text('{"credentials": {"a": {"token": "SECRET"}}}')

    assert without_credentials({"HOME": str(tmp_path)}) == f"{MIRROR}\n{NO_HCP_TERRAFORM}"


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    missing = {"TF_CLI_CONFIG_FILE": str(tmp_path / "none")}

    assert without_credentials(missing) == NO_HCP_TERRAFORM
