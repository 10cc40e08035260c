"""What the vendor asks for to complete the connection:
https://docs.metronome.com/developer-resources/data-export/destinations-athena, step 2
(read 2026-11-22)."""

from modules.metronome.settings import MetronomeSettings

FORM = "Step 2 of the guide, Add your destination: share these with the vendor securely"

LABELS = {
    "database": "Database",
    "schema": "Schema",
    "workgroup": "Workgroup",
    "bucket": "Bucket name",
    "bucket_region": "Bucket region",
    "role_arn": "IAM role ARN",
}


def handoff(settings: MetronomeSettings) -> dict[str, str]:
    """Return what is asked for and known before anything is deployed, none of it secret;
    ``LABELS`` has what the guide calls it."""
    fields = {
        "database": settings.results_database,
        "schema": settings.schema,
        "workgroup": settings.workgroup_name,
        "bucket": settings.bucket,
        "bucket_region": settings.account.region,
    }
    if settings.keys is None:
        fields["role_arn"] = settings.account.arns.role(settings.resource_name, settings.path)
    return fields
