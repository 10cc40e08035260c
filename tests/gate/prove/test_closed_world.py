"""What weakens or widens a stack, each in its smallest form, and the words that name it."""

import contextlib
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.stack.beside import other_backend
from athena_gate.gate.stack.consists import consists
from athena_gate.gate.stack.reader import read_content
from athena_gate.modules.iam.policy import Policy, Statement
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock, load
from athena_gate.stacks.expected import expected
from athena_gate.stacks.providers import LOCK
from tests.conftest import ACCOUNT, DOT, ROOT, Project
from tests.gate.stack.written import examples, written
from tests.gate.test_cli import gate

FILE = Path("cdktf.out/stacks/x/cdk.tf.json")
BLOCKS = {block.name: block for block in examples().blocks}
# Made once, and copied.
WRITTEN = {name: written(block, examples().backend) for name, block in BLOCKS.items()}
EXPECTED = {name: expected(block, examples().backend) for name, block in BLOCKS.items()}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

Edit = Callable[[dict[str, Any]], Any]


def broken(name: str, edit: Edit) -> dict[str, list[str]]:
    """Return the claims on the parts of the stack of a block that do not hold once it is edited,
    each with its reasons: see test_what_is_wrong_with_a_part_is_wrong_with_the_proof."""
    content = deepcopy(WRITTEN[name])
    edit(content)
    stack = read_content(content, FILE)
    if stack.problems:
        return {"understood": [f"{one.address} {one.text}" for one in stack.problems]}
    return {
        result.name: [failure.reason for failure in result.failures]
        for result in consists(stack, EXPECTED[name])
        if not result.holds
    }


def address(name: str, kind: str, containing: str = "") -> str:
    """Return the address of the first resource of a type, whose name contains a word."""
    return next(f"{kind}.{one}" for one in WRITTEN[name]["resource"][kind] if containing in one)


def body(content: dict[str, Any], address: str) -> dict[str, Any]:
    kind, _, name = address.partition(".")
    found: dict[str, Any] = content["resource"][kind][name]
    return found


USER = address("d0", "aws_iam_user")
WORKGROUP = address("d0", "aws_athena_workgroup")
BUCKET = address("d0", "aws_s3_bucket")
ATTACHED = address("d0", "aws_iam_user_policy_attachment")
POLICY = address("d0", "aws_iam_policy")
KEY = address("d0", "aws_iam_access_key")
FUNCTION = address("c0", "aws_lambda_function")
CATALOG = address("c0", "aws_athena_data_catalog", "consumer")
ROLE = address("c0", "aws_iam_role")


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("data", {"aws_caller_identity": {"me": {}}}),
        ("locals", {"a": 1}),
        ("module", {"a": {"source": "./a"}}),
        ("moved", [{"from": "a.b", "to": "a.c"}]),
        ("import", [{"id": "a", "to": "a.b"}]),
        ("removed", [{"from": "a.b"}]),
        ("check", {"a": {}}),
        ("ephemeral", {"a": {"b": {}}}),
        ("action", {"aws_lambda_invoke": {"a": {}}}),
        ("Resource", {"a": {"b": {}}}),
        ("", {}),
    ],
)
def test_a_section_of_another_name_is_named(section: str, value: Any) -> None:
    assert broken("d0", lambda c: c.update({section: value})) == {
        "understood": [f"{section} is a section that is not understood"]
    }


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("aws_iam_user_policy", {"user": "x", "policy": "{}"}),
        ("aws_iam_policy_attachment", {"policy_arn": ADMINISTRATOR, "users": ["x"]}),
        ("aws_iam_user_policy_attachments_exclusive", {}),
        ("aws_iam_user_group_membership", {"user": "x", "groups": ["admins"]}),
        ("aws_s3_bucket_acl", {"acl": "public-read"}),
        ("aws_iam_saml_provider", {"name": "x"}),
        ("null_resource", {"provisioner": {"local-exec": {"command": "id"}}}),
        ("AWS_IAM_USER", {}),
    ],
)
def test_a_resource_of_another_type_is_named(kind: str, resource: Any) -> None:
    assert broken("d0", lambda c: c["resource"].update({kind: {"a": resource}})) == {
        "understood": [f"resource.{kind} is a type of resource that is not understood"]
    }


def test_a_resource_too_many_of_a_known_type_is_named() -> None:
    def attach(content: dict[str, Any]) -> None:
        attached = {"user": f"${{{USER}.name}}", "policy_arn": ADMINISTRATOR}
        content["resource"]["aws_iam_user_policy_attachment"]["a"] = attached

    assert broken("d0", attach) == {
        "resources": ["aws_iam_user_policy_attachment.a: the block asks for no such resource"]
    }


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("count", 2),
        ("for_each", {"a": "b"}),
        ("dynamic", {"tag": {"for_each": []}}),
        ("provisioner", {"local-exec": {"command": "id"}}),
        ("connection", {"host": "example.com"}),
        ("lifecycle", {"prevent_destroy": True}),
        ("depends_on", ["aws_iam_policy.a"]),
        ("provider", "aws.consumer"),
        ("tags", {"a": "b"}),
        ("Name", "x"),
        ("", "x"),
    ],
)
def test_an_argument_that_the_type_has_not_here_is_named(argument: str, value: Any) -> None:
    assert broken("d0", lambda c: body(c, USER).update({argument: value})) == {
        "understood": [f"resource.{USER}.{argument} is an argument that is not understood"]
    }


