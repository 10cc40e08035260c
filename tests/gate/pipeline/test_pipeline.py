"""What runs in a pipeline, and `gate pipeline`, which writes it."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from athena_gate.gate.pipeline import changes, examine, previous, review, write
from athena_gate.gate.pipeline.stacks import stacks
from athena_gate.modules.files import Unreadable
from athena_gate.stacks.removed import set_aside
from tests.conftest import DOT, ROOT, Project
from tests.gate.test_cli import gate

S3 = 'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}\n'
CLOUD = 'backend "cloud" {\n  organization = "acme"\n}\n'
WORKFLOW = Path(".github/workflows/athena-gate.yml")


@pytest.mark.parametrize(
    ("platform", "backend", "template", "written"),
    [
        ("github", S3, "github-actions/athena-gate.yml", str(WORKFLOW)),
        ("gitlab", S3, "gitlab-ci/gitlab-ci.yml", ".gitlab-ci.yml"),
        ("github", CLOUD, "hcp-vcs/github.yml", str(WORKFLOW)),
        ("gitlab", CLOUD, "hcp-vcs/gitlab.yml", ".gitlab-ci.yml"),
    ],
)
def test_the_files_in_pipelines_are_what_is_written_for_the_example(
    project: Project, platform: str, backend: str, template: str, written: str
) -> None:
    project.write(
        (ROOT / "gate.hcl").read_text().replace("keys/example.asc", "keys/ops.asc") + backend
    )
    done = gate(project.folder, "pipeline", platform)
    page = f"pipelines/{Path(template).parent}/README.md"
    lines = done.stdout.splitlines()
    files = [line.removesuffix(" was written") for line in lines if line.endswith(" was written")]
    assert (done.returncode, files[:2]) == (0, [written, "gate-requirements.txt"])
    assert page in files
    assert (project.folder / written).read_text() == (ROOT / "pipelines" / template).read_text()
    for name in files[2:]:
        assert (project.folder / name).read_text() == (ROOT / name).read_text()


def test_what_is_to_be_set_up_once_is_named_for_each_account(project: Project) -> None:
    project.file.rename(project.folder / "other.hcl")
    partner = (
        'account "partner" {\n  id = "444455556666"\n  region = "eu-west-1"\n}\n'
        'dbt "ci" {\n  account = "partner"\n  databases = ["dbt_ci"]\n'
        '  trusted = ["arn:aws:iam::444455556666:role/ci"]\n}\n'
    )
    (project.folder / "other.hcl").write_text(DOT + partner + S3)
    done = gate(project.folder, "--file", "other.hcl", "pipeline", "github")
    assert done.stdout.splitlines()[6:] == [
        "Set up once; pipelines/github-actions/README.md has the roles' policies:",
        "  variable AWS_PLAN_ROLE_111122223333   the ARN of the role that plans; it only reads",
        "  environment aws-111122223333          with required reviewers, for main alone",
        "    variable AWS_APPLY_ROLE there, for 111122223333: the ARN of the role that applies",
        "  variable AWS_PLAN_ROLE_444455556666   the ARN of the role that plans; it only reads",
        "  environment aws-444455556666          with required reviewers, for main alone",
        "    variable AWS_APPLY_ROLE there, for 444455556666: the ARN of the role that applies",
    ]
    assert "\n  GATE_FILE: other.hcl\n" in (project.folder / WORKFLOW).read_text()


def test_a_local_state_is_refused_because_a_runners_disk_is_gone_after_the_run(
    project: Project,
) -> None:
    done = gate(project.folder, "pipeline", "github")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: gate.hcl keeps states in local files, and a runner's disk is gone after the run; "
        'write backend "s3" { ... } or backend "cloud" { ... }\n',
    )


def test_a_file_that_differs_is_overwritten_by_force_only(project: Project) -> None:
    project.write(DOT + S3)
    file = project.folder / WORKFLOW
    file.parent.mkdir(parents=True)
    file.write_text("name: mine\n")
    done = gate(project.folder, "pipeline", "github")
    assert (done.returncode, done.stderr) == (
        2,
        f"gate: {WORKFLOW} is there and differs; --force overwrites it\n",
    )
    assert file.read_text() == "name: mine\n"
    done = gate(project.folder, "pipeline", "github", "--force")
    assert done.stdout.startswith(f"{WORKFLOW} was written\n")
    again = gate(project.folder, "pipeline", "github")
    assert again.stdout.startswith(f"{WORKFLOW} is up to date\n")


def change(address: str, *actions: str, **others: Any) -> dict[str, Any]:
    values = {"before": others.pop("before", None), "after": others.pop("after", None)}
    return {"address": address, "change": {"actions": list(actions), **values}, **others}


def test_what_would_change_is_told_by_address_outputs_included() -> None:
    plan = {
        "resource_changes": [
            change("aws_iam_role.role", "delete", "create"),
            change("aws_athena_workgroup.workgroup", "update"),
            change("aws_s3_bucket.bucket", "no-op"),
            change("data.aws_caller_identity.self", "read"),
            change("aws_iam_policy.access", "no-op", previous_address="aws_iam_policy.old"),
        ],
        "output_changes": {"handoff": {"actions": ["update"], "before": 1, "after": 2}},
    }
    assert changes.changes(plan) == [
        {"address": "aws_athena_workgroup.workgroup", "actions": ["update"]},
        {"address": "aws_iam_policy.access", "actions": ["no-op"]},
        {"address": "aws_iam_role.role", "actions": ["delete", "create"]},
        {"address": "output.handoff", "actions": ["update"]},
    ]


def test_the_digest_holds_what_would_change_and_nothing_else() -> None:
    first = change("a.a", "update", before={"x": 1}, after={"x": 2})
    second = change("b.b", "create", after={"y": 1})
    plan = {"resource_changes": [first, second], "timestamp": "2026-11-22T07:00:00Z"}
    same = {
        "resource_changes": [second, change("c.c", "no-op"), first],
        "timestamp": "2026-11-23T09:00:00Z",
        "resource_drift": [change("c.c", "update")],
    }
    assert changes.digest(plan, "s") == changes.digest(same, "s")
    others = [
        change("a.a", "update", before={"x": 3}, after={"x": 2}),
        change("a.a", "update", before={"x": 1}, after={"x": 3}),
        change("a.a", "delete", before={"x": 1}, after={"x": 2}),
        change("a.b", "update", before={"x": 1}, after={"x": 2}),
        change("a.a", "update", before={"x": 1}, after={"x": 2}, deposed="1234"),
    ]
    digests = {changes.digest({"resource_changes": [one, second]}, "s") for one in others}
    nothing = changes.digest({"resource_changes": []}, "s")
    # And the stack that it is of.
    of_another = changes.digest(plan, "t")
    assert len({*digests, changes.digest(plan, "s"), nothing, of_another}) == 8


def test_a_plan_other_than_the_approved_one_is_refused_with_what_it_would_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = {"resource_changes": [change("aws_iam_role.role", "delete", "create")]}
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    for name in ("cdk.tf.json", ".terraform.lock.hcl"):
        (tmp_path / name).write_text("{}")
    stack = examine.digest(tmp_path)
    called = [str(tmp_path), str(file)]
    assert changes.main(["--approved", changes.digest(plan, stack), *called]) == 0
    assert changes.main(["--approved", changes.digest({}, stack), *called]) == 1
    assert capsys.readouterr().out == (
        "What would be changed now is not what was approved; nothing was changed.\n"
        "  delete, create: aws_iam_role.role\n"
        "Run the workflow again, and review the new plan.\n"
    )


def test_a_plan_is_shown_without_progress_and_hints() -> None:
    printed = (
        "aws_iam_role.role: Refreshing state... [id=dbt-ci]\n"
        "data.aws_region.here: Reading...\n"
        "data.aws_region.here: Read complete after 0s [id=eu-central-1]\n"
        "\n"
        "Terraform will perform the following actions:\n"
        "\n"
        "  # aws_iam_role.role will be destroyed\n"
        "\n"
        "Plan: 0 to add, 0 to change, 1 to destroy.\n"
        "\n"
        "─────────────────────────────────────────────────────────────────────────────\n"
        "\n"
        "Saved the plan to: plan\n"
    )
    assert changes.shown(printed) == (
        "Terraform will perform the following actions:\n"
        "\n"
        "  # aws_iam_role.role will be destroyed\n"
        "\n"
        "Plan: 0 to add, 0 to change, 1 to destroy."
    )


def test_a_plan_after_what_changed_outside_of_terraform_is_shown() -> None:
    line = "─" * 77
    note = "Note: Objects have changed outside of Terraform\n\n  # aws_iam_user.user has changed"
    plan = "  # aws_iam_role.role will be created\n\nPlan: 1 to add, 0 to change, 0 to destroy."
    whole = f"{note}\n\n{line}\n\n{plan}"
    for hint in ("Saved the plan to: plan", "Note: You didn't use the -out option to save this"):
        assert changes.shown(f"\n{whole}\n\n{line}\n\n{hint}\nplan, so\n") == whole
    assert changes.shown(whole) == whole


def reviewed(stack: str, text: str = "", *found: dict[str, Any], action: str = "apply") -> Any:
    return {
        "stack": stack,
        "folder": f"cdktf.out/stacks/{stack}",
        "account": "111122223333",
        "region": "eu-central-1",
        "action": action,
        "digest": "d1",
        "changes": list(found),
        "text": text,
    }


def test_the_review_lists_every_stack_and_shows_the_plans_that_change_something() -> None:
    role = {"address": "aws_iam_role.role", "actions": ["delete", "create"]}
    pages = [reviewed("dbt-ci"), reviewed("dbt-old", "the plan\n", role, action="destroy")]
    assert review.as_markdown(pages) == (
        "<!-- athena-gate: plan -->\n"
        "### athena-gate\n"
        "\n"
        "- `dbt-ci` (`111122223333`): no changes\n"
        "- `dbt-old` (`111122223333`): **destroy**: `-+ aws_iam_role.role`\n"
        "\n"
        "<details><summary>dbt-old</summary>\n"
        "\n"
        "```\n"
        "the plan\n"
        "```\n"
        "</details>"
    )
    assert review.changed(pages) == [
        {
            "stack": "dbt-old",
            "folder": "cdktf.out/stacks/dbt-old",
            "account": "111122223333",
            "region": "eu-central-1",
            "action": "destroy",
            "digest": "d1",
        }
    ]


def test_a_plan_cannot_leave_its_fence_or_fill_the_comment() -> None:
    role = {"address": "aws_iam_role.role", "actions": ["update"]}
    pages = [reviewed("a", "```\n# a heading\n```", role), reviewed("b", "x" * 70_000, role)]
    page = review.as_markdown(pages)
    assert "\n````\n```\n# a heading\n```\n````\n" in page
    assert "\n... cut; the job's log has all of it\n" in page
    assert len(page) < 65_536


def synthesized(folder: Path, *names: str) -> None:
    for name in names:
        (folder / "stacks" / name).mkdir(parents=True)
        provider = {"allowed_account_ids": ["111122223333"], "region": "eu-central-1"}
        partner = {"allowed_account_ids": ["444455556666"], "region": "eu-west-1"}
        content = json.dumps({"provider": {"aws": [provider, partner]}})
        (folder / "stacks" / name / "cdk.tf.json").write_text(content)
    listed = {name: {"workingDirectory": f"stacks/{name}"} for name in names}
    (folder / "manifest.json").write_text(json.dumps({"stacks": listed}))


def entry(stack: str, folder: Path, action: str) -> dict[str, str]:
    return {
        "stack": stack,
        "folder": folder.as_posix(),
        "account": "111122223333",
        "region": "eu-central-1",
        "action": action,
    }


def test_the_matrix_is_what_is_built_and_what_only_an_earlier_synth_has(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    synthesized(new, "kept", "added")
    synthesized(old, "kept", "gone")
    # Nothing says that this is still built.
    (new / "stacks" / "stale").mkdir()
    (old / "removed" / "earlier").mkdir(parents=True)
    content = (old / "stacks" / "gone" / "cdk.tf.json").read_text()
    (old / "removed" / "earlier" / "cdk.tf.json").write_text(content)
    assert stacks(new, old) == [
        entry("kept", new / "stacks" / "kept", "apply"),
        entry("added", new / "stacks" / "added", "apply"),
        entry("earlier", old / "removed" / "earlier", "destroy"),
        entry("gone", old / "stacks" / "gone", "destroy"),
    ]
    assert [one["action"] for one in stacks(new)] == ["apply", "apply"]


def test_an_ejected_stack_is_not_planned_for_destruction(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    synthesized(new, "kept")
    synthesized(old, "kept", "gone", "ejected")
    set_aside(new, ["kept"], ["ejected"])
    assert stacks(new, old) == [
        entry("kept", new / "stacks" / "kept", "apply"),
        entry("gone", old / "stacks" / "gone", "destroy"),
    ]


# What gate synth does, as far as the history of a repository is concerned.
SYNTH = """
import json, os
from pathlib import Path
from athena_gate.modules.clock import today
from athena_gate.stacks.removed import set_aside

