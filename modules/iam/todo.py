"""What others must do before a need holds: things outside of the stack, as data."""

from dataclasses import dataclass

from athena_gate.modules.iam.policy import Policy


@dataclass(frozen=True, slots=True)
class ToDo:
    """Something outside of the stack that its needs take for granted.

    ``who`` must do it (``account 999999999999``, a vendor, ``you``), and ``says`` is what must be
    so, as it follows "if": "the policy of bucket acme-lake lets the role dot-reporting read it".
    Where the policy of a resource must allow something, ``resource`` is its ARN and ``policy`` the
    statements to add to it. ``page`` is the address of the page that asks for it.
    """

    name: str
    who: str
    says: str
    page: str
    resource: str = ""
    policy: Policy | None = None
