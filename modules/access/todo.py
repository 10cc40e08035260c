"""What others must do before a vendor's access works."""

from athena_gate.modules.access import guide
from athena_gate.modules.access.settings import Access
from athena_gate.modules.athena.catalogs.todo import catalogs_todo
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
        *catalogs_todo(settings.catalogs, settings.account, settings.identity_arn),
    )
