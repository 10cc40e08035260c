"""What a pair synthesized from gate.hcl, deployed into an embedded AWS and destroyed."""

import json
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.sandbox.existing import taken_for_granted
from athena_gate.stacks.configuration import Configuration
from bench.process import Failed

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
    account = configuration.blocks[0].settings.accounts[0].id
    with Sandbox(account, taken_for_granted(configuration, account)) as sandbox:
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
