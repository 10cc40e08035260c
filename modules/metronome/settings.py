"""What a ``metronome`` block accepts: the fields of its class, for the profile of Metronome."""

from athena_gate.modules.access.catalogue import vendor_block

MetronomeSettings = vendor_block("metronome")
