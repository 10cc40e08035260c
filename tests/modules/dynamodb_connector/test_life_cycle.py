"""The connector in two accounts, from the first apply to nothing left, on real Terraform and an
embedded AWS."""

import contextlib
import functools
import json
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pysequoia
import pytest

from athena_gate.gate.sandbox import Sandbox
from tests.conftest import Project, Terraform, make_project, terraform_in
from tests.modules.dynamodb_connector.conftest import (
    ANALYST,
    CONNECTOR,
    CONSUMER,
    EVERYTHING,
    OWNER,
    SCIENTIST,
)

pytestmark = pytest.mark.slow

READERS = ["analyst", "scientist"]


@functools.cache
def session() -> boto3.session.Session:
    """Return the one that has read botocore's data of each service."""
    return boto3.session.Session()


def client(sandbox: Sandbox, service: str, account: str) -> Any:
    """Return a boto3 client that works in ``account``."""

    def made(service: str, **credentials: str) -> Any:
        return session().client(
            service, endpoint_url=sandbox.endpoint, region_name="eu-central-1", **credentials
        )

    own = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    if account == sandbox.account:
        return made(service, **own)
    taken = made("sts", **own).assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/terraform", RoleSessionName="test"
    )["Credentials"]
    return made(
        service,
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
    )


@dataclass(frozen=True)
class Deployed:
    """A deployed block, in ``variant`` image or application."""

    variant: str
    project: Project

    @property
    def folder(self) -> Path:
        return self.project.folder / "cdktf.out" / "stacks" / "dynamodb-connector-orders"

    @property
    def catalog(self) -> str:
        return {"image": "dynamodb_connector_orders", "application": "shop"}[self.variant]


@dataclass(frozen=True)
class Started:
    """A block in an AWS of its own, with the readers' roles in the consumer, and the end of its
    deployment."""

    made: Deployed
    sandbox: Sandbox
    applied: Future[None]


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory,
    pgp_key: pysequoia.Tsk,
    terraform_variables: dict[str, str],
) -> Iterator[dict[str, Started]]:
    """Both variants, deployed side by side: most of a minute S3 is waited for."""

    def apply(made: Deployed, terraform: Terraform) -> None:
        terraform(made.folder, "init", "-input=false")
        terraform(made.folder, "apply", "-auto-approve", "-input=false")

    with contextlib.ExitStack() as open_ones, ThreadPoolExecutor(len(VARIANTS)) as pool:
        result = {}
        for variant, text in VARIANTS.items():
            sandbox = open_ones.enter_context(Sandbox(OWNER))
            iam = client(sandbox, "iam", CONSUMER)
            for name, path in zip(READERS, ("/", "/teams/"), strict=True):
                iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument="{}")
            project = make_project(tmp_path_factory.mktemp(variant), pgp_key, text)
            project.synth()
            made = Deployed(variant, project)
            terraform = terraform_in(sandbox.environment(terraform_variables))
            result[variant] = Started(made, sandbox, pool.submit(apply, made, terraform))
        yield result


VARIANTS = {"image": CONNECTOR, "application": EVERYTHING}


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def sandbox(started: dict[str, Started], variant: str) -> Sandbox:
    """The AWS that ``variant`` is in."""
    return started[variant].sandbox


@pytest.fixture(scope="module")
def deployed(started: dict[str, Started], variant: str) -> Deployed:
    """``variant``, applied; the tests of this file change it in turn."""
    started[variant].applied.result()
    return started[variant].made


def changes(terraform: Terraform, made: Deployed) -> dict[str, list[str]]:
    """Return what a plan would do, by type, to the resources that it would not leave alone."""
    terraform(made.folder, "plan", "-input=false", "-out=plan")
    plan = json.loads(terraform(made.folder, "show", "-json", "plan").stdout)
    (made.folder / "plan").unlink()
    return {
        change["type"]: change["change"]["actions"]
        for change in plan["resource_changes"]
        if change["change"]["actions"] != ["no-op"]
    }


def inventory(sandbox: Sandbox) -> dict[str, dict[str, list[str]]]:
    """Return what exists, without what AWS makes up: a key's id, the end of a role's name."""

    def plain(kind: str, name: str) -> str:
        return "a key" if kind == "aws_kms_key" else re.sub("(?<=FunctionRole)-.*", "", name)

    return {
        account: {kind: [plain(kind, name) for name in names] for kind, names in kinds.items()}
        for account, kinds in sandbox.inventory().items()
    }


