"""What in an account looks as if it had been made by hand for a vendor, after its page."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from athena_gate.gate.recover.account import Account
from athena_gate.modules.iam.policy import MalformedPolicy, Policy
from athena_gate.stacks.configuration import ConfiguredBlock

# Of the page's actions, how many a policy must have to be one of the page.
_MOST = 0.7
# Roles of AWS's own: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
# (2026-11).
_OF_AWS = ("/aws-service-role/", "/aws-reserved/")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ``user`` or ``role`` (``kind``), and the ``reasons`` why it may be a vendor's."""

    kind: str
    name: str
    reasons: tuple[str, ...]


def candidates(block: ConfiguredBlock, account: Account) -> list[Candidate]:
    """Return the users or roles of ``account`` that may have been made for the vendor of ``block``,
    those with most reasons first. Raises ``NotAllowed``."""
    settings = block.settings
    what = next(iter(settings.adoptable), "")
    kind = {"user": "User", "role": "Role"}.get(what)
    if kind is None:
        return []
    details, policies = _details(account, kind)
    found = []
    for one in details:
        name, tags = one[f"{kind}Name"], {tag["Key"] for tag in one.get("Tags", ())}
        if "athena-gate" in tags or one["Path"].startswith(_OF_AWS):
            continue
        if reasons := tuple(_reasons(block, name, one, policies)):
            found.append(Candidate(what, name, reasons))
    return sorted(found, key=lambda one: (-len(one.reasons), one.name))


def command(one: Candidate, name: str) -> str:
    """Return the command that adopts ``one`` into the block ``name``."""
    return shlex.join(["gate", "adopt", name, f"--{one.kind}", one.name])


def _details(account: Account, kind: str) -> tuple[list[Any], dict[str, Policy]]:
    """Return all users or roles with what is attached to them, and the managed policies of this
    account by ARN."""
    found: list[Any] = []
    policies: dict[str, Policy] = {}
    more: dict[str, Any] = {}
    while True:
        answer = account.ask(
            "iam",
            "get_account_authorization_details",
            Filter=[kind, "LocalManagedPolicy"],
            **more,
        )
        found += answer[f"{kind}DetailList"]
        for one in answer["Policies"]:
            for version in one["PolicyVersionList"]:
                if version["IsDefaultVersion"] and (policy := _policy(version["Document"])):
                    policies[one["Arn"]] = policy
        if not answer.get("IsTruncated"):
            return found, policies
        more = {"Marker": answer["Marker"]}


def _reasons(
    block: ConfiguredBlock, name: str, one: Mapping[str, Any], policies: Mapping[str, Policy]
) -> Iterator[str]:
    settings = block.settings
    page = settings.profile.page
    words = {block.kind, settings.profile.title.lower()}
    if name in page.made:
        yield "the page calls it so"
    elif any(word.replace("_", "") in _squeezed(name) for word in words):
        yield f"its name has {settings.vendor_name} in it"
    attached = [(p["PolicyName"], p["PolicyArn"]) for p in one.get("AttachedManagedPolicies", ())]
    for policy, _ in attached:
        if policy in (*page.managed, *page.attached):
            yield f"it has {policy}, as the page says"
    inline = one.get("UserPolicyList", one.get("RolePolicyList", ()))
    documents = {policy: policies[arn] for policy, arn in attached if arn in policies}
    documents |= {p["PolicyName"]: d for p in inline if (d := _policy(p["PolicyDocument"]))}
    guide = block.integration.guides["access"].documented
    asked = _actions(guide) if guide else frozenset(page.actions)
    for policy, document in documents.items():
        shared = len(asked & _actions(document))
        if asked and shared >= _MOST * len(asked):
            yield f"its policy {policy} has {shared} of the page's {len(asked)} actions"
    trust = _policy(one["AssumeRolePolicyDocument"]) if "AssumeRolePolicyDocument" in one else None
    wanted = block.integration.trusts(settings).get("access")
    if trust and wanted:
        let_in = {p for s in trust.statements for p in s.principals}
        if shared_principals := let_in & {p for s in wanted.statements for p in s.principals}:
            who = ", ".join(sorted(p.id for p in shared_principals))
            yield f"it lets in {who}, as the block does"


def _squeezed(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def _actions(policy: Policy) -> frozenset[str]:
    return frozenset(a for one in policy.statements if one.effect == "Allow" for a in one.actions)


def _policy(document: object) -> Policy | None:
    try:
        return Policy.from_json(document if isinstance(document, str) else json.dumps(document))
    except (MalformedPolicy, ValueError):
        return None
