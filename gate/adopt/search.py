"""What in an account looks as if it had been made by hand for a vendor, after its page."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from athena_gate.gate.quoting import shell
from athena_gate.gate.recover.account import Account
from athena_gate.modules.access.adopted import PRIMARY
from athena_gate.modules.command_line import to_run
from athena_gate.modules.iam.policy import MalformedPolicy, Policy
from athena_gate.stacks.configuration import ConfiguredBlock

# Of the page's actions, how many a policy must have to be one of the page.
_MOST = 0.7
# Roles of AWS's own: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
# (2026-11).
_OF_AWS = ("/aws-service-role/", "/aws-reserved/")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ``user`` or ``role`` (``kind``), the ``reasons`` why it may be a vendor's, and the
    workgroup and bucket that its policy names, as flags of `gate adopt`."""

    kind: str
    name: str
    reasons: tuple[str, ...]
    more: tuple[str, ...] = ()


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
        documents = _documents(one, policies)
        if reasons := tuple(_reasons(block, name, one, documents)):
            more = _places(settings, documents.values())
            found.append(Candidate(what, name, reasons, tuple(more)))
    return sorted(found, key=lambda one: (-len(one.reasons), one.name))


def command(one: Candidate, name: str) -> str:
    """Return the command that adopts ``one`` into the block ``name``."""
    return to_run(shell(["adopt", name, f"--{one.kind}", one.name, *one.more]))


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
    block: ConfiguredBlock, name: str, one: Mapping[str, Any], documents: Mapping[str, Policy]
) -> Iterator[str]:
    settings = block.settings
    page = settings.profile.page
    words = {block.kind, settings.profile.title.lower()}
    if name in page.made:
        yield "the page calls it so"
    elif any(word.replace("_", "") in _squeezed(name) for word in words):
        yield f"its name has {settings.vendor_name} in it"
    for policy in (p["PolicyName"] for p in one.get("AttachedManagedPolicies", ())):
        if policy in (*page.managed, *page.attached):
            yield f"it has {policy}, as the page says"
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


def _documents(one: Mapping[str, Any], policies: Mapping[str, Policy]) -> dict[str, Policy]:
    """Return the policies of a user or role that are the customer's own, by name."""
    attached = one.get("AttachedManagedPolicies", ())
    inline = one.get("UserPolicyList", one.get("RolePolicyList", ()))
    return {
        p["PolicyName"]: policies[p["PolicyArn"]] for p in attached if p["PolicyArn"] in policies
    } | {p["PolicyName"]: found for p in inline if (found := _policy(p["PolicyDocument"]))}


def _places(settings: Any, documents: Iterable[Policy]) -> Iterator[str]:
    """Yield the flags for the one workgroup that ``documents`` name, and the one bucket that they
    let objects be written to, where ``settings`` could adopt them."""
    statements = [one for policy in documents for one in policy.statements if one.effect == "Allow"]
    named: dict[str, set[str]] = {"workgroup": set(), "bucket": set()}
    sources = {source.bucket for source in getattr(settings, "sources", ())}
    for one in statements:
        for resource in one.resources:
            kind, _, name = resource.rpartition(":")[2].partition("/")
            if ":athena:" in resource and kind == "workgroup":
                named["workgroup"].add(name)
            elif ":s3:::" in resource and "s3:PutObject" in one.actions:
                named["bucket"].add(kind)
    allowed = {*settings.adoptable, *(["bucket"] if hasattr(settings, "results") else [])}
    for what, names in named.items():
        kept = [n for n in names - {PRIMARY, *sources} if not set("*?$") & set(n)]
        if what in allowed and len(kept) == 1:
            yield from (f"--{what}", kept[0])


def _squeezed(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def _actions(policy: Policy) -> frozenset[str]:
    return frozenset(a for one in policy.statements if one.effect == "Allow" for a in one.actions)


def _policy(document: object) -> Policy | None:
    try:
        return Policy.from_json(document if isinstance(document, str) else json.dumps(document))
    except (MalformedPolicy, ValueError):
        return None
