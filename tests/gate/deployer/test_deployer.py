"""The rights that Terraform needs: what is printed, and that nothing else is."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from athena_gate.gate.deployer import deployer, makes
from athena_gate.gate.deployer.record import BEHIND, behind, calls, permissions
from athena_gate.gate.deployer.trusts import Platform, trust
from athena_gate.modules.iam import actions as aws
from athena_gate.modules.iam.policy import MANAGED_POLICY_LIMIT, Condition, Policy
from athena_gate.stacks.configuration import Configuration, load
from tests.conftest import DOT, Project
from tests.gate.test_cli import gate

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def modes() -> Configuration:
    return load(ROOT / "development" / "modes.hcl")


Grants = set[tuple[str, str, tuple[Condition, ...]]]


def grants(policies: Iterable[Policy]) -> Grants:
    return {
        (action, resource, statement.conditions)
        for policy in policies
        for statement in policy.statements
        for action in statement.actions
        for resource in statement.resources
    }


@pytest.fixture(scope="module")
def applying(modes: Configuration) -> Grants:
    """What applying takes in the account that has most of the modes."""
    return grants(deployer(modes, modes.accounts["analytics"], "apply"))


def test_every_type_that_a_stack_is_made_of_was_recorded_and_none_besides(
    modes: Configuration,
) -> None:
    made = {one.type for block in modes.blocks for _, one in makes(block)}
    assert made == set(calls())


def test_every_recorded_call_takes_a_permission_that_aws_has() -> None:
    every = {action for kind in calls() for action in permissions(kind, "apply")}
    every |= {action for actions in BEHIND.values() for action in actions}
    assert sorted(action for action in every if not aws.exists(action)) == []


def test_what_no_recorded_call_takes_is_granted_for_reasons_that_are_listed(
    modes: Configuration,
) -> None:
    beyond: dict[str, set[str]] = {}
    for block in modes.blocks:
        for _, one in makes(block):
            recorded = {aws.OPERATIONS.get(call, call) for call in calls()[one.type]["apply"]}
            granted = {*permissions(one.type, "apply", one.arguments)}
            rest = granted - recorded - {*permissions(one.type, "plan")}
            if rest := rest - behind(one.type, one.arguments):
                beyond.setdefault(one.type, set()).update(rest)
    assert beyond == {
        "aws_iam_role": {"iam:PutRolePermissionsBoundary"},
        "aws_iam_user": {"iam:DeleteAccessKey", "iam:PutUserPermissionsBoundary"},
        "aws_s3_bucket": {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"},
    }


def test_every_action_is_granted_on_what_it_can_work_on(applying: Grants) -> None:
    # Roles that are taken are IAM's.
    owners = {
        (action.split(":")[0], resource.split(":")[2])
        for action, resource, _ in applying
        if resource != "*" and action != "sts:AssumeRole"
    }
    assert [pair for pair in owners if pair[0] != pair[1]] == []
    assert [(a, where) for a, where, _ in applying if aws.grants_nothing(a, where)] == []


def test_a_bucket_that_was_there_before_is_not_emptied() -> None:
    kept = {*permissions("aws_s3_bucket", "apply", {"force_destroy": False})}
    assert {*permissions("aws_s3_bucket", "apply", {"force_destroy": True})} - kept == {
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:ListBucketVersions",
    }


def test_the_image_of_a_function_is_read_where_it_lies(applying: Grants) -> None:
    assert {(a, where) for a, where, _ in applying if a.startswith("ecr:")} == {
        (
            f"ecr:{action}",
            "arn:aws:ecr:eu-central-1:292517598671:repository/athena-federation-repository-dynamodb",
        )
        for action in ("BatchGetImage", "GetDownloadUrlForLayer")
    }


def test_networks_are_looked_up_in_the_region_of_the_function(applying: Grants) -> None:
    here = Condition("StringEquals", "aws:RequestedRegion", ("eu-central-1",))
    assert {one for one in applying if one[0].startswith("ec2:")} == {
        (f"ec2:Describe{what}", "*", (here,)) for what in ("SecurityGroups", "Subnets", "Vpcs")
    }


def test_a_key_is_tagged_as_it_is_made_and_only_with_our_tag_after(applying: Grants) -> None:
    assert {conditions for action, _, conditions in applying if action == "kms:TagResource"} == {
        (Condition("Null", f"aws:{of}Tag/athena-gate", ("false",)),)
        for of in ("Request", "Resource")
    }


def test_a_role_that_is_named_with_its_path_is_that_role_alone(modes: Configuration) -> None:
    block = next(one for one in modes.blocks if one.stack == "dynamodb-connector-two")
    attached = [one for _, one in makes(block) if one.type == "aws_iam_role_policy_attachment"]
    arn = "arn:aws:iam::444455556666:role"
    assert {one.arns for one in attached if one.arguments["role"] in ("analyst", "bi")} == {
        (f"{arn}/team/bi",),
        # Whether this one has a path is not known: gate.hcl may name a role by its name alone.
        (f"{arn}/analyst", f"{arn}/*/analyst"),
    }


def test_whoever_deploys_may_take_the_roles_of_other_accounts(modes: Configuration) -> None:
    roles = {
        name: {
            where
            for action, where, _ in grants(deployer(modes, account, "plan"))
            if action == "sts:AssumeRole"
        }
        for name, account in modes.accounts.items()
    }
    # The one account that has no role is where the credentials of a deploy are, also of blocks that
    # have no part in it.
    others = {one.assume_role for one in modes.accounts.values() if one.assume_role}
    assert roles == {"analytics": others, "partner": set(), "second": set(), "encrypted": set()}


def test_planning_changes_nothing_and_reads_no_data(modes: Configuration) -> None:
    for account in modes.accounts.values():
        found = grants(deployer(modes, account, "plan"))
        # By which other accounts are reached, to be read there too.
        levels = {a: aws.level(a) for a, _, _ in found if a != "sts:AssumeRole"}
        assert {a: x for a, x in levels.items() if x not in ("Read", "List", None)} == {}
        data = {"athena:GetQueryResults", "dynamodb:Scan", "glue:GetTable", "s3:GetObject"}
        assert not data & levels.keys()


@pytest.mark.slow
def test_applying_may_what_planning_may(modes: Configuration) -> None:
    for account in modes.accounts.values():
        plan, apply = (grants(deployer(modes, account, phase)) for phase in ("plan", "apply"))
        assert plan <= apply


def test_policies_are_small_enough_to_be_attached(modes: Configuration) -> None:
    for account in modes.accounts.values():
        for policy in deployer(modes, account, "apply"):
            assert policy.size() <= MANAGED_POLICY_LIMIT


def test_nothing_is_granted_but_on_what_the_stacks_make(project: Project) -> None:
    configuration = load(project.file)
    found = grants(deployer(configuration, configuration.accounts["analytics"], "apply"))
    arn = "arn:aws:iam::111122223333"
    bucket = "arn:aws:s3:::dot-reporting-results-111122223333"
    assert {resource for _, resource, _ in found} == {
        f"{arn}:user/dot-reporting",
        f"{arn}:policy/dot-reporting",
        "arn:aws:athena:eu-central-1:111122223333:workgroup/dot-reporting",
        bucket,
        f"{bucket}/*",
        # Lists of the account, which take no resource.
        "*",
    }
    assert {action for action, resource, _ in found if resource == "*"} == {
        "iam:ListVirtualMFADevices"
    }
    attaching = {conditions for action, _, conditions in found if action == "iam:AttachUserPolicy"}
    policy = f"{arn}:policy/dot-reporting"
    assert attaching == {(Condition("ArnEquals", "iam:PolicyARN", (policy,)),)}


def test_a_boundary_is_demanded_where_the_block_has_one(project: Project) -> None:
    boundary = "arn:aws:iam::111122223333:policy/bound"
    project.write(DOT.replace("  databases", f'  permissions_boundary = "{boundary}"\n  databases'))
    configuration = load(project.file)
    found = grants(deployer(configuration, configuration.accounts["analytics"], "apply"))
    bound = Condition("StringEquals", "iam:PermissionsBoundary", (boundary,))
    assert {action for action, _, conditions in found if bound in conditions} == {
        "iam:AttachUserPolicy",
        "iam:CreateUser",
        "iam:PutUserPermissionsBoundary",
    }


def test_what_has_no_name_is_a_list_or_has_no_resource_in_iam(
    modes: Configuration, applying: Grants
) -> None:
    planning = grants(deployer(modes, modes.accounts["analytics"], "plan"))
    plan, apply = ({a for a, where, _ in some if where == "*"} for some in (planning, applying))
    assert plan == {"lakeformation:ListPermissions", "logs:DescribeLogGroups"}
    assert apply - plan == {
        *(f"ec2:Describe{what}" for what in ("SecurityGroups", "Subnets", "Vpcs")),
        *(f"lakeformation:{verb}Permissions" for verb in ("Grant", "Revoke")),
        "iam:ListVirtualMFADevices",
        "kms:CreateKey",
    }
    assert {action for action in apply if aws.resource_forms(action)} == set()


# By which a user or role gets more, or a policy could take the boundary from it.
WIDENS = re.compile(r"iam:((Create|Put|Attach|Delete).*(Role|User)(Policy|PermissionsBoundary)?)")


def test_where_a_block_has_a_boundary_nothing_that_it_makes_is_widened_without(
    modes: Configuration,
) -> None:
    found: dict[str, set[str]] = {}
    for block in modes.blocks:
        boundary = getattr(block.settings, "permissions_boundary", None)
        if boundary is None:
            continue
        holders = {
            arn
            for _, one in makes(block)
            if one.type in ("aws_iam_role", "aws_iam_user") or "application_id" in one.arguments
            for arn in one.arns
        }
        alone = replace(modes, blocks=(block,))
        bound = Condition("StringEquals", "iam:PermissionsBoundary", (boundary,))
        for account in block.settings.accounts:
            for action, where, conditions in grants(deployer(alone, account, "apply")):
                if where in holders and WIDENS.fullmatch(action):
                    free = action.split(":")[1].startswith("Delete")
                    assert free or bound in conditions, (block.stack, action, where)
                    found.setdefault(block.stack, set()).add(action)
    removes = {"iam:DeleteRole", "iam:DeleteUser", "iam:DeleteRolePolicy"}
    taken = {action for actions in found.values() for action in actions if "Delete" in action}
    # Never the boundary itself.
    assert taken <= removes
    assert "dynamodb-connector-application" in found


def test_a_role_is_passed_to_its_service_alone(modes: Configuration) -> None:
    passing = {
        conditions
        for account in modes.accounts.values()
        for action, resource, conditions in grants(deployer(modes, account, "apply"))
        if action == "iam:PassRole"
    }
    to = {condition.values for (condition,) in passing}
    assert to == {("ec2.amazonaws.com",), ("lambda.amazonaws.com",)}


def test_states_in_s3_are_read_to_plan_and_locked_to_apply(project: Project) -> None:
    project.write(DOT + 'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}\n')
    configuration = load(project.file)
    account = configuration.accounts["analytics"]
    state = "arn:aws:s3:::acme-states/athena-gate/dot-reporting.tfstate"

    def of_states(phase: str) -> set[tuple[str, str]]:
        found = grants(deployer(configuration, account, "plan" if phase == "plan" else "apply"))
        return {(action, where) for action, where, _ in found if "acme-states" in where}

    bucket = ("s3:ListBucket", "arn:aws:s3:::acme-states")
    assert of_states("plan") == {bucket, ("s3:GetObject", state)}
    assert of_states("apply") == {
        bucket,
        *((f"s3:{verb}Object", state) for verb in ("Get", "Put")),
        *((f"s3:{verb}Object", f"{state}.tflock") for verb in ("Delete", "Get", "Put")),
    }


def test_the_key_of_the_states_is_used_through_s3_alone(project: Project) -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012"
    backend = f'bucket = "acme-states"\n  region = "eu-west-1"\n  kms_key = "{key}"\n'
    project.write(f'{DOT}backend "s3" {{\n  {backend}}}\n')
    configuration = load(project.file)
    account = configuration.accounts["analytics"]
    found = {
        phase: {
            (action, conditions)
            for action, where, conditions in grants(
                deployer(configuration, account, "plan" if phase == "plan" else "apply")
            )
            if where == key
        }
        for phase in ("plan", "apply")
    }
    through = (Condition("StringEquals", "kms:ViaService", ("s3.eu-west-1.amazonaws.com",)),)
    assert found == {
        "plan": {("kms:Decrypt", through)},
        "apply": {("kms:Decrypt", through), ("kms:GenerateDataKey", through)},
    }


AUDIENCE = "athena-gate-0123456789abcdef"


@pytest.mark.parametrize(
    ("platform", "name", "phase", "subjects"),
    [
        ("github", "acme/athena", "apply", ("repo:acme/athena:environment:aws-111122223333",)),
        (
            "github",
            "acme/athena",
            "plan",
            ("repo:acme/athena:pull_request", "repo:acme/athena:ref:refs/heads/main"),
        ),
        (
            "gitlab",
            "acme/data/athena",
            "apply",
            ("project_path:acme/data/athena:ref_type:branch:ref:main",),
        ),
        ("gitlab", "acme/athena", "plan", ("project_path:acme/athena:ref_type:branch:ref:*",)),
        (
            "hcp",
            "acme/athena",
            "plan",
            ("organization:acme:project:athena:workspace:*:run_phase:plan",),
        ),
    ],
)
def test_a_pipeline_takes_the_role_of_its_phase(
    project: Project, platform: Platform, name: str, phase: str, subjects: tuple[str, ...]
) -> None:
    account = load(project.file).accounts["analytics"]
    given = AUDIENCE if (platform, phase) == ("gitlab", "apply") else None
    found = trust(platform, name, account, "plan" if phase == "plan" else "apply", given)
    (statement,) = found.statements
    assert [c.values for c in statement.conditions if c.key.endswith(":sub")] == [subjects]
    default = "aws.workload.identity" if platform == "hcp" else "sts.amazonaws.com"
    assert [c.values for c in statement.conditions if c.key.endswith(":aud")] == [
        (given or default,)
    ]
    # The subject of a job with an environment does not name its branch.
    branch = ("refs/heads/main",) if (platform, phase) == ("github", "apply") else None
    others = [c for c in statement.conditions if not c.key.endswith((":sub", ":aud"))]
    assert others == (
        [Condition("StringEquals", "token.actions.githubusercontent.com:ref", branch)]
        if branch
        else []
    )
    assert len(statement.conditions) == 2 + len(others)


GUESSED = (
    "--trust gitlab: --audience: expected 16 letters, digits and _ . : / - or more, that nobody "
    "can guess"
)


def test_the_policies_are_printed_as_json(project: Project) -> None:
    done = gate(project.folder, "deployer", "--plan", "--trust", "github:acme/athena")
    found = json.loads(done.stdout)
    assert (done.returncode, found["account"], found["for"]) == (0, "111122223333", "plan")
    assert [one["Version"] for one in (*found["policies"], found["trust"])] == ["2012-10-17"] * 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--plan", "--apply"), "--plan and --apply print different policies; choose one"),
        (("--account", "nobody"), "no account is called 'nobody'; allowed: analytics"),
        (
            ("--trust", "jenkins:acme"),
            "--trust 'jenkins:acme': expected github:OWNER/REPOSITORY or gitlab:GROUP/PROJECT or "
            "hcp:ORGANIZATION/PROJECT",
        ),
        (
            ("--trust", "github:acme/*"),
            "--trust 'acme/*': expected OWNER/REPOSITORY, without * and ?",
        ),
        # Else any job of the branch would take the role that applies.
        (
            ("--trust", "gitlab:acme/athena"),
            "--trust gitlab: the role that applies needs --audience too, the text of the variable "
            "APPLY_AUDIENCE: the subject of a token does not say which environment it is for",
        ),
        (("--trust", "gitlab:a/b", "--audience", "sts.amazonaws.com"), GUESSED),
        (("--trust", "gitlab:a/b", "--audience", "sts.amazonaws.*"), GUESSED),
        (
            ("--trust", "github:acme/athena", "--audience", AUDIENCE),
            "--trust github: takes no --audience to apply",
        ),
        (
            ("--audience", AUDIENCE),
            "--audience is for a trust policy; add --trust gitlab:GROUP/PROJECT",
        ),
    ],
)
def test_a_wrong_question_is_told_what_is_allowed(
    project: Project, arguments: tuple[str, ...], said: str
) -> None:
    done = gate(project.folder, "deployer", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"gate: {said}\n")
