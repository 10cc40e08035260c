"""The GitHub workflow, executed from clones of a company's repository against an embedded AWS.

Its state lies in the embedded S3. The tests are one story, told in order: each run starts from
what the one before has deployed.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pysequoia
import pytest

from athena_gate.gate.sandbox import Sandbox
from tests.conftest import ROOT
from tests.pipelines.company import company, runner
from tests.pipelines.workflow import GitHub, Run, git

pytestmark = pytest.mark.slow

FILE = ".github/workflows/athena-gate.yml"
BUCKET = "acme-states"
BACKEND = f"""
backend "s3" {{
  bucket = "{BUCKET}"
  region = "eu-central-1"
}}
"""
PLAN_ROLE = "arn:aws:iam::111122223333:role/athena-gate-plan"
APPLY_ROLE = "arn:aws:iam::111122223333:role/athena-gate-apply"
STACKS = [
    "dbt-ci",
    "dot-reporting",
    "dynamodb-connector-orders",
    "immuta-governed",
    "metronome-billing",
]
NIGHTLY = """
dbt "nightly" {
  account   = "analytics"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["dbt_nightly"]

  # No lifecycle rule, which takes the provider a minute.
  data {
    bucket = "acme-nightly"
    create = false
  }
  results {
    bucket = "acme-nightly"
    create = false
  }
}
"""
CHANGED = ["update aws_athena_workgroup.reporting_workgroup"]
CREATED = [
    "create aws_iam_policy.nightly_access",
    "create aws_iam_role.nightly_role",
    "create aws_iam_role_policy_attachment.nightly_attach-access",
    "create output.handoff",
]
DESTROYED = [
    "delete aws_iam_policy.billing_access",
    "delete aws_iam_role.billing_role",
    "delete aws_iam_role_policy_attachment.billing_attach-access",
    "delete aws_s3_bucket.billing_bucket",
    "delete aws_s3_bucket_lifecycle_configuration.billing_bucket_lifecycle",
    "delete aws_s3_bucket_ownership_controls.billing_bucket_ownership",
    "delete aws_s3_bucket_policy.billing_bucket_policy",
    "delete aws_s3_bucket_public_access_block.billing_bucket_public_access_block",
    "delete aws_s3_bucket_server_side_encryption_configuration.billing_bucket_encryption",
    "delete output.handoff",
]
# What the engine adds to a name to make it unique.
HASH = re.compile(r"_[0-9A-F]{8}\b")
LOOKED_AT = ("aws_athena_workgroup", "aws_iam_role", "aws_iam_user")
PULL_REQUEST: dict[str, Any] = {
    "event_name": "pull_request",
    "event": {"pull_request": {"number": 7, "head": {"repo": {"full_name": "acme/athena"}}}},
    "ref": "refs/pull/7/merge",
}


@dataclass
class Story:
    """The repository, a clone to change it from, and the AWS it deploys to."""

    github: GitHub
    clone: Path
    sandbox: Sandbox
    machine: dict[str, str]
    runs: list[Run] = field(default_factory=list)

    @property
    def gate_hcl(self) -> str:
        # With the example key a pipeline stops.
        text = (self.clone / "gate.hcl").read_text()
        return text.replace("keys/example.asc", "keys/ops.asc")

    def commit(self, text: str, branch: str = "main") -> str:
        """Commit ``text`` as gate.hcl to ``branch``, push it, and return the commit."""
        git(self.clone, "checkout", "--quiet", "-B", branch)
        (self.clone / "gate.hcl").write_text(text)
        git(self.clone, "add", "--all")
        git(self.clone, *AUTHOR, "commit", "--quiet", "--allow-empty", "--message", "change")
        git(self.clone, "push", "--quiet", "--force", "origin", branch)
        return git(self.clone, "rev-parse", "HEAD").strip()

    def run(self, sha: str, **event: Any) -> Run:
        """Run the workflow for ``sha``."""
        folder = self.github.folder / f"run-{len(self.runs)}"
        run = Run(self.github, FILE, sha, self.sandbox, folder, self.machine, **event)
        self.runs.append(run)
        return run.execute()

    def applied(self) -> str:
        """Return the commit that was applied last."""
        return git(self.github.origin, "rev-parse", "refs/heads/athena-gate/applied").strip()

    def client(self, service: str) -> Any:
        """Return a boto3 client in the sandbox's own account."""
        return boto3.client(
            service,
            endpoint_url=self.sandbox.endpoint,
            region_name="eu-central-1",
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
        )


