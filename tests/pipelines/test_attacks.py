"""Whoever gets a program into the job that installs packages, or may push, gets no further.

Each story is told on the whole pipeline of a company's repository; what a stack alone could try is
in tests/gate/pipeline/test_examine.py.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from athena_gate.gate.sandbox import Sandbox
from athena_gate.stacks import places
from tests.conftest import ROOT
from tests.pipelines import company as companies
from tests.pipelines.company import company, planted, runner
from tests.pipelines.gitlab import GitLab
from tests.pipelines.test_github_files import WORKFLOW, jobs, step_of
from tests.pipelines.test_gitlab import CONFIGURATION, dbt, git
from tests.pipelines.workflow import GitHub, Run

STACK = "cdktf.out/stacks/dbt-ci/cdk.tf.json"
HCP = ROOT / "pipelines" / "hcp-vcs"


def provisioned(file: Path) -> None:
    """Add a program to a role of the stack in ``file``."""
    stack = json.loads(file.read_text())
    (role,) = stack["resource"]["aws_iam_role"].values()
    role["provisioner"] = [{"local-exec": {"command": "sh"}}]
    file.write_text(json.dumps(stack))


REFUSED = "Nothing is planned and nothing is changed.\ndbt-ci: resource.aws_iam_role.ci_role_"


@pytest.mark.slow
def test_github_a_stack_and_files_of_another_job_are_neither_run_nor_planned(
    tmp_path: Path, wheel: Path, sandbox: Sandbox, terraform_variables: dict[str, str]
) -> None:
    ran = tmp_path / "ran"
    repository = tmp_path / "clone"
    company(repository, "github", CONFIGURATION + dbt("ci", "analytics", "dbt_ci"), wheel)
    sha = pushed(repository, tmp_path)

    def tamper(artifact: Path) -> None:
        if artifact.name == "synthesized":
            planted(artifact, ran)
            provisioned(artifact / STACK)

    machine = runner(tmp_path / "python", wheel, terraform_variables)
    github = GitHub(tmp_path, {"AWS_PLAN_ROLE_111122223333": "arn:aws:iam::1:role/plan"}, {})
    file = ".github/workflows/athena-gate.yml"
    folder = tmp_path / "run"
    run = Run(github, file, sha, sandbox, folder, machine, tamper=tamper).execute()
    log = run.legs["plan dbt-ci"].log
    assert {name: job.result for name, job in run.jobs.items()} == {
        "runs": "success",
        "check": "success",
        "plan": "failure",
        **dict.fromkeys(("review", "recover", "apply", "record", "drift"), "skipped"),
    }, log
    assert (REFUSED in log, run.roles, ran.exists()) == (True, {}, False)


def pushed(repository: Path, folder: Path) -> str:
    """Commit what is in ``repository``, push it to ``folder``/origin.git, and return the commit."""
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git")
    git(repository, "remote", "add", "origin", str(folder / "origin.git"))
    git(repository, "add", "--all", "--force", ".")
    git(repository, "commit", "--quiet", "--message", "change")
    git(repository, "push", "--quiet", "origin", "main")
    return git(repository, "rev-parse", "HEAD").strip()


def gitlab(tmp_path: Path, wheel: Path, variables: dict[str, str]) -> GitLab:
    return GitLab(
        tmp_path / "origin.git",
        tmp_path / "builds",
        {
            **runner(tmp_path / "python", wheel, variables),
            "HOME": str(tmp_path),
            "CI_SERVER_URL": f"file://{tmp_path}",
            "CI_PROJECT_PATH": "origin",
            "CI_JOB_TOKEN": "a-token-of-the-job",
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_BRANCH": "main",
            "CI_PIPELINE_SOURCE": "push",
            "PLAN_ROLE_ARN_111122223333": "arn:aws:iam::111122223333:role/plan",
        },
    )


@pytest.mark.slow
def test_gitlab_a_stack_and_files_of_another_job_are_neither_run_nor_planned(
    tmp_path: Path, wheel: Path, terraform_variables: dict[str, str]
) -> None:
    ran = tmp_path / "ran"
    repository = tmp_path / "clone"
    company(repository, "gitlab", CONFIGURATION + dbt("ci", "analytics", "dbt_ci"), wheel)
    pushed(repository, tmp_path)
    made = gitlab(tmp_path, wheel, terraform_variables)

    def tamper(job: str, artifact: Path) -> None:
        if job == "synth":
            planted(artifact, ran)
            provisioned(artifact / STACK)

    made.tamper = tamper
    done = made.run(".gitlab-ci.yml")
    logs = "".join(job.log for job in done.values())
    codes = {name: job.code for name, job in done.items()}
    assert codes == {"synth": 0, "plans": 0, "plan apply dbt-ci": 1}, logs
    assert (REFUSED in done["plan apply dbt-ci"].log, ran.exists()) == (True, False)


def test_nothing_of_another_job_is_written_through_a_link_of_the_checkout() -> None:
    """In the checkout, `synthesized/cdktf.out` could be a link to where the wheel was installed,
    and `cdktf.out` hold other files for it: neither is what code owners look at."""
    for file in (WORKFLOW, HCP / "github.yml"):
        downloads = [
            step["with"].get("path", "").split()[:3]
            for job in jobs(file).values()
            for step in job["steps"]
            if "download-artifact" in step.get("uses", "")
        ]
        assert downloads
        assert {tuple(path[:2]) for path in downloads} == {("${{", "runner.temp")}
        for script in (
            step.get("run", "")
            for name, job in jobs(file).items()
            if name not in ("check", "synthesize")
            for step in job["steps"]
        ):
            written = re.findall(r"(?<= )>>? *(\S+)", script)
            relative = [one for one in written if not one.startswith(('"$', "&2"))]
            assert not relative or 'cd "$RUNNER_TEMP"\n' in script.split(relative[0])[0]


@pytest.mark.parametrize("name", ["plan", "apply"])
def test_a_stack_is_examined_before_there_are_credentials_or_a_provider(name: str) -> None:
    job = jobs(WORKFLOW)[name]
    assert job["env"] == {"PYTHONSAFEPATH": "1"}
    said = [step.get("run") or step["uses"].partition("@")[0] for step in job["steps"]]
    examined = next(number for number, one in enumerate(said) if "pipeline.examine" in one)
    assert said[:examined] == [
        "actions/checkout",
        step_of(job, "Install athena-gate, without dependencies")["run"],
        "actions/download-artifact",
    ]
    after = [one for one in said[examined + 1 :] if "terraform-chdir" in one.replace(" ", "")]
    assert said.index("aws-actions/configure-aws-credentials") > examined
    assert after[0] == 'terraform -chdir="$RUNNER_TEMP/stack" init -input=false -lockfile=readonly'
    assert all('-chdir="$RUNNER_TEMP/stack"' in one for one in after)


@pytest.mark.slow
def test_another_terraform_than_the_one_of_the_checksum_is_not_installed(tmp_path: Path) -> None:
    for job in (jobs(WORKFLOW)[name] for name in ("plan", "apply")):
        script = str(step_of(job, "Install Terraform, by checksum")["run"])
        curl = tmp_path / "curl"
        curl.write_text('#!/bin/sh\necho another > "$2"\n')
        curl.chmod(0o755)
        (tmp_path / "terraform").write_text("#!/bin/sh\necho Terraform v1.11.3\n")
        (tmp_path / "terraform").chmod(0o755)
        pins = yaml.safe_load(WORKFLOW.read_text())["env"]
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            env={
                **{name: pins[name] for name in ("TERRAFORM_VERSION", "TERRAFORM_SHA256")},
                "PATH": f"{tmp_path}:/usr/bin:/bin",
                "RUNNER_TEMP": str(tmp_path),
                "GITHUB_PATH": str(tmp_path / "path"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, (tmp_path / "path").exists()) == (1, False)
        assert "terraform_1.11.4_linux_amd64.zip: FAILED" in done.stdout


def test_gitlab_only_a_job_of_the_protected_environment_asks_for_the_role_that_applies() -> None:
    stack = yaml.safe_load((ROOT / "pipelines/gitlab-ci/stack.yml").read_text())
    pipeline = yaml.safe_load((ROOT / "pipelines/gitlab-ci/gitlab-ci.yml").read_text())
    asking = {
        name: (job["id_tokens"]["AWS_ID_TOKEN"]["aud"], job.get("environment", {}).get("name"))
        for name, job in {**stack, **pipeline}.items()
        if isinstance(job, dict) and "id_tokens" in job
    }
    assert asking == {
        ".plan": ("sts.amazonaws.com", None),
        ".recover": ("sts.amazonaws.com", None),
        ".apply": ("$APPLY_AUDIENCE", "athena-gate"),
    }


def test_gitlab_what_runs_with_a_token_is_written_where_one_wheel_is_installed() -> None:
    pipeline = yaml.safe_load((ROOT / "pipelines/gitlab-ci/gitlab-ci.yml").read_text())
    (include,) = pipeline["stacks"]["trigger"]["include"]
    writes = "\n".join(pipeline[include["job"]]["script"])
    assert "pipeline.gitlab plans" in writes
    assert [line for line in writes.splitlines() if "pip install" in line] == [
        "python3 -m pip install --quiet --root-user-action ignore --no-deps --only-binary :all: \\"
    ]
    synth = "\n".join(pipeline["synth"]["script"])
    assert ("--require-hashes" in synth, "pipeline.gitlab" in synth) == (True, False)


PROGRAM = """\
#!/bin/sh
{ env; cat .git/config; } >> "{seen}/$(basename "$0")"
mkdir -p cdktf.out publish
touch cdktf.out/x publish/x
ln -sf /proc/self/environ difference.md
ln -sf /proc/self/environ cdktf.out/link
ln -sf /proc/self/environ publish/link
"""


@pytest.mark.parametrize("file", ["gitlab-ci/gitlab-ci.yml", "hcp-vcs/gitlab.yml"])
def test_gitlab_what_packages_bring_sees_no_token_and_leaves_nothing_but_files(
    file: str, tmp_path: Path
) -> None:
    """With the job's token it could upload variables for the jobs after it."""
    programs, seen = tmp_path / "programs", tmp_path / "seen"
    programs.mkdir()
    seen.mkdir()
    for name in ("gate", "python3"):
        (programs / name).write_text(PROGRAM.replace("{seen}", str(seen)))
        (programs / name).chmod(0o755)
    companies.others(programs)
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(origin))
    (origin / "pipelines/hcp-vcs").mkdir(parents=True)
    (origin / "pipelines/hcp-vcs/collect.sh").write_text("gate check --against published\n")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "--message", "all")
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    git(clone, "config", "http.extraHeader", "a-token-of-the-job")
    document = yaml.safe_load((ROOT / "pipelines" / file).read_text())
    (job,) = (one for name, one in document.items() if name in ("synth", "synthesize"))
    script = "\n".join(["set -eo pipefail", *job["script"]])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=clone,
        env={
            "PATH": f"{programs}:/usr/bin:/bin",
            "TMPDIR": str(tmp_path),
            "GATE_FILE": "gate.hcl",
            "GATE_ENV": "test",
            "CI_JOB_TOKEN": "a-token-of-the-job",
            "CI_DEFAULT_BRANCH": "main",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD",
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "SECRET_OF_THE_PROJECT": "x",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = (seen / "gate").read_text()
    assert [word for word in ("a-token", "SECRET", "GATE_ENV=test") if word in found] == [
        "GATE_ENV=test"
    ]
    kept = [path for one in job["artifacts"]["paths"] for path in clone.glob(f"{one}/**/*")]
    assert kept == [clone / job["artifacts"]["paths"][0] / "x"]
    assert not (clone / "difference.md").is_symlink()


def test_gitlab_no_job_but_the_first_installs_packages_before_one_that_takes_its_variables() -> (
    None
):
    stack = yaml.safe_load((ROOT / "pipelines/gitlab-ci/stack.yml").read_text())
    # The report of what is left installs some; no job beside or after it takes what it leaves.
    assert [name for name in stack if "require-hashes" in str(stack[name])] == [".recover"]
    assert (stack[".recover"]["stage"], stack[".applied"]["dependencies"]) == ("apply", [])
    assert stack[".terraform"]["needs"] == [{"pipeline": "$SYNTH_PIPELINE", "job": "synth"}]


# What a job that takes files of another does first: the commit anew, and one wheel.
ANEW = """\
PRIVATE="$(mktemp -d)"
trap 'rm -rf "$PRIVATE"' EXIT
cd "$PRIVATE"
git init --quiet commit
cd commit
git -c credential.helper='!f() { echo username=gitlab-ci-token; echo "password=$CI_JOB_TOKEN"; }; f\
' \\
  fetch --quiet --depth 1 "$CI_SERVER_URL/$CI_PROJECT_PATH.git" "$CI_COMMIT_SHA"
git checkout --quiet FETCH_HEAD
export PYTHONSAFEPATH=1 # nothing is imported from the current folder, not by pip either
python3 -m pip install --quiet --root-user-action ignore --no-deps --only-binary :all: \\
  --target "$PRIVATE/program" -r gate-requirements.txt
export PYTHONPATH="$PRIVATE/program"
"""


@pytest.mark.parametrize(
    ("file", "job", "part"),
    [
        ("gitlab-ci/gitlab-ci.yml", "plans", "script"),
        ("gitlab-ci/stack.yml", ".terraform", "before_script"),
        ("gitlab-ci/stack.yml", ".changes", "script"),
        ("hcp-vcs/gitlab.yml", "examine", "script"),
    ],
)
def test_gitlab_a_job_that_takes_files_of_another_runs_the_commit_anew(
    file: str, job: str, part: str
) -> None:
    first, *others = yaml.safe_load((ROOT / "pipelines" / file).read_text())[job][part]
    assert re.sub("^#.*\n", "", first, flags=re.MULTILINE) == ANEW
    # None of the checkout's own, over which those files lie.
    paths = re.findall(r"\S*pipelines/\S+\.(?:sh|yml|py)\b", "\n".join(others))
    assert [one for one in paths if not one.startswith('"$PRIVATE/commit/')] == []


@pytest.mark.parametrize(
    "file", ["gitlab-ci/gitlab-ci.yml", "gitlab-ci/stack.yml", "hcp-vcs/gitlab.yml"]
)
def test_gitlab_python_imports_nothing_from_a_checkout(file: str) -> None:
    """`python3 -m pip` too would first look there, at files that no code owner has seen."""
    document = yaml.safe_load((ROOT / "pipelines" / file).read_text())
    for name, job in document.items():
        lines = (
            "\n".join([*job.get("before_script", []), *job["script"]]) if "script" in job else ""
        )
        if "extends" in job or "python3" not in lines:
            continue
        before = lines[: lines.index("python3")]
        assert "export PYTHONSAFEPATH=1" in before, name
        # What is started without the variables of the job has it too.
        assert lines.count("env -i ") == lines.count("LANG=C.UTF-8 PYTHONSAFEPATH=1 "), name


def test_gitlab_files_of_the_repository_are_not_taken_for_plans(tmp_path: Path) -> None:
    """An apply would be waiting of which there was no plan to look at."""
    stack = yaml.safe_load((ROOT / "pipelines/gitlab-ci/stack.yml").read_text())
    script = stack[".changes"]["script"][1]
    git(tmp_path, "init", "--quiet")

    def done() -> int:
        command = ["bash", "-eo", "pipefail", "-c", script]
        return subprocess.run(command, cwd=tmp_path, check=False).returncode

    (tmp_path / "changes").mkdir()
    (tmp_path / "changes" / "dbt-ci.json").write_text("{}")
    assert done() == 0
    git(tmp_path, "add", "changes")
    assert done() == 1
    assert 'applies "$PRIVATE/commit' in stack[".changes"]["script"][3]


def test_gitlab_a_stack_is_examined_before_a_job_uses_its_token_or_terraform() -> None:
    stack = yaml.safe_load((ROOT / "pipelines/gitlab-ci/stack.yml").read_text())
    before = stack[".terraform"]["before_script"]
    assert [line.splitlines()[0] for line in before[1:]] == [
        'python3 -m athena_gate.gate.pipeline.examine "$ENTRY" "$CI_PROJECT_DIR" "$PRIVATE/stack"',
        'cd "$CI_PROJECT_DIR"',
        "if ! command -v terraform > /dev/null; then",
        'role="${PHASE}_ROLE_ARN_$ACCOUNT"',
        'terraform -chdir="$PRIVATE/stack" init -input=false -lockfile=readonly',
    ]
    scripts = "\n".join([*stack[".plan"]["script"], *stack[".apply"]["script"]])
    runs = re.findall(r"^ *terraform (\S+)", scripts, flags=re.MULTILINE)
    assert runs == ['-chdir="$PRIVATE/stack"'] * 5


def test_gitlab_another_terraform_than_the_one_of_the_checksum_is_not_installed(
    tmp_path: Path,
) -> None:
    job = yaml.safe_load((ROOT / "pipelines/gitlab-ci/stack.yml").read_text())[".terraform"]
    (script,) = (one for one in job["before_script"] if "releases.hashicorp.com" in one)
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\necho another > "$2"\n')
    curl.chmod(0o755)
    (tmp_path / "sha256sum").symlink_to(shutil.which("sha256sum") or "")
    done = subprocess.run(
        [shutil.which("bash") or "", "-c", f"set -eo pipefail\n{script}"],
        env={**job["variables"], "PATH": str(tmp_path), "PRIVATE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, (tmp_path / "bin").exists()) == (1, False)
    assert "terraform_1.11.4_linux_amd64.zip: FAILED" in done.stdout


def test_what_is_left_is_reported_to_whoever_approves_and_changed_by_nothing() -> None:
    (report,) = (step["run"] for step in jobs(WORKFLOW)["recover"]["steps"][-1:])
    command = "gate recover --report $STACKS"
    # As code, whatever it says.
    shown = "2>&1 | sed 's/^/    /' | tee -a \"$GITHUB_STEP_SUMMARY\" || true"
    assert report.splitlines()[1:] == [f"{command} {shown}"]
    stack = yaml.safe_load((ROOT / "pipelines/gitlab-ci/stack.yml").read_text())
    assert stack[".recover"]["script"][-1].splitlines()[-1].strip() == command


def test_hcp_what_is_published_was_examined() -> None:
    publish = jobs(HCP / "github.yml")["publish"]
    taken = [step["with"]["name"] for step in publish["steps"] if "download-artifact" in str(step)]
    assert (publish["needs"], taken[:1]) == ("examine", ["examined"])
    publish = yaml.safe_load((HCP / "gitlab.yml").read_text())["publish"]
    assert publish["needs"] == ["examine"]
    # Unpacked where the repository has nothing beside it.
    assert publish["script"][0] == 'unpacked="$(mktemp -d)"'
    assert publish["script"][1] == 'tar -xf examined.tar -C "$unpacked" examined'
    assert publish["script"][-1].split()[-1] == '"$unpacked/examined"'


def test_gitlab_a_forks_merge_request_gets_no_jobs_with_a_token() -> None:
    pipeline = yaml.safe_load((ROOT / "pipelines/gitlab-ci/gitlab-ci.yml").read_text())
    assert pipeline["stacks"]["rules"] == [
        {
            "if": '$CI_PIPELINE_SOURCE != "merge_request_event" || '
            "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"
        }
    ]


class Posts:
    """GitHub's issues and comments, of which some are somebody else's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "review.md").write_text("the page\n")

    def run(self, script: str, **variables: str) -> None:
        subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env={
                "PATH": f"{Path(__file__).parent}:/usr/bin:/bin",
                "GITHUB_DOUBLE": str(self.folder),
                "GITHUB_REPOSITORY": "acme/athena",
                "GH_TOKEN": '{"issues": "write", "pull-requests": "write"}',
                **variables,
            },
            check=True,
        )

    def __call__(self, kind: str, *some: dict[str, Any]) -> list[dict[str, Any]]:
        file = self.folder / f"{kind}.json"
        if some:
            file.write_text(json.dumps(some))
        found: list[dict[str, Any]] = json.loads(file.read_text())
        return found


TITLE = "athena-gate: what is deployed is not what main says"


@pytest.mark.slow
def test_an_issue_of_somebody_else_is_not_taken_for_ours_whatever_its_title(tmp_path: Path) -> None:
    posts = Posts(tmp_path)
    theirs: list[dict[str, Any]] = [
        {"title": TITLE, "body": "mine", "user": {"login": "somebody"}},
        {"title": f"{TITLE}, or not", "body": "mine"},
        {"title": TITLE, "body": "a pull request", "pull_request": {}},
    ]
    posts("issues", *theirs)
    script = step_of(jobs(WORKFLOW)["drift"], "Open an issue, or renew the open one, and fail")[
        "run"
    ]
    written = "\n".join(line for line in script.splitlines() if "pipeline" not in line)
    written = written.replace("exit 1", "")
    posts.run(written)
    ours = {"title": TITLE, "body": "the page\n"}
    assert posts("issues") == [*theirs, ours]
    (tmp_path / "review.md").write_text("another page\n")
    posts.run(written)
    assert posts("issues") == [*theirs, {**ours, "body": "another page\n"}]


@pytest.mark.slow
def test_a_comment_of_somebody_else_is_not_taken_for_ours_whatever_it_says(tmp_path: Path) -> None:
    posts = Posts(tmp_path)
    theirs = {"body": "<!-- athena-gate: plan -->mine", "user": {"login": "somebody"}}
    posts("comments", theirs)
    script = step_of(jobs(WORKFLOW)["review"], "Comment on the pull request")["run"]
    posts.run(script, PULL_REQUEST="7")
    assert posts("comments") == [theirs, {"pull_request": 7, "body": "the page\n"}]


GH = """\
#!/bin/sh
if [ "$SAID" ]; then echo "gh: (HTTP $SAID)" >&2; echo "{}"; exit 1; fi
for asked; do case "$asked" in repos/*) break ;; esac; done
echo "$asked" >> asked
case "$asked" in
  */compare/bad*) echo diverged ;;
  */compare/*) echo ahead ;;
  */jobs*) printf "check\\nplan dbt-ci\\nplan dot-x\\nplan to destroy dot-y\\napply dot-x\\n" ;;
  *push) printf "bad:3\\nabc:2\\n" ;;
  *) echo def:1 ;;
