"""The blocks of a first gate.hcl, from the answers of `gate init`."""

from collections.abc import Mapping
from typing import Any

from athena_gate.gate.eject.hcl import Attribute, Block
from athena_gate.gate.init.questions import source
from athena_gate.modules.access.profile import GOOGLE, Profile
from athena_gate.modules.account import Account
from athena_gate.stacks.integrations import Integration, Vendor

Answers = Mapping[str, tuple[str, ...]]
# How a way's fields are called as flags, where that is not their own name.
_FLAGS = {
    "principals": "principal",
    "audience": "audience",
    "organization_identifier": "audience",
    "provider": "oidc_provider",
}
# The fields of a way in, in the order in which they are written.
_FIELDS = {
    "assumed_by": ("role_name", "principals", "external_id"),
    "runs_on": ("on", "role_name", "provider", "namespace", "service_account"),
    "service": (),
    "trusted": ("principals",),
}


def blocks(answers: Answers, integration: Integration | None, generation: str) -> list[Block]:
    """Return the blocks that ``answers`` ask for: the backend and the account, where they are new,
    and the block of ``integration``; access keys are of this ``generation``."""
    assert integration is not None
    made = [*_backend(answers), *_account(answers)]
    if isinstance(integration, Vendor):
        block: Any = integration.settings
        return [*made, _vendor(answers, integration.kind, block.profile, generation)]
    accounts = [
        _attribute(name, answers["account_name"][0])
        for name, field in integration.settings.model_fields.items()
        if field.annotation is Account
    ]
    lists = [_attribute(name, answers[flag]) for name, (flag, _) in integration.start.items()]
    return [*made, Block(integration.kind, answers["name"], (*accounts, *lists))]


def _attribute(name: str, value: str | tuple[str, ...]) -> Attribute:
    return Attribute(name, value if isinstance(value, str) else list(value))


def _given(answers: Answers, **flags: str) -> tuple[Attribute, ...]:
    """Return an attribute for each of ``flags`` (attribute -> flag) that has an answer."""
    return tuple(
        Attribute(name, answers[flag][0]) for name, flag in flags.items() if flag in answers
    )


def _backend(answers: Answers) -> list[Block]:
    match answers.get("state", ()):
        case ("s3",):
            body = _given(answers, bucket="state_bucket", region="state_region")
        case ("cloud",):
            body = _given(
                answers, organization="organization", project="project", hostname="hostname"
            )
        case _:
            return []
    return [Block("backend", answers["state"], body)]


def _account(answers: Answers) -> list[Block]:
    if "account" not in answers:
        return []
    body = _given(answers, id="account", region="region")
    return [Block("account", answers["account_name"], body)]


def _vendor(answers: Answers, kind: str, profile: Profile, generation: str) -> Block:
    body: list[Attribute | Block] = list(
        _given(answers, account="account_name", bucket="bucket", schema="schema")
    )
    if "database" in answers:
        body.append(_attribute("databases", answers["database"]))
    prefixes: dict[str, list[str]] = {}
    for value in answers.get("source", ()):
        bucket, prefix = source(value)
        prefixes.setdefault(bucket, []).extend([prefix] if prefix else [])
    for bucket, lies in prefixes.items():
        inner = (Attribute("prefixes", lies),) if lies else ()
        body.append(Block("source", (bucket,), inner))
    body.append(_way(answers, profile, generation))
    return Block(kind, answers["name"], tuple(body))


def _way(answers: Answers, profile: Profile, generation: str) -> Block:
    (way,) = answers["way_in"]
    if way == "keys":
        file = Attribute("pgp_key_file", answers["pgp_key"][0])
        return Block(way, (), (file, Attribute("generations", [generation])))
    fields = _FIELDS.get(way, ())
    if way == "web_identity" and profile.web_identity:
        google = profile.web_identity.issuer == GOOGLE
        fields = ("subject", "organization_identifier" if google else "audience")
    body = []
    for field in fields:
        found = answers.get(_FLAGS.get(field, field))
        if found:
            body.append(_attribute(field, found if field == "principals" else found[0]))
    return Block(way, (), tuple(body))