IN_BOTH = {"aws_athena_workgroup": ["dynamodb-connector-orders"]}
EXPECTED = {
    "image": {
        OWNER: {
            **IN_BOTH,
            "aws_athena_data_catalog": ["dynamodb_connector_orders"],
            "aws_cloudwatch_log_group": ["/aws/lambda/dynamodb_connector_orders"],
            "aws_iam_policy": ["dynamodb-connector-orders"],
            "aws_iam_role": ["dynamodb-connector-orders"],
            "aws_lambda_function": ["dynamodb_connector_orders"],
            "aws_s3_bucket": [
                f"dynamodb-connector-orders-results-{OWNER}",
                f"dynamodb-connector-orders-spill-{OWNER}",
            ],
        },
        CONSUMER: {
            **IN_BOTH,
            "aws_athena_data_catalog": ["dynamodb_connector_orders"],
            "aws_iam_policy": ["dynamodb-connector-orders-readers"],
            "aws_iam_role": READERS,
            "aws_s3_bucket": [f"dynamodb-connector-orders-results-{CONSUMER}"],
        },
    },
    "application": {
        OWNER: {
            **IN_BOTH,
            "aws_athena_data_catalog": ["shop"],
            "aws_cloudformation_stack": ["serverlessrepo-dynamodb-connector-orders"],
            "aws_cloudwatch_log_group": ["/aws/lambda/shop"],
            "aws_iam_role": ["serverlessrepo-dynamodb-connector-orders-FunctionRole"],
            "aws_kms_key": ["a key"],
            "aws_lambda_function": ["shop"],
            "aws_s3_bucket": ["acme-results", "acme-spill"],
        },
        CONSUMER: {
            **IN_BOTH,
            "aws_iam_policy": ["dynamodb-connector-orders-readers"],
            "aws_iam_role": [f"AthenaCrossAccountCreate-{OWNER}", *READERS],
        },
    },
}


def test_each_resource_is_in_the_account_it_belongs_to(
    deployed: Deployed, sandbox: Sandbox
) -> None:
    assert inventory(sandbox) == EXPECTED[deployed.variant]


def test_a_second_plan_is_empty(deployed: Deployed, terraform: Terraform) -> None:
    terraform(deployed.folder, "plan", "-input=false", "-detailed-exitcode", ok=(0,))


def test_both_catalogs_lead_to_the_owners_function(deployed: Deployed, sandbox: Sandbox) -> None:
    found = {
        account: client(sandbox, "athena", account).get_data_catalog(Name=deployed.catalog)[
            "DataCatalog"
        ]["Parameters"]
        for account, kinds in sandbox.inventory().items()
        if "aws_athena_data_catalog" in kinds
    }
    function = f"arn:aws:lambda:eu-central-1:{OWNER}:function:{deployed.catalog}"
    accounts = {"image": [OWNER, CONSUMER], "application": [OWNER]}[deployed.variant]
    assert found == {account: {"function": function} for account in accounts}


def permissions(deployed: Deployed, sandbox: Sandbox) -> dict[str, str]:
    """Return who may call the function, by the ids of its policy's statements."""
    functions = client(sandbox, "lambda", OWNER)
    policy = json.loads(functions.get_policy(FunctionName=deployed.catalog)["Policy"])
    return {statement["Sid"]: statement["Principal"] for statement in policy["Statement"]}


CALLERS = {
    "image": {"athena-cross-account-access": ANALYST},
    "application": {
        "athena-cross-account-access": ANALYST,
        "athena-cross-account-access-scientist": SCIENTIST,
    },
}


def test_the_function_is_open_to_the_readers(deployed: Deployed, sandbox: Sandbox) -> None:
    assert permissions(deployed, sandbox) == CALLERS[deployed.variant]


def test_spilled_data_expires_after_a_day(deployed: Deployed, sandbox: Sandbox) -> None:
    bucket = {"image": f"dynamodb-connector-orders-spill-{OWNER}", "application": "acme-spill"}
    (rule,) = (
        rule
        for rule in client(sandbox, "s3", OWNER).get_bucket_lifecycle_configuration(
            Bucket=bucket[deployed.variant]
        )["Rules"]
        if "Expiration" in rule
    )
    assert (rule["Status"], rule["Expiration"]) == ("Enabled", {"Days": 1})


def test_the_readers_have_their_policy_attached(deployed: Deployed, sandbox: Sandbox) -> None:
    iam = client(sandbox, "iam", CONSUMER)
    attached = {
        name: [
            policy["PolicyName"]
            for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        ]
        for name in READERS
    }
    readers = {"image": ["analyst"], "application": READERS}[deployed.variant]
    assert attached == {
        name: ["dynamodb-connector-orders-readers"] if name in readers else [] for name in READERS
    }


