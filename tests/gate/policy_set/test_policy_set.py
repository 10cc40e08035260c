"""The policy set: what it accepts, what it denies, and how it is written."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from athena_gate.gate.cli import app
from athena_gate.gate.policy_set import NotOurs, policy_set, write
from athena_gate.gate.stack.plan import differences
from tests.conftest import ROOT, Project
from tests.gate.policy_set.engines import InOpa, InRegoCpp
from tests.gate.stack.plan_edits import edits, stranger
from tests.gate.stack.plans import ADMINISTRATOR, STACK, Json, likeness

RUN: Json = {"workspace": {"name": "dot-reporting", "tags": []}, "is_destroy": False}


@pytest.fixture(scope="module")
def opa() -> InOpa:
    return InOpa(policy_set({"dot-reporting": STACK, "dot-other": other()}))


def other() -> Json:
    text = json.dumps(STACK)
    made: Json = json.loads(
        text.replace("dot/reporting", "dot/other").replace("dot-reporting", "dot-other")
    )
    return made


def test_the_rules_are_short_and_name_no_vendor() -> None:
    rules = sorted((ROOT / "gate" / "policy_set" / "rego").glob("*.rego"))
    text = "".join(path.read_text() for path in rules)
    assert len(text.splitlines()) < 500
    vendors = ("dot", "immuta", "metronome", "dbt", "dynamodb", "webflow", "google")
    assert [word for word in vendors if word in text.lower().replace("dotted", "")] == []


def test_both_policies_are_mandatory() -> None:
    text = policy_set({})["policies.hcl"]
    assert text.count('enforcement_level = "mandatory"') == text.count('policy "') == 2
    assert "data.athena_gate.exact.deny" in text
    assert "data.athena_gate.general.deny" in text


def test_the_set_has_one_file_a_stack_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    made = policy_set({"dot-reporting": STACK, "dot-other": other()})
    rules = ["exact.rego", "general.rego", "kinds.rego", "policies.hcl"]
    lists = ["stack-dot-other.rego", "stack-dot-reporting.rego", "text.rego"]
    assert write(tmp_path, made) == [*rules, *lists]
    assert write(tmp_path, policy_set({"dot-other": other(), "dot-reporting": STACK})) == []
    assert write(tmp_path, policy_set({"dot-other": other()})) == ["stack-dot-reporting.rego"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*rules, lists[0], lists[2]]


def test_the_command_writes_the_set_of_what_gate_hcl_asks_for_without_a_synth(
    project: Project,
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["--file", str(project.file), "policy-set", *arguments])
        return done.exit_code, done.output

    output = project.folder / "approvals"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.folder)
        code, said = run("--output", "approvals")
        assert code == 0
        assert said.splitlines()[-1].endswith(" approvals: 1 stack, 6 changes")
        assert {path.name for path in output.iterdir()} == set(policy_set({"dot-reporting": {}}))
        # A set in the repository that it guards is changed by whoever changes that.
        assert "the repository of" not in said
        (project.folder / ".git").mkdir()
        assert (
            f"gate: approvals lies in the repository of {project.file}, so who changes access can "
            "change the policies with it; keep it in another one, of those who approve\n"
        ) in run("--output", "approvals")[1]
        assert "the repository of" not in run("--output", "../approvals")[1]
        (output / "text.rego").write_text("package theirs\n")
        assert run("--output", "approvals") == (
            2,
            "gate: approvals/text.rego was not written by gate policy-set, and HCP Terraform would "
            "read it too; move it away, or name another folder with --output\n",
        )


def test_a_change_of_one_value_changes_one_line(tmp_path: Path) -> None:
    before = policy_set({"dot-reporting": STACK})["stack-dot-reporting.rego"].splitlines()
    stack = copy.deepcopy(STACK)
    stack["resource"]["aws_iam_user"]["user"]["path"] = "/vendors/"
    after = policy_set({"dot-reporting": stack})["stack-dot-reporting.rego"].splitlines()
    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert changed == [('        "path": "/"', '        "path": "/vendors/"')]
    assert tmp_path.exists()


def test_a_policy_of_somebody_else_in_the_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "text.rego").write_text("package theirs\n")
    with pytest.raises(NotOurs, match=r"text\.rego was not written by gate policy-set"):
        write(tmp_path, policy_set({}))
    assert [path.name for path in tmp_path.iterdir()] == ["text.rego"]


@pytest.mark.slow
def test_a_plan_of_a_stack_is_accepted_with_a_run_and_without(opa: InOpa) -> None:
    for stack, name in ((STACK, "dot-reporting"), (other(), "dot-other")):
        plan = likeness(stack)
        run = {**RUN, "workspace": {"name": name}}
        assert opa.denials(plan) == {"exact": [], "general": []}
        assert opa.denials({"plan": plan, "run": run}) == {"exact": [], "general": []}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            {"workspace": {"name": "dot-other"}},
            'provider.aws: default_tags.0.tags.athena-gate is "dot/reporting"; '
            'allowed: "dot/other"',
        ),
        (
            {"workspace": {"name": "sandbox"}},
            'the run: its workspace, or else the plan\'s tag is ["sandbox",[]]; '
            'allowed: "one stack of [\\"dot-other\\",\\"dot-reporting\\"]"',
        ),
        (
            {},
            "the run: its workspace, or else the plan's tag is [null,[]]; "
            'allowed: "one stack of [\\"dot-other\\",\\"dot-reporting\\"]"',
        ),
        (
            {**RUN, "target_addrs": ["aws_iam_user.user"]},
            'the run: target_addrs is ["aws_iam_user.user"]; allowed: "none: it makes the whole '
            'stack"',
        ),
        (
            {**RUN, "refresh_only": True},
            'the run: refresh_only is true; allowed: "none: it makes the whole stack"',
        ),
        (
            {**RUN, "is_destroy": True},
            'the run: is_destroy is true; allowed: "none: it makes the whole stack"',
        ),
    ],
)
def test_a_run_is_of_the_workspace_of_its_stack_and_of_all_of_it(
    opa: InOpa, run: Json, message: str
) -> None:
    assert message in opa.denials({"plan": likeness(STACK), "run": run})["exact"]


@pytest.mark.slow
def test_a_workspace_may_be_found_by_its_tags() -> None:
    stack = copy.deepcopy(STACK)
    stack["terraform"]["cloud"]["workspaces"] = {"tags": ["athena", "dot-reporting"]}
    opa = InOpa(policy_set({"dot-reporting": stack}))
    for tags, accepted in ((["athena", "dot-reporting", "x"], True), (["athena"], False)):
        run = {"workspace": {"name": "any", "tags": tags}}
        found = opa.denials({"plan": likeness(stack), "run": run})
        assert (found["exact"] == []) == accepted


@pytest.mark.slow
def test_hostile_edits_of_a_plan_are_denied(opa: InOpa) -> None:
    every = edits(likeness(STACK), every=4)
    accepted = [name for name, plan in every if not opa.denials({"plan": plan})["exact"]]
    assert accepted == []


@pytest.mark.slow
def test_rego_cpp_gives_the_same_verdicts_in_the_same_words(opa: InOpa) -> None:
    made = policy_set({"dot-reporting": STACK, "dot-other": other()})
    rego = InRegoCpp(made)
    for name, plan in edits(likeness(STACK), 5, 67):
        given = {"plan": plan, "run": RUN}
        assert rego.denials(given) == opa.denials(given), name
    given = {"plan": likeness(STACK), "run": RUN}
    assert rego.denials(given) == opa.denials(given) == {"exact": [], "general": []}


def _policy(address: str, change: Callable[[Json], object]) -> Callable[[Json], object]:
    def edit(plan: Json) -> None:
        for entry in plan["resource_changes"]:
            if entry["address"] == address:
                policy = json.loads(entry["change"]["after"]["policy"])
                change(policy)
                entry["change"]["after"]["policy"] = json.dumps(policy)

    return edit


def _configured(address: str, **more: Any) -> Callable[[Json], object]:
    def edit(plan: Json) -> None:
        for one in plan["configuration"]["root_module"]["resources"]:
            if one["address"] == address:
                one.update(more)

    return edit


def _after(address: str, **more: Any) -> Callable[[Json], object]:
    def edit(plan: Json) -> None:
        for entry in plan["resource_changes"]:
            if entry["address"] == address:
                entry["change"]["after"].update(more)

    return edit


def _allow(**more: Any) -> Callable[[Json], object]:
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"], **more}
    statement = {key: value for key, value in statement.items() if value is not None}
    return lambda policy: policy["Statement"].append(statement)


_ATTACH = "aws_iam_user_policy_attachment.attach"
_ACCESS = "aws_iam_policy.access"
_BUCKET = "aws_s3_bucket_policy.results"
_TRUST = {"Version": "2012-10-17", "Statement": []}
GENERAL: dict[str, tuple[Callable[[Json], object], str]] = {
    "administrator": (_policy(_ACCESS, _allow(Action=["*"])), f"{_ACCESS}: a statement is "),
    "iam": (_policy(_ACCESS, _allow(Action="iam:*")), f"{_ACCESS}: a statement is "),
    "iam in capitals": (_policy(_ACCESS, _allow(Action="IAM:Get*")), f"{_ACCESS}: a statement is "),
    "a service by wildcard": (
        _policy(_ACCESS, _allow(Action=["i?m:x"])),
        f"{_ACCESS}: a statement is ",
    ),
    "sts": (_policy(_ACCESS, _allow(Action=["sts:AssumeRole"])), f"{_ACCESS}: a statement is "),
    "all but": (
        _policy(_ACCESS, _allow(Action=None, NotAction=["s3:x"])),
        f"{_ACCESS}: a statement is ",
    ),
    "a policy that is unknown": (_after(_ACCESS, policy=None), f"{_ACCESS}: its policy is null"),
    "a policy that is none": (_after(_ACCESS, policy="{"), f'{_ACCESS}: its policy is "{{"'),
    "a public bucket policy": (
        _policy(_BUCKET, _allow(Principal="*")),
        f"{_BUCKET}: who is let in is ",
    ),
    "a bucket policy for AWS": (
        _policy(_BUCKET, _allow(Principal={"AWS": ["*"]})),
        f"{_BUCKET}: who is let in is ",
    ),
    "a bucket policy for all but": (
        _policy(_BUCKET, _allow(NotPrincipal={"AWS": "111122223333"})),
        f"{_BUCKET}: who is let in is ",
    ),
    "an open trust": (
        stranger(
            "aws_iam_role",
            {"name": "x", "assume_role_policy": json.dumps({**_TRUST, "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]})},
        ),
        "aws_iam_role.more: who is let in is ",
    ),
    "a federated trust without a condition": (
        stranger(
            "aws_iam_role",
            {"name": "x", "assume_role_policy": json.dumps({**_TRUST, "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                 "Principal": {"Federated": "accounts.google.com"}}]})},
        ),
        "aws_iam_role.more: who is let in is ",
    ),
    "a function for anybody": (
        stranger("aws_lambda_permission", {"principal": "*", "action": "lambda:InvokeFunction"}),
        "aws_lambda_permission.more: who is let in is ",
    ),
    "AdministratorAccess": (
        _after(_ATTACH, policy_arn=ADMINISTRATOR),
        f'{_ATTACH}: what it attaches is "{ADMINISTRATOR}"',
    ),
    "AdministratorAccess by a condition": (
        _configured(_ATTACH, expressions={"policy_arn": {
            "constant_value": '${aws_iam_policy.access.arn == "" ? "" : "x"}',
            "references": ["aws_iam_policy.access.arn", "aws_iam_policy.access"]}}),
        f"{_ATTACH}: what it attaches is null",
    ),
    "a role that has it in itself": (
        stranger("aws_iam_role", {"name": "x", "assume_role_policy": json.dumps(_TRUST),
                                  "managed_policy_arns": [ADMINISTRATOR]}),
        f'aws_iam_role.more: what it attaches is "{ADMINISTRATOR}"',
    ),
    "a bucket without a block": (
        stranger("aws_s3_bucket", {"bucket": "x"}),
        "aws_s3_bucket.more: its openness is null",
    ),
    "a bucket with an ACL": (
        _after("aws_s3_bucket.results", acl="public-read"),
        'aws_s3_bucket.results: its openness is "public-read"',
    ),
    "a block that is open": (
        _after("aws_s3_bucket_public_access_block.results", block_public_policy=False),
        "aws_s3_bucket.results: its openness is null",
    ),
    "a kind that nobody knows": (
        stranger("aws_iam_group_policy", {"group": "x"}),
        "aws_iam_group_policy.more: its kind is ",
    ),
    "nothing that runs code": (stranger("null_resource", {}), "null_resource.more: its kind is "),
    "a data source": (
        stranger("external", {}, mode="data", actions=["read"]),
        "data.external.more: its kind is ",
    ),
    "a provisioner": (
        _configured(_ACCESS, provisioners=[{"type": "local-exec"}]),
        f'{_ACCESS}: more than its arguments is ["managed",["provisioners"]]',
    ),
    "a module": (
        lambda plan: plan["configuration"]["root_module"].update(module_calls={"x": {}}),
        "the plan: what it calls is ",
    ),
    "another provider": (
        lambda plan: plan["configuration"]["provider_config"].update(
            external={"full_name": "registry.terraform.io/acme/external"}
        ),
        "external: a provider is ",
    ),
    "an endpoint": (
        lambda plan: plan["configuration"]["provider_config"]["aws"]["expressions"].update(
            endpoints=[{}]
        ),
        "aws: a provider is ",
    ),
    "no plan": (lambda plan: plan.pop("resource_changes"), "the plan has no list of changes"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", GENERAL)
def test_the_general_policy_denies_what_no_gate_hcl_needs(opa: InOpa, name: str) -> None:
    edit, message = GENERAL[name]
    plan = likeness(STACK)
    edit(plan)
    found = opa.denials({"plan": plan, "run": {"workspace": {"name": "any"}}})["general"]
    assert [text for text in found if text.startswith(message)] != [], found


@pytest.mark.slow
def test_python_and_rego_have_one_verdict(opa: InOpa) -> None:
    for name, plan in edits(likeness(STACK), 1, 11):
        denied = bool(opa.denials({"plan": plan, "run": RUN})["exact"])
        assert denied == bool(differences(plan, STACK)), name
