"""pipelines/gitlab-ci: valid, without a long-lived key, and run job by job on real Terraform."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from athena_gate.gate.pipeline import gitlab as jobs
from athena_gate.gate.pipeline.review import accounts
from athena_gate.gate.sandbox import Sandbox
from tests.conftest import ROOT
from tests.pipelines.company import company, runner
from tests.pipelines.gitlab import GitLab, Job

FOLDER = ROOT / "pipelines" / "gitlab-ci"
FILES = (FOLDER / "gitlab-ci.yml", FOLDER / "stack.yml", *(ROOT / "pipelines").glob("*/gitlab.yml"))
BUCKET = "acme-states"

CONFIGURATION = """
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}

account "partner" {
  id     = "444455556666"
  region = "eu-central-1"
}

backend "s3" {
  bucket = "acme-states"
  region = "eu-central-1"
}
"""


OWN = "analytics"


def dbt(name: str, account: str, database: str) -> str:
    """Return a block that makes a role and a policy: nothing that takes S3 a minute."""
    accept = 'accept "GATE601" { reason = "both accounts are ours" }' if account != OWN else ""
    return f"""
dbt "{name}" {{
  account   = "{account}"
  trusted   = ["arn:aws:iam::111122223333:role/{name}"]
  databases = ["{database}"]
  {accept}
  results {{
    bucket = "acme-results"
    create = false
  }}
  data {{
    bucket = "acme-data"
    create = false
  }}
}}
"""


def jobs_of(file: Path) -> dict[str, dict[str, Any]]:
    document = yaml.safe_load(file.read_text())
    others = ("default", "stages", "variables", "workflow")
    return {name: job for name, job in document.items() if name not in others}


@pytest.mark.slow
def test_the_files_fit_gitlabs_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    done = subprocess.run(
        [*command, "--data-transform", "gitlab-ci", *map(str, FILES)],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n")


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_images_are_pinned_and_no_key_or_password_is_named(file: Path) -> None:
    text = file.read_text()
    images = re.findall(r"image: (\S+)", text)
    assert [
        image for image in images if not re.fullmatch(r"\S+:\S+@sha256:[0-9a-f]{64}", image)
    ] == []
    words = r"AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|PASSWORD|PRIVATE_TOKEN"
    assert re.findall(words, text) == []


def test_an_apply_is_approved_and_never_runs_beside_another_of_its_stack() -> None:
    apply = jobs_of(FOLDER / "stack.yml")[".apply"]
    assert {name: apply[name] for name in ("when", "allow_failure", "environment")} == {
        "when": "manual",
        "allow_failure": False,
        "environment": {"name": "athena-gate", "deployment_tier": "production"},
    }


def test_no_plan_is_kept() -> None:
    kept = [
        path
        for file in (FOLDER / "gitlab-ci.yml", FOLDER / "stack.yml")
        for job in jobs_of(file).values()
        for path in job.get("artifacts", {}).get("paths", [])
    ]
    synthesized, planned = ["cdktf.out", "previous", "difference.md"], ["changes", "applies.yml"]
    assert kept == [*synthesized, "reviewed/difference.md", "plans.yml", *planned]


ENTRY = {
    "stack": "dbt-ci",
    "folder": "cdktf.out/stacks/dbt-ci",
    "account": "111122223333",
    "region": "eu-central-1",
    "action": "apply",
}
VARIABLES = {
    "ENTRY": json.dumps(ENTRY),
    "STACK": "dbt-ci",
    "ACCOUNT": "111122223333",
    "MODE": "-refresh=true",
}


@pytest.mark.parametrize(
    ("source", "drift", "others"),
    [
        ("push", "", {"changes": {"extends": ".changes"}, "approve": {"extends": ".approve"}}),
        ("web", "", {"changes": {"extends": ".changes"}, "approve": {"extends": ".approve"}}),
        ("merge_request_event", "", {}),
        ("schedule", "yes", {}),
    ],
)
def test_only_the_default_branch_goes_on_to_apply(
    source: str, drift: str, others: dict[str, Any]
) -> None:
    variables = {**VARIABLES, "DRIFT": drift}
    planned = {"plan apply dbt-ci": {"extends": ".plan", "variables": variables}}
    assert jobs.plans([ENTRY], source) == {**planned, **others}


def test_what_is_approved_is_applied_with_the_digest_of_its_plan() -> None:
    gone = {**ENTRY, "action": "destroy", "folder": "previous/stacks/dbt-ci"}
    assert jobs.applies([{**gone, "digest": "abc"}]) == {
        "destroy dbt-ci": {
            "extends": ".apply",
            "resource_group": "athena-gate/dbt-ci",
            "variables": {
                **VARIABLES,
                "ENTRY": json.dumps(gone),
                "MODE": "-destroy",
                "DIGEST": "abc",
            },
        },
        "applied": {"extends": ".applied"},
    }


def test_of_each_account_it_is_said_what_is_left_there_before_anybody_approves() -> None:
    stacks = [("a", "1", "apply", 1), ("b", "2", "apply", 1), ("c", "1", "apply", 2)]
    stacks += [("d", "1", "destroy", 1), ("e", "1", "apply", 0)]
    found = accounts(
        [
            {
                "stack": n,
                "account": account,
                "region": "r",
                "action": action,
                "changes": [{}] * many,
            }
            for n, account, action, many in stacks
        ]
    )
    assert found == [
        {"account": "1", "region": "r", "stacks": "a c"},
        {"account": "2", "region": "r", "stacks": "b"},
    ]
    assert jobs.recovers(found) == {
        f"recover {number}": {
            "extends": ".recover",
            "variables": {"ACCOUNT": number, "STACKS": some},
        }
        for number, some in (("1", "a c"), ("2", "b"))
    }


def test_without_changes_nobody_is_asked() -> None:
    assert jobs.applies([]) == {"applied": {"extends": ".applied"}}


def test_a_replacement_counts_as_created_and_deleted() -> None:
    actions: list[list[str]] = [["delete", "create"], ["update"], ["no-op"], ["read"]]
    plan = {"resource_changes": [{"change": {"actions": one}} for one in actions]}
    assert jobs.counts(plan) == {"create": 1, "update": 1, "delete": 1}


def test_a_child_pipeline_is_the_template_with_jobs() -> None:
    template = (FOLDER / "stack.yml").read_text()
    made = yaml.safe_load(jobs.pipeline(template, "7", "my.hcl", jobs.plans([ENTRY], "push")))
    assert made == {
        **yaml.safe_load(template),
        "variables": {"SYNTH_PIPELINE": "7", "GATE_FILE": "my.hcl"},
        **jobs.plans([ENTRY], "push"),
    }


@pytest.fixture(scope="module")
def gitlab(
    tmp_path_factory: pytest.TempPathFactory,
    terraform_variables: dict[str, str],
    sandbox: Sandbox,
    wheel: Path,
) -> GitLab:
    """A company's project, with nothing of this repository but the wheel that it pins, and a bucket
    for its states; its jobs have a token of GitLab's and a role for each account, and no other
    credentials."""
    boto3.client(
        "s3",
        endpoint_url=sandbox.endpoint,
        region_name="eu-central-1",
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
    ).create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    folder = tmp_path_factory.mktemp("gitlab")
    repository = folder / "repository"
    company(repository, "gitlab", CONFIGURATION + dbt("ci", "analytics", "dbt_ci"), wheel)
    (folder / "repository.git").symlink_to(repository / ".git")
    machine = runner(folder / "python", wheel, terraform_variables)
    variables = {
        **without_keys(sandbox.environment(terraform_variables)),
        **{name: text for name, text in machine.items() if not name.startswith("TF_")},
        "AWS_ENDPOINT_URL_STS": sandbox.endpoint,
        "CI_DEFAULT_BRANCH": "main",
        "CI_SERVER_URL": f"file://{folder}",
        "CI_PROJECT_PATH": "repository",
        "CI_JOB_TOKEN": "a-token-of-the-job",
        **{
            f"{phase}_ROLE_ARN_{account}": f"arn:aws:iam::{account}:role/{phase.lower()}"
            for phase in ("PLAN", "APPLY")
            for account in ("111122223333", "444455556666")
        },
    }
    variables.pop("PYTHONPATH", None)
    scoped = {"athena-gate": {"APPLY_AUDIENCE": "the-audience"}}
    return GitLab(repository, folder / "builds", variables, scoped=scoped)


def without_keys(environment: Mapping[str, str]) -> dict[str, str]:
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    return {name: value for name, value in environment.items() if name not in keys}


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


def push(gitlab: GitLab, *blocks: str) -> Mapping[str, str]:
    """Commit ``blocks`` as gate.hcl, and return what GitLab says of the push."""
    (gitlab.repository / "gate.hcl").write_text(CONFIGURATION + "".join(blocks))
    git(gitlab.repository, "add", "--all", "--force", ".gitlab-ci.yml", ".")
    git(gitlab.repository, "commit", "--quiet", "--allow-empty", "--message", "change")
    return {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}


def codes(ran: Mapping[str, Job]) -> dict[str, int]:
    """Return the exit codes of all jobs but those that only report."""
    return {name: job.code for name, job in ran.items() if not job.definition.get("allow_failure")}


def counts(ran: Mapping[str, Job]) -> dict[str, str]:
    """Return the sentence in which Terraform sums up, by job."""
    found = {
        name: re.findall(
            r"Plan: .*|No changes\.|Apply complete! .*|Destroy complete! .*", plain(job.log)
        )
        for name, job in ran.items()
    }
    return {name: lines[-1] for name, lines in found.items() if lines}


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.fixture(scope="module")
def deployed(gitlab: GitLab) -> dict[str, Job]:
    pushed = push(gitlab, dbt("ci", "analytics", "dbt_ci"), dbt("far", "partner", "dbt_far"))
    return gitlab.run(".gitlab-ci.yml", **pushed)


@pytest.mark.slow
def test_the_first_pipeline_deploys_every_stack_into_its_account(
    deployed: dict[str, Job], sandbox: Sandbox
) -> None:
    logs = "\n".join(job.log for job in deployed.values())
    assert codes(deployed) == {
        "synth": 0,
        "plans": 0,
        "plan apply dbt-ci": 0,
        "plan apply dbt-far": 0,
        "changes": 0,
        "apply dbt-ci": 0,
        "apply dbt-far": 0,
        "applied": 0,
    }, logs
    inventory = sandbox.inventory()
    assert {account: found["aws_iam_role"] for account, found in inventory.items()} == {
        "111122223333": ["dbt-ci"],
        "444455556666": ["dbt-far"],
    }
    assert "a-token-of-gitlab" not in logs
    assert {name for name in deployed if name.startswith("recover")} == {
        "recover 111122223333",
        "recover 444455556666",
    }


@pytest.fixture(scope="module")
def night(deployed: dict[str, Job], gitlab: GitLab, sandbox: Sandbox) -> dict[str, Job]:
    """The scheduled pipeline, after somebody deleted a role in the partner's account."""
    assert deployed
    delete_role(sandbox, "444455556666", "dbt-far")
    return gitlab.run(".gitlab-ci.yml", CI_PIPELINE_SOURCE="schedule", CI_COMMIT_BRANCH="main")


