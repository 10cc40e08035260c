"""What a ``immuta`` block accepts: the fields of its class, for the profile of Immuta."""

from athena_gate.modules.access.catalogue import vendor_block

ImmutaSettings = vendor_block("immuta")