@pytest.mark.parametrize(
    ("name", "where", "edit", "reason"),
    [
        (
            "c0",
            CATALOG,
            {"provider": "aws"},
            "provider holds an expression that is not understood: aws",
        ),
        (
            "c0",
            CATALOG,
            {"provider": "aws.other"},
            "provider holds an expression that is not understood: aws.other",
        ),
        ("c0", CATALOG, {"provider": ["aws.consumer"]}, "provider is no text"),
        (
            "c0",
            FUNCTION,
            {"depends_on": ["aws_cloudwatch_log_group.b"]},
            "depends_on.0 names what is not in the stack: aws_cloudwatch_log_group.b",
        ),
        (
            "c0",
            FUNCTION,
            {"depends_on": [ROLE]},
            f"depends_on.0 names what it may not name here: {ROLE}",
        ),
        (
            "c0",
            address("c0", "aws_lambda_permission"),
            {"lifecycle": {"ignore_changes": ["principal"]}},
            "lifecycle.ignore_changes is an argument that is not understood",
        ),
        (
            "c5",
            address("c5", "aws_serverlessapplicationrepository_cloudformation_stack"),
            {"lifecycle": {"ignore_changes": ["parameters", "capabilities"]}},
            "lifecycle.ignore_changes.1 holds an expression that is not understood: capabilities",
        ),
    ],
)
def test_a_meta_argument_used_otherwise_is_named(
    name: str, where: str, edit: Any, reason: str
) -> None:
    assert broken(name, lambda c: body(c, where).update(edit)) == {
        "understood": [f"resource.{where}.{reason}"]
    }


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (
            f'${{{POLICY}.arn == "" ? "" : "{ADMINISTRATOR}"}}',
            f"holds an expression that is not understood: "
            f'${{{POLICY}.arn == "" ? "" : "arn:aws:iam::aw',
        ),
        (
            f"${{upper({POLICY}.arn)}}",
            f"holds an expression that is not understood: ${{upper({POLICY}.arn)}}",
        ),
        ("${each.value}", "holds an expression that is not understood: ${each.value}"),
        ("${var.a}", "holds an expression that is not understood: ${var.a}"),
        (
            f"x${{{POLICY}.arn}}",
            f"holds an expression that is not understood: x${{{POLICY}.arn}}",
        ),
        (
            f"${{{POLICY}.arn}}${{{POLICY}.arn}}",
            f"holds an expression that is not understood: ${{{POLICY}.arn}}${{{POLICY}.ar",
        ),
        (
            "%{ if true }x%{ endif }",
            "holds an expression that is not understood: %{ if true }x%{ endif }",
        ),
        (f"${{{POLICY}.id}}", f"refers to what it may not refer to: ${{{POLICY}.id}}"),
        (
            f"${{data.{POLICY}.arn}}",
            f"refers to what it may not refer to: ${{data.{POLICY}.arn}}",
        ),
        (
            "${aws_iam_policy.gone.arn}",
            "refers to what is not in the stack: ${aws_iam_policy.gone.arn}",
        ),
        ("$$${x}", "holds an expression that is not understood: $$${x}"),
        (["x"], "is no text"),
        (None, "is no text"),
    ],
)
def test_an_expression_of_another_kind_is_named(value: Any, reason: str) -> None:
    found = broken("d0", lambda c: body(c, ATTACHED).update(policy_arn=value))
    assert [*found] == ["understood"]
    (said,) = found["understood"]
    whole = f"resource.{ATTACHED}.policy_arn {reason}"
    assert said[: len(whole)] == whole


