"""What Dot's connection form asks for: https://docs.getdot.ai, "AWS Athena", step 5
(read 2026-11-22)."""

from modules.dot.settings import DotSettings

FORM = "Dot: settings, integrations, Add Integration, Amazon Athena"

LABELS = {
    "region": "AWS region",
    "workgroup": "Workgroup",
    "catalog": "Data catalog",
    "databases": "Databases",
    "results_location": "Query results location",
}


def handoff(settings: DotSettings) -> dict[str, str]:
    """Return the form's fields that are known before anything is deployed, none of them secret;
    ``LABELS`` has what the form calls them."""
    return {
        "region": settings.account.region,
        "workgroup": settings.resource_name,
        "catalog": settings.catalog,
        "databases": ", ".join(settings.databases) or "any",
        "results_location": settings.results_location,
    }
