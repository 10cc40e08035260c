"""The policies of some accounts as far as they are known: users and roles with theirs, and those of
resources."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from athena_gate.modules.iam.decide import Caller
from athena_gate.modules.iam.patterns import arn_matches
from athena_gate.modules.iam.policy import Policy, Statement

IdentityKind = Literal["user", "role", "policy", "application"]
ResourceKind = Literal["trust", "bucket", "key", "function", "topic"]


@dataclass(frozen=True, slots=True)
class Document:
    """A policy and where it stands: the address of what it is read from."""

    address: str
    kind: Literal["managed", "inline", "resource"]
    policy: Policy

    def place(self, statement: Statement) -> str:
        """Return where ``statement``, one of this policy's, stands: ``address Sid``."""
        return f"{self.address} {statement.sid}".rstrip()


@dataclass(frozen=True, slots=True)
class Identity:
    """A user or role that is made here, or one from elsewhere that policies are attached to here;
    a managed policy that is attached to nobody; or an application whose role AWS makes.

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
    """The policy of one resource: a role's trust policy, a bucket's, a key's, a function's, a
    topic's.

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
    return Caller.session_of(role)


@dataclass(frozen=True, slots=True)
class AttachedPolicies:
    """Policies and whom or what they are attached to; ``accounts`` are the ids of the accounts they
    speak of, the first of them whose they are, and ``regions`` the region of each."""

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    identities: tuple[Identity, ...]
    resource_policies: tuple[ResourcePolicy, ...]

    def policy_of(self, resource: str) -> ResourcePolicy | None:
        """Return the policy of ``resource`` (an ARN, or a pattern of one), if it is here."""
        return next((place for place in self.resource_policies if place.governs(resource)), None)
