"""What the stack of a ``metronome`` block must consist of."""

from modules.athena import resources as parts
from modules.metronome.policies import access, trust
from modules.metronome.settings import MetronomeSettings
from modules.resources import Resource


def resources(settings: MetronomeSettings) -> tuple[Resource, ...]:
    """Return the resources that ``settings`` ask for."""
    path, name, vendor = (settings.name,), settings.resource_name, settings.vendor_name
    found: tuple[Resource, ...] = ()
    if settings.create_bucket:
        found += parts.private_bucket(
            (*path, "bucket"),
            settings.account,
            name=settings.bucket,
            kms_key=settings.kms_key,
            expire_after_days=settings.results_expire_after_days,
            expire_prefix=settings.results_prefix,
        )
    if settings.workgroup:
        found += (
            parts.workgroup(
                path,
                settings.workgroup,
                name=name,
                description=f"Queries of {vendor}",
                location=f"s3://{settings.bucket}/{settings.results_prefix}",
                owner=settings.account.id,
                kms_key=settings.kms_key,
                # The vendor says where its tables lie:
                # https://docs.aws.amazon.com/athena/latest/ug/workgroups-troubleshooting.html
                # (2026-11).
                enforced=False,
            ),
        )
    policies = parts.managed_policies(
        path,
        access(settings),
        name=name,
        iam_path=settings.path,
        description=f"What {vendor} may do in Athena.",
    )
    if settings.keys is None:
        identity = parts.role(
            path,
            trust(settings),
            name=name,
            iam_path=settings.path,
            description=f"{vendor} writes its exports as this role.",
            boundary=settings.permissions_boundary,
            policies=policies,
        )
    else:
        identity = parts.user(
            path,
            name=name,
            iam_path=settings.path,
            boundary=settings.permissions_boundary,
            policies=policies,
        )
        identity += parts.access_keys(path, identity[0], settings.keys)
    return (*found, *policies, *identity)