esac
"""


@pytest.mark.parametrize(
    ("said", "code", "output"),
    [
        ("404", 0, "succeeded=\nplanned=\n"),
        ("502", 1, ""),
        ("", 0, "succeeded= bad abc def\nplanned=dbt-ci dot-x\n"),
    ],
)
def test_runs_of_main_say_what_was_applied_and_kept_and_no_others(
    said: str, code: int, output: str, tmp_path: Path
) -> None:
    """A run by hand may be one of a tag called main; without an answer nothing goes on."""
    (script,) = (step["run"] for step in jobs(WORKFLOW)["runs"]["steps"])
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    (tmp_path / "output").touch()
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "SAID": said,
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_REPOSITORY": "acme/athena",
            "GITHUB_WORKFLOW_REF": "acme/athena/.github/workflows/mine.yml@refs/heads/a@b/c.yml",
            "RUNNER_TEMP": str(tmp_path),
        },
        check=False,
    )
    assert (done.returncode, (tmp_path / "output").read_text()) == (code, output)
    listed = "actions/workflows/mine.yml/runs?branch=main&status=success&event="
    if not said:
        assert (tmp_path / "asked").read_text().replace("repos/acme/athena/", "").split() == [
            f"{listed}push",
            f"{listed}schedule",
            "compare/bad...main",
            "compare/abc...main",
            "actions/runs/2/jobs?per_page=100",
        ]


def test_a_branch_that_only_says_what_was_applied_decides_nothing() -> None:
    """In both pipelines the commit must be on the main branch of the server."""
    script = step_of(
        jobs(WORKFLOW)["check"],
        "Synthesize what may have been applied before, and say who may do what now",
    )["run"]
    assert 'pipeline.previous "$applied" origin/main ' in script
    pipeline = yaml.safe_load((ROOT / "pipelines/gitlab-ci/gitlab-ci.yml").read_text())
    synth = "\n".join(pipeline["synth"]["script"])
    assert 'main="refs/remotes/origin/$CI_DEFAULT_BRANCH"\n' in synth
    assert 'pipeline.previous "$1" "$2" "$3" previous $4\n' in synth
    # A variable of whoever runs a pipeline hides nothing that was deployed.
    assert """' apart "$applied" "$main" "$""" in synth
    assert '{CI_MERGE_REQUEST_DIFF_BASE_SHA:-$parent}" "$deployed"\n' in synth


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["github", "gitlab"])
def test_what_main_says_otherwise_by_now_is_not_applied(platform: str, tmp_path: Path) -> None:
    """An approval of an old run, or such a run again, would give back what was taken since."""
    origin, clone = tmp_path / "origin.git", tmp_path / "private" / "commit"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(origin))
    (origin / "infra").mkdir()
    (origin / "infra" / "my.hcl").write_text("a grant\n")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "--message", "a grant")
    sha = git(origin, "rev-parse", "HEAD").strip()
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    if platform == "github":
        script = step_of(jobs(WORKFLOW)["apply"], "Refuse what main says otherwise by now")["run"]
    else:
        stack = yaml.safe_load((ROOT / "pipelines/gitlab-ci/stack.yml").read_text())
        script = stack[".apply"]["script"][0]

    def done() -> int:
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=clone,
            env={
                "PATH": "/usr/bin:/bin",
                "GATE_FILE": "infra/my.hcl",
                "GITHUB_SHA": sha,
                "PRIVATE": str(tmp_path / "private"),
                "CI_COMMIT_SHA": sha,
                "CI_DEFAULT_BRANCH": "main",
                "CI_SERVER_URL": f"file://{tmp_path}",
                "CI_PROJECT_PATH": "origin",
            },
            check=False,
        ).returncode

    def committed(name: str) -> None:
        (origin / name).parent.mkdir(exist_ok=True)
        (origin / name).write_text("another\n")
        git(origin, "add", ".")
        git(origin, "commit", "--quiet", "--message", name)

    assert done() == 0
    # What says nothing of who may do what.
    committed("README.md")
    assert done() == 0
    committed("infra/my.hcl")
    assert done() == 1
    git(origin, "revert", "--no-edit", "HEAD")
    assert done() == 0
    (more := origin / "infra" / "my.d" / "more.hcl").parent.mkdir()
    more.touch()
    assert places.parts(origin / "infra" / "my.hcl") == [more]
    committed(more.relative_to(origin).as_posix())
    assert done() == 1


