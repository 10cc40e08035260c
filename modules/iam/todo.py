"""What others must do before a need holds: things outside of the stack, as data."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from athena_gate.modules.iam.policy import Policy


@dataclass(frozen=True, slots=True)
class ToDo:
    """Something outside of the stack that its needs take for granted.

    ``who`` must do it (``account 999999999999``, a vendor, ``you``), and ``says`` is what must be
    so, as it follows "if": "the policy of bucket acme-lake lets the role dot-reporting read it".
    ``page`` is the address of the page that asks for it, if there is one. Where the policy of a
    resource must allow something, ``resource`` is its ARN, ``policy`` the statements to add to it
    and ``account`` the id of the account it is in. ``by`` is the ARN of the one resource or
    identity that is meant, where there are several, and ``run`` the command that does it, where it
    is one.
    """

    name: str
    who: str
    says: str
    page: str
    account: str = ""
    resource: str = ""
    policy: Policy | None = None
    by: str = ""
    run: str = ""

    def governs(self, resource: str) -> bool:
        """Return whether the policy of ``self.resource`` is that of ``resource``: of a bucket's
        objects it is the bucket's, of what lies in a Glue catalog that of the catalog.

        https://docs.aws.amazon.com/glue/latest/dg/security_iam_resource-based-policy-examples.html
        (2026-11): an account has one for all of Glue in a region.
        """
        mine = self.resource.split(":", 5)
        if len(mine) < 6:
            return False
        if mine[2] == "glue":
            return resource.split(":", 5)[:5] == mine[:5]
        return resource == self.resource or (
            mine[2] == "s3" and resource.startswith(f"{self.resource}/")
        )


def sid_of(who: Iterable[str]) -> str:
    """Return ``DotReporting`` for the role or user dot-reporting: a sid has letters and digits
    only, and those of one policy must differ."""
    name = re.split(r"[:/]", next(iter(who), ""))[-1]
    return "".join(part.title() for part in re.findall("[A-Za-z0-9]+", name))
