"""What is known of a synthesized stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from athena_gate.modules.iam.attached import AttachedPolicies
from athena_gate.modules.lake_formation import LakeGrant


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the stack that is not understood, or could not be read: ``address`` is its place
    in the JSON (``resource.aws_iam_user.x.name``), or the name of a file beside."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Stack(AttachedPolicies):
    """One stack and the policies it attaches; ``content`` is its JSON without comments, as far as
    it is understood, and ``problems`` are what is not. ``block_tag`` is ``kind/name`` of its block
    in gate.hcl, or None for one that is not ours; ``accounts`` are those of its providers, the
    default one's first. ``lake_grants`` are the grants of Lake Formation that it makes."""

    name: str
    file: Path
    content: Mapping[str, Any]
    block_tag: str | None
    problems: tuple[Problem, ...]
    lake_grants: tuple[LakeGrant, ...] = ()
