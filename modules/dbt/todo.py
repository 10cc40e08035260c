"""What others must do before dbt works: those who take its role, and whose data and workgroup it
uses."""

from athena_gate.modules.athena import todo as parts
from athena_gate.modules.athena.catalogs.todo import catalogs_todo, of_others
from athena_gate.modules.athena.governed import Data, places
from athena_gate.modules.athena.settings import access_points, source_keys, source_locations
from athena_gate.modules.dbt.policies import access, grants
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.iam.todo import ToDo

_PROVIDERS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html"


def todo(settings: DbtSettings) -> tuple[ToDo, ...]:
    """Return what stands outside of the stack and must be so."""
    account, lake = settings.account, settings.lake_formation
    left = lake is not None and not lake.grants
    role = settings.identity
    spills, more = of_others(settings.catalogs, account)
    keys = (
        *source_keys(settings.sources),
        settings.results.kms_key,
        settings.data.kms_key,
        account.catalog_kms_key,
        *more,
    )
    owners, granted = {**settings.owners, **spills}, access(settings)
    return (
        *(one for arn in settings.trusted for one in parts.take_role(arn, account.id, role)),
        *parts.elsewhere(account, owners, keys, granted, (role,)),
        *catalogs_todo(settings.catalogs, account, role, granted),
        *parts.lake_formation(grants(settings), account, _data(settings), left),
        *parts.access_points(account, settings.sources),
        *_workgroup(settings),
        *_provider(settings),
    )


def _data(settings: DbtSettings) -> Data:
    """Return the databases, and where their tables may lie."""
    arns, points = settings.account.arns, access_points(settings.account, settings.sources)
    read = places(arns, source_locations(settings.sources), points)
    written = places(arns, (f"{settings.data_bucket}/{settings.data_path}",), {})
    return {
        **dict.fromkeys(settings.source_databases, read),
        **dict.fromkeys(settings.databases, written),
    }


def _provider(settings: DbtSettings) -> tuple[ToDo, ...]:
    token = settings.web_identity
    if token is None:
        return ()
    says = (
        f"the identity provider {token.issuer} exists in account {settings.account.id}, with the "
        f"audience {token.audience}"
    )
    return (ToDo("provider", "you", says, _PROVIDERS),)


def _workgroup(settings: DbtSettings) -> tuple[ToDo, ...]:
    """Return how the workgroup must be set; primary exists in every account."""
    account, name = settings.account, settings.workgroup_name
    results, watched = settings.results, settings.watched
    found = parts.told(watched)
    if not settings.makes_workgroup:
        owner = settings.owners.get(settings.results_bucket)
        found += parts.shared_workgroup(name, owner, account, settings.results_bucket)
    if settings.existing_workgroup is not None and not results.managed:
        says = (
            f"the workgroup {name} exists in account {account.id}, and does not override where "
            "results and tables go"
        )
        written = (str(settings.results_location), settings.data_location)
        rests = parts.in_workgroup(account, name, written)
        found += (ToDo("workgroup", "you", says, parts.WORKGROUPS, rests=rests),)
    elif not settings.makes_workgroup and (results.managed or settings.workgroup is not None):
        location = settings.results_location
        found += parts.workgroup_of_others(account, name, results, location, watched)
    if results.managed:
        found += parts.managed_results(account, name, results.kms_key, "dbt")
    return found
