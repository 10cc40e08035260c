"""What the stack of a ``dot`` block must consist of."""

from modules.athena import resources as parts
from modules.dot.policies import access, managed
from modules.dot.settings import DotSettings
from modules.resources import Resource


def resources(settings: DotSettings) -> tuple[Resource, ...]:
    """Return the resources that ``settings`` ask for."""
    path, name, account = (settings.name,), settings.resource_name, settings.account
    policies = parts.managed_policies(
        path,
        access(settings),
        name=name,
        iam_path=settings.path,
        description="What Dot may do in Athena.",
    )
    user, *attachments = parts.user(
        path,
        name=name,
        iam_path=settings.path,
        boundary=settings.permissions_boundary,
        policies=policies,
        elsewhere=managed(settings),
    )
    return (
        *policies,
        user,
        *attachments,
        *parts.access_keys(path, user, settings.keys),
        *parts.results_bucket(
            (*path, "results"),
            account,
            settings.results_bucket,
            settings.results,
        ),
        parts.workgroup(
            path,
            settings.workgroup,
            name=name,
            description="Queries of Dot",
            location=settings.results_location,
            owner=account.id,
            kms_key=settings.results.kms_key,
        ),
    )