@pytest.mark.slow
def test_gitlab_what_packages_bring_sees_the_role_that_reads_and_no_other_token(
    tmp_path: Path,
) -> None:
    programs, seen, clone = tmp_path / "programs", tmp_path / "seen", tmp_path / "clone"
    programs.mkdir()
    seen.mkdir()
    clone.mkdir()
    for name in ("gate", "python3"):
        (programs / name).write_text(PROGRAM.replace("{seen}", str(seen)))
        (programs / name).chmod(0o755)
    companies.others(programs)
    git(clone, "init", "--quiet", "--initial-branch=main")
    git(clone, "config", "http.extraHeader", "a-token-of-the-job")
    # As GitLab hands over a variable that is a file.
    authority = tmp_path / "clone.tmp" / "AWS_CA_BUNDLE"
    authority.parent.mkdir()
    authority.write_text("an authority")
    stack = yaml.safe_load((ROOT / "pipelines/gitlab-ci/stack.yml").read_text())
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -eo pipefail", *stack[".recover"]["script"]])],
        cwd=clone,
        env={
            "PATH": f"{programs}:/usr/bin:/bin",
            "TMPDIR": str(tmp_path),
            "GATE_FILE": "my.hcl",
            "ACCOUNT": "111122223333",
            "PLAN_ROLE_ARN_111122223333": "a-role-that-reads",
            "APPLY_ROLE_ARN_111122223333": "a-role-that-applies",
            "AWS_CA_BUNDLE": str(authority),
            "AWS_ENDPOINT_URL": "http://127.0.0.1",
            "AWS_ID_TOKEN": "a-token-of-gitlab",
            "https_proxy": "http://127.0.0.1:3128",
            "AWS_SECRET_ACCESS_KEY": "SECRET",
            "CI_JOB_ID": "1",
            "CI_JOB_TOKEN": "a-token-of-the-job",
            "SECRET_OF_THE_PROJECT": "x",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = (seen / "gate").read_text()
    variables = {line.split("=")[0] for line in found.splitlines() if line[:1].isupper()}
    assert variables - {"PWD", "OLDPWD", "SHLVL", "JSII_RUNTIME_PACKAGE_CACHE_ROOT"} == {
        *("AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME"),
        *("AWS_WEB_IDENTITY_TOKEN_FILE", "GATE_FILE", "HOME", "LANG", "PATH", "PYTHONPATH"),
        "PYTHONSAFEPATH",
    }
    assert "\nhttps_proxy=http://127.0.0.1:3128\n" in found
    assert f"AWS_CA_BUNDLE={authority}" not in found
    assert [word for word in ("a-token", "SECRET", "applies") if word in found] == []
    # The token is gone with the job.
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("tmp.")] == []
