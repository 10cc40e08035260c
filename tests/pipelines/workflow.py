"""Executes a GitHub workflow on this machine, job by job, with real bash, git and Terraform.

Every `run:` script is executed as it stands. An action (`uses:`) is replaced by a method here that
does what its page says of the inputs given; an action, key or expression without one raises.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from athena_gate.gate.sandbox import Sandbox
from tests.pipelines.expressions import STATUS, holds, interpolate

STEP_TIMEOUT = 300
MAIN = "refs/heads/main"


class Failed(Exception):
    """A step failed; the message is what it said."""


@dataclass
class Job:
    """A job that ran, or one leg of its matrix."""

    name: str
    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""


@dataclass
class GitHub:
    """What outlives a run: the repository, comments, issues and variables, in ``folder``."""

    folder: Path
    variables: Mapping[str, str]
    environments: Mapping[str, Mapping[str, str]]

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    def posted(self, kind: str) -> list[dict[str, Any]]:
        """Return all ``comments`` or ``issues``."""
        file = self.folder / f"{kind}.json"
        found: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
        return found


@dataclass
class Run:
    """One run of the workflow in ``file`` for ``sha``.

    ``machine`` are the variables of a runner's disk: where Python, Terraform and its providers are.
    ``approve`` is asked for every job with an environment, before it starts. ``tamper`` gets the
    folder of each artifact, as a package that the job has installed could have left it.
    """

    github: GitHub
    file: str
    sha: str
    sandbox: Sandbox
    folder: Path
    machine: Mapping[str, str]
    event_name: str = "push"
    event: Mapping[str, Any] = field(default_factory=dict)
    approve: Callable[[str, str], bool] = lambda _environment, _job: True
    tamper: Callable[[Path], None] = lambda _artifact: None
    ref: str = MAIN
    jobs: dict[str, Job] = field(default_factory=dict)
    legs: dict[str, Job] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    summaries: str = ""

    def execute(self) -> "Run":
        """Run all jobs, each after those it needs."""
        done = git(self.github.origin, "show", f"{self.sha}:{self.file}")
        # YAML 1.1 reads the key "on" as true.
        self._workflow = yaml.safe_load(done)
        known(
            self._workflow, {"name", True, "permissions", "env", "defaults", "jobs"}, "concurrency"
        )
        assert self._workflow["defaults"] == {"run": {"shell": "bash"}}
        waiting = dict(self._workflow["jobs"])
        while waiting:
            ready = [name for name, job in waiting.items() if not set(needs(job)) & set(waiting)]
            for name in ready:
                self.jobs[name] = self._job(name, waiting.pop(name))
        runs, failed = self.github.posted("runs"), {job.result for job in self.jobs.values()}
        ended = {"head_sha": self.sha, "event": self.event_name, "head_branch": Path(self.ref).name}
        ended["conclusion"] = "failure" if "failure" in failed else "success"
        kept = {**ended, "id": len(runs), "jobs": sorted(self.legs)}
        (self.github.folder / "runs.json").write_text(json.dumps([kept, *runs]))
        return self

    def _job(self, name: str, job: dict[str, Any]) -> Job:
        known(
            job,
            {"runs-on", "timeout-minutes", "permissions", "steps"},
            *("needs", "if", "name", "strategy", "outputs", "env", "environment", "concurrency"),
        )
        context = self._context(job)
        condition = str(job.get("if", "true"))
        succeeded = all(self.jobs[one].result == "success" for one in needs(job))
        if not (STATUS.search(condition) or succeeded) or not holds(condition, context):
            return Job(name, "skipped")
        matrix = interpolate(job.get("strategy", {}).get("matrix", {"include": [{}]}), context)
        known(matrix, {"include"})
        known(job.get("strategy", {}), set(), "fail-fast", "matrix")
        assert matrix["include"], "GitHub refuses an empty matrix"
        with ThreadPoolExecutor() as pool:
            legs = list(
                pool.map(
                    lambda pair: self._leg(
                        name,
                        pair[0],
                        job,
                        {**context, "matrix": pair[1], "strategy": {"job-index": pair[0]}},
                    ),
                    enumerate(matrix["include"]),
                )
            )
        self.legs |= {leg.name: leg for leg in legs}
        failed = any(leg.result == "failure" for leg in legs)
        # https://docs.github.com/en/actions/using-jobs/defining-outputs-for-jobs (2026-11): those
        # of all legs together.
        outputs = {key: text for leg in legs for key, text in leg.outputs.items() if text}
        return Job(name, "failure" if failed else "success", outputs)

    def _context(self, job: dict[str, Any]) -> dict[str, Any]:
        return {
            "github": {
                "event_name": self.event_name,
                "event": self.event,
                "ref": self.ref,
                "repository": "acme/athena",
                "token": json.dumps(job["permissions"]),
            },
            "needs": {
                name: {"result": self.jobs[name].result, "outputs": self.jobs[name].outputs}
                for name in needs(job)
            },
            "vars": self.github.variables,
            "env": self._workflow["env"],
        }

    def _leg(self, name: str, number: int, job: dict[str, Any], context: dict[str, Any]) -> Job:
        title = interpolate(job.get("name", name), context)
        leg = Job(title, "success")
        if "environment" in job:
            environment = interpolate(job["environment"], context)
            context["vars"] = {**context["vars"], **self.github.environments[environment]}
            if not self.approve(environment, title):
                return Job(title, "failure", log="the review was rejected")
        runner = _Runner(self, leg, job, context, self.folder / f"{name}-{number}")
        try:
            for step in job["steps"]:
                runner.step(step)
        except Failed as error:
            leg.result = "failure"
            leg.log += str(error)
        leg.outputs = interpolate(job.get("outputs", {}), {**context, "steps": runner.steps})
        return leg


class _Runner:
    """The machine a job runs on: a workspace, an environment, and what steps have put out."""

    def __init__(
        self, run: Run, leg: Job, job: dict[str, Any], context: dict[str, Any], folder: Path
    ) -> None:
        self._run, self._leg, self._job = run, leg, job
        self._context = {**context, "runner": {"temp": str(folder / "temp")}}
        self.steps: dict[str, Any] = {}
        self._workspace = folder / "workspace"
        self._files = folder / "files"
        self._temp = folder / "temp"
        for made in (self._workspace, self._files, self._temp):
            made.mkdir(parents=True)
        path = run.machine["PATH"].split(os.pathsep)
        self._path = [str(Path(__file__).parent), *path]
        self._env = {
            **{name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ},
            "CI": "true",
            "NO_COLOR": "1",
            "GITHUB_DOUBLE": str(run.github.folder),
            "GITHUB_REPOSITORY": "acme/athena",
            "GITHUB_SHA": run.sha,
            "GITHUB_EVENT_NAME": run.event_name,
            "GITHUB_WORKFLOW_REF": f"acme/athena/{run.file}@{run.ref}",
            "GITHUB_WORKSPACE": str(self._workspace),
            "RUNNER_TEMP": str(self._temp),
            **{name: text for name, text in run.machine.items() if name != "PATH"},
        }

    def step(self, step: dict[str, Any]) -> None:
        """Do one step; raises ``Failed``."""
        known(step, set(), "name", "id", "if", "uses", "with", "run", "env")
        context = {**self._context, "steps": self.steps}
        if not holds(step.get("if", "true"), context):
            return
        if "uses" in step:
            action, _, _ = step["uses"].partition("@")
            inputs = interpolate(step.get("with", {}), context)
            getattr(self, "_" + action.replace("/", "_").replace("-", "_"))(
                **{name.replace("-", "_"): value for name, value in inputs.items()}
            )
            return
        self._bash(step, context)

    def _bash(self, step: dict[str, Any], context: dict[str, Any]) -> None:
        assert "${{" not in step["run"], step["run"]
        files = {name: self._files / name for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        given = {**context["env"], **self._job.get("env", {}), **step.get("env", {})}
        script = self._files / "script.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self._workspace,
            env={
                **self._env,
                # Of an output that no step has set, GitHub makes an empty text.
                **{
                    name: "" if value is None else str(value)
                    for name, value in interpolate(given, context).items()
                },
                **{f"GITHUB_{name}": str(file) for name, file in files.items()},
                "PATH": os.pathsep.join(self._path),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=STEP_TIMEOUT,
            check=False,
        )
        self._leg.log += f"$ {step['run'].strip()}\n{done.stdout}\n"
        self._path[:0] = files["PATH"].read_text().split()
        self._env |= pairs(files["ENV"])
        if "id" in step:
            self.steps[step["id"]] = {"outputs": pairs(files["OUTPUT"])}
        self._run.summaries += files["STEP_SUMMARY"].read_text()
        if done.returncode:
            raise Failed(f"exit code {done.returncode}")

    # https://github.com/actions/checkout (2026-11)
    def _actions_checkout(self, persist_credentials: bool, fetch_depth: int = 1) -> None:
        assert persist_credentials is False
        self._permitted("contents", "read", "write")
        depth = ["--depth", str(fetch_depth)] if fetch_depth else []
        refs = [self._run.sha] if fetch_depth else ["+refs/heads/*:refs/remotes/origin/*"]
        origin = f"file://{self._run.github.origin}"
        git(self._workspace, "init", "--quiet")
        git(self._workspace, "remote", "add", "origin", origin)
        git(self._workspace, "fetch", "--quiet", *depth, "origin", *refs)
        if not fetch_depth:
            git(self._workspace, "fetch", "--quiet", "origin", self._run.sha)
        git(self._workspace, "checkout", "--quiet", "--detach", self._run.sha)

    def _actions_setup_python(self, python_version: str) -> None:
        """The machine's own is taken."""

    # https://github.com/actions/upload-artifact (2026-11): of several paths, their common parent
    # is the artifact's root; a file's root is its folder.
    def _actions_upload_artifact(
        self,
        name: str,
        path: str,
        if_no_files_found: str,
        retention_days: int,
        include_hidden_files: bool = False,
    ) -> None:
        assert (if_no_files_found, retention_days) == ("error", 30)
        artifact = self._run.folder / "artifacts" / name
        assert not artifact.exists(), "an artifact is written once"
        paths = [self._workspace / one for one in path.split()]
        root = self._workspace if len(paths) > 1 else paths[0].parent
        for one in paths:
            for file in [one] if one.is_file() else sorted(one.rglob("*")):
                relative = file.relative_to(root)
                hidden = any(part.startswith(".") for part in relative.parts)
                if file.is_file() and (include_hidden_files or not hidden):
                    (artifact / relative).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(file, artifact / relative)
        if not artifact.exists():
            raise Failed(f"no files were found at {path}")
        assert len(paths) > 1 or paths[0].is_file()
        self._run.tamper(artifact)

    # https://github.com/actions/download-artifact (2026-11): one by name goes into the path
    # itself, those of a pattern into a folder each.
    def _actions_download_artifact(
        self, name: str = "", pattern: str = "", path: str = "."
    ) -> None:
        artifacts = self._run.folder / "artifacts"
        target = self._workspace / path
        for artifact in artifacts.glob(name or pattern):
            place = target if name else target / artifact.name
            shutil.copytree(artifact, place, dirs_exist_ok=True)

    # https://github.com/aws-actions/configure-aws-credentials (2026-11)
    def _aws_actions_configure_aws_credentials(self, role_to_assume: str, aws_region: str) -> None:
        self._permitted("id-token", "write")
        if not role_to_assume:
            raise Failed("Credentials could not be loaded")
        self._run.roles[self._leg.name] = role_to_assume
        variables = self._run.sandbox.environment(self._run.machine)
        self._env |= variables | {"AWS_REGION": aws_region, "AWS_DEFAULT_REGION": aws_region}

    def _permitted(self, scope: str, *levels: str) -> None:
        if self._job["permissions"].get(scope) not in levels:
            raise Failed(f"the job has no permission {scope}")


def needs(job: Mapping[str, Any]) -> list[str]:
    """Return the names of the jobs that ``job`` waits for."""
    found = job.get("needs", [])
    return [found] if isinstance(found, str) else list(found)


def known(value: Mapping[Any, Any], required: set[Any], *allowed: str) -> None:
    """Fail when ``value`` has a key that nothing here would obey."""
    assert required <= set(value) <= required | set(allowed), sorted(map(str, value))


def pairs(file: Path) -> dict[str, str]:
    """Return the ``name=value`` lines of a file that a step wrote."""
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def git(folder: Path, *arguments: str) -> str:
    """Run git in ``folder`` and return what it prints."""
    done = subprocess.run(
        # The repository may belong to another user, as in a container.
        ["git", "-c", "safe.directory=*", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
