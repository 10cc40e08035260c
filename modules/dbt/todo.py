"""What others must do before dbt works: those who take its role, and whose data and workgroup it
uses."""

from athena_gate.modules.athena import todo as parts
from athena_gate.modules.athena.settings import source_keys
from athena_gate.modules.dbt.policies import access, grants
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.iam.todo import ToDo

_WORKGROUPS = (
    "https://docs.aws.amazon.com/athena/latest/ug/workgroups-manage-queries-control-costs.html"
)


def todo(settings: DbtSettings) -> tuple[ToDo, ...]:
    """Return what stands outside of the stack and must be so."""
    account, lake = settings.account, settings.lake_formation
    left = lake is not None and not lake.grants
    role = account.arns.role(settings.resource_name, settings.path)
    keys = (
        *source_keys(settings.sources),
        settings.results.kms_key,
        settings.data.kms_key,
        account.catalog_kms_key,
    )
    return (
        *(one for arn in settings.trusted for one in parts.take_role(arn, account.id, role)),
        *_workgroup(settings),
        *parts.elsewhere(account, settings.owners, keys, access(settings), (role,)),
        *(parts.lake_formation(grants(settings), account) if left else ()),
    )


def _workgroup(settings: DbtSettings) -> tuple[ToDo, ...]:
    """Return that the workgroup exists; primary does in every account."""
    name = settings.existing_workgroup
    shared: tuple[ToDo, ...] = ()
    if settings.workgroup is None:
        owner = settings.owners.get(settings.results_bucket)
        shared = parts.shared_workgroup(settings.workgroup_name, owner, settings.account)
    if name is None:
        return shared
    says = (
        f"the workgroup {name} exists in account {settings.account.id}, and does not override "
        "where results and tables go"
    )
    return (ToDo("workgroup", "you", says, _WORKGROUPS), *shared)
