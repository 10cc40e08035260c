"""What Immuta's connection form asks for: see ``modules.immuta.guide``, section "Connection
Information" of the page (read 2026-11-22)."""

from modules.immuta.settings import ImmutaSettings

FORM = "Immuta: My Data Sources, New Data Source, Amazon Athena"

LABELS = {
    "authentication": "Authentication Method",
    "region": "AWS Region",
    "database": "Database",
    "results_bucket": "Query Results Bucket",
    "results_directory": "Query Results Directory Path",
    "connection_string": "Additional connection string arguments",
    "instance_profile": "Instance profile of Immuta's EC2 instances",
    "role": "Role of Immuta's EC2 instances",
}

_AUTHENTICATION = {"access_key": "AWS Access Key", "instance_role": "AWS Instance Role"}


def handoff(settings: ImmutaSettings) -> dict[str, str]:
    """Return the form's fields that are known before anything is deployed, none of them secret;
    ``LABELS`` has what the form calls them.

    The form has no field for the workgroup, but Immuta takes further connection string arguments
    (https://documentation.immuta.com/2.8/storage-technologies/general/query-backed-tutorial/,
    step 3, read 2026-11), and Athena's drivers take the workgroup there
    (https://docs.aws.amazon.com/athena/latest/ug/specify-wkgroup-to-athena-in-which-to-run-queries.html,
    2026-11).
    """
    fields = {
        "authentication": _AUTHENTICATION[settings.authentication],
        "region": settings.account.region,
        "database": settings.database,
        "results_bucket": settings.results_bucket,
        "results_directory": settings.results_directory,
        "connection_string": f"Workgroup={settings.resource_name}",
    }
    if settings.role_name is not None:
        fields["role"] = settings.role_name
    elif settings.authentication == "instance_role":
        fields["instance_profile"] = settings.resource_name
    return fields
