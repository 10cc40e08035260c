"""The resources of a ``metronome`` block."""

from modules.access.construct import VendorAccess


class Metronome(VendorAccess):
    """What `MetronomeSettings` asks for, under one construct."""
