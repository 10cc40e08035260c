"""A policy of a vendor's page, which lies in a file as the page has it."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from athena_gate.modules.files import MEBIBYTE, Unreadable, read_bytes
from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.policy import MalformedPolicy, Policy

_LARGEST = MEBIBYTE


class NotThePage(Wrong):
    """A file is not the policy that it should be; the message says how."""

    def __init__(self, problem: str) -> None:
        super().__init__("GATE501", problem)


def page_policy(file: Path, digest: str, names: Mapping[str, str]) -> Policy:
    """Return the policy in ``file``, whose content has the SHA-256 ``digest``, with what the page
    writes for its readers' names (also as ``${...}``) replaced by placeholders: see
    ``athena_gate.modules.iam.guide.fill``. Raises ``NotThePage``."""
    return _read(file, digest, tuple(names.items()))


@cache
def _read(file: Path, digest: str, names: tuple[tuple[str, str], ...]) -> Policy:
    try:
        content = read_bytes(file, _LARGEST)
    except Unreadable as error:
        raise NotThePage(str(error)) from None
    if (found := hashlib.sha256(content).hexdigest()) != digest:
        raise NotThePage(f"{file.name} has the SHA-256 {found}, the profile says {digest}")
    text = plain = content.decode("utf-8")
    for written, meant in sorted(names, key=lambda pair: -len(pair[0])):
        # The reader of profiles takes no "${", which some pages put around their names.
        text = text.replace(f"${{{written}}}", meant).replace(written, meant)
    try:
        policy, page = Policy.from_json(text), Policy.from_json(plain)
        if _does(policy) != _does(page):
            raise NotThePage(f"names changes what {file.name} allows, not for whom and on what")
        return policy
    except RecursionError:
        raise NotThePage(f"{file.name} is no IAM policy: it is nested too deeply") from None
    except NotThePage:
        raise
    except (MalformedPolicy, ValueError) as error:
        raise NotThePage(f"{file.name} is no IAM policy: {error}") from None


def _does(policy: Policy) -> list[tuple[object, ...]]:
    """Return what ``policy`` does, whatever it calls its readers."""
    return [
        (
            one.effect,
            one.actions,
            one.not_actions,
            sorted(condition.operator for condition in one.conditions),
        )
        for one in policy.statements
    ]