# By claim, block and resource: arguments with another value, and (the beginning of) the one asked
# for; None where there should be none.
CHANGED: list[tuple[str, str, str, dict[str, tuple[Any, str | None]]]] = [
    ("identities", "d0", USER, {"name": ("root", "dot-d0"), "force_destroy": (False, "true")}),
    (
        "identities",
        "d1",
        address("d1", "aws_iam_user"),
        {"permissions_boundary": ("x", "arn:aws:iam::111122223333:policy/boundary")},
    ),
    ("identities", "d0", USER, {"permissions_boundary": ("x", None)}),
    (
        "identities",
        "b0",
        address("b0", "aws_iam_role"),
        {"max_session_duration": (43200, "3600"), "path": ("/x/", "/")},
    ),
    (
        "identities",
        "i1",
        address("i1", "aws_iam_instance_profile"),
        {"name": ("other", "immuta-i1")},
    ),
    ("keys", "d0", KEY, {"pgp_key": ("bXkga2V5", "xjMEa")}),
    ("attachments", "d0", ATTACHED, {"policy_arn": (ADMINISTRATOR, f"${{{POLICY}.arn}}")}),
    (
        "attachments",
        "i2",
        address("i2", "aws_iam_role_policy_attachment"),
        {"role": ("admin", "nodes")},
    ),
    (
        "workgroups",
        "d0",
        WORKGROUP,
        {
            "configuration.enforce_workgroup_configuration": (False, "true"),
            "configuration.bytes_scanned_cutoff_per_query": (10**18, "107374182400"),
            "configuration.engine_version.selected_engine_version": ("AUTO", "Athena engine ver"),
            "configuration.result_configuration.output_location": (
                "s3://evil/",
                "s3://dot-d0-results-111122223333/dot-d0/",
            ),
            "configuration.result_configuration.expected_bucket_owner": (
                "999999999999",
                "111122223333",
            ),
            "configuration.result_configuration.encryption_configuration.encryption_option": (
                "CSE_KMS",
                "SSE_S3",
            ),
        },
    ),
    (
        "buckets",
        "d0",
        address("d0", "aws_s3_bucket_public_access_block"),
        {
            "block_public_acls": (False, "true"),
            "block_public_policy": (False, "true"),
            "ignore_public_acls": (False, "true"),
            "restrict_public_buckets": (False, "true"),
        },
    ),
    ("buckets", "d0", BUCKET, {"bucket": ("acme-lake", "dot-d0-results-111122223333")}),
    (
        "buckets",
        "b1",
        address("b1", "aws_s3_bucket", "data"),
        {"force_destroy": (True, "false")},
    ),
    (
        "buckets",
        "d0",
        address("d0", "aws_s3_bucket_ownership_controls"),
        {"rule.object_ownership": ("ObjectWriter", "BucketOwnerEnforced")},
    ),
    (
        "buckets",
        "d1",
        address("d1", "aws_s3_bucket_server_side_encryption_configuration"),
        {
            "rule.0.apply_server_side_encryption_by_default.sse_algorithm": ("AES256", "aws:kms"),
            "rule.0.bucket_key_enabled": (False, "true"),
        },
    ),
    (
        "buckets",
        "d0",
        address("d0", "aws_s3_bucket_lifecycle_configuration"),
        {"rule.1.expiration.0.days": (3650, "30"), "rule.1.status": ("Disabled", "Enabled")},
    ),
    (
        "functions",
        "c0",
        FUNCTION,
        {
            "image_uri": ("evil.example/x:1", "292517598671.dkr.ecr.eu-central-1.amazonaws.com/"),
            "environment.variables.spill_bucket": ("evil", "dynamodb-connector-c0-spill-"),
            "environment.variables.AWS_LAMBDA_EXEC_WRAPPER": ("/x", None),
        },
    ),
    (
        "functions",
        "c0",
        address("c0", "aws_lambda_permission"),
        {
            "principal": ("*", "arn:aws:iam::444455556666:role/analyst"),
            "principal_org_id": ("o-a1b2c3d4e5", None),
        },
    ),
    (
        "functions",
        "c5",
        address("c5", "aws_serverlessapplicationrepository_cloudformation_stack"),
        {
            "application_id": ("x", "arn:aws:serverlessrepo:us-east-1:292517598671:applications/"),
            "semantic_version": ("1.0.0", "2026.33.1"),
        },
    ),
    (
        "catalogs",
        "c0",
        CATALOG,
        {
            "parameters.function": (
                "arn:aws:lambda:eu-central-1:999999999999:function:x",
                "arn:aws:lambda:eu-central-1:111122223333:function:dynamodb_connector_c0",
            ),
        },
    ),
    (
        "encryption-keys",
        "c1",
        address("c1", "aws_kms_key"),
        {"enable_key_rotation": (False, "true"), "deletion_window_in_days": (30, "7")},
    ),
]


def put(content: Any, path: str, value: Any) -> None:
    """Set what stands at the dotted ``path``."""
    *way, last = path.split(".")
    for name in way:
        content = content[int(name) if isinstance(content, list) else name]
    content[last] = value


@pytest.mark.parametrize(
    ("claim", "name", "where", "path", "value", "wanted"),
    [
        (claim, name, where, path, value, wanted)
        for claim, name, where, arguments in CHANGED
        for path, (value, wanted) in arguments.items()
    ],
)
def test_an_argument_of_another_value_breaks_a_claim_that_names_it(
    claim: str, name: str, where: str, path: str, value: Any, wanted: str | None
) -> None:
    found = broken(name, lambda c: put(body(c, where), path, value))
    assert [*found] == [claim]
    (said,) = found[claim]
    whole = f"{where}.{path} is {shown(value)}; expected {wanted or 'nothing there'}"
    assert said[: len(whole)] == whole


def shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def test_an_access_key_and_an_attachment_are_those_of_their_user() -> None:
    def another(content: dict[str, Any]) -> None:
        content["resource"]["aws_iam_user"]["spy"] = {"name": "spy", "path": "/"}
        body(content, KEY)["user"] = "${aws_iam_user.spy.name}"
        body(content, ATTACHED)["user"] = "${aws_iam_user.spy.name}"

    wanted = f"expected ${{{USER}.name}}"
    assert broken("d0", another) == {
        "resources": ["aws_iam_user.spy: the block asks for no such resource"],
        "keys": [f"{KEY}.user is ${{aws_iam_user.spy.name}}; {wanted}"],
        "attachments": [f"{ATTACHED}.user is ${{aws_iam_user.spy.name}}; {wanted}"],
    }


