"""Deploys in which every call is denied that the policies of `gate deployer` do not allow."""

import re
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from botocore.session import Session

from athena_gate.gate.deployer import deployer, makes
from athena_gate.gate.deployer.record import Phase
from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.sandbox.existing import taken_for_granted
from athena_gate.modules.account import Account
from athena_gate.modules.iam.arn import Arns
from athena_gate.modules.iam.decide import Caller, Policies, Request, decide
from athena_gate.modules.iam.patterns import arn_matches
from athena_gate.modules.iam.policy import EVERYONE, Policy, Principal, Statement
from athena_gate.stacks.configuration import Configuration, ConfiguredBlock
from athena_gate.stacks.expected import expected_json
from development.rights.asked import Asked, Sent, World
from development.rights.recording import Failed, live, own_account
from development.torture.relay import Answer, Relay, own_answer

_SECOND = re.compile(r":role/\*/|:log-group:.*:\*$")
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
            try:
                questions = list(self.worlds[account].asked(sent))
            except (KeyError, ValueError) as error:
                said = f"what {target or request.path} asks for is not known: {error!r}"
                return own_answer(Answer(400, "NotKnown", said), request)
            for asked in questions:
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
    resource = _own_policy(asked, account)
    return decide(request, Policies(tuple(policies), resource)).answer == "allowed"


def _own_policy(asked: Asked, account: str) -> Policy | None:
    """Return what the resource's own policy says, where it must allow a call too: a key's, that its
    account's policies grant; the connector's application's, that everyone may deploy it; a role's,
    that the account of whoever deploys may take it.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html,
    https://docs.aws.amazon.com/serverlessrepo/latest/devguide/security_iam_resource-based-policy-examples.html
    (2026-11).
    """
    service = asked.action.partition(":")[0]
    its_account = Principal("AWS", f"arn:aws:iam::{account}:root")
    to = {"kms": its_account, "serverlessrepo": EVERYONE, "sts": its_account}
    if service not in to:
        return None
    return Policy(
        (
            Statement(
                "Allow", actions=(f"{service}:*",), resources=("*",), principals=(to[service],)
            ),
        )
    )


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
    account = own_account(configuration, block).id
    worlds = {
        one.id: World(one.arns, _named(block), _bounds(block))
        for one in _accounts(configuration, block)
    }
    with (
        Sandbox(account, taken_for_granted(configuration, account)) as sandbox,
        Enforcing(sandbox.endpoint, worlds=worlds, policies=policies, own=account) as relay,
    ):
        own = sandbox.environment(variables)
        environment = {**own, "AWS_ENDPOINT_URL": relay.address}
        content = expected_json(block, configuration.backend)
        try:
            live(content, folder, environment, by_hand=lambda: _by_hand(block, sandbox))
        except Failed as error:
            denied = "\n".join(f"denied: {one}" for one in dict.fromkeys(relay.shown()))
            raise Failed(f"{error}\n{denied}") from None
    return relay


def _by_hand(block: ConfiguredBlock, sandbox: Sandbox) -> None:
    """Do to the deployed stack of ``block`` what people do: have data in the buckets, a key more
    for the user, a permissions boundary away."""
    for place, one in makes(block):
        given = one.arguments
        if one.type == "aws_s3_bucket" and given.get("force_destroy"):
            s3 = _client("s3", place, sandbox)
            # The embedded AWS takes no object where a policy denies what goes without TLS.
            s3.delete_bucket_policy(Bucket=given["bucket"])
            s3.put_object(Bucket=given["bucket"], Key="some/key", Body=b"data")
        elif one.type in ("aws_iam_user", "aws_iam_role"):
            iam = _client("iam", place, sandbox)
            kind = one.type.removeprefix("aws_iam_")
            name = {f"{kind.title()}Name": given["name"]}
            if kind == "user" and len(iam.list_access_keys(**name)["AccessKeyMetadata"]) < 2:
                iam.create_access_key(**name)
            if given.get("permissions_boundary"):
                getattr(iam, f"delete_{kind}_permissions_boundary")(**name)


def _client(service: str, place: Arns, sandbox: Sandbox) -> Any:
    """Return a client in the account ``place``."""
    at = {"endpoint_url": sandbox.endpoint, "region_name": place.region}
    keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    if place.account != sandbox.account:
        sts = Session().create_client("sts", **at, **keys)
        role = f"arn:{place.partition}:iam::{place.account}:role/somebody"
        taken = sts.assume_role(RoleArn=role, RoleSessionName="hand")["Credentials"]
        keys = {
            "aws_access_key_id": taken["AccessKeyId"],
            "aws_secret_access_key": taken["SecretAccessKey"],
            "aws_session_token": taken["SessionToken"],
        }
    return Session().create_client(service, **at, **keys)


def unasked(relay: Enforcing, behind: Collection[tuple[str, str]]) -> list[str]:
    """Return what the policies of ``relay`` grant and nothing asked for, action and resource; but
    for those that AWS takes ``behind`` a call, the second ARN of a role whose path is not known or
    of a log group, and reading the inline policies of a role that has none."""
    return sorted(
        f"{action} on {resource}"
        for account, policies in relay.policies.items()
        for policy in policies
        for action, resource in policy_pairs(policy)
        if (action, resource) not in behind
        and action != "iam:GetRolePolicy"
        and not _SECOND.search(resource)
        and not any(
            at == account and one.action == action and arn_matches(resource, one.resource)
            for at, one in relay.questions
        )
    )


def policy_pairs(policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield each action of ``policy`` with each resource that it is granted on."""
    for one in policy.statements:
        yield from product(one.actions, one.resources)


def rights(
    configuration: Configuration, block: ConfiguredBlock, phase: Phase
) -> dict[str, tuple[Policy, ...]]:
    """Return what `gate deployer` says for ``block`` alone, by account: those it works in, and that
    of whoever deploys it."""
    alone = Configuration(
        configuration.file, configuration.accounts, configuration.backend, (block,)
    )
    accounts = _accounts(configuration, block)
    return {one.id: deployer(alone, one, phase) for one in accounts}


def _accounts(configuration: Configuration, block: ConfiguredBlock) -> tuple[Account, ...]:
    return (own_account(configuration, block), *block.settings.accounts)


def _named(block: ConfiguredBlock) -> dict[tuple[str, str], str]:
    found = {}
    for _, one in makes(block):
        for arn in one.arns:
            kind, _, rest = arn.split(":", 5)[5].partition("/")
            service = arn.split(":")[2]
            if service == "cloudformation" or (service == "iam" and "*" not in rest):
                found[kind, rest.rsplit("/", 1)[-1]] = arn
    return found


def _bounds(block: ConfiguredBlock) -> dict[tuple[str, str], str]:
    return {
        (one.type.removeprefix("aws_iam_"), str(one.arguments["name"])): str(bound)
        for _, one in makes(block)
        if one.type in ("aws_iam_user", "aws_iam_role")
        and (bound := one.arguments.get("permissions_boundary"))
    }
