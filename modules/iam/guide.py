"""What a vendor's page documents, as data, and where our policy differs from it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product

from modules.iam.policy import Grant, Policy, Statement

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Deviation:
    """A difference from the guide that is meant: the statements dropped and added, and why.

    ``when`` names the setting that brings the deviation about, and is empty when it always holds.
    """

    reason: str
    dropped: tuple[Statement, ...] = ()
    added: tuple[Statement, ...] = ()
    when: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """A vendor's page: its access policy (and trust policy, where it has one) with
    ``{placeholders}``, and our deviations from each.

    ``source`` is where the page is published and ``date`` the day it was read (ISO 8601).
    """

    vendor: str
    title: str
    source: str
    date: str
    documented: Policy
    deviations: tuple[Deviation, ...]
    documented_trust: Policy | None = None
    trust_deviations: tuple[Deviation, ...] = ()

    @property
    def trust(self) -> "Guide":
        """Return the page's trust policy as a guide of its own.

        Raises ``ValueError`` for a page without one.
        """
        if self.documented_trust is None:
            raise ValueError(f"{self.title!r} has no trust policy")
        return replace(self, documented=self.documented_trust, deviations=self.trust_deviations)

    def documented_for(self, values: Mapping[str, tuple[str, ...]]) -> Policy:
        """Return the documented policy with the placeholders replaced: see ``fill``."""
        return fill(self.documented, values)

    def expected_grants(
        self, values: Mapping[str, tuple[str, ...]], applies: Callable[[str], bool]
    ) -> frozenset[Grant]:
        """Return the guide's grants, less those dropped, plus those added.

        ``applies`` says whether the setting that a deviation names is on. A statement all of
        whose resources vanish (no values for its placeholder) grants nothing.
        """
        grants = self.documented_for(values).grants()
        for deviation in self.deviations:
            if deviation.when and not applies(deviation.when):
                continue
            grants -= fill(Policy(deviation.dropped), values).grants()
            grants |= fill(Policy(deviation.added), values).grants()
        return grants


def fill(policy: Policy, values: Mapping[str, tuple[str, ...]]) -> Policy:
    """Return ``policy`` with ``{name}`` replaced by each of ``values[name]``.

    A text with a placeholder of several values becomes several texts; with none, it disappears,
    and so does a statement that is left without resources. Raises ``KeyError`` for a placeholder
    that has no entry in ``values``.
    """
    statements = []
    for statement in policy.statements:
        filled = replace(
            statement,
            resources=tuple(t for text in statement.resources for t in _fill(text, values)),
            principals=tuple(
                replace(principal, id=text)
                for principal in statement.principals
                for text in _fill(principal.id, values)
            ),
            conditions=tuple(
                replace(c, values=tuple(t for text in c.values for t in _fill(text, values)))
                for c in statement.conditions
            ),
        )
        if filled.resources or not statement.resources:
            statements.append(filled)
    return replace(policy, statements=tuple(statements))


def _fill(text: str, values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    names = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
    texts = []
    for combination in product(*(values[name] for name in names)):
        chosen = dict(zip(names, combination, strict=True))
        texts.append(_PLACEHOLDER.sub(lambda match, chosen=chosen: chosen[match[1]], text))  # type: ignore[misc]
    return tuple(texts)
