"""What others must do before a vendor's access works."""

from athena_gate.modules.access import guide
from athena_gate.modules.access.policies import access
from athena_gate.modules.access.settings import Access, QueryAccess, Reads, TablesAccess
from athena_gate.modules.athena import todo as parts
from athena_gate.modules.athena.settings import Results
from athena_gate.modules.iam.todo import ToDo

_ROLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_modify.html"


def todo(settings: Access) -> tuple[ToDo, ...]:
    """Return what stands outside of the stack and must be so; the vendor's side as its profile has
    it."""
    return (*_role(settings), *_data(settings), *_workgroup(settings), *_vendor(settings))


def whom(settings: Access) -> str:
    """Return the ARN of the user or role that the vendor acts as; of one that exists, its path is
    not known."""
    arns, name = settings.account.arns, settings.resource_name
    if settings.keys is not None:
        return f"arn:{arns.partition}:iam::{arns.account}:user{settings.path}{name}"
    if settings.existing_role is not None:
        return arns.role(settings.existing_role)
    return arns.role(name, settings.path)


def _role(settings: Access) -> tuple[ToDo, ...]:
    """Return what must be so of the role that exists, or of those who take the one that is made."""
    account, name = settings.account, settings.existing_role
    if name is not None:
        says = (
            f"the role {name} exists in account {account.id}, and its trust policy lets "
            f"{settings.vendor_name} take it"
        )
        return (ToDo("role", "you", says, _ROLES),)
    if settings.trusted is None:
        return ()
    return tuple(
        one
        for arn in settings.trusted.principals
        for one in parts.take_role(arn, account.id, whom(settings))
    )


def _data(settings: Access) -> tuple[ToDo, ...]:
    keys = [settings.account.catalog_kms_key]
    if isinstance(settings, Reads | TablesAccess):
        keys += settings.source_keys
    if isinstance(settings, QueryAccess):
        keys.append(settings.results.kms_key)
    if isinstance(settings, TablesAccess):
        keys.append(settings.kms_key)
    shared: tuple[ToDo, ...] = ()
    if isinstance(settings, TablesAccess) and settings.workgroup is None:
        name, owner = settings.workgroup_name, settings.bucket_owner
        shared = parts.shared_workgroup(name, owner, settings.account)
    granted, who = access(settings), (whom(settings),)
    return (
        *parts.elsewhere(settings.account, settings.owners, keys, granted, who),
        *parts.access_points(settings.account, getattr(settings, "sources", ())),
        *shared,
    )


def _vendor(settings: Access) -> tuple[ToDo, ...]:
    known = {name: ", ".join(value) for name, value in guide.values(settings).items()}
    page = settings.profile.page.source
    return tuple(
        ToDo("vendor", settings.vendor_name, sentence.format_map(known), page)
        for sentence in settings.profile.todo
    )


def _workgroup(settings: Access) -> tuple[ToDo, ...]:
    if not isinstance(settings, QueryAccess | TablesAccess) or settings.workgroup is None:
        return ()
    account, name, watched = settings.account, settings.workgroup_name, settings.watched
    if isinstance(settings, QueryAccess):
        results, location = settings.results, settings.results_location
    else:
        results, location = Results(), f"s3://{settings.bucket}/{settings.results_prefix}"
    found = parts.told(watched)
    if not settings.workgroup.create:
        found += parts.workgroup_of_others(account, name, results, location, watched)
    if results.managed:
        found += parts.managed_results(account, name, results.kms_key, settings.vendor_name)
    return found