@pytest.mark.slow
def test_a_second_pipeline_plans_nothing_where_nothing_changed(night: dict[str, Job]) -> None:
    assert counts(night)["plan apply dbt-ci"] == "No changes."


@pytest.mark.slow
def test_the_nightly_pipeline_fails_for_what_drifted_and_applies_nothing(
    night: dict[str, Job],
) -> None:
    assert codes(night) == {
        "synth": 0,
        "plans": 0,
        "plan apply dbt-ci": 0,
        "plan apply dbt-far": 1,
    }
    drifted = night["plan apply dbt-far"].log
    assert "dbt-far: what is deployed is not what gate.hcl says." in drifted


@pytest.fixture(scope="module")
def changed(night: dict[str, Job], gitlab: GitLab, sandbox: Sandbox) -> dict[str, Job]:
    """The pipeline of a push that changes a stack, adds another and removes the third; between
    plan and approval somebody deletes a role of the changed one."""
    assert night

    def approve(job: str) -> bool:
        if job == "apply dbt-ci":
            delete_role(sandbox, "111122223333", "dbt-ci")
        return True

    gitlab.approve = approve
    pushed = push(gitlab, dbt("ci", "analytics", "dbt_other"), dbt("new", "analytics", "dbt_new"))
    return gitlab.run(".gitlab-ci.yml", **pushed)


