"""What others must do before dbt works: those who take its role, and whose the workgroup is."""

from athena_gate.modules.athena import todo as parts
from athena_gate.modules.dbt.policies import grants
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.iam.todo import ToDo


def todo(settings: DbtSettings) -> tuple[ToDo, ...]:
    """Return what stands outside of the stack and must be so."""
    account, name = settings.account, settings.resource_name
    role = account.arns.role(name, settings.path)
    lake = settings.lake_formation
    asked = grants(settings) if lake is not None and not lake.grants else ()
    return (
        *parts.lake_formation(asked, account.id),
        *(
            todo
            for arn in settings.trusted
            for todo in parts.role_of_another_account(arn, account.id, role)
        ),
    )
