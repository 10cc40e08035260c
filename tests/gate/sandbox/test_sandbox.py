import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from gate.sandbox import Sandbox, SandboxError

pytestmark = pytest.mark.slow

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
REGION = "eu-central-1"
APPLICATION = "arn:aws:serverlessrepo:us-east-1:292517598671:applications/AthenaDynamoDBConnector"
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def no_aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def aws() -> Iterator[Sandbox]:
    with Sandbox(ACCOUNT) as sandbox:
        yield sandbox


def client(sandbox: Sandbox, service: str, credentials: Mapping[str, Any] | None = None) -> Any:
    keys = credentials or {"AccessKeyId": "sandbox", "SecretAccessKey": "sandbox"}
    return boto3.session.Session().client(
        service,
        endpoint_url=sandbox.endpoint,
        region_name=REGION,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
        config=Config(retries={"max_attempts": 0}),
    )


def assume_role(sandbox: Sandbox, account: str) -> Mapping[str, Any]:
    answer = client(sandbox, "sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/terraform", RoleSessionName="test"
    )
    credentials: Mapping[str, Any] = answer["Credentials"]
    return credentials


def make_bucket(sandbox: Sandbox, name: str, credentials: Mapping[str, Any] | None = None) -> None:
    client(sandbox, "s3", credentials).create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def start(code: str) -> "subprocess.Popen[str]":
    """A process in a group of its own, as a shell starts one, that may use `gate.sandbox`."""
    return subprocess.Popen(
        python(code),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        start_new_session=True,
    )


def read_until(process: "subprocess.Popen[str]", beginning: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith(beginning):
            return lines
    raise AssertionError(f"ended without {beginning!r}: {lines} {process.communicate()}")


def wait_until_nobody_listens(endpoint: str) -> None:
    address = urlsplit(endpoint)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((address.hostname, address.port)) != 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"{endpoint} still answers")


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    details = error.value.response["Error"]
    return details["Code"], details["Message"]


def test_real_credentials_never_reach_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: Sandbox
) -> None:
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CA_BUNDLE",
        "AWS_ENDPOINT_URL_S3",
    ):
        monkeypatch.setenv(name, "real")
    seen = tmp_path / "seen.json"

    aws.run(python(f"import json, os; json.dump(dict(os.environ), open({str(seen)!r}, 'w'))"))

    environment = json.loads(seen.read_text())
    assert {name: environment[name] for name in environment if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": aws.endpoint,
    }
    assert "real" not in environment.values()


