"""What a vendor's form asks for."""

from athena_gate.modules.access.guide import values
from athena_gate.modules.access.settings import Access, MetadataAccess, QueryAccess, TablesAccess
from athena_gate.modules.athena.statements import DEFAULT_CATALOG

# What fields are called where the vendor's form calls them nothing else.
LABELS = {
    "region": "AWS region",
    "account": "AWS account",
    "workgroup": "Workgroup",
    "catalog": "Data catalog",
    "databases": "Databases",
    "schema": "Schema",
    "bucket": "Bucket",
    "results_location": "Query results location",
    "role_arn": "Role ARN",
    "external_id": "External ID",
    "instance_profile": "Instance profile",
    "role": "Role",
    # For whoever pays, not for the form.
    "limits": "All queries together may scan",
}


def form(block: type[Access]) -> str:
    """Return where the vendor's form is."""
    return block.profile.form or f"{block.profile.title}: connection to Amazon Athena"


def labels(block: type[Access]) -> dict[str, str]:
    """Return what the form calls its fields."""
    return {**LABELS, **block.profile.labels}


def handoff(settings: Access) -> dict[str, str]:
    """Return the form's fields that are known before anything is deployed, none of them secret;
    ``labels`` has what the form calls them."""
    account = settings.account
    fields = {"region": account.region}
    if isinstance(settings, QueryAccess):
        fields |= {
            "workgroup": settings.workgroup_name,
            "catalog": ", ".join(_catalogs(settings)),
            "databases": ", ".join(_databases(settings)) or "any",
        }
        if settings.results_location:
            fields["results_location"] = settings.results_location
    elif isinstance(settings, TablesAccess):
        fields |= {
            "workgroup": settings.workgroup_name,
            "schema": settings.schema,
            "bucket": settings.bucket,
            "results_location": f"s3://{settings.bucket}/{settings.results_prefix}",
        }
    elif isinstance(settings, MetadataAccess):
        fields |= {"account": account.id, "databases": ", ".join(settings.databases) or "any"}
    if isinstance(settings, QueryAccess | TablesAccess) and settings.watched:
        fields["limits"] = settings.watched.told
    if settings.makes_role:
        fields["role_arn"] = account.arns.role(settings.identity_name, settings.path)
    external = settings.assumed_by or settings.trusted
    if external is not None and external.external_id:
        fields["external_id"] = external.external_id
    if settings.existing_role is not None:
        fields["role"] = settings.existing_role
    if settings.runs_on is not None and settings.runs_on.on == "ec2":
        fields["instance_profile"] = settings.resource_name
    known = {name: ", ".join(value) for name, value in values(settings).items()}
    return fields | {name: text.format_map(known) for name, text in settings.profile.fields.items()}


def _catalogs(settings: QueryAccess) -> tuple[str, ...]:
    """Return the catalogs that hold what may be queried."""
    others = tuple(one.name for one in settings.catalogs)
    return (DEFAULT_CATALOG, *others) if settings.databases or not others else others


def _databases(settings: QueryAccess) -> tuple[str, ...]:
    """Return the databases, those of other catalogs as SQL has them."""
    return (
        *settings.databases,
        *(f'"{one.name}".{name}' for one in settings.catalogs for name in one.databases),
    )
