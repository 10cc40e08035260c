"""The resources of a ``metronome`` block."""

from athena_gate.modules.access.construct import VendorAccess


class Metronome(VendorAccess):
    """What `MetronomeSettings` asks for, under one construct."""
