"""An AWS to try a configuration in: a child process on loopback and the variables that lead to it.

    with Sandbox(account="111122223333") as sandbox:
        code = sandbox.run(["cdktf", "deploy", "--auto-approve", "dot-reporting"])
        left = sandbox.inventory()

Unmodified Terraform, cdktf, AWS CLI and boto3 follow the variables, none of which is a credential
of yours: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html (2026-11).

`existing` is what it has from the start, `withheld` which variables a command is not given,
`cli_configuration` Terraform's own configuration without tokens, `state` where states may lie;
`embedded_aws` is the child process.
"""

import dataclasses
import hashlib
import importlib.util
import json
import os
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from athena_gate.gate.sandbox.withheld import withheld

# The server's process imports this package first, and needs no settings: pydantic takes 0.2 s.
if TYPE_CHECKING:
    from athena_gate.modules.existing import Existing

START_TIMEOUT = 60
STDERR_TAIL = 20
LOOPBACK = ("127.0.0.1", "localhost")
DEFAULT_ACCOUNT = "123456789012"
NO_AWS_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


class SandboxError(RuntimeError):
    """The embedded AWS did not start; the message says why and what to do."""


class NoMoto(SandboxError):
    """What the embedded AWS is made of is not installed."""


class Sandbox:
    """The embedded AWS, from entering the `with` block to leaving it.

    `account` (12 digits) is where its throw-away credentials work: what `sts get-caller-identity`
    answers and what `allowed_account_ids` compares. A provider with
    `assume_role { role_arn = "arn:aws:iam::444455556666:role/x" }` works in 444455556666 instead;
    the role need not exist. `existing` are the resources it has from the start. Two sandboxes
    share nothing, and nothing outlives the block.

    Raises NoMoto on entering when moto is not installed, and SandboxError when the server does not
    listen within 60 seconds.
    """

    def __init__(self, account: str = DEFAULT_ACCOUNT, existing: "Iterable[Existing]" = ()) -> None:
        self.account = account
        self.existing = tuple(existing)
        self.endpoint = ""

    def __enter__(self) -> Self:
        if importlib.util.find_spec("moto") is None:
            raise NoMoto(
                "the embedded AWS needs moto, which is not installed here; run: "
                f"{_install()} 'athena-gate[sandbox]'"
            )
        # For Terraform's CLI configuration; nobody but this user may read it.
        self._folder = tempfile.TemporaryDirectory(prefix="athena-gate-")
        existing = json.dumps([dataclasses.asdict(one) for one in self.existing])
        self._stderr: IO[bytes] = tempfile.TemporaryFile()
        self._server = subprocess.Popen(
            # -P: a moto.py or flask.py in the working directory is not what this needs.
            [
                *(sys.executable, "-P", "-m", "athena_gate.gate.sandbox.embedded_aws.server"),
                *("--account", self.account, "--existing", existing),
            ],
            # Held open for as long as this process lives: the server ends when it closes.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=_server_environment(),
            # Ctrl-C reaches the foreground's whole process group; a command that is being
            # interrupted still has calls to make (Terraform writes its state, releases its lock).
            start_new_session=True,
        )
        try:
            self.endpoint = f"http://{LOOPBACK[0]}:{self._wait_for_port()}"
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return `base` without what `withheld` lists, and with what leads to this sandbox.

        No credential, profile, role, token or CA bundle of `base` survives, the files in ~/.aws
        are replaced by the null device, and Terraform's CLI configuration by one that says no more
        than where providers come from. Raises NotReadable when that one cannot be taken apart.
        """
        passed_on = {name: value for name, value in base.items() if not withheld(name)}
        return passed_on | self._variables(base)

    def run(self, command: Sequence[str], base: Mapping[str, str] = os.environ) -> int:
        """Run `command` in the sandbox's environment made from `base`, with this process's stdin
        and output.

        Returns its exit code; 128 + n when signal n ended it, 127 when it cannot be run at all.
        Ctrl-C is the command's to answer: this process waits until it has ended.
        """
        environment = self.environment(base)
        # Not SIG_IGN, which the command would inherit; a handler is reset when it is executed.
        previous = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            code = subprocess.run(command, env=environment, check=False).returncode
        except OSError as error:
            print(f"gate sandbox: cannot run {command[0]}: {error.strerror}", file=sys.stderr)
            return 127
        finally:
            signal.signal(signal.SIGINT, previous)
        return code if code >= 0 else 128 - code

    def serve_forever(self, base: Mapping[str, str] = os.environ) -> int:
        """Print the lines that turn another shell's environment into the sandbox's made from
        `base`, wait for Ctrl-C and return 0.

        Returns 1 when the server ends before that.
        """
        environment = self.environment(base)
        ours = self._variables(base)
        ours |= {n: v for n, v in environment.items() if n not in ours and os.environ.get(n) != v}
        try:
            print("Paste these lines into another shell; Ctrl-C here ends it.", file=sys.stderr)
            for name in sorted(set(os.environ) - set(environment)):
                print(f"unset {name}")
            for name, value in ours.items():
                print(f"export {name}={shlex.quote(value)}")
            sys.stdout.flush()
            self._server.wait()
        except KeyboardInterrupt:
            return 0
        print(f"gate sandbox: the embedded AWS ended:\n{self._tail()}", file=sys.stderr)
        return 1

    def inventory(self) -> dict[str, dict[str, list[str]]]:
        """What exists: account id -> Terraform resource type -> sorted names; `{}` for nothing.

        Access keys and KMS keys go by id, KMS keys pending deletion do not count.
        """
        # A proxy from the environment must not be asked for an address on loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.endpoint}/gate/inventory", timeout=START_TIMEOUT) as response:
            found: dict[str, dict[str, list[str]]] = json.load(response)
        return found

    def _variables(self, base: Mapping[str, str]) -> dict[str, str]:
        variables = {
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.endpoint,
            **NO_AWS_FILES,
            "TF_CLI_CONFIG_FILE": str(self._cli_configuration(base)),
        }
        for name in ("NO_PROXY", "no_proxy"):
            given = [base[name]] if base.get(name) else []
            variables[name] = ",".join([*given, *LOOPBACK])
        return variables

    def _cli_configuration(self, base: Mapping[str, str]) -> Path:
        from athena_gate.gate.sandbox.cli_configuration import without_credentials

        text = without_credentials(base)
        # Another base may have another one, while a command still works with the first. Terraform
        # tells JSON from HCL by the content, not by the name.
        name = hashlib.sha256(text.encode()).hexdigest()[:12]
        file = Path(self._folder.name) / f"terraform-{name}.rc"
        # Moved there whole: commands of several threads may read it, and half of it has no mirror.
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as new:
            new.write(text)
        Path(new.name).replace(file)
        return file

    def _wait_for_port(self) -> int:
        assert self._server.stdout is not None
        ready, _, _ = select.select([self._server.stdout], [], [], START_TIMEOUT)
        line = self._server.stdout.readline() if ready else b""
        if line:
            port: int = json.loads(line)["port"]
            return port
        why = f"exited with code {self._server.wait()}" if ready else f"took over {START_TIMEOUT} s"
        raise SandboxError(f"the embedded AWS did not start: it {why}\n{self._tail()}")

    def _tail(self) -> str:
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-STDERR_TAIL:])

    def _stop(self) -> None:
        self._server.kill()
        self._server.communicate()
        self._stderr.close()
        self._folder.cleanup()


def _install() -> str:
    """Return the command that adds to this installation: pipx and uv keep a note in the environment
    of a tool, and pipx leaves what is installed alone unless forced.

    https://pipx.pypa.io/stable/docs/, https://docs.astral.sh/uv/concepts/tools/ (2026-11)
    """
    notes = {"pipx_metadata.json": "pipx install --force", "uv-receipt.toml": "uv tool install"}
    found = (command for note, command in notes.items() if (Path(sys.prefix) / note).exists())
    return next(found, "pip install")


def _server_environment() -> dict[str, str]:
    # A MOTO_ACCOUNT_ID or INITIAL_NO_AUTH_ACTION_COUNT would change what the sandbox is; a profile
    # that does not exist or a broken ~/.aws/config stops the boto3 inside moto. Nor does it need
    # any secret.
    changing = ("MOTO_", "INITIAL_NO_AUTH_")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(changing) and not withheld(name)
    } | NO_AWS_FILES
    # This package, wherever the caller's working directory is.
    paths = [str(Path(__file__).parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return environment | {"PYTHONPATH": os.pathsep.join(paths)}
