"""The record of the AWS provider's calls: `python -m development.rights record` writes it anew.

Deploys a stack of every mode of development/modes.hcl in the embedded AWS, plans it, changes all of
it that can be changed, takes a tag away and destroys it, and writes what the provider's log says of
its calls to gate/deployer/calls.json. Modes that consist of the same types of resources with the
same arguments are recorded once. Takes some minutes, of which most is waiting for S3.

The log names for each call the service, the operation, the type of resource and what Terraform
asked the provider for (``tf_rpc``): provider 5.100.0, TF_LOG_PROVIDER=DEBUG (2026-11).
"""

import copy
import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any

from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.sandbox.existing import taken_for_granted
from athena_gate.modules.account import Account
from athena_gate.modules.iam import actions as aws
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock
from athena_gate.stacks.expected import expected_json

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "gate" / "deployer" / "calls.json"
SIDE_BY_SIDE = 4
_LIMIT = 900

# The services as the log writes them, and as policies do.
SERVICES = {
    "Athena": "athena",
    "CloudFormation": "cloudformation",
    "CloudWatch": "cloudwatch",
    "CloudWatch Logs": "logs",
    "Glue": "glue",
    "IAM": "iam",
    "KMS": "kms",
    "LakeFormation": "lakeformation",
    "Lambda": "lambda",
    "S3": "s3",
    "SNS": "sns",
    "STS": "sts",
    "ServerlessApplicationRepository": "serverlessrepo",
}
_READS = ("ReadResource", "PlanResourceChange", "ImportResourceState")
_RECORD = re.compile(r"\n(?=\d{4}-\d\d-\d\dT)")
_FIELD = re.compile(r'([\w.@]+)=("[^"]*"|\S+)')
# Arguments that a second deploy changes, so that every call of an update is seen.
_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "aws_athena_data_catalog": {"description": "changed"},
    "aws_athena_workgroup": {"description": "changed"},
    "aws_cloudwatch_log_group": {"retention_in_days": 60},
    "aws_cloudwatch_metric_alarm": {"alarm_description": "changed"},
    "aws_iam_role": {"description": "changed", "max_session_duration": 7200},
    "aws_kms_key": {"description": "changed", "deletion_window_in_days": 8},
    "aws_lambda_function": {"description": "changed", "timeout": 600},
    "aws_s3_bucket_ownership_controls": {"rule": {"object_ownership": "BucketOwnerPreferred"}},
    "aws_s3_bucket_public_access_block": {"block_public_acls": False},
    "aws_serverlessapplicationrepository_cloudformation_stack": {"semantic_version": "2026.34.1"},
}


class Failed(Exception):
    """A command failed; the message is the end of what it said."""


def chosen(configuration: Configuration) -> list[ConfiguredBlock]:
    """Return blocks whose stacks have all types of resources with all arguments that any has, the
    largest first."""
    known: set[tuple[str, str]] = set()
    found = []
    for block in sorted(configuration.blocks, key=lambda one: -len(_parts(configuration, one))):
        parts = _parts(configuration, block)
        if parts - known:
            known |= parts
            found.append(block)
    return found


def _parts(configuration: Configuration, block: ConfiguredBlock) -> set[tuple[str, str]]:
    content = expected_json(block, configuration.backend)
    return {
        (kind, name)
        for kind, some in content["resource"].items()
        for arguments in some.values()
        for name in arguments
    }


def own_account(configuration: Configuration, block: ConfiguredBlock) -> Account:
    """Return the account of whoever deploys ``block``: others are reached by a role."""
    every = (*block.settings.accounts, *configuration.accounts.values())
    found: Account = next(one for one in every if not one.assume_role)
    return found


def record(
    configuration: Configuration,
    variables: Mapping[str, str],
    place: Path,
    names: Sequence[str] = (),
) -> None:
    """Write the record of the blocks of ``configuration``, or add to it that of stacks ``names``
    alone; works in the folder ``place``. Raises ``Failed`` when a stack could not be deployed."""
    found: dict[str, dict[str, set[str]]] = {}
    if names:
        known = json.loads(RECORD.read_text())
        found = {
            kind: {phase: set(some) for phase, some in phases.items()}
            for kind, phases in known.items()
        }

    def log_of(block: ConfiguredBlock) -> str:
        account = own_account(configuration, block).id
        # Blocks of modes.hcl may share names; each has an AWS of its own.
        with Sandbox(account, taken_for_granted(configuration, account)) as sandbox:
            content = expected_json(block, configuration.backend)
            return recorded(content, place / block.stack, sandbox.environment(variables))

    blocks = [one for one in chosen(configuration) if not names or one.stack in names]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for block, log in zip(blocks, pool.map(log_of, blocks), strict=True):
            print(f"recorded {block.stack}", flush=True)
            for kind, phase, call in calls(log):
                found.setdefault(kind, {"plan": set(), "apply": set()})[phase].add(call)
    content = {
        kind: {phase: sorted(some) for phase, some in phases.items()}
        for kind, phases in sorted(found.items())
    }
    RECORD.write_text(json.dumps(content, indent=2) + "\n")


