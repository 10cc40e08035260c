"""Which blocks of gate.hcl are integrations: the one place to add a sixth to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from modules.dot import handoff as dot_handoff
from modules.dot import policies as dot
from modules.dot.settings import DotSettings
from modules.fields import Settings


@dataclass(frozen=True, slots=True)
class Integration:
    """What the rest of the program asks of an integration without building it.

    ``remarks`` returns what a reviewer should know of a block, ``attached_policies`` how many
    managed policies one user or role of it gets; ``labels`` has what the vendor's form calls the
    fields of the hand-off, and ``form`` where that form is.
    """

    settings: type[Settings]
    remarks: Callable[[Any], tuple[str, ...]]
    attached_policies: Callable[[Any], int]
    vendor: str
    form: str
    labels: Mapping[str, str]


INTEGRATIONS = {
    "dot": Integration(
        DotSettings,
        dot.remarks,
        dot.attached_policies,
        vendor="Dot",
        form=dot_handoff.FORM,
        labels=dot_handoff.LABELS,
    ),
}
