"""``accept`` blocks: the findings that somebody has looked at and lets stand."""

from typing import Annotated

from pydantic import AfterValidator, Field

from athena_gate.modules.fields import Block, Day, List, Settings, unique
from athena_gate.modules.findings import Wrong
from athena_gate.modules.rules import rules


def _acceptable(value: str) -> str:
    rule = rules().get(value)
    if rule is None:
        raise Wrong("GATE803", f"no rule {value!r}; `gate rule` lists them")
    if rule.name.startswith("acceptance-"):
        raise Wrong("GATE803", f"{value} is about what was accepted; mend that")
    if rule.severity == "error":
        raise Wrong("GATE803", f"{value} is a mistake, with which nothing is built; correct it")
    return value


class Accept(Settings):
    """A rule that the findings of a block may break."""

    code: Annotated[str, AfterValidator(_acceptable)]
    reason: str = Field(min_length=1, description="Why the finding may stand.")
    until: Day | None = Field(None, description="The last day on which it may, as in `2027-01-31`.")


Accepts = Annotated[List[Accept], unique(lambda one: str(one.code)), Block("accept", label="code")]
ACCEPTS = Field((), description="A finding of `gate check` that may stand, by its code.")
