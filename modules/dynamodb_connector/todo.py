"""What others must do before the connector can be queried."""

from athena_gate.modules.dynamodb_connector.settings import DynamodbConnectorSettings
from athena_gate.modules.iam.todo import ToDo


def todo(settings: DynamodbConnectorSettings) -> tuple[ToDo, ...]:
    """Return what stands outside of the stack and must be so."""
    del settings
    return ()
