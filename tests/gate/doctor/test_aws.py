"""What `gate doctor` says of credentials and the bucket of states."""

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.session import Session
from botocore.stub import Stubber
from typer.testing import CliRunner

from athena_gate.gate.cli import app
from athena_gate.gate.doctor import aws, finding
from athena_gate.gate.doctor.backend import backend
from athena_gate.gate.doctor.finding import Finding
from athena_gate.gate.sandbox import NO_AWS_FILES, Sandbox
from athena_gate.modules.account import Account
from athena_gate.stacks.backends import LocalBackend, S3Backend
from tests.conftest import DOT, Project

OURS = Account(name="analytics", id="111122223333", region="eu-central-1")
PARTNER = Account(
    name="partner",
    id="444455556666",
    region="eu-central-1",
    assume_role="arn:aws:iam::444455556666:role/terraform",
)
STRANGER = Account(name="stranger", id="999988887777", region="eu-central-1")
BUCKET = "acme-states"
STATES = S3Backend(bucket=BUCKET, region="eu-central-1")


def use(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """Make ``variables`` the only AWS_ variables there are, and see that no machine role is
    looked for."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**NO_AWS_FILES, "AWS_EC2_METADATA_DISABLED": "true", **variables}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> str:
    """The variables lead to the embedded AWS, whose URL this is."""
    variables = sandbox.environment({})
    use(monkeypatch, {n: value for n, value in variables.items() if n.startswith("AWS_")})
    return sandbox.endpoint


@pytest.mark.slow
def test_credentials_of_the_account_fit(embedded: str) -> None:
    assert aws.credentials(OURS) == [
        Finding(
            'account "analytics"',
            "ok",
            f"arn:aws:sts::111122223333:user/moto, from the environment's variables, at {embedded}",
        )
    ]


@pytest.mark.slow
def test_a_role_in_the_account_is_taken_first(embedded: str) -> None:
    assert aws.credentials(PARTNER) == [
        Finding(
            'account "partner"',
            "ok",
            "arn:aws:sts::444455556666:assumed-role/terraform/gate-doctor, from the "
            f"environment's variables, at {embedded}",
        )
    ]


WRONG = (
    "arn:aws:sts::111122223333:user/moto, from the environment's variables, at {url}: that is "
    "account 111122223333, gate.hcl says 999988887777"
)
OTHER = "export AWS_PROFILE of a profile in 999988887777, or give the account an assume_role"


@pytest.mark.slow
def test_credentials_of_another_account_stop(embedded: str) -> None:
    check = 'account "stranger"'
    wrong = WRONG.format(url=embedded)
    assert aws.credentials(STRANGER) == [Finding(check, "stop", wrong, OTHER)]
    aside = "no block uses the account"
    assert aws.credentials(STRANGER, aside) == [Finding(check, "note", f"{wrong}; {aside}", OTHER)]


def test_credentials_that_hcp_provides_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, {})
    account = OURS.model_copy(update={"hcp_credentials": "ANALYTICS"})
    assert aws.credentials(account) == [
        Finding(
            'account "analytics"',
            "note",
            'HCP Terraform provides its credentials to runs, as "ANALYTICS"',
        )
    ]


PROFILES = """\
[profile sso]
sso_session = acme
sso_account_id = 111122223333
sso_role_name = admin

[sso-session acme]
sso_start_url = https://acme.example/start
sso_region = eu-central-1

[profile code]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = sso
mfa_serial = arn:aws:iam::111122223333:mfa/jane
"""


@pytest.mark.parametrize(
    ("variables", "found", "next_step"),
    [
        (
            {},
            "no credentials: no variables, no profile, no role of this machine",
            "`aws sso login --profile NAME` and `export AWS_PROFILE=NAME`",
        ),
        (
            {"AWS_PROFILE": "sso"},
            'the single sign-on of profile "sso" has ended',
            "`aws sso login --profile sso`",
        ),
        (
            {"AWS_PROFILE": "missing"},
            'AWS_PROFILE is "missing", which ~/.aws/config does not have',
            "`aws configure sso --profile missing`, or name another profile",
        ),
        (
            {"AWS_PROFILE": "code"},
            'the profile "code" needs an MFA code, which Terraform does not ask for',
            "`aws sts get-session-token --serial-number ... --token-code ...`, then export the "
            "three variables it prints",
        ),
        (
            {
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "x",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            },
            'Could not connect to the endpoint URL: "http://127.0.0.1:9/"',
            "look at the network, VPN or proxy (HTTPS_PROXY, AWS_ENDPOINT_URL)",
        ),
    ],
    ids=["none", "signed off", "no such profile", "mfa", "unreachable"],
)
def test_why_there_are_no_credentials_is_told(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variables: dict[str, str],
    found: str,
    next_step: str,
) -> None:
    config = tmp_path / "config"
    config.write_text(PROFILES)
    use(monkeypatch, {"AWS_CONFIG_FILE": str(config), **variables})
    monkeypatch.setenv("HOME", str(tmp_path))
    assert aws.credentials(OURS) == [Finding('account "analytics"', "stop", found, next_step)]


def answers(monkeypatch: pytest.MonkeyPatch, *answered: tuple[str, dict[str, Any] | str]) -> None:
    """Let AWS give these answers, or error codes, to the operations named, one client each."""
    use(monkeypatch, {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"})
    waiting = iter(answered)

    def client(session: Session, service: str, region: str) -> Any:
        made = session.create_client(service, region_name=region)
        stub = Stubber(made)
        operation, answer = next(waiting)
        if isinstance(answer, str):
            stub.add_client_error(operation, answer)
        else:
            stub.add_response(operation, answer)
        stub.activate()
        return made

    monkeypatch.setattr(aws, "client", client)


JANE = {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/jane", "UserId": "x"}


def test_a_role_that_may_not_be_assumed_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ("get_caller_identity", JANE), ("assume_role", "AccessDenied"))
    assert aws.credentials(PARTNER) == [
        Finding(
            'account "partner"',
            "stop",
            "arn:aws:iam::111122223333:user/jane may not assume "
            "arn:aws:iam::444455556666:role/terraform: AccessDenied",
            "let the role's trust policy name that identity, and its own policy allow "
            "sts:AssumeRole on the role; or export credentials of another",
        )
    ]


@pytest.mark.parametrize(
    ("code", "found", "next_step"),
    [
        (
            "ExpiredToken",
            "the credentials have expired",
            "`aws sso login --profile NAME`, or export new ones",
        ),
        (
            "InvalidClientTokenId",
            "AWS does not know these credentials (InvalidClientTokenId)",
            "`aws sso login --profile NAME`, or export others; a wrong clock does this too",
        ),
        ("Throttling", "AWS answered Throttling", "ask whoever gave you the credentials"),
    ],
)
def test_credentials_that_aws_refuses_stop(
    monkeypatch: pytest.MonkeyPatch, code: str, found: str, next_step: str
) -> None:
    answers(monkeypatch, ("get_caller_identity", code))
    assert aws.credentials(OURS) == [Finding('account "analytics"', "stop", found, next_step)]


def put(name: str, arguments: str) -> str:
    return f"`aws s3api put-{name} --bucket {BUCKET} {arguments}`"


BLOCKS = put(
    "public-access-block",
    "--public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,"
    "BlockPublicPolicy=true,RestrictPublicBuckets=true",
)


@pytest.mark.slow
def test_a_bucket_of_states_is_looked_at_from_all_sides(embedded: str) -> None:
    s3: Any = boto3.client("s3", region_name="eu-central-1", endpoint_url=embedded)
    check = 'backend "s3"'
    assert backend(STATES) == [
        Finding(
            check,
            "stop",
            "there is no bucket acme-states",
            "`aws s3 mb s3://acme-states --region eu-central-1`, and turn its versioning on",
        )
    ]

    s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    assert backend(STATES) == [
        Finding(check, "ok", "acme-states in eu-central-1"),
        Finding(
            check,
            "note",
            "acme-states keeps no earlier versions: a state that is broken stays broken",
            put("bucket-versioning", "--versioning-configuration Status=Enabled"),
        ),
        Finding(
            check,
            "note",
            "acme-states has no default encryption; states are encrypted nevertheless",
            put(
                "bucket-encryption",
                "--server-side-encryption-configuration "
                "'Rules=[{ApplyServerSideEncryptionByDefault={SSEAlgorithm=AES256}}]'",
            ),
        ),
        Finding(check, "note", "acme-states may be made public", BLOCKS),
    ]

    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    encryption = {"SSEAlgorithm": "AES256"}
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": encryption}]
        },
    )
    settings = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(settings, True)
    )
    kept = "acme-states in eu-central-1, versioned, encrypted, not public"
    assert backend(STATES) == [Finding(check, "ok", kept)]

    elsewhere = S3Backend(bucket=BUCKET, region="us-east-1")
    assert backend(elsewhere) == [
        Finding(
            check,
            "stop",
            "the bucket acme-states is in eu-central-1, gate.hcl says us-east-1",
            'write region = "eu-central-1"',
        )
    ]
    by_role = S3Backend(
        bucket=BUCKET,
        region="eu-central-1",
        assume_role="arn:aws:iam::111122223333:role/states",
    )
    assert backend(by_role) == [Finding(check, "ok", kept)]


def jane_asks(monkeypatch: pytest.MonkeyPatch, s3: object) -> None:
    """Let the credentials be Jane's, and ``s3`` answer her."""
    caller = aws.Caller(JANE["Account"], JANE["Arn"], Session(), "", "")
    monkeypatch.setattr(aws, "caller", lambda *_: caller)
    monkeypatch.setattr(aws, "client", lambda *_: s3)


class Guarded:
    """An S3 whose bucket is open to the public, and of which only that may be asked."""

    def head_bucket(self, Bucket: str) -> dict[str, Any]:  # noqa: N803 - botocore's name
        del Bucket
        return {"ResponseMetadata": {"HTTPHeaders": {"x-amz-bucket-region": "eu-central-1"}}}

    def get_bucket_policy_status(self, Bucket: str) -> dict[str, Any]:  # noqa: N803
        del Bucket
        return {"PolicyStatus": {"IsPublic": True}}

    def __getattr__(self, name: str) -> Any:
        def refuse(**_: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, name)

        return refuse


def test_a_public_bucket_stops_and_what_may_not_be_asked_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jane_asks(monkeypatch, Guarded())
    assert backend(STATES) == [
        Finding(
            'backend "s3"',
            "ok",
            "acme-states in eu-central-1, versioned: may not look, encrypted: may not look",
        ),
        Finding('backend "s3"', "stop", "acme-states is open to the public", BLOCKS),
    ]


def test_a_bucket_that_may_not_be_listed_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def head_bucket(self, Bucket: str) -> None:  # noqa: N803 - botocore's name
            del Bucket
            answer = {"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
            raise ClientError(answer, "HeadBucket")

    jane_asks(monkeypatch, Closed())
    assert backend(STATES) == [
        Finding(
            'backend "s3"',
            "stop",
            "arn:aws:iam::111122223333:user/jane may not list the bucket acme-states (403)",
            "allow s3:ListBucket on it and s3:GetObject, s3:PutObject, s3:DeleteObject on "
            "athena-gate/*, or look whose bucket it is",
        )
    ]


def test_a_local_state_needs_a_folder_that_can_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert backend(LocalBackend()) == [
        Finding('backend "local"', "ok", f"states lie in {tmp_path}")
    ]
    # Whoever runs the tests as root may write anywhere.
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert backend(LocalBackend()) == [
        Finding(
            'backend "local"',
            "stop",
            f"states cannot be written to {tmp_path}",
            "work in a folder of your own",
        )
    ]


CONFIGURATION = (
    DOT.replace('id     = "111122223333"', 'id     = "999988887777"')
    + """
account "partner" {
  id          = "444455556666"
  region      = "eu-central-1"
  assume_role = "arn:aws:iam::444455556666:role/terraform"
}
backend "s3" {
  bucket = "acme-other"
  region = "eu-central-1"
}
"""
)


@pytest.mark.slow
def test_gate_doctor_asks_aws_about_all_that_gate_hcl_names(
    monkeypatch: pytest.MonkeyPatch, embedded: str, project: Project
) -> None:
    monkeypatch.setattr(finding, "LIMIT", 60)
    monkeypatch.delenv("GATE_FILE", raising=False)
    monkeypatch.chdir(project.folder)
    project.write(CONFIGURATION)
    done = CliRunner().invoke(app, ["doctor", "--json"])
    found = [one for one in json.loads(done.stdout) if one["check"].endswith('"')]
    assert (done.exit_code, found) == (
        1,
        [
            {
                "check": 'backend "s3"',
                "status": "stop",
                "found": "there is no bucket acme-other",
                "next": "`aws s3 mb s3://acme-other --region eu-central-1`, and turn its "
                "versioning on",
            },
            {
                "check": 'account "analytics"',
                "status": "stop",
                "found": WRONG.format(url=embedded),
                "next": OTHER,
            },
            {
                "check": 'account "partner"',
                "status": "ok",
                "found": "arn:aws:sts::444455556666:assumed-role/terraform/gate-doctor, from the "
                f"environment's variables, at {embedded}",
                "next": "",
            },
        ],
    )
