"""Resources as values: what a stack must consist of, told without making anything.

A second opinion beside the constructs: it is written from the settings and from Terraform's and
AWS's pages, and `gate prove` compares the two.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack: its Terraform type, the construct ids that lead to it from the
    stack on, and its arguments in Terraform's JSON syntax.

    The value of an argument that holds an IAM policy is a ``Policy``, since a policy is compared
    by what it says. References are made with ``ref``.
    """

    type: str
    path: tuple[str, ...]
    arguments: Mapping[str, Any]

    @property
    def address(self) -> str:
        """Return the resource's address in the stack: ``aws_iam_user.reporting_user_33FF0509``."""
        return f"{self.type}.{logical_id(self.path)}"

    def ref(self, attribute: str) -> str:
        """Return the reference to an attribute of this resource."""
        return f"${{{self.address}.{attribute}}}"


def logical_id(path: tuple[str, ...]) -> str:
    """Return the name that the engine gives the resource at ``path``, two construct ids or more.

    As cdktf 0.21.0 and cdktn 0.24 make it (lib/private/unique.js, 2026-11): an MD5 of the whole
    path behind its parts, of which one that the part before it ends with is not repeated.
    """
    shown: list[str] = []
    for part in path:
        if not shown or not shown[-1].endswith(part):
            shown.append(part)
    human = "_".join(re.sub(r"[^A-Za-z0-9_-]", "", part) for part in shown)[:240]
    digest = hashlib.md5("/".join(path).encode(), usedforsecurity=False).hexdigest()
    return f"{human}_{digest[:8].upper()}"