AUTHOR = ("-c", "user.name=a developer", "-c", "user.email=developer@example.com")


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory,
    sandbox: Sandbox,
    terraform_variables: dict[str, str],
    pgp_key: pysequoia.Tsk,
    wheel: Path,
) -> Story:
    """A company's repository, with nothing of this one but the wheel that it pins."""
    folder = tmp_path_factory.mktemp("github")
    clone = folder / "clone"
    company(clone, "github", (ROOT / "gate.hcl").read_text() + BACKEND, wheel)
    (clone / "keys" / "ops.asc").write_text(str(pgp_key.extract_certificate()))
    git(folder, "init", "--quiet", "--bare", "origin.git")
    git(clone, "remote", "add", "origin", str(folder / "origin.git"))
    made = Story(
        GitHub(
            folder,
            {"AWS_PLAN_ROLE_111122223333": PLAN_ROLE},
            {"aws-111122223333": {"AWS_APPLY_ROLE": APPLY_ROLE}},
        ),
        clone,
        sandbox,
        runner(folder / "python", wheel, terraform_variables),
    )
    s3 = made.client("s3")
    s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    # The role that gate.hcl names as the reader of the connector's consumer.
    partner = made.client("sts").assume_role(
        RoleArn="arn:aws:iam::444455556666:role/terraform", RoleSessionName="test"
    )["Credentials"]
    boto3.client(
        "iam",
        endpoint_url=sandbox.endpoint,
        region_name="eu-central-1",
        aws_access_key_id=partner["AccessKeyId"],
        aws_secret_access_key=partner["SecretAccessKey"],
        aws_session_token=partner["SessionToken"],
    ).create_role(RoleName="analyst", AssumeRolePolicyDocument='{"Version": "2012-10-17"}')
    return made


def changed(text: str) -> str:
    """Return gate.hcl with a block added, one changed and one removed."""
    removed = text[: text.index('metronome "billing"')] + text[text.index('immuta "governed"') :]
    cutoff = '  databases = ["sales"]\n  workgroup { bytes_scanned_cutoff = 20000000 }\n'
    return removed.replace('  databases = ["sales"]\n', cutoff, 1) + NIGHTLY


def deployed(story: Story) -> dict[str, list[str]]:
    """Return what is in the sandbox's own account, by type."""
    return story.sandbox.inventory()["111122223333"]


def states(story: Story) -> list[str]:
    """Return the keys of what is in the bucket of states."""
    return [item["Key"] for item in story.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]


def workgroup(story: Story) -> dict[str, Any]:
    """Return the configuration of Dot's workgroup."""
    found = story.client("athena").get_work_group(WorkGroup="dot-reporting")
    configuration: dict[str, Any] = found["WorkGroup"]["Configuration"]
    return configuration


def cutoff(story: Story, size: int) -> None:
    """Change the workgroup behind Terraform's back."""
    story.client("athena").update_work_group(
        WorkGroup="dot-reporting",
        ConfigurationUpdates={"BytesScannedCutoffPerQuery": size},
    )


def results(run: Run) -> dict[str, str]:
    """Return how each job ended; what went wrong is printed."""
    for leg in run.legs.values():
        if leg.result != "success":
            print(f"{leg.name}: {leg.log}")
    return {name: job.result for name, job in run.jobs.items()}


def planned(run: Run) -> dict[str, list[str]]:
    """Return what was planned of each stack, as ``"create aws_iam_role.role"``."""
    found = {}
    for file in sorted(run.folder.glob("artifacts/changes-*/*.json")):
        reviewed = json.loads(file.read_text())
        found[reviewed["stack"]] = [
            HASH.sub("", f"{'+'.join(one['actions'])} {one['address']}")
            for one in reviewed["changes"]
        ]
    return found


def unchanged(stacks: list[str]) -> dict[str, list[str]]:
    """Return what is planned when none of ``stacks`` changes."""
    return {stack: [] for stack in stacks}


def everything_but(**others: str) -> dict[str, str]:
    """Return the results of the jobs of a run, all successes but for ``others``; what is not
    applied is not asked about."""
    names = ("runs", "check", "plan", "review", "apply", "record", "drift")
    recover = {"recover": others.get("apply", "success").replace("failure", "success")}
    return dict.fromkeys(names, "success") | recover | others


def test_the_first_run_on_main_deploys_every_stack(story: Story) -> None:
    sha = story.commit(story.gate_hcl)
    run = story.run(sha)
    assert results(run) == everything_but(drift="skipped")
    assert run.roles == {
        **{f"plan {stack}": PLAN_ROLE for stack in STACKS},
        "recover in 111122223333": PLAN_ROLE,
        **{f"apply {stack}": APPLY_ROLE for stack in STACKS},
    }
    assert {kind: names for kind, names in deployed(story).items() if kind in LOOKED_AT} == {
        "aws_athena_workgroup": ["dot-reporting", "dynamodb-connector-orders", "immuta-governed"],
        "aws_iam_role": ["dbt-ci", "dynamodb-connector-orders", "metronome-billing"],
        "aws_iam_user": ["dot-reporting", "immuta-governed"],
    }
    assert states(story) == [f"athena-gate/{stack}.tfstate" for stack in STACKS]
    assert story.applied() == sha


