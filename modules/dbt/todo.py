"""What others must do before dbt works: those who take its role, and whose the workgroup is."""

from athena_gate.modules.athena import todo as parts
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.iam.todo import ToDo


def todo(settings: DbtSettings) -> tuple[ToDo, ...]:
    """Return what stands outside of the stack and must be so."""
    account, name = settings.account, settings.resource_name
    role = account.arns.role(name, settings.path)
    return (
        *(
            todo
            for arn in settings.trusted
            for todo in parts.role_of_another_account(arn, account.id, role)
        ),
        *_workgroup(settings, role),
    )


def _workgroup(settings: DbtSettings, role: str) -> tuple[ToDo, ...]:
    account, name = settings.account, settings.workgroup_name
    results, watched = settings.results, settings.watched
    found = parts.told(watched)
    if not settings.makes_workgroup and (results.managed or settings.workgroup is not None):
        location = settings.results_location
        found += parts.workgroup_of_others(account, name, results, location, watched)
    if results.managed:
        found += parts.managed_results(account, name, results.kms_key, "dbt", role)
    return found
