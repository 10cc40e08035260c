"""`gate adopt` on the command line: what is asked for wrongly ends with 2 and changes nothing."""

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from athena_gate.gate.adopt import Adoption, Identity, Import, Old
from athena_gate.gate.adopt.json import as_json
from athena_gate.gate.adopt.running import keep_record, lost
from athena_gate.gate.adopt.text import as_text, imports_by_hand, next_steps
from athena_gate.gate.cli import app
from athena_gate.gate.commands.adopt import Names
from athena_gate.gate.deploy.changes import Action, Changes
from athena_gate.gate.recover.account import AccessKey
from athena_gate.stacks.configuration import load
from tests.conftest import DOT, Project

DBT = """
dbt "project" {
  account          = "analytics"
  trusted          = ["arn:aws:iam::111122223333:role/ci"]
  databases        = ["models"]
  source_databases = ["raw"]
  lake_formation {}
}
"""
AWS = "arn:aws:iam::aws:policy"
OLD = Old((f"{AWS}/AmazonAthenaFullAccess",), ("files",), ("analysts",))
KEY = AccessKey("AKIAOLD", "dot_athena_user", "2024-02-01 10:00", "", active=True)
FOUND = Adoption(
    'dot "reporting"',
    "dot-reporting",
    Identity(
        *("user", "dot_athena_user", "arn:aws:iam::111122223333:user/dot_athena_user", "/"),
        inline={"files": {"Version": "2012-10-17"}},
    ),
    (KEY,),
    (Import("aws_iam_user.u", "dot_athena_user"),),
    OLD,
    frozenset(),
    frozenset({"arn:aws:iam::111122223333:policy/dot-reporting"}),
    ("it has no such path",),
    ("it is refused elsewhere",),
)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["reporting"], "say what was made by hand: --user, --role, --workgroup, --bucket; or"),
        (["other", "--user", "u"], "no block is called other; allowed: dot.reporting, dbt.project"),
        (["project", "--role", "r"], 'dbt "project" keeps no names of what was made by hand'),
        (["reporting", "--user", "u", "--json"], "gate adopt --json asks nobody; it needs --yes"),
        (["reporting", "--role", "r"], "gate.hcl would have a mistake, so nothing was written"),
        (["reporting", "--user", "a b", "--yes"], "'a b' is not valid; allowed: a user's name"),
        (["reporting", "--bucket", "x", "--yes"], "gate.hcl would have a mistake, so nothing was"),
    ],
)
def test_what_is_asked_for_wrongly_changes_nothing(
    project: Project, arguments: list[str], says: str
) -> None:
    text = DOT + DBT
    project.write(text)
    with contextlib.chdir(project.folder):
        done = CliRunner().invoke(app, ["adopt", *arguments], catch_exceptions=False)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in " ".join(done.stderr.split())
    assert project.file.read_text() == text


def test_a_block_that_is_spelled_otherwise_is_left_to_the_user(project: Project) -> None:
    text = DOT.replace('"reporting"', '"\\u0072eporting"')
    project.write(text)
    with contextlib.chdir(project.folder):
        done = CliRunner().invoke(app, ["adopt", "reporting", "--user", "u"])
    assert (done.exit_code, project.file.read_text()) == (2, text)
    assert done.stderr.splitlines() == [
        "adopted {",
        '  user = "u"',
        "}",
        'gate: gate.hcl has dot "reporting" spelled otherwise; write that into it by hand',
    ]


