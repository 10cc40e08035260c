"""What `gate doctor` says of the provider's source and lock; the mirrors are empty folders."""

from pathlib import Path

import pytest

from athena_gate.gate import terraform
from athena_gate.gate.doctor import provider as doctor
from athena_gate.gate.doctor.finding import Finding
from athena_gate.gate.terraform import lock
from athena_gate.stacks.providers import LOCK
from tests.conftest import ROOT

RENEW = "run `gate lock`"
EXPORT = '`export TF_CLI_CONFIG_FILE="$PWD/.gate/terraform.rc"`'
BUILD = Path(".gate")
OURS = (ROOT / LOCK).read_text()


@pytest.fixture(autouse=True)
def nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder and home, no registry, and Linux on x86."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in ("TF_CLI_CONFIG_FILE", "GATE_PROVIDER_MIRROR", "CDKTF_SKIP_PROVIDER_LOCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(terraform, "registry_answers", lambda: False)
    monkeypatch.setattr(terraform, "_mirror_folders", terraform.implied_mirrors)
    monkeypatch.setattr(lock, "this_platform", lambda: "linux_amd64")


def mirror(folder: Path, *packages: str) -> Path:
    for package in packages:
        path = folder / "registry.terraform.io" / "hashicorp" / "aws" / package
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


UNPACKED = "5.100.0/linux_amd64"
PACKED = "terraform-provider-aws_6.25.0_linux_amd64.zip"


def test_both_layouts_of_a_mirror_are_read(tmp_path: Path) -> None:
    other = "terraform-provider-aws_6.26.0_darwin_arm64.zip"
    made = mirror(tmp_path / "mirror", UNPACKED, PACKED, other, "7.0.0/linux_amd64")
    assert doctor.mirrored(made) == ["5.100.0", "6.25.0", "7.0.0"]


def test_versions_are_compared_as_terraform_does() -> None:
    versions = ["5.99.1", "5.100.0", "6.25.0", "7.0.0"]
    assert {version: doctor.allowed(version) for version in versions} == {
        "5.99.1": False,
        "5.100.0": True,
        "6.25.0": True,
        "7.0.0": False,
    }


def test_a_mirror_that_terraform_finds_by_itself_is_fine(tmp_path: Path) -> None:
    made = mirror(tmp_path / "home" / ".terraform.d" / "plugins", UNPACKED)
    (tmp_path / LOCK).write_text(OURS)
    assert doctor.source_and_lock(BUILD) == [
        Finding("Provider source", "ok", f"the mirror {made}: 5.100.0"),
        Finding("Provider lock", "ok", "5.100.0"),
    ]


def test_a_mirror_that_only_gate_knows_of_stops(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = mirror(tmp_path / "mirror", UNPACKED)
    monkeypatch.setenv("GATE_PROVIDER_MIRROR", str(made))
    (tmp_path / LOCK).write_text(OURS)
    unknown = f"the mirror {made}: 5.100.0; but Terraform does not know of it in this shell"
    locked = Finding("Provider lock", "ok", "5.100.0")
    assert doctor.source_and_lock(BUILD) == [
        Finding("Provider source", "stop", unknown, EXPORT),
        locked,
    ]
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / ".gate" / "terraform.rc"))
    assert doctor.source_and_lock(BUILD) == [
        Finding("Provider source", "ok", f"the mirror {made}: 5.100.0"),
        locked,
    ]


def test_a_mirror_without_a_package_for_this_machine_stops(tmp_path: Path) -> None:
    made = mirror(tmp_path / "home" / ".terraform.d" / "plugins", "5.100.0/darwin_arm64")
    source, _ = doctor.source_and_lock(BUILD)
    assert source == Finding(
        "Provider source",
        "stop",
        f"the mirror {made} has no hashicorp/aws >= 5.100, < 7 for linux_amd64",
        "where there is a network: `terraform providers mirror -platform=linux_amd64 FOLDER`",
    )


def test_without_registry_and_mirror_there_is_one_finding() -> None:
    assert doctor.source_and_lock(BUILD) == [
        Finding(
            "Provider source",
            "stop",
            "registry.terraform.io cannot be reached and no mirror was found",
            "make one where there is a network with `terraform providers mirror FOLDER` and set "
            "GATE_PROVIDER_MIRROR=FOLDER",
        )
    ]


def test_a_configuration_of_the_users_is_left_to_them(tmp_path: Path) -> None:
    own = tmp_path / "home" / ".terraformrc"
    own.parent.mkdir()
    own.write_text("provider_installation {\n  direct {}\n}\n")
    (tmp_path / LOCK).write_text(OURS)
    assert doctor.source_and_lock(BUILD) == [
        Finding("Provider source", "ok", f"as {own} says"),
        Finding("Provider lock", "ok", "5.100.0"),
    ]


@pytest.mark.parametrize(
    ("published", "finding"),
    [
        (
            "054b8dd49f0549c9a7cc27d159e45327b7b65cf404da5e5a20da154b90b8a644",
            Finding("Provider lock", "ok", "5.100.0, and accepts the package for linux_amd64"),
        ),
        (
            "0" * 64,
            Finding(
                "Provider lock",
                "stop",
                "5.100.0, but not with the package for linux_amd64 found there",
                RENEW,
            ),
        ),
        ("", Finding("Provider lock", "ok", "5.100.0")),
    ],
    ids=["one of the lock's", "another", "unknown"],
)
def test_the_lock_is_compared_with_what_the_registry_publishes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, published: str, finding: Finding
) -> None:
    monkeypatch.setattr(terraform, "registry_answers", lambda: True)
    monkeypatch.setattr(doctor, "published", lambda _: published)
    (tmp_path / LOCK).write_text(OURS)
    assert doctor.source_and_lock(BUILD) == [
        Finding("Provider source", "ok", "registry.terraform.io"),
        finding,
    ]


NO_LOCK = "no .terraform.lock.hcl: each run takes the newest provider that the stacks accept"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (None, Finding("Provider lock", "note", NO_LOCK, RENEW)),
        (
            "",
            Finding(
                "Provider lock",
                "stop",
                ".terraform.lock.hcl: it does not name hashicorp/aws",
                RENEW,
            ),
        ),
        (
            OURS.replace('"5.100.0"', '"5.99.1"'),
            Finding(
                "Provider lock",
                "stop",
                "5.99.1, but the stacks ask for >= 5.100, < 7",
                f"delete .terraform.lock.hcl, then {RENEW}",
            ),
        ),
        (
            OURS.replace('"5.100.0"', '"6.25.0"'),
            Finding(
                "Provider lock",
                "stop",
                "6.25.0, which the mirror does not hold for linux_amd64",
                f"add it to the mirror, or delete .terraform.lock.hcl, then {RENEW}",
            ),
        ),
    ],
    ids=["none", "empty", "too old", "not mirrored"],
)
def test_a_lock_that_would_not_do_is_told(
    tmp_path: Path, text: str | None, finding: Finding
) -> None:
    mirror(tmp_path / "home" / ".terraform.d" / "plugins", UNPACKED)
    if text is not None:
        (tmp_path / LOCK).write_text(text)
    _, locked = doctor.source_and_lock(BUILD)
    assert locked == finding


def test_with_a_mirror_cdktf_needs_a_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mirror(tmp_path / "home" / ".terraform.d" / "plugins", UNPACKED)
    program = tmp_path / "bin" / "cdktf"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    _, locked = doctor.source_and_lock(BUILD)
    assert locked == Finding(
        "Provider lock", "stop", f"{NO_LOCK}, and cdktf asks the registry for one", RENEW
    )
