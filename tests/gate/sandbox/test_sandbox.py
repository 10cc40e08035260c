import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from athena_gate.gate.sandbox import Sandbox, SandboxError
from athena_gate.gate.sandbox.withheld import withheld
from athena_gate.modules.existing import Existing

pytestmark = pytest.mark.slow

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
REGION = "eu-central-1"
APPLICATION = "arn:aws:serverlessrepo:us-east-1:292517598671:applications/AthenaDynamoDBConnector"
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in filter(withheld, list(os.environ)):
        monkeypatch.delenv(name)
    # A name that no file has: what is passed on says nothing of its own.
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/nowhere/terraform.rc")


@pytest.fixture(scope="module")
def aws() -> Iterator[Sandbox]:
    """One server for every test that looks at accounts or names of its own."""
    with pytest.MonkeyPatch.context() as patch:
        # moto's own way to say in which account everything happens.
        patch.setenv("MOTO_ACCOUNT_ID", "999999999999")
        sandbox = Sandbox(ACCOUNT)
        sandbox.__enter__()
    yield sandbox
    sandbox.__exit__(None, None, None)


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
    """A process in a group of its own, as a shell starts one, that may use the sandbox."""
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
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CA_BUNDLE",
        "AWS_ENDPOINT_URL_S3",
        "TF_TOKEN_app_terraform_io",
        "TF_CLOUD_ORGANIZATION",
        "GITHUB_TOKEN",
        "CI_JOB_TOKEN",
        "VAULT_TOKEN",
    ):
        monkeypatch.setenv(name, "real")
    seen = tmp_path / "seen.json"

    aws.run(python(f"import json, os; json.dump(dict(os.environ), open({str(seen)!r}, 'w'))"))

    environment = json.loads(seen.read_text())
    assert {name: environment[name] for name in environment if withheld(name)} == {
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

    configuration = environment.pop("TF_CLI_CONFIG_FILE")
    assert Path(configuration).parent.stat().st_mode & 0o077 == 0
    assert {name: value for name, value in environment.items() if not name.startswith("AWS_")} == {
        "PATH": "/bin",
        "NO_PROXY": "acme.internal,127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


@pytest.mark.usefixtures("terraform_variables")
def test_terraform_has_no_token_and_no_way_to_hcp_terraform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aws: Sandbox
) -> None:
    folder = tmp_path / ".terraform.d"
    folder.mkdir()
    token = {"credentials": {"app.terraform.io": {"token": "real"}}}
    (folder / "credentials.tfrc.json").write_text(json.dumps(token))
    cloud = {"organization": "acme", "workspaces": {"name": "dot-reporting"}}
    (tmp_path / "main.tf.json").write_text(json.dumps({"terraform": {"cloud": cloud}}))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TF_CLI_CONFIG_FILE")
    monkeypatch.setenv("TF_TOKEN_app_terraform_io", "real")
    monkeypatch.setenv("CHECKPOINT_DISABLE", "1")

    done = subprocess.run(
        ["terraform", f"-chdir={tmp_path}", "init", "-no-color"],
        env={**aws.environment(os.environ), "TF_LOG": "debug"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Error: Host app.terraform.io does not provide a tfe service" in done.stderr
    assert "credentials.tfrc.json" not in done.stderr
    assert "Service discovery for app.terraform.io at" not in done.stderr


def test_threads_that_ask_at_once_never_read_half_a_file(aws: Sandbox, tmp_path: Path) -> None:
    mirror = 'provider_installation {\n  filesystem_mirror {\n    path = "/opt/mirror"\n  }\n}\n'
    own = tmp_path / "terraform.rc"
    own.write_text(mirror)

    def read(_: int) -> bool:
        name = aws.environment({"TF_CLI_CONFIG_FILE": str(own)})["TF_CLI_CONFIG_FILE"]
        return Path(name).read_text().startswith(mirror)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(400)))


def test_the_environment_given_is_left_as_it_is(aws: Sandbox) -> None:
    base = {"AWS_PROFILE": "production"}

    aws.environment(base)

    assert base == {"AWS_PROFILE": "production"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_server_listens_on_loopback_only_and_once(aws: Sandbox) -> None:
    listening = "0A"
    sockets = {str(file.readlink()) for file in Path(f"/proc/{aws._server.pid}/fd").iterdir()}
    rows = [
        row.split()
        for table in ("tcp", "tcp6", "udp", "udp6")
        for row in Path("/proc/net", table).read_text().splitlines()[1:]
    ]

    addresses = [row[1] for row in rows if f"socket:[{row[9]}]" in sockets and row[3] == listening]

    assert addresses == [f"0100007F:{urlsplit(aws.endpoint).port:04X}"]


def scope(service: str, region: str = "us-east-1") -> dict[str, str]:
    """The header of a request that is signed for a service."""
    credential = f"Credential=sandbox/20261126/{region}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"}


SIGNED = scope("s3")
# moto takes the service from the path, from a signature's scope or from a path's first part, and
# "motoapi" of a region "amazonaws.com" is the address of its control pages.
CONTROL_PAGES = {
    "reset": ("POST", "/moto-api/reset", SIGNED),
    "unsigned": ("POST", "/moto-api/reset", {}),
    "dashboard": ("GET", "/moto-api/", SIGNED),
    "no slash": ("GET", "/moto-api", SIGNED),
    "data": ("GET", "/moto-api/data.json", SIGNED),
    "seed": ("POST", "/moto-api/seed?a=1", SIGNED),
    "config": ("POST", "/moto-api/config", SIGNED),
    "recorder": ("POST", "/moto-api/recorder/start-recording", SIGNED),
    "passthrough": ("POST", "/moto-api/proxy/passthrough", SIGNED),
    "trailing slash": ("POST", "/moto-api/reset/", SIGNED),
    "escaped": ("POST", "/%6doto-api%2freset", SIGNED),
    "absolute": ("POST", "{endpoint}/moto-api/reset", SIGNED),
    "foreign": ("POST", "http://motoapi.amazonaws.com/moto-api/reset", SIGNED),
    "by scope": ("POST", "/moto-api/reset", scope("motoapi", "amazonaws.com")),
    "by scope, two slashes": ("POST", "//moto-api/reset", scope("motoapi", "amazonaws.com")),
    "by scope, dots": ("POST", "/x/../moto-api/reset", scope("motoapi", "amazonaws.com")),
    "by scope, capitals": ("POST", "/MOTO-API/reset", scope("MotoAPI", "amazonaws.com")),
    "by scope, region": ("POST", "/moto-api/reset", scope("motoapi")),
    "by path": ("POST", "/motoapi_amazonaws.com/moto-api/reset", {}),
    "by path, malformed scope": (
        "POST",
        "/motoapi_amazonaws.com/moto-api/reset",
        {"Authorization": "AWS4-HMAC-SHA256 x"},
    ),
    "host": ("POST", "/moto-api/reset", {**SIGNED, "Host": "moto-api.localhost"}),
    "forwarded": ("POST", "/moto-api/reset", {**SIGNED, "X-Forwarded-Host": "motoapi"}),
    "EC2's credentials": ("GET", "/latest/meta-data/iam/security-credentials/", SIGNED),
    "EC2's token": ("PUT", "/latest/api/token", SIGNED),
    "icon": ("GET", "/favicon.ico", SIGNED),
}


def ask(sandbox: Sandbox, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
    address = urlsplit(sandbox.endpoint)
    assert address.hostname is not None
    connection = HTTPConnection(address.hostname, address.port)
    connection.request(method, path.format(endpoint=sandbox.endpoint), headers=dict(headers))
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def test_motos_control_pages_are_off_however_they_are_asked_for(aws: Sandbox) -> None:
    make_bucket(aws, "acme-still-here")

    found = {name: ask(aws, *request) for name, request in CONTROL_PAGES.items()}

    assert {name: status for name, (status, _) in found.items() if status != 403} == {}
    assert all(body.startswith(b"gate sandbox: ") for _, body in found.values())
    assert "acme-still-here" in aws.inventory()[ACCOUNT]["aws_s3_bucket"]


def test_what_only_looks_like_a_control_page_is_a_key_in_s3(aws: Sandbox) -> None:
    make_bucket(aws, "acme-kept")
    before = aws.inventory()

    paths = ("//moto-api/reset", "/MOTO-API/reset", "/x/../moto-api/reset")
    answers = [ask(aws, "POST", path, SIGNED) for path in paths]

    assert [status for status, _ in answers if status < 300] == []
    assert aws.inventory() == before


def test_a_web_page_and_another_host_are_refused_by_the_server_too(aws: Sandbox) -> None:
    port = urlsplit(aws.endpoint).port
    asked = [
        ask(aws, "GET", "/gate/inventory", headers)[0]
        for headers in (
            {},
            {"Host": f"localhost:{port}"},
            {"Origin": "https://evil.example"},
            {"Host": f"evil.example:{port}"},
            {"Host": "127.0.0.1"},
        )
    ]

    assert asked == [200, 200, 403, 403, 403]


def test_no_answer_says_that_a_web_page_may_read_it(aws: Sandbox) -> None:
    headers = client(aws, "sts").get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]

    assert [name for name in headers if name.startswith("access-control-")] == []


def test_credentials_for_a_web_identity_need_no_signature(aws: Sandbox) -> None:
    answer = client(aws, "sts").assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/ci",
        RoleSessionName="test",
        WebIdentityToken="token",
    )

    credentials = answer["Credentials"]
    assert client(aws, "sts", credentials).get_caller_identity()["Account"] == OTHER_ACCOUNT


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