def test_names_that_are_taken_back_are_in_no_stack_either(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With them a Terraform that somebody runs himself would rename the user."""
    made: list[bool] = []

    def synthesize(file: Path) -> int:
        made.append("dot_u" in file.read_text())
        return 0

    class Refused:
        def __init__(self, file: Path, *_: object) -> None:
            synthesize(file)
            raise SystemExit(1)

    monkeypatch.setattr("athena_gate.gate.synth.program.main", synthesize)
    monkeypatch.setattr("athena_gate.gate.commands.adopt._Run", Refused)
    with contextlib.chdir(project.folder):
        done = CliRunner().invoke(app, ["adopt", "reporting", "--user", "dot_u", "--yes"])
    assert (done.exit_code, made) == (1, [True, False])


@pytest.mark.parametrize("kept", [True, False])
def test_names_are_written_until_nothing_comes_of_it(project: Project, kept: bool) -> None:
    (block,) = load(project.file).blocks
    before = DOT.replace("\n", "\r\n").encode()
    project.file.write_bytes(before)
    written = Names(project.file, block, {"user": "dot_athena_user"})
    after = project.file.read_bytes()
    assert after == before.removesuffix(b"}\r\n") + (
        b'  adopted {\r\n    user = "dot_athena_user"\r\n  }\r\n}\r\n'
    )
    if kept:
        written.keep()
    written.take_back()
    assert project.file.read_bytes() == (after if kept else before)


def test_environments_that_read_the_same_file_are_named(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project.folder / "environments"
    folder.mkdir()
    (folder / "prod.hcl").write_text("")
    (block,) = load(project.file).blocks
    Names(project.file, block, {"user": "dot_athena_user"}).keep()
    assert capsys.readouterr().err.splitlines()[1:] == [
        f"gate: {project.file} is read by the environment prod as well, where the block would keep "
        "the same names; adopted {} in environments/NAME.hcl is of one alone"
    ]


def test_what_was_found_is_a_line_each() -> None:
    assert as_text(replace(FOUND, stops=()))[:2] == [
        'dot "reporting"',
        "  import  dot_athena_user",
    ]
    assert as_text(FOUND) == [
        'dot "reporting"',
        "  stays   AKIAOLD, active, made 2024-02-01 10:00, never used",
        f"  old     {AWS}/AmazonAthenaFullAccess",
        "  old     the inline policy files",
        "  old     the group analysts",
        "  note    it is refused elsewhere",
        "  stop    it has no such path",
    ]


def test_what_is_left_to_do_is_said() -> None:
    assert [*next_steps(FOUND, "reporting")] == [
        "  next    what was attached by hand still is: set up whoever uses it as gate",
        "          sheet reporting says, then run",
        "          gate adopt reporting --detach",
        "  next    the access key AKIAOLD goes on working and is in no state: hand over",
        "          the block's own (gate sheet reporting), then run",
        "          aws iam delete-access-key --user-name dot_athena_user --access-key-id AKIAOLD",
    ]


def test_a_state_in_hcp_terraform_is_imported_into_by_hand() -> None:
    assert [*imports_by_hand(FOUND, Path("cdktf.out/stacks/dot-reporting"))] == [
        "  next    import what stands, and deploy as ever; then run what is last",
        "          terraform -chdir=cdktf.out/stacks/dot-reporting import aws_iam_user.u "
        "dot_athena_user",
        "          gate adopt dot-reporting --detach",
    ]


def test_a_plan_that_makes_anew_or_deletes_is_not_applied() -> None:
    changes: tuple[tuple[Action, str], ...] = (
        ("change", "aws_iam_user.u"),
        ("add", "aws_iam_policy.p"),
        ("replace", "aws_athena_workgroup.w"),
        ("destroy", "aws_iam_access_key.k"),
    )
    assert lost(FOUND, Changes(2, 1, 2, changes)) == [
        "aws_athena_workgroup.w",
        "aws_iam_access_key.k",
    ]
    assert lost(FOUND, Changes(1, 0, 0, (("add", "aws_iam_user.u"),))) == ["aws_iam_user.u"]


def test_what_is_taken_off_can_be_had_back(tmp_path: Path) -> None:
    who = "--user-name dot_athena_user"
    assert keep_record(FOUND, tmp_path / "kept").read_text().splitlines() == [
        f"aws iam attach-user-policy {who} --policy-arn {AWS}/AmazonAthenaFullAccess",
        f"aws iam put-user-policy {who} --policy-name files --policy-document "
        f"file://{tmp_path}/kept/files.json",
        f"aws iam add-user-to-group {who} --group-name analysts",
    ]
    kept = (tmp_path / "kept" / "files.json").read_text()
    assert kept == '{\n  "Version": "2012-10-17"\n}\n'
    assert FOUND.identity is not None
    later = replace(FOUND.identity, inline={"files": {"Version": "2008-10-17"}})
    back = keep_record(replace(FOUND, identity=later), tmp_path / "kept").read_text()
    # What was there before is nowhere else.
    assert (tmp_path / "kept" / "files.json").read_text() == kept
    assert f"--policy-document file://{tmp_path}/kept/files-2.json" in back
    # The disk is full.
    (tmp_path / "kept" / "back.sh.part").mkdir()
    other = replace(FOUND.identity, name="other")
    with pytest.raises(OSError, match="directory"):
        keep_record(replace(FOUND, identity=other), tmp_path / "kept")
    assert (tmp_path / "kept" / "back.sh").read_text() == back


def test_json_has_all_of_it() -> None:
    assert as_json(FOUND, "stopped") == {
        "block": 'dot "reporting"',
        "stack": "dot-reporting",
        "state": "stopped",
        "imports": [{"address": "aws_iam_user.u", "id": "dot_athena_user"}],
        "identity": {"kind": "user", "arn": "arn:aws:iam::111122223333:user/dot_athena_user"},
        "unmanaged_access_keys": [
            {
                "id": "AKIAOLD",
                "user": "dot_athena_user",
                "made": "2024-02-01 10:00",
                "used": "",
                "active": True,
            }
        ],
        "old": {
            "attached": (f"{AWS}/AmazonAthenaFullAccess",),
            "inline": ("files",),
            "groups": ("analysts",),
        },
        "detached": [],
        "notes": ["it is refused elsewhere"],
        "stops": ["it has no such path"],
    }
