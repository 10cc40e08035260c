"""What people of both accounts need to query, and with ``console_sharing`` to press Share:
https://docs.aws.amazon.com/athena/latest/ug/xacct-fed-query-enable.html (read 2026-11-22)."""

from modules.dynamodb_connector.settings import DynamodbConnectorSettings

FORM = "Athena console: Query editor, in the region below"

LABELS = {
    "region": "Region",
    "owner_account": "Owner: account",
    "owner_catalog": "Owner: data source",
    "owner_workgroup": "Owner: workgroup",
    "owner_results_location": "Owner: query results",
    "consumer_account": "Consumer: account",
    "consumer_catalog": "Consumer: data source",
    "consumer_workgroup": "Consumer: workgroup",
    "consumer_results_location": "Consumer: query results",
    "readers_policy": "Readers' policy",
    "example_query": "Example query",
    "share_1": "To share, in the owner",
    "share_2": "then",
    "share_3": "then",
}


def handoff(settings: DynamodbConnectorSettings) -> dict[str, str]:
    """Return what is known before anything is deployed, none of it secret; ``LABELS`` has what to
    call it. Within one account there are no lines of the consumer."""
    fields = {
        "region": settings.owner.region,
        "owner_account": settings.owner.id,
        "owner_catalog": settings.catalog_name,
        "owner_workgroup": settings.resource_name,
        "owner_results_location": settings.owner_place.results_location,
        "example_query": example_query(settings),
    }
    if settings.shared:
        fields |= {
            "consumer_account": settings.consumer.id,
            "consumer_catalog": settings.catalog_name,
            "consumer_workgroup": settings.resource_name,
            "consumer_results_location": settings.readers_place.results_location,
        }
    if settings.console_sharing:
        fields |= {
            "share_1": f"take a role that may sts:AssumeRole {settings.sharing_role} in "
            f"{settings.consumer.id}",
            "share_2": f"Athena, Data sources, {settings.catalog_name}, Actions, Share",
            "share_3": f"Account ID {settings.consumer.id}, Share",
        }
    return fields


def example_query(settings: DynamodbConnectorSettings) -> str:
    """Return a query of the first table. Its name is in lower case, as Athena passes it on, and
    the schema is always called default.

    https://docs.aws.amazon.com/athena/latest/ug/connectors-dynamodb.html (2026-11)
    """
    table = settings.tables[0].lower()
    return f'SELECT * FROM "{settings.catalog_name}"."default"."{table}" LIMIT 10'
