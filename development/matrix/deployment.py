"""What a pair synthesized from gate.hcl, deployed into an embedded AWS and destroyed."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3

from bench.process import Failed
from gate.sandbox import Sandbox
from stacks.configuration import Configuration

# An S3 lifecycle rule alone takes 55 s.
TIMEOUT = 900


def deploy(configuration: Configuration, stacks: Path, variables: Mapping[str, str]) -> str:
    """Apply, plan again and destroy every stack in the folder ``stacks``, all at once, and return
    the version of the AWS provider that did: of those allowed, Terraform takes the newest that it
    can install.

    ``configuration`` is what the stacks were made from, ``variables`` are Terraform's. Raises
    ``Failed`` when a command fails, a second plan is not empty, or something is left.
    """
    folders = sorted(stacks.iterdir())
    # State that an interrupted run left describes an AWS that is gone.
    for state in stacks.parents[2].glob("terraform.*.tfstate*"):
        state.unlink()
    with Sandbox(configuration.blocks[0].settings.accounts[0].id) as sandbox:
        _create_roles(configuration, sandbox)
        before = sandbox.inventory()
        environment = sandbox.environment(variables)
        with ThreadPoolExecutor(len(folders)) as pool:
            versions = set(pool.map(lambda folder: _life_cycle(folder, environment), folders))
        if (left := sandbox.inventory()) != before:
            raise Failed(f"destroyed, and still there: {json.dumps(left)}; before: {before}")
    return " ".join(sorted(versions))


def _life_cycle(folder: Path, environment: Mapping[str, str]) -> str:
    """Return the version of the AWS provider that worked."""

    def terraform(*arguments: str) -> str:
        command = ["terraform", f"-chdir={folder}", *arguments, "-no-color"]
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=TIMEOUT
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"{folder.name}: terraform {arguments[0]} took over {TIMEOUT} s") from None
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip())[-2000:]
            raise Failed(f"{folder.name}: terraform {' '.join(arguments)} failed:\n{said}")
        return done.stdout

    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    # Exit code 2, which fails here, says that there is something to change.
    terraform("plan", "-detailed-exitcode", "-input=false")
    terraform("destroy", "-auto-approve", "-input=false")
    selected = json.loads(terraform("version", "-json"))["provider_selections"]
    (version,) = (v for name, v in selected.items() if name.endswith("/hashicorp/aws"))
    return str(version)


def _create_roles(configuration: Configuration, sandbox: Sandbox) -> None:
    """Make the roles that gate.hcl takes for granted: the readers of a connector."""
    readers: Iterable[str] = (
        reader
        for block in configuration.blocks
        if block.kind == "dynamodb_connector"
        for reader in block.settings.readers
    )
    for arn in readers:
        account, path = arn.split(":")[4], arn.split(":role", 1)[1]
        granted = _client("sts", sandbox, "sandbox", "sandbox").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/matrix", RoleSessionName="matrix"
        )["Credentials"]
        _client(
            "iam",
            sandbox,
            granted["AccessKeyId"],
            granted["SecretAccessKey"],
            granted["SessionToken"],
        ).create_role(
            RoleName=path.rsplit("/", 1)[1],
            Path=f"{path.rsplit('/', 1)[0]}/",
            AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}',
        )


def _client(service: str, sandbox: Sandbox, key: str, secret: str, token: str | None = None) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=sandbox.endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )
