"""`make demo`: from gate.hcl to deployed integrations and back, on real parts.

The real cdktf command line, Terraform and AWS provider work against an AWS embedded on loopback.
Everything written lies in `.gate/demo`: a copy of gate.hcl, a throw-away PGP key in the place of
the one it names, the state, and the log of every command.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
import pysequoia
from botocore.exceptions import BotoCoreError, ClientError

from athena_gate.gate.sandbox import Sandbox, SandboxError
from athena_gate.gate.sandbox.cli_configuration import NotReadable
from athena_gate.gate.sandbox.existing import taken_for_granted
from athena_gate.gate.sandbox.state import StateElsewhere, require_state_inside
from athena_gate.gate.terraform import (
    NoProvider,
    NoTerraform,
    require_terraform,
    terraform_environment,
)
from athena_gate.modules.reading import ConfigurationError
from athena_gate.stacks.configuration import Configuration, load

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".gate" / "demo"
LOG = FOLDER / "demo.log"
# A deploy of every integration takes about 70 s; S3 lifecycle rules alone take 55.
TIMEOUT = 900


class StepFailed(Exception):
    """A step of the demo did not work; the message says why."""


def main() -> int:
    """Run the demo; return 0, 1 when a step failed, 2 when it could not begin."""
    try:
        version = require_terraform(os.environ)
        environment = terraform_environment(ROOT / ".gate", os.environ)
        configuration = load(ROOT / "gate.hcl")
        require_state_inside(configuration)
    except (NoTerraform, NoProvider, ConfigurationError, StateElsewhere) as error:
        print(error, file=sys.stderr)
        return 2
    os.environ.update(environment)
    stacks = [block.stack for block in configuration.blocks]
    account = configuration.blocks[0].settings.accounts[0].id
    try:
        with step(f"Terraform {version}, and a project with a throw-away PGP key"):
            key = prepare(configuration)
        with step("gate check: gate.hcl has no mistakes"):
            run(["gate", "check"])
        existing = taken_for_granted(configuration, account)
        with step("an embedded AWS on 127.0.0.1"):
            sandbox = Sandbox(account, existing)
            sandbox.__enter__()
        for one in existing:
            print(f"  with what gate.hcl says you have: {one.arn}")
        try:
            inside = sandbox.environment(os.environ)
            os.environ.clear()
            os.environ.update(inside)
            demonstrate(configuration, stacks, sandbox, key)
        finally:
            sandbox.__exit__(None, None, None)
    except (
        StepFailed,
        SandboxError,
        NotReadable,
        BotoCoreError,
        ClientError,
        RuntimeError,
    ) as error:
        print(f"\n{error}\nEverything the commands said: {LOG.relative_to(ROOT)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; nothing is left running", file=sys.stderr)
        return 130
    print("\nThat was all of it. Put your own names into gate.hcl, and read README.md.")
    return 0


def demonstrate(
    configuration: Configuration,
    stacks: Sequence[str],
    sandbox: Sandbox,
    key: pysequoia.Tsk,
) -> None:
    """Deploy, look at and destroy everything of ``configuration``."""
    before = sandbox.inventory()
    with step("python main.py: a stack of Terraform JSON for each block"):
        run([sys.executable, str(ROOT / "main.py")])
    with step("gate prove: what each vendor can do, and can never do"):
        proof = run(["gate", "prove"])
    print(f"  {proof.splitlines()[-1]}")
    with step(f"cdktf deploy: {', '.join(stacks)}") as progress:
        cdktf("deploy", stacks, r"Creation complete", "created", progress)
    show_inventory(sandbox.inventory())
    with step("a second plan finds nothing to change") as progress:
        for stack in stacks:
            progress(stack)
            if terraform(stack, "plan", "-detailed-exitcode", "-input=false", ok=(0, 2)) != 0:
                raise StepFailed(f"{stack}: the second plan is not empty")
    for block in configuration.blocks:
        if block.kind == "dynamodb_connector":
            show_sharing(block.settings)
        print(f"\n$ gate sheet {block.kind}.{block.name}")
        print(run(["gate", "sheet", f"{block.kind}.{block.name}"]))
        use_keys(json.loads(run(["gate", "sheet", block.stack, "--json"])), key)
    with step(f"cdktf destroy: {', '.join(stacks)}") as progress:
        cdktf("destroy", stacks, r"Destruction complete", "destroyed", progress)
    with step("the embedded AWS holds nothing but what it began with"):
        if (left := sandbox.inventory()) != before:
            raise StepFailed(f"still there: {json.dumps(left)}; before: {json.dumps(before)}")


def client(service: str, account: str, region: str) -> Any:
    """Return a boto3 client that works in ``account``."""
    granted = boto3.client("sts", region_name=region).assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/demo", RoleSessionName="demo"
    )["Credentials"]
    return boto3.client(
        service,
        region_name=region,
        aws_access_key_id=granted["AccessKeyId"],
        aws_secret_access_key=granted["SecretAccessKey"],
        aws_session_token=granted["SessionToken"],
    )


def show_sharing(settings: Any) -> None:
    """Print what makes a query across two accounts work, as each account's API tells it."""
    owner, consumer = settings.owner, settings.consumer
    catalog = client("athena", consumer.id, consumer.region).get_data_catalog(
        Name=settings.catalog_name
    )["DataCatalog"]
    permission = client("lambda", owner.id, owner.region).get_policy(
        FunctionName=settings.catalog_name
    )["Policy"]
    spill = client("s3", owner.id, owner.region).get_bucket_policy(Bucket=settings.spill_bucket)
    print(f"\n  the data catalog in the consumer's account {consumer.id}")
    print(f"    {catalog['Name']} -> {catalog['Parameters']['function']}")
    for title, text in (
        (f"the function's permission in the owner's account {owner.id}", permission),
        (f"the policy of the spill bucket in the owner's account {owner.id}", spill["Policy"]),
    ):
        print(f"  {title}")
        for statement in json.loads(text)["Statement"]:
            print(textwrap.indent(json.dumps(statement, indent=2), "    "))


def prepare(configuration: Configuration) -> pysequoia.Tsk:
    """Make the project folder anew, and return the private half of its PGP key."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER.parent / ".gitignore").write_text("*\n")
    for name in ("gate.hcl", ".terraform.lock.hcl"):
        shutil.copy(ROOT / name, FOLDER)
    project = json.loads((ROOT / "cdktf.json").read_text())
    project["app"] = f'"{sys.executable}" "{ROOT / "main.py"}"'
    (FOLDER / "cdktf.json").write_text(json.dumps(project))
    # The profile of 2007 is what the provider's OpenPGP library reads.
    key = pysequoia.Tsk.generate(user_id="athena-gate demo", profile=pysequoia.Profile.RFC4880)
    for block in configuration.blocks:
        for name in block.settings.files:
            file = FOLDER / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(str(key.extract_certificate()))
    os.chdir(FOLDER)
    return key


def use_keys(sheet: Mapping[str, Any], key: pysequoia.Tsk) -> None:
    """Decrypt each key as its owner would, and make one signed call with it."""
    for entry in sheet["keys"]:
        with step(f"the key {entry['access_key_id']} decrypts, and signs a call of its own"):
            output = entry["decrypt"].split(" | ")[0].split()
            message = base64.b64decode(run(output))
            secret = pysequoia.decrypt(message, decryptor=key.decryptor()).bytes
            if secret is None:
                raise StepFailed("the message decrypts to nothing")
            caller = boto3.client(
                "sts",
                region_name="us-east-1",
                aws_access_key_id=entry["access_key_id"],
                aws_secret_access_key=secret.decode(),
            ).get_caller_identity()
        print(f"  sts:GetCallerIdentity answers {caller['Arn']}")


def show_inventory(found: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
    """Print what the embedded AWS holds, by account."""
    for account, types in found.items():
        print(f"\n  account {account}")
        for kind, names in types.items():
            indent = " " * 34
            wrapped = textwrap.fill(
                ", ".join(names), 80, initial_indent=indent, subsequent_indent=indent
            )
            print(f"    {kind:<30}{wrapped.lstrip()}")
    print()


class step:  # noqa: N801 - reads as a verb: with step("...")
    """Prints a line when a step is through, with its time; what takes long may report progress by
    calling the value of the ``with`` statement."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown = 0.0

    def __enter__(self) -> Callable[[str], None]:
        self._start = time.monotonic()
        if sys.stdout.isatty():
            print(f"… {self._title}", end="\r", flush=True)
        return self._progress

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        mark = "✓" if kind is None else "✗"
        clear = "\x1b[2K" if sys.stdout.isatty() else ""
        print(f"{clear}{mark} {self._title} ({time.monotonic() - self._start:.1f} s)", flush=True)

    def _progress(self, text: str) -> None:
        now = time.monotonic()
        if now - self._shown < (0.2 if sys.stdout.isatty() else 10):
            return
        self._shown = now
        line = f"  {text}, {now - self._start:.0f} s"
        if sys.stdout.isatty():
            print(f"\x1b[2K{line[:78]}", end="\r", flush=True)
        else:
            print(line, flush=True)


def cdktf(
    command: str, stacks: Sequence[str], done: str, word: str, progress: Callable[[str], None]
) -> None:
    """Run ``cdktf command`` over ``stacks``, reporting how many resources are through."""
    count = 0
    # The engine names stacks it has already shown; a terminal's control codes say nothing here.
    arguments = ["cdktf", command, "--auto-approve", *stacks]
    with LOG.open("a") as log:
        log.write(f"\n$ {' '.join(arguments)}\n")
        running = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
        )
        assert running.stdout is not None
        deadline = time.monotonic() + TIMEOUT
        for line in running.stdout:
            log.write(line)
            count += len(re.findall(done, line))
            progress(f"{count} resources {word}")
            if time.monotonic() > deadline:
                running.kill()
                raise StepFailed(f"cdktf {command} took longer than {TIMEOUT} s")
    if running.wait() != 0:
        raise StepFailed(f"cdktf {command} failed:\n{tail()}")


def terraform(stack: str, *arguments: str, ok: tuple[int, ...]) -> int:
    """Run Terraform in the folder of ``stack`` and return its exit code, one of ``ok``."""
    command = ["terraform", f"-chdir=cdktf.out/stacks/{stack}", *arguments, "-no-color"]
    return record(command, ok).returncode


def run(command: Sequence[str]) -> str:
    """Run ``command`` and return what it prints."""
    return record(command, (0,)).stdout.rstrip()


def record(command: Sequence[str], ok: tuple[int, ...]) -> subprocess.CompletedProcess[str]:
    """Run ``command``, keep what it says in the log, and fail unless its exit code is in ``ok``.

    A command that reads a secret is recorded without what it prints.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise StepFailed(f"{' '.join(command)} took longer than {TIMEOUT} s") from None
    secret = any("encrypted_secret" in word for word in command)
    with LOG.open("a") as log:
        log.write(f"\n$ {' '.join(command)}\n{'' if secret else done.stdout}{done.stderr}")
    if done.returncode not in ok:
        raise StepFailed(f"{' '.join(command)} failed:\n{done.stderr or tail()}")
    return done


def tail() -> str:
    """Return the last lines of the log without a terminal's control codes."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", LOG.read_text(errors="replace"))
    return "\n".join(line for line in text.splitlines() if line.strip())[-2000:]


if __name__ == "__main__":
    sys.exit(main())
