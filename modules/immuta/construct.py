"""The resources of a ``immuta`` block."""

from athena_gate.modules.access.construct import VendorAccess


class Immuta(VendorAccess):
    """What `ImmutaSettings` asks for, under one construct."""
