"""A stack as the vendor's page would have it: ours, but with the policies of the page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam.attached import Document, Identity, ResourcePolicy
from athena_gate.modules.iam.policy import Policy, Statement
from athena_gate.stacks.configuration import ConfiguredBlock

# Where the statements of a failed claim are said to stand.
PLACE = "the guide"


def documented(stack: Stack, block: ConfiguredBlock) -> Stack:
    """Return ``stack``, which is that of ``block``, with the policies that the vendor documents.

    Buckets and keys keep what we put on them; pages do without.
    """
    integration = block.integration
    values, guides = integration.values(block.settings), integration.guides

    def access(name: str) -> tuple[Statement, ...]:
        return guides[name].documented_for(values).statements

    def identity(one: Identity, name: str) -> Identity:
        trust = guides[name].trust_for(values).statements
        return replace(
            one,
            policies=_document("managed", access(name)),
            aws_managed=(),
            trust=_document("resource", trust)[0] if trust else one.trust,
        )

    names = names_of_documents(stack, integration.documents(block.settings))
    identities = tuple(identity(one, names[one.address]) for one in stack.identities)
    trusts = {one.arn: one.trust for one in identities if one.trust}
    spill = getattr(block.settings, "spill_bucket", None)

    def place(one: ResourcePolicy) -> ResourcePolicy:
        if one.kind == "trust" and one.arn in trusts:
            return replace(one, documents=(trusts[one.arn],))
        if one.kind == "function":
            return replace(one, documents=_document("resource", access("invocation")))
        if one.kind == "bucket" and spill and one.arn.endswith(f":::{spill}"):
            kept = tuple(s for s in one.policy.statements if s.effect == "Deny")
            return replace(one, documents=_document("resource", (*access("spill_bucket"), *kept)))
        return one

    return replace(
        stack, identities=identities, resource_policies=tuple(map(place, stack.resource_policies))
    )


def names_of_documents(stack: Stack, documents: Mapping[str, Policy]) -> dict[str, str]:
    """Return the name of the document that each identity holds, by its address: the one of which
    it has most, else the only one."""
    found = {}
    for one in stack.identities:
        held = {grant for document in one.policies for grant in document.policy.grants()}
        has = {name: len(policy.grants() & held) for name, policy in documents.items()}
        found[one.address] = max(
            (n for n, many in has.items() if many), key=has.__getitem__, default="access"
        )
    return found


def _document(kind: Any, statements: tuple[Statement, ...]) -> tuple[Document, ...]:
    return (Document(PLACE, kind, Policy(statements)),) if statements else ()
