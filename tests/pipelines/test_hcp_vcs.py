"""pipelines/hcp-vcs: both pipelines, executed against a repository on disk."""

import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from athena_gate.gate.pipeline.write import Platform
from athena_gate.gate.sandbox import Sandbox
from tests.conftest import ROOT
from tests.pipelines.company import company, planted, runner
from tests.pipelines.gitlab import GitLab
from tests.pipelines.test_gitlab import git
from tests.pipelines.workflow import GitHub, Run

FOLDER = ROOT / "pipelines" / "hcp-vcs"
WORKFLOW = ".github/workflows/athena-gate.yml"
BRANCH = "athena-gate/synthesized"

CONFIGURATION = """
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}

backend "cloud" {
  organization = "acme"
}
"""


def dbt(name: str, database: str = "dbt_ci") -> str:
    return f"""
dbt "{name}" {{
  account   = "analytics"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  databases = ["{database}"]
}}
"""


def test_the_workflow_may_do_nothing_but_read_and_one_job_pushes() -> None:
    workflow = yaml.safe_load((FOLDER / "github.yml").read_text())
    assert {
        "workflow": workflow["permissions"],
        **{name: job["permissions"] for name, job in workflow["jobs"].items()},
    } == {
        "workflow": {},
        "synthesize": {"contents": "read"},
        "examine": {"contents": "read", "pull-requests": "write"},
        "publish": {"contents": "write"},
    }
    # Of an artifact that another job has written over nothing is published.
    examine, publish = (workflow["jobs"][name] for name in ("examine", "publish"))
    assert examine["outputs"] == {"checksum": "${{ steps.examine.outputs.checksum }}"}
    checksum = publish["steps"][-1]["env"]["CHECKSUM"]
    assert checksum == "${{ needs.examine.outputs.checksum }}"
    steps = publish["steps"]
    assert [step["run"] for step in steps if "run" in step] == [
        'echo "$CHECKSUM  $RUNNER_TEMP/downloaded/examined.tar" | sha256sum --check --quiet\n'
        'mkdir "$RUNNER_TEMP/unpacked"\n'
        'tar -xf "$RUNNER_TEMP/downloaded/examined.tar" -C "$RUNNER_TEMP/unpacked" examined\n'
        'bash pipelines/hcp-vcs/publish.sh "$RUNNER_TEMP/unpacked/examined"\n'
    ]


def publish(clone: Path) -> str:
    """Run publish.sh in ``clone`` and return what it says."""
    script = ["bash", str(FOLDER / "publish.sh"), "publish"]
    return subprocess.run(script, cwd=clone, check=True, capture_output=True, text=True).stdout


def publishing(folder: Path, name: str) -> Path:
    """Return a clone of ``<folder>/source`` that published one stack to ``<name>.git``."""
    source, clone = folder / "source", folder / name
    if not source.exists():
        source.mkdir()
        git(source, "init", "--quiet", "--initial-branch=main")
        git(source, "commit", "--quiet", "--allow-empty", "--message", "a change")
    git(folder, "init", "--quiet", "--bare", f"{name}.git")
    git(folder, "clone", "--quiet", str(source), str(clone))
    git(clone, "remote", "set-url", "origin", str(folder / f"{name}.git"))
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    (clone / "publish" / "stacks" / "dbt-ci").mkdir(parents=True)
    (clone / "publish" / "stacks" / "dbt-ci" / "cdk.tf.json").write_text("{}")
    publish(clone)
    return clone


def test_the_same_content_of_the_same_commit_is_the_same_commit(tmp_path: Path) -> None:
    one, other = publishing(tmp_path, "one"), publishing(tmp_path, "other")
    commits = [git(tmp_path / f"{name}.git", "rev-parse", BRANCH) for name in ("one", "other")]
    assert commits[0] == commits[1]
    # The checkout, its index too, is as it was.
    assert [git(clone, "status", "--porcelain") for clone in (one, other)] == ["?? publish/\n"] * 2