def test_loopback_is_added_to_the_hosts_that_need_no_proxy(aws: Sandbox) -> None:
    environment = aws.environment({"PATH": "/bin", "NO_PROXY": "acme.internal"})

    assert {name: value for name, value in environment.items() if not name.startswith("AWS_")} == {
        "PATH": "/bin",
        "NO_PROXY": "acme.internal,127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def test_the_environment_given_is_left_as_it_is(aws: Sandbox) -> None:
    base = {"AWS_PROFILE": "production"}

    aws.environment(base)

    assert base == {"AWS_PROFILE": "production"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_server_listens_on_loopback_only(aws: Sandbox) -> None:
    listening = "0A"
    port = f"{urlsplit(aws.endpoint).port:04X}"
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        for row in Path("/proc/net", table).read_text().splitlines()[1:]
    ]

    addresses = [row[1] for row in rows if row[1].endswith(f":{port}") and row[3] == listening]

    assert addresses == [f"0100007F:{port}"]


def test_the_exit_code_is_the_commands(aws: Sandbox) -> None:
    assert aws.run(python("raise SystemExit(3)")) == 3


def test_a_command_ended_by_a_signal_exits_with_128_and_the_signal(aws: Sandbox) -> None:
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"

    assert aws.run(python(killed)) == 128 + signal.SIGTERM


def test_an_unknown_command_is_one_clear_line(
    aws: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    code = aws.run(["terrafrom", "plan"])

    assert (code, *capfd.readouterr()) == (
        127,
        "",
        "gate sandbox: cannot run terrafrom: No such file or directory\n",
    )


def test_nothing_is_printed_while_requests_are_served(capfd: pytest.CaptureFixture[str]) -> None:
    with Sandbox() as sandbox:
        make_bucket(sandbox, "acme-quiet")
        with pytest.raises(ClientError):
            client(sandbox, "athena").list_engine_versions()

    assert capfd.readouterr() == ("", "")


def test_ctrl_c_is_the_commands_and_the_server_outlives_it() -> None:
    command = """
import os, time, urllib.request
try:
    print("waiting", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/gate/inventory").read())
    raise SystemExit(7)
"""
    process = start(f"""
import sys
from gate.sandbox import Sandbox
with Sandbox() as sandbox:
    print(sandbox.endpoint, flush=True)
    code = sandbox.run([sys.executable, "-c", {command!r}])
sys.exit(code)
""")
    endpoint, _ = read_until(process, "waiting")

    os.killpg(process.pid, signal.SIGINT)

    assert (*process.communicate(), process.returncode) == ("b'{}\\n'\n", "", 7)
    wait_until_nobody_listens(endpoint)


def test_a_killed_parent_leaves_no_server() -> None:
    process = start("""
import time
from gate.sandbox import Sandbox
with Sandbox() as sandbox:
    print(sandbox.endpoint, flush=True)
    time.sleep(60)
""")
    (endpoint,) = read_until(process, "http://")

    process.kill()
    process.communicate()

    wait_until_nobody_listens(endpoint)


def test_kept_up_it_prints_what_to_paste_and_ends_with_ctrl_c(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("NO_PROXY", "acme.internal, acme.example")
    monkeypatch.delenv("no_proxy", raising=False)
    process = start("""
import sys
from gate.sandbox import Sandbox
with Sandbox() as sandbox:
    print(sandbox.endpoint)
    code = sandbox.serve_forever()
sys.exit(code)
""")
    endpoint, *lines = read_until(process, "export no_proxy")

    os.killpg(process.pid, signal.SIGINT)

    assert lines == [
        "unset AWS_PROFILE",
        "export AWS_ACCESS_KEY_ID=sandbox",
        "export AWS_SECRET_ACCESS_KEY=sandbox",
        "export AWS_DEFAULT_REGION=us-east-1",
        "export AWS_REGION=us-east-1",
        "export AWS_EC2_METADATA_DISABLED=true",
        f"export AWS_ENDPOINT_URL={endpoint}",
        "export AWS_CONFIG_FILE=/dev/null",
        "export AWS_SHARED_CREDENTIALS_FILE=/dev/null",
        "export NO_PROXY='acme.internal, acme.example,127.0.0.1,localhost'",
        "export no_proxy=127.0.0.1,localhost",
    ]
    assert (*process.communicate(), process.returncode) == (
        "",
        "Paste these lines into another shell; Ctrl-C here ends it.\n",
        0,
    )
    wait_until_nobody_listens(endpoint)


def test_a_server_that_does_not_start_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no module named moto' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))

    with pytest.raises(SandboxError) as error, Sandbox():
        pass

    assert str(error.value) == (
        "the embedded AWS did not start: it exited with code 3\nno module named moto"
    )


def test_two_sandboxes_do_not_see_each_others_buckets() -> None:
    with Sandbox(ACCOUNT) as one, Sandbox(ACCOUNT) as two:
        make_bucket(one, "acme-one")
        make_bucket(two, "acme-two")

        assert (one.inventory(), two.inventory()) == (
            {ACCOUNT: {"aws_s3_bucket": ["acme-one"]}},
            {ACCOUNT: {"aws_s3_bucket": ["acme-two"]}},
        )


def test_the_account_is_the_one_asked_for_and_after_assume_role_the_roles(aws: Sandbox) -> None:
    credentials = assume_role(aws, OTHER_ACCOUNT)

    assert client(aws, "sts").get_caller_identity()["Account"] == ACCOUNT
    assert client(aws, "sts", credentials).get_caller_identity()["Account"] == OTHER_ACCOUNT


def test_a_variable_of_motos_does_not_change_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")

    with Sandbox(ACCOUNT) as sandbox:
        assert client(sandbox, "sts").get_caller_identity()["Account"] == ACCOUNT


def test_the_inventory_names_what_exists_in_every_account_and_region() -> None:
    with Sandbox(ACCOUNT) as sandbox:
        other = assume_role(sandbox, OTHER_ACCOUNT)
        make_bucket(sandbox, "acme-b")
        make_bucket(sandbox, "acme-a")
        make_bucket(sandbox, "acme-partner", other)
        iam = client(sandbox, "iam")
        iam.create_user(UserName="dot")
        key = iam.create_access_key(UserName="dot")["AccessKey"]["AccessKeyId"]
        iam.create_policy(PolicyName="access", PolicyDocument=_allow("athena:GetWorkGroup"))
        iam.create_role(RoleName="metronome", AssumeRolePolicyDocument=_trust("ec2.amazonaws.com"))
        iam.create_instance_profile(InstanceProfileName="immuta")
        athena = client(sandbox, "athena")
        athena.create_work_group(Name="reporting")
        athena.create_named_query(Name="top", Database="sales", QueryString="SELECT 1")
        client(sandbox, "athena", other).create_data_catalog(
            Name="orders", Type="LAMBDA", Parameters={"function": _function("orders")}
        )
        client(sandbox, "dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        kms = client(sandbox, "kms")
        kept, deleted = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
        kms.schedule_key_deletion(KeyId=deleted)
        client(sandbox, "logs").create_log_group(logGroupName="/aws/lambda/orders")
        _create_connector(sandbox, "connector")

        found = sandbox.inventory()

        (role,) = {*found[ACCOUNT].pop("aws_iam_role")} - {"metronome"}
        assert role.startswith("serverlessrepo-connector-FunctionRole-")
        assert found == {
            ACCOUNT: {
                "aws_athena_named_query": ["top"],
                "aws_athena_workgroup": ["reporting"],
                "aws_cloudformation_stack": ["serverlessrepo-connector"],
                "aws_cloudwatch_log_group": ["/aws/lambda/orders"],
                "aws_dynamodb_table": ["orders"],
                "aws_iam_access_key": [key],
                "aws_iam_instance_profile": ["immuta"],
                "aws_iam_policy": ["access"],
                "aws_iam_user": ["dot"],
                "aws_kms_key": [kept],
                "aws_lambda_function": ["connector"],
                "aws_s3_bucket": ["acme-a", "acme-b"],
            },
            OTHER_ACCOUNT: {
                "aws_athena_data_catalog": ["orders"],
                "aws_s3_bucket": ["acme-partner"],
            },
        }


def test_the_inventory_is_empty_before_and_after() -> None:
    with Sandbox(ACCOUNT) as sandbox:
        before = sandbox.inventory()
        make_bucket(sandbox, "acme-results")
        client(sandbox, "s3").delete_bucket(Bucket="acme-results")

        assert (before, sandbox.inventory()) == ({}, {})


def test_managed_policies_of_aws_can_be_attached(aws: Sandbox) -> None:
    iam = client(aws, "iam")
    iam.create_user(UserName="managed")
    arn = "arn:aws:iam::aws:policy/AmazonAthenaFullAccess"

    iam.attach_user_policy(UserName="managed", PolicyArn=arn)

    assert iam.list_attached_user_policies(UserName="managed")["AttachedPolicies"] == [
        {"PolicyName": "AmazonAthenaFullAccess", "PolicyArn": arn}
    ]


def test_a_users_boundary_can_be_set_changed_and_taken_away(aws: Sandbox) -> None:
    iam = client(aws, "iam")
    first, second = (f"arn:aws:iam::{ACCOUNT}:policy/{name}" for name in ("first", "second"))

    def boundary() -> Any:
        return iam.get_user(UserName="bounded")["User"].get("PermissionsBoundary")

    created = iam.create_user(UserName="bounded", PermissionsBoundary=first)["User"]
    seen = [created["PermissionsBoundary"], boundary()]
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=second)
    seen.append(boundary())
    iam.delete_user_permissions_boundary(UserName="bounded")
    seen.append(boundary())

    kind = "PermissionsBoundaryPolicy"
    assert seen == [
        {"PermissionsBoundaryType": kind, "PermissionsBoundaryArn": first},
        {"PermissionsBoundaryType": kind, "PermissionsBoundaryArn": first},
        {"PermissionsBoundaryType": kind, "PermissionsBoundaryArn": second},
        None,
    ]


def test_a_user_has_no_service_specific_credentials(aws: Sandbox) -> None:
    iam = client(aws, "iam")
    iam.create_user(UserName="plain")

    answer = iam.list_service_specific_credentials(UserName="plain")

    assert answer["ServiceSpecificCredentials"] == []


def test_a_workgroup_publishes_metrics_unless_told_otherwise(aws: Sandbox) -> None:
    athena = client(aws, "athena")
    athena.create_work_group(Name="silent-on-metrics")
    athena.create_work_group(
        Name="without-metrics", Configuration={"PublishCloudWatchMetricsEnabled": False}
    )

    assert [
        athena.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"][
            "PublishCloudWatchMetricsEnabled"
        ]
        for name in ("silent-on-metrics", "without-metrics")
    ] == [True, False]


def test_a_workgroup_can_be_changed(aws: Sandbox) -> None:
    athena = client(aws, "athena")
    athena.create_work_group(
        Name="changed",
        Description="before",
        Configuration={
            "BytesScannedCutoffPerQuery": 10485760,
            "ResultConfiguration": {
                "OutputLocation": "s3://acme-before/",
                "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
            },
        },
    )

    athena.update_work_group(
        WorkGroup="changed",
        Description="after",
        State="DISABLED",
        ConfigurationUpdates={
            "EnforceWorkGroupConfiguration": False,
            "RemoveBytesScannedCutoffPerQuery": True,
            "ResultConfigurationUpdates": {
                "OutputLocation": "s3://acme-after/",
                "RemoveEncryptionConfiguration": True,
                "RemoveAclConfiguration": False,
            },
        },
    )

    workgroup = athena.get_work_group(WorkGroup="changed")["WorkGroup"]
    del workgroup["CreationTime"]
    assert workgroup == {
        "Name": "changed",
        "Description": "after",
        "State": "DISABLED",
        "Configuration": {
            "EnableMinimumEncryptionConfiguration": False,
            "EnforceWorkGroupConfiguration": False,
            "EngineVersion": {
                "EffectiveEngineVersion": "Athena engine version 3",
                "SelectedEngineVersion": "AUTO",
            },
            "PublishCloudWatchMetricsEnabled": True,
            "RequesterPaysEnabled": False,
            "ResultConfiguration": {"OutputLocation": "s3://acme-after/"},
        },
    }


def test_changing_an_unknown_workgroup_is_refused(aws: Sandbox) -> None:
    with pytest.raises(ClientError) as error:
        client(aws, "athena").update_work_group(WorkGroup="nobody")

    assert refusal(error) == ("InvalidRequestException", "WorkGroup nobody is not found.")


def test_an_untagged_data_catalog_has_an_empty_list_of_tags(aws: Sandbox) -> None:
    athena = client(aws, "athena")
    athena.create_data_catalog(
        Name="untagged", Type="LAMBDA", Parameters={"function": _function("f")}
    )

    answer = athena.list_tags_for_resource(
        ResourceARN=f"arn:aws:athena:{REGION}:{ACCOUNT}:datacatalog/untagged"
    )

    assert answer["Tags"] == []


def test_a_data_catalog_can_be_changed_and_deleted(aws: Sandbox) -> None:
    athena = client(aws, "athena")
    arn = f"arn:aws:athena:{REGION}:{ACCOUNT}:datacatalog/orders"
    athena.create_data_catalog(
        Name="orders",
        Type="LAMBDA",
        Description="before",
        Parameters={"function": _function("before")},
        Tags=[{"Key": "owner", "Value": "data-platform"}],
    )

    athena.update_data_catalog(
        Name="orders",
        Type="LAMBDA",
        Description="after",
        Parameters={"function": _function("after")},
    )
    changed = athena.get_data_catalog(Name="orders")["DataCatalog"]
    athena.delete_data_catalog(Name="orders")

    assert changed == {
        "Name": "orders",
        "Type": "LAMBDA",
        "Description": "after",
        "Parameters": {"function": _function("after")},
    }
    assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    for call in (athena.delete_data_catalog, athena.update_data_catalog):
        with pytest.raises(ClientError) as error:
            call(Name="orders", **({"Type": "LAMBDA"} if "update" in call.__name__ else {}))
        assert refusal(error) == ("InvalidRequestException", "DataCatalog orders was not found")


def test_a_deleted_named_query_does_not_exist(aws: Sandbox) -> None:
    athena = client(aws, "athena")
    query = athena.create_named_query(Name="top", Database="sales", QueryString="SELECT 1")
    query_id = query["NamedQueryId"]
    existing = athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]

    athena.delete_named_query(NamedQueryId=query_id)

    assert existing == {
        "NamedQueryId": query_id,
        "Name": "top",
        "Database": "sales",
        "QueryString": "SELECT 1",
        "WorkGroup": "primary",
    }
    for call in (athena.get_named_query, athena.delete_named_query):
        with pytest.raises(ClientError) as error:
            call(NamedQueryId=query_id)
        assert refusal(error) == (
            "InvalidRequestException",
            f"NamedQuery {query_id} does not exist",
        )


def test_an_application_tells_its_parameters_and_capabilities(aws: Sandbox) -> None:
    answer = client(aws, "serverlessrepo").get_application(
        ApplicationId=APPLICATION, SemanticVersion="2026.33.0"
    )

    version = answer["Version"]
    assert (answer["ApplicationId"], answer["Name"], version["SemanticVersion"]) == (
        APPLICATION,
        "AthenaDynamoDBConnector",
        "2026.33.0",
    )
    assert version["RequiredCapabilities"] == ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"]
    assert {item["Name"]: item.get("DefaultValue") for item in version["ParameterDefinitions"]} == {
        "AthenaCatalogName": None,
        "SpillBucket": None,
        "SpillPrefix": "athena-spill",
        "LambdaTimeout": "900",
        "LambdaMemory": "3008",
        "LambdaRole": "",
        "DisableSpillEncryption": "false",
        "KMSKeyId": "",
        "PermissionsBoundaryARN": "",
    }


def test_an_application_becomes_a_stack_with_a_function_and_is_gone_again() -> None:
    with Sandbox(ACCOUNT) as sandbox:
        cloudformation = client(sandbox, "cloudformation")
        functions = client(sandbox, "lambda")
        client(sandbox, "iam").create_role(
            RoleName="connector", AssumeRolePolicyDocument=_trust("lambda.amazonaws.com")
        )

        stack_id = _create_connector(sandbox, "orders", LambdaRole=_role("connector"))

        (stack,) = cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
        assert _described(stack) == {
            "StackName": "serverlessrepo-orders",
            "StackStatus": "CREATE_COMPLETE",
            "Capabilities": ["CAPABILITY_IAM"],
            "Parameters": {
                "AthenaCatalogName": "orders",
                "SpillBucket": "acme-spill",
                "SpillPrefix": "athena-spill",
                "LambdaTimeout": "900",
                "LambdaMemory": "3008",
                "LambdaRole": _role("connector"),
                "DisableSpillEncryption": "false",
                "KMSKeyId": "",
                "PermissionsBoundaryARN": "",
            },
            "Tags": {
                "owner": "data-platform",
                "serverlessrepo:applicationId": APPLICATION,
                "serverlessrepo:semanticVersion": "2026.33.1",
            },
        }
        configuration = functions.get_function(FunctionName="orders")["Configuration"]
        assert configuration["Role"] == _role("connector")

        _create_connector(
            sandbox, "orders", version="2026.34.1", LambdaRole=_role("connector"), SpillPrefix="s"
        )
        (stack,) = cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
        changed = _described(stack)
        assert (
            changed["StackStatus"],
            changed["Parameters"]["SpillPrefix"],
            changed["Tags"]["serverlessrepo:semanticVersion"],
        ) == ("UPDATE_COMPLETE", "s", "2026.34.1")

        cloudformation.delete_stack(StackName=stack_id)
        assert sandbox.inventory() == {ACCOUNT: {"aws_iam_role": ["connector"]}}


@pytest.mark.parametrize(
    ("capabilities", "parameters", "message"),
    [
        (
            ["CAPABILITY_IAM"],
            {"AthenaCatalogName": "orders", "SpillBucket": "acme-spill"},
            "the application requires the capabilities ['CAPABILITY_RESOURCE_POLICY']",
        ),
        (
            ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"],
            {"AthenaCatalogName": "orders", "SpillBukcet": "acme-spill"},
            "the application has no parameters ['SpillBukcet']",
        ),
        (
            ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"],
            {"AthenaCatalogName": "orders"},
            "the application needs values for ['SpillBucket']",
        ),
    ],
)
def test_an_application_refuses_what_it_cannot_be_deployed_with(
    aws: Sandbox, capabilities: list[str], parameters: dict[str, str], message: str
) -> None:
    with pytest.raises(ClientError) as error:
        client(aws, "serverlessrepo").create_cloud_formation_change_set(
            ApplicationId=APPLICATION,
            StackName="orders",
            Capabilities=capabilities,
            ParameterOverrides=[{"Name": k, "Value": v} for k, v in parameters.items()],
        )

    assert refusal(error) == ("BadRequestException", message)


def test_a_call_that_moto_lacks_is_refused_in_a_way_that_clients_do_not_retry(aws: Sandbox) -> None:
    with pytest.raises(ClientError) as error:
        client(aws, "athena").list_engine_versions()

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_call_that_is_made_again_is_answered_as_the_first_time(aws: Sandbox) -> None:
    athena = client(aws, "athena")
    athena.meta.events.register(
        "before-send.athena.CreateDataCatalog",
        lambda request, **_: request.headers.__setitem__("amz-sdk-invocation-id", "the-same"),
    )
    catalog = {"Name": "twice", "Type": "LAMBDA", "Parameters": {"function": "x"}}
    athena.create_data_catalog(**catalog)
    athena.create_data_catalog(**catalog)
    assert athena.get_data_catalog(Name="twice")["DataCatalog"]["Name"] == "twice"

    with pytest.raises(ClientError) as error:
        client(aws, "athena").create_data_catalog(**catalog)
    assert "already exists" in str(error.value)


def _create_connector(
    sandbox: Sandbox, name: str, version: str = "2026.33.1", **parameters: str
) -> str:
    change_set = client(sandbox, "serverlessrepo").create_cloud_formation_change_set(
        ApplicationId=APPLICATION,
        StackName=name,
        SemanticVersion=version,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"],
        ParameterOverrides=[
            {"Name": key, "Value": value}
            for key, value in {
                "AthenaCatalogName": name,
                "SpillBucket": "acme-spill",
                **parameters,
            }.items()
        ],
        Tags=[{"Key": "owner", "Value": "data-platform"}],
    )
    client(sandbox, "cloudformation").execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    stack_id: str = change_set["StackId"]
    return stack_id


def _described(stack: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "StackName": stack["StackName"],
        "StackStatus": stack["StackStatus"],
        "Capabilities": stack["Capabilities"],
        "Parameters": {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]},
        "Tags": {tag["Key"]: tag["Value"] for tag in stack["Tags"]},
    }


def _allow(action: str) -> str:
    return _policy({"Effect": "Allow", "Action": action, "Resource": "*"})


def _trust(service: str) -> str:
    principal = {"Service": service}
    return _policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _function(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def _role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"
