"""`make torture`: runs of Terraform killed at every point, calls denied and failed, and mended.

`scenes` are the stacks and what is done to them, `relay` sees each call, `killing` kills and looks
whether `gate recover` and one apply lead to an empty plan, `failing` fails and denies calls.
"""
