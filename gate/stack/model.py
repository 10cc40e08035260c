"""What is known of a synthesized stack: users and roles with their policies, and the policies of
its resources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from modules.iam.decide import Caller
from modules.iam.patterns import arn_matches
from modules.iam.policy import Policy, Statement

IdentityKind = Literal["user", "role", "policy", "application"]
ResourceKind = Literal["trust", "bucket", "key", "function"]


@dataclass(frozen=True, slots=True)
class Document:
    """A policy and the Terraform address of the resource it stands in."""

    address: str
    kind: Literal["managed", "inline", "resource"]
    policy: Policy

    def place(self, statement: Statement) -> str:
        """Return where ``statement``, one of this policy's, stands: ``address Sid``."""
        return f"{self.address} {statement.sid}".rstrip()


@dataclass(frozen=True, slots=True)
class Identity:
    """A user or role of the stack, or one from elsewhere that the stack attaches policies
    to; a managed policy that is attached to nobody; or an application whose role AWS makes.

    ``aws_managed`` are the ARNs of what it is granted beside ``policies``: managed policies (or
    the application) whose content stands elsewhere. ``here`` is False for one from elsewhere,
    whose ARN is guessed without its path, and whose trust is not known.
    """

    address: str
    kind: IdentityKind
    name: str
    arn: str
    account: str
    trust: Document | None = None
    policies: tuple[Document, ...] = ()
    aws_managed: tuple[str, ...] = ()
    boundary: str | None = None
    instance_profiles: tuple[str, ...] = ()
    access_keys: tuple[str, ...] = ()
    here: bool = True

    @property
    def caller(self) -> Caller:
        """Return who calls with these policies: the user, a session of the role, or (for a
        policy) of some role that it is attached to."""
        return caller_with(self.kind, self.arn)


def statements_of(documents: Iterable[Document]) -> tuple[Statement, ...]:
    """Return the statements of all ``documents``, which AWS sees as one policy."""
    return tuple(statement for document in documents for statement in document.policy.statements)


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The policy of one resource: a role's trust policy, a bucket's, a key's, a function's.

    ``arn`` is ``*`` for a resource whose ARN cannot be computed.
    """

    address: str
    kind: ResourceKind
    arn: str
    account: str
    documents: tuple[Document, ...]

    @property
    def policy(self) -> Policy:
        """Return the documents as the one policy that AWS sees."""
        # Those of a function, which Lambda writes, are several.
        return Policy(statements_of(self.documents), self.documents[0].policy.version)

    def governs(self, resource: str) -> bool:
        """Return whether this is the policy of ``resource``, an ARN, or a pattern that matches
        the ARN of this one."""
        if "*" in resource and resource != "*":
            return arn_matches(resource, self.arn)
        return resource == self.arn or (
            self.kind == "bucket" and resource.startswith(f"{self.arn}/")
        )


def caller_with(kind: IdentityKind, arn: str) -> Caller:
    """Return who calls with the policies of the identity ``arn``."""
    if kind == "user":
        return Caller.of(arn)
    _, partition, _, _, account, _ = arn.split(":", 5)
    role = arn if kind == "role" else f"arn:{partition}:iam::{account}:role/whoever"
    return session_of(role)


def session_of(role: str) -> Caller:
    """Return a session of the role with this ARN."""
    _, partition, _, _, account, resource = role.split(":", 5)
    name = resource.rsplit("/", 1)[-1]
    return Caller.of(f"arn:{partition}:sts::{account}:assumed-role/{name}/session", issuer=role)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the stack that is not understood, or could not be read: ``address`` is its place
    in the JSON (``resource.aws_iam_user.x.name``), or the name of a file beside."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack; ``content`` is its JSON without comments, as far as it is understood, and
    ``problems`` are what is not. ``block_tag`` is ``kind/name`` of its block in gate.hcl, or None
    for one that is not ours; ``accounts`` are the account ids of its providers, the default one's
    first."""

    name: str
    file: Path
    content: Mapping[str, Any]
    block_tag: str | None
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    identities: tuple[Identity, ...]
    resource_policies: tuple[ResourcePolicy, ...]
    problems: tuple[Problem, ...]

    def policy_of(self, resource: str) -> ResourcePolicy | None:
        """Return the policy of ``resource`` (an ARN, or a pattern of one), if it is here."""
        return next((place for place in self.resource_policies if place.governs(resource)), None)
