"""Renewing the lock of the provider, with and without its registry."""

import os
from pathlib import Path

import pytest

from athena_gate.gate.terraform import lock
from athena_gate.gate.terraform.lock import PLATFORMS, Lock, NotLocked, UnreadableLock, read, renew
from athena_gate.stacks.providers import LOCK
from tests.conftest import ROOT

OURS = (ROOT / LOCK).read_text()
MEASURED = "h1:edXOJWE4ORX8Fm+dpVpICzMZJat4AX0VRCAy/xkcOc0="


def fake_terraform(folder: Path, script: str) -> dict[str, str]:
    """Return an environment whose Terraform is ``script``, run in the folder -chdir names."""
    program = folder / "terraform"
    program.write_text(f'#!/bin/sh\ncd "${{1#-chdir=}}"\n{script}\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def no_registry(variables: dict[str, str]) -> dict[str, str]:
    """Return ``variables`` with which nothing beyond this machine can be reached."""
    nowhere = "http://127.0.0.1:9"
    return {**variables, "HTTPS_PROXY": nowhere, "https_proxy": nowhere}


def test_a_lock_is_read() -> None:
    text = (
        'provider "registry.terraform.io/hashicorp/aws" {\n  version = "5.100.0"\n'
        '  hashes = ["h1:a", "zh:b"]\n}\n'
    )
    assert read(text) == Lock("5.100.0", frozenset({"h1:a", "zh:b"}))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it does not name hashicorp/aws"),
        ('provider "x" {', "line 1: the block opens here and is never closed; add }"),
    ],
)
def test_a_lock_that_cannot_be_read_is_said_to_be(text: str, problem: str) -> None:
    with pytest.raises(UnreadableLock) as caught:
        read(text)
    assert str(caught.value) == problem


def test_the_repositorys_lock_is_renewed_for_all_platforms_and_keeps_its_version(
    tmp_path: Path,
) -> None:
    file = tmp_path / LOCK
    file.write_text(OURS)
    asked = tmp_path / "asked"
    environment = fake_terraform(
        tmp_path,
        f'echo "$@" > {asked}; cat main.tf.json >> {asked}; sed -i "s/h1:ed/h1:ad/" {LOCK}',
    )
    assert renew(file, environment) == (
        f"{file}: hashicorp/aws 5.100.0, linux_amd64, linux_arm64, darwin_arm64: renewed"
    )
    assert file.read_text() == OURS.replace("h1:ed", "h1:ad")
    command, stack = asked.read_text().splitlines()
    assert command.split()[1:] == [
        "providers",
        "lock",
        "-no-color",
        *(f"-platform={name}" for name in PLATFORMS),
    ]
    assert stack == (
        '{"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", '
        '"version": ">= 5.100, < 7"}}}}'
    )


def test_what_terraform_says_is_passed_on_where_the_registry_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lock, "registry_answers", lambda: True)
    with pytest.raises(NotLocked) as caught:
        renew(tmp_path / LOCK, fake_terraform(tmp_path, "echo 'no such version' >&2; exit 1"))
    assert str(caught.value) == f"{tmp_path / LOCK} was not renewed: no such version"


def test_the_command_fails_where_nothing_was_renewed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> str:
        raise NotLocked("not renewed")

    monkeypatch.setattr(lock, "renew", fail)
    monkeypatch.setattr(lock, "require_terraform", lambda _: "1.11.4")
    monkeypatch.chdir(tmp_path)
    assert lock.main() == 1
    assert capsys.readouterr() == ("", "not renewed\n")


@pytest.fixture
def mirror(
    terraform_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, dict[str, str]]:
    """The mirror of this machine, and an environment in which nothing else is to be had."""
    from athena_gate.gate.terraform import find_source

    monkeypatch.setattr(lock, "registry_answers", lambda: False)
    found = find_source(terraform_variables).mirror
    if found is None:
        pytest.skip("the provider comes from the registry here")
    variables = no_registry({**terraform_variables, "GATE_PROVIDER_MIRROR": str(found)})
    return found, variables


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "done"),
    [
        (OURS, OURS, "It stays as it is, and names the package in the mirror {mirror}."),
        (
            OURS.replace("h1:", "h1:A"),
            OURS.replace("h1:", "h1:A"),
            "It stays as it is, and does not name the package for {platform} in the mirror "
            "{mirror}, which Terraform will refuse.",
        ),
        (None, {MEASURED}, "It was made from the mirror {mirror}, for {platform} alone."),
    ],
    ids=["one that fits", "one that does not", "none"],
)
def test_without_the_registry_the_message_says_what_was_done_instead(
    tmp_path: Path,
    mirror: tuple[Path, dict[str, str]],
    before: str | None,
    after: str | set[str],
    done: str,
) -> None:
    folder, variables = mirror
    file = tmp_path / LOCK
    if before:
        file.write_text(before)
    with pytest.raises(NotLocked) as caught:
        renew(file, variables)
    instead = done.format(mirror=folder, platform=lock.this_platform())
    assert str(caught.value) == (
        f"{file} was not renewed: registry.terraform.io cannot be reached from here. {instead}"
    )
    if isinstance(after, str):
        assert file.read_text() == after
    else:
        assert read(file.read_text()) == Lock("5.100.0", frozenset(after))
