"""Reading a state from where a stack keeps it, without Terraform.

A lock is looked at before the state it is on: a run that ends in between is seen by its lock, where
the other way round neither what it made nor that it ran would be seen.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from botocore import exceptions as aws_errors

from athena_gate.gate.doctor import aws
from athena_gate.gate.doctor.aws import Refused
from athena_gate.gate.stack.state import LIMIT, State, is_whole, key_ids, local, lock, parse
from athena_gate.modules.command_line import to_run
from athena_gate.modules.files import Unreadable
from athena_gate.stacks.backends import HCP_TERRAFORM


def read(content: Mapping[str, Any], folder: Path) -> State:
    """Return the state of the stack whose JSON is ``content`` and lies in ``folder``. Raises
    ``Refused`` when it cannot be asked for."""
    terraform = content["terraform"]
    match terraform.get("backend", {}):
        case {"s3": {"bucket": str(bucket), "key": str(key), "region": str(region)} as more}:
            role = more.get("assume_role", {}).get("role_arn")
            return _in_s3(bucket, key, region, role)
        case {"local": {"path": str(path)}}:
            # Of the JSON that was made without a folder, the path is the name alone.
            file = folder / path if len(Path(path).parts) > 1 else Path(path)
            return local(Path(os.path.relpath(file)))
    raise _in_hcp(terraform.get("cloud", {}), folder)


def _in_hcp(cloud: Mapping[str, Any], folder: Path) -> Refused:
    host = cloud.get("hostname", HCP_TERRAFORM)
    workspaces = cloud.get("workspaces", {})
    called = workspaces.get("name") or f"with the tags {', '.join(workspaces.get('tags', ()))}"
    # An import runs on this machine, whatever the workspace's execution mode (2026-11):
    # https://developer.hashicorp.com/terraform/cli/import
    return Refused(
        f"its state is in HCP Terraform and was not looked at: workspace {called} at "
        f"https://{host}/app/{cloud.get('organization')}/workspaces",
        "a run there writes down itself what it has made, so look at the last run and the lock; "
        "what stands all the same and stops the next run is imported with `terraform "
        f"-chdir={folder} import ADDRESS ID`, with AWS credentials here",
    )


def _in_s3(bucket: str, key: str, region: str, role: str | None) -> State:
    where = f"s3://{bucket}/{key}"
    session = aws.caller(region, role).session
    s3 = aws.client(session, "s3", region)
    held = _object(s3, bucket, f"{key}.tflock")
    found = lock(held) if held else None
    text = _object(s3, bucket, key)
    if not text:
        return State(where, lock=found)
    try:
        return replace(parse(text, where), lock=found)
    except Unreadable as error:
        mentioned = frozenset(key_ids(text.encode()))
        whole = is_whole(text.encode())
        return State(where, lock=found, broken=error.problem, mentioned=mentioned, whole=whole)


def _object(s3: Any, bucket: str, key: str) -> str:
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read(LIMIT)
        return str(body.decode("utf-8", errors="replace"))
    except aws_errors.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in ("NoSuchKey", "404"):
            return ""
        raise Refused(
            f"s3://{bucket}/{key} cannot be read: {code}",
            f"allow s3:GetObject on it, or look at {to_run('doctor')}",
        ) from None
    except aws_errors.BotoCoreError as error:
        raise Refused(str(error), "look at the network, VPN or proxy") from None
