"""`gate adopt`: what was made by hand, as the vendor's page has it, becomes a block's and keeps its
name.

Users, roles, buckets and workgroups are imported, policies are not: those of the block are attached
beside them first, and only then are the old ones detached, so that access narrows without a gap. An
imported policy would be replaced, deleted before its successor is made (measured 2026-11, provider
5.100.0). No access key is imported either, for that replaces it and deletes the one in use.

`account` asks AWS what exists, `search` what may have been made for a vendor, `names` writes
gate.hcl, `running` imports and detaches.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from athena_gate.gate.recover.account import AccessKey
from athena_gate.modules.iam.policy import Policy


@dataclass(frozen=True, slots=True)
class Identity:
    """A user or role (``kind``) as it stands: its permissions boundary, the ARNs of the managed
    policies attached to it, its inline policies (parsed, by name), the groups it is in, its access
    keys, its tags and, of a role, who may take it and for how many seconds."""

    kind: str
    name: str
    arn: str
    path: str
    boundary: str | None = None
    attached: tuple[str, ...] = ()
    inline: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    keys: tuple[AccessKey, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    trust: Policy | None = None
    session: int = 0


@dataclass(frozen=True, slots=True)
class Import:
    """What Terraform is to take over: the address in the stack, and the id to import it by."""

    address: str
    id: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """What stands of the block ``title``, whose stack is ``stack``, and what is to be done.

    ``unmanaged`` are the access keys that no state knows, ``old`` what is attached by hand, and
    ``new`` the block's policies that are attached, of all that are ``wanted``. ``stops`` are
    sentences on what keeps it from being adopted, ``notes`` on what changes for whoever uses it.
    """

    title: str
    stack: str
    identity: Identity | None
    unmanaged: tuple[AccessKey, ...]
    imports: tuple[Import, ...]
    old: "Old"
    new: frozenset[str]
    wanted: frozenset[str]
    stops: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def narrow(self) -> bool:
        """Return whether nothing is left of what was attached by hand."""
        return not self.old

    @property
    def complete(self) -> bool:
        """Return whether all of the block's policies are attached."""
        return self.wanted <= self.new


@dataclass(frozen=True, slots=True)
class Old:
    """What a user or role has beside the block's policies: managed policies by ARN, inline policies
    and groups by name."""

    attached: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.attached or self.inline or self.groups)
