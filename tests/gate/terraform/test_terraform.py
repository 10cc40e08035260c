"""Where Terraform takes the AWS provider from."""

import os
from pathlib import Path

import pytest

from athena_gate.gate import terraform
from athena_gate.gate.terraform import (
    NoProvider,
    ProviderSource,
    find_source,
    terraform_environment,
)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The registry does not answer, and there are no mirrors but those a test makes."""
    monkeypatch.setattr(terraform, "registry_answers", lambda: False)
    monkeypatch.setattr(terraform, "Path", _Rooted(tmp_path))


class _Rooted:
    """``Path``, but /opt is a folder of the test's."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self, *parts: str | Path) -> Path:
        return self._root / "opt" if parts == ("/opt",) else Path(*parts)


def mirror(folder: Path) -> Path:
    (folder / "registry.terraform.io" / "hashicorp" / "aws").mkdir(parents=True)
    return folder


def test_the_registry_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(terraform, "registry_answers", lambda: True)
    mirror(tmp_path / ".terraform.d" / "plugins")
    assert find_source({"HOME": str(tmp_path)}) == ProviderSource(None)


@pytest.mark.parametrize(
    ("folder", "variables"),
    [
        (".terraform.d/plugins", {}),
        (".local/share/terraform/plugins", {}),
        ("xdg/terraform/plugins", {"XDG_DATA_HOME": "{root}/xdg"}),
        ("dirs/terraform/plugins", {"XDG_DATA_DIRS": "{root}/none:{root}/dirs"}),
        ("opt/providers", {}),
    ],
)
@pytest.mark.usefixtures("offline")
def test_without_it_a_mirror_is_found(
    tmp_path: Path, folder: str, variables: dict[str, str]
) -> None:
    made = mirror(tmp_path / folder)
    filled = {name: value.format(root=tmp_path) for name, value in variables.items()}
    assert find_source({"HOME": str(tmp_path), **filled}) == ProviderSource(made)


def test_a_mirror_that_is_named_is_taken(tmp_path: Path) -> None:
    made = mirror(tmp_path / "mirror")
    assert find_source({"GATE_PROVIDER_MIRROR": str(made)}) == ProviderSource(made)


def test_a_mirror_that_is_named_must_hold_the_provider(tmp_path: Path) -> None:
    with pytest.raises(NoProvider) as caught:
        find_source({"GATE_PROVIDER_MIRROR": str(tmp_path)})
    assert str(caught.value) == (
        f"GATE_PROVIDER_MIRROR names {tmp_path}, which holds no "
        "registry.terraform.io/hashicorp/aws; `terraform providers mirror FOLDER` makes one"
    )


@pytest.mark.usefixtures("offline")
def test_without_registry_and_mirror_the_way_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoProvider) as caught:
        find_source({"HOME": str(tmp_path)})
    assert str(caught.value) == (
        "no AWS provider: registry.terraform.io cannot be reached and no mirror was found; make "
        "one where there is a network with `terraform providers mirror FOLDER` and set "
        "GATE_PROVIDER_MIRROR=FOLDER"
    )


@pytest.mark.usefixtures("offline")
def test_a_configuration_file_that_is_not_there_is_replaced(tmp_path: Path) -> None:
    made = mirror(tmp_path / "opt" / "mirror")
    build = tmp_path / "build"
    result = terraform_environment(
        build, {"HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": str(tmp_path / "nowhere")}
    )
    assert result["TF_CLI_CONFIG_FILE"] == str(build / "terraform.rc")
    assert (build / "terraform.rc").read_text() == (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f'    path    = "{made}"\n'
        '    include = ["registry.terraform.io/*/*"]\n'
        "  }\n"
        "}\n"
    )


def test_a_configuration_of_the_users_that_installs_providers_stays(tmp_path: Path) -> None:
    own = tmp_path / "own.rc"
    own.write_text("provider_installation {\n  direct {}\n}\n")
    given = {"HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": str(own)}
    assert terraform_environment(tmp_path / "build", given) == {
        **given,
        "CHECKPOINT_DISABLE": "1",
        "CDKTF_SKIP_PROVIDER_LOCK": "true",
    }


def test_with_the_registry_the_users_configuration_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(terraform, "registry_answers", lambda: True)
    result = terraform_environment(tmp_path / "build", {"HOME": str(tmp_path)})
    assert "TF_CLI_CONFIG_FILE" not in result
    assert not (tmp_path / "build").exists()


def test_an_old_terraform_is_refused(tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.write_text("#!/bin/sh\necho 'Terraform v1.9.8'\n")
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", path)
        with pytest.raises(terraform.NoTerraform) as caught:
            terraform.require_terraform({"PATH": path})
    assert str(caught.value) == "Terraform 1.9.8 is too old; install version 1.11 or newer"