def test_nothing_is_printed_while_requests_are_served(
    aws: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    make_bucket(aws, "acme-quiet")
    with pytest.raises(ClientError):
        client(aws, "athena").list_engine_versions()

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
from athena_gate.gate.sandbox import Sandbox
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
from athena_gate.gate.sandbox import Sandbox
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
    monkeypatch.setenv("GITHUB_TOKEN", "real")
    monkeypatch.setenv("TF_TOKEN_app_terraform_io", "real")
    monkeypatch.setenv("NO_PROXY", "acme.internal, acme.example")
    monkeypatch.delenv("no_proxy", raising=False)
    process = start("""
import os, sys
from athena_gate.gate.sandbox import Sandbox
with Sandbox() as sandbox:
    print(sandbox.endpoint)
    code = sandbox.serve_forever({**os.environ, "GATE_FILE": "/acme/try.hcl"})
sys.exit(code)
""")
    endpoint, *lines = read_until(process, "export GATE_FILE")

    os.killpg(process.pid, signal.SIGINT)

    (configuration,) = [line for line in lines if "TF_CLI_CONFIG_FILE" in line]
    assert lines == [
        "unset AWS_PROFILE",
        "unset GITHUB_TOKEN",
        "unset TF_TOKEN_app_terraform_io",
        "export AWS_ACCESS_KEY_ID=sandbox",
        "export AWS_SECRET_ACCESS_KEY=sandbox",
        "export AWS_DEFAULT_REGION=us-east-1",
        "export AWS_REGION=us-east-1",
        "export AWS_EC2_METADATA_DISABLED=true",
        f"export AWS_ENDPOINT_URL={endpoint}",
        "export AWS_CONFIG_FILE=/dev/null",
        "export AWS_SHARED_CREDENTIALS_FILE=/dev/null",
        configuration,
        "export NO_PROXY='acme.internal, acme.example,127.0.0.1,localhost'",
        "export no_proxy=127.0.0.1,localhost",
        "export GATE_FILE=/acme/try.hcl",
    ]
    assert (*process.communicate(), process.returncode) == (
        "",
        "Paste these lines into another shell; Ctrl-C here ends it.\n",
        0,
    )
    wait_until_nobody_listens(endpoint)
    assert not Path(configuration.partition("=")[2]).exists()


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


def test_two_sandboxes_share_nothing_and_begin_with_what_each_is_given() -> None:
    iam = f"arn:aws:iam::{OTHER_ACCOUNT}"
    existing = [
        Existing(f"{iam}:role/data/analyst", OTHER_ACCOUNT, REGION),
        Existing(f"{iam}:user/ops/jo", OTHER_ACCOUNT, REGION),
        Existing(f"{iam}:policy/teams/boundary", OTHER_ACCOUNT, REGION),
        Existing("arn:aws:s3:::acme-lake", ACCOUNT, "us-west-2"),
        Existing(f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/shared", ACCOUNT, REGION),
        Existing(f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/primary", ACCOUNT, REGION),
    ]
    given = {
        ACCOUNT: {"aws_athena_workgroup": ["shared"], "aws_s3_bucket": ["acme-lake"]},
        OTHER_ACCOUNT: {
            "aws_iam_policy": ["boundary"],
            "aws_iam_role": ["analyst"],
            "aws_iam_user": ["jo"],
        },
    }
    with Sandbox(ACCOUNT) as one, Sandbox(ACCOUNT, existing) as two:
        assert (one.inventory(), two.inventory()) == ({}, given)
        make_bucket(one, "acme-lake")
        assert one.inventory() == {ACCOUNT: {"aws_s3_bucket": ["acme-lake"]}}
        client(one, "s3").delete_bucket(Bucket="acme-lake")
        assert (one.inventory(), two.inventory()) == ({}, given)

        there = client(two, "iam", assume_role(two, OTHER_ACCOUNT))
        assert there.get_role(RoleName="analyst")["Role"]["Arn"] == f"{iam}:role/data/analyst"
        assert there.get_user(UserName="jo")["User"]["Arn"] == f"{iam}:user/ops/jo"
        there.create_user(UserName="bounded", PermissionsBoundary=f"{iam}:policy/teams/boundary")
        location = client(two, "s3").get_bucket_location(Bucket="acme-lake")
        assert location["LocationConstraint"] == "us-west-2"
        workgroup = client(two, "athena").get_work_group(WorkGroup="shared")["WorkGroup"]
        assert (workgroup["Name"], workgroup["State"]) == ("shared", "ENABLED")


def test_the_account_is_the_one_asked_for_and_after_assume_role_the_roles(aws: Sandbox) -> None:
    credentials = assume_role(aws, OTHER_ACCOUNT)

    assert client(aws, "sts").get_caller_identity()["Account"] == ACCOUNT
    assert client(aws, "sts", credentials).get_caller_identity()["Account"] == OTHER_ACCOUNT


def test_the_inventory_names_what_exists_in_every_account_and_region(aws: Sandbox) -> None:
    here, there = "200000000001", "200000000002"
    own, other = assume_role(aws, here), assume_role(aws, there)
    make_bucket(aws, "acme-b", own)
    make_bucket(aws, "acme-a", own)
    make_bucket(aws, "acme-partner", other)
    iam = client(aws, "iam", own)
    iam.create_user(UserName="dot")
    key = iam.create_access_key(UserName="dot")["AccessKey"]["AccessKeyId"]
    iam.create_policy(PolicyName="access", PolicyDocument=_allow("athena:GetWorkGroup"))
    iam.create_role(RoleName="metronome", AssumeRolePolicyDocument=_trust("ec2.amazonaws.com"))
    iam.create_instance_profile(InstanceProfileName="immuta")
    athena = client(aws, "athena", own)
    athena.create_work_group(Name="reporting")
    athena.create_named_query(Name="top", Database="sales", QueryString="SELECT 1")
    client(aws, "athena", other).create_data_catalog(
        Name="orders", Type="LAMBDA", Parameters={"function": _function("orders")}
    )
    client(aws, "dynamodb", own).create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    kms = client(aws, "kms", own)
    kept, deleted = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.schedule_key_deletion(KeyId=deleted)
    client(aws, "logs", own).create_log_group(logGroupName="/aws/lambda/orders")
    _create_connector(aws, "connector", credentials=own)

    found = {account: aws.inventory()[account] for account in (here, there)}

    (role,) = {*found[here].pop("aws_iam_role")} - {"metronome"}
    assert role.startswith("serverlessrepo-connector-FunctionRole-")
    assert found == {
        here: {
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
        there: {
            "aws_athena_data_catalog": ["orders"],
            "aws_s3_bucket": ["acme-partner"],
        },
    }


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


def test_an_application_becomes_a_stack_with_a_function_and_is_gone_again(aws: Sandbox) -> None:
    account = "200000000003"
    credentials = assume_role(aws, account)
    role = f"arn:aws:iam::{account}:role/connector"
    cloudformation = client(aws, "cloudformation", credentials)
    functions = client(aws, "lambda", credentials)
    client(aws, "iam", credentials).create_role(
        RoleName="connector", AssumeRolePolicyDocument=_trust("lambda.amazonaws.com")
    )

    stack_id = _create_connector(aws, "orders", credentials=credentials, LambdaRole=role)

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
            "LambdaRole": role,
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
    assert configuration["Role"] == role

    _create_connector(
        aws,
        "orders",
        credentials=credentials,
        version="2026.34.1",
        LambdaRole=role,
        SpillPrefix="s",
    )
    (stack,) = cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
    changed = _described(stack)
    assert (
        changed["StackStatus"],
        changed["Parameters"]["SpillPrefix"],
        changed["Tags"]["serverlessrepo:semanticVersion"],
    ) == ("UPDATE_COMPLETE", "s", "2026.34.1")

    cloudformation.delete_stack(StackName=stack_id)
    assert aws.inventory()[account] == {"aws_iam_role": ["connector"]}


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


def test_a_service_that_moto_lacks_is_refused_likewise(aws: Sandbox) -> None:
    assert ask(aws, "POST", "/", scope("unheard-of")) == (
        501,
        b"gate sandbox: moto has no such service\n",
    )


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
    sandbox: Sandbox,
    name: str,
    version: str = "2026.33.1",
    *,
    credentials: Mapping[str, Any],
    **parameters: str,
) -> str:
    change_set = client(sandbox, "serverlessrepo", credentials).create_cloud_formation_change_set(
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
    client(sandbox, "cloudformation", credentials).execute_change_set(
        ChangeSetName=change_set["ChangeSetId"]
    )
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
