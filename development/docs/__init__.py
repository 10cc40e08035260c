"""The documentation: what in it comes from the code, and its site.

``python -m development.docs`` (`make docs`) renews the first and builds the second into
``.gate/site``; with ``--check`` it only says what is not up to date.
"""