@pytest.mark.parametrize("variant", ["application"], indirect=True)
def test_a_parameter_set_back_to_the_applications_default_is_applied(
    deployed: Deployed, sandbox: Sandbox, terraform: Terraform
) -> None:
    """The provider reads no such parameter back, so it is ignored in plans and yet not lost."""
    text = deployed.project.file.read_text()
    deployed.project.write(re.sub(r"memory += 2048", "memory = 3008", text))
    deployed.project.synth()
    assert changes(terraform, deployed) == {
        "terraform_data": ["update"],
        "aws_serverlessapplicationrepository_cloudformation_stack": ["delete", "create"],
        "aws_lambda_permission": ["delete", "create"],
    }
    terraform(deployed.folder, "apply", "-auto-approve", "-input=false")
    (stack,) = client(sandbox, "cloudformation", OWNER).describe_stacks()["Stacks"]
    parameters = {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}
    assert parameters["LambdaMemory"] == "3008"
    assert permissions(deployed, sandbox) == CALLERS["application"]
    terraform(deployed.folder, "plan", "-input=false", "-detailed-exitcode", ok=(0,))


def test_the_sheet_says_how_to_query_and_what_is_left_to_click(
    deployed: Deployed, sandbox_variables: dict[str, str]
) -> None:
    shown = subprocess.run(
        ["gate", "sheet", "orders", "--json"],
        cwd=deployed.project.folder,
        env=sandbox_variables,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    sheet = json.loads(shown)
    fields = {field["label"]: field["value"] for field in sheet["fields"]}
    clicks = fields.pop("What is left to click", "")
    of_owner = f"s3://dynamodb-connector-orders-results-{OWNER}/dynamodb-connector-orders/"
    of_consumer = f"s3://dynamodb-connector-orders-results-{CONSUMER}/dynamodb-connector-orders/"
    locations = {
        "image": (of_owner, of_consumer),
        "application": ("s3://acme-results/a/", "s3://partner-results/b/"),
    }[deployed.variant]
    assert (sheet["vendor"], sheet["form"], sheet["keys"]) == (
        "Athena DynamoDB connector",
        "Athena console: Query editor, in the region below",
        [],
    )
    assert fields == {
        "Region": "eu-central-1",
        "Owner: account": OWNER,
        "Owner: data source": deployed.catalog,
        "Owner: workgroup": "dynamodb-connector-orders",
        "Owner: query results": locations[0],
        "Consumer: account": CONSUMER,
        "Consumer: data source": deployed.catalog,
        "Consumer: workgroup": "dynamodb-connector-orders",
        "Consumer: query results": locations[1],
        "Readers' policy": f"arn:aws:iam::{CONSUMER}:policy/dynamodb-connector-orders-readers",
        "Example query": f'SELECT * FROM "{deployed.catalog}"."default"."orders" LIMIT 10',
    }
    assert (
        clicks.splitlines()[2:4]
        == {
            "image": [],
            "application": [
                "2. Athena, Data sources, shop, Actions, Share",
                f"3. Account ID {CONSUMER}, Share",
            ],
        }[deployed.variant]
    )


def test_a_destroyed_block_leaves_nothing_in_either_account(
    deployed: Deployed, terraform: Terraform, sandbox: Sandbox
) -> None:
    terraform(deployed.folder, "destroy", "-auto-approve", "-input=false")
    assert inventory(sandbox) == {CONSUMER: {"aws_iam_role": READERS}}


WRONG = "999900001111"
# Whose credentials lack an assume_role, so that they are taken as they are.
OWN_CREDENTIALS = {
    "owner": CONNECTOR,
    "consumer": CONNECTOR.replace(
        '  assume_role = "arn:aws:iam::444455556666:role/terraform"\n', ""
    ).replace(
        '  region = "eu-central-1"\n',
        '  region = "eu-central-1"\n  assume_role = "arn:aws:iam::111122223333:role/terraform"\n',
    ),
}


@pytest.mark.parametrize("side", OWN_CREDENTIALS)
def test_credentials_of_another_account_are_refused_before_anything_is_made(
    side: str,
    tmp_path: Path,
    pgp_key: pysequoia.Tsk,
    terraform_variables: dict[str, str],
) -> None:
    made = Deployed("image", make_project(tmp_path / side, pgp_key, OWN_CREDENTIALS[side]))
    made.project.synth()
    with Sandbox(WRONG) as elsewhere:
        terraform = terraform_in(elsewhere.environment(terraform_variables))
        terraform(made.folder, "init", "-input=false")
        refused = terraform(made.folder, "apply", "-auto-approve", "-input=false", ok=(1,))
        assert f"AWS account ID not allowed: {WRONG}" in refused.stderr
        assert elsewhere.inventory() == {}
