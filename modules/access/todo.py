"""What others must do before a vendor's access works."""

from athena_gate.modules.access import guide
from athena_gate.modules.access.policies import access, grants
from athena_gate.modules.access.settings import Access, QueryAccess, Reads, TablesAccess
from athena_gate.modules.athena import todo as parts
from athena_gate.modules.athena.catalogs.todo import catalogs_todo, of_others
from athena_gate.modules.athena.governed import places
from athena_gate.modules.athena.settings import Results, access_points
from athena_gate.modules.iam.todo import Rests, ToDo

_ROLES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_modify.html"


def todo(settings: Access) -> tuple[ToDo, ...]:
    """Return what stands outside of the stack and must be so; the vendor's side as its profile has
    it."""
    return (
        *_role(settings),
        *_data(settings),
        *_lake_formation(settings),
        *_catalogs(settings),
        *_workgroup(settings),
        *_vendor(settings),
    )


def _role(settings: Access) -> tuple[ToDo, ...]:
    """Return what must be so of the role that exists, or of those who take the one that is made."""
    account, name = settings.account, settings.existing_role
    if name is not None:
        says = (
            f"the role {name} exists in account {account.id}, and its trust policy lets "
            f"{settings.vendor_name} take it"
        )
        rests = (Rests(("*",), by=settings.identity_arn),)
        return (ToDo("role", "you", says, _ROLES, rests=rests),)
    if settings.trusted is None:
        return ()
    return tuple(
        one
        for arn in settings.trusted.principals
        for one in parts.take_role(arn, account.id, settings.identity_arn)
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
        bucket, owner = _results_bucket(settings)
        shared = parts.shared_workgroup(settings.workgroup_name, owner, settings.account, bucket)
    granted, who = access(settings), (settings.identity_arn,)
    spills, more = of_others(settings.catalogs, settings.account)
    owners, keys = {**settings.owners, **spills}, [*keys, *more]
    return (
        *parts.elsewhere(settings.account, owners, keys, granted, who),
        *parts.access_points(settings.account, getattr(settings, "sources", ())),
        *shared,
    )


def _catalogs(settings: Access) -> tuple[ToDo, ...]:
    granted = access(settings)
    return catalogs_todo(settings.catalogs, settings.account, settings.identity_arn, granted)


def _vendor(settings: Access) -> tuple[ToDo, ...]:
    known = {name: ", ".join(value) for name, value in guide.values(settings).items()}
    page = settings.profile.page.source
    return tuple(
        ToDo("vendor", settings.vendor_name, sentence.format_map(known), page)
        for sentence in settings.profile.todo
    )


def _lake_formation(settings: Access) -> tuple[ToDo, ...]:
    lake = settings.lake_formation
    if lake is None:
        return ()
    arns = settings.account.arns
    data: dict[str, tuple[str, ...]] = {}
    if isinstance(settings, Reads | TablesAccess):
        points = access_points(settings.account, settings.sources)
        data = dict.fromkeys(settings.databases, places(arns, settings.locations, points))
    if isinstance(settings, TablesAccess):
        data[settings.schema] = places(arns, (f"{settings.bucket}/",), {})
    return tuple(
        parts.lake_formation(grants(settings), settings.account, data, left=not lake.grants)
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
        bucket, owner = _results_bucket(settings)
        found += parts.shared_workgroup(name, owner, account, bucket)
    if results.managed:
        found += parts.managed_results(account, name, results.kms_key, settings.vendor_name)
    return found


def _results_bucket(settings: QueryAccess | TablesAccess) -> tuple[str, str | None]:
    """Return the bucket that results go to, and the account it is in, where that is another."""
    bucket = settings.results_bucket if isinstance(settings, QueryAccess) else settings.bucket
    return bucket, settings.owners.get(bucket)
