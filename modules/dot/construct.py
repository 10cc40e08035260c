"""The resources of a ``dot`` block."""

from athena_gate.modules.access.construct import VendorAccess


class Dot(VendorAccess):
    """What `DotSettings` asks for, under one construct."""