def delete_role(sandbox: Sandbox, account: str, name: str) -> None:
    sts = boto3.client(
        "sts",
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
    )
    granted = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/x", RoleSessionName="somebody")
    iam = boto3.client(
        "iam",
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_access_key_id=granted["Credentials"]["AccessKeyId"],
        aws_secret_access_key=granted["Credentials"]["SecretAccessKey"],
        aws_session_token=granted["Credentials"]["SessionToken"],
    )
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=name)


@pytest.mark.slow
def test_a_change_plans_exactly_that(changed: dict[str, Job]) -> None:
    sums = counts(changed)
    assert {name: sums[name] for name in sums if name.startswith("plan")} == {
        "plan apply dbt-ci": "Plan: 0 to add, 1 to change, 0 to destroy.",
        "plan apply dbt-new": "Plan: 3 to add, 0 to change, 0 to destroy.",
        "plan destroy dbt-far": "Plan: 0 to add, 0 to change, 1 to destroy.",
    }
    assert "dbt-far is not in gate.hcl any more" in changed["synth"].log


@pytest.mark.slow
def test_an_added_stack_is_made_and_a_removed_one_destroyed_in_its_account(
    changed: dict[str, Job], sandbox: Sandbox
) -> None:
    assert (changed["apply dbt-new"].code, changed["destroy dbt-far"].code) == (0, 0)
    assert {account: found["aws_iam_role"] for account, found in sandbox.inventory().items()} == {
        "111122223333": ["dbt-new"]
    }


@pytest.mark.slow
def test_an_apply_refuses_changes_that_nobody_approved(changed: dict[str, Job]) -> None:
    refused = changed["apply dbt-ci"]
    assert (refused.code, "applied" in changed) == (1, False)
    assert "What would be changed now is not what was approved" in refused.log


@pytest.mark.slow
def test_no_plan_and_no_token_outlives_its_job(changed: dict[str, Job], gitlab: GitLab) -> None:
    assert changed
    # A provider that ends slowly is killed by Terraform and leaves its socket; no text is in that.
    assert [file for file in gitlab.temporary.iterdir() if not file.is_socket()] == []


@pytest.mark.slow
def test_applies_of_one_stack_wait_for_each_other(changed: dict[str, Job]) -> None:
    assert {
        name: job.definition["resource_group"]
        for name, job in changed.items()
        if "resource_group" in job.definition
    } == {
        "apply dbt-ci": "athena-gate/dbt-ci",
        "apply dbt-new": "athena-gate/dbt-new",
        "destroy dbt-far": "athena-gate/dbt-far",
    }
