"""What a vendor's page documents, as data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from athena_gate.modules.iam.patterns import action_matches
from athena_gate.modules.iam.policy import Policy

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Drop:
    """Actions of a page (also as patterns) that are meant to be left out, and why."""

    reason: str
    actions: tuple[str, ...]

    def about(self, action: str) -> bool:
        """Return whether this is about ``action``, a value of an Action element."""
        return any(action_matches(pattern, action) for pattern in self.actions)


@dataclass(frozen=True, slots=True)
class Guide:
    """A vendor's page: its access policy and trust policy, where it has them, with
    ``{placeholders}``; what is meant to be left out of them; and ``beside``, the reason for each
    action that is granted for this vendor and not on the page.

    ``source`` is where the page is published, ``date`` the day it was read (ISO 8601), and
    ``attached`` are the names of AWS's own policies that it attaches beside its policy.
    """

    vendor: str
    title: str
    source: str
    date: str
    documented: Policy | None
    documented_trust: Policy | None = None
    attached: tuple[str, ...] = ()
    drops: tuple[Drop, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)

    def documented_for(self, values: Mapping[str, tuple[str, ...]]) -> Policy:
        """Return the documented policy with the placeholders replaced: see ``fill``. A page
        without one grants nothing."""
        return fill(self.documented, values) if self.documented else Policy(())

    def trust_for(self, values: Mapping[str, tuple[str, ...]]) -> Policy:
        """Return the documented trust policy with the placeholders replaced."""
        return fill(self.documented_trust, values) if self.documented_trust else Policy(())


def placeholders(policy: Policy) -> tuple[str, ...]:
    """Return the names of the placeholders in ``policy``, each once."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(policy.json())))


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
