"""What the stack of a vendor's block must consist of."""

from athena_gate.modules.access.policies import access, grants, managed, trust
from athena_gate.modules.access.settings import Access, QueryAccess, TablesAccess
from athena_gate.modules.athena import resources as parts
from athena_gate.modules.resources import Resource


def resources(settings: Access) -> tuple[Resource, ...]:
    """Return the resources that ``settings`` ask for."""
    path, name, vendor = (settings.name,), settings.resource_name, settings.vendor_name
    policies = parts.managed_policies(
        path,
        access(settings),
        name=name,
        iam_path=settings.path,
        description=f"What {vendor} may do in Athena.",
    )
    identity = _identity(settings, policies)
    found = (*policies, *identity)
    if settings.lake_formation is not None and settings.lake_formation.grants:
        made = None if settings.existing_role else identity[0]
        found += parts.lake_formation(path, grants(settings), made)
    if isinstance(settings, QueryAccess):
        found += parts.results_bucket(
            (*path, "results"),
            settings.account,
            settings.results_bucket,
            settings.results,
            kept_but=settings.results_path if settings.adopts_bucket else None,
        )
        if settings.workgroup.create:
            found += (
                parts.workgroup(
                    path,
                    settings.workgroup,
                    name=settings.own_workgroup,
                    description=f"Queries of {vendor}",
                    location=settings.results_location,
                    account=settings.account,
                    owner=settings.results.owner,
                    kms_key=settings.results.kms_key,
                    enforced=settings.profile.workgroup.enforced,
                    also={"tags": settings.profile.workgroup.tags}
                    if settings.profile.workgroup.tags
                    else None,
                ),
            )
        found += parts.alarms(path, settings.watched)
    if isinstance(settings, TablesAccess):
        if settings.create_bucket:
            found += parts.private_bucket(
                (*path, "bucket"),
                settings.account,
                name=settings.bucket,
                kms_key=settings.kms_key,
                expire_after_days=settings.results_expire_after_days,
                expire_prefix=settings.results_prefix,
                adopted=settings.adopts_bucket,
            )
        found += parts.alarms(path, settings.watched)
        if settings.workgroup is not None and settings.workgroup.create:
            found += (
                parts.workgroup(
                    path,
                    settings.workgroup,
                    name=settings.own_workgroup,
                    description=f"Queries of {vendor}",
                    location=f"s3://{settings.bucket}/{settings.results_prefix}",
                    account=settings.account,
                    owner=settings.bucket_owner,
                    kms_key=settings.kms_key,
                    enforced=False,
                ),
            )
    return found


def _identity(settings: Access, policies: tuple[Resource, ...]) -> tuple[Resource, ...]:
    path, name = (settings.name,), settings.identity_name
    if settings.keys is not None:
        user, *attached = parts.user(
            path,
            name=name,
            iam_path=settings.path,
            boundary=settings.permissions_boundary,
            policies=policies,
            elsewhere=managed(settings),
        )
        return (user, *attached, *parts.access_keys(path, user, settings.keys))
    if settings.existing_role is not None:
        return parts.attachments(
            path, settings.existing_role, policies, elsewhere=managed(settings)
        )
    role, *attached = parts.role(
        path,
        trust(settings),
        name=name,
        iam_path=settings.path,
        description=f"{settings.vendor_name} acts as this role.",
        boundary=settings.permissions_boundary,
        policies=policies,
        elsewhere=managed(settings),
    )
    more: tuple[Resource, ...] = ()
    if settings.runs_on is not None and settings.runs_on.on == "ec2":
        more = (
            Resource(
                "aws_iam_instance_profile",
                (*path, "instance_profile"),
                {
                    "name": settings.resource_name,
                    "path": settings.path,
                    "role": role.ref("name"),
                },
            ),
        )
    given = settings.web_identity
    if given is not None and settings.provider and given.provider is None:
        more = (
            Resource(
                "aws_iam_openid_connect_provider",
                (*path, "provider"),
                {"url": f"https://{settings.issuer}", "client_id_list": [given.audience]},
            ),
        )
    return (role, *attached, *more)