def test_a_function_runs_as_its_own_role() -> None:
    def another(content: dict[str, Any]) -> None:
        content["resource"]["aws_iam_role"]["other"] = deepcopy(body(content, ROLE))
        body(content, FUNCTION)["role"] = "${aws_iam_role.other.arn}"

    assert broken("c0", another) == {
        "resources": ["aws_iam_role.other: the block asks for no such resource"],
        "functions": [f"{FUNCTION}.role is ${{aws_iam_role.other.arn}}; expected ${{{ROLE}.arn}}"],
    }


STATE = "terraform.dynamodb-connector-c0.tfstate"


@pytest.mark.parametrize(
    ("claim", "path", "value", "reason"),
    [
        ("providers", "provider.aws.0.region", "us-east-1", "is us-east-1; expected eu-central-1"),
        (
            "providers",
            "provider.aws.0.allowed_account_ids",
            [],
            'is []; expected ["111122223333"]',
        ),
        (
            "providers",
            "provider.aws.0.allowed_account_ids",
            ["111122223333", "9"],
            'is ["111122223333", "9"]; expected ["111122223333"]',
        ),
        (
            "providers",
            "provider.aws.1.assume_role.0.role_arn",
            "x",
            "is x; expected arn:aws:iam::444455556666:role/terraform",
        ),
        (
            "providers",
            "provider.aws.0.assume_role",
            [{"role_arn": "x"}],
            'is [{"role_arn": "x"}]; expected nothing there',
        ),
        (
            "providers",
            "provider.aws.0.default_tags.0.tags.athena-gate",
            "dot/other",
            "is dot/other; expected dynamodb_connector/c0",
        ),
        (
            "backend",
            "terraform.required_providers.aws.source",
            "evil/aws",
            "is evil/aws; expected hashicorp/aws",
        ),
        (
            "backend",
            "terraform.required_providers.aws.version",
            ">= 1",
            "is >= 1; expected >= 5.100, < 7",
        ),
        ("backend", "terraform.required_version", ">= 0.1", "is >= 0.1; expected >= 1.11"),
        ("backend", "terraform.backend.local.path", "/tmp/x", f"is /tmp/x; expected {STATE}"),
        (
            "backend",
            "terraform.backend.local.path",
            "../../../terraform.x.tfstate",
            f"is terraform.x.tfstate; expected {STATE}",
        ),
        (
            "backend",
            "terraform.backend.s3",
            {"bucket": "evil"},
            'is {"bucket": "evil"}; expected nothing there',
        ),
        (
            "backend",
            "terraform.cloud",
            {"organization": "evil"},
            'is {"organization": "evil"}; expected nothing there',
        ),
        (
            "outputs",
            "output.handoff.value.owner_account",
            "999999999999",
            "is 999999999999; expected 111122223333",
        ),
        (
            "understood",
            "output.another",
            {"value": f"${{{KEY}.secret}}"},
            f".value refers to what it may not refer to: ${{{KEY}.secret}}",
        ),
    ],
)
def test_provider_backend_and_outputs_are_claimed(
    claim: str, path: str, value: Any, reason: str
) -> None:
    separator = "" if reason.startswith(".") else " "
    assert broken("c0", lambda c: put(c, path, value)) == {claim: [f"{path}{separator}{reason}"]}


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("endpoints", [{"sts": "https://example.com"}]),
        ("skip_requesting_account_id", True),
        ("skip_credentials_validation", True),
        ("access_key", "x"),
        ("profile", "admin"),
        ("forbidden_account_ids", ["1"]),
        ("custom_ca_bundle", "/tmp/x"),
        ("ignore_tags", [{"keys": ["athena-gate"]}]),
        ("version", ">= 1"),
    ],
)
def test_an_argument_that_the_provider_has_not_here_is_named(argument: str, value: Any) -> None:
    assert broken("d0", lambda c: c["provider"]["aws"][0].update({argument: value})) == {
        "understood": [f"provider.aws.0.{argument} is an argument that is not understood"]
    }


def test_another_provider_is_named() -> None:
    assert broken("d0", lambda c: c["provider"].update(null=[{}])) == {
        "understood": ["provider.null is a provider that is not understood"]
    }
    assert broken(
        "d0", lambda c: put(c, "terraform.required_providers.null", {"source": "a/b"})
    ) == {"understood": ["terraform.required_providers.null is an argument that is not understood"]}


@pytest.mark.parametrize("name", ["d0", "m1", "i1", "b1", "c1", "c5"])
def test_each_resource_that_is_removed_is_named(name: str) -> None:
    """By the claim on what the stack consists of, or where something else refers to it."""
    found = {}
    for kind, some in WRITTEN[name]["resource"].items():
        for one in some:
            said = broken(name, lambda c, kind=kind, one=one: c["resource"][kind].pop(one))  # type: ignore[misc]
            reasons = [reason for reasons in said.values() for reason in reasons]
            found[f"{kind}.{one}"] = any(f"{kind}.{one}" in reason for reason in reasons)
    assert found == dict.fromkeys(found, True)
    assert len(found) >= 10