def test_where_nothing_changed_there_is_no_commit(tmp_path: Path) -> None:
    clone = publishing(tmp_path, "clone")
    before = git(tmp_path / "clone.git", "rev-parse", BRANCH)
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "another change")
    assert publish(clone) == "Nothing changed.\n"
    assert git(tmp_path / "clone.git", "rev-parse", BRANCH) == before


def test_what_main_says_otherwise_by_now_is_not_published(tmp_path: Path) -> None:
    """An old run that is run again would give back what was taken since."""
    clone = publishing(tmp_path, "clone")
    before = git(tmp_path / "clone.git", "rev-parse", BRANCH)
    (clone / "gate.hcl").write_text("without a grant\n")
    git(clone, "add", "gate.hcl")
    git(clone, "commit", "--quiet", "--message", "a grant less")
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    git(clone, "checkout", "--quiet", "HEAD^")
    (clone / "publish" / "stacks" / "dbt-ci" / "cdk.tf.json").write_text('{"a": "grant"}')
    with pytest.raises(subprocess.CalledProcessError):
        publish(clone)
    assert git(tmp_path / "clone.git", "rev-parse", BRANCH) == before


class Repository:
    """A repository to push gate.hcl to, and the branch that the pipeline publishes."""

    def __init__(self, folder: Path, platform: Platform, wheel: Path) -> None:
        self.clone = folder / "clone"
        self.origin = folder / "origin.git"
        company(self.clone, platform, CONFIGURATION + dbt("ci"), wheel)
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git")
        git(self.clone, "remote", "add", "origin", str(self.origin))

    def push(self, *blocks: str) -> str:
        """Commit ``blocks`` as gate.hcl, push it, and return the commit."""
        (self.clone / "gate.hcl").write_text(CONFIGURATION + "".join(blocks))
        git(self.clone, "add", "--all", ".")
        git(self.clone, "commit", "--quiet", "--allow-empty", "--message", "change")
        git(self.clone, "push", "--quiet", "origin", "main")
        return git(self.clone, "rev-parse", "HEAD").strip()

    def published(self) -> str:
        """Return the commit that the branch is at."""
        return git(self.origin, "rev-parse", BRANCH).strip()

    def files(self) -> list[str]:
        """Return the paths in the branch."""
        return git(self.origin, "ls-tree", "-r", "--name-only", BRANCH).split()

    def changed(self) -> list[str]:
        """Return the paths that the branch's last commit changed."""
        return git(self.origin, "diff", "--name-only", f"{BRANCH}^", BRANCH).split()

    def policy(self, stack: str) -> str:
        """Return the JSON of the stack in the branch."""
        return git(self.origin, "show", f"{BRANCH}:stacks/{stack}/cdk.tf.json")


def of(*stacks: str) -> list[str]:
    """Return the paths that a branch with ``stacks`` has."""
    names = (".terraform.lock.hcl", "cdk.tf.json")
    return ["manifest.json", *(f"stacks/{stack}/{name}" for stack in stacks for name in names)]


@pytest.fixture(scope="module")
def github(
    tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox, wheel: Path
) -> tuple[Repository, Callable[..., Run]]:
    folder = tmp_path_factory.mktemp("github")
    repository = Repository(folder, "github", wheel)
    machine = runner(folder / "python", wheel, {})
    runs: list[Run] = []
    content = folder / "content"

    def tamper(artifact: Path) -> None:
        """Pack what would run beside the stacks, and lay it beside the archive."""
        if artifact.name != "publish":
            return
        shutil.rmtree(content, ignore_errors=True)
        with tarfile.open(artifact / "publish.tar") as tar:
            # Python has the filter from 3.11.4 on.
            safely: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            tar.extractall(content, **safely)
        planted(content, folder / "ran")
        with tarfile.open(artifact / "publish.tar", "w") as tar:
            for one in content.iterdir():
                tar.add(one, one.name)
        planted(artifact, folder / "ran")

    def run(sha: str, **event: Any) -> Run:
        made = Run(
            GitHub(folder, {}, {}),
            WORKFLOW,
            sha,
            sandbox,
            folder / f"run-{len(runs)}",
            machine,
            tamper=tamper,
            **event,
        )
        runs.append(made)
        return made.execute()

    return repository, run


