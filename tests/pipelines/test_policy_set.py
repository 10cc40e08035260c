"""The policy set for HCP Terraform: what it accepts, what it denies, and what it cannot see."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from development.mutants import Mutant, mutants
from development.mutation import harmless, proved, synthesize
from development.plans import plans, read
from gate.prove import claims_of, prove_never
from gate.stack.model import Stack
from stacks.configuration import ConfiguredBlock
from tests.conftest import ROOT
from tests.pipelines.plans import Plan, PolicySet, claims, plan_of, stacks

# Of the widening mutants one in so many is tried: each takes regopy some 0.2 s.
SAMPLE = 61

Statements = list[dict[str, Any]]
Change = Callable[[Statements], object]


@pytest.fixture(scope="module")
def policy_set() -> PolicySet:
    return PolicySet()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("modes")


@pytest.fixture(scope="module")
def blocks(folder: Path) -> list[tuple[ConfiguredBlock, Stack]]:
    """The blocks of modes.hcl, every integration in every mode, with their stacks."""
    return synthesize(folder)


@pytest.fixture(scope="module")
def modes(blocks: list[tuple[ConfiguredBlock, Stack]], folder: Path) -> dict[str, dict[str, Any]]:
    """The JSON of those stacks by name."""
    assert blocks
    return stacks(folder)


def test_hcp_terraform_is_asked_for_four_mandatory_policies(policy_set: PolicySet) -> None:
    package = "data.terraform.policies.athena_gate"
    names = ("readable", "access", "opened", "closed")
    assert policy_set.queries == {name: f"{package}.{name}.deny" for name in names}
    text = (ROOT / "pipelines" / "policy-set" / "policies.hcl").read_text()
    levels = [line.split()[-1] for line in text.splitlines() if "enforcement_level" in line]
    assert levels == ['"mandatory"'] * 4


def test_a_plan_that_leaves_nothing_is_accepted(policy_set: PolicySet) -> None:
    gone = {"address": "aws_iam_user.x", "mode": "managed", "type": "aws_iam_user"}
    plan = {"resource_changes": [{**gone, "change": {"actions": ["delete"], "after": None}}]}
    assert policy_set.denials(plan) == {}


def test_a_stack_of_somebody_else_is_not_passed_over(policy_set: PolicySet) -> None:
    user = {"address": "aws_iam_user.x", "mode": "managed", "type": "aws_iam_user"}
    plan = {"resource_changes": [{**user, "change": {"actions": ["create"], "after": {}}}]}
    assert policy_set.denials(plan) == {
        "readable": [
            "aws_iam_user.x: is not in the plan's configuration as one resource of the root "
            "module; write it without module, count and for_each [readable]",
            "the AWS providers do not carry the one tag athena-gate = KIND/NAME with a kind of "
            "dbt, dot, dynamodb_connector, immuta, metronome: these rules are for workspaces of "
            "athena-gate's blocks, take the set off others [unclaimed]",
        ]
    }


@pytest.mark.slow
def test_the_plans_of_gate_hcl_are_accepted_and_read_as_their_likeness(
    policy_set: PolicySet, tmp_path: Path, terraform_variables: dict[str, str]
) -> None:
    assert terraform_variables
    real = read(plans(ROOT / "gate.hcl", tmp_path))
    likeness = {name: plan_of(stack) for name, stack in stacks(tmp_path).items()}
    assert {name: policy_set.denials(plan) for name, plan in real.items()} == {
        "dbt-ci": {},
        "dot-reporting": {},
        "dynamodb-connector-orders": {},
        "immuta-governed": {},
        "metronome-billing": {},
    }
    for rule in ("plan.all_statements", "grants.allowances"):
        assert {name: policy_set.value(rule, plan) for name, plan in real.items()} == {
            name: policy_set.value(rule, plan) for name, plan in likeness.items()
        }


@pytest.mark.slow
def test_every_mode_is_accepted_but_those_whose_claims_do_not_hold(
    policy_set: PolicySet, modes: dict[str, dict[str, Any]]
) -> None:
    denied = {name: claims(policy_set.denials(plan_of(stack))) for name, stack in modes.items()}
    assert {name: found for name, found in denied.items() if found} == {
        "dbt-documented": [
            "no-other-bucket",
            "no-other-database",
            "nobody-else",
            "one-workgroup",
            "sources-read-only",
        ],
        "dot-documented": [
            "no-other-bucket",
            "no-other-database",
            "only-through-athena",
            "vendor-addresses",
        ],
        "dot-full": ["no-other-service", "only-through-athena"],
        "dynamodb-connector-application": [
            "no-other-bucket",
            "one-function",
            "opened",
            "sources-read-only",
            "unclaimed",
        ],
        "dynamodb-connector-documented": [
            "nobody-else",
            "opened",
            "opened-prefix",
            "share-only",
        ],
        "immuta-documented": [
            "catalog-reads-only",
            "no-other-bucket",
            "no-other-database",
            "one-workgroup",
            "queries-only",
            "sources-read-only",
        ],
        "metronome-documented": [
            "no-other-bucket",
            "no-other-database",
            "one-workgroup",
            "queries-only",
            "sources-read-only",
        ],
    }


def more(sid: str, **elements: Any) -> Change:
    """Return the change that adds to lists of the statement ``sid``."""

    def change(statements: Statements) -> None:
        one = next(one for one in statements if one.get("Sid") == sid)
        for name, values in elements.items():
            one[name] = [*one[name], *values]

    return change


def other(sid: str, **elements: Any) -> Change:
    """Return the change that replaces elements of the statement ``sid``; None drops one."""

    def change(statements: Statements) -> None:
        one = next(one for one in statements if one.get("Sid") == sid)
        one.update(elements)
        for name in [name for name, value in one.items() if value is None]:
            del one[name]

    return change


def also(**elements: Any) -> Change:
    """Return the change that adds a statement."""
    return lambda statements: statements.append({"Sid": "New", "Effect": "Allow", **elements})


def changed(
    stack: dict[str, Any], where: tuple[str, str], name: str, change: Change
) -> dict[str, Any]:
    """Return ``stack`` with a change in one policy, of the resource with ``name`` in its own."""
    content = copy.deepcopy(stack)
    kind, attribute = where
    body = next(body for key, body in content["resource"][kind].items() if name in key)
    document = json.loads(body[attribute])
    change(document["Statement"])
    body[attribute] = json.dumps(document)
    return content


IDENTITY = ("aws_iam_policy", "policy")
TRUST = ("aws_iam_role", "assume_role_policy")
BUCKET = ("aws_s3_bucket_policy", "policy")
KEY = ("aws_kms_key", "policy")
S3_ANY = "arn:aws:s3:::*"
SUB = "accounts.google.com:sub"

# Stack, where, a part of the resource's name, the change: the one policy that denies, and why.
MUTANTS: list[tuple[str, tuple[str, str], str, Change, dict[str, list[str]]]] = [
    (
        "dot-least",
        IDENTITY,
        "",
        more("AthenaQuery", Action=["athena:*"]),
        {"access": ["queries-only"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        more("AthenaQuery", Action=["ATHENA:Get?amedQuery"]),
        {"access": ["queries-only"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        more("AthenaQuery", Resource=["arn:aws:athena:eu-central-1:111122223333:workgroup/*"]),
        {"access": ["one-workgroup"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        also(Action="s3:PutBucketPol?cy", Resource="arn:aws:s3:::acme-lake"),
        {"access": ["sources-read-only"]},
    ),
    ("dot-least", IDENTITY, "", also(Action="*", Resource="*"), {"access": ["no-other-service"]}),
    ("dot-least", IDENTITY, "", also(Action="iam:PassRole", Resource="*"), {"access": ["no-iam"]}),
    (
        "dot-least",
        IDENTITY,
        "",
        also(NotAction="iam:*", Resource="*"),
        {"access": ["no-other-service"], "readable": ["no-other-service"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        other("SourceObjects", Resource=None, NotResource=[S3_ANY]),
        {"access": ["no-other-service"], "readable": ["no-other-service"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        other("SourceObjects", Resource=["arn:aws:s3:::acme-lake*/sales/*"]),
        {"access": ["no-other-bucket"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        other("SourceObjects", Resource="arn:aws:s3:::acme-lake/sales*"),
        {"access": ["no-other-bucket"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        other("SourceObjects", Action=["s3:GetObject", "S3:putobject"]),
        {"access": ["sources-read-only"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        other("GlueRead", Condition=None),
        {"access": ["only-through-athena"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        other(
            "GlueRead",
            Condition={"ForAllValues:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}},
        ),
        {"access": ["only-through-athena"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        more("GlueRead", Resource=["arn:aws:glue:eu-central-1:111122223333:table/finance/*"]),
        {"access": ["no-other-database"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        more("GlueRead", Action=["glue:DeleteTable"]),
        {"access": ["catalog-reads-only"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        other("KmsSource", Condition=None),
        {"access": ["keys-through-s3"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        other("KmsSource", Resource="arn:aws:kms:eu-central-1:111122223333:key/*"),
        {"access": ["no-other-key"]},
    ),
    (
        "dot-least",
        IDENTITY,
        "",
        other("DenyDirectCallsOutsideVendorIps", Action=["s3:*"]),
        {"closed": ["vendor-addresses"]},
    ),
    ("dot-least", IDENTITY, "", other("SourceObjects", Effect="allow"), {"readable": ["readable"]}),
    (
        "dot-least",
        BUCKET,
        "",
        lambda statements: statements[0].update(
            Resource=["arn:aws:s3:::dot-least-results-111122223333"]
        ),
        {"closed": ["tls-only"]},
    ),
    (
        "dot-least",
        BUCKET,
        "",
        also(Principal="*", Action="s3:GetObject", Resource=S3_ANY),
        {"opened": ["nobody-else", "opened"]},
    ),
    (
        "metronome-role",
        TRUST,
        "",
        other("AllowServiceAccount", Condition=None),
        {"opened": ["no-other-token"]},
    ),
    (
        "metronome-role",
        TRUST,
        "",
        other("AllowServiceAccount", Condition={"StringLike": {SUB: "1*"}}),
        {"opened": ["no-other-token"]},
    ),
    (
        "metronome-role",
        TRUST,
        "",
        more("AllowServiceAccount", Action=["sts:TagSession"]),
        {"opened": ["role-only"]},
    ),
    (
        "metronome-role",
        IDENTITY,
        "",
        more("AllowS3AccessToObjects", Action=["s3:PutObjectAcl"]),
        {"access": ["objects-only"]},
    ),
    (
        "metronome-role",
        IDENTITY,
        "",
        also(Action="glue:DeleteDatabase", Resource="*"),
        {"access": ["tables-only"]},
    ),
    ("dbt-via-athena", TRUST, "", other("NamedOnly", Condition=None), {"opened": ["external-id"]}),
    (
        "dbt-via-athena",
        TRUST,
        "",
        other("NamedOnly", Principal={"AWS": "111122223333"}),
        {"opened": ["nobody-else"]},
    ),
    (
        "immuta-role",
        TRUST,
        "",
        lambda statements: statements[0].update(
            Principal={"Service": ["ec2.amazonaws.com", "ssm.amazonaws.com"]}
        ),
        {"opened": ["nobody-else"]},
    ),
    (
        "dynamodb-connector-two",
        IDENTITY,
        "readers",
        more("InvokeConnector", Resource=["arn:aws:lambda:eu-central-1:111122223333:function:*"]),
        {"access": ["one-function"]},
    ),
    (
        "dynamodb-connector-two",
        IDENTITY,
        "readers",
        more("SpillObjects", Action=["s3:DeleteObject"]),
        {"access": ["spill-read-only"]},
    ),
    (
        "dynamodb-connector-two",
        IDENTITY,
        "owner_access",
        more("ReadTables", Action=["dynamodb:PutItem"]),
        {"access": ["tables-read-only"]},
    ),
    (
        "dynamodb-connector-two",
        IDENTITY,
        "owner_access",
        more("ReadTables", Resource=["*"]),
        {"access": ["no-other-table"]},
    ),
    (
        "dynamodb-connector-two",
        IDENTITY,
        "owner_access",
        more("SpillObjects", Action=["s3:GetObject"]),
        {"access": ["spill-write-only"]},
    ),
    (
        "dynamodb-connector-two",
        IDENTITY,
        "owner_access",
        more("Logs", Resource=["*"]),
        {"access": ["own-log"]},
    ),
    (
        "dynamodb-connector-two",
        TRUST,
        "owner_role",
        lambda statements: statements[0].update(Principal={"AWS": "*"}),
        {"opened": ["nobody-else-connector"]},
    ),
    (
        "dynamodb-connector-two",
        TRUST,
        "sharing",
        lambda statements: statements[0].update(Principal="*"),
        {"opened": ["nobody-else-share"]},
    ),
    (
        "dynamodb-connector-two",
        ("aws_iam_role_policy", "policy"),
        "",
        more("CreateSharedCatalog", Resource=["*"]),
        {"access": ["share-only"]},
    ),
    (
        "dynamodb-connector-two",
        KEY,
        "",
        lambda statements: statements[1]["Principal"]["AWS"].append("444455556666"),
        {"opened": ["nobody-else-keys"]},
    ),
    (
        "dynamodb-connector-two",
        KEY,
        "",
        lambda statements: statements[1].update(
            Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
        ),
        {"opened": ["opened-key"]},
    ),
    (
        "dynamodb-connector-two",
        BUCKET,
        "spill",
        lambda statements: statements[0].pop("Condition"),
        {"opened": ["organization"]},
    ),
    (
        "dynamodb-connector-two",
        BUCKET,
        "spill",
        lambda statements: statements[1]["Condition"].pop("StringLike"),
        {"opened": ["opened-prefix"]},
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("stack", "where", "name", "change", "denied"), MUTANTS)
def test_a_wider_policy_is_denied_for_its_reason_alone(
    policy_set: PolicySet,
    modes: dict[str, dict[str, Any]],
    stack: str,
    where: tuple[str, str],
    name: str,
    change: Change,
    denied: dict[str, list[str]],
) -> None:
    found = policy_set.denials(plan_of(changed(modes[stack], where, name, change)))
    assert {policy: claims({policy: messages}) for policy, messages in found.items()} == denied


# Each of these breaks a claim of gate prove, which reads gate.hcl; the plan names it nowhere else.
UNSEEN = [
    ("immuta-role", IDENTITY, more("SourceObjects", Resource=["arn:aws:s3:::other-lake/sales/*"])),
    ("immuta-role", IDENTITY, more("SourceBucket", Resource=["arn:aws:s3:::other-lake"])),
    (
        "dbt-via-athena",
        IDENTITY,
        more(
            "GlueViaAthena",
            Resource=["arn:aws:glue:eu-central-1:111122223333:database/finance"],
        ),
    ),
    ("dbt-via-athena", IDENTITY, other("DataBucket", Action=["s3:ListBucket"], Condition=None)),
    (
        "dbt-via-athena",
        TRUST,
        lambda statements: statements[0]["Principal"]["AWS"].append(
            "arn:aws:iam::999999999999:role/x"
        ),
    ),
    (
        "metronome-role",
        TRUST,
        lambda statements: statements[0]["Condition"]["StringEquals"].pop(
            "accounts.google.com:oaud"
        ),
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("stack", "where", "change"), UNSEEN)
def test_a_name_that_gate_hcl_alone_knows_is_left_to_gate_prove(
    policy_set: PolicySet,
    modes: dict[str, dict[str, Any]],
    stack: str,
    where: tuple[str, str],
    change: Change,
) -> None:
    assert policy_set.denials(plan_of(changed(modes[stack], where, "", change))) == {}


def attached(plan: Plan, policy_arn: dict[str, Any]) -> None:
    resources = plan["configuration"]["root_module"]["resources"]
    one = next(one for one in resources if "policy_attachment" in one["address"])
    one["expressions"]["policy_arn"] = policy_arn


@pytest.mark.slow
def test_what_aws_manages_is_not_attached(
    policy_set: PolicySet, modes: dict[str, dict[str, Any]]
) -> None:
    plan = plan_of(modes["dot-least"])
    address = next(
        one["address"] for one in plan["resource_changes"] if "attachment" in one["type"]
    )
    attached(plan, {"constant_value": "arn:aws:iam::aws:policy/AdministratorAccess"})
    assert policy_set.denials(plan, "access") == {
        "access": [
            f"{address}: attaches what is not known before apply, which is not a policy of this "
            "plan; grant what is needed in one that is [no-other-service]"
        ]
    }


@pytest.mark.slow
def test_a_policy_that_is_unknown_before_apply_is_denied(
    policy_set: PolicySet, modes: dict[str, dict[str, Any]]
) -> None:
    plan = plan_of(modes["immuta-keys"])
    one = next(one for one in plan["resource_changes"] if one["type"] == "aws_iam_policy")
    del one["change"]["after"]["policy"]
    assert policy_set.denials(plan) == {
        "readable": [
            f"{one['address']}: policy is not known before apply, or not JSON, so nothing can be "
            "said of it; put names in it, no references [readable]"
        ]
    }


def sampled(block: ConfiguredBlock, stack: Stack) -> Iterator[Mutant]:
    """Yield one in SAMPLE of the changes that grant a user or role more."""
    wider = (
        mutant
        for mutant in mutants(stack)
        if mutant.place is None and mutant.after and mutant.after.effect == "Allow"
    )
    for number, mutant in enumerate(one for one in wider if one.kind == "wider"):
        if number % SAMPLE == 0 and proved(block):
            yield mutant


@pytest.mark.slow
def test_what_gate_prove_catches_is_denied_but_for_names_that_gate_hcl_alone_knows(
    policy_set: PolicySet,
    modes: dict[str, dict[str, Any]],
    blocks: list[tuple[ConfiguredBlock, Stack]],
) -> None:
    """A connector's policies serve three holders; MUTANTS tries each of them."""
    missed = []
    for block, stack in blocks:
        if block.kind == "dynamodb_connector":
            continue
        tried = list(sampled(block, stack))
        for start in range(0, len(tried), 8):
            some = tried[start : start + 8]
            plan = plan_of(modes[block.stack])
            for number, mutant in enumerate(some):
                assert mutant.after is not None
                add(plan, f"aws_iam_policy.mutant{number}", mutant.after.document())
            denials = policy_set.denials(plan, "readable", "access")
            denied = {m.partition(",")[0] for messages in denials.values() for m in messages}
            missed += [
                (block, mutant)
                for number, mutant in enumerate(some)
                if f"aws_iam_policy.mutant{number}" not in denied
            ]
    never = {
        mutant.title: [
            claim.name
            for claim in claims_of(block.kind).never(block.settings)
            if not prove_never(mutant.stack, claim).holds
        ]
        for block, mutant in missed
        if not harmless(mutant)
    }
    assert {title: names for title, names in never.items() if names} == {}


def add(plan: Plan, address: str, statement: dict[str, Any]) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    change = {"address": address, "mode": "managed", "type": "aws_iam_policy"}
    plan["resource_changes"].append({**change, "change": {"after": {"policy": policy}}})
    configured = {"address": address, "provider_config_key": "aws", "expressions": {}}
    plan["configuration"]["root_module"]["resources"].append(configured)
