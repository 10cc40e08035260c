"""Two environments make nothing of the same name in one place."""

from pathlib import Path

import pytest

from athena_gate.gate.check import check
from tests.conftest import DOT, Project
from tests.gate.test_cli import gate

OTHER = 'account "analytics" {\n  id = "444455556666"\n}\n'
BUCKET = 'dot "reporting" {\n  results {\n    bucket = "acme-results"\n  }\n}\n'
TWICE = (
    "makes the iam_policy dot-reporting in account 111122223333, and gate.hcl without an "
    "environment as well; give each an account or names of its own, or delete one of the two"
)


def write(project: Project, **environments: str) -> None:
    folder = project.folder / "environments"
    folder.mkdir(exist_ok=True)
    for name, text in environments.items():
        (folder / f"{name}.hcl").write_text(text)


def found(project: Project) -> list[tuple[str, int, str, str]]:
    """Return the file, line, code and problem of each mistake."""
    mistakes = check(project.file)["mistakes"]
    return [
        (Path(one.get("file", "")).name, one["line"], one["code"], one["problem"])
        for one in mistakes
    ]


def test_an_environment_with_an_account_of_its_own_is_fine(project: Project) -> None:
    write(project, prod=OTHER)
    assert found(project) == []
    # What was kept of that is not taken for another answer.
    write(project, prod="")
    assert len(found(project)) == 1


@pytest.mark.parametrize("here", ["", "prod"])
def test_the_same_names_in_one_account_are_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, here: str
) -> None:
    monkeypatch.setenv("GATE_ENV", here)
    write(project, prod='dot "reporting" {\n  databases = ["finance"]\n}\n')
    line = DOT[: DOT.index('dot "reporting"')].count("\n") + 1
    assert found(project) == [("", line, "GATE408", f"the environment prod {TWICE}")]
    done = gate(project.folder, "check", GATE_ENV=here)
    assert done.returncode == 2
    assert "the environment prod makes the iam_policy dot-reporting" in done.stdout + done.stderr


def test_a_block_of_another_name_beside_is_fine_where_the_first_is_not_built(
    project: Project,
) -> None:
    account, block = DOT.split("dot ", 1)
    project.write(account)
    write(project, prod=f"dot {block}", dev=f"dot {block}".replace('"reporting"', '"dev"'))
    assert found(project) == []
    write(project, stage=f"dot {block}")
    (only,) = found(project)
    assert only[:3] == ("stage.hcl", 1, "GATE408")
    assert only[3].startswith("the environment stage makes the iam_policy dot-reporting in ")


def test_a_bucket_of_the_same_name_is_refused_in_any_account(project: Project) -> None:
    write(project, prod=OTHER + BUCKET, dev=OTHER.replace("4444", "9999") + BUCKET)
    assert found(project) == [
        (
            "",
            found(project)[0][1],
            "GATE408",
            "the environment prod makes the s3_bucket acme-results, and the environment dev as "
            "well; give each an account or names of its own, or delete one of the two",
        )
    ]


def test_another_environment_with_mistakes_is_named(project: Project) -> None:
    write(project, prod="dot {")
    for _ in range(2):
        result = check(project.file)
        assert result["mistakes"] == []
        assert [(one["code"], one["text"]) for one in result["remarks"]] == [
            (
                "GATE741",
                "environments/prod.hcl has mistakes, so that what it makes is not compared with "
                "the rest; gate --env prod check says which",
            )
        ]


def test_what_does_not_read_without_an_environment_is_built_in_none(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, block = DOT.split("dot ", 1)
    project.write(f"dot {block}")
    write(project, prod=account)
    monkeypatch.setenv("GATE_ENV", "prod")
    assert check(project.file)["remarks"] == []


def test_two_files_beside_each_other_make_nothing_of_one_name(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    results = '\n  results { bucket = "acme-results" }\n  keys {'
    mine = DOT.replace("\n  keys {", results)
    other = Path("other.hcl")
    other.write_text(mine.replace('"reporting"', '"other"'))
    project.write(DOT)
    assert check(other)["mistakes"] == []
    project.write(mine)
    (only,) = check(other)["mistakes"]
    assert (only["block"], only["code"], only["problem"]) == (
        'dot "other"',
        "GATE408",
        "other.hcl makes the s3_bucket acme-results, and gate.hcl as well; give each an account or "
        "names of its own, or delete one of the two",
    )
    assert check(project.file)["mistakes"] == []
    # What has the same state is said once.
    other.write_text(mine)
    assert [one["code"] for one in check(other)["mistakes"]] == ["GATE409"]


@pytest.mark.parametrize(("more", "named"), [("surprise {}", True), ("", False)])
def test_a_file_beside_with_mistakes_is_named_if_it_has_blocks_of_ours(
    project: Project, monkeypatch: pytest.MonkeyPatch, more: str, named: bool
) -> None:
    monkeypatch.chdir(project.folder)
    other = Path("other.hcl")
    other.write_text(DOT.replace('"reporting"', '"other"'))
    project.write(DOT + more if named else 'terraform {\n  source = "x"\n}\n')
    expected = (
        "gate.hcl has mistakes, so that what it makes is not compared with the rest; gate --file "
        "gate.hcl check says which"
    )
    assert [one["text"] for one in check(other)["remarks"]] == [expected] * named