def results(run: Run) -> dict[str, str]:
    for leg in run.legs.values():
        if leg.result != "success":
            print(leg.log)
    return {name: job.result for name, job in run.jobs.items()}


PULL_REQUEST = {"pull_request": {"number": 7, "head": {"repo": {"full_name": "acme/athena"}}}}
DONE = {"synthesize": "success", "examine": "success", "publish": "success"}


@pytest.mark.slow
def test_github_publishes_what_changed_and_keeps_what_is_not_destroyed(
    github: tuple[Repository, Callable[..., Run]],
) -> None:
    repository, run = github
    assert results(run(repository.push(dbt("ci"), dbt("far")))) == DONE
    assert repository.files() == of("dbt-ci", "dbt-far")
    first = repository.published()

    removed = run(repository.push(dbt("ci", "dbt_other")))
    assert results(removed) == {"synthesize": "failure", "examine": "skipped", "publish": "skipped"}
    assert "dbt-far is not in gate.hcl any more" in removed.legs["synthesize"].log
    assert "settled=dot-reporting" in removed.legs["synthesize"].log
    assert repository.published() == first

    settled = {"event_name": "workflow_dispatch", "event": {"inputs": {"settled": "dbt-far"}}}
    assert results(run(removed.sha, **settled)) == DONE
    assert repository.files() == of("dbt-ci")
    assert "dbt_other" in repository.policy("dbt-ci")

    seen = {"event_name": "pull_request", "event": PULL_REQUEST, "ref": "refs/pull/7/merge"}
    assert results(run(repository.push(dbt("ci")), **seen)) == {**DONE, "publish": "skipped"}
    (comment,) = json.loads((repository.origin.parent / "comments.json").read_text())
    marker, title, _, against = comment["body"].splitlines()[:4]
    assert (marker, title) == ("<!-- athena-gate: plan -->", "### Who may do what")
    assert re.match("Compared with `[0-9a-f]{40}`: 1 stack changed, ", against)
    # Each synth had left files that whoever unpacked them over the checkout would have run.
    assert not (repository.origin.parent / "ran").exists()


@pytest.mark.slow
def test_gitlab_publishes_the_same(tmp_path: Path, wheel: Path) -> None:
    repository = Repository(tmp_path, "gitlab", wheel)
    variables = {
        **runner(tmp_path / "python", wheel, {}),
        "HOME": str(tmp_path),
        "CI_SERVER_URL": f"file://{tmp_path}",
        "CI_PROJECT_PATH": "origin",
        "CI_JOB_TOKEN": "a-token-of-the-job",
        "CI_COMMIT_BRANCH": "main",
        "CI_PIPELINE_SOURCE": "push",
    }

    def tamper(job: str, artifact: Path) -> None:
        if job == "synthesize":
            planted(artifact, tmp_path / "ran")

    gitlab = GitLab(repository.origin, tmp_path / "builds", variables, tamper=tamper)
    repository.push(dbt("ci"), dbt("far"))
    jobs = gitlab.run(".gitlab-ci.yml")
    logs = "".join(job.log for job in jobs.values())
    codes = {name: job.code for name, job in jobs.items()}
    assert codes == {"synthesize": 0, "examine": 0, "publish": 0}, logs
    assert repository.files() == of("dbt-ci", "dbt-far")
    assert "a-token-of-the-job" not in logs
    # The synth had left files that whoever takes its artifacts would have run.
    assert not (tmp_path / "ran").exists()

    repository.push(dbt("ci"), dbt("far", "dbt_other"))
    assert [job.code for job in gitlab.run(".gitlab-ci.yml").values()] == [0, 0, 0]
    assert repository.changed() == ["stacks/dbt-far/cdk.tf.json"]
    manifest = json.loads(git(repository.origin, "show", f"{BRANCH}:manifest.json"))
    assert sorted(manifest["stacks"]) == ["dbt-ci", "dbt-far"]