def test_what_a_policy_says_more_and_less_is_told_in_words() -> None:
    def widen(content: dict[str, Any]) -> None:
        policy = json.loads(body(content, POLICY)["policy"])
        listing = next(s for s in policy["Statement"] if s["Sid"] == "AthenaAccountLists")
        listing["Action"] = ["iam:*", *listing["Action"][1:]]
        body(content, POLICY)["policy"] = json.dumps(policy)

    assert broken("d0", widen) == {
        "policies": [
            f"{POLICY}.policy also says: Allow iam:* on *",
            f"{POLICY}.policy does not say: Allow athena:ListDataCatalogs on *",
        ]
    }


def test_an_expression_in_a_policy_is_named() -> None:
    def bucket_of_a_variable(content: dict[str, Any]) -> None:
        policy = body(content, POLICY)
        policy["policy"] = policy["policy"].replace("acme-lake", "${var.bucket}", 1)

    found = broken("d0", bucket_of_a_variable)["understood"]
    whole = f"resource.{POLICY}.policy holds an expression that is not understood: ${{var.bucket}}"
    assert [reason[: len(whole)] for reason in found] == [whole]


def test_a_policy_of_the_older_version_says_something_else() -> None:
    """Variables such as ${aws:username} are plain text in it."""

    def older(content: dict[str, Any]) -> None:
        policy = body(content, POLICY)
        policy["policy"] = policy["policy"].replace("2012-10-17", "2008-10-17")

    assert broken("d0", older) == {
        "policies": [f"{POLICY}.policy is of version 2008-10-17; expected 2012-10-17"]
    }


def test_names_left_out_together_are_not_names_left_out_one_by_one() -> None:
    """Everything but a and b, or everything but a, and everything but b: which is everything."""
    together = Policy((Statement("Deny", ("s3:*",), not_resources=("a", "b")),))
    apart = Policy(tuple(Statement("Deny", ("s3:*",), not_resources=(one,)) for one in "ab"))
    kind, _, name = POLICY.partition(".")
    wanted = {"resource": {kind: {name: {"policy": together}}}}
    for policy, holds in ((together, True), (apart, False)):
        stack = read_content({"resource": {kind: {name: {"policy": policy.json()}}}}, FILE)
        assert all(result.holds for result in consists(stack, wanted)) is holds


# On the command line


def synthesized(project: Project, *blocks: ConfiguredBlock, **edits: Edit) -> Path:
    """Write the stacks of the project's blocks where the synthesis does; return that folder."""
    configuration = load_project(project)
    for block in blocks or configuration.blocks:
        content = written(block, configuration.backend)
        if block.name in edits:
            edits[block.name](content)
        folder = project.folder / "cdktf.out" / "stacks" / block.stack
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cdk.tf.json").write_text(json.dumps(content))
    project.remember()
    return project.out


def load_project(project: Project) -> Configuration:
    with contextlib.chdir(project.folder):
        return load(project.file)


TWO = DOT + DOT.removeprefix(ACCOUNT).replace('"reporting"', '"finance"')


def test_a_stack_as_it_is_written_is_proved(project: Project) -> None:
    synthesized(project)
    for what in ((), ("cdktf.out",), ("reporting",), ("cdktf.out/stacks/dot-reporting",)):
        done = gate(project.folder, "prove", *what)
        assert (done.returncode, done.stdout.splitlines()[-1]) == (
            0,
            "✓ 1 stack: all 39 claims hold",
        )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("more.tf", "", "is read by Terraform too, and cdktf did not write it"),
        ("more.tf.json", "{}", "is read by Terraform too, and cdktf did not write it"),
        ("cdk_override.tf.json", "{}", "is read by Terraform too, and cdktf did not write it"),
        ("override.tf", "", "is read by Terraform too, and cdktf did not write it"),
        ("more.tofu", "", "is read by Terraform too, and cdktf did not write it"),
        ("terraform.tfvars", "", "sets variables in Terraform, and the stack has none to set"),
        ("x.auto.tfvars", "", "sets variables in Terraform, and the stack has none to set"),
        ("x.auto.tfvars.json", "", "sets variables in Terraform, and the stack has none to set"),
        (".terraformignore", "*", "leaves files out of what HCP Terraform is sent to plan"),
        (
            ".terraform.lock.hcl",
            'provider "registry.terraform.io/evil/aws" {\n}\n',
            "locks something else than hashicorp/aws, or is not as terraform init writes it, in "
            'line 1: provider "registry.terraform.io/evil/aws" {',
        ),
    ],
)
def test_a_file_beside_the_stack_is_named(
    project: Project, name: str, content: str, reason: str
) -> None:
    folder = synthesized(project) / "stacks" / "dot-reporting"
    (folder / name).write_text(content)
    done = gate(project.folder, "prove")
    assert done.returncode == 1
    assert f"{name} {reason}" in " ".join(done.stdout.split())
    # By way of a link too.
    (folder / name).rename(project.folder / "elsewhere")
    (folder / name).symlink_to(project.folder / "elsewhere")
    assert gate(project.folder, "prove").returncode == 1


