"""What the stack of a ``dot`` block must consist of."""

from modules.athena import resources
from modules.dot.policies import access, aws_managed_policies
from modules.dot.settings import DotSettings
from modules.resources import Resource


def expected(settings: DotSettings) -> tuple[Resource, ...]:
    """Return the resources that ``settings`` ask for."""
    path, name, account = (settings.name,), settings.resource_name, settings.account
    policies = resources.managed_policies(
        path,
        access(settings),
        name=name,
        iam_path=settings.path,
        description="What Dot may do in Athena.",
    )
    user, *attachments = resources.user(
        path,
        name=name,
        iam_path=settings.path,
        boundary=settings.permissions_boundary,
        policies=policies,
        elsewhere=aws_managed_policies(settings),
    )
    return (
        *policies,
        user,
        *attachments,
        *resources.access_keys(path, user, settings.keys),
        *resources.results_bucket(
            (*path, "results"),
            account,
            settings.results_bucket,
            settings.results,
        ),
        resources.workgroup(
            path,
            settings.workgroup,
            name=name,
            description="Queries of Dot",
            location=settings.results_location,
            owner=account.id,
            kms_key=settings.results.kms_key,
        ),
    )
