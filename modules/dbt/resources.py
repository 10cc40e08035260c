"""What the stack of a ``dbt`` block must consist of."""

from athena_gate.modules.athena import resources as parts
from athena_gate.modules.dbt.policies import access, grants, trust
from athena_gate.modules.dbt.settings import DbtSettings
from athena_gate.modules.resources import Resource


def resources(settings: DbtSettings) -> tuple[Resource, ...]:
    """Return the resources that ``settings`` ask for."""
    path, name = (settings.name,), settings.resource_name
    policies = parts.managed_policies(
        path,
        access(settings),
        name=name,
        iam_path=settings.path,
        description="What dbt may do in Athena.",
    )
    holder, *around = _identity(settings, policies)
    found = (
        *policies,
        holder,
        *around,
        *parts.results_bucket(
            (*path, "results"), settings.account, settings.results_bucket, settings.results
        ),
    )
    if settings.lake_formation is not None and settings.lake_formation.grants:
        found += parts.lake_formation(path, grants(settings), holder)
    if settings.data.create:
        # Tables neither expire nor go with the block.
        found += parts.private_bucket(
            (*path, "data"),
            settings.account,
            name=settings.data_bucket,
            kms_key=settings.data.kms_key,
        )
    found += parts.alarms(path, settings.watched)
    if settings.workgroup is not None and settings.workgroup.create:
        found += (
            parts.workgroup(
                path,
                settings.workgroup,
                name=name,
                description="Queries of dbt",
                location=settings.results_location,
                account=settings.account,
                owner=settings.results.owner,
                kms_key=settings.results.kms_key,
                # dbt says where each table lies:
                # https://docs.aws.amazon.com/athena/latest/ug/workgroups-troubleshooting.html
                # (2026-11).
                enforced=False,
            ),
        )
    return found


def _identity(settings: DbtSettings, policies: tuple[Resource, ...]) -> tuple[Resource, ...]:
    path, name, boundary = (settings.name,), settings.resource_name, settings.permissions_boundary
    if settings.keys is not None:
        user, *attached = parts.user(
            path, name=name, iam_path=settings.path, boundary=boundary, policies=policies
        )
        return (user, *attached, *parts.access_keys(path, user, settings.keys))
    return parts.role(
        path,
        trust(settings),
        name=name,
        iam_path=settings.path,
        description="dbt building models in Athena",
        boundary=boundary,
        policies=policies,
        max_session_duration=settings.max_session_duration,
    )