def test_what_terraform_init_leaves_is_no_part_of_the_stack(project: Project) -> None:
    folder = synthesized(project) / "stacks" / "dot-reporting"
    (folder / ".terraform.lock.hcl").write_text((ROOT / ".terraform.lock.hcl").read_text())
    (folder / ".terraform" / "providers").mkdir(parents=True)
    (folder / ".terraform" / "terraform.tfstate").write_text("{}")
    (folder / ".terraform" / "environment").write_text("default")
    (folder / "plan").write_text("")
    assert gate(project.folder, "prove").returncode == 0


def test_the_state_of_another_workspace_is_another_state(project: Project) -> None:
    folder = synthesized(project) / "stacks" / "dot-reporting"
    (folder / ".terraform").mkdir()
    (folder / ".terraform" / "environment").write_text("other")
    done = gate(project.folder, "prove")
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert ".terraform/environment selects another workspace in Terraform, whose state " in said
    assert "lies elsewhere: other" in said


@pytest.mark.parametrize("more", ["", '  tags = ["athena"]\n'])
def test_a_workspace_of_hcp_terraform_is_that_of_its_stack(project: Project, more: str) -> None:
    project.write(f'backend "cloud" {{\n  organization = "acme"\n{more}}}\n{DOT}')
    folder = synthesized(project) / "stacks" / "dot-reporting"
    (folder / ".terraform").mkdir()
    for name, code in (("other-team-production", 1), ("default", 0), ("dot-reporting", 0)):
        (folder / ".terraform" / "environment").write_text(name)
        assert gate(project.folder, "prove").returncode == code


def test_the_lock_beside_a_stack_is_the_projects(project: Project) -> None:
    lock = (ROOT / LOCK).read_text()
    (project.folder / LOCK).write_text(lock)
    folder = synthesized(project) / "stacks" / "dot-reporting"
    assert gate(project.folder, "prove").returncode == 1
    for text, said in (
        (lock, ""),
        (lock.replace("h1:", "h1:A", 1), "has in line "),
        (lock.replace('version     = "5', 'version     = "6'), "has in line "),
        (None, ".terraform.lock.hcl is missing, so Terraform would take whatever provider there"),
    ):
        (folder / LOCK).unlink(missing_ok=True)
        if text is not None:
            (folder / LOCK).write_text(text)
        done = gate(project.folder, "prove")
        assert done.returncode == (1 if said else 0)
        assert said in " ".join(done.stdout.split())


def test_a_copy_of_a_stack_whose_state_lies_elsewhere_is_not_proved(project: Project) -> None:
    folder = synthesized(project) / "stacks" / "dot-reporting"
    (folder / "sub").mkdir()
    (folder / "sub" / "cdk.tf.json").write_text((folder / "cdk.tf.json").read_text())
    done = gate(project.folder, "prove", str(folder / "sub"))
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert "terraform.backend.local.path is ../../../terraform.dot-reporting" in said


S3 = {"bucket": "acme-states", "key": "k", "region": "eu-central-1", "encrypt": True}
LOCAL = {"local": {"path": "x"}}
HCP = {"hostname": None, "organization": "acme", "token": None, "workspaces": {"name": "x"}}
CLOUD = {"organization": "acme", "workspaces": {"name": "x"}}
NOWHERE = {"endpoints": {"s3": None}, "profile": None, "assume_role": None}


@pytest.mark.parametrize(
    ("wanted", "saved", "is_elsewhere"),
    [
        (LOCAL, None, False),
        (LOCAL, {"type": "local", "config": {"path": "x", "workspace_dir": None}}, False),
        (LOCAL, {"type": "local", "config": {"path": "y"}}, True),
        (LOCAL, {"type": "local", "config": {"path": "x", "workspace_dir": "y"}}, True),
        (LOCAL, {"type": "s3", "config": {"path": "x"}}, True),
        (LOCAL, {"type": ["local"], "config": None}, True),
        (LOCAL, "local", True),
        ({"s3": S3}, {"type": "s3", "config": {**S3, **NOWHERE}}, False),
        ({"s3": S3}, {"type": "s3", "config": {**S3, "bucket": "evil"}}, True),
        ({"s3": S3}, {"type": "s3", "config": {**S3, "endpoints": {"s3": "https://evil"}}}, True),
        ({"s3": S3}, {"type": "s3", "config": {**S3, "encrypt": False}}, True),
        (None, {"type": "s3", "config": S3}, True),
        (None, {"type": "cloud", "config": HCP}, False),
        (None, {"type": "cloud", "config": {**HCP, "hostname": "app.terraform.io"}}, False),
        (None, {"type": "cloud", "config": {**HCP, "hostname": "evil.example"}}, True),
        (None, {"type": "cloud", "config": {**HCP, "organization": "evil"}}, True),
        (None, {"type": "cloud", "config": {**HCP, "workspaces": {"name": "other"}}}, True),
    ],
)
def test_the_backend_that_terraform_init_kept_is_that_of_the_stack(
    tmp_path: Path, wanted: dict[str, Any] | None, saved: object, is_elsewhere: bool
) -> None:
    (tmp_path / ".terraform").mkdir()
    state = tmp_path / ".terraform" / "terraform.tfstate"
    state.write_text(json.dumps({"version": 3, "backend": saved}))
    terraform = {"cloud": CLOUD} if wanted is None else {"backend": wanted}
    found = [name for name, _ in other_backend(tmp_path / "cdk.tf.json", terraform)]
    assert found == ([".terraform/terraform.tfstate"] if is_elsewhere else [])


