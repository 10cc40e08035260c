"""What people of both accounts need to query, and with ``console_sharing`` to press Share:
https://docs.aws.amazon.com/athena/latest/ug/xacct-fed-query-enable.html (read 2026-11-22)."""

from athena_gate.modules.dynamodb_connector.policies import access
from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings
from athena_gate.modules.iam.policy import MANAGED_POLICY_LIMIT

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
    "share": "What is left to click",
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
        "readers_policy": ", ".join(_readers_policies(settings)),
    }
    if settings.shared:
        fields |= {
            "consumer_account": settings.consumer.id,
            "consumer_catalog": settings.catalog_name,
            "consumer_workgroup": settings.resource_name,
            "consumer_results_location": settings.readers_place.results_location,
        }
    if settings.console_sharing:
        fields["share"] = clicks(settings)
    return fields


def _readers_policies(settings: DynamodbConnectorSettings) -> list[str]:
    """Return the ARNs of the parts of the readers' policy."""
    name = settings.consumer.arns.policy(settings.readers_policy, settings.path)
    parts = access(settings).split(MANAGED_POLICY_LIMIT)
    return [name, *(f"{name}-{number}" for number in range(2, len(parts) + 1))]


def example_query(settings: DynamodbConnectorSettings) -> str:
    """Return a query of the first table. Its name is in lower case, as Athena passes it on, and
    the schema is always called default.

    https://docs.aws.amazon.com/athena/latest/ug/connectors-dynamodb.html (2026-11)
    """
    table = settings.tables[0].lower()
    return f'SELECT * FROM "{settings.catalog_name}"."default"."{table}" LIMIT 10'


def clicks(settings: DynamodbConnectorSettings) -> str:
    """Return the steps of the Share button, and the one that undoes it, in lines."""
    owner, consumer, catalog = settings.owner.id, settings.consumer.id, settings.catalog_name
    return "\n".join(
        (
            f"1. In account {owner}, as someone who may sts:AssumeRole",
            f"   {settings.consumer.arns.role(settings.sharing_role)}",
            f"2. Athena, Data sources, {catalog}, Actions, Share",
            f"3. Account ID {consumer}, Share",
            f"Before this block goes: in account {consumer}, Athena, Data sources,",
            f"{catalog}, Delete;",
            "Terraform does not know what the button made.",
        )
    )
