"""What others must do before a vendor's access works."""

from athena_gate.modules.access import guide
from athena_gate.modules.access.settings import Access, QueryAccess, TablesAccess
from athena_gate.modules.athena import todo as parts
from athena_gate.modules.athena.settings import Results
from athena_gate.modules.iam.todo import ToDo


def todo(settings: Access) -> tuple[ToDo, ...]:
    """Return what stands outside of the stack and must be so; the vendor's side as its profile has
    it."""
    known = {name: ", ".join(value) for name, value in guide.values(settings).items()}
    page = settings.profile.page.source
    return (
        *(
            ToDo("vendor", settings.vendor_name, sentence.format_map(known), page)
            for sentence in settings.profile.todo
        ),
        *_workgroup(settings),
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
        vendor, caller = settings.vendor_name, settings.identity
        found += parts.managed_results(account, name, results.kms_key, vendor, caller)
    return found