def test_a_backend_that_terraform_init_kept_elsewhere_is_named(project: Project) -> None:
    folder = synthesized(project) / "stacks" / "dot-reporting"
    (folder / ".terraform").mkdir()
    saved = {"backend": {"type": "s3", "config": {"bucket": "evil"}}}
    (folder / ".terraform" / "terraform.tfstate").write_text(json.dumps(saved))
    done = gate(project.folder, "prove")
    said = " ".join(done.stdout.split())
    assert done.returncode == 1
    assert ".terraform/terraform.tfstate keeps the state elsewhere than the stack says" in said


@pytest.mark.parametrize("what", [(), ("cdktf.out",)])
def test_a_manifest_that_leads_elsewhere_is_a_finding(
    project: Project, what: tuple[str, ...]
) -> None:
    output = synthesized(project)
    evil = output / "removed" / "evil"
    evil.mkdir(parents=True)
    text = (output / "stacks" / "dot-reporting" / "cdk.tf.json").read_text()
    (evil / "cdk.tf.json").write_text(text)
    for folder, code in (("stacks/dot-reporting", 0), ("removed/evil", 1)):
        stack = {"name": "dot-reporting", "workingDirectory": folder}
        manifest = {"version": "0.21.0", "stacks": {"dot-reporting": stack}}
        (output / "manifest.json").write_text(json.dumps(manifest))
        assert gate(project.folder, "prove", *what).returncode == code


@pytest.mark.parametrize("content", [None, '{"stacks": {}}'])
def test_a_manifest_without_a_stack_of_the_synth_is_a_finding(
    project: Project, content: str | None
) -> None:
    manifest = synthesized(project) / "manifest.json"
    manifest.unlink()
    if content is not None:
        manifest.write_text(content)
    said = "no such file" if content is None else "it does not list dot-reporting, which nobody"
    done = gate(project.folder, "prove")
    assert (done.returncode, said in " ".join(done.stdout.split())) == (1, True)


def test_a_sid_that_iam_does_not_take_is_a_finding(project: Project) -> None:
    file = synthesized(project) / "stacks" / "dot-reporting" / "cdk.tf.json"
    file.write_text(file.read_text().replace("AthenaQuery", "Athena query"))
    done = gate(project.folder, "prove", str(file.parent), "--checks-only")
    said = "has the Sid 'Athena query'; IAM allows letters and digits"
    assert (done.returncode, said in " ".join(done.stdout.split())) == (1, True)


def test_a_stack_by_way_of_a_link_is_read_too(project: Project) -> None:
    output = synthesized(project)
    elsewhere = project.folder / "elsewhere"
    elsewhere.mkdir()
    evil = {"resource": {"aws_iam_user": {"evil": {"name": "evil"}}}}
    (elsewhere / "cdk.tf.json").write_text(json.dumps(evil))
    (output / "stacks" / "evil").symlink_to(elsewhere)
    done = gate(project.folder, "prove", "cdktf.out")
    assert (done.returncode, "no block whose stack is 'evil'" in done.stdout) == (1, True)


def test_a_configuration_of_another_name_is_not_alone_either(project: Project) -> None:
    folder = synthesized(project) / "stacks" / "dot-reporting"
    (folder / "cdk.tf.json").rename(folder / "main.tf.json")
    assert gate(project.folder, "prove", f"{folder}/main.tf.json").returncode == 0
    (folder / "more.tf").write_text("")
    done = gate(project.folder, "prove", f"{folder}/main.tf.json")
    assert (done.returncode, "more.tf is read by Terraform too" in done.stdout) == (1, True)


def test_a_stack_without_its_block_is_not_proved(project: Project) -> None:
    def rename(content: dict[str, Any]) -> None:
        content["//"]["metadata"]["stackName"] = "dot-another"

    synthesized(project, reporting=rename)
    done = gate(project.folder, "prove", "cdktf.out")
    assert (done.returncode, done.stderr) == (1, "")
    assert (
        done.stdout
        == """\
dot-another (cdktf.out/stacks/dot-reporting/cdk.tf.json)
  checks
    ✗ its claims were proved
        gate.hcl has no block whose stack is 'dot-another', so there is nothing
          to prove; give the gate.hcl it is of with --file, or --checks-only for
          a stack of somebody else

dot-reporting (dot "reporting")
  checks
    ✗ its claims were proved
        cdktf.out has no stack of it; run: gate synth (or cdktf synth)

✗ 2 stacks: 2 of 2 claims do not hold
"""
    )


@pytest.mark.parametrize("what", ["cdktf.out", "cdktf.out/stacks", "."])
def test_a_block_without_its_stack_is_not_proved(project: Project, what: str) -> None:
    project.write(TWO)
    first, second = load_project(project).blocks
    synthesized(project, first)
    done = gate(project.folder, "prove", what)
    assert done.returncode == 1
    assert f'{second.stack} (dot "finance")' in done.stdout
    assert f"{what} has no stack of it; run: gate synth" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("✗ 2 stacks: 1 of ")


