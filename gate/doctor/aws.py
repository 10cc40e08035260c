"""Whose AWS credentials Terraform would use, as AWS itself answers.

botocore looks for credentials where Terraform's provider does: variables, the profile, single
sign-on, the role of the machine. https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
and https://registry.terraform.io/providers/hashicorp/aws/latest/docs#authentication-and-configuration
(2026-11)
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore import exceptions as aws_errors
from botocore.config import Config
from botocore.session import Session

from athena_gate.gate.doctor.finding import LIMIT, Finding, Status
from athena_gate.modules.account import Account
from athena_gate.stacks.configuration import ConfiguredBlock

QUICK = Config(connect_timeout=LIMIT, read_timeout=LIMIT, retries={"total_max_attempts": 1})


class Refused(Exception):
    """AWS, or the search for credentials, said no: ``found`` says why, ``next`` what to do."""

    def __init__(self, found: str, next_step: str) -> None:
        super().__init__(found)
        self.found = found
        self.next = next_step


@dataclass(frozen=True, slots=True)
class Caller:
    """Who AWS says the credentials belong to, a session that has them, where they were found, and
    which endpoint answered."""

    account: str
    arn: str
    session: Session
    origin: str
    endpoint: str


def caller(region: str, assume_role: str | None) -> Caller:
    """Return who Terraform would be in ``region``, after taking the role ``assume_role``.

    Raises ``Refused``.
    """
    session = Session()
    profile = session.get_config_variable("profile")
    try:
        if "AWS_ACCESS_KEY_ID" not in os.environ and _asks_for_code(session):
            raise Refused(
                f'the profile "{profile or "default"}" needs an MFA code, which Terraform does '
                "not ask for",
                "`aws sts get-session-token --serial-number ... --token-code ...`, then export "
                "the three variables it prints",
            )
        found = session.get_credentials()
        if found is None:
            raise aws_errors.NoCredentialsError
        by_profile = profile and found.method != "env"
        origin = f'profile "{profile}"' if by_profile else _ORIGINS.get(found.method, found.method)
        first = _identity(session, region, origin)
        return _assumed(first, region, assume_role) if assume_role else first
    except aws_errors.BotoCoreError as error:
        raise _refusal(error, profile) from error
    except aws_errors.ClientError as error:
        raise _answered(error, profile) from error


# https://github.com/boto/botocore, credentials.py (2026-11): METHOD of each provider.
_ORIGINS = {
    "env": "the environment's variables",
    "shared-credentials-file": "~/.aws/credentials",
    "iam-role": "this machine's role",
    "container-role": "this container's role",
    "assume-role-with-web-identity": "a web identity token",
}


def _asks_for_code(session: Session) -> bool:
    # botocore would wait at the terminal for it.
    profile = session.get_scoped_config()
    return "role_arn" in profile and "mfa_serial" in profile


def _identity(session: Session, region: str, origin: str) -> Caller:
    sts = client(session, "sts", region)
    answer = sts.get_caller_identity()
    return Caller(answer["Account"], answer["Arn"], session, origin, sts.meta.endpoint_url)


def _assumed(first: Caller, region: str, role: str) -> Caller:
    try:
        given = client(first.session, "sts", region).assume_role(
            RoleArn=role, RoleSessionName="gate-doctor", DurationSeconds=900
        )["Credentials"]
    except aws_errors.ClientError as error:
        raise Refused(
            f"{first.arn} may not assume {role}: {_code(error)}",
            "let the role's trust policy name that identity, and its own policy allow "
            "sts:AssumeRole on the role; or export credentials of another",
        ) from error
    session = Session()
    session.set_credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return _identity(session, region, first.origin)


def client(session: Session, service: str, region: str) -> Any:
    """Return a client that tries once; AWS_ENDPOINT_URL is obeyed."""
    return session.create_client(service, region_name=region, config=QUICK)


def _code(error: aws_errors.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "no reason given"))


def _login(profile: str | None) -> str:
    return f"`aws sso login --profile {profile or 'NAME'}`"


def _refusal(error: aws_errors.BotoCoreError, profile: str | None) -> Refused:
    match error:
        case aws_errors.ProfileNotFound():
            return Refused(
                f'AWS_PROFILE is "{profile}", which ~/.aws/config does not have',
                f"`aws configure sso --profile {profile}`, or name another profile",
            )
        case aws_errors.SSOError() | aws_errors.TokenRetrievalError():
            return Refused(f'the single sign-on of profile "{profile}" has ended', _login(profile))
        case aws_errors.NoCredentialsError():
            return Refused(
                "no credentials: no variables, no profile, no role of this machine",
                f"{_login(None)} and `export AWS_PROFILE=NAME`",
            )
        case aws_errors.PartialCredentialsError() | aws_errors.CredentialRetrievalError():
            return Refused(str(error), "complete them, or name another profile in AWS_PROFILE")
        case aws_errors.HTTPClientError() | aws_errors.ConnectionError():
            return Refused(
                str(error), "look at the network, VPN or proxy (HTTPS_PROXY, AWS_ENDPOINT_URL)"
            )
    return Refused(str(error), "correct ~/.aws/config or the AWS_ variables")


def _answered(error: aws_errors.ClientError, profile: str | None) -> Refused:
    code = _code(error)
    if code in ("ExpiredToken", "ExpiredTokenException", "RequestExpired"):
        return Refused("the credentials have expired", f"{_login(profile)}, or export new ones")
    if code in ("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"):
        return Refused(
            f"AWS does not know these credentials ({code})",
            f"{_login(profile)}, or export others; a wrong clock does this too",
        )
    return Refused(f"AWS answered {code}", "ask whoever gave you the credentials")


def credentials(
    account: Account, aside: str = "", blocks: Sequence[ConfiguredBlock] = ()
) -> list[Finding]:
    """Return whether Terraform's credentials lead into ``account``, and what is to be known of the
    access keys of ``blocks``, which lie in it.

    ``aside`` says why a deploy would not need them, where that is so; then nothing that is found
    would stop one.
    """
    check = f'account "{account.name}"'
    if account.hcp_credentials:
        return [
            Finding(
                check,
                "note",
                f'HCP Terraform provides its credentials to runs, as "{account.hcp_credentials}"',
            )
        ]
    bad: Status = "note" if aside else "stop"
    why = f"; {aside}" if aside else ""
    try:
        found = caller(account.region, account.assume_role)
    except Refused as refused:
        return [Finding(check, bad, refused.found + why, refused.next)]
    shown = f"{found.arn}, from {found.origin}"
    if ".amazonaws." not in found.endpoint:
        shown += f", at {found.endpoint}"
    if found.account == account.id:
        from athena_gate.gate.doctor.keys import findings

        iam = client(found.session, "iam", account.region) if blocks else None
        of_keys = (one for block in blocks for one in findings(block, iam))
        return [Finding(check, "ok", shown), *of_keys]
    return [
        Finding(
            check,
            bad,
            f"{shown}: that is account {found.account}, gate.hcl says {account.id}{why}",
            f"export AWS_PROFILE of a profile in {account.id}, or give the account an assume_role",
        )
    ]