def test_a_second_run_plans_nothing_and_at_night_that_is_no_drift(story: Story) -> None:
    run = story.run(story.applied(), event_name="schedule")
    assert planned(run) == unchanged(STACKS)
    assert results(run) == everything_but(apply="skipped", record="skipped", drift="skipped")
    assert story.github.posted("issues") == []


def test_a_pull_request_is_told_what_it_adds_changes_and_removes(story: Story) -> None:
    before = story.sandbox.inventory()
    run = story.run(story.commit(changed(story.gate_hcl), "feature"), **PULL_REQUEST)
    assert results(run) == everything_but(apply="skipped", record="skipped", drift="skipped")
    kept = [stack for stack in [*STACKS, "dbt-nightly"] if stack != "metronome-billing"]
    plans = [*(f"plan {stack}" for stack in kept), "plan to destroy metronome-billing"]
    assert run.roles == dict.fromkeys(plans, PLAN_ROLE)
    assert planned(run) == {
        **unchanged(STACKS),
        "dbt-nightly": CREATED,
        "dot-reporting": CHANGED,
        "metronome-billing": DESTROYED,
    }
    assert (
        "    metronome-billing is not in gate.hcl any more, its resources stay and nobody watches "
        "them\n      its state: s3://acme-states/athena-gate/metronome-billing.tfstate\n"
    ) in run.summaries
    (comment,) = story.github.posted("comments")
    assert comment["pull_request"] == 7
    top, _, below = HASH.sub("", comment["body"]).partition("### athena-gate\n\n")
    assert top.startswith("<!-- athena-gate: plan -->\n### Who may do what\n\nCompared with `")
    assert [line for line in top.splitlines() if re.match("(dbt|dot|metronome)-", line)] == [
        "dbt-nightly is new",
        "dot-reporting",
        "metronome-billing is gone",
    ]
    assert below.splitlines()[:6] == [
        "- `dbt-ci` (`111122223333`): no changes",
        "- `dbt-nightly` (`111122223333`): "
        + ", ".join(f"`{one.replace('create', '+')}`" for one in CREATED),
        "- `dot-reporting` (`111122223333`): `~ aws_athena_workgroup.reporting_workgroup`",
        "- `dynamodb-connector-orders` (`111122223333`): no changes",
        "- `immuta-governed` (`111122223333`): no changes",
        "- `metronome-billing` (`111122223333`): **destroy**: "
        + ", ".join(f"`{one.replace('delete', '-')}`" for one in DESTROYED),
    ]
    assert "~ bytes_scanned_cutoff_per_query     = 107374182400 -> 20000000" in comment["body"]
    assert story.sandbox.inventory() == before


def test_what_is_not_as_it_was_approved_is_refused_and_all_else_is_applied(story: Story) -> None:
    before = story.applied()
    deployed_before = deployed(story)
    asked = []

    def approve(environment: str, job: str) -> bool:
        asked.append((environment, job))
        if job == "apply dot-reporting":
            cutoff(story, 30_000_000)
        return True

    run = story.run(story.commit(story.gate_hcl), approve=approve)
    assert sorted(asked) == [
        ("aws-111122223333", "apply dbt-nightly"),
        ("aws-111122223333", "apply dot-reporting"),
        ("aws-111122223333", "destroy metronome-billing"),
    ]
    assert results(run) == everything_but(apply="failure", record="skipped", drift="skipped")
    assert {name: leg.result for name, leg in run.legs.items() if not name.startswith("plan")} == {
        "runs": "success",
        "check": "success",
        "review": "success",
        "recover in 111122223333": "success",
        "apply dbt-nightly": "success",
        "apply dot-reporting": "failure",
        "destroy metronome-billing": "success",
    }
    assert (
        "What would be changed now is not what was approved; nothing was changed.\n"
        "  update: aws_athena_workgroup.reporting_workgroup\n"
    ) in HASH.sub("", run.legs["apply dot-reporting"].log)
    assert workgroup(story)["BytesScannedCutoffPerQuery"] == 30_000_000
    now = deployed(story)
    assert [one for one in now["aws_iam_role"] if one not in deployed_before["aws_iam_role"]] == [
        "dbt-nightly"
    ]
    assert [name for names in now.values() for name in names if "metronome" in name] == []
    assert story.applied() == before


def test_at_night_what_was_changed_behind_terraforms_back_becomes_an_issue(story: Story) -> None:
    sha = git(story.clone, "rev-parse", "main").strip()
    run = story.run(sha, event_name="schedule")
    assert results(run) == everything_but(apply="skipped", record="skipped", drift="failure")
    kept = [stack for stack in [*STACKS, "dbt-nightly"] if stack != "dot-reporting"]
    assert planned(run) == {**unchanged(kept), "dot-reporting": CHANGED}
    (issue,) = story.github.posted("issues")
    assert issue["title"] == "athena-gate: what is deployed is not what main says"
    assert "~ bytes_scanned_cutoff_per_query     = 30000000 -> 20000000" in issue["body"]
