"""Which blocks of gate.hcl are integrations: the one place to add a sixth to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from modules.dbt import guide as dbt_guide
from modules.dbt import handoff as dbt_handoff
from modules.dbt import policies as dbt_policies
from modules.dbt.settings import DbtSettings
from modules.dot import guide as dot_guide
from modules.dot import handoff as dot_handoff
from modules.dot import policies as dot_policies
from modules.dot.settings import DotSettings
from modules.dynamodb_connector import guide as dynamodb_connector_guide
from modules.dynamodb_connector import handoff as dynamodb_connector_handoff
from modules.dynamodb_connector import policies as dynamodb_connector_policies
from modules.dynamodb_connector.settings import DynamodbConnectorSettings
from modules.fields import Settings
from modules.iam.guide import Guide
from modules.immuta import guide as immuta_guide
from modules.immuta import handoff as immuta_handoff
from modules.immuta import policies as immuta_policies
from modules.immuta.settings import ImmutaSettings
from modules.metronome import guide as metronome_guide
from modules.metronome import handoff as metronome_handoff
from modules.metronome import policies as metronome_policies
from modules.metronome.settings import MetronomeSettings


class GuideModule(Protocol):
    """An integration's guide.py: the vendor's documents by what they are for."""

    @property
    def GUIDES(self) -> Mapping[str, Guide]: ...  # noqa: N802 - a constant of the module


class PoliciesModule(Protocol):
    """An integration's policies.py: ``remarks`` is what a reviewer should know of a block,
    ``attached_policies`` how many managed policies one user or role of it gets."""

    def remarks(self, settings: Any) -> tuple[str, ...]: ...

    def attached_policies(self, settings: Any) -> int: ...


class HandoffModule(Protocol):
    """An integration's handoff.py: where the vendor's form is, and what it calls its fields."""

    FORM: str

    @property
    def LABELS(self) -> Mapping[str, str]: ...  # noqa: N802 - a constant of the module

    def handoff(self, settings: Any) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Integration:
    """What the rest of the program knows of an integration without building it."""

    vendor: str
    settings: type[Settings]
    guide: GuideModule
    policies: PoliciesModule
    handoff: HandoffModule


INTEGRATIONS = {
    "dot": Integration("Dot", DotSettings, dot_guide, dot_policies, dot_handoff),
    "metronome": Integration(
        "Metronome", MetronomeSettings, metronome_guide, metronome_policies, metronome_handoff
    ),
    "immuta": Integration("Immuta", ImmutaSettings, immuta_guide, immuta_policies, immuta_handoff),
    "dbt": Integration("dbt", DbtSettings, dbt_guide, dbt_policies, dbt_handoff),
    "dynamodb_connector": Integration(
        "Athena DynamoDB connector",
        DynamodbConnectorSettings,
        dynamodb_connector_guide,
        dynamodb_connector_policies,
        dynamodb_connector_handoff,
    ),
}
