"""States that a change of gate.hcl would leave behind are told before they are."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from athena_gate.stacks.removed import set_aside
from tests.conftest import ACCOUNT, ROOT, Project, make_project
from tests.gate.test_cli import gate

DBT = """
dbt "NAME" {
  account   = "analytics"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_NAME"]
}
"""
KEPT = DBT.replace("NAME", "kept")
GONE = DBT.replace("NAME", "gone")
S3 = 'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}\n'
CLOUD = 'backend "cloud" {\n  organization = "acme"\n  workspace = "athena-{stack}"\n}\n'
OLD = "old"


@pytest.fixture
def project(tmp_path: Path, pgp_key: pysequoia.Tsk) -> Project:
    """A project with one dbt block."""
    return make_project(tmp_path, pgp_key, ACCOUNT + KEPT)


def synthesized(folder: Path, stacks: dict[str, dict[str, Any]]) -> None:
    """Write what a synth of ``stacks``, their terraform blocks by name, leaves in ``folder``."""
    for name, terraform in stacks.items():
        (folder / "stacks" / name).mkdir(parents=True)
        content = json.dumps({"terraform": terraform})
        (folder / "stacks" / name / "cdk.tf.json").write_text(content)
    listed = {name: {"name": name, "workingDirectory": f"stacks/{name}"} for name in stacks}
    (folder / "manifest.json").write_text(json.dumps({"stacks": listed, "version": "0.21.0"}))


def s3(stack: str) -> dict[str, Any]:
    key = f"athena-gate/{stack}.tfstate"
    return {"backend": {"s3": {"bucket": "acme-states", "key": key, "region": "eu-central-1"}}}


def cloud(stack: str, **others: Any) -> dict[str, Any]:
    workspaces = {"name": f"athena-{stack}"}
    return {"cloud": {"organization": "acme", "workspaces": workspaces, **others}}


def local(stack: str) -> dict[str, Any]:
    return {"backend": {"local": {"path": f"../../../terraform.{stack}.tfstate"}}}


def compared(project: Project, against: str = OLD) -> dict[str, Any]:
    """Return what `gate check --against` adds to the JSON of `gate check`."""
    done = gate(project.folder, "check", "--against", against, "--json")
    found = json.loads(done.stdout)
    told = {key: found[key] for key in ("removed", "moved", "added")}
    assert done.returncode == (1 if told["removed"] or told["moved"] else 0)
    return told


@pytest.mark.parametrize("against", [OLD, f"{OLD}/manifest.json"])
def test_a_removed_stack_is_named_with_its_state_and_its_destroy(
    project: Project, against: str
) -> None:
    project.write(ACCOUNT + S3 + KEPT)
    synthesized(project.folder / OLD, {name: s3(name) for name in ("dbt-gone", "dbt-kept")})
    done = gate(project.folder, "check", "--against", against)
    assert (done.returncode, done.stderr) == (1, "gate: 1 state would be left behind\n")
    assert done.stdout.partition("✓ gate.hcl: 1 block (dbt-kept)")[2].partition("\n")[2] == (
        "dbt-gone is not in gate.hcl any more, its resources stay and nobody watches them\n"
        "  its state: s3://acme-states/athena-gate/dbt-gone.tfstate\n"
        "  destroy it, or put the block back:\n"
        "    terraform -chdir=old/stacks/dbt-gone init\n"
        "    terraform -chdir=old/stacks/dbt-gone destroy\n"
        "    aws s3 rm s3://acme-states/athena-gate/dbt-gone.tfstate\n"
    )


@pytest.mark.parametrize(
    ("backend", "terraform", "where", "delete"),
    [
        pytest.param(
            "",
            local,
            "the file terraform.dbt-gone.tfstate beside cdktf.json",
            "rm terraform.dbt-gone.tfstate",
            id="local",
        ),
        pytest.param(
            CLOUD,
            cloud,
            "the workspace acme/athena-dbt-gone on app.terraform.io",
            "delete the workspace acme/athena-dbt-gone on app.terraform.io: Settings, "
            "Destruction and Deletion",
            id="cloud",
        ),
    ],
)
def test_a_state_is_found_where_the_old_json_says(
    project: Project, backend: str, terraform: Any, where: str, delete: str
) -> None:
    project.write(ACCOUNT + backend + KEPT)
    synthesized(project.folder / OLD, {name: terraform(name) for name in ("dbt-gone", "dbt-kept")})
    assert compared(project) == {
        "removed": [
            {
                "stack": "dbt-gone",
                "state": where,
                "destroy": [
                    "terraform -chdir=old/stacks/dbt-gone init",
                    "terraform -chdir=old/stacks/dbt-gone destroy",
                    delete,
                ],
            }
        ],
        "moved": [],
        "added": [],
    }


def test_workspaces_found_by_tags_are_named_by_them(project: Project) -> None:
    project.write(ACCOUNT + CLOUD.replace('workspace = "athena-{stack}"', 'tags = ["athena"]'))
    project.write(project.file.read_text() + KEPT)
    tags = {"workspaces": {"tags": ["athena", "dbt-gone"]}, "hostname": "tfe.acme.example"}
    synthesized(project.folder / OLD, {"dbt-gone": cloud("", **tags)})
    told = compared(project)
    assert told["removed"][0]["state"] == (
        "the workspace of acme tagged athena, dbt-gone on tfe.acme.example"
    )
    assert told["added"] == ["dbt-kept"]


def test_a_state_that_the_backend_no_longer_finds_is_told_with_the_way_to_move_it(
    project: Project,
) -> None:
    project.write(ACCOUNT + CLOUD + KEPT)
    synthesized(project.folder / OLD, {"dbt-kept": s3("dbt-kept")})
    done = gate(project.folder, "check", "--against", OLD)
    assert (done.returncode, done.stderr) == (1, "gate: 1 state would be left behind\n")
    assert "dbt-kept would not find its state and be made a second time\n" in done.stdout
    assert compared(project) == {
        "removed": [],
        "moved": [
            {
                "stack": "dbt-kept",
                "state": "s3://acme-states/athena-gate/dbt-kept.tfstate",
                "now": "the workspace acme/athena-dbt-kept on app.terraform.io",
                "migrate": [
                    "terraform -chdir=old/stacks/dbt-kept init # while the old JSON is there",
                    "gate synth",
                    "terraform -chdir=old/stacks/dbt-kept init -migrate-state",
                ],
            }
        ],
        "added": [],
    }


def test_nothing_left_behind_is_no_finding_and_says_nothing(project: Project) -> None:
    synthesized(project.folder / OLD, {"dbt-kept": local("dbt-kept")})
    alone = gate(project.folder, "check")
    done = gate(project.folder, "check", "--against", OLD)
    assert (done.returncode, done.stdout, done.stderr) == (0, alone.stdout, "")


def test_a_removed_stack_is_no_finding_once_its_state_is_empty(project: Project) -> None:
    synthesized(project.folder / OLD, {name: local(name) for name in ("dbt-gone", "dbt-kept")})
    state = project.folder / "terraform.dbt-gone.tfstate"
    user = {"mode": "managed", "type": "aws_iam_user", "name": "user", "instances": [{}]}
    state.write_text(json.dumps({"resources": [user]}))
    (project.folder / OLD / "stacks" / "dbt-gone" / ".terraform").mkdir()
    assert [one["stack"] for one in compared(project)["removed"]] == ["dbt-gone"]
    state.write_text(json.dumps({"resources": []}))
    assert compared(project)["removed"] == []
    state.unlink()
    assert compared(project)["removed"] == []


def test_a_state_that_is_not_in_this_copy_says_nothing_of_what_stands(project: Project) -> None:
    synthesized(project.folder / OLD, {"dbt-gone": local("dbt-gone")})
    assert [one["stack"] for one in compared(project)["removed"]] == ["dbt-gone"]


def test_the_last_block_can_go(project: Project) -> None:
    synthesized(project.folder / "cdktf.out", {"dbt-gone": s3("dbt-gone")})
    project.write(ACCOUNT)
    assert project.synth() == {}
    done = gate(project.folder, "check", "--strict", "--against", "cdktf.out")
    assert (done.returncode, done.stdout.splitlines()[:3]) == (
        1,
        [
            "gate.hcl:1: note: no block is left; what was built is destroyed by the pipeline, or "
            "by gate destroy NAME [GATE740]",
            "✓ gate.hcl: 0 blocks, 1 note",
            "dbt-gone is not in gate.hcl any more, its resources stay and nobody watches them",
        ],
    )


def test_what_is_kept_of_a_check_is_not_what_it_was_compared_with(project: Project) -> None:
    synthesized(project.folder / OLD, {name: local(name) for name in ("dbt-gone", "dbt-kept")})
    assert [one["stack"] for one in compared(project)["removed"]] == ["dbt-gone"]
    assert gate(project.folder, "check").returncode == 0
    assert "removed" not in (project.folder / ".gate" / "check.json").read_text()


def test_without_its_json_a_removed_stack_is_named_all_the_same(project: Project) -> None:
    synthesized(project.folder / OLD, {name: local(name) for name in ("dbt-gone", "dbt-kept")})
    (project.folder / OLD / "stacks" / "dbt-gone" / "cdk.tf.json").unlink()
    assert compared(project)["removed"] == [
        {
            "stack": "dbt-gone",
            "state": "unknown: old/stacks/dbt-gone/cdk.tf.json is gone, or does not say",
            "destroy": ["put the block back and synthesize; then destroy it, then delete it"],
        }
    ]


def test_without_an_earlier_synth_there_is_nothing_to_compare_with(project: Project) -> None:
    done = gate(project.folder, "check", "--against", "nowhere")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: nowhere: no such file; name the output folder of an earlier synth, as in --against "
        "cdktf.out. Is there none, check out what was applied last, run CDKTF_OUTDIR=previous "
        "gate synth, and compare with previous\n",
    )


NAMES = (
    "has another name or folder than a synth gives; allowed: letters, digits and - _ . in its "
    "name, and the folder stacks/NAME"
)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "line 1, column 1 is not JSON: Expecting value"),
        ("[]", "is not the manifest of a synth"),
        ('{"stacks": ["dbt-kept"]}', "is not the manifest of a synth"),
        ("\xff", "line 1 is not UTF-8; allowed: a text file in UTF-8"),
        ('{"stacks": {"a": 1}}', f'the stack "a" {NAMES}'),
        ('{"stacks": {"a": {"workingDirectory": "/etc"}}}', f'the stack "a" {NAMES}'),
        ('{"stacks": {"a": {"workingDirectory": "../a"}}}', f'the stack "a" {NAMES}'),
        ('{"stacks": {"a": {"workingDirectory": "$(id)"}}}', f'the stack "a" {NAMES}'),
        # What no `gate prove` sees.
        ('{"stacks": {"a": {"workingDirectory": "stacks/b"}}}', f'the stack "a" {NAMES}'),
        ('{"stacks": {"a": {"workingDirectory": "a"}}}', f'the stack "a" {NAMES}'),
        (
            '{"stacks": {"-a\\u001b": {"workingDirectory": "a"}}}',
            f'the stack "-a\\x1b" {NAMES}',
        ),
    ],
)
def test_a_file_that_is_no_manifest_is_wrong_usage(
    project: Project, content: str, problem: str
) -> None:
    (project.folder / "manifest.json").write_bytes(content.encode("latin-1"))
    done = gate(project.folder, "check", "--against", "manifest.json")
    assert (done.returncode, done.stderr) == (
        2,
        f"gate: manifest.json: {problem}; name the output folder of an earlier synth, as in "
        "--against cdktf.out\n",
    )


@pytest.mark.parametrize(
    "terraform",
    [
        [],
        {"backend": []},
        {"backend": {"s3": {"bucket": "a", "key": 1}}},
        {"backend": {"gcs": {}}},
        {"cloud": {"organization": "a", "workspaces": []}},
        {"cloud": {"organization": "a", "hostname": 1, "workspaces": {"name": "a"}}},
    ],
)
def test_a_stack_that_does_not_say_where_its_state_is_is_named_all_the_same(
    project: Project, terraform: object
) -> None:
    synthesized(project.folder / OLD, {name: local(name) for name in ("dbt-gone", "dbt-kept")})
    file = project.folder / OLD / "stacks" / "dbt-gone" / "cdk.tf.json"
    file.write_text(json.dumps({"terraform": terraform}))
    assert [one["state"] for one in compared(project)["removed"]] == [
        "unknown: old/stacks/dbt-gone/cdk.tf.json is gone, or does not say"
    ]


def test_an_ejected_stack_is_looked_after_elsewhere(project: Project) -> None:
    project.write(ACCOUNT + KEPT + 'ejected "dbt-gone" {}\n')
    synthesized(project.folder / OLD, {name: local(name) for name in ("dbt-gone", "dbt-kept")})
    assert compared(project) == {"removed": [], "moved": [], "added": []}


def test_a_synth_keeps_nothing_that_would_destroy_an_ejected_stack(tmp_path: Path) -> None:
    synthesized(tmp_path, {name: local(name) for name in ("dbt-gone", "dbt-kept")})
    assert set_aside(tmp_path, ["dbt-kept"]) == [tmp_path / "removed" / "dbt-gone"]
    assert set_aside(tmp_path, ["dbt-kept"], ["dbt-gone"]) == []
    assert list((tmp_path / "removed").iterdir()) == []
    assert json.loads((tmp_path / "ejected.json").read_text()) == ["dbt-gone"]


def test_a_stack_that_is_built_again_is_no_longer_set_aside(tmp_path: Path) -> None:
    synthesized(tmp_path, {name: local(name) for name in ("dbt-gone", "dbt-kept")})
    (tmp_path / "stacks" / "dbt-gone" / ".terraform").mkdir()
    assert set_aside(tmp_path, ["dbt-kept"]) == [tmp_path / "removed" / "dbt-gone"]
    assert sorted(path.name for path in (tmp_path / "removed" / "dbt-gone").iterdir()) == [
        ".terraform",
        "cdk.tf.json",
    ]
    assert list((tmp_path / "stacks" / "dbt-gone").iterdir()) == []
    assert set_aside(tmp_path, ["dbt-kept"]) == []
    assert set_aside(tmp_path, ["dbt-kept", "dbt-gone"]) == []
    assert list((tmp_path / "removed").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("command", [[sys.executable, str(ROOT / "main.py")], ["cdktf", "synth"]])
def test_a_synth_keeps_what_destroys_a_removed_stack(project: Project, command: list[str]) -> None:
    project.write(ACCOUNT + KEPT + GONE)
    project.synth()
    before = (project.folder / "cdktf.out/stacks/dbt-gone/cdk.tf.json").read_bytes()
    project.write(ACCOUNT + KEPT)
    environment = {**os.environ, "CDKTF_OUTDIR": "cdktf.out"}
    subprocess.run(command, cwd=project.folder, env=environment, check=True, capture_output=True)
    kept = project.folder / "cdktf.out/removed/dbt-gone/cdk.tf.json"
    assert kept.read_bytes() == before
    assert sorted(project.folder.glob("cdktf.out/stacks/*/cdk.tf.json")) == [
        project.folder / "cdktf.out/stacks/dbt-kept/cdk.tf.json"
    ]
    assert compared(project, "cdktf.out")["removed"][0]["destroy"][:2] == [
        "terraform -chdir=cdktf.out/removed/dbt-gone init",
        "terraform -chdir=cdktf.out/removed/dbt-gone destroy",
    ]
