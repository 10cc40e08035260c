"""What a ``dot`` block accepts: the fields of its class, for the profile of Dot."""

from athena_gate.modules.access.catalogue import vendor_block

DotSettings = vendor_block("dot")
