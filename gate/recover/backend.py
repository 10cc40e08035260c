"""Reading a state from where a stack keeps it, without Terraform."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore import exceptions as aws_errors

from athena_gate.gate.doctor import aws
from athena_gate.gate.doctor.aws import Refused
from athena_gate.gate.stack.state import LIMIT, State, local, lock, parse
from athena_gate.modules.files import Unreadable


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
    raise Refused(
        "its state is in HCP Terraform, whose runs write it down themselves",
        "look at the workspace's last run and its lock",
    )


def _in_s3(bucket: str, key: str, region: str, role: str | None) -> State:
    where = f"s3://{bucket}/{key}"
    session = aws.caller(region, role).session
    s3 = aws.client(session, "s3", region)
    text = _object(s3, bucket, key)
    held = _object(s3, bucket, f"{key}.tflock")
    found = lock(held) if held else None
    if not text:
        return State(where, lock=found)
    try:
        state = parse(text, where)
    except Unreadable as error:
        return State(where, lock=found, broken=error.problem)
    return State(where, state.resources, state.tainted, found)


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
            "allow s3:GetObject on it, or look at gate doctor",
        ) from None
    except aws_errors.BotoCoreError as error:
        raise Refused(str(error), "look at the network, VPN or proxy") from None
