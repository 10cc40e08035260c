"""The child pipelines of pipelines/gitlab-ci: what GitLab's own syntax cannot say.

    # a plan for each stack
    python3 -m athena_gate.gate.pipeline.gitlab plans TEMPLATE NEW [OLD]
    # what a merge request shows of it
    python3 -m athena_gate.gate.pipeline.gitlab counts PLAN.json
    # an apply for each that has changes
    python3 -m athena_gate.gate.pipeline.gitlab applies TEMPLATE FOLDER

A child pipeline is TEMPLATE with jobs appended, each a line of JSON, which is YAML as well. NEW and
OLD are what `pipeline.stacks` reads, FOLDER holds what `pipeline.changes` printed.
https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#dynamic-child-pipelines (2026-11)
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from athena_gate.gate.pipeline.changes import read_plan
from athena_gate.gate.pipeline.program import Usage, run
from athena_gate.gate.pipeline.review import accounts, changed, read
from athena_gate.gate.pipeline.stacks import stacks
from athena_gate.gate.quoting import gitlab_variable, yaml_json
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_text

_TEMPLATE_LIMIT = MEBIBYTE
_ENTRY = ("stack", "folder", "account", "region", "action")


def plans(entries: Sequence[Mapping[str, str]], source: str) -> dict[str, Any]:
    """Return the jobs that plan ``entries``, by name; ``source`` is GitLab's CI_PIPELINE_SOURCE.

    A scheduled pipeline looks for drift. That and a merge request's ends with the plans, any other
    goes on to apply them.
    """
    jobs: dict[str, Any] = {}
    for entry in entries:
        variables = {**_variables(entry), "DRIFT": "yes" if source == "schedule" else ""}
        jobs[f"plan {_job(entry)}"] = {"extends": ".plan", "variables": variables}
    if source not in ("schedule", "merge_request_event"):
        jobs["changes"] = {"extends": ".changes"}
        jobs["approve"] = {"extends": ".approve"}
    return jobs


def counts(plan: Mapping[str, Any]) -> dict[str, int]:
    """Return how much ``plan`` creates, updates and deletes, as a merge request shows it.

    https://docs.gitlab.com/user/infrastructure/iac/mr_integration/ (2026-11): a replacement counts
    as both.
    """
    actions = [
        action
        for resource in plan.get("resource_changes", [])
        for action in resource["change"]["actions"]
    ]
    return {name: actions.count(name) for name in ("create", "update", "delete")}


def applies(entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the jobs that apply ``entries``, and the one that records that all of them were."""
    jobs: dict[str, Any] = {}
    for entry in entries:
        jobs[_job(entry)] = {
            "extends": ".apply",
            # Of all pipelines together, one runs at a time.
            "resource_group": f"athena-gate/{entry['stack']}",
            "variables": {**_variables(entry), "DIGEST": gitlab_variable(entry["digest"])},
        }
    return {**jobs, "applied": {"extends": ".applied"}}


def recovers(entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the jobs that say what runs that were cut short have left of ``entries``, which have
    an account, a region and stacks."""
    return {
        f"recover {entry['account']}": {
            "extends": ".recover",
            "variables": {
                "ACCOUNT": gitlab_variable(entry["account"]),
                "STACKS": gitlab_variable(entry["stacks"]),
            },
        }
        for entry in entries
    }


def _job(entry: Mapping[str, str]) -> str:
    return f"{entry['action']} {entry['stack']}"


def _variables(entry: Mapping[str, str]) -> dict[str, Any]:
    return {
        "ENTRY": gitlab_variable(json.dumps({name: entry[name] for name in _ENTRY})),
        "STACK": gitlab_variable(entry["stack"]),
        "ACCOUNT": gitlab_variable(entry["account"]),
        "MODE": "-destroy" if entry["action"] == "destroy" else "-refresh=true",
    }


def pipeline(template: str, synth: str, file: str, jobs: Mapping[str, Any]) -> str:
    """Return ``template`` with ``jobs``; ``synth`` is the id of the pipeline that has the synth,
    ``file`` the name of the configuration, which GitLab hands to a child but not to a child's."""
    variables = {"SYNTH_PIPELINE": synth, "GATE_FILE": gitlab_variable(file)}
    added = {"variables": variables, **jobs}
    lines = [f"{yaml_json(name)}: {yaml_json(value)}" for name, value in added.items()]
    return "\n".join([template, *lines, ""])


def main(arguments: Sequence[str]) -> int:
    """Print what the first of ``arguments`` names; see the module."""
    match arguments:
        case ["plans", template, new, *old] if len(old) < 2:
            text = read_text(Path(template), _TEMPLATE_LIMIT)
            entries = stacks(Path(new), next((p for p in map(Path, old) if p.is_dir()), None))
            jobs = plans(entries, _variable("CI_PIPELINE_SOURCE"))
            synth = _variable("CI_PIPELINE_ID")
            print(pipeline(text, synth, _variable("GATE_FILE"), jobs), end="")
        case ["counts", plan]:
            print(json.dumps(counts(read_plan(Path(plan)))))
        case ["applies", template, folder]:
            text = read_text(Path(template), _TEMPLATE_LIMIT)
            found = read(Path(folder))
            jobs = {**recovers(accounts(found)), **applies(changed(found))}
            synth = _variable("SYNTH_PIPELINE")
            print(pipeline(text, synth, _variable("GATE_FILE"), jobs), end="")
        case _:
            raise Usage
    return 0


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise Unreadable(name, "is not set; GitLab sets it in a pipeline")
    return value


if __name__ == "__main__":
    sys.exit(run(main, __doc__))