names = Path("names").read_text().split()
if "broken" in names:
    sys.exit("gate.hcl:1: broken")
out = Path(os.environ["CDKTF_OUTDIR"])
for name in names:
    (out / "stacks" / name).mkdir(parents=True, exist_ok=True)
    (out / "stacks" / name / "cdk.tf.json").write_text(name)
    (out / "stacks" / name / "day").write_text(f"{today()} {sys.argv[1:]}")
    (out / "stacks" / name / "lock").write_bytes(Path(".terraform.lock.hcl").read_bytes())
listed = {name: {"workingDirectory": f"stacks/{name}"} for name in names}
(out / "manifest.json").write_text(json.dumps({"stacks": listed}))
set_aside(out, names)
"""


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A repository, the working directory, with a commit for each list of names; the commits, of
    which the last is the tip of main. Each would run a program of its own; its lock is a link. In
    place of ``gate synth``, which would take seconds, SYNTH is run."""
    monkeypatch.chdir(tmp_path)
    real, synth = (
        "from athena_gate.gate.cli import program\n",
        f"def program():\n{indent(SYNTH, ' ')}",
    )
    assert real in previous.PROGRAM
    monkeypatch.setattr(previous, "PROGRAM", previous.PROGRAM.replace(real, synth))
    identity = ["-c", "user.name=a developer", "-c", "user.email=developer@example.com"]
    made: list[str] = []
    git("init", "--quiet", "--initial-branch=main")
    Path("cdktf.json").write_text(json.dumps({"app": f"touch {tmp_path}/run"}))
    Path("json.py").write_text(f"open('{tmp_path}/run', 'w')")
    Path(".terraform.lock.hcl").symlink_to(tmp_path / "elsewhere")
    for names in ("one", "one two", "broken", "one", "three"):
        Path("names").write_text(names)
        git("add", "--all")
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"2026-01-0{len(made) + 1}T12:00:00Z")
        git(*identity, "commit", "--quiet", "--message", names)
        made.append(git("rev-parse", "HEAD").strip())
    Path(".terraform.lock.hcl").unlink()
    Path(".terraform.lock.hcl").write_text("today's")
    return made


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def test_whatever_was_built_since_the_last_apply_is_found(
    history: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert previous.main([history[0], "main", history[3], "previous"]) == 0
    assert capsys.readouterr().err == (
        f"gate.hcl:1: broken\n{history[2]} is skipped: it cannot be synthesized\n"
    )
    # Never applied by a run that succeeded, but perhaps by one that failed elsewhere.
    assert sorted(str(path.parent) for path in Path("previous").rglob("cdk.tf.json")) == [
        "previous/removed/two",
        "previous/stacks/one",
    ]
    assert git("worktree", "list").count("\n") == 1
    # As of the day of the commit.
    assert Path("previous/stacks/one/day").read_text() == "2026-01-04 ['synth']"
    # Nothing of a commit is run, and the provider is today's.
    assert Path("previous/stacks/one/lock").read_text() == "today's"
    assert not Path("run").exists()
    assert not Path("elsewhere").exists()


def test_a_commit_that_is_not_on_main_was_not_applied_whoever_says_so(
    history: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    git("branch", "athena-gate/applied", history[4])
    git("update-ref", "refs/heads/main", history[3])
    assert previous.main(["athena-gate/applied", "main", history[3], "previous"]) == 1
    assert not Path("previous").exists()
    assert capsys.readouterr().err == (
        "athena-gate/applied, which was applied last as athena-gate/applied says, is not on main, "
        "so nothing of it is read: somebody else than the pipeline has moved that. Let nobody else "
        "do so, and move it to the commit that was applied last\n"
    )


def test_moving_what_says_which_commit_was_applied_hides_no_stack(
    history: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git("update-ref", "refs/heads/main", history[3])
    read: list[str] = []

    def synthesize(commit: str, _: Path) -> str:
        read.append(commit)
        return ""

    monkeypatch.setattr(previous, "synthesize", synthesize)

    def begins(said: int | None, *succeeded: int) -> list[str]:
        read.clear()
        applied = "" if said is None else history[said]
        done = [history[one] for one in succeeded]
        assert previous.main([applied, "main", history[3], "previous", *done]) == 0
        assert capsys.readouterr().out.split() == read[:1]
        return read

    # Somebody has moved the branch forward, past the removal of a stack.
    assert begins(3, 0) == history[0:4]
    # The run of a tag that is called main is of no commit of main.
    assert begins(3, 4, 1, 0) == history[1:4]
    # A run by hand went through since, or an older run was run again.
    assert begins(0, 3) == history[0:4]
    assert begins(0) == history[0:4]
    # Runs of such a tag alone, so many that no other is listed any more.
    assert previous.main([history[3], "main", history[3], "previous", history[4]]) == 1
    assert "none of them was of a commit that is on main" in capsys.readouterr().err
    # Somebody has deleted the branch.
    assert begins(None, 1, 0) == history[1:4]
    assert begins(None) == []


def test_a_commit_before_the_one_applied_that_cannot_be_synthesized_stops_nothing(
    history: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = {history[0]: "gate.hcl:1: of an older athena-gate\n"}
    monkeypatch.setattr(previous, "synthesize", lambda commit, _: bad.get(commit, ""))
    given = [history[1], "main", history[3], "previous", history[0]]
    assert previous.main(given) == 0
    assert capsys.readouterr().err == (
        f"{history[1]} is said to be applied, and no run of it has gone through yet: compared with "
        f"{history[0]}, whose run has\n"
        f"gate.hcl:1: of an older athena-gate\n{history[0]} is skipped: it cannot be synthesized\n"
    )
    bad[history[1]] = "gate.hcl:1: broken\n"
    assert previous.main(given) == 1


def test_an_applied_commit_that_cannot_be_synthesized_stops_the_pipeline(
    history: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert previous.main([history[2], "main", history[3], "previous"]) == 1
    assert capsys.readouterr().err == (
        f"gate.hcl:1: broken\n{history[2]}, which was applied last, cannot be synthesized, so "
        "nobody can say which stacks it had; move athena-gate/applied to a commit that has them\n"
    )


@pytest.mark.parametrize("module", ["stacks", "changes", "examine", "gitlab", "review", "previous"])
def test_what_a_pipeline_calls_needs_python_and_the_wheel_alone(module: str, wheel: Path) -> None:
    """A job with credentials installs one wheel, without its dependencies."""
    code = f"import athena_gate.gate.pipeline.{module} as one; print(one.__file__)"
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "-c"),
            f"import sys; sys.path.insert(0, {str(wheel)!r}); {code}",
        ],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (
        0,
        f"{wheel}/athena_gate/gate/pipeline/{module}.py\n",
    )


def test_the_wheel_a_pipeline_pins_is_the_one_that_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digest = "0" * 64
    origin = {"url": "https://pypi.acme.example/x.whl", "archive_info": {}}
    for known in ({"hashes": {"sha256": digest}}, {}):
        text = json.dumps({**origin, "archive_info": known})
        found = SimpleNamespace(version="1.2.3", read_text={"direct_url.json": text}.get)
        monkeypatch.setattr("importlib.metadata.distribution", lambda _, one=found: one)
        pinned = [line for line in write.requirements().splitlines() if line[0] != "#"]
        checked = ["athena-gate==1.2.3 \\", f"    --hash=sha256:{digest}"]
        assert pinned == (checked if known else ["athena-gate==1.2.3"])


@pytest.mark.parametrize(
    "name",
    ["x #y.hcl", "${{ github.token }}.hcl", "$(id)%a%.hcl", "-x.hcl", "a: 'b'\".hcl", "\\n.hcl"],
)
def test_the_files_name_is_the_same_in_the_pipeline_whatever_it_is(
    project: Project, name: str
) -> None:
    project.write(DOT + S3)
    project.file.rename(project.folder / name)
    assert gate(project.folder, f"--file={name}", "pipeline", "github").returncode == 0
    assert gate(project.folder, f"--file={name}", "pipeline", "gitlab").returncode == 0
    github = yaml.safe_load((project.folder / WORKFLOW).read_text())["env"]["GATE_FILE"]
    gitlab = yaml.safe_load((project.folder / ".gitlab-ci.yml").read_text())["variables"]
    value = gitlab["GATE_FILE"]
    # The one expression that GitHub evaluates is a literal.
    assert github.replace("${{ '${{' }}", "${{") == name
    assert (value if isinstance(value, str) else value["value"]) == name
    assert isinstance(value, dict) == ("$" in name)


def test_a_file_whose_name_nobody_can_see_is_refused(project: Project) -> None:
    project.write(DOT + S3)
    project.file.rename(project.folder / "a\n\x1b[2J.hcl")
    done = gate(project.folder, "--file", "a\n\x1b[2J.hcl", "pipeline", "github")
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "gate: a\\n\\x1b[2J.hcl: a pipeline cannot name a file with such characters; rename it\n",
    )


@pytest.mark.parametrize("make", [lambda path: os.mkfifo(path), lambda path: path.mkdir()])
def test_what_is_no_file_is_no_pipeline_that_is_up_to_date(
    project: Project, make: Callable[[Path], None]
) -> None:
    project.write(DOT + S3)
    make(project.folder / ".gitlab-ci.yml")
    done = gate(project.folder, "pipeline", "gitlab")
    assert (done.returncode, done.stderr) == (
        2,
        "gate: .gitlab-ci.yml is there and differs; --force overwrites it\n",
    )


def called(module: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Return what a program of the pipeline says and ends with."""
    done = subprocess.run(
        [sys.executable, "-m", f"athena_gate.gate.pipeline.{module}", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("module", ["changes", "examine", "gitlab", "review", "stacks"])
def test_other_arguments_are_answered_with_those_allowed(module: str) -> None:
    code, said, error = called(module, "a", "b", "c", "d", "e")
    assert (code, said) == (2, "")
    assert f"python3 -m athena_gate.gate.pipeline.{module}" in error


@pytest.mark.parametrize(
    "plan",
    [
        [],
        {"resource_changes": {}},
        {"resource_changes": [1]},
        {"resource_changes": [{"address": 1, "change": {"actions": []}}]},
        {"resource_changes": [{"address": "a.b", "change": {"actions": ["::error::"]}}]},
        {"resource_changes": [{"address": "a.b", "change": {"actions": [[]]}}]},
        {"output_changes": {"a": None}},
    ],
)
def test_what_is_no_plan_is_refused(plan: object, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    with pytest.raises(Unreadable) as refused:
        changes.read_plan(file)
    assert str(refused.value) == (
        f"{file}: is not a plan; allowed: what `terraform show -json PLAN` prints"
    )


@pytest.mark.parametrize(
    "provider",
    [
        {},
        {"aws": {"region": "eu-west-1", "allowed_account_ids": ["111122223333"]}},
        {"aws": [{"region": "eu-west-1", "allowed_account_ids": ["111122223333; id"]}]},
        {"aws": [{"region": "$(id)", "allowed_account_ids": ["111122223333"]}]},
        {"aws": [{"region": "eu-west-1", "allowed_account_ids": []}]},
    ],
)
def test_a_stack_without_an_account_and_region_is_not_planned(
    provider: object, tmp_path: Path
) -> None:
    synthesized(tmp_path, "dot-a")
    file = tmp_path / "stacks" / "dot-a" / "cdk.tf.json"
    file.write_text(json.dumps({"provider": provider}))
    with pytest.raises(Unreadable) as refused:
        stacks(tmp_path)
    assert str(refused.value) == (
        f"{file}: names no account and region of its provider; synthesize it anew"
    )


def test_what_is_no_review_is_refused_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"stack": "a", "changes": [{"address": 1, "actions": []}]}')
    assert called("review", "page", str(tmp_path)) == (
        2,
        "",
        f"{tmp_path}/a.json: is not what gate.pipeline.changes prints of a stack\n",
    )


def test_nothing_in_a_review_can_write_to_the_page_around_it() -> None:
    address = 'aws_x.y["`](https://x)\x1b[2J\n# z"]'
    page = review.as_markdown(
        [reviewed("a</summary>`", "\u202eplan\x1b\n", {"address": address, "actions": ["create"]})]
    )
    assert page == (
        "<!-- athena-gate: plan -->\n"
        "### athena-gate\n"
        "\n"
        '- `` a</summary>` `` (`111122223333`): ``+ aws_x.y["`](https://x)\\x1b[2J\\n# z"]``\n'
        "\n"
        "<details><summary>a&lt;/summary&gt;`</summary>\n"
        "\n"
        "```\n"
        "\\u202eplan\\x1b\n"
        "```\n"
        "</details>"
    )


def test_many_changes_are_counted_rather_than_listed() -> None:
    many = [{"address": f"a.b{number}", "actions": ["create"]} for number in range(350)]
    pages = [reviewed("a", "x" * 100_000, *many), reviewed("b", "", *many)]
    page = review.as_markdown(pages)
    assert [line[-22:] for line in page.splitlines()[3:5]] == ["`+ a.b149`, and 200 more"[-22:]] * 2
    assert len(page) < 65_536


DIFFERENCE = """\
### Who may do what

Compared with `abc123`: 1 stack changed, 1 more and 0 fewer rights, 2 resources made.

```diff
dbt-ci
  role dbt-ci
+     s3:GetObject
```
"""


def test_who_may_do_what_stands_at_the_top_of_the_comment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, folder = tmp_path / "difference.md", tmp_path / "changes"
    file.write_text(DIFFERENCE)
    folder.mkdir()
    assert review.main(["page", str(folder), str(file)]) == 0
    assert capsys.readouterr().out == (
        f"<!-- athena-gate: plan -->\n{DIFFERENCE}\n### athena-gate\n\n"
    )
    assert review.main(["difference", str(file)]) == 0
    assert capsys.readouterr().out == DIFFERENCE
    # There was nothing to compare with.
    for nothing in ("", None):
        file.unlink() if nothing is None else file.write_text(nothing)
        assert review.main(["page", str(folder), str(file)]) == 0
        assert capsys.readouterr().out == "<!-- athena-gate: plan -->\n### athena-gate\n\n"


def test_gate_diff_prints_what_the_comment_takes_as_it_is(project: Project) -> None:
    project.write(DOT)
    other = project.folder / "other"
    other.mkdir()
    (other / "gate.hcl").write_text(DOT.replace('["sales"]', '["sales", "x"]'))
    (other / "keys").symlink_to(project.folder / "keys")
    for against in (other, project.folder):
        done = gate(
            project.folder, "diff", "--against", str(against), "--output-format", "markdown"
        )
        assert (done.returncode, done.stdout[:20]) == (0, "### Who may do what\n")
        assert review.difference(done.stdout) == done.stdout


@pytest.mark.parametrize(
    "hostile",
    [
        DIFFERENCE.replace("### Who", "![x](https://attacker.example/x)\n### Who"),
        DIFFERENCE + "@acme/security approved this\n",
        DIFFERENCE.replace("1 stack changed", "[nothing](https://attacker.example) changed"),
        DIFFERENCE.replace("`abc123`", "`a`, <b>b</b> `c`"),
        DIFFERENCE.replace("  role dbt-ci", "   ```\n# nothing changed"),
        DIFFERENCE.replace("  role dbt-ci", "```\n# nothing changed\n```diff"),
        "<!-- athena-gate: plan -->\n",
    ],
)
def test_what_gate_diff_would_not_print_becomes_code_as_a_whole(hostile: str) -> None:
    assert review.difference(hostile) == (
        f"### Who may do what\n\n````\n{hostile}````\n"
        if "```" in hostile
        else f"### Who may do what\n\n```\n{hostile}```\n"
    )


def test_a_long_difference_is_cut_and_shows_no_control_characters() -> None:
    found = review.difference("\x1b[2J::error::\n" + "x" * 100_000)
    assert found.startswith("### Who may do what\n\n```\n\\x1b[2J")
    assert found.endswith("x\n... cut; gate diff has all of it\n```\n")
    assert len(found) < 20_100


def test_only_the_plans_of_this_run_are_reviewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = reviewed("dbt-ci")
    entries = [{name: one[name] for name in ("stack", "folder", "account", "region", "action")}]
    monkeypatch.setenv("ENTRIES", json.dumps(entries))
    file = tmp_path / "changes-dbt-ci" / "changes-dbt-ci.json"
    other = tmp_path / "changes-x" / "changes-dbt-ci.json"

    def refused(problem: str) -> None:
        for command in ("page", "changed"):
            with pytest.raises(Unreadable) as error:
                review.main([command, str(tmp_path)])
            assert str(error.value) == problem

    refused(f"{file}: no such file")
    file.parent.mkdir()
    file.write_text(json.dumps({**one, "account": "444455556666"}))
    refused(f"{file}: is not of the stack that was planned in this run")
    file.write_text(json.dumps(one))
    assert review.main(["page", str(tmp_path)]) == 0
    # Another job has left a review of its own.
    other.parent.mkdir()
    other.write_text(json.dumps(one))
    refused(f"{other}: is of no stack that was planned in this run")


def test_a_plan_that_another_job_has_written_over_is_not_reviewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = reviewed(
        "dbt-ci", "# aws_iam_role.admin will be created", {"address": "a.b", "actions": []}
    )
    entries = [{name: one[name] for name in ("stack", "folder", "account", "region", "action")}]
    file = tmp_path / "changes-dbt-ci" / "changes-dbt-ci.json"
    file.parent.mkdir()
    file.write_text(json.dumps(one))
    monkeypatch.setenv("ENTRIES", json.dumps(entries))
    checksums = {"job0": hashlib.sha256(file.read_bytes()).hexdigest(), "job1": ""}
    monkeypatch.setenv("CHECKSUMS", json.dumps(checksums))
    for command in ("page", "changed", "accounts"):
        assert review.main([command, str(tmp_path)]) == 0
    # The same change and digest, with a text that says nothing of it.
    file.write_text(json.dumps({**one, "text": "a tag is changed"}))
    for command in ("page", "changed", "accounts"):
        with pytest.raises(Unreadable) as refused:
            review.main([command, str(tmp_path)])
        assert str(refused.value) == (
            f"{file}: is not what the job of its plan has written; run all jobs again"
        )


def test_a_stack_that_the_first_job_leaves_out_stops_the_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = reviewed("dbt-ci")
    entries = [{name: one[name] for name in ("stack", "folder", "account", "region", "action")}]
    folder, file = tmp_path / "changes", tmp_path / "my.hcl"
    (folder / "changes-dbt-ci").mkdir(parents=True)
    (folder / "changes-dbt-ci" / "changes-dbt-ci.json").write_text(json.dumps(one))
    file.write_text('dbt "ci" {}\ndot "gone" {}\n')
    monkeypatch.setenv("ENTRIES", json.dumps(entries))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GATE_FILE", "my.hcl")
    monkeypatch.setenv("PLANNED", "dbt-ci")
    assert review.main(["changed", str(folder)]) == 0
    monkeypatch.setenv("PLANNED", "dbt-ci dot-gone")
    with pytest.raises(Unreadable) as refused:
        review.main(["changed", str(folder)])
    assert str(refused.value) == (
        "ENTRIES: dot-gone was planned by the last run of main that went through, and is now "
        "neither planned nor ejected; look at what the first job installed"
    )
    (tmp_path / "my.d").mkdir()
    (tmp_path / "my.d" / "more.hcl").write_text('ejected "dot-gone" {}\n')
    assert review.main(["changed", str(folder)]) == 0
