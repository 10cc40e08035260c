"""A synthesized stack and its plan: what is understood of them stands on a list, else it is no."""
