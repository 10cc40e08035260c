"""Deploys in which every call is denied that the policies of `gate deployer` do not allow."""

import json
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs

from athena_gate.gate.deployer import deployer, makes
from athena_gate.gate.deployer.record import Phase
from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.sandbox.existing import taken_for_granted
from athena_gate.modules.iam.decide import Caller, Policies, Request, decide
from athena_gate.modules.iam.policy import Policy
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock
from athena_gate.stacks.expected import expected_json
from development.rights.asked import Asked, Sent, World
from development.rights.recording import Failed, changed, own_account, terraform
from development.torture.relay import Answer, Relay, own_answer

_KEY = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")


@dataclass
class Enforcing(Relay):
    """A relay that denies what ``policies``, by account, do not allow: to whoever calls, a role
    called deploy. ``worlds`` are the accounts, ``own`` the one of the credentials from the
    environment. What is asked for is kept in ``questions``, what was denied in ``denied``."""

    worlds: Mapping[str, World] = field(default_factory=dict)
    policies: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)
    own: str = ""
    questions: list[tuple[str, Asked]] = field(default_factory=list)
    denied: list[Asked] = field(default_factory=list)
    _sessions: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        scope = request.headers.get("Authorization", "").partition("Credential=")[2].split("/")
        service = scope[3] if len(scope) > 3 else ""
        account = self._sessions.get(scope[0], self.own)
        target = request.headers.get("X-Amz-Target", "")
        sent = Sent(service, request.command, request.path, target, body)
        if service and account in self.worlds:
            for asked in self.worlds[account].asked(sent):
                # The role that a provider takes is the caller's to allow, in another account.
                if asked.action == "sts:AssumeRole":
                    continue
                with self._lock:
                    self.questions.append((account, asked))
                if not self._allows(account, asked):
                    with self._lock:
                        self.denied.append(asked)
                    answer = Answer(403, "AccessDenied", f"not authorized to {asked.action}")
                    return own_answer(answer, request)
        status, headers, content = super().respond(request, body)
        if b"AssumeRole" in body and (key := _KEY.search(content)):
            role = parse_qs(body.decode())["RoleArn"][0]
            self._sessions[key[1].decode()] = role.split(":")[4]
        return status, headers, content

    def shown(self) -> list[str]:
        """Return what was denied, a line each."""
        return [f"{one.action} on {one.resource} with {dict(one.context)}" for one in self.denied]

    def _allows(self, account: str, asked: Asked) -> bool:
        return allows(self.policies.get(account, ()), account, asked)


def allows(policies: Iterable[Policy], account: str, asked: Asked) -> bool:
    """Return whether ``policies`` of a role in ``account`` allow what is ``asked``."""
    caller = Caller.session_of(f"arn:aws:iam::{account}:role/deploy")
    owner = asked.resource.split(":")[4] if asked.resource.count(":") > 4 else ""
    request = Request(
        caller, asked.action, asked.resource, owner if owner.isdigit() else account, asked.context
    )
    return decide(request, Policies(tuple(policies))).answer == "allowed"


def enforced(
    configuration: Configuration,
    block: ConfiguredBlock,
    folder: Path,
    variables: Mapping[str, str],
    policies: Mapping[str, tuple[Policy, ...]],
) -> Enforcing:
    """Deploy the stack of ``block`` of ``configuration`` in an embedded AWS, change it, deploy it
    again, and destroy it, with ``policies`` by account alone; return what was asked and denied.
    Raises ``Failed`` when Terraform fails."""
    account = own_account(block)
    stack = folder / "cdktf.out" / "stacks" / block.stack
    stack.mkdir(parents=True)
    content = expected_json(block, configuration.backend)
    worlds = {
        one.id: World(one.arns, _named(block), _bounds(block)) for one in block.settings.accounts
    }
    with (
        Sandbox(account, taken_for_granted(configuration, account)) as sandbox,
        Enforcing(sandbox.endpoint, worlds=worlds, policies=policies, own=account) as relay,
    ):
        environment = {**sandbox.environment(variables), "AWS_ENDPOINT_URL": relay.address}
        (stack / "cdk.tf.json").write_text(json.dumps(content))
        terraform(stack, environment, "init")
        try:
            terraform(stack, environment, "apply", "-auto-approve")
            terraform(stack, environment, "plan")
            (stack / "cdk.tf.json").write_text(json.dumps(changed(content)))
            terraform(stack, environment, "apply", "-auto-approve")
            terraform(stack, environment, "destroy", "-auto-approve")
        except Failed as error:
            denied = "\n".join(f"denied: {one}" for one in dict.fromkeys(relay.shown()))
            raise Failed(f"{error}\n{denied}") from None
    return relay


def rights(
    configuration: Configuration, block: ConfiguredBlock, phase: Phase
) -> dict[str, tuple[Policy, ...]]:
    """Return what `gate deployer` says for ``block`` alone, by account."""
    alone = Configuration(
        configuration.file, configuration.accounts, configuration.backend, (block,)
    )
    return {one.id: deployer(alone, one, phase) for one in block.settings.accounts}


def _named(block: ConfiguredBlock) -> dict[tuple[str, str], str]:
    found = {}
    for _, one in makes(block):
        for arn in one.arns:
            kind, _, rest = arn.split(":", 5)[5].partition("/")
            if arn.split(":")[2] == "iam":
                found[kind, rest.rsplit("/", 1)[-1]] = arn
    return found


def _bounds(block: ConfiguredBlock) -> dict[tuple[str, str], str]:
    return {
        (one.type.removeprefix("aws_iam_"), str(one.arguments["name"])): str(bound)
        for _, one in makes(block)
        if one.type in ("aws_iam_user", "aws_iam_role")
        and (bound := one.arguments.get("permissions_boundary"))
    }
