"""The one reader of synthesized stacks and of plans: a list of what is understood, else no."""