def test_the_stack_of_another_block_is_not_that_of_this_one(project: Project) -> None:
    """Of two blocks, the second one's folder holds the first one's stack."""
    project.write(TWO)
    output = synthesized(project)
    first = (output / "stacks" / "dot-reporting" / "cdk.tf.json").read_text()
    (output / "stacks" / "dot-finance" / "cdk.tf.json").write_text(first)
    for what in ((), ("cdktf.out",)):
        done = gate(project.folder, "prove", *what)
        assert done.returncode == 1
        said = " ".join(done.stdout.split())
        assert "//.metadata.stackName is dot-reporting, and the folder is that of" in said
        assert 'dot-finance (dot "finance") checks ✗ its claims were proved cdktf.out has' in said


@pytest.mark.parametrize("name", ["dot-another", "removed"])
def test_a_stack_beside_those_of_the_blocks_is_not_proved(project: Project, name: str) -> None:
    output = synthesized(project)
    (output / "stacks" / name).mkdir()
    (output / "stacks" / name / "cdk.tf.json").write_text('{"output": {}}')
    for what in ((), ("cdktf.out",)):
        done = gate(project.folder, "prove", *what)
        assert done.returncode == 1
        assert f"gate.hcl has no block whose stack is '{name}'" in " ".join(done.stdout.split())
    # One that was ejected is looked after elsewhere.
    project.write(f'ejected "{name}" {{}}\n' + DOT)
    synthesized(project)
    assert gate(project.folder, "prove").returncode == 0


def test_without_a_configuration_nothing_is_proved(project: Project, tmp_path: Path) -> None:
    synthesized(project)
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / ".git").mkdir(parents=True)
    place = str(project.folder / "cdktf.out")
    done = gate(elsewhere, "prove", place)
    assert (done.returncode, "✗ its claims were proved" in done.stdout) == (1, True)
    done = gate(elsewhere, "prove", place, "--checks-only")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "✓ 1 stack: all 5 checks (no claims: --checks-only) hold",
    )


def test_the_configuration_of_somebody_else_proves_nothing(project: Project) -> None:
    """A block of the same name that asks for something else."""
    synthesized(project)
    project.write(DOT.replace("acme-lake", "their-lake"))
    done = gate(project.folder, "prove", "cdktf.out")
    assert done.returncode == 1
    assert "✗ every policy says what the block makes it say" in done.stdout


def test_a_block_that_names_its_vendor_is_proved_like_any_other(project: Project) -> None:
    block = """
webflow "site" {
  account = "analytics"
  bucket  = "acme-webflow"
  schema  = "webflow"
  keys {
    pgp_key_file = "keys/ops.asc"
    generations  = ["2026-11"]
  }
}
"""
    project.write(ACCOUNT + block)

    def widen(content: dict[str, Any]) -> None:
        (attached,) = content["resource"]["aws_iam_user_policy_attachment"].values()
        attached["policy_arn"] = ADMINISTRATOR

    synthesized(project)
    assert gate(project.folder, "prove", "cdktf.out").returncode == 0
    synthesized(project, site=widen)
    done = gate(project.folder, "prove", "cdktf.out")
    assert done.returncode == 1
    assert "✗ policies are attached to those they are for, to nobody else" in done.stdout


def test_what_is_not_understood_is_said_for_a_tired_reader(project: Project) -> None:
    def weaken(content: dict[str, Any]) -> None:
        (user,) = content["resource"]["aws_iam_user"].values()
        user["lifecycle"] = {"ignore_changes": "all"}
        content["data"] = {"http": {"x": {"url": "https://example.com"}}}

    synthesized(project, reporting=weaken)
    done = gate(project.folder, "prove")
    assert done.returncode == 1
    assert (
        done.stdout
        == """\
dot-reporting (dot "reporting")
  checks
    ✗ every part of it is understood
        resource.aws_iam_user.reporting_user_33FF0509.lifecycle is an argument
          that is not understood
        data is a section that is not understood
    ✓ every policy is within AWS's limits
    ✓ every resource has one policy
    ✓ every action exists
    ✓ every grant takes effect
  note: nothing else was proved: a part that is not understood may do anything.
    Synthesize again: gate synth (or cdktf synth); for a stack of somebody else
    there is --checks-only

✗ 1 stack: 1 of 5 claims does not hold
"""
    )
    done = gate(project.folder, "explain", "reporting")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == (
        "gate: nothing is said of a stack that is not understood; gate prove has the details"
    )


def test_what_is_kept_of_a_removed_block_is_understood_or_told(project: Project) -> None:
    output = synthesized(project)
    kept = output / "removed" / "dot-old"
    kept.mkdir(parents=True)
    content = json.loads((output / "stacks" / "dot-reporting" / "cdk.tf.json").read_text())
    (kept / "cdk.tf.json").write_text(json.dumps(content | {"data": {"external": {"x": {}}}}))
    done = gate(project.folder, "prove")
    said = " ".join(done.stdout.split())
    assert done.returncode == 1
    assert "note: its block is gone; only that it is understood is proved" in said
    assert "data" in said
