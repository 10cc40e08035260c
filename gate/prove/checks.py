"""What can be said of the policies of any stack: whether AWS would take them, and each grant
takes effect."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam import actions as aws
from athena_gate.modules.iam.attached import Document
from athena_gate.modules.iam.conditions import UnknownOperator
from athena_gate.modules.iam.decide import Caller, Policies, Request, decide
from athena_gate.modules.iam.policy import (
    ATTACHED_POLICIES_LIMIT,
    BUCKET_POLICY_LIMIT,
    MANAGED_POLICY_LIMIT,
    TRUST_POLICY_LIMIT,
    MalformedPolicy,
    Statement,
)
from athena_gate.modules.iam.resource_policies import STRANGER
from athena_gate.modules.iam.result import Failure, Result

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11): all inline
# policies of a role together, white space not counted; users have none here.
INLINE_LIMIT = 10_240
# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html (2026-11)
KEY_POLICY_LIMIT = 32 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (2026-11)
FUNCTION_POLICY_LIMIT = 20 * 1024
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html (2026-11)
_SID = re.compile(r"[A-Za-z0-9]*", re.ASCII)


def checks(stack: Stack) -> Iterator[Result]:
    """Yield what can be said of any stack, first whether all of it could be read: whether AWS
    would take it, and each grant counts."""
    unreadable = [
        Failure(f"{problem.address} {problem.text}", by=(problem.address,))
        for problem in stack.problems
    ]
    unreadable += list(_malformed(stack))
    missing, useless = [], []
    for document in _documents(stack):
        for statement in document.policy.statements:
            where = (document.place(statement),)
            missing += [
                Failure(f"AWS has no action {action}", action=action, by=where)
                for action in (*statement.actions, *statement.not_actions)
                if not aws.exists(action)
            ]
            useless += [replace(failure, by=where) for failure in _useless(statement)]
    for name, says, failures in (
        ("understood", "every part of it is understood", unreadable),
        ("within-limits", "every policy is within AWS's limits", list(_too_large(stack))),
        ("one-policy", "every resource has one policy", list(_overwritten(stack))),
        ("actions-exist", "every action exists", missing),
        ("takes-effect", "every grant takes effect", useless),
    ):
        yield Result("check", name, says, stack.name, tuple(failures))


def _overwritten(stack: Stack) -> Iterator[Failure]:
    """Yield the buckets and keys that the stack gives several policies, of which the one that is
    applied last is left.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html,
    https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html (2026-11): both
    replace the policy there is.
    """
    places: dict[tuple[str, str], list[str]] = {}
    for place in stack.resource_policies:
        if place.kind in ("bucket", "key") and place.arn != "*":
            places.setdefault((place.kind, place.arn), []).append(place.address)
    for (kind, arn), addresses in places.items():
        if len(addresses) > 1:
            yield Failure(
                f"{len(addresses)} policies for one {kind}, of which the last applied is left; "
                "write them as one",
                resource=arn,
                by=tuple(addresses),
            )


def _malformed(stack: Stack) -> Iterator[Failure]:
    """Yield the policies that IAM's grammar does not allow."""
    somebody = Caller.of(f"arn:aws:iam::{STRANGER}:user/x")
    request = Request(somebody, "s3:GetObject", "arn:aws:s3:::x/x")
    for document in _documents(stack):
        resource = document.policy if document.kind == "resource" else None
        own = () if resource else (document.policy,)
        try:
            decide(request, Policies(own, resource))
        except (MalformedPolicy, UnknownOperator) as error:
            yield Failure(str(error), by=(document.address,))
    trusts = (one.trust for one in stack.identities if one.trust)
    for document in (*(d for one in stack.identities for d in one.policies), *trusts):
        for statement in document.policy.statements:
            if not _SID.fullmatch(statement.sid):
                yield Failure(
                    f"{document.address} has the Sid {statement.sid!r}; IAM allows letters and "
                    "digits",
                    by=(document.address,),
                )


def _useless(statement: Statement) -> Iterator[Failure]:
    """Yield the actions and resources of an Allow that fit nothing else in it."""
    if statement.effect != "Allow" or not statement.resources:
        return
    actions = [action for action in statement.actions if aws.exists(action)]
    for action in actions:
        if all(aws.grants_nothing(action, resource) for resource in statement.resources):
            yield Failure(
                f"{action} does not work on {', '.join(statement.resources)}",
                action=action,
                resource=statement.resources[0],
            )
    for resource in statement.resources if actions and not statement.not_actions else ():
        if all(aws.grants_nothing(action, resource) for action in actions):
            yield Failure(f"no action of the statement works on {resource}", resource=resource)


def _too_large(stack: Stack) -> Iterator[Failure]:
    def over(what: str, size: int, limit: int, *where: str) -> Iterator[Failure]:
        if size > limit:
            yield Failure(f"{what}: {size:,} characters, AWS takes {limit:,}", by=where)

    for identity in stack.identities:
        for document in identity.policies:
            if document.kind == "managed":
                size = document.policy.size()
                yield from over("the policy", size, MANAGED_POLICY_LIMIT, document.address)
        inline = [d for d in identity.policies if d.kind == "inline"]
        yield from over(
            f"the inline policies of {identity.kind} {identity.name} together",
            sum(document.policy.size() for document in inline),
            INLINE_LIMIT,
            *(document.address for document in inline),
        )
        attached = len(identity.policies) - len(inline) + len(identity.aws_managed)
        if attached > ATTACHED_POLICIES_LIMIT:
            yield Failure(
                f"{attached} policies are attached to {identity.kind} {identity.name}, AWS takes "
                f"{ATTACHED_POLICIES_LIMIT}",
                by=(identity.address,),
            )
    limits = {
        "trust": TRUST_POLICY_LIMIT,
        "bucket": BUCKET_POLICY_LIMIT,
        "key": KEY_POLICY_LIMIT,
        "function": FUNCTION_POLICY_LIMIT,
    }
    for place in stack.resource_policies:
        if place.kind in limits:
            size = place.policy.size()
            yield from over(f"the {place.kind} policy", size, limits[place.kind], place.address)


def _documents(stack: Stack) -> tuple[Document, ...]:
    own = (document for identity in stack.identities for document in identity.policies)
    opened = (document for place in stack.resource_policies for document in place.documents)
    return tuple(dict.fromkeys(chain(own, opened)))
