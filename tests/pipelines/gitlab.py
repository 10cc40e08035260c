"""A GitLab in small: runs pipelines on this machine, for the tests of pipelines/.

Knows what our files use: ``extends``, ``needs``, ``variables``, ``before_script`` and ``script``,
artifacts, child pipelines from an artifact, and manual jobs. Every job runs in a fresh clone, in
one bash with ``set -eo pipefail``, as a runner does.
https://docs.gitlab.com/runner/shells/#sh-bash-shells (2026-11)
"""

import itertools
import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import yaml

KEYWORDS = {"default", "stages", "variables", "workflow"}
TIMEOUT = 600


@dataclass(frozen=True)
class Job:
    """What became of a job: its exit code and its log."""

    name: str
    code: int
    log: str
    definition: Mapping[str, Any]


@dataclass
class GitLab:
    """A project on a GitLab: where its repository is, and the variables of its CI/CD settings.

    ``approve`` is asked before a manual job, by its name, and says whether it runs; ``scoped`` are
    the variables of environments, by their names. ``tamper`` gets job and folder of each artifact,
    as a package that the job has installed could have left it.
    """

    repository: Path
    builds: Path
    variables: Mapping[str, str]
    approve: Callable[[str], bool] = lambda _: True
    tamper: Callable[[str, Path], None] = lambda _job, _artifact: None
    scoped: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    _artifacts: dict[tuple[str, str], Path] = field(default_factory=dict)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _deployments: "itertools.count[int]" = field(default_factory=lambda: itertools.count(9))

    @property
    def temporary(self) -> Path:
        """The folder that jobs have for temporary files."""
        return self.builds / "tmp"

    def run(self, file: str, **predefined: str) -> dict[str, Job]:
        """Run a pipeline as ``file`` of the repository's HEAD says, with its child pipelines, and
        return its jobs by name; one that failed leaves out those after it."""
        self.jobs = {}
        self.temporary.mkdir(parents=True, exist_ok=True)
        clone = self._clone("head")
        self._pipeline((clone / file).read_text(), predefined)
        return self.jobs

    def _pipeline(self, text: str, predefined: Mapping[str, str]) -> bool:
        document = yaml.safe_load(text)
        pipeline = str(next(self._ids))
        named = {
            name: _extended(document, name)
            for name in document
            if name not in KEYWORDS and not name.startswith(".")
        }
        variables = {
            **predefined,
            "CI_PIPELINE_ID": pipeline,
            **document.get("variables", {}),
        }
        for stage in document["stages"]:
            ran: dict[str, bool] = {}
            waiting = {name: job for name, job in named.items() if job["stage"] == stage}
            while ready := [
                name
                for name, job in waiting.items()
                if not set(_needs(job)) & set(waiting)
                and all(ran.get(n, True) for n in _needs(job))
            ]:
                taken = {name: waiting.pop(name) for name in ready}
                with ThreadPoolExecutor(3) as pool:
                    done = pool.map(
                        lambda item: self._job(pipeline, item[0], item[1], variables, named),
                        taken.items(),
                    )
                    ran.update(zip(taken, done, strict=True))
            if not all(ran.values()) or waiting:
                return False
        return True

    def _job(
        self,
        pipeline: str,
        name: str,
        job: Mapping[str, Any],
        variables: Mapping[str, str],
        named: Mapping[str, Any],
    ) -> bool:
        if "trigger" in job:
            (include,) = job["trigger"]["include"]
            text = (self._artifacts[pipeline, include["job"]] / include["artifact"]).read_text()
            return self._pipeline(text, {**variables, "CI_PIPELINE_SOURCE": "parent_pipeline"})
        if job.get("when") == "manual" and not self.approve(name):
            return False
        environment = {**self.variables, **variables, **job.get("variables", {})}
        # https://docs.gitlab.com/ci/environments/#limit-the-environment-scope-of-a-cicd-variable
        # (2026-11): a job without the environment has not these variables.
        environment |= self.scoped.get(job.get("environment", {}).get("name", ""), {})
        for token, asked in job.get("id_tokens", {}).items():
            audience = Template(asked["aud"]).safe_substitute(environment)
            environment[token] = f"a-token-of-gitlab for {audience}"
        environment["TMPDIR"] = str(self.temporary)
        folder = self._clone(f"{pipeline}-{name}".replace(" ", "-"))
        environment["CI_PROJECT_DIR"] = str(folder)
        environment["CI_COMMIT_SHA"] = self._head()
        for source in _sources(pipeline, job, environment, named):
            if source in self._artifacts:
                shutil.copytree(self._artifacts[source], folder, dirs_exist_ok=True)
        script = "\n".join(
            ["set -eo pipefail", *job.get("before_script", []), *job.get("script", [])]
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env={**environment, "CI_JOB_ID": f"{pipeline}0", "CI_JOB_NAME": name},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        self.jobs[name] = Job(name, done.returncode, done.stdout, job)
        self._keep(pipeline, name, folder, job.get("artifacts", {}))
        if "environment" in job and done.returncode == 0:
            self._deployed(job["environment"]["name"])
        return done.returncode == 0 or job.get("allow_failure", False)

    def _deployed(self, environment: str) -> None:
        # https://docs.gitlab.com/ci/environments/deployments/#check-out-deployments-locally
        # (2026-11); the number counts the deployments of the project.
        ref = f"refs/environments/{environment}/deployments/{next(self._deployments)}"
        command = ["git", "-C", str(self.repository), "update-ref", ref, "HEAD"]
        subprocess.run(command, check=True)

    def _head(self) -> str:
        command = ["git", "-C", str(self.repository), "rev-parse", "HEAD"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def _clone(self, name: str) -> Path:
        folder = self.builds / name
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["git", "clone", "--quiet", str(self.repository), str(folder)], check=True)
        return folder

    def _keep(self, pipeline: str, name: str, folder: Path, artifacts: Mapping[str, Any]) -> None:
        kept = self.builds / f"artifacts-{pipeline}-{name}".replace(" ", "-")
        for path in artifacts.get("paths", []):
            if (folder / path).is_dir():
                shutil.copytree(folder / path, kept / path)
            elif (folder / path).exists():
                (kept / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(folder / path, kept / path)
        if kept.exists():
            self.tamper(name, kept)
            self._artifacts[pipeline, name] = kept


def _extended(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    job: dict[str, Any] = dict(document[name])
    if "extends" not in job:
        return job
    base = _extended(document, job.pop("extends"))
    variables = {**base.get("variables", {}), **job.get("variables", {})}
    return {**base, **job, **({"variables": variables} if variables else {})}


def _needs(job: Mapping[str, Any]) -> list[str]:
    return [need for need in job.get("needs", []) if isinstance(need, str)]


def _sources(
    pipeline: str,
    job: Mapping[str, Any],
    variables: Mapping[str, str],
    named: Mapping[str, Any],
) -> list[tuple[str, str]]:
    """Return pipeline and job of the artifacts that ``job`` starts with: those it needs, or else
    those of every job of its pipeline."""
    if "needs" not in job:
        return [(pipeline, name) for name in named]
    return [
        (pipeline, need)
        if isinstance(need, str)
        else (variables[need["pipeline"].removeprefix("$")], need["job"])
        for need in job["needs"]
    ]
