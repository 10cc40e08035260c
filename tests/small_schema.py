"""Terraform for the tests: the real one, with the real provider, but with a schema of few types.

Every Terraform process asks the AWS provider for the schemas of its 2,000 types and decodes them:
1.6 s of processor time before it does anything, and another 0.4 s for the checksum of the
provider's 700 MB (measured 2026-11, Terraform 1.11.4, provider 5.100.0). Our stacks need 20 types.

This runs Terraform with the provider "reattached" to a relay in a child process, which answers the
question for schemas from a file that holds only the types named below, as the provider gave them.
Everything else goes, byte for byte, to provider processes that the relay starts with Terraform's
environment: one for each configuration of a provider, where Terraform starts one for each walk and
module as well: a start takes 0.4 s of processor time and 140 MB. A provider that is reattached is
not installed by `terraform init` and has no entry in a lock file:
https://developer.hashicorp.com/terraform/plugin/debugging (2026-11).

    python small_schema.py PROVIDER SCHEMA TERRAFORM ARGUMENTS...

PROVIDER and TERRAFORM are the programs, SCHEMA is the file, which is made when it does not exist.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

# What the stacks and the tests use; any other type is "not supported" for Terraform.
TYPES = (
    "aws_athena_",
    "aws_caller_identity",
    "aws_cloudwatch_",
    "aws_iam_",
    "aws_kms_",
    "aws_lakeformation_permissions",
    "aws_lambda_",
    "aws_partition",
    "aws_region",
    "aws_s3_",
    "aws_serverlessapplicationrepository_",
    "aws_sns_topic",
)
# What talks to no provider.
ALONE = ("fmt", "get", "init", "output", "providers", "version", "workspace")
PROVIDER = "registry.terraform.io/hashicorp/aws"
# https://github.com/hashicorp/terraform/blob/v1.11.4/internal/plugin/serve.go (2026-11)
COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
# Longer than any Terraform has at once: each connection keeps two streams open.
THREADS = 64
STARTS_WITHIN = 120


def main() -> None:
    """Become Terraform, with a relay beside it if it needs a provider."""
    provider, schema, terraform, *arguments = sys.argv[1:]
    command = next((one for one in arguments if not one.startswith("-")), "")
    address = {"Network": "unix", "String": os.devnull}
    if command not in ALONE:
        address = {"Network": "tcp", "String": start(provider, Path(schema))}
    reattached = {
        PROVIDER: {
            "Protocol": "grpc",
            "ProtocolVersion": 5,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": address,
        }
    }
    if command != "providers":
        os.environ["TF_REATTACH_PROVIDERS"] = json.dumps(reattached)
    os.execv(terraform, [terraform, *arguments])


def start(provider: str, schema: Path) -> str:
    """Start the relay; return its address. It ends with this process, whatever that becomes."""
    ready, says = os.pipe()
    ends, alive = os.pipe()
    if os.fork():
        os.close(says)
        os.close(ends)
        os.set_inheritable(alive, True)
        with os.fdopen(ready) as line:
            return line.read()
    os.close(ready)
    os.close(alive)
    # Who reads Terraform's output must not wait for this process, nor Ctrl-C end it before that.
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    try:
        relay(provider, schema, says, ends)
    finally:
        # This process and the providers, also one that is only just starting.
        os.killpg(0, signal.SIGKILL)
    raise AssertionError("unreachable")


def relay(provider: str, schema: Path, says: int, ends: int) -> None:
    """Serve on loopback, write the address to ``says``, and return when ``ends`` is closed."""
    # Here, so that a command without a provider need not load it.
    import grpc

    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

    class Provider:
        """A process of the provider, and a channel to it."""

        def __init__(self) -> None:
            self._process = subprocess.Popen(
                [provider],
                # What it loads at its start is looked through for garbage again and again: a
                # tenth of the time of a plan (measured 2026-11).
                env={**os.environ, "GOGC": "400", "TF_PLUGIN_MAGIC_COOKIE": COOKIE},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert self._process.stdout is not None
            # https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md (2026-11)
            _, protocol, _, path, *_ = self._process.stdout.readline().decode().split("|")
            assert protocol == "5"
            self._channel = grpc.insecure_channel(f"unix:{path}", options=unlimited)
            # Nothing of it stays in a job's folder for temporary files.
            grpc.channel_ready_future(self._channel).result(STARTS_WITHIN)
            Path(path).unlink()

        def ask(self, method: str, question: bytes) -> bytes:
            answer: bytes = self._channel.unary_unary(method)(question)
            return answer

        def end(self) -> None:
            self._channel.close()
            self._process.kill()
            self._process.wait()

    # By configuration, and under b"" the one that has none yet.
    providers: dict[bytes, Provider] = {}
    # Which of them a connection of Terraform's talks to.
    configured: dict[str, bytes] = {}
    answers: dict[bytes, bytes] = {}
    lock = threading.Lock()

    def provider_of(connection: str) -> Provider:
        with lock:
            if connection in configured:
                return providers[configured[connection]]
            # A question before Configure changes nothing, whoever is asked.
            for one in providers.values():
                return one
            return providers.setdefault(b"", Provider())

    def configure(connection: str, method: str, question: bytes) -> bytes:
        with lock:
            configured[connection] = question
            if question not in providers:
                one = providers.pop(b"", None) or Provider()
                answers[question] = one.ask(method, question)
                providers[question] = one
            return answers[question]

    def schema_of(method: str, question: bytes) -> bytes:
        if not schema.exists():
            whole = Provider()
            # Whoever reads it beside this process finds all of it or none.
            part = schema.with_suffix(f".{os.getpid()}")
            part.write_bytes(only(TYPES, whole.ask(method, question)))
            part.rename(schema)
            whole.end()
        return schema.read_bytes()

    class Relay(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, details: Any) -> Any:
            method = details.method

            def stream(_: Iterator[bytes], context: Any) -> Iterator[bytes]:
                # Terraform opens it with the connection, and it ends with it.
                closed = threading.Event()
                if context.add_callback(closed.set):
                    closed.wait()
                return iter(())

            def call(question: bytes, context: Any) -> bytes:
                if method.endswith("/GetSchema"):
                    return schema_of(method, question)
                try:
                    if method.endswith("/Configure"):
                        return configure(context.peer(), method, question)
                    return provider_of(context.peer()).ask(method, question)
                except grpc.RpcError as error:
                    context.abort(error.code(), error.details())
                    raise

            if method.startswith("/tfplugin5.Provider/"):
                return grpc.unary_unary_rpc_method_handler(call)
            if method == "/plugin.GRPCStdio/StreamStdio":
                return grpc.stream_stream_rpc_method_handler(stream)
            return None

    server = grpc.server(ThreadPoolExecutor(THREADS), options=unlimited)
    server.add_generic_rpc_handlers((Relay(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    os.write(says, f"127.0.0.1:{port}".encode())
    os.close(says)
    os.read(ends, 1)


def only(types: tuple[str, ...], answer: bytes) -> bytes:
    """Return a GetProviderSchema.Response in protobuf without the types that begin otherwise.

    Fields 2, 3 and 8 are its maps from a type's name to a schema: resources, data sources,
    ephemeral resources.
    https://github.com/hashicorp/terraform/blob/v1.11.4/docs/plugin-protocol/tfplugin5.8.proto
    """
    kept = []
    at = 0
    while at < len(answer):
        begin = at
        tag, at = varint(answer, at)
        length, at = varint(answer, at)
        if tag >> 3 in (2, 3, 8):
            _, name = varint(answer, at)
            size, name = varint(answer, name)
            if not answer[name : name + size].decode().startswith(types):
                at += length
                continue
        at += length
        kept.append(answer[begin:at])
    return b"".join(kept)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number in protobuf's variable length at ``at``, and where the next byte is."""
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


if __name__ == "__main__":
    main()
