"""What dbt-athena documents for its restricted role; its policies lie beside this file."""

from pathlib import Path

from athena_gate.modules.athena.page import page_policy
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.iam.guide import Drop, Guide

_FOLDER = Path(__file__).parent
# The template writes the partition as aws, which is right in that one only, and joins the root's
# ARN of parts.
_NAMES = {"arn:aws:": "arn:{partition}:", "AWS::AccountId": "{account}"}

# The template's first version, which the page describes; two weeks later a second one opened Glue
# without the condition, and the file left the repository.
GUIDE = Guide(
    vendor="dbt",
    title="restrictive_role_cf.yaml, the role DbtAthenaRestricted",
    source="https://github.com/dbt-labs/dbt-athena/blob/"
    "5fd1d8cf70f1aa392b84bc67a141600a54640f86/tests/restrictive_role_cf.yaml",
    date="2026-11-22",
    documented=page_policy(
        _FOLDER / "access.json",
        "6c709810b3b86eddf03cd7daa6ed985bd10cd5cc0092de729409f4ab73a717dc",
        _NAMES,
    ),
    documented_trust=page_policy(
        _FOLDER / "trust.json",
        "e797304ed845431747593cd6c4639690781ccadd71b31d0f0185400bfa411e26",
        _NAMES,
    ),
    drops=(
        Drop(
            "The template lets everyone of its own account take the role; the block lets those it "
            "names, and they are of other accounts, or come with a token.",
            ("sts:AssumeRole",),
        ),
    ),
    beside={
        "glue:DeleteDatabase": "dbt drops the databases of runs that are over.",
        "glue:DeleteTableVersion": "dbt trims old versions of the tables it replaces.",
    },
)

GUIDES = {"access": GUIDE}


def values(settings: DbtSettings) -> dict[str, tuple[str, ...]]:
    """Return what the guide's placeholders stand for in ``settings``."""
    account = settings.account
    return {"partition": (account.arns.partition,), "account": (account.id,)}
