"""What others must do before a vendor's access works."""

from athena_gate.modules.access import guide
from athena_gate.modules.access.settings import Access
from athena_gate.modules.iam.todo import ToDo


def todo(settings: Access) -> tuple[ToDo, ...]:
    """Return what stands outside of the stack and must be so; the vendor's side as its profile has
    it."""
    known = {name: ", ".join(value) for name, value in guide.values(settings).items()}
    return tuple(
        ToDo(
            "vendor", settings.vendor_name, sentence.format_map(known), settings.profile.page.source
        )
        for sentence in settings.profile.todo
    )
