"""What the policies of resources say: whom they let in, and whom they keep out."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from athena_gate.modules.iam.arn import account_of
from athena_gate.modules.iam.attached import AttachedPolicies, Document, ResourcePolicy
from athena_gate.modules.iam.decide import Caller
from athena_gate.modules.iam.patterns import arn_matches
from athena_gate.modules.iam.policy import Policy, Principal, Statement

# Somebody outside of all accounts that policies speak of.
STRANGER = "999999999999"


def allows(place: ResourcePolicy) -> Iterator[tuple[Document, Statement]]:
    """Yield the Allow statements of a resource's policy, as ``meant``, and where they stand."""
    for document in place.documents:
        for statement in document.policy.statements:
            if statement.effect == "Allow":
                yield document, meant(place, statement)


def denies(place: ResourcePolicy) -> Iterator[Statement]:
    """Yield the Deny statements of a resource's policy that hold for everyone, on that resource."""
    own = {"bucket": (place.arn, f"{place.arn}/*"), "other": ()}.get(place.kind, (place.arn,))
    for statement in place.policy.statements:
        everyone = any(_is_everyone(principal) for principal in statement.principals)
        if statement.effect != "Deny" or not everyone:
            continue
        given = meant(place, statement).resources
        inside = [p for p in given if p in own or p.startswith(f"{place.arn}/")]
        resources = own if "*" in given else tuple(inside)
        if resources:
            yield replace(statement, resources=resources, not_resources=())


def all_denies(attached: AttachedPolicies) -> list[Statement]:
    """Return what the policies of all resources of ``attached`` deny to everyone."""
    return [statement for place in attached.resource_policies for statement in denies(place)]


def meant(place: ResourcePolicy, statement: Statement) -> Statement:
    """Return a statement of a resource's policy with the resource that it means: a trust policy
    names none, and in the policy of a key a star is that key."""
    if place.kind == "trust" or (place.kind == "key" and "*" in statement.resources):
        return replace(statement, resources=(place.arn,), not_resources=())
    return statement


@lru_cache
def policy_elsewhere(resource: str) -> tuple[Policy | None, str]:
    """Return what the policy of a resource that is not known is taken to say, and what of
    that is not known; no policy for a resource whose own does not have to allow a request.

    A key has the default policy, which leaves it to the policies of its account:
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html (2026-11). A role
    may leave it to its account as well, or to others.
    """
    owner = Principal("AWS", account_of(resource))
    its_account = Policy((Statement("Allow", ("*",), ("*",), principals=(owner,)),))
    if arn_matches("arn:*:kms:*:*:key/*", resource):
        return its_account, ""
    if arn_matches("arn:*:iam::*:role/*", resource):
        return its_account, f"what the trust policy of {resource} says is not in the stack"
    return None, ""


def same(one: Principal, other: Principal) -> bool:
    """Return whether both name the same: an account has two names."""
    account = _account(one)
    return one == other or (account is not None and account == _account(other))


def somebody(principal: Principal, account: str) -> Caller:
    """Return somebody whom ``principal`` names, in the policy of a resource of ``account``."""
    if principal.kind in ("Service", "Federated"):
        kinds: dict[str, Literal["service", "federated"]] = {"Service": "service"}
        return Caller(kinds.get(principal.kind, "federated"), principal.id)
    if whole := _account(principal):
        return Caller.session_of(f"arn:aws:iam::{whole}:role/x")
    if ":role/" in principal.id:
        return Caller.session_of(principal.id)
    try:
        return Caller.of(principal.id)
    except ValueError:
        # Everyone, or a name that only AWS can translate.
        whole = STRANGER if _is_everyone(principal) else account or STRANGER
        return Caller.session_of(f"arn:aws:iam::{whole}:role/x")


def _is_everyone(principal: Principal) -> bool:
    return principal.id == "*" and principal.kind in ("*", "AWS")


def _account(principal: Principal) -> str | None:
    """Return the account that ``principal`` stands for as a whole, or None."""
    if principal.kind != "AWS":
        return None
    if principal.id.endswith(":root") and principal.id.count(":") == 5:
        return principal.id.split(":")[4]
    return principal.id if principal.id.isdigit() else None
