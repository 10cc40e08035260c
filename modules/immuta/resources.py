"""What the stack of an ``immuta`` block must consist of."""

from modules.athena import resources as parts
from modules.immuta.policies import access, trust
from modules.immuta.settings import ImmutaSettings
from modules.resources import Resource


def resources(settings: ImmutaSettings) -> tuple[Resource, ...]:
    """Return the resources that ``settings`` ask for."""
    path, name = (settings.name,), settings.resource_name
    policies = parts.managed_policies(
        path,
        access(settings),
        name=name,
        iam_path=settings.path,
        description="What Immuta may do in Athena.",
    )
    return (
        *policies,
        *_identity(settings, policies),
        *parts.results_bucket(
            (*path, "results"), settings.account, settings.results_bucket, settings.results
        ),
        parts.workgroup(
            path,
            settings.workgroup,
            name=name,
            description="Queries of Immuta",
            location=settings.results_location,
            owner=settings.account.id,
            kms_key=settings.results.kms_key,
        ),
    )


def _identity(settings: ImmutaSettings, policies: tuple[Resource, ...]) -> tuple[Resource, ...]:
    path, name = (settings.name,), settings.resource_name
    if settings.keys is not None:
        user, *attached = parts.user(
            path,
            name=name,
            iam_path=settings.path,
            boundary=settings.permissions_boundary,
            policies=policies,
        )
        return (user, *attached, *parts.access_keys(path, user, settings.keys))
    if settings.role_name is not None:
        return parts.attachments(path, settings.role_name, policies)
    role, *attached = parts.role(
        path,
        trust(settings),
        name=name,
        iam_path=settings.path,
        description="Immuta's EC2 instances",
        boundary=settings.permissions_boundary,
        policies=policies,
    )
    profile = Resource(
        "aws_iam_instance_profile",
        (*path, "instance_profile"),
        {"name": name, "path": settings.path, "role": role.ref("name")},
    )
    return (role, *attached, profile)