def recorded(content: dict[str, Any], folder: Path, environment: Mapping[str, str]) -> str:
    """Return what the provider logs while the stack ``content`` is deployed, changed, planned and
    destroyed in ``folder``. Raises ``Failed``."""
    log = folder / "log"
    logged = {"TF_LOG_PROVIDER": "DEBUG", "TF_LOG_PATH": str(log)}
    live(content, folder, environment, logged)
    return log.read_text(errors="replace")


def live(
    content: dict[str, Any],
    folder: Path,
    environment: Mapping[str, str],
    logged: Mapping[str, str] = MappingProxyType({}),
    by_hand: Callable[[], None] = lambda: None,
) -> None:
    """Deploy the stack ``content`` in ``folder``, plan it, deploy it with all changes, without
    the tag of these, and destroy it; ``logged`` is what Terraform's environment has but for init.
    ``by_hand`` is done before the tag goes. Raises ``Failed``."""
    stack = folder / "cdktf.out" / "stacks" / folder.name
    stack.mkdir(parents=True)
    place = stack / "cdk.tf.json"
    place.write_text(json.dumps(content))
    terraform(stack, environment, "init")
    whole = {**environment, **logged}
    terraform(stack, whole, "apply", "-auto-approve")
    terraform(stack, whole, "plan")
    place.write_text(json.dumps(changed(content, tagged=True)))
    terraform(stack, whole, "apply", "-auto-approve")
    by_hand()
    place.write_text(json.dumps(changed(content, tagged=False)))
    terraform(stack, whole, "apply", "-auto-approve")
    terraform(stack, whole, "destroy", "-auto-approve")


def changed(content: Mapping[str, Any], *, tagged: bool) -> dict[str, Any]:
    """Return a stack with another value of whatever can be changed in place, and if ``tagged`` with
    a tag more."""
    found = copy.deepcopy(dict(content))
    if tagged:
        for provider in found["provider"]["aws"]:
            provider["default_tags"][0]["tags"]["changed"] = "yes"
    for kind, some in found["resource"].items():
        for arguments in some.values():
            # moto refuses a change set in which but tags differ: another release goes with the tag.
            if tagged or kind != "aws_serverlessapplicationrepository_cloudformation_stack":
                arguments.update(_CHANGES.get(kind, {}))
            for name in ("policy", "assume_role_policy"):
                if name in arguments:
                    arguments[name] = _narrower(arguments[name])
            if kind == "aws_s3_bucket_lifecycle_configuration":
                arguments["rule"][0]["abort_incomplete_multipart_upload"][0][
                    "days_after_initiation"
                ] = 9
            if "image_uri" in arguments:
                arguments["image_uri"] = re.sub(r":\d+(?=[.\d]+$)", ":2030", arguments["image_uri"])
    return found


def _narrower(text: str) -> str:
    policy = json.loads(text)
    policy["Statement"][-1]["Sid"] = "Changed"
    return json.dumps(policy)


def terraform(stack: Path, environment: Mapping[str, str], *arguments: str) -> None:
    """Run Terraform in the folder ``stack``. Raises ``Failed``."""
    done = subprocess.run(
        ["terraform", f"-chdir={stack}", *arguments, "-no-color", "-input=false"],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=_LIMIT,
        check=False,
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-15:]
        said = "\n".join(line[:200] for line in lines)
        raise Failed(f"{stack.name}: terraform {arguments[0]} ended with {done.returncode}\n{said}")


def calls(log: str) -> Iterator[tuple[str, str, str]]:
    """Yield of each call in ``log`` the type of resource, the phase, and ``service:Operation``.

    Raises ``ValueError`` for a call whose permission is not known.
    """
    for entry in _RECORD.split(log):
        if "HTTP Request Sent" not in entry:
            continue
        said = {name: value.strip('"') for name, value in _FIELD.findall(entry)}
        kind = said.get("tf_resource_type")
        if kind is None:
            continue
        call = f"{SERVICES[said['rpc.service']]}:{said['rpc.method']}"
        if not aws.exists(aws.OPERATIONS.get(call, call)):
            raise ValueError(f"{call}: which permission it takes is not in OPERATIONS")
        yield kind, "plan" if said["tf_rpc"] in _READS else "apply", call
